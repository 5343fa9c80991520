//! Which keyspaces of the server may not be changed.

use super::Schema;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::Statement;
use cql_protocol::response::{ErrorCode, ServerError};

/// Of which every node has its own.
const LOCAL: &[&str] = &["system", "system_schema", "system_views", "system_virtual_schema"];

const REPLICATED: &[&str] = &["system_auth", "system_distributed", "system_traces"];

/// Refuses changes of the server's keyspaces. The replication of those that are replicated may be changed.
pub(super) fn check(statement: &Statement, schema: &Schema) -> Result<()> {
    let (keyspace, what) = match statement {
        Statement::CreateKeyspace { name, .. } => (Some(name), String::new()),
        Statement::AlterKeyspace { name, .. } => (Some(name), String::new()),
        Statement::DropKeyspace { name, .. } => (Some(name), format!("DROP <keyspace {name}>")),
        Statement::CreateTable(create) => (create.name.keyspace.as_ref(), all_tables("CREATE", &create.name)),
        Statement::CreateType { name, .. } => (name.keyspace.as_ref(), all_tables("CREATE", name)),
        Statement::AlterType { name, .. } => (name.keyspace.as_ref(), all_tables("ALTER", name)),
        Statement::DropType { name, .. } => (name.keyspace.as_ref(), all_tables("DROP", name)),
        Statement::AlterTable { name, .. } => (name.keyspace.as_ref(), table("ALTER", name)),
        Statement::CreateIndex(create) => (create.table.keyspace.as_ref(), table("ALTER", &create.table)),
        Statement::DropTable { name, .. } => (name.keyspace.as_ref(), table("DROP", name)),
        Statement::DropIndex { name, .. } => (name.keyspace.as_ref(), table("ALTER", name)),
        _ => return Ok(()),
    };
    let Some(keyspace) = keyspace.map(String::as_str) else { return Ok(()) };
    if LOCAL.contains(&keyspace.to_ascii_lowercase().as_str()) {
        // There is nothing there yet that a permission could be missing for.
        if matches!(statement, Statement::CreateKeyspace { .. } | Statement::DropIndex { .. }) {
            return Err(problem::invalid(format!("System keyspace '{keyspace}' is not user-modifiable")));
        }
        return Err(unauthorized(format!("{keyspace} keyspace is not user-modifiable.")));
    }
    let is_there = schema.keyspaces.contains_key(keyspace);
    if REPLICATED.contains(&keyspace) && is_there && !what.is_empty() {
        return Err(unauthorized(format!("Cannot {what}")));
    }
    Ok(())
}

fn all_tables(permission: &str, name: &crate::engine::syntax::ast::Name) -> String {
    format!("{permission} <all tables in {}>", name.keyspace.as_deref().unwrap_or_default())
}

fn table(permission: &str, name: &crate::engine::syntax::ast::Name) -> String {
    format!("{permission} <table {}.{}>", name.keyspace.as_deref().unwrap_or_default(), name.name)
}

fn unauthorized(message: String) -> ServerError {
    ServerError::new(ErrorCode::UNAUTHORIZED, message)
}
