//! What a model is: a struct, its table as constants, and how its fields are written and read.

use crate::error::Error;
use crate::value::{Bind, CqlType, TypeDef, Values};
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, FromRow, ToCql, Unset, ValueError, ValuesWriter};

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

    /// The columns.
    const COLUMNS: Self::Columns;
    /// The table.
    const META: &'static ModelMeta;

    /// Writes the columns that are stored, in the order of [`ModelMeta::columns`].
    ///
    /// # Errors
    /// When a value cannot be written.
    fn write_row(&self, out: &mut RowWriter<'_, '_>) -> Result<(), BindError>;

    /// Checks the values by what the fields' `validate` names.
    ///
    /// # Errors
    /// [`Error::Validation`] for the first that is wrong.
    fn validate(&self) -> Result<(), Error>;

    /// Whether a column would be stored as null. Columns are numbered by [`ModelMeta::columns`].
    fn is_null(&self, column: u16) -> bool;
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

    /// One of the kinds.
    pub trait Kind: sealed::Sealed + 'static {}
    impl Kind for Table {}
    impl Kind for Counter {}
    impl Kind for View {}

    mod sealed {
        #[allow(unnameable_types, reason = "that is what sealing is")]
        pub trait Sealed {}
        impl Sealed for super::Table {}
        impl Sealed for super::Counter {}
        impl Sealed for super::View {}
    }
}

/// A model of a table whose columns are values, so that rows can be inserted.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be inserted",
    label = "counter tables and materialized views have no INSERT",
    note = "counters change through `Model::update(key).set(Model.counter.incr(n))`"
)]
pub trait Insertable: Model {}
#[diagnostic::do_not_recommend]
impl<M: Model<Kind = kind::Table>> Insertable for M {}

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

/// A model of a table that has timestamps, times to live and conditions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is a counter table: TTL, timestamp and IF conditions are not legal CQL there",
    label = "not available on counter tables"
)]
pub trait ValueTable: Model {}
#[diagnostic::do_not_recommend]
impl<M: Model<Kind = kind::Table>> ValueTable for M {}

/// A table as constants: what statements, plans of the schema and mocks are made from.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "derives write it")]
pub struct ModelMeta {
    /// The struct's name in Rust.
    pub rust_name: &'static str,
    /// The keyspace, where the model names one.
    pub keyspace: Option<&'static str>,
    /// The table's name, without quotes.
    pub table: &'static str,
    /// The columns in the order of the fields; those that are computed are behind those that are stored.
    pub columns: &'static [ColumnMeta],
    /// Which columns are the partition key, in order.
    pub partition_key: &'static [u16],
    /// Which columns are the clustering key, in order, and whether they descend.
    pub clustering_key: &'static [(u16, bool)],
    /// Options of the table: name and value as CQL has it.
    pub options: &'static [(&'static str, OptionDef)],
    /// For a view: its base table.
    pub base: Option<&'static ModelMeta>,
    /// For one of several models in a table: the column that tells them apart, and its value.
    pub discriminator: Option<(u16, &'static str)>,
}

/// A column as constants.
#[derive(Debug)]
#[allow(clippy::exhaustive_structs, reason = "derives write it")]
pub struct ColumnMeta {
    /// The name in CQL, without quotes.
    pub name: &'static str,
    /// The field's name in Rust.
    pub field: &'static str,
    /// The type.
    pub type_def: TypeDef,
    /// What the column is for.
    pub role: ColumnRole,
    /// The index on it.
    pub index: Option<IndexDef>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnRole {
    /// Part of the partition key.
    PartitionKey,
    /// Part of the clustering key.
    ClusteringKey,
    /// A value of its row.
    Regular,
    /// One value for the whole partition.
    Static,
    /// The time a column was written, in microseconds since the epoch: not stored.
    WriteTime(&'static str),
    /// The seconds a column has left to live: not stored.
    Ttl(&'static str),
}

impl ColumnRole {
    /// Whether the column is stored.
    #[must_use]
    pub const fn is_stored(self) -> bool {
        !matches!(self, ColumnRole::WriteTime(_) | ColumnRole::Ttl(_))
    }

    /// Whether the column is part of the primary key.
    #[must_use]
    pub const fn is_key(self) -> bool {
        matches!(self, ColumnRole::PartitionKey | ColumnRole::ClusteringKey)
    }
}

/// An index as constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "derives write it")]
pub struct IndexDef {
    /// Its name; without one it is `table_column_idx`.
    pub name: Option<&'static str>,
    /// What is indexed of a map: `""` (values), `keys`, `entries`, `full`.
    pub of: &'static str,
    /// The class, if it is not the built-in index: `sai`, `sasi`, or a Java class.
    pub class: Option<&'static str>,
    /// Its options.
    pub options: &'static [(&'static str, &'static str)],
    /// Whether it is made and kept elsewhere, so that plans of the schema leave it out.
    pub is_external: bool,
}

/// The value of an option of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum OptionDef {
    /// A text.
    Text(&'static str),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Texts by name.
    Map(&'static [(&'static str, &'static str)]),
}

impl ModelMeta {
    /// The columns that are stored, with their numbers.
    pub fn stored(&self) -> impl Iterator<Item = (u16, &'static ColumnMeta)> + use<> {
        (0..).zip(self.columns).filter(|(_, column)| column.role.is_stored())
    }

    /// The column of that number.
    #[must_use]
    pub fn column(&self, index: u16) -> Option<&'static ColumnMeta> {
        self.columns.get(usize::from(index))
    }

    /// The numbers of the primary key's columns, in order.
    pub fn primary_key(&self) -> impl Iterator<Item = u16> + use<> {
        self.partition_key.iter().copied().chain(self.clustering_key.iter().map(|(column, _)| *column))
    }

    /// Whether it is a table of counters.
    #[must_use]
    pub fn is_counter(&self) -> bool {
        self.columns.iter().any(|column| column.type_def.is_counter())
    }
}

/// What becomes of `None` and of an empty collection when a whole row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the protocol has these two")]
pub enum Nulls {
    /// The column keeps what it has: nothing is written, no tombstone.
    Keep,
    /// The column is set to null, which is a tombstone.
    Write,
}

/// Takes the columns of a row in order.
#[derive(Debug)]
pub struct RowWriter<'a, 'v> {
    values: &'a mut ValuesWriter<'v>,
    markers: std::slice::Iter<'a, ColumnSpec>,
    nulls: Nulls,
    /// Where columns that are null have no marker.
    skips_nulls: bool,
}

impl<'a, 'v> RowWriter<'a, 'v> {
    pub(crate) fn new(
        values: &'a mut ValuesWriter<'v>,
        markers: &'a [ColumnSpec],
        nulls: Nulls,
        skips_nulls: bool,
    ) -> Self {
        RowWriter { values, markers: markers.iter(), nulls, skips_nulls }
    }

    /// Writes a column that may be null.
    ///
    /// # Errors
    /// When the value does not fit.
    #[inline]
    pub fn column<T: ToCql + ?Sized>(&mut self, value: &T, is_null: bool) -> Result<(), BindError> {
        if is_null {
            return self.null();
        }
        match self.markers.next() {
            Some(marker) => self.values.value(value, marker),
            None => Ok(()),
        }
    }

    fn null(&mut self) -> Result<(), BindError> {
        if self.skips_nulls {
            return Ok(());
        }
        match (self.markers.next(), self.nulls) {
            (Some(marker), Nulls::Keep) => self.values.value(&Unset, marker),
            (Some(marker), Nulls::Write) => self.values.value(&None::<i32>, marker),
            (None, _) => Ok(()),
        }
    }
}

/// The values of a key: a tuple of what [`Bind`]s to its columns; for a key of one column the value itself does as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key of the form `{K}`",
    label = "the key's columns are wanted in order, as a tuple",
    note = "a key of one column may be given without a tuple"
)]
pub trait KeyFor<K> {
    /// Writes the values.
    ///
    /// # Errors
    /// When one is outside of what the CQL type can hold.
    fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError>;
}

/// Takes the values of a key, column by column.
#[derive(Debug)]
pub struct KeyWriter<'a>(pub(crate) &'a mut Values);

impl KeyWriter<'_> {
    fn value<T>(&mut self, value: &impl Bind<T>) -> Result<(), ValueError> {
        self.0.push(|out| value.bind(out))
    }
}

impl<T: CqlType, A: Bind<T>> KeyFor<(T,)> for A {
    fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError> {
        key.value(self)
    }
}

macro_rules! keys {
    ($($($given:ident $column:ident $at:tt)+;)*) => {
        $(
            impl<$($column: CqlType, $given: Bind<$column>),+> KeyFor<($($column,)+)> for ($($given,)+) {
                fn write(&self, key: &mut KeyWriter<'_>) -> Result<(), ValueError> {
                    $(key.value(&self.$at)?;)+
                    Ok(())
                }
            }
        )*
    };
}

keys! {
    A TA 0 B TB 1;
    A TA 0 B TB 1 C TC 2;
    A TA 0 B TB 1 C TC 2 D TD 3;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5 G TG 6;
    A TA 0 B TB 1 C TC 2 D TD 3 E TE 4 F TF 5 G TG 6 H TH 7;
}
