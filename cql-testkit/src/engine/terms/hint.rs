//! The types of hints and casts.

use super::Scope;
use crate::engine::problem::Result;
use crate::engine::syntax::ast;
use cql_protocol::types::ColumnType;

/// Looks up a type within the keyspace of a statement.
pub(crate) fn resolve_type(of: &ast::Type, scope: &Scope<'_>) -> Result<ColumnType> {
    scope.schema.resolve(of, scope.table.keyspace()).map(|resolved| resolved.column_type)
}
