//! What a model is: a struct, its table as constants, and how its fields are written and read.

mod checks;
mod columns;
mod filler;
mod key;
mod meta;
mod row_writer;
mod slot;
mod tag;

pub use checks::{
    check_columns, check_model, check_variants, check_view, concat, distinct, merged, position, total,
};
pub use columns::{Columns, ColumnsIn, Flattens, MarkersOf, is_within, width};
pub use filler::{Fill, Filler};
pub use key::{KeyFor, KeyWriter};
pub use meta::{ColumnMeta, ColumnRole, IndexDef, ModelMeta, OptionDef};
pub use row_writer::{Nulls, RowWriter};
pub use slot::Slot;
pub use tag::{PartOf, Polymorphic, ReadTag, Tag, TagPlan, VariantOf, read_tag, tag_plan};

use crate::error::Error;
use cql_driver::value::{BindError, FromRow};

/// A struct whose values are rows of a table. Derived: `#[derive(Model)]`.
///
/// Everything that can be done with a model is in [`ModelExt`](crate::ModelExt).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    note = "derive `Model` for the struct, and name its table: `#[cql(table = \"name\")]`"
)]
pub trait Model: Sized + Send + Sync + 'static + for<'r> FromRow<'r> {
    /// What its table is: [`kind`].
    type Kind: kind::Kind;
    /// The columns as values: `User.id` is a field of it.
    type Columns: Copy + 'static;
    /// The state of a query without conditions.
    type Keys;
    /// The state of a query whose whole primary key is given.
    type FullKey;
    /// The types of the primary key's columns.
    type PrimaryKey;
    /// The types of the partition key's columns.
    type PartitionKey: for<'r> FromRow<'r> + Send + 'static;
    /// Whether its rows are found without those of other models in the same table.
    #[doc(hidden)]
    type Access;

    /// The columns.
    const COLUMNS: Self::Columns;
    /// The table.
    const META: &'static ModelMeta;

    /// Where the model's number is.
    #[doc(hidden)]
    fn slot() -> &'static Slot;

    /// Gives values to columns that a statement leaves out.
    #[doc(hidden)]
    fn fill(_when: Fill, _out: &mut Filler<'_>) {}

    /// Checks the value of one column, which is encoded, by what its field's `validate` names.
    #[doc(hidden)]
    fn validate_cell(_column: u16, _cell: Option<&[u8]>) -> Result<(), Error> {
        Ok(())
    }
}

/// A model whose rows can be written as a whole. Derived with [`Model`].
pub trait WriteRow: Model {
    /// Writes the columns that are stored, in the order of [`ModelMeta::columns`].
    ///
    /// # Errors
    /// When a value cannot be written.
    fn write_row(&self, out: &mut RowWriter<'_, '_>) -> Result<(), BindError>;

    /// Checks the values by what `validate` names, of fields and of the model.
    ///
    /// # Errors
    /// [`Error::Validation`] for the first that is wrong.
    fn validate(&self) -> Result<(), Error>;

    /// Whether a column would be stored as null. Columns are numbered by [`ModelMeta::columns`].
    fn is_null(&self, column: u16) -> bool;

    /// Sets what `on_update` says, where the column is unchanged otherwise.
    #[doc(hidden)]
    fn touch(&mut self, _is_unchanged: &dyn Fn(u16) -> bool) {}

    /// Counts the version on.
    #[doc(hidden)]
    fn next_version(&mut self) {}
}

/// Kinds of tables.
pub mod kind {
    /// A table whose columns are values.
    #[derive(Debug)]
    #[non_exhaustive]
    pub struct Table;
    /// A table of counters.
    #[derive(Debug)]
    #[non_exhaustive]
    pub struct Counter;
    /// A materialized view: read only.
    #[derive(Debug)]
    #[non_exhaustive]
    pub struct View;
    /// A table with rows of several models.
    #[derive(Debug)]
    #[non_exhaustive]
    pub struct Variants;

    /// One of the kinds.
    pub trait Kind: sealed::Sealed + 'static {}
    impl Kind for Table {}
    impl Kind for Counter {}
    impl Kind for View {}
    impl Kind for Variants {}

    mod sealed {
        #[allow(unnameable_types, reason = "that is what sealing is")]
        pub trait Sealed {}
        impl Sealed for super::Table {}
        impl Sealed for super::Counter {}
        impl Sealed for super::View {}
        impl Sealed for super::Variants {}
    }
}

/// A model of a table whose columns are values, so that rows can be inserted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be inserted",
    label = "counter tables, materialized views and enums of models have no INSERT",
    note = "counters change through `Model::update(key).set(Model.counter.incr(n))`",
    note = "of an enum of models insert the one that it holds"
)]
pub trait Insertable: WriteRow {}
#[diagnostic::do_not_recommend]
impl<M: WriteRow<Kind = kind::Table>> Insertable for M {}

/// A model that can be written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is read-only",
    label = "a materialized view changes with its table",
    note = "write the model of the view's base table"
)]
pub trait Writable: Model {}
#[diagnostic::do_not_recommend]
impl<M: Model> Writable for M where M::Kind: WritableKind {}

/// Kinds of tables that can be written.
#[doc(hidden)]
pub trait WritableKind {}
impl WritableKind for kind::Table {}
impl WritableKind for kind::Counter {}
impl WritableKind for kind::Variants {}

/// Kinds of tables whose columns are values.
#[doc(hidden)]
pub trait ValueKind {}
impl ValueKind for kind::Table {}
impl ValueKind for kind::Variants {}

/// A model of a table that has timestamps, times to live and conditions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a counter table: TTL, timestamp and IF conditions are not legal CQL there",
    label = "not available on counter tables"
)]
pub trait ValueTable: Model {}
#[diagnostic::do_not_recommend]
impl<M: Model> ValueTable for M where M::Kind: ValueKind {}

/// A model whose rows can be asked for without those of other models in the same table.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is one of several models in a table, and the column that tells them apart has no index",
    label = "rows of the other models cannot be left out",
    note = "query the enum: `Pet::objects()`; or index the column: `discriminator(column = \"kind\", index)`"
)]
pub trait Queryable: Model {}
#[diagnostic::do_not_recommend]
impl<M: Model> Queryable for M where M::Access: Accessible {}

/// Ways to find rows of one model.
#[doc(hidden)]
pub trait Accessible {}

/// All rows of the table are of one model.
#[doc(hidden)]
#[derive(Debug)]
#[non_exhaustive]
pub struct Whole;
impl Accessible for Whole {}

/// What counts the changes of a row.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not count",
    label = "a version is an `i16`, `i32` or `i64`"
)]
pub trait Version {
    /// The one after it.
    #[must_use]
    fn next(&self) -> Self;
}

macro_rules! versions {
    ($($number:ty),*) => {
        $(impl Version for $number {
            fn next(&self) -> Self {
                self.wrapping_add(1)
            }
        })*
    };
}
versions!(i16, i32, i64);
