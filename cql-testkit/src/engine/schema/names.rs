//! The names in statements that change the schema.

use super::create_table;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{AlterTable, AlterType, Name, Statement};
use cql_protocol::response::{ErrorDetails, SchemaChange, ServerError};

/// Puts the keyspace in use into the names of a statement that changes the schema, and refuses what its text alone shows
/// to be wrong.
pub(crate) fn qualify(statement: &mut Statement, keyspace: Option<&str>) -> Result<()> {
    check_grammar(statement)?;
    let name = match statement {
        Statement::CreateTable(create) => {
            create_table::check_text(create)?;
            &mut create.name
        }
        Statement::CreateIndex(create) => &mut create.table,
        Statement::AlterTable { name, .. }
        | Statement::DropTable { name, .. }
        | Statement::CreateType { name, .. }
        | Statement::AlterType { name, .. }
        | Statement::DropType { name, .. }
        | Statement::DropIndex { name, .. } => name,
        _ => return Ok(()),
    };
    if name.keyspace.is_none() {
        let keyspace = keyspace.ok_or_else(no_keyspace)?;
        name.keyspace = Some(keyspace.to_owned());
    }
    Ok(())
}

/// Refuses what newer grammars than that of 5.0 have.
fn check_grammar(statement: &Statement) -> Result<()> {
    let refuse = |found: &str, expected: &str| {
        Err(problem::syntax(format!("mismatched input '{found}' expecting {expected}")))
    };
    match statement {
        Statement::CreateKeyspace { options, .. } if options.is_empty() => refuse("<EOF>", "K_WITH"),
        Statement::AlterType { change: AlterType::Add { fields, .. }, .. } if fields.len() > 1 => {
            refuse(",", "EOF")
        }
        Statement::AlterTable { change: AlterTable::Add { columns, .. }, .. }
            if columns.iter().any(|column| column.is_primary_key) =>
        {
            refuse("PRIMARY", "EOF")
        }
        _ => Ok(()),
    }
}

/// The keyspace and the name in it.
pub(super) fn parts(name: &Name) -> Result<(&str, &str)> {
    let keyspace = name.keyspace.as_deref().ok_or_else(no_keyspace)?;
    Ok((keyspace, &name.name))
}

fn no_keyspace() -> ServerError {
    problem::invalid(
        "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename",
    )
}

/// Nothing to change where IF [NOT] EXISTS says so, else an error.
pub(super) fn unless(tolerated: bool, message: impl FnOnce() -> String) -> Result<Option<SchemaChange>> {
    if tolerated { Ok(None) } else { Err(problem::invalid(message())) }
}

pub(super) fn already_exists(keyspace: &str, table: &str) -> ServerError {
    let message = if table.is_empty() {
        format!("Cannot add existing keyspace \"{keyspace}\"")
    } else {
        format!("Cannot add already existing table \"{table}\" to keyspace \"{keyspace}\"")
    };
    let details = ErrorDetails::AlreadyExists { keyspace: keyspace.to_owned(), table: table.to_owned() };
    ServerError::with_details(message, details)
}

/// Whether a name is made of letters, digits and underscores of ASCII.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
