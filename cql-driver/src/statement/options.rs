//! Options of one statement. What is not set comes from the execution profile.

use crate::routing::Token;
use bytes::Bytes;
use cql_protocol::{Consistency, SerialConsistency};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What a statement sets for itself.
#[derive(Clone, PartialEq)]
#[allow(unnameable_types, reason = "seen only through the sealed trait of what is executable")]
pub struct Options {
    pub(crate) consistency: Option<Consistency>,
    pub(crate) serial_consistency: Option<SerialConsistency>,
    pub(crate) timeout: Option<Duration>,
    /// `Some(None)` is "unpaged".
    pub(crate) page_size: Option<Option<i32>>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) now_in_seconds: Option<i32>,
    pub(crate) idempotent: bool,
    pub(crate) tracing: bool,
    /// What few statements set.
    pub(crate) rare: Option<Arc<RareOptions>>,
}

/// Options of few statements, apart so that cloning the others stays cheap.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct RareOptions {
    pub(crate) payload: Option<BTreeMap<String, Option<Bytes>>>,
    pub(crate) profile: Option<Arc<str>>,
    pub(crate) node: Option<Uuid>,
    /// Where it goes although its values do not say so.
    pub(crate) routing: Option<(Box<str>, Token)>,
    pub(crate) keyspace: Option<Box<str>>,
}

impl Options {
    pub(crate) fn rare_mut(&mut self) -> &mut RareOptions {
        Arc::make_mut(self.rare.get_or_insert_default())
    }

    /// The name of the profile it is executed with, unless it is the default one.
    #[inline]
    pub(crate) fn profile(&self) -> Option<&str> {
        self.rare.as_ref()?.profile.as_deref()
    }

    pub(crate) const DEFAULT: &'static Options = &Options {
        consistency: None,
        serial_consistency: None,
        timeout: None,
        page_size: None,
        timestamp: None,
        now_in_seconds: None,
        idempotent: false,
        tracing: false,
        rare: None,
    };
}

impl fmt::Debug for RareOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RareOptions")
            .field("profile", &self.profile)
            .field("node", &self.node)
            .field("routing", &self.routing)
            .field("keyspace", &self.keyspace)
            .field("has_payload", &self.payload.is_some())
            .finish()
    }
}

/// Shows what is set, and of a payload that there is one.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("consistency", &self.consistency)
            .field("serial_consistency", &self.serial_consistency)
            .field("timeout", &self.timeout)
            .field("page_size", &self.page_size)
            .field("timestamp", &self.timestamp)
            .field("now_in_seconds", &self.now_in_seconds)
            .field("idempotent", &self.idempotent)
            .field("tracing", &self.tracing)
            .field("rare", &self.rare)
            .finish()
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::DEFAULT.clone()
    }
}

/// The `with_…` methods of everything that has options.
macro_rules! option_methods {
    () => {
        /// Sets the consistency level.
        #[must_use]
        pub fn with_consistency(mut self, level: cql_protocol::Consistency) -> Self {
            self.options.consistency = Some(level);
            self
        }

        /// Sets the consistency level of the Paxos phase of a conditional statement.
        #[must_use]
        pub fn with_serial_consistency(mut self, level: cql_protocol::SerialConsistency) -> Self {
            self.options.serial_consistency = Some(level);
            self
        }

        /// Sets how long the whole call may take, retries included; measured in steps of 10 ms and never cut short.
        #[must_use]
        pub fn with_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout = Some(timeout);
            self
        }

        /// Sets the write timestamp, in microseconds since the epoch, instead of the session's clock.
        #[must_use]
        pub fn with_timestamp(mut self, micros: i64) -> Self {
            self.options.timestamp = Some(micros);
            self
        }

        /// Sets the server's "now" for TTLs, in seconds since the epoch (protocol v5 only).
        #[must_use]
        pub fn with_now_in_seconds(mut self, seconds: i32) -> Self {
            self.options.now_in_seconds = Some(seconds);
            self
        }

        /// Says whether executing it twice has the effect of executing it once, so that it may be retried after bytes
        /// of it have left. Default: `false`.
        #[must_use]
        pub fn with_idempotent(mut self, idempotent: bool) -> Self {
            self.options.idempotent = idempotent;
            self
        }

        /// Asks the server to trace the request; the result has the trace's id.
        #[must_use]
        pub fn with_tracing(mut self, tracing: bool) -> Self {
            self.options.tracing = tracing;
            self
        }

        /// Sends a custom payload along (protocol v4 and newer).
        #[must_use]
        pub fn with_custom_payload(
            mut self,
            payload: impl IntoIterator<Item = (String, Option<bytes::Bytes>)>,
        ) -> Self {
            self.options.rare_mut().payload = Some(payload.into_iter().collect());
            self
        }

        /// Sends it to a replica of that partition, by its keyspace and token: for statements whose values do not tell
        /// where they belong, as those about a range of tokens.
        #[must_use]
        pub fn with_routing(mut self, keyspace: impl Into<Box<str>>, token: crate::routing::Token) -> Self {
            self.options.rare_mut().routing = Some((keyspace.into(), token));
            self
        }

        /// Executes it with another profile than the default one, by the name it has in the session.
        ///
        /// Executing fails, and nothing is sent, when the session knows none of that name.
        #[must_use]
        pub fn with_profile(mut self, name: impl Into<std::sync::Arc<str>>) -> Self {
            self.options.rare_mut().profile = Some(name.into());
            self
        }

        /// Executes it on one node and no other, by the host id of a
        /// [`Node`](crate::topology::Node): for tables that differ from node to node, as those of `system` and
        /// `system_views`. Without a connection to it the call fails.
        #[must_use]
        pub fn with_node(mut self, host_id: uuid::Uuid) -> Self {
            self.options.rare_mut().node = Some(host_id);
            self
        }
    };
}
pub(crate) use option_methods;

/// The page size methods, for what can have pages.
macro_rules! paging_methods {
    () => {
        /// Sets how many rows a page has at most; 0 counts as 1.
        #[must_use]
        pub fn with_page_size(mut self, rows: u32) -> Self {
            self.options.page_size = Some(Some(i32::try_from(rows.max(1)).unwrap_or(i32::MAX)));
            self
        }

        /// Fetches all rows at once. Only for results known to be small.
        #[must_use]
        pub fn unpaged(mut self) -> Self {
            self.options.page_size = Some(None);
            self
        }
    };
}
pub(crate) use paging_methods;

/// The keyspace method, for what has names that the server resolves when it is executed.
macro_rules! keyspace_methods {
    () => {
        /// Sets the keyspace of names that have none, in place of the session's (protocol v5 only).
        #[must_use]
        pub fn with_keyspace(mut self, keyspace: impl Into<Box<str>>) -> Self {
            self.options.rare_mut().keyspace = Some(keyspace.into());
            self
        }
    };
}
pub(crate) use keyspace_methods;
