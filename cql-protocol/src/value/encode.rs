//! Rust values to bytes.

use crate::types::ColumnType;

/// A Rust value that can be bound.
pub trait ToCql {
    /// Appends the contents of the value (no length prefix) to `out` in the encoding of `column_type`, or appends nothing
    /// and says that it is null or unset.
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

/// Why a Rust value cannot be written as a CQL type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write {rust_type}")]
pub struct ValueError {
    rust_type: &'static str,
}
