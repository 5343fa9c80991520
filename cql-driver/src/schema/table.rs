//! Tables and views: columns, options, indexes, triggers.

use std::collections::BTreeMap;

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// Its keyspace.
    pub keyspace: String,
    /// Its name, without quotes.
    pub name: String,
    /// Its options by the names CQL has for them: `compaction`, `gc_grace_seconds` and so on.
    pub options: BTreeMap<String, OptionValue>,
    /// Its secondary indexes by name.
    pub indexes: BTreeMap<String, Index>,
    /// Its triggers by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// Whether it was created `WITH COMPACT STORAGE`.
    pub is_compact: bool,
    /// Whether each node makes its rows up from its own state (4.0 and newer).
    pub is_virtual: bool,
    pub(super) columns: Vec<Column>,
}

impl Table {
    /// Its columns: the partition key and the clustering key in their order, static ones, the rest by name.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the partition key, in order.
    pub fn partition_key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.kind == ColumnKind::PartitionKey)
    }

    /// The columns of the clustering key, in order.
    pub fn clustering_key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.kind == ColumnKind::Clustering)
    }
}

/// A materialized view (3.0 and newer).
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct View {
    /// The table it is a view of, in the same keyspace.
    pub base_table: String,
    /// The condition for rows to be in it, as CQL.
    pub where_clause: String,
    /// Whether it takes every column of the base table.
    pub includes_all_columns: bool,
    /// What it looks like: its name, columns and options.
    pub table: Table,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ColumnKind {
    /// A part of the partition key.
    PartitionKey,
    /// A part of the clustering key.
    Clustering,
    /// One value for each partition.
    Static,
    /// One value for each row.
    Regular,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name, without quotes.
    pub name: String,
    /// Its CQL type, such as `frozen<map<text, int>>` or `vector<float, 3>`.
    pub column_type: String,
    /// What it is for.
    pub kind: ColumnKind,
    /// Its place in the partition key or the clustering key, counted from 0; 0 for others.
    pub position: usize,
    /// Whether rows are sorted by it from the greatest down.
    pub is_descending: bool,
    /// What hides its values from roles that may not see them (5.0 and newer).
    pub mask: Option<Mask>,
}

/// The function that hides values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mask {
    /// The keyspace of the function: `system` for those of the server.
    pub function_keyspace: String,
    /// The name of the function.
    pub function: String,
    /// Its arguments behind the column's value, as CQL literals.
    pub arguments: Vec<String>,
}

/// A secondary index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// Its name, without quotes.
    pub name: String,
    /// What is indexed as CQL: a column, or `keys(c)`, `values(c)`, `entries(c)`, `full(c)`.
    pub target: String,
    /// The class of a custom index, such as `StorageAttachedIndex`; `None` for those of the server.
    pub class: Option<String>,
    /// The options of a custom index.
    pub options: BTreeMap<String, String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name, without quotes.
    pub name: String,
    /// The class that is called.
    pub class: String,
}

/// The value of an option of a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OptionValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// True or false.
    Boolean(bool),
    /// Texts by name.
    Map(BTreeMap<String, String>),
}
