//! Changes of the schema: the answer to DDL and the body of an event.

use crate::error::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use crate::words::words;
use bytes::Bytes;

words! {
    /// What was done.
    SchemaChangeKind {
        /// It is new.
        CREATED = "CREATED",
        /// It is different.
        UPDATED = "UPDATED",
        /// It is gone.
        DROPPED = "DROPPED",
    }
}

/// A change of the schema (v5 §4.2.5.5, §4.2.6). A change of an index is one of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaChange {
    /// What was done.
    pub kind: SchemaChangeKind,
    /// To what.
    pub target: SchemaTarget,
}

/// What a schema change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemaTarget {
    /// A keyspace. In v3 also for functions and aggregates in it.
    Keyspace {
        /// Its name.
        keyspace: String,
    },
    /// A table or view.
    Table {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        name: String,
    },
    /// A user-defined type.
    Type {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        name: String,
    },
    /// A function (v4).
    Function {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        name: String,
        /// The CQL types of its arguments.
        arguments: Vec<String>,
    },
    /// An aggregate (v4).
    Aggregate {
        /// Its keyspace.
        keyspace: String,
        /// Its name.
        name: String,
        /// The CQL types of its arguments.
        arguments: Vec<String>,
    },
    /// Something this crate does not know.
    Other {
        /// The word for it.
        target: String,
        /// The bytes behind the word.
        options: Bytes,
    },
}

impl SchemaTarget {
    /// The keyspace it is in, or is; `None` if the target is not known.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        match self {
            SchemaTarget::Keyspace { keyspace }
            | SchemaTarget::Table { keyspace, .. }
            | SchemaTarget::Type { keyspace, .. }
            | SchemaTarget::Function { keyspace, .. }
            | SchemaTarget::Aggregate { keyspace, .. } => Some(keyspace),
            SchemaTarget::Other { .. } => None,
        }
    }

    fn word(&self) -> &str {
        match self {
            SchemaTarget::Keyspace { .. } => "KEYSPACE",
            SchemaTarget::Table { .. } => "TABLE",
            SchemaTarget::Type { .. } => "TYPE",
            SchemaTarget::Function { .. } => "FUNCTION",
            SchemaTarget::Aggregate { .. } => "AGGREGATE",
            SchemaTarget::Other { target, .. } => target,
        }
    }
}

impl SchemaChange {
    /// A change of that kind to that target.
    #[must_use]
    pub fn new(kind: SchemaChangeKind, target: SchemaTarget) -> Self {
        SchemaChange { kind, target }
    }

    pub(super) fn decode(body: &Bytes, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // "<change_type><target><options>"
        let kind = reader.string("kind of schema change")?.into();
        let target = match reader.string("target of a schema change")? {
            "KEYSPACE" => SchemaTarget::Keyspace { keyspace: owned(reader, "keyspace")? },
            "TABLE" => {
                SchemaTarget::Table { keyspace: owned(reader, "keyspace")?, name: owned(reader, "table")? }
            }
            "TYPE" => {
                SchemaTarget::Type { keyspace: owned(reader, "keyspace")?, name: owned(reader, "type")? }
            }
            "FUNCTION" => SchemaTarget::Function {
                keyspace: owned(reader, "keyspace")?,
                name: owned(reader, "function")?,
                arguments: reader.string_list("arguments of a function")?,
            },
            "AGGREGATE" => SchemaTarget::Aggregate {
                keyspace: owned(reader, "keyspace")?,
                name: owned(reader, "aggregate")?,
                arguments: reader.string_list("arguments of an aggregate")?,
            },
            other => SchemaTarget::Other { target: other.to_owned(), options: body.slice_ref(reader.rest()) },
        };
        Ok(SchemaChange { kind, target })
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_string(self.kind.as_str(), "kind of schema change")?;
        out.write_string(self.target.word(), "target of a schema change")?;
        match &self.target {
            SchemaTarget::Keyspace { keyspace } => out.write_string(keyspace, "keyspace"),
            SchemaTarget::Table { keyspace, name } | SchemaTarget::Type { keyspace, name } => {
                out.write_string(keyspace, "keyspace")?;
                out.write_string(name, "name")
            }
            SchemaTarget::Function { keyspace, name, arguments }
            | SchemaTarget::Aggregate { keyspace, name, arguments } => {
                // v3 has three targets; its servers send UPDATED KEYSPACE instead.
                if version < ProtocolVersion::V4 {
                    let feature = "a schema change of a function or aggregate";
                    return Err(EncodeError::Unsupported { feature, version });
                }
                out.write_string(keyspace, "keyspace")?;
                out.write_string(name, "name")?;
                out.write_string_list(arguments, "arguments")
            }
            SchemaTarget::Other { options, .. } => {
                out.extend_from_slice(options);
                Ok(())
            }
        }
    }
}

fn owned(reader: &mut Reader<'_>, field: &'static str) -> Result<String, DecodeError> {
    reader.string(field).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::testing::{both_ways, string};
    use crate::response::{CqlResult, Event, Response};

    fn check(versions: &[ProtocolVersion], kind: &str, target: SchemaTarget, words: &[&str], tail: &[u8]) {
        let change = SchemaChange::new(kind.into(), target);
        let mut bytes = string(kind);
        words.iter().for_each(|word| bytes.extend(string(word)));
        bytes.extend_from_slice(tail);
        for version in versions {
            let result = [&[0, 0, 0, 5], &bytes[..]].concat();
            both_ways(*version, &Response::Result(CqlResult::SchemaChange(change.clone())), &result);
            let event = [&string("SCHEMA_CHANGE")[..], &bytes].concat();
            both_ways(*version, &Response::Event(Event::SchemaChange(change.clone())), &event);
        }
    }

    #[test]
    fn every_target_has_its_options() {
        let (keyspace, name) = ("ks".to_owned(), "n".to_owned());
        let all = ProtocolVersion::ALL;
        let new = [ProtocolVersion::V4, ProtocolVersion::V5];
        let target = SchemaTarget::Keyspace { keyspace: keyspace.clone() };
        check(all, "CREATED", target, &["KEYSPACE", "ks"], &[]);
        let target = SchemaTarget::Table { keyspace: keyspace.clone(), name: name.clone() };
        check(all, "UPDATED", target, &["TABLE", "ks", "n"], &[]);
        let target = SchemaTarget::Type { keyspace: keyspace.clone(), name: name.clone() };
        check(all, "DROPPED", target, &["TYPE", "ks", "n"], &[]);
        let arguments = vec!["int".to_owned()];
        let function = SchemaTarget::Function { keyspace: keyspace.clone(), name: name.clone(), arguments };
        check(&new, "FROBBED", function.clone(), &["FUNCTION", "ks", "n"], b"\0\x01\0\x03int");
        let aggregate = SchemaTarget::Aggregate { keyspace, name, arguments: vec![] };
        check(&new, "CREATED", aggregate, &["AGGREGATE", "ks", "n"], &[0, 0]);
        let v3 = SchemaChange::new(SchemaChangeKind::CREATED, function)
            .encode(ProtocolVersion::V3, &mut Vec::new());
        assert!(matches!(v3, Err(EncodeError::Unsupported { .. })));
    }

    #[test]
    fn an_unknown_target_survives() {
        let body = Bytes::from([string("CREATED"), string("TRIGGER"), vec![1, 2]].concat());
        let change = SchemaChange::decode(&body, &mut Reader::new(&body)).unwrap();
        let options = Bytes::from_static(&[1, 2]);
        assert_eq!(change.target, SchemaTarget::Other { target: "TRIGGER".to_owned(), options });
        assert_eq!(change.target.keyspace(), None);
        let mut out = Vec::new();
        change.encode(ProtocolVersion::V4, &mut out).unwrap();
        assert_eq!(out, body);
    }
}
