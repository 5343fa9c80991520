//! Why a result cannot be read as a Rust type, and why one of its rows could not.

use super::decode::{FromCql, TypeMismatch};
use super::rust_name::RustName;
use crate::error::DecodeError;
use crate::types::ColumnSpec;
use std::error::Error;
use std::fmt;

/// The columns of a result do not fit the Rust type its rows should be read as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMismatch(Box<Mismatch>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mismatch {
    Column { index: usize, name: Box<str>, mismatch: TypeMismatch, field: Option<FieldOf> },
    Count { expected: usize, found: usize, rust_type: &'static str },
    Missing { name: Box<str>, known: Vec<Box<str>>, rust_type: &'static str },
    Unused { name: Box<str>, rust_type: &'static str },
}

/// A field of a struct that rows are read into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FieldOf {
    rust_type: &'static str,
    name: &'static str,
}

impl RowMismatch {
    /// Checks that there are exactly `expected` columns.
    ///
    /// # Errors
    /// When there are not.
    pub fn check_count<R>(expected: usize, columns: &[ColumnSpec]) -> Result<(), Self> {
        if columns.len() == expected {
            return Ok(());
        }
        let rust_type = std::any::type_name::<R>();
        Err(Self::new(Mismatch::Count { expected, found: columns.len(), rust_type }))
    }

    /// Checks that the column at `index` can be read as `T`.
    ///
    /// # Errors
    /// When it cannot, or there is no such column.
    pub fn check_column<'a, T: FromCql<'a>>(index: usize, columns: &[ColumnSpec]) -> Result<(), Self> {
        let Some(column) = columns.get(index) else {
            return Self::check_count::<T>(index.saturating_add(1), columns);
        };
        T::type_check(column.column_type()).map_err(|mismatch| Self::column_of(index, column, mismatch, None))
    }

    /// The column at `index` is of a type that the field of `R` cannot hold.
    #[cold]
    pub(super) fn field<R>(
        index: usize,
        column: &ColumnSpec,
        field: &'static str,
        mismatch: TypeMismatch,
    ) -> Self {
        let field = FieldOf { rust_type: std::any::type_name::<R>(), name: field };
        Self::column_of(index, column, mismatch, Some(field))
    }

    #[cold]
    fn column_of(index: usize, column: &ColumnSpec, mismatch: TypeMismatch, field: Option<FieldOf>) -> Self {
        Self::new(Mismatch::Column { index, name: column.name().into(), mismatch, field })
    }

    /// There is no column `name`, which `R` needs.
    #[cold]
    pub(super) fn missing<R>(name: &str, columns: &[ColumnSpec]) -> Self {
        let known = columns.iter().map(|column| column.name().into()).collect();
        let rust_type = std::any::type_name::<R>();
        Self::new(Mismatch::Missing { name: name.into(), known, rust_type })
    }

    /// Finds the column `name` for a field of `R`, and checks that it can be read as `T`. Derived implementations of
    /// `FromRow` call it for each field.
    ///
    /// # Errors
    /// When there is no such column or it is of another type.
    pub fn find_column<'a, R, T: FromCql<'a>>(name: &str, columns: &[ColumnSpec]) -> Result<usize, Self> {
        let Some(index) = columns.iter().position(|column| column.name() == name) else {
            return Err(Self::missing::<R>(name, columns));
        };
        Self::check_column::<T>(index, columns).map(|()| index)
    }

    /// A column has no field in `R`, which does not allow that.
    #[cold]
    #[must_use]
    pub fn unused<R>(column: &ColumnSpec) -> Self {
        let rust_type = std::any::type_name::<R>();
        Self::new(Mismatch::Unused { name: column.name().into(), rust_type })
    }

    #[cold]
    fn new(mismatch: Mismatch) -> Self {
        RowMismatch(Box::new(mismatch))
    }

    /// The column at fault, or the one that is missing.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match &*self.0 {
            Mismatch::Column { name, .. }
            | Mismatch::Missing { name, .. }
            | Mismatch::Unused { name, .. } => Some(name),
            Mismatch::Count { .. } => None,
        }
    }

    /// The index of the column at fault, where its type is.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match &*self.0 {
            Mismatch::Column { index, .. } => Some(*index),
            _ => None,
        }
    }

    /// The two types, where a column's type is at fault.
    #[must_use]
    pub fn type_mismatch(&self) -> Option<&TypeMismatch> {
        match &*self.0 {
            Mismatch::Column { mismatch, .. } => Some(mismatch),
            _ => None,
        }
    }
}

impl fmt::Display for RowMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Mismatch::Column { name, mismatch, field, .. } => {
                write_mismatch(f, name, mismatch)?;
                match field {
                    Some(field) => write!(f, ", for field `{}` of {}", field.name, RustName(field.rust_type)),
                    None => Ok(()),
                }
            }
            Mismatch::Count { expected, found, rust_type } => {
                write!(f, "the row has {found} columns, {} takes {expected}", RustName(rust_type))
            }
            Mismatch::Missing { name, known, rust_type } => {
                let known = known.join(", ");
                write!(f, "{} needs a column `{name}`, the row has {known}", RustName(rust_type))
            }
            Mismatch::Unused { name, rust_type } => {
                write!(f, "{} has no field for column `{name}`", RustName(rust_type))
            }
        }
    }
}

impl Error for RowMismatch {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Mismatch::Column { mismatch, .. } => mismatch.source(),
            _ => None,
        }
    }
}

fn write_mismatch(f: &mut fmt::Formatter<'_>, name: &str, mismatch: &TypeMismatch) -> fmt::Result {
    write!(f, "column `{name}` is {}, which {} cannot read", mismatch.column_type(), mismatch.rust_type())?;
    match mismatch.note() {
        Some(note) => write!(f, ": {note}"),
        None => Ok(()),
    }
}

/// Why a row could not be read. It names the column, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError(Box<Reason>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Cell { index: usize, name: Box<str>, error: DecodeError },
    Type { index: usize, name: Box<str>, mismatch: TypeMismatch },
    NoName { name: Box<str>, known: Vec<Box<str>> },
    NoIndex { index: usize, columns: usize },
}

impl RowError {
    /// The cell of `column`, at `index`, could not be read.
    #[cold]
    #[must_use]
    pub fn cell(index: usize, column: &ColumnSpec, error: DecodeError) -> Self {
        Self::new(Reason::Cell { index, name: column.name().into(), error })
    }

    #[cold]
    pub(super) fn mismatch(index: usize, column: &ColumnSpec, mismatch: TypeMismatch) -> Self {
        Self::new(Reason::Type { index, name: column.name().into(), mismatch })
    }

    #[cold]
    pub(super) fn no_name(name: &str, columns: &[ColumnSpec]) -> Self {
        let known = columns.iter().map(|column| column.name().into()).collect();
        Self::new(Reason::NoName { name: name.into(), known })
    }

    #[cold]
    pub(super) fn no_index(index: usize, columns: usize) -> Self {
        Self::new(Reason::NoIndex { index, columns })
    }

    fn new(reason: Reason) -> Self {
        RowError(Box::new(reason))
    }

    /// The column at fault, or the one that was asked for and does not exist.
    #[must_use]
    pub fn column(&self) -> Option<&str> {
        match &*self.0 {
            Reason::Cell { name, .. } | Reason::Type { name, .. } | Reason::NoName { name, .. } => Some(name),
            Reason::NoIndex { .. } => None,
        }
    }

    /// The index of the column at fault.
    #[must_use]
    pub fn index(&self) -> Option<usize> {
        match &*self.0 {
            Reason::Cell { index, .. } | Reason::Type { index, .. } | Reason::NoIndex { index, .. } => {
                Some(*index)
            }
            Reason::NoName { .. } => None,
        }
    }

    /// What is wrong with the bytes, where they are.
    #[must_use]
    pub fn decode_error(&self) -> Option<&DecodeError> {
        match &*self.0 {
            Reason::Cell { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Reason::Cell { index, name, error } => write!(f, "column `{name}` (index {index}): {error}"),
            Reason::Type { name, mismatch, .. } => write_mismatch(f, name, mismatch),
            Reason::NoName { name, known } => {
                write!(f, "no column is named `{name}`, the row has {}", known.join(", "))
            }
            Reason::NoIndex { index, columns } => {
                write!(f, "no column has index {index}, the row has {columns} columns")
            }
        }
    }
}

impl Error for RowError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &*self.0 {
            Reason::Type { mismatch, .. } => mismatch.source(),
            _ => None,
        }
    }
}
