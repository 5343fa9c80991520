//! EVENT: something happened in the cluster.

use super::SchemaChange;
use crate::error::{DecodeError, EncodeError};
use crate::event_type::EventType;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use crate::words::words;
use bytes::Bytes;
use std::net::SocketAddr;

words! {
    /// What happened to the ring.
    TopologyChangeKind {
        /// A node joined.
        NEW_NODE = "NEW_NODE",
        /// A node left.
        REMOVED_NODE = "REMOVED_NODE",
        /// A node has other tokens (v3 and old servers).
        MOVED_NODE = "MOVED_NODE",
    }
}

words! {
    /// What happened to a node.
    StatusChangeKind {
        /// It came up. It may take another second until it accepts connections.
        UP = "UP",
        /// It went down, as the sender sees it.
        DOWN = "DOWN",
    }
}

/// Something that happened in the cluster (v5 §4.2.6). Events can come twice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A node joined or left.
    TopologyChange {
        /// What happened.
        kind: TopologyChangeKind,
        /// The node's address for clients.
        address: SocketAddr,
    },
    /// A node went up or down.
    StatusChange {
        /// What happened.
        kind: StatusChangeKind,
        /// The node's address for clients.
        address: SocketAddr,
    },
    /// The schema changed.
    SchemaChange(SchemaChange),
    /// The node is about to close this connection.
    GracefulDisconnect,
    /// An event that this crate does not know: to be ignored.
    Other {
        /// Its type.
        event_type: EventType,
        /// The bytes behind the type.
        body: Bytes,
    },
}

impl Event {
    /// Its type.
    #[must_use]
    pub fn event_type(&self) -> EventType {
        match self {
            Event::TopologyChange { .. } => EventType::TOPOLOGY_CHANGE,
            Event::StatusChange { .. } => EventType::STATUS_CHANGE,
            Event::SchemaChange(_) => EventType::SCHEMA_CHANGE,
            Event::GracefulDisconnect => EventType::GRACEFUL_DISCONNECT,
            Event::Other { event_type, .. } => event_type.clone(),
        }
    }

    /// Reads the body, which is the same in every version.
    ///
    /// # Errors
    /// When it is cut short, or a text or an address in it is none.
    pub fn decode(body: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        // "The body of an EVENT message will start with a [string] representing the event type."
        let event_type = EventType::from(reader.string("event type")?);
        Ok(if event_type == EventType::TOPOLOGY_CHANGE {
            Event::TopologyChange {
                kind: reader.string("kind of topology change")?.into(),
                address: reader.inet("address of a node")?,
            }
        } else if event_type == EventType::STATUS_CHANGE {
            Event::StatusChange {
                kind: reader.string("kind of status change")?.into(),
                address: reader.inet("address of a node")?,
            }
        } else if event_type == EventType::SCHEMA_CHANGE {
            Event::SchemaChange(SchemaChange::decode(body, &mut reader)?)
        } else if event_type == EventType::GRACEFUL_DISCONNECT {
            Event::GracefulDisconnect
        } else {
            Event::Other { event_type, body: body.slice_ref(reader.rest()) }
        })
    }

    /// Appends the body.
    ///
    /// # Errors
    /// When the version has no such change, or a text is longer than 65,535 bytes. `out` may then hold a part.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_string(self.event_type().as_str(), "event type")?;
        match self {
            Event::TopologyChange { kind, address } => {
                out.write_string(kind.as_str(), "kind of topology change")?;
                out.write_inet(*address);
            }
            Event::StatusChange { kind, address } => {
                out.write_string(kind.as_str(), "kind of status change")?;
                out.write_inet(*address);
            }
            Event::SchemaChange(change) => change.encode(version, out)?,
            Event::GracefulDisconnect => {}
            Event::Other { body, .. } => out.extend_from_slice(body),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Response;
    use crate::response::testing::{both_ways, string};

    #[test]
    fn changes_of_nodes_have_a_kind_and_an_address() {
        let address = SocketAddr::from(([10, 0, 0, 1], 9042));
        let inet = [4, 10, 0, 0, 1, 0, 0, 0x23, 0x52];
        for &version in ProtocolVersion::ALL {
            for kind in ["NEW_NODE", "REMOVED_NODE", "MOVED_NODE", "PAINTED_NODE"] {
                let event = Event::TopologyChange { kind: kind.into(), address };
                let bytes = [&string("TOPOLOGY_CHANGE")[..], &string(kind), &inet].concat();
                both_ways(version, &Response::Event(event), &bytes);
            }
            for kind in ["UP", "DOWN", "SIDEWAYS"] {
                let event = Event::StatusChange { kind: kind.into(), address };
                let bytes = [&string("STATUS_CHANGE")[..], &string(kind), &inet].concat();
                both_ways(version, &Response::Event(event), &bytes);
            }
        }
    }

    #[test]
    fn an_event_of_another_kind_survives() {
        let bytes = Bytes::from([&string("NOVELTY")[..], &[1, 2]].concat());
        let event = Event::decode(&bytes).unwrap();
        let body = Bytes::from_static(&[1, 2]);
        assert_eq!(event, Event::Other { event_type: EventType::from("NOVELTY"), body });
        let mut out = Vec::new();
        event.encode(ProtocolVersion::V5, &mut out).unwrap();
        assert_eq!(out, bytes);
        both_ways(
            ProtocolVersion::V5,
            &Response::Event(Event::GracefulDisconnect),
            &string("GRACEFUL_DISCONNECT"),
        );
    }
}
