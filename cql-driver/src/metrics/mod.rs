//! What a session has done so far, in figures.

mod counters;
#[cfg(feature = "metrics-024")]
mod export;
mod histogram;

pub(crate) use counters::Counters;
#[cfg(feature = "metrics-024")]
pub use export::MetricsExporter;
pub use histogram::Latencies;
pub(crate) use histogram::{BUCKETS, bucket_of, upper_bound};

use crate::error::ConnectError;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// What went over one connection, or several.
#[derive(Clone, Default)]
pub(crate) struct Traffic {
    pub(crate) requests: u64,
    pub(crate) responses: u64,
    pub(crate) expired: u64,
    pub(crate) bytes_written: u64,
    pub(crate) bytes_read: u64,
    pub(crate) latencies: Latencies,
}

impl Traffic {
    /// A response has come after so many microseconds.
    #[inline]
    pub(crate) fn answered(&mut self, micros: u32) {
        self.responses += 1;
        self.latencies.record(micros.into());
    }

    pub(crate) fn add(&mut self, other: &Traffic) {
        self.requests += other.requests;
        self.responses += other.responses;
        self.expired += other.expired;
        self.bytes_written += other.bytes_written;
        self.bytes_read += other.bytes_read;
        self.latencies.add(&other.latencies);
    }
}

impl fmt::Debug for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traffic").field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// The figures of a session, by [`Session::metrics`](crate::Session::metrics). All of them are totals since the session
/// was connected, and never go back.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Requests handed to connections: each attempt, each page, each PREPARE.
    pub requests: u64,
    /// Responses to them, errors of servers among them.
    pub responses: u64,
    /// Bytes of requests, as written.
    pub bytes_written: u64,
    /// Bytes of responses, as read.
    pub bytes_read: u64,
    /// Attempts after a failed one.
    pub retries: u64,
    /// Executions begun beside one that was still running.
    pub speculative_executions: u64,
    /// Statements prepared again because a node had forgotten them.
    pub statements_reprepared: u64,
    /// Errors that servers answered with, by attempt.
    pub server_errors: u64,
    /// Attempts that ended with their connection.
    pub connection_errors: u64,
    /// Calls whose time was over.
    pub timeouts: u64,
    /// Calls that the throttle refused.
    pub throttled: u64,
    /// How long responses took, measured from when the request was handed to its connection. At up to 16 in flight on
    /// a connection to the microsecond, above that to when the connection read last, which is as good then.
    pub latencies: Latencies,
    /// The same for each node that the session uses now.
    pub nodes: Vec<NodeMetrics>,
}

/// The figures of one node, as one session sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeMetrics {
    /// The node's identity.
    pub host_id: Uuid,
    /// Where it is connected to.
    pub address: SocketAddr,
    /// The data centre it is in.
    pub datacenter: Arc<str>,
    /// Connections that take requests at the moment.
    pub open_connections: usize,
    /// Requests without an answer at the moment.
    pub in_flight: usize,
    /// Those of them that were given up.
    pub orphans: usize,
    /// Connections that were opened so far.
    pub connections_opened: u64,
    /// Tries to open one that failed.
    pub connect_failures: u64,
    /// Why the last try failed, where a connection is missing.
    pub last_failure: Option<Arc<ConnectError>>,
    /// As [`Metrics::requests`].
    pub requests: u64,
    /// As [`Metrics::responses`].
    pub responses: u64,
    /// Requests that had no response in time.
    pub expired: u64,
    /// As [`Metrics::bytes_written`].
    pub bytes_written: u64,
    /// As [`Metrics::bytes_read`].
    pub bytes_read: u64,
    /// As [`Metrics::latencies`].
    pub latencies: Latencies,
}

/// Microseconds, for the histogram.
pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
