//! What executing a request needs of its session.

use super::Statements;
use crate::cluster::Refresher;
use crate::config::{Config, Profiles};
use crate::latest::Latest;
use crate::metrics::{Counters, Traffic};
use crate::policy::{Gatekeeper, MonotonicTimestamps};
use crate::pool::Routes;
use crate::schema::SchemaFeed;
use crate::sync::Mutex;
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
    pub(crate) profiles: Latest<Profiles>,
    /// The clock of writes, where the cluster has none of its own.
    pub(crate) clock: MonotonicTimestamps,
    pub(crate) gatekeeper: Option<Arc<Gatekeeper>>,
    pub(crate) statements: Statements,
    /// The keyspace set by `USE`, for new connections and for the cache of prepared statements.
    pub(crate) keyspace: watch::Sender<Option<Arc<str>>>,
    /// Held while a `USE` is brought to all connections.
    pub(crate) changing_keyspace: tokio::sync::Mutex<()>,
    pub(crate) closed: AtomicBool,
    pub(crate) refresher: Refresher,
    pub(crate) schema: SchemaFeed,
    pub(crate) counters: Counters,
    /// What went over pools that are no more.
    pub(crate) departed: Mutex<Traffic>,
    /// The topology that `routes` follows, for those who wait for a change of it.
    pub(crate) followed: watch::Sender<Arc<Topology>>,
}

impl Context {
    /// The timestamp of the next write; `None` leaves it to the server.
    #[inline]
    pub(crate) fn next_timestamp(&self) -> Option<i64> {
        match &self.config.timestamps {
            None => Some(self.clock.next()),
            Some(generator) => generator.next_timestamp(),
        }
    }

    /// Whether somebody is told of every request.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        !self.config.observers.is_empty() || self.config.slow_request.is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }
}
