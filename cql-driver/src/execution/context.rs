//! What executing a request needs of its session.

use super::{Statements, Timestamps};
use crate::cluster::Refresher;
use crate::config::Config;
use crate::pool::Routes;
use crate::schema::SchemaFeed;
use crate::topology::Topology;
use arc_swap::ArcSwap;
use cql_protocol::ProtocolVersion;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tokio::sync::watch;

/// The part of a session that requests use.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) config: Arc<Config>,
    pub(crate) routes: ArcSwap<Routes>,
    /// The version its connections speak.
    pub(crate) version: ProtocolVersion,
    pub(crate) timestamps: Timestamps,
    pub(crate) statements: Statements,
    /// The keyspace set by `USE`, for new connections and for the cache of prepared statements.
    pub(crate) keyspace: watch::Sender<Option<Arc<str>>>,
    /// Held while a `USE` is brought to all connections.
    pub(crate) changing_keyspace: tokio::sync::Mutex<()>,
    pub(crate) closed: AtomicBool,
    pub(crate) refresher: Refresher,
    pub(crate) schema: SchemaFeed,
    /// The topology that `routes` follows, for those who wait for a change of it.
    pub(crate) followed: watch::Sender<Arc<Topology>>,
}

impl Context {
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }
}
