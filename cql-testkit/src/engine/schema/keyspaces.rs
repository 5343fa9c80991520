//! CREATE, ALTER and DROP KEYSPACE.

use super::names::{already_exists, is_plain, unless};
use super::replication::{self, Datacenters};
use super::{Changed, Keyspace, Schema, properties};
use crate::engine::problem::{self, Result};
use crate::engine::storage::Store;
use crate::engine::syntax::ast::Options;
use cql_protocol::response::{SchemaChange, SchemaChangeKind, SchemaTarget};

const MAX_NAME: usize = 48;

pub(super) fn create(
    schema: &mut Schema,
    datacenters: &Datacenters,
    name: &str,
    if_not_exists: bool,
    options: &Options,
) -> Result<Changed> {
    check_name(name)?;
    properties::check_names(options, &["durable_writes", "replication"])?;
    let replication = properties::map(options, "replication")?;
    let Some(replication) = replication else {
        return Err(problem::invalid("Missing mandatory option 'replication'"));
    };
    if schema.keyspaces.contains_key(name) {
        return if if_not_exists { Ok(Changed::default()) } else { Err(already_exists(name, "")) };
    }
    let durable_writes = properties::boolean(options, "durable_writes")?.unwrap_or(true);
    let replication = replication::check(name, replication, &[], datacenters)?;
    let warnings = replication::warnings(name, &replication, datacenters);
    let keyspace = Keyspace { replication, durable_writes, ..Keyspace::default() };
    schema.keyspaces.insert(name.to_owned(), keyspace);
    Ok(Changed { change: changed(SchemaChangeKind::CREATED, name), warnings })
}

pub(super) fn alter(
    schema: &mut Schema,
    datacenters: &Datacenters,
    name: &str,
    if_exists: bool,
    options: &Options,
) -> Result<Changed> {
    properties::check_names(options, &["durable_writes", "replication"])?;
    let Some(keyspace) = schema.keyspaces.get_mut(name) else {
        return unless(if_exists, || format!("Keyspace '{name}' doesn't exist")).map(Changed::from);
    };
    let durable_writes = properties::boolean(options, "durable_writes")?.unwrap_or(keyspace.durable_writes);
    let replication = match properties::map(options, "replication")? {
        Some(said) => replication::check(name, said, &keyspace.replication, datacenters)?,
        None => keyspace.replication.clone(),
    };
    let mut warnings = replication::warnings(name, &replication, datacenters);
    if (durable_writes, &replication) == (keyspace.durable_writes, &keyspace.replication) {
        return Ok(Changed { change: None, warnings });
    }
    if replication::copies(&replication) > replication::copies(&keyspace.replication) {
        let repair = "When increasing replication factor you need to run a full (-full) repair to distribute the data.";
        warnings.push(repair.to_owned());
    }
    (keyspace.durable_writes, keyspace.replication) = (durable_writes, replication);
    Ok(Changed { change: changed(SchemaChangeKind::UPDATED, name), warnings })
}

pub(super) fn drop(
    schema: &mut Schema,
    store: &mut Store,
    name: &str,
    if_exists: bool,
) -> Result<Option<SchemaChange>> {
    let Some(keyspace) = schema.keyspaces.remove(name) else {
        return unless(if_exists, || format!("Keyspace '{name}' doesn't exist"));
    };
    keyspace.tables.values().for_each(|table| store.forget(table.id));
    Ok(changed(SchemaChangeKind::DROPPED, name))
}

fn changed(kind: SchemaChangeKind, name: &str) -> Option<SchemaChange> {
    Some(SchemaChange::new(kind, SchemaTarget::Keyspace { keyspace: name.to_owned() }))
}

fn check_name(name: &str) -> Result<()> {
    if !is_plain(name) {
        return Err(problem::invalid(format!(
            "Keyspace name must not be empty and must contain alphanumeric or underscore characters only (got \"{name}\")"
        )));
    }
    if name.len() > MAX_NAME {
        return Err(problem::invalid(format!(
            "Keyspace name must not be more than {MAX_NAME} characters long (got {} characters for \"{name}\")",
            name.len()
        )));
    }
    Ok(())
}
