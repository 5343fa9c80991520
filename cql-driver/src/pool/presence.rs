//! Whether a node can be reached, and who is told when that changes.

use crate::error::ConnectError;
use crate::sync::lock;
use crate::topology::Node;
use std::sync::{Arc, Mutex};
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
        loop {
            match self.0.recv().await {
                Ok(event) => return Some(event),
                Err(broadcast::error::RecvError::Lagged(forgotten)) => {
                    tracing::warn!(forgotten, "events of nodes were not taken in time");
                }
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// How many connections to one node are open.
#[derive(Debug)]
pub(crate) struct Presence {
    node: Arc<Node>,
    open: Mutex<usize>,
    events: NodeEventSender,
}

impl Presence {
    pub(super) fn new(node: Arc<Node>, events: NodeEventSender) -> Self {
        Presence { node, open: Mutex::new(0), events }
    }

    /// The node as it was when the first connection to it was wanted.
    pub(super) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(super) fn opened(&self) {
        // Told under the lock, so that what is told last is true.
        let mut open = lock(&self.open);
        *open += 1;
        if *open == 1 {
            tracing::debug!(node = %self.node.address(), "node up");
            self.events.send(NodeEvent::Up(Arc::clone(&self.node)));
        }
    }

    pub(super) fn closed(&self) {
        let mut open = lock(&self.open);
        *open = open.saturating_sub(1);
        if *open == 0 {
            tracing::warn!(node = %self.node.address(), "node down: no connection to it is left");
            self.events.send(NodeEvent::Down(Arc::clone(&self.node)));
        }
    }

    /// The session closes one, which is no news.
    pub(super) fn left(&self) {
        let mut open = lock(&self.open);
        *open = open.saturating_sub(1);
    }

    pub(super) fn failed(&self, error: &Arc<ConnectError>) {
        self.events.send(NodeEvent::ConnectFailed(Arc::clone(&self.node), Arc::clone(error)));
    }
}
