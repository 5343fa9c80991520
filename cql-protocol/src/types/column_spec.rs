//! A column of a result, or a bind marker.

use super::ColumnType;
use std::sync::Arc;

/// A table's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableSpec {
    keyspace: Box<str>,
    table: Box<str>,
}

impl TableSpec {
    /// The table of that name in `keyspace`.
    #[must_use]
    pub fn new(keyspace: impl Into<Box<str>>, table: impl Into<Box<str>>) -> Self {
        TableSpec { keyspace: keyspace.into(), table: table.into() }
    }

    /// Its keyspace.
    #[must_use]
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// Its name within the keyspace.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// The name and type of a column of a result, or of a bind marker (v5 §4.2.5.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnSpec {
    table: Arc<TableSpec>,
    name: Box<str>,
    column_type: ColumnType,
}

impl ColumnSpec {
    /// A column of `table`; columns of one table share the `Arc`.
    #[must_use]
    pub fn new(table: Arc<TableSpec>, name: impl Into<Box<str>>, column_type: ColumnType) -> Self {
        ColumnSpec { table, name: name.into(), column_type }
    }

    /// Its name, or the server's text for an expression.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    #[inline]
    pub fn column_type(&self) -> &ColumnType {
        &self.column_type
    }

    /// The table it comes from, shared with the other columns of that table.
    #[must_use]
    pub fn table_spec(&self) -> &Arc<TableSpec> {
        &self.table
    }

    /// The name of the table it comes from.
    #[must_use]
    pub fn table(&self) -> &str {
        self.table.table()
    }

    /// The keyspace of that table.
    #[must_use]
    pub fn keyspace(&self) -> &str {
        self.table.keyspace()
    }
}
