//! What happened: every request and response, in order, and ways to ask about them.

use crate::request::Received;
use crate::sync::lock;
use cql_protocol::frame::Opcode;
use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Everything that happened in a cluster. Clones are the same log.
#[derive(Debug, Clone)]
pub struct Log(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    nodes: Mutex<usize>,
    /// Whether requests and responses are kept.
    is_whole: bool,
    entries: Mutex<Vec<Entry>>,
    changes: watch::Sender<u64>,
}

/// One thing that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Entry {
    /// When, since the cluster started, by tokio's clock.
    pub at: Duration,
    /// The number of the node.
    pub node: usize,
    /// The number of the connection.
    pub connection: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum What {
    /// A client connected.
    Opened,
    /// The connection came to its end, from whichever side.
    Closed,
    /// A request came.
    Request(Received),
    /// A frame was sent.
    #[non_exhaustive]
    Response {
        /// Its stream.
        stream: i16,
        /// Its opcode.
        opcode: Opcode,
        /// Bytes of its body, before compression.
        length: usize,
        /// Bytes that were sent for it, with headers and checksums.
        wire: usize,
    },
}

impl Log {
    pub(crate) fn new(is_whole: bool) -> Self {
        Log(Arc::new(Inner {
            began: Instant::now(),
            nodes: Mutex::new(0),
            is_whole,
            entries: Mutex::default(),
            changes: watch::Sender::new(0),
        }))
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.began.elapsed()
    }

    pub(crate) fn set_nodes(&self, nodes: usize) {
        *lock(&self.0.nodes) = nodes;
    }

    pub(crate) fn add(&self, node: usize, connection: u64, what: What) {
        if !self.0.is_whole && matches!(what, What::Request(_) | What::Response { .. }) {
            return;
        }
        lock(&self.0.entries).push(Entry { at: self.elapsed(), node, connection, what });
        self.note_change();
    }

    /// Something changed that those who wait may wait for.
    pub(crate) fn note_change(&self) {
        self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// All entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.0.entries).clone()
    }

    /// Forgets what happened so far.
    pub fn clear(&self) {
        *lock(&self.0.entries) = Vec::new();
    }

    /// All requests that the condition holds for.
    #[must_use]
    pub fn requests(&self, condition: impl Fn(&Received) -> bool) -> Requests {
        let entries = lock(&self.0.entries);
        let requests = entries.iter().filter_map(|entry| match &entry.what {
            What::Request(request) if condition(request) => Some(request.clone()),
            _ => None,
        });
        Requests { requests: requests.collect(), nodes: *lock(&self.0.nodes) }
    }

    /// All requests of a kind.
    #[must_use]
    pub fn opcode(&self, opcode: Opcode) -> Requests {
        self.requests(|request| request.opcode() == opcode)
    }

    /// Requests with this statement: QUERY, EXECUTE, and batches that hold it.
    #[must_use]
    pub fn statements(&self, text: &str) -> Requests {
        self.requests(|request| {
            request.opcode() != Opcode::PREPARE && request.texts().any(|other| other.trim() == text.trim())
        })
    }

    /// QUERY requests with this statement.
    #[must_use]
    pub fn queries(&self, text: &str) -> Requests {
        self.of(Opcode::QUERY, text)
    }

    /// EXECUTE requests of this statement, whose ids the nodes knew.
    #[must_use]
    pub fn executes(&self, text: &str) -> Requests {
        self.of(Opcode::EXECUTE, text)
    }

    /// PREPARE requests with this statement.
    #[must_use]
    pub fn prepares(&self, text: &str) -> Requests {
        self.of(Opcode::PREPARE, text)
    }

    fn of(&self, opcode: Opcode, text: &str) -> Requests {
        let is_it = |request: &Received| request.text().is_some_and(|other| other.trim() == text.trim());
        self.requests(|request| request.opcode() == opcode && is_it(request))
    }

    /// How many connections were opened.
    #[must_use]
    pub fn opened(&self) -> usize {
        lock(&self.0.entries).iter().filter(|entry| matches!(entry.what, What::Opened)).count()
    }

    /// Waits until the condition holds. It is looked at whenever something happens in the cluster; nothing else ends
    /// the wait.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn wait_until(&self, condition: impl Fn(&Log) -> bool) {
        let mut changes = self.0.changes.subscribe();
        while !condition(self) {
            // The sender is in `self`.
            let _ = changes.changed().await;
        }
    }
}

/// The log in words, for the message of a failed assertion.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in lock(&self.0.entries).iter() {
            let Entry { at, node, connection, what } = entry;
            write!(f, "\n{at:>12.3?} node {node} connection {connection}: ")?;
            match what {
                What::Opened => f.write_str("opened")?,
                What::Closed => f.write_str("closed")?,
                What::Request(request) => write!(f, "{request}")?,
                What::Response { stream, opcode, length, .. } => {
                    write!(f, "    {opcode:?} to stream {stream}, {length} bytes")?;
                }
            }
        }
        Ok(())
    }
}

/// Some of the requests of a log, oldest first; a slice of [`Received`].
#[derive(Debug, Clone)]
pub struct Requests {
    requests: Vec<Received>,
    nodes: usize,
}

impl Requests {
    /// How many each node got.
    #[must_use]
    pub fn per_node(&self) -> Vec<usize> {
        let mut counts = vec![0; self.nodes];
        for request in &self.requests {
            if let Some(count) = counts.get_mut(request.node()) {
                *count += 1;
            }
        }
        counts
    }

    /// The nodes that got them, in order.
    #[must_use]
    pub fn nodes(&self) -> Vec<usize> {
        self.requests.iter().map(Received::node).collect()
    }

    /// Checks how many they are.
    ///
    /// # Panics
    /// When they are more or fewer; the message lists them.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion")]
    pub fn assert_count(&self, expected: usize) {
        if self.requests.len() != expected {
            let mut list = String::new();
            for request in &self.requests {
                let _ = write!(list, "\n  {request}");
            }
            panic!("expected {expected} requests, there were {}:{list}", self.requests.len());
        }
    }
}

impl Deref for Requests {
    type Target = [Received];

    fn deref(&self) -> &[Received] {
        &self.requests
    }
}
