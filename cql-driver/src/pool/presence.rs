//! Whether a node can be reached, and who is told when that changes.

use crate::connection::Connection;
use crate::error::ConnectError;
use crate::metrics::Traffic;
use crate::sync::{Mutex, lock, next_told};
use crate::topology::Node;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Changes that wait for whoever follows them.
const QUEUE: usize = 1024;

/// Something that happened to a node, as one session sees it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NodeEvent {
    /// The cluster has a node that it did not have before.
    Added(Arc<Node>),
    /// A node is no more of the cluster.
    Removed(Arc<Node>),
    /// The same node is at another address.
    Moved {
        /// What it was like.
        before: Arc<Node>,
        /// What it is like now.
        now: Arc<Node>,
    },
    /// The session has its first connection to the node, or has one again.
    Up(Arc<Node>),
    /// The session's last connection to the node is lost.
    Down(Arc<Node>),
    /// A connection could not be opened; it is tried again after a while.
    ConnectFailed(Arc<Node>, Arc<ConnectError>),
}

/// Where a session's node events go.
#[derive(Debug, Clone)]
pub(crate) struct NodeEventSender(broadcast::Sender<NodeEvent>);

impl NodeEventSender {
    pub(crate) fn new() -> Self {
        NodeEventSender(broadcast::Sender::new(QUEUE))
    }

    pub(crate) fn send(&self, event: NodeEvent) {
        // Nobody listens when nobody asked for it.
        let _ = self.0.send(event);
    }

    pub(crate) fn subscribe(&self) -> NodeEvents {
        NodeEvents(self.0.subscribe())
    }
}

/// What happens to nodes, by [`Session::node_events`](crate::Session::node_events).
#[derive(Debug)]
pub struct NodeEvents(broadcast::Receiver<NodeEvent>);

impl NodeEvents {
    /// The next event; `None` when the session is gone. Of more than 1,024 that nobody took, the oldest are forgotten.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<NodeEvent> {
        next_told(&mut self.0, "events of nodes").await
    }
}

/// The connections that one session has to a node, and what went over them and those before them.
#[derive(Debug)]
pub(crate) struct Presence {
    node: Arc<Node>,
    connections: Mutex<Connections>,
    events: NodeEventSender,
}

#[derive(Debug, Default)]
struct Connections {
    open: usize,
    /// Those that are open, and those whose figures are not in `past` yet.
    all: Vec<Arc<Connection>>,
    past: Traffic,
    opened: u64,
    failures: u64,
}

impl Connections {
    /// Lets go of those that are closed, and keeps their figures.
    fn settle(&mut self) {
        let Connections { all, past, .. } = self;
        all.retain(|connection| {
            let closed = connection.is_closed();
            if closed {
                past.add(&connection.traffic());
            }
            !closed
        });
    }
}

impl Presence {
    pub(super) fn new(node: Arc<Node>, events: NodeEventSender) -> Self {
        Presence { node, connections: Mutex::default(), events }
    }

    /// The node as it was when the first connection to it was wanted.
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// A connection takes requests; unless it takes the place of one that did, it is one more.
    pub(super) fn opened(&self, connection: &Arc<Connection>, replaces: bool) {
        // Told under the lock, so that what is told last is true.
        let mut connections = lock(&self.connections);
        connections.settle();
        connections.all.push(Arc::clone(connection));
        connections.opened += 1;
        connections.open += usize::from(!replaces);
        if connections.open == 1 && !replaces {
            tracing::debug!(node = %self.node.address(), "node up");
            self.events.send(NodeEvent::Up(Arc::clone(&self.node)));
        }
    }

    pub(super) fn closed(&self) {
        let mut connections = lock(&self.connections);
        connections.open = connections.open.saturating_sub(1);
        if connections.open == 0 {
            tracing::warn!(node = %self.node.address(), "node down: no connection to it is left");
            self.events.send(NodeEvent::Down(Arc::clone(&self.node)));
        }
    }

    /// The session closes one, which is no news.
    pub(super) fn left(&self) {
        let mut connections = lock(&self.connections);
        connections.open = connections.open.saturating_sub(1);
    }

    pub(super) fn failed(&self, error: &Arc<ConnectError>) {
        lock(&self.connections).failures += 1;
        self.events.send(NodeEvent::ConnectFailed(Arc::clone(&self.node), Arc::clone(error)));
    }

    /// What went over all its connections so far.
    pub(super) fn traffic(&self) -> Traffic {
        let mut connections = lock(&self.connections);
        connections.settle();
        let mut traffic = connections.past.clone();
        connections.all.iter().for_each(|connection| traffic.add(&connection.traffic()));
        traffic
    }

    /// Connections opened so far, and tries that failed.
    pub(super) fn tries(&self) -> (u64, u64) {
        let connections = lock(&self.connections);
        (connections.opened, connections.failures)
    }
}
