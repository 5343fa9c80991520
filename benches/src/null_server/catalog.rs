//! The system tables: those that drivers read, with the columns of Cassandra 5.0 that they look at.

use super::Options;
use cql_protocol::types::ColumnType;
use cql_protocol::value::CqlValue;
use std::net::SocketAddr;
use uuid::Uuid;

pub(super) struct Table {
    pub(super) columns: Vec<(&'static str, ColumnType)>,
    pub(super) rows: Vec<Vec<CqlValue>>,
}

const HOST_ID: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_0101);
const SCHEMA_VERSION: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_0109);
const TABLE_ID: Uuid = Uuid::from_u128(0x1111_1111_1111_4111_8111_1111_1111_0107);

/// The table of that name, keyspace included.
pub(super) fn table(name: &str, options: &Options, address: SocketAddr) -> Option<Table> {
    let (keyspace, table) = name.split_once('.')?;
    match keyspace {
        "system" => system(table, options, address),
        "system_schema" => schema(table),
        "system_virtual_schema" => virtual_schema(table),
        _ => None,
    }
}

fn empty(columns: &[(&'static str, ColumnType)]) -> Option<Table> {
    Some(Table { columns: columns.to_vec(), rows: Vec::new() })
}

fn text(value: &str) -> CqlValue {
    CqlValue::Text(value.to_owned())
}

fn texts() -> ColumnType {
    ColumnType::set(ColumnType::Text)
}

fn text_map() -> ColumnType {
    ColumnType::map(ColumnType::Text, ColumnType::Text)
}

fn system(table: &str, options: &Options, address: SocketAddr) -> Option<Table> {
    use ColumnType::{Inet, Int, Text, Uuid};
    match table {
        "local" => Some(local(options, address)),
        "peers" => empty(&[
            ("peer", Inet),
            ("data_center", Text),
            ("host_id", Uuid),
            ("preferred_ip", Inet),
            ("rack", Text),
            ("release_version", Text),
            ("rpc_address", Inet),
            ("schema_version", Uuid),
            ("tokens", texts()),
        ]),
        "peers_v2" => empty(&[
            ("peer", Inet),
            ("peer_port", Int),
            ("data_center", Text),
            ("host_id", Uuid),
            ("native_address", Inet),
            ("native_port", Int),
            ("preferred_ip", Inet),
            ("preferred_port", Int),
            ("rack", Text),
            ("release_version", Text),
            ("schema_version", Uuid),
            ("tokens", texts()),
        ]),
        _ => None,
    }
}

fn local(options: &Options, address: SocketAddr) -> Table {
    use ColumnType::{Inet, Int, Text, Uuid};
    let ip = || CqlValue::Inet(address.ip());
    let cells = [
        ("key", Text, text("local")),
        ("bootstrapped", Text, text("COMPLETED")),
        ("broadcast_address", Inet, ip()),
        ("broadcast_port", Int, CqlValue::Int(7000)),
        ("cluster_name", Text, text("null")),
        ("cql_version", Text, text("3.4.7")),
        ("data_center", Text, text("datacenter1")),
        ("host_id", Uuid, CqlValue::Uuid(HOST_ID)),
        ("listen_address", Inet, ip()),
        ("native_protocol_version", Text, text("5")),
        ("partitioner", Text, text("org.apache.cassandra.dht.Murmur3Partitioner")),
        ("rack", Text, text("rack1")),
        ("release_version", Text, text("5.0.2")),
        ("rpc_address", Inet, ip()),
        ("rpc_port", Int, CqlValue::Int(address.port().into())),
        ("schema_version", Uuid, CqlValue::Uuid(SCHEMA_VERSION)),
        ("tokens", texts(), CqlValue::Set(tokens(options.tokens))),
    ];
    let mut table = Table { columns: Vec::new(), rows: Vec::new() };
    let mut row = Vec::new();
    for (name, of_type, value) in cells {
        table.columns.push((name, of_type));
        row.push(value);
    }
    table.rows.push(row);
    table
}

/// That many, evenly spread. The smallest 64-bit number is no token.
fn tokens(count: usize) -> Vec<CqlValue> {
    let count = i128::try_from(count.max(1)).unwrap_or(i128::MAX);
    (0..count)
        .map(|index| text(&(i128::from(i64::MIN) + 1 + index * (1 << 64) / count).to_string()))
        .collect()
}

fn schema(table: &str) -> Option<Table> {
    use ColumnType::{Blob, Boolean, Int, Text, Uuid};
    let keyspace = ("keyspace_name", Text);
    let list = || ColumnType::list(Text);
    match table {
        "keyspaces" => {
            let replication =
                [("class", "org.apache.cassandra.locator.SimpleStrategy"), ("replication_factor", "1")];
            let replication = replication.map(|(key, value)| (text(key), text(value))).into();
            Some(Table {
                columns: vec![keyspace, ("durable_writes", Boolean), ("replication", text_map())],
                rows: vec![vec![text("bench"), CqlValue::Boolean(true), CqlValue::Map(replication)]],
            })
        }
        "tables" => Some(Table {
            columns: vec![
                keyspace,
                ("table_name", Text),
                ("comment", Text),
                ("flags", texts()),
                ("id", Uuid),
            ],
            rows: vec![vec![
                text("bench"),
                text("kv"),
                text(""),
                CqlValue::Set(vec![text("compound")]),
                CqlValue::Uuid(TABLE_ID),
            ]],
        }),
        "columns" => Some(Table {
            columns: vec![
                keyspace,
                ("table_name", Text),
                ("column_name", Text),
                ("clustering_order", Text),
                ("column_name_bytes", Blob),
                ("kind", Text),
                ("position", Int),
                ("type", Text),
            ],
            rows: kv_columns(),
        }),
        "views" => empty(&[keyspace, ("view_name", Text), ("base_table_name", Text), ("id", Uuid)]),
        "indexes" => empty(&[
            keyspace,
            ("table_name", Text),
            ("index_name", Text),
            ("kind", Text),
            ("options", text_map()),
        ]),
        "types" => empty(&[keyspace, ("type_name", Text), ("field_names", list()), ("field_types", list())]),
        "functions" | "aggregates" => {
            let name = if table == "functions" { "function_name" } else { "aggregate_name" };
            empty(&[keyspace, (name, Text), ("argument_types", list()), ("return_type", Text)])
        }
        "triggers" => {
            empty(&[keyspace, ("table_name", Text), ("trigger_name", Text), ("options", text_map())])
        }
        _ => None,
    }
}

fn kv_columns() -> Vec<Vec<CqlValue>> {
    let columns = [
        ("id", "partition_key", 0, "bigint"),
        ("a", "regular", -1, "text"),
        ("b", "regular", -1, "blob"),
        ("c", "regular", -1, "double"),
    ];
    let row = |(name, kind, position, of_type): (&str, &str, i32, &str)| {
        vec![
            text("bench"),
            text("kv"),
            text(name),
            text("none"),
            CqlValue::Blob(name.into()),
            text(kind),
            CqlValue::Int(position),
            text(of_type),
        ]
    };
    columns.into_iter().map(row).collect()
}

fn virtual_schema(table: &str) -> Option<Table> {
    use ColumnType::{Int, Text};
    let keyspace = ("keyspace_name", Text);
    match table {
        "keyspaces" => empty(&[keyspace]),
        "tables" => empty(&[keyspace, ("table_name", Text), ("comment", Text)]),
        "columns" => empty(&[
            keyspace,
            ("table_name", Text),
            ("column_name", Text),
            ("clustering_order", Text),
            ("kind", Text),
            ("position", Int),
            ("type", Text),
        ]),
        _ => None,
    }
}
