//! Rust values to bytes.

use super::rust_name::RustName;
use crate::types::ColumnType;
use std::error::Error;
use std::fmt;

/// A Rust value that can be bound.
///
/// Implementations are strict: `i32` is written as `int` and as nothing else, so that a column whose type changed is
/// noticed where it is bound and not where it is read.
///
/// ```
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::{Encoded, ToCql, ValueError};
///
/// struct Celsius(f32);
///
/// impl ToCql for Celsius {
///     fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
///         self.0.to_cql(column_type, out)
///     }
///     fn natural_type(&self) -> Option<ColumnType> {
///         Some(ColumnType::Float)
///     }
/// }
///
/// let mut out = Vec::new();
/// assert_eq!(Celsius(1.0).to_cql(&ColumnType::Float, &mut out), Ok(Encoded::Value));
/// assert_eq!(out, [0x3F, 0x80, 0, 0]);
/// let error = Celsius(1.0).to_cql(&ColumnType::Int, &mut out).unwrap_err();
/// assert_eq!(error.to_string(), "`f32` cannot be written as int");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound as a CQL value",
    note = "unsigned integers have no CQL type: use the signed one that has the column's size",
    note = "wrap times in CqlTimestamp, CqlDate or CqlTime, or enable the feature for chrono or time"
)]
pub trait ToCql {
    /// Appends the contents of the value (no length prefix) to `out` in the encoding of `column_type` (v5 §6), or
    /// appends nothing and says that it is null or unset.
    ///
    /// # Errors
    /// When the Rust type does not fit `column_type`, or the value is outside of the type's range. What was appended
    /// before is then of no use: the caller truncates.
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError>;

    /// The CQL type this value has where nothing else says: in statements sent unprepared. `None` for a value that
    /// has no type of its own (null, unset).
    fn natural_type(&self) -> Option<ColumnType>;
}

/// What [`ToCql::to_cql`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
#[allow(clippy::exhaustive_enums, reason = "the protocol has these three, every writer must handle them")]
pub enum Encoded {
    /// Contents, possibly of length 0.
    Value,
    /// Null: length -1.
    Null,
    /// Unset: length -2; the column keeps what it has.
    Unset,
}

/// Appends a `[value]` (v5 §3): its length, then its contents.
///
/// # Errors
/// As [`ToCql::to_cql`], and when the contents are longer than 2 GiB. The caller truncates.
#[inline]
pub fn write_value<T: ToCql + ?Sized>(
    value: &T,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    let prefix = out.len();
    out.extend_from_slice(&[0; 4]);
    let start = out.len();
    let encoded = value.to_cql(column_type, out)?;
    let length = match encoded {
        Encoded::Value => match i32::try_from(out.len().wrapping_sub(start)) {
            Ok(length) => length,
            Err(_) => return Err(ValueError::too_long()),
        },
        Encoded::Null => -1,
        Encoded::Unset => -2,
    };
    patch(out, prefix, length.to_be_bytes());
    Ok(encoded)
}

/// Overwrites what was reserved at `start`.
#[inline]
pub(super) fn patch<const N: usize>(out: &mut [u8], start: usize, bytes: [u8; N]) {
    if let Some(slot) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
        *slot = bytes;
    }
}

/// Why a Rust value cannot be written as a CQL type. It never holds the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError(Box<Reason>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Mismatch { rust_type: &'static str, column_type: ColumnType },
    Invalid { rust_type: &'static str, problem: &'static str },
    Null(&'static str),
    Count { what: &'static str, expected: usize, found: usize, column_type: ColumnType },
    UnknownField { name: Box<str>, column_type: ColumnType },
    TooLong,
    Within { place: Place, inner: ValueError },
}

/// Where in a nested value something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Element of a list, set or vector.
    Element(usize),
    /// Key of a map's nth entry.
    Key(usize),
    /// Value of a map's nth entry.
    Value(usize),
    /// Component of a tuple.
    Component(usize),
    /// Field of a user type.
    Field(Box<str>),
}

impl ValueError {
    /// The Rust type `T` has no place in `column_type`.
    #[cold]
    #[must_use]
    pub fn mismatch<T: ?Sized>(column_type: &ColumnType) -> Self {
        Self::new(Reason::Mismatch {
            rust_type: std::any::type_name::<T>(),
            column_type: column_type.clone(),
        })
    }

    /// The type fits, this value of it does not; `problem` says why, without the value.
    #[cold]
    #[must_use]
    pub fn invalid<T: ?Sized>(problem: &'static str) -> Self {
        Self::new(Reason::Invalid { rust_type: std::any::type_name::<T>(), problem })
    }

    #[cold]
    pub(super) fn no_place_for(what: &'static str) -> Self {
        Self::new(Reason::Null(what))
    }

    #[cold]
    pub(super) fn count(what: &'static str, expected: usize, found: usize, column_type: &ColumnType) -> Self {
        Self::new(Reason::Count { what, expected, found, column_type: column_type.clone() })
    }

    #[cold]
    pub(super) fn unknown_field(name: &str, column_type: &ColumnType) -> Self {
        Self::new(Reason::UnknownField { name: name.into(), column_type: column_type.clone() })
    }

    #[cold]
    pub(super) fn too_long() -> Self {
        Self::new(Reason::TooLong)
    }

    /// The same error, found at `place` of an outer value.
    #[cold]
    #[must_use]
    pub fn within(self, place: Place) -> Self {
        Self::new(Reason::Within { place, inner: self })
    }

    fn new(reason: Reason) -> Self {
        ValueError(Box::new(reason))
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Mismatch { rust_type, column_type } => {
                write!(f, "{} cannot be written as {column_type}", RustName(rust_type))
            }
            Reason::Invalid { rust_type, problem } => write!(f, "{}: {problem}", RustName(rust_type)),
            Reason::Null(what) => write!(f, "{what} cannot be stored in a collection or vector"),
            Reason::Count { what, expected, found, column_type } => {
                write!(f, "{column_type} has {expected} {what}, the value has {found}")
            }
            Reason::UnknownField { name, column_type } => {
                write!(f, "{column_type} has no field `{name}`")?;
                if let ColumnType::Udt(udt) = column_type {
                    let known: Vec<&str> = udt.fields().iter().map(|(field, _)| &**field).collect();
                    write!(f, ", it has {}", known.join(", "))?;
                }
                Ok(())
            }
            Reason::TooLong => {
                f.write_str("value is longer than the protocol's 2147483647 bytes or elements")
            }
            Reason::Within { place, inner } => write!(f, "{place}: {inner}"),
        }
    }
}

impl Error for ValueError {}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Element(index) => write!(f, "element {index}"),
            Place::Key(index) => write!(f, "key {index}"),
            Place::Value(index) => write!(f, "value {index}"),
            Place::Component(index) => write!(f, "component {index}"),
            Place::Field(name) => write!(f, "field `{name}`"),
        }
    }
}
