//! A table as constants: what statements, plans of the schema and mocks are made from.

use super::tag::Tag;
use crate::value::TypeDef;

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
    /// For one of several models in a table: the column that tells them apart, and what it holds.
    pub discriminator: Option<(u16, Tag)>,
    /// The column that counts the changes of a row, where there is one.
    pub version: Option<u16>,
}

/// A column as constants.
#[derive(Debug, Clone, Copy)]
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
