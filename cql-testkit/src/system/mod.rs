//! The system tables of a node: what drivers read to learn about the cluster.

mod schema;
mod select;

pub(crate) use select::select;

use crate::rows::Rows;
use crate::topology::{NodeSpec, Table, Topology};
use cql_protocol::types::ColumnType;
use cql_protocol::value::CqlValue;
use std::net::IpAddr;

/// A column of a system table: its name, type and value.
pub(crate) type Field = (&'static str, ColumnType, CqlValue);

/// A system table with its contents; its partition key is its first column.
pub(crate) fn table(topology: &Topology, node: usize, keyspace: &str, name: &str) -> Option<Rows> {
    let own = topology.node(node)?;
    let others = || topology.nodes.iter().filter(|other| other.index != node && other.member);
    let release = &own.release;
    match (keyspace, name) {
        ("system", "local") => Some(rows(keyspace, name, [local(topology, own)])),
        ("system", "peers") => Some(peers_or_none(keyspace, name, others().map(peer).collect(), peer(own))),
        ("system", "peers_v2") if release.has_peers_v2() => {
            Some(peers_or_none(keyspace, name, others().map(peer_v2).collect(), peer_v2(own)))
        }
        ("system_schema", _) if release.has_system_schema() => schema::system_schema(topology, name),
        ("system", name) if !release.has_system_schema() => schema::of_2x(topology, name),
        ("system_virtual_schema", _) if release.has_peers_v2() => schema::virtual_schema(name),
        _ => None,
    }
}

/// The declaration of a system table, for preparing statements on it.
pub(crate) fn declaration(topology: &Topology, node: usize, keyspace: &str, name: &str) -> Option<Table> {
    let rows = table(topology, node, keyspace, name)?;
    let mut declared = Table::new(keyspace, name);
    for (at, column) in rows.columns().iter().enumerate() {
        declared = match at {
            0 => declared.partition_key(column.name(), column.column_type().clone()),
            _ => declared.column(column.name(), column.column_type().clone()),
        };
    }
    Some(declared)
}

pub(crate) fn rows(keyspace: &str, name: &str, all: impl IntoIterator<Item = Vec<Field>>) -> Rows {
    let mut all = all.into_iter().peekable();
    let columns: Vec<(&str, ColumnType)> =
        all.peek().into_iter().flatten().map(|(name, column_type, _)| (*name, column_type.clone())).collect();
    let mut rows = Rows::of_table(keyspace, name, columns);
    for fields in all {
        rows = rows.row(fields.into_iter().map(|(_, _, value)| value).collect::<Vec<_>>());
    }
    rows
}

/// The rows, or none with the columns of `example`.
fn peers_or_none(keyspace: &str, name: &str, all: Vec<Vec<Field>>, example: Vec<Field>) -> Rows {
    if all.is_empty() { rows(keyspace, name, [example]).without(0) } else { rows(keyspace, name, all) }
}

pub(crate) fn text(name: &'static str, value: &str) -> Field {
    (name, ColumnType::Text, value.into())
}

fn int(name: &'static str, value: u16) -> Field {
    (name, ColumnType::Int, i32::from(value).into())
}

fn uuid(name: &'static str, value: uuid::Uuid) -> Field {
    (name, ColumnType::Uuid, value.into())
}

fn inet(name: &'static str, value: Option<IpAddr>) -> Field {
    (name, ColumnType::Inet, value.into())
}

fn tokens(node: &NodeSpec) -> Field {
    let values = node.tokens.iter().map(|token| token.as_str().into()).collect();
    ("tokens", ColumnType::set(ColumnType::Text), CqlValue::Set(values))
}

fn ip(node: &NodeSpec) -> Option<IpAddr> {
    node.address.map(|address| address.ip())
}

fn port(node: &NodeSpec) -> u16 {
    node.address.map_or(0, |address| address.port())
}

/// The port nodes talk to each other by.
const STORAGE_PORT: u16 = 7000;

fn local(topology: &Topology, node: &NodeSpec) -> Vec<Field> {
    let mut fields = vec![
        text("key", "local"),
        text("bootstrapped", "COMPLETED"),
        inet("broadcast_address", ip(node)),
        text("cluster_name", &topology.cluster_name),
        text("cql_version", node.release.cql_version()),
        text("data_center", &node.datacenter),
        uuid("host_id", node.host_id),
        inet("listen_address", ip(node)),
        text("native_protocol_version", &node.newest_protocol.number().to_string()),
        text("partitioner", "org.apache.cassandra.dht.Murmur3Partitioner"),
        text("rack", &node.rack),
        text("release_version", node.release.text()),
        inet("rpc_address", ip(node)),
        uuid("schema_version", node.schema_version),
        tokens(node),
    ];
    if node.release.has_peers_v2() {
        fields.push(int("broadcast_port", STORAGE_PORT));
        fields.push(int("listen_port", STORAGE_PORT));
        fields.push(int("rpc_port", port(node)));
    }
    fields
}

fn peer(node: &NodeSpec) -> Vec<Field> {
    vec![
        inet("peer", ip(node)),
        text("data_center", &node.datacenter),
        uuid("host_id", node.host_id),
        inet("preferred_ip", None),
        text("rack", &node.rack),
        text("release_version", node.release.text()),
        inet("rpc_address", ip(node)),
        uuid("schema_version", node.schema_version),
        tokens(node),
    ]
}

fn peer_v2(node: &NodeSpec) -> Vec<Field> {
    vec![
        inet("peer", ip(node)),
        // Nodes of one machine differ by nothing else.
        int("peer_port", STORAGE_PORT.wrapping_add(u16::try_from(node.index).unwrap_or(0))),
        text("data_center", &node.datacenter),
        uuid("host_id", node.host_id),
        inet("native_address", ip(node)),
        int("native_port", port(node)),
        inet("preferred_ip", None),
        ("preferred_port", ColumnType::Int, CqlValue::Null),
        text("rack", &node.rack),
        text("release_version", node.release.text()),
        uuid("schema_version", node.schema_version),
        tokens(node),
    ]
}
