//! What bounds a connection's memory.

/// Sizes that bound a connection's memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Requests in flight, orphans included. At most 32,767, so that the heartbeat has an id of its own.
    pub(crate) in_flight: u16,
    /// Orphans after which the connection is drained and replaced.
    pub(crate) orphans: u16,
    /// Bytes in the write buffer above which further requests wait.
    pub(crate) pending: usize,
    /// Bytes one request may have.
    pub(crate) request: usize,
}
