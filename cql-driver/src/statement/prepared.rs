//! A statement the server has parsed.

use super::options::{Options, option_methods, paging_methods};
use crate::error::Error;
use crate::latest::Latest;
use crate::result::ResultColumns;
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::request::{EncodeRequest, Prepare};
use cql_protocol::types::ColumnSpec;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// A prepared statement: cheap to clone, usable from any task, with options of its own.
///
/// It stays usable when nodes restart or forget it, and when its table changes.
#[derive(Clone)]
pub struct PreparedStatement {
    shared: Arc<Prepared>,
    pub(super) options: Options,
}

/// What all clones of a prepared statement share.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) text: Box<str>,
    /// The keyspace it was prepared in, if that is not the session's.
    pub(crate) keyspace: Option<Box<str>>,
    /// As it was told at first.
    pub(crate) id: Bytes,
    /// Ids by which nodes have come to know it since, the current one last.
    pub(crate) later_ids: Latest<Vec<Bytes>>,
    pub(crate) bind_columns: Arc<[ColumnSpec]>,
    pub(crate) partition_key: Box<[u16]>,
    /// The keyspace of the table, for finding replicas.
    pub(crate) routing_keyspace: Option<Box<str>>,
    /// Where that stood in the topology last.
    pub(crate) keyspace_place: AtomicUsize,
    /// The result's columns as last told by a server; swapped when a server says they have changed.
    pub(crate) result: Latest<ResultColumns>,
    /// Whether it returns rows and thus writes nothing that a client's timestamp applies to.
    pub(crate) reads: bool,
    /// Whether it has an `IF`.
    pub(crate) conditional: bool,
    /// Whether it is a `SELECT *` on a version without metadata ids, whose columns must come with every result.
    pub(crate) needs_metadata: bool,
}

/// What a statement is prepared from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    /// The keyspace of names that have none, if it is not the session's (v5).
    pub(crate) keyspace: Option<&'a str>,
}

impl Source<'_> {
    pub(crate) fn encode(self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), Error> {
        let prepare = Prepare::new(self.text);
        let prepare = self.keyspace.map_or(prepare, |keyspace| prepare.in_keyspace(keyspace));
        Ok(prepare.encode(version, out)?)
    }
}

/// Of so many ids nodes may still tell that they do not know them.
const KEPT_IDS: usize = 4;

impl Prepared {
    /// Hands on the id by which nodes know it.
    #[inline]
    pub(crate) fn with_id<T>(&self, hand_on: impl FnOnce(&Bytes) -> T) -> T {
        hand_on(self.later_ids.get().last().unwrap_or(&self.id))
    }

    /// Whether it has, or had, that id.
    pub(crate) fn is_known_by(&self, id: &Bytes) -> bool {
        self.id == *id || self.later_ids.get().contains(id)
    }

    /// A node has executed it by this id.
    pub(crate) fn learn_id(&self, id: &Bytes) {
        self.later_ids.change(|ids| {
            let others = ids.iter().filter(|other| *other != id);
            let mut ids: Vec<Bytes> = others.chain([id]).cloned().collect();
            ids.drain(..ids.len().saturating_sub(KEPT_IDS));
            ids
        });
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source { text: &self.text, keyspace: self.keyspace.as_deref() }
    }
}

impl PreparedStatement {
    pub(crate) fn new(shared: Arc<Prepared>) -> Self {
        PreparedStatement { shared, options: Options::default() }
    }

    /// The CQL it was prepared from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.shared.text
    }

    /// The server's id.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.shared.id
    }

    /// The bind markers, in order.
    #[must_use]
    pub fn bind_columns(&self) -> &[ColumnSpec] {
        &self.shared.bind_columns
    }

    /// Which bind markers make the partition key, in the key's order; empty when they do not make it whole.
    #[must_use]
    pub fn partition_key_indexes(&self) -> &[u16] {
        &self.shared.partition_key
    }

    /// The keyspace of its table, by which replicas are found; `None` for a statement without bind markers.
    #[must_use]
    pub fn routing_keyspace(&self) -> Option<&str> {
        self.shared.routing_keyspace.as_deref()
    }

    /// The columns of its result, as last told by a server; empty for what returns no rows.
    #[must_use]
    pub fn result_columns(&self) -> Arc<[ColumnSpec]> {
        self.shared.result.get().columns.clone().unwrap_or_default()
    }

    pub(crate) fn shared(&self) -> &Arc<Prepared> {
        &self.shared
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    option_methods!();
    paging_methods!();
}

impl fmt::Debug for PreparedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedStatement")
            .field("text", &self.text())
            .field("options", &self.options)
            .finish()
    }
}
