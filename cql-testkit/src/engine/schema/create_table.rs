//! CREATE TABLE.

use super::names::{already_exists, is_plain, parts};
use super::table::{self, Column, ColumnId, Kind, Options, Table};
use super::types::{self, Resolved};
use super::{Keyspace, Schema, of_table, options};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{ColumnDefinition, CreateTable};
use crate::engine::values::type_name;
use cql_protocol::response::{SchemaChange, SchemaChangeKind};
use cql_protocol::types::{ColumnType, TableSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

const MAX_NAME: usize = 222;

/// More than anybody has: columns are looked for among all.
const MAX_COLUMNS: usize = 5000;

pub(super) fn check_count(columns: usize) -> Result<()> {
    match columns {
        ..=MAX_COLUMNS => Ok(()),
        _ => Err(problem::unsupported(&format!("tables of more than {MAX_COLUMNS} columns"))),
    }
}

/// What the text alone shows to be wrong.
pub(super) fn check_text(create: &CreateTable) -> Result<()> {
    let table = match &create.name.keyspace {
        Some(keyspace) => format!("{keyspace}.{}", create.name.name),
        None => create.name.name.clone(),
    };
    let mut names = BTreeSet::new();
    for column in &create.columns {
        if !names.insert(&column.name) {
            let name = &column.name;
            let message = format!("Duplicate column '{name}' declaration for table '{table}'");
            return Err(problem::invalid(message));
        }
    }
    let of_columns = create.columns.iter().filter(|column| column.is_primary_key).count();
    match of_columns + create.primary_keys.len() {
        1 => {}
        0 => {
            let message = format!("No PRIMARY KEY specifed for table '{table}' (exactly one required)");
            return Err(problem::invalid(message));
        }
        _ => {
            let message =
                format!("Multiple PRIMARY KEY specified for table '{table}' (exactly one required)");
            return Err(problem::invalid(message));
        }
    }
    let mut ordered = BTreeSet::new();
    match create.order.iter().find(|(name, _)| !ordered.insert(name)) {
        Some((name, _)) => Err(problem::invalid(format!(
            "Duplicate column '{name}' in CLUSTERING ORDER BY clause for table '{table}'"
        ))),
        None => Ok(()),
    }
}

pub(super) fn create(schema: &mut Schema, create: &CreateTable) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(&create.name)?;
    let keyspace = schema.keyspace(keyspace_name)?;
    if keyspace.tables.contains_key(name) {
        return if create.if_not_exists { Ok(None) } else { Err(already_exists(keyspace_name, name)) };
    }
    let options = options::merge(&Options::new(), &create.options)?;
    if create.is_compact {
        return Err(problem::unsupported("COMPACT STORAGE"));
    }
    check_count(create.columns.len())?;
    let columns = columns(create, keyspace_name, keyspace)?;
    check_counters(&columns, &options)?;
    check_name(keyspace_name, name)?;
    let id = options::id(&create.options)?;
    let mut all = schema.keyspaces.values().flat_map(|keyspace| keyspace.tables.values());
    if let Some(id) = id.filter(|id| all.any(|other| other.id == *id)) {
        return Err(problem::configuration(format!("There is already a table with the id {id}")));
    }
    let id = id.unwrap_or_else(|| schema.next_identity());
    let table = assemble(keyspace_name, name, id, columns, options);
    let change = of_table(SchemaChangeKind::CREATED, &table);
    schema.put(table);
    Ok(Some(change))
}

/// A table of these columns, which are put in their order.
pub(super) fn assemble(
    keyspace: &str,
    name: &str,
    id: Uuid,
    mut columns: Vec<Column>,
    options: Options,
) -> Table {
    table::sort(&mut columns);
    Table {
        spec: Arc::new(TableSpec::new(keyspace, name)),
        id,
        order: table::order(&columns),
        next_column: u32::try_from(columns.len()).unwrap_or(u32::MAX),
        columns,
        indexes: Vec::new(),
        dropped: BTreeMap::new(),
        options,
    }
}

/// The columns as they are declared, with their parts in the key.
fn columns(create: &CreateTable, keyspace_name: &str, keyspace: &Keyspace) -> Result<Vec<Column>> {
    let mut resolved = BTreeMap::new();
    // The server goes by name, which shows where two are wrong.
    let mut by_name: Vec<&ColumnDefinition> = create.columns.iter().collect();
    by_name.sort_by(|one, two| one.name.cmp(&two.name));
    for column in by_name {
        resolved.insert(column.name.as_str(), types::resolve(&column.of, keyspace_name, keyspace)?);
    }
    resolved.values().try_for_each(|of| check_nested(of, keyspace))?;
    let (partition, clustering) = keys(create);
    let key = partition.iter().chain(&clustering).copied();
    check_key(create, key, &resolved)?;
    check_order(create, &clustering)?;
    if clustering.is_empty() && create.columns.iter().any(|column| column.is_static) {
        return Err(statics_without_clustering());
    }
    let kind = |column: &ColumnDefinition| {
        let at = |names: &[&str]| names.iter().position(|name| *name == column.name);
        if let Some(position) = at(&partition) {
            return Kind::PartitionKey(position);
        }
        if let Some(position) = at(&clustering) {
            let descends = create.order.iter().any(|(name, descends)| *name == column.name && *descends);
            return Kind::Clustering { position, descends };
        }
        if column.is_static { Kind::Static } else { Kind::Regular }
    };
    let columns = create.columns.iter().zip(0..).filter_map(|(column, id)| {
        let Resolved { column_type, is_multi_cell } = resolved.get(column.name.as_str())?.clone();
        let name = column.name.as_str().into();
        Some(Column { id: ColumnId(id), name, column_type, is_multi_cell, kind: kind(column) })
    });
    Ok(columns.collect())
}

pub(super) fn statics_without_clustering() -> cql_protocol::response::ServerError {
    problem::invalid(
        "Static columns are only useful (and thus allowed) if the table has at least one clustering column",
    )
}

fn keys(create: &CreateTable) -> (Vec<&str>, Vec<&str>) {
    let of_column = create.columns.iter().filter(|column| column.is_primary_key);
    let mut partition: Vec<&str> = of_column.map(|column| column.name.as_str()).collect();
    let mut clustering = Vec::new();
    for (own, rest) in &create.primary_keys {
        partition.extend(own.iter().map(String::as_str));
        clustering.extend(rest.iter().map(String::as_str));
    }
    (partition, clustering)
}

/// A user-defined type that is not frozen may have no collections that are not.
pub(super) fn check_nested(of: &Resolved, keyspace: &Keyspace) -> Result<()> {
    let ColumnType::Udt(udt) = &of.column_type else { return Ok(()) };
    let fields = keyspace.multi_cell_fields.get(udt.name()).map(Vec::as_slice).unwrap_or_default();
    if of.is_multi_cell && fields.contains(&true) {
        let message = "Non-frozen UDTs with nested non-frozen collections are not supported";
        return Err(problem::invalid(message));
    }
    Ok(())
}

fn check_key<'a>(
    create: &CreateTable,
    key: impl Iterator<Item = &'a str>,
    resolved: &BTreeMap<&str, Resolved>,
) -> Result<()> {
    let table = &create.name.name;
    let mut seen = BTreeSet::new();
    for name in key {
        let Some(of) = resolved.get(name) else {
            let message = format!("Unknown column '{name}' referenced in PRIMARY KEY for table '{table}'");
            return Err(problem::invalid(message));
        };
        if !seen.insert(name) {
            let message = format!("Duplicate column '{name}' in PRIMARY KEY clause for table '{table}'");
            return Err(problem::invalid(message));
        }
        if of.is_multi_cell {
            let (kind, text) = match &of.column_type {
                // As one name, which the dot in it has quoted.
                ColumnType::Udt(udt) => ("user-defined", format!("\"{}.{}\"", udt.keyspace(), udt.name())),
                other => ("collection", type_name(other, true)),
            };
            return Err(problem::invalid(format!(
                "Invalid non-frozen {kind} type {text} for PRIMARY KEY column '{name}'"
            )));
        }
        let refused = match &of.column_type {
            ColumnType::Counter => Some("counter"),
            other => types::has_duration(other).then_some("duration"),
        };
        if let Some(refused) = refused {
            let message = format!("{refused} type is not supported for PRIMARY KEY column '{name}'");
            return Err(problem::invalid(message));
        }
        if create.columns.iter().any(|column| column.name == name && column.is_static) {
            let message = format!("Static column '{name}' cannot be part of the PRIMARY KEY");
            return Err(problem::invalid(message));
        }
    }
    Ok(())
}

fn check_order(create: &CreateTable, clustering: &[&str]) -> Result<()> {
    let ordered: Vec<&str> = create.order.iter().map(|(name, _)| name.as_str()).collect();
    let others: Vec<&str> = ordered.iter().filter(|name| !clustering.contains(name)).copied().collect();
    if !others.is_empty() {
        return Err(problem::invalid(format!(
            "Only clustering key columns can be defined in CLUSTERING ORDER directive: [{}] are not clustering columns",
            others.join(", ")
        )));
    }
    for (name, expected) in ordered.iter().zip(clustering) {
        if name == expected {
            continue;
        }
        let message = if ordered.contains(expected) {
            format!(
                "The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns \
                 ({expected} must appear before {name})"
            )
        } else {
            format!("Missing CLUSTERING ORDER for column {expected}")
        };
        return Err(problem::invalid(message));
    }
    Ok(())
}

fn check_counters(columns: &[Column], options: &Options) -> Result<()> {
    let is_counter = |column: &&Column| column.column_type == ColumnType::Counter;
    if !columns.iter().any(|column| is_counter(&column)) {
        return Ok(());
    }
    if columns.iter().any(|column| !column.is_key() && !is_counter(&column)) {
        return Err(problem::invalid("Cannot mix counter and non counter columns in the same table"));
    }
    if options.default_time_to_live > 0 {
        return Err(problem::invalid("Cannot set default_time_to_live on a table with counters"));
    }
    Ok(())
}

fn check_name(keyspace: &str, name: &str) -> Result<()> {
    if !is_plain(name) {
        return Err(problem::configuration(format!(
            "{keyspace}.{name}: Table name must not be empty or not contain non-alphanumeric-underscore characters (got \
             \"{name}\")"
        )));
    }
    if name.len() > MAX_NAME {
        return Err(problem::configuration(format!(
            "{keyspace}.{name}: Table name must not be more than {MAX_NAME} characters long (got {} characters for \
             \"{name}\")",
            name.len()
        )));
    }
    Ok(())
}
