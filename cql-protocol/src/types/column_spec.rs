//! A column of a result, or a bind marker.

use super::ColumnType;
use std::sync::Arc;

/// A table's full name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableSpec {
    /// Its keyspace.
    pub keyspace: Box<str>,
    /// Its name within the keyspace.
    pub table: Box<str>,
}

/// The name and type of a column of a result, or of a bind marker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnSpec {
    /// Where it comes from; columns of one table share it.
    pub table: Arc<TableSpec>,
    /// Its name, or the server's text for an expression.
    pub name: Box<str>,
    /// Its type.
    pub column_type: ColumnType,
}
