//! The types of hints and casts.

use super::Scope;
use crate::engine::problem::Result;
use crate::engine::syntax::ast;
use cql_protocol::types::ColumnType;

/// Looks up a type within the keyspace of a statement.
pub(crate) fn resolve_type(of: &ast::Type, scope: &Scope<'_>) -> Result<ColumnType> {
    scope.schema.resolve(of, scope.table.keyspace()).map(|resolved| resolved.column_type)
}

/// A native type by its name.
pub(crate) fn native(name: &str) -> Option<ColumnType> {
    Some(match name {
        "ascii" => ColumnType::Ascii,
        "bigint" => ColumnType::BigInt,
        "blob" => ColumnType::Blob,
        "boolean" => ColumnType::Boolean,
        "counter" => ColumnType::Counter,
        "date" => ColumnType::Date,
        "decimal" => ColumnType::Decimal,
        "double" => ColumnType::Double,
        "duration" => ColumnType::Duration,
        "float" => ColumnType::Float,
        "inet" => ColumnType::Inet,
        "int" => ColumnType::Int,
        "smallint" => ColumnType::SmallInt,
        "text" | "varchar" => ColumnType::Text,
        "time" => ColumnType::Time,
        "timestamp" => ColumnType::Timestamp,
        "timeuuid" => ColumnType::TimeUuid,
        "tinyint" => ColumnType::TinyInt,
        "uuid" => ColumnType::Uuid,
        "varint" => ColumnType::Varint,
        _ => return None,
    })
}
