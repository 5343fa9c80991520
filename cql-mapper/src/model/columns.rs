//! Columns that several models share: a struct of fields, flattened into each.

use super::filler::{Fill, Filler};
use super::meta::ColumnMeta;
use super::row_writer::RowWriter;
use crate::error::Error;
use cql_driver::value::{BindError, FromRow};

/// A struct whose fields are columns of every model that has it in a `#[cql(flatten)]` field. Derived:
/// `#[derive(Columns)]`.
///
/// Its fields take the attributes of a model's fields, but for those of the key, which each model says itself.
///
/// ```
/// use cql_mapper::prelude::*;
///
/// #[derive(Columns, Debug, Clone)]
/// struct Audit {
///     created_by: String,
///     #[cql(on_update = CqlTimestamp(0))]
///     changed_at: CqlTimestamp,
/// }
///
/// #[derive(Model, Debug, Clone)]
/// #[cql(keyspace = "app", table = "documents")]
/// struct Document {
///     #[cql(partition_key)]
///     id: i64,
///     #[cql(flatten)]
///     audit: Audit,
///     text: String,
/// }
///
/// let update = Document::update(7).set(Document.audit.created_by.to("ada"));
/// assert_eq!(update.cql(), "UPDATE app.documents SET created_by = ?, changed_at = ? WHERE id = ?");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into a model",
    label = "not a struct of columns",
    note = "derive `Columns` for it"
)]
pub trait Columns: Sized + Send + Sync + 'static + for<'r> FromRow<'r> {
    /// The columns, in the order of the fields.
    const COLUMNS: &'static [ColumnMeta];

    /// Writes them.
    ///
    /// # Errors
    /// When a value cannot be written.
    fn write_row(&self, out: &mut RowWriter<'_, '_>) -> Result<(), BindError>;

    /// Checks them by what their `validate` names.
    ///
    /// # Errors
    /// [`Error::Validation`] for the first that is wrong.
    fn validate(&self) -> Result<(), Error>;

    /// Whether the column of that number would be stored as null.
    fn is_null(&self, column: u16) -> bool;

    #[doc(hidden)]
    fn touch(&mut self, _first: u16, _is_unchanged: &dyn Fn(u16) -> bool) {}

    #[doc(hidden)]
    fn fill(_first: u16, _when: Fill, _out: &mut Filler<'_>) {}

    #[doc(hidden)]
    fn validate_cell(_column: u16, _cell: Option<&[u8]>) -> Result<(), Error> {
        Ok(())
    }
}

/// The types of a struct's columns in the model `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be flattened into a model",
    label = "not a struct of columns",
    note = "derive `Columns` for it"
)]
pub trait ColumnsIn<M>: Columns {
    /// They, as values.
    type Columns: MarkersOf;
}

/// Values that name columns.
pub trait MarkersOf: Copy + 'static {
    /// They.
    const VALUE: Self;
}

/// A model that has the columns of `T`.
pub trait Flattens<T> {
    /// The number of the first of them.
    const FIRST: u16;
}

/// How many columns a struct has.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "a struct has at most 128 fields")]
pub const fn width<T: Columns>() -> u16 {
    T::COLUMNS.len() as u16
}

/// Whether a column is one of those of `T`, of which the first has the number `first`.
#[must_use]
pub fn is_within<T: Columns>(column: u16, first: u16) -> bool {
    (first..first + width::<T>()).contains(&column)
}
