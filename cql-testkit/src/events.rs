//! Events to push, in short.

use cql_protocol::response::{
    Event, SchemaChange, SchemaChangeKind, SchemaTarget, StatusChangeKind, TopologyChangeKind,
};
use std::net::SocketAddr;

/// The node of that address came up.
#[must_use]
pub fn up(address: SocketAddr) -> Event {
    Event::StatusChange { kind: StatusChangeKind::UP, address }
}

/// The node of that address went down.
#[must_use]
pub fn down(address: SocketAddr) -> Event {
    Event::StatusChange { kind: StatusChangeKind::DOWN, address }
}

/// The node of that address joined.
#[must_use]
pub fn new_node(address: SocketAddr) -> Event {
    Event::TopologyChange { kind: TopologyChangeKind::NEW_NODE, address }
}

/// The node of that address left.
#[must_use]
pub fn removed_node(address: SocketAddr) -> Event {
    Event::TopologyChange { kind: TopologyChangeKind::REMOVED_NODE, address }
}

/// The node of that address has other tokens.
#[must_use]
pub fn moved_node(address: SocketAddr) -> Event {
    Event::TopologyChange { kind: TopologyChangeKind::MOVED_NODE, address }
}

/// A keyspace was created or changed.
#[must_use]
pub fn keyspace_updated(keyspace: &str) -> Event {
    let target = SchemaTarget::Keyspace { keyspace: keyspace.to_owned() };
    Event::SchemaChange(SchemaChange::new(SchemaChangeKind::UPDATED, target))
}

/// An event of a type that nobody knows.
#[must_use]
pub fn unknown(event_type: &str) -> Event {
    Event::Other { event_type: event_type.into(), body: bytes::Bytes::new() }
}
