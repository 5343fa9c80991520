//! The server's own keyspaces: their tables, and the contents of those that are made when they are read.

mod described;
mod rows;

use super::{Keyspace, Schema, Table, create_table};
use crate::engine::View;
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::storage::TableData;
use crate::engine::syntax::{self, ast};
use crate::sync::lock;
use rows::Rows;
use std::sync::OnceLock;

/// The declarations of all of them.
const TABLES: &str = include_str!("tables.cql");

/// The keyspaces with how often they are replicated; 0 for those of which every node has its own.
const KEYSPACES: &[(&str, u32)] = &[
    ("system", 0),
    ("system_auth", 1),
    ("system_distributed", 3),
    ("system_schema", 0),
    ("system_traces", 2),
];

const VIRTUAL_KEYSPACES: &[&str] = &["system_views", "system_virtual_schema"];

/// A schema with nothing but the server's keyspaces.
pub(super) fn schema() -> Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(declare).clone()
}

fn declare() -> Schema {
    let mut schema = Schema::default();
    let pair = |name: &str, value: String| (name.to_owned(), value);
    for (name, factor) in KEYSPACES {
        let class = if *factor == 0 { "LocalStrategy" } else { "SimpleStrategy" };
        let mut replication = vec![pair("class", format!("org.apache.cassandra.locator.{class}"))];
        if *factor > 0 {
            replication.push(pair("replication_factor", factor.to_string()));
        }
        let keyspace = Keyspace { replication, durable_writes: true, ..Keyspace::default() };
        schema.keyspaces.insert((*name).to_owned(), keyspace);
    }
    for name in VIRTUAL_KEYSPACES {
        let keyspace = Keyspace { is_virtual: true, durable_writes: true, ..Keyspace::default() };
        schema.keyspaces.insert((*name).to_owned(), keyspace);
    }
    for table in declarations() {
        let done = create_table::create(&mut schema, &table);
        debug_assert!(done.is_ok(), "{}: {done:?}", table.name.name);
    }
    schema.version = schema.next_identity();
    schema
}

fn declarations() -> impl Iterator<Item = ast::CreateTable> {
    let lines: Vec<&str> = TABLES.lines().filter(|line| !line.starts_with("--")).map(str::trim).collect();
    let text = lines.join(" ");
    let statements: Vec<String> = text.split_terminator(';').map(str::to_owned).collect();
    statements.into_iter().filter_map(|statement| {
        let parsed = syntax::parse(&statement);
        debug_assert!(parsed.is_ok(), "{statement}: {:?}", parsed.err());
        match parsed.ok()?.statement {
            ast::Statement::CreateTable(table) => Some(table),
            _ => None,
        }
    })
}

/// The contents of a table that is made when it is read; `None` when it is stored as those of clients are.
pub(crate) fn contents(table: &Table, schema: &Schema, view: View<'_>, now: Now) -> Option<TableData> {
    let mut rows = Rows::new(table, now);
    match (table.keyspace(), table.name()) {
        ("system", "local" | "peers" | "peers_v2") => of_cluster(&mut rows, table, view),
        ("system_schema", name) => described::tables(&mut rows, name, schema),
        ("system_virtual_schema", name) => described::virtual_tables(&mut rows, name, schema),
        ("system_views", "settings") => settings(&mut rows, view),
        // There is nothing to be seen within.
        ("system_views", _) => {}
        _ => return None,
    }
    Some(rows.finish())
}

/// The few settings that drivers ask for.
fn settings(rows: &mut Rows<'_>, view: View<'_>) {
    let name = lock(view.topology).cluster_name.clone();
    let all = [
        ("cluster_name", name.as_str()),
        ("endpoint_snitch", "SimpleSnitch"),
        ("partitioner", "org.apache.cassandra.dht.Murmur3Partitioner"),
    ];
    for (name, value) in all {
        rows.push([("name", rows::text(name)), ("value", rows::text(value))]);
    }
}

/// Refuses to write to a table that is made when it is read. `what` is the server's word for it: `Modification`,
/// `Truncation`.
pub(crate) fn check_write(table: &Table, what: &str) -> Result<()> {
    let (keyspace, name) = (table.keyspace(), table.name());
    if VIRTUAL_KEYSPACES.contains(&keyspace) {
        return Err(problem::invalid(format!("{what} is not supported by table {keyspace}.{name}")));
    }
    let is_made = keyspace == "system_schema"
        || (keyspace == "system" && matches!(name, "local" | "peers" | "peers_v2"));
    if is_made { Err(problem::unsupported(&format!("writing to {keyspace}.{name}"))) } else { Ok(()) }
}

/// What a node says of itself and of the others.
fn of_cluster(rows: &mut Rows<'_>, table: &Table, view: View<'_>) {
    let topology = lock(view.topology);
    let Some(told) = crate::system::table(&topology, view.node, table.keyspace(), table.name()) else {
        return;
    };
    for cells in told.cells() {
        let named = told.columns().iter().zip(cells);
        rows.push(named.filter_map(|(column, cell)| Some((column.name(), cell.clone()?.into()))));
    }
}
