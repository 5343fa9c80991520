//! What happens seldom enough to be counted by all tasks in one place.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One figure.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The figures of a session that are not about one connection.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) retries: Counter,
    pub(crate) speculative_executions: Counter,
    pub(crate) statements_reprepared: Counter,
    pub(crate) server_errors: Counter,
    pub(crate) connection_errors: Counter,
    pub(crate) timeouts: Counter,
    pub(crate) throttled: Counter,
}
