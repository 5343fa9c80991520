//! What there is: keyspaces, tables, types, indexes; and the statements that change it.

mod alter_table;
mod attached;
mod create_table;
mod indexes;
mod keyspaces;
mod names;
mod options;
mod permission;
mod properties;
mod replication;
pub(crate) mod system;
mod table;
#[cfg(test)]
mod tests;
mod types;
mod user_types;

pub(crate) use names::qualify;
pub(crate) use table::{Column, ColumnId, DroppedColumn, Index, Kind, Table};
pub(crate) use types::Resolved;

use alter_table::without_user_types;
use replication::Datacenters;

use super::problem::{self, Result};
use super::storage::Store;
use super::syntax::ast;
use super::{Call, Outcome};
use crate::random::Random;
use cql_protocol::response::{CqlResult, SchemaChange, SchemaChangeKind, SchemaTarget, ServerError};
use cql_protocol::types::UdtType;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// All keyspaces, those of the server among them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Schema {
    pub(crate) keyspaces: BTreeMap<String, Keyspace>,
    /// Another one after each change.
    pub(crate) version: Uuid,
    /// How many identities it has given to tables and versions.
    identities: u64,
}

/// A keyspace. Tables are shared with the statements that were prepared on them: a table that was changed is another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyspace {
    /// `class` with its options, as `system_schema.keyspaces` tells them.
    pub(crate) replication: Vec<(String, String)>,
    pub(crate) durable_writes: bool,
    pub(crate) tables: BTreeMap<String, Arc<Table>>,
    pub(crate) types: BTreeMap<String, Arc<UdtType>>,
    /// By the name of a type: which of its fields were declared as collections that are not frozen.
    pub(crate) multi_cell_fields: BTreeMap<String, Vec<bool>>,
    /// Whether its tables are made when they are read.
    pub(crate) is_virtual: bool,
}

/// What came of a statement that changes the schema.
#[derive(Debug, Default)]
struct Changed {
    /// `None` when there was nothing to change.
    change: Option<SchemaChange>,
    warnings: Vec<String>,
}

impl From<Option<SchemaChange>> for Changed {
    fn from(change: Option<SchemaChange>) -> Self {
        Changed { change, warnings: Vec::new() }
    }
}

/// Changes the schema, and the data with it. What fails has changed nothing.
pub(crate) fn change(
    statement: &ast::Statement,
    schema: &mut Schema,
    store: &mut Store,
    call: &Call<'_>,
) -> Result<Outcome> {
    permission::check(statement, schema)?;
    let Changed { change, warnings } = apply(statement, schema, store, call)?;
    if change.is_some() {
        schema.version = schema.next_identity();
    }
    Ok(Outcome { result: change.map_or(CqlResult::Void, CqlResult::SchemaChange), warnings })
}

fn apply(
    statement: &ast::Statement,
    schema: &mut Schema,
    store: &mut Store,
    call: &Call<'_>,
) -> Result<Changed> {
    use ast::Statement as S;
    let change = match statement {
        S::CreateKeyspace { name, if_not_exists, options } => {
            let datacenters = Datacenters::of(call.view);
            return keyspaces::create(schema, &datacenters, name, *if_not_exists, options);
        }
        S::AlterKeyspace { name, if_exists, options } => {
            let datacenters = Datacenters::of(call.view);
            return keyspaces::alter(schema, &datacenters, name, *if_exists, options);
        }
        S::CreateIndex(create) => return indexes::create(schema, create),
        S::DropKeyspace { name, if_exists } => keyspaces::drop(schema, store, name, *if_exists),
        S::CreateTable(create) => create_table::create(schema, create),
        S::AlterTable { name, if_exists, change } => {
            alter_table::alter((schema, store), name, *if_exists, change, call.now)
        }
        S::DropTable { name, if_exists } => drop_table(schema, store, name, *if_exists),
        S::CreateType { name, if_not_exists, fields } => {
            user_types::create(schema, name, *if_not_exists, fields)
        }
        S::AlterType { name, if_exists, change } => user_types::alter(schema, name, *if_exists, change),
        S::DropType { name, if_exists } => user_types::drop(schema, name, *if_exists),
        S::DropIndex { name, if_exists } => indexes::drop(schema, name, *if_exists),
        _ => Err(problem::unsupported("this as a change of the schema")),
    }?;
    Ok(change.into())
}

/// Whether a statement that was prepared on a table is another one after a change.
pub(crate) fn affects(change: &SchemaChange, (keyspace, table): (&str, &str)) -> bool {
    match &change.target {
        _ if change.kind == SchemaChangeKind::CREATED => false,
        SchemaTarget::Keyspace { keyspace: of } => of == keyspace && change.kind == SchemaChangeKind::DROPPED,
        SchemaTarget::Table { keyspace: of, name } => of == keyspace && name == table,
        // Columns of any table may use it.
        SchemaTarget::Type { keyspace: of, .. } => of == keyspace,
        _ => false,
    }
}

fn drop_table(
    schema: &mut Schema,
    store: &mut Store,
    name: &ast::Name,
    if_exists: bool,
) -> Result<Option<SchemaChange>> {
    let (keyspace, name) = names::parts(name)?;
    let dropped = schema.keyspaces.get_mut(keyspace).and_then(|of| of.tables.remove(name));
    let Some(table) = dropped else {
        return names::unless(if_exists, || format!("Table '{keyspace}.{name}' doesn't exist"));
    };
    store.forget(table.id);
    Ok(Some(of_table(SchemaChangeKind::DROPPED, &table)))
}

/// What a statement is told whose table is not there.
pub(crate) fn no_table(name: &str) -> ServerError {
    problem::invalid(format!("table {name} does not exist"))
}

fn of_table(kind: SchemaChangeKind, table: &Table) -> SchemaChange {
    let (keyspace, name) = (table.keyspace().to_owned(), table.name().to_owned());
    SchemaChange::new(kind, SchemaTarget::Table { keyspace, name })
}

impl Schema {
    /// The keyspaces of the server.
    pub(crate) fn with_system() -> Self {
        system::schema()
    }

    pub(crate) fn table(&self, keyspace: &str, name: &str) -> Option<&Arc<Table>> {
        self.keyspaces.get(keyspace)?.tables.get(name)
    }

    pub(crate) fn table_by_id(&self, id: Uuid) -> Option<&Arc<Table>> {
        self.keyspaces.values().flat_map(|keyspace| keyspace.tables.values()).find(|table| table.id == id)
    }

    /// The keyspace of a table that a statement was prepared on, which may have been dropped since: what is written then
    /// would stay for ever, or be found in a table that is given the same identity.
    pub(crate) fn keyspace_of(&self, table: &Table) -> Result<&Keyspace> {
        let keyspace = self.keyspaces.get(table.keyspace());
        let is_there = |of: &&Keyspace| of.tables.get(table.name()).is_some_and(|it| it.id == table.id);
        keyspace.filter(is_there).ok_or_else(|| no_table(table.name()))
    }

    /// Looks up a type that a statement on a keyspace names.
    pub(crate) fn resolve(&self, of: &ast::Type, keyspace: &str) -> Result<Resolved> {
        types::resolve(of, keyspace, self.keyspace(keyspace)?)
    }

    fn keyspace(&self, name: &str) -> Result<&Keyspace> {
        self.keyspaces.get(name).ok_or_else(|| problem::invalid(format!("Keyspace '{name}' doesn't exist")))
    }

    /// Puts a table in place of the one of its name.
    fn put(&mut self, table: Table) {
        if let Some(keyspace) = self.keyspaces.get_mut(table.keyspace()) {
            keyspace.tables.insert(table.name().to_owned(), Arc::new(table));
        }
    }

    /// A UUID that it has not yet given away. The same changes give the same ones, so that tests repeat.
    fn next_identity(&mut self) -> Uuid {
        self.identities = self.identities.wrapping_add(1);
        let mut random = Random::new(self.identities);
        let bytes = [random.bits().to_be_bytes(), random.bits().to_be_bytes()].concat();
        uuid::Builder::from_slice(&bytes).map_or(Uuid::nil(), |builder| {
            builder.with_variant(uuid::Variant::RFC4122).with_version(uuid::Version::Random).into_uuid()
        })
    }
}
