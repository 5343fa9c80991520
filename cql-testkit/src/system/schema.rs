//! The tables that describe keyspaces and tables.

use super::{Field, rows, text};
use crate::rows::Rows;
use crate::topology::{Table, Topology};
use cql_protocol::types::ColumnType;
use cql_protocol::value::CqlValue;
use std::fmt::Write;
use uuid::Uuid;

const SCHEMA: &str = "system_schema";

pub(super) fn system_schema(topology: &Topology, name: &str) -> Option<Rows> {
    let filled = match name {
        "keyspaces" => rows(SCHEMA, name, keyspaces(topology).iter().map(keyspace)),
        "tables" if !topology.tables.is_empty() => rows(SCHEMA, name, topology.tables.iter().map(table)),
        "columns" if !topology.tables.is_empty() => {
            rows(SCHEMA, name, topology.tables.iter().flat_map(columns))
        }
        "tables" => empty(SCHEMA, name, &["keyspace_name", "table_name"]),
        "columns" => empty(SCHEMA, name, &["keyspace_name", "table_name", "column_name"]),
        "views" => empty(SCHEMA, name, &["keyspace_name", "view_name"]),
        "types" => empty(SCHEMA, name, &["keyspace_name", "type_name"]),
        "functions" => empty(SCHEMA, name, &["keyspace_name", "function_name"]),
        "aggregates" => empty(SCHEMA, name, &["keyspace_name", "aggregate_name"]),
        "indexes" => empty(SCHEMA, name, &["keyspace_name", "table_name", "index_name"]),
        "triggers" => empty(SCHEMA, name, &["keyspace_name", "table_name", "trigger_name"]),
        "dropped_columns" => empty(SCHEMA, name, &["keyspace_name", "table_name", "column_name"]),
        _ => return None,
    };
    Some(filled)
}

pub(super) fn virtual_schema(name: &str) -> Option<Rows> {
    let columns: &[&str] = match name {
        "keyspaces" => &["keyspace_name"],
        "tables" => &["keyspace_name", "table_name", "comment"],
        "columns" => &["keyspace_name", "table_name", "column_name"],
        _ => return None,
    };
    Some(empty("system_virtual_schema", name, columns))
}

/// The schema tables of 2.x, which are in `system`.
pub(super) fn of_2x(topology: &Topology, name: &str) -> Option<Rows> {
    let filled = match name {
        "schema_keyspaces" => rows("system", name, keyspaces(topology).iter().map(keyspace_of_2x)),
        "schema_columnfamilies" => empty("system", name, &["keyspace_name", "columnfamily_name"]),
        "schema_columns" => empty("system", name, &["keyspace_name", "columnfamily_name", "column_name"]),
        "schema_usertypes" => empty("system", name, &["keyspace_name", "type_name"]),
        _ => return None,
    };
    Some(filled)
}

fn empty(keyspace: &str, name: &str, columns: &[&'static str]) -> Rows {
    Rows::of_table(keyspace, name, columns.iter().map(|column| (*column, ColumnType::Text)))
}

type Keyspace = (String, Vec<(String, String)>);

/// Those of the server and those declared.
fn keyspaces(topology: &Topology) -> Vec<Keyspace> {
    let of_server = |name: &str| {
        let class = "org.apache.cassandra.locator.LocalStrategy".to_owned();
        (name.to_owned(), vec![("class".to_owned(), class)])
    };
    let of_server = ["system", SCHEMA].map(of_server);
    of_server.into_iter().chain(topology.keyspaces.iter().cloned()).collect()
}

fn keyspace((name, replication): &Keyspace) -> Vec<Field> {
    let pairs = replication.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
    vec![
        text("keyspace_name", name),
        ("durable_writes", ColumnType::Boolean, true.into()),
        ("replication", ColumnType::map(ColumnType::Text, ColumnType::Text), CqlValue::Map(pairs)),
    ]
}

fn keyspace_of_2x((name, replication): &Keyspace) -> Vec<Field> {
    let class = replication.iter().find(|(key, _)| key == "class").map_or("", |(_, class)| class);
    let mut options = String::new();
    for (key, value) in replication.iter().filter(|(key, _)| key != "class") {
        let separator = if options.is_empty() { "" } else { "," };
        let _ = write!(options, "{separator}\"{key}\":\"{value}\"");
    }
    vec![
        text("keyspace_name", name),
        ("durable_writes", ColumnType::Boolean, true.into()),
        text("strategy_class", class),
        text("strategy_options", &format!("{{{options}}}")),
    ]
}

fn table(table: &Table) -> Vec<Field> {
    let flags = CqlValue::Set(vec!["compound".into()]);
    vec![
        text("keyspace_name", &table.keyspace),
        text("table_name", &table.name),
        text("comment", ""),
        ("default_time_to_live", ColumnType::Int, 0.into()),
        ("flags", ColumnType::set(ColumnType::Text), flags),
        ("gc_grace_seconds", ColumnType::Int, 864_000.into()),
        ("id", ColumnType::Uuid, table_id(table).into()),
    ]
}

fn columns(table: &Table) -> impl Iterator<Item = Vec<Field>> {
    table.columns.iter().map(|column| {
        vec![
            text("keyspace_name", &table.keyspace),
            text("table_name", &table.name),
            text("column_name", &column.name),
            text("clustering_order", if column.kind == "clustering" { "asc" } else { "none" }),
            ("column_name_bytes", ColumnType::Blob, column.name.as_bytes().into()),
            text("kind", column.kind),
            ("position", ColumnType::Int, column.position.into()),
            text("type", &column.column_type.to_string()),
        ]
    })
}

fn table_id(table: &Table) -> Uuid {
    let bytes = table.keyspace.bytes().chain([b'.']).chain(table.name.bytes());
    Uuid::from_u128(
        bytes.fold(0x6C62, |hash: u128, byte| (hash ^ u128::from(byte)).wrapping_mul(0x0100_0000_01B3)),
    )
}
