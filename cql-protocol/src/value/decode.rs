//! Bytes to Rust values.

use super::rust_name::RustName;
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use std::error::Error;
use std::fmt;

/// A Rust type that CQL values can be read as; `'a` is the life of the bytes, for targets that borrow from them.
///
/// ```
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::FromCql;
///
/// assert!(<&str>::type_check(&ColumnType::Text).is_ok());
/// assert_eq!(<&str>::from_cql(&ColumnType::Text, Some(b"hello")), Ok("hello"));
/// assert_eq!(Option::<&str>::from_cql(&ColumnType::Text, None), Ok(None));
///
/// let mismatch = i32::type_check(&ColumnType::list(ColumnType::Text)).unwrap_err();
/// assert_eq!(mismatch.to_string(), "list<text> cannot be read as `i32`");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a CQL value",
    note = "unsigned integers have no CQL type: use the signed one that has the column's size"
)]
pub trait FromCql<'a>: Sized {
    /// Whether values of `column_type` can be read as this type. It is asked once per result, before any value.
    ///
    /// # Errors
    /// When they cannot.
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch>;

    /// Reads the contents of a value, `None` being null. Must be called with a type that [`FromCql::type_check`]
    /// accepted; with another the result is an error or a meaningless value, never a panic.
    ///
    /// # Errors
    /// When the bytes are no value of that type, or one that the Rust type cannot hold; null, for a type without null.
    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError>;
}

/// The contents of a value that may not be null.
///
/// # Errors
/// When it is null; the message advises `Option`.
#[inline]
pub fn not_null<'a>(bytes: Option<&'a [u8]>, field: &'static str) -> Result<&'a [u8], DecodeError> {
    match bytes {
        Some(bytes) => Ok(bytes),
        None => Err(unexpected_null(field)),
    }
}

/// The contents of a value that has exactly `N` bytes.
#[inline]
pub(super) fn fixed<const N: usize>(
    bytes: Option<&[u8]>,
    field: &'static str,
) -> Result<[u8; N], DecodeError> {
    let bytes = not_null(bytes, field)?;
    match bytes.try_into() {
        Ok(array) => Ok(array),
        Err(_) => Err(wrong_size(field, N, bytes.len())),
    }
}

#[cold]
pub(super) fn unexpected_null(field: &'static str) -> DecodeError {
    DecodeError::new(field, 0, Problem::UnexpectedNull)
}

#[cold]
pub(super) fn wrong_size(field: &'static str, expected: usize, found: usize) -> DecodeError {
    DecodeError::new(field, 0, Problem::WrongSize { expected, found })
}

#[cold]
pub(super) fn malformed(field: &'static str, problem: &'static str) -> DecodeError {
    DecodeError::new(field, 0, Problem::Malformed(problem))
}

/// A CQL type that a Rust type cannot be read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeMismatch(Box<Mismatch>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mismatch {
    rust_type: &'static str,
    column_type: ColumnType,
    note: Option<Box<str>>,
    inner: Option<TypeMismatch>,
}

impl TypeMismatch {
    /// `T` cannot be read from `column_type`.
    #[cold]
    #[must_use]
    pub fn new<T>(column_type: &ColumnType) -> Self {
        let rust_type = std::any::type_name::<T>();
        TypeMismatch(Box::new(Mismatch {
            rust_type,
            column_type: column_type.clone(),
            note: None,
            inner: None,
        }))
    }

    /// The same with the reason, in a few words.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<Box<str>>) -> Self {
        self.0.note = Some(note.into());
        self
    }

    /// The same because of an element, component or field: the next in the chain of sources.
    #[must_use]
    pub fn caused_by(mut self, inner: TypeMismatch) -> Self {
        self.0.inner = Some(inner);
        self
    }

    /// The CQL type.
    #[must_use]
    pub fn column_type(&self) -> &ColumnType {
        &self.0.column_type
    }

    /// The Rust type, without module paths, in backticks.
    #[must_use]
    pub fn rust_type(&self) -> String {
        RustName(self.0.rust_type).to_string()
    }

    pub(super) fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

impl fmt::Display for TypeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be read as {}", self.0.column_type, RustName(self.0.rust_type))?;
        match &self.0.note {
            Some(note) => write!(f, ": {note}"),
            None => Ok(()),
        }
    }
}

impl Error for TypeMismatch {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.inner.as_ref().map(|inner| inner as _)
    }
}
