//! What a session tells of its nodes: how they are, and what happens to them.

use super::Session;
use crate::config::PoolSizes;
use crate::error::ConnectError;
use crate::ids::NodeIndex;
use crate::metrics::{Metrics, NodeMetrics};
use crate::pool::NodeEvents;
use crate::sync::lock;
use crate::topology::Node;
use std::sync::Arc;

/// A node as one session sees it, by [`Session::node_statuses`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct NodeStatus {
    /// The node.
    pub node: Arc<Node>,
    /// How many connections to it there should be; 0 for a node that the session does not use.
    pub wanted: usize,
    /// Those that take requests. None for a node that is down, and for one that is not used.
    pub connections: Vec<ConnectionStatus>,
    /// Why the last try to connect failed, where a connection is missing.
    pub failure: Option<Arc<ConnectError>>,
}

impl NodeStatus {
    /// Whether requests can go to it.
    #[must_use]
    pub fn is_up(&self) -> bool {
        !self.connections.is_empty()
    }

    /// Whether connections are missing, and tried to be opened.
    #[must_use]
    pub fn is_reconnecting(&self) -> bool {
        self.connections.len() < self.wanted
    }
}

/// An open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionStatus {
    /// Requests without an answer so far.
    pub in_flight: usize,
    /// Those of them that were given up: their answers, if they come, are for nobody.
    pub orphans: usize,
    /// Whether it owes answers and says nothing, so that requests go elsewhere while they can.
    pub is_suspect: bool,
}

impl Session {
    /// How all nodes of the cluster are at the moment, as this session sees them.
    ///
    /// ```no_run
    /// # fn example(session: &cql_driver::Session) {
    /// for status in session.node_statuses() {
    ///     let in_flight: usize = status.connections.iter().map(|connection| connection.in_flight).sum();
    ///     println!("{} up: {}, {in_flight} in flight", status.node.address(), status.is_up());
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn node_statuses(&self) -> Vec<NodeStatus> {
        let routes = self.shared.context.routes.load();
        let nodes = routes.topology().nodes().iter().enumerate();
        nodes
            .map(|(index, node)| {
                let pool = NodeIndex::new(index).and_then(|index| routes.pool(index));
                let connections = pool.into_iter().flat_map(|pool| pool.connections());
                NodeStatus {
                    node: Arc::clone(node),
                    wanted: pool.map_or(0, |pool| pool.size()),
                    connections: connections.map(|connection| connection.counts()).map(status).collect(),
                    failure: pool.and_then(|pool| pool.failure()),
                }
            })
            .collect()
    }

    /// What this session has done so far. It adds up the figures of all connections, under the lock of each for a
    /// moment: for every few seconds, not for every request.
    ///
    /// ```no_run
    /// # fn example(session: &cql_driver::Session) {
    /// let metrics = session.metrics();
    /// println!("{} requests, {} retries", metrics.requests, metrics.retries);
    /// for node in &metrics.nodes {
    ///     println!("{}: p99 {:?}", node.address, node.latencies.quantile(0.99));
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let context = &self.shared.context;
        let nodes: Vec<NodeMetrics> = context.routes.load().pools().map(|pool| pool.metrics()).collect();
        let departed = lock(&context.departed).clone();
        let mut metrics = Metrics {
            requests: departed.requests,
            responses: departed.responses,
            bytes_written: departed.bytes_written,
            bytes_read: departed.bytes_read,
            retries: context.counters.retries.get(),
            speculative_executions: context.counters.speculative_executions.get(),
            statements_reprepared: context.counters.statements_reprepared.get(),
            server_errors: context.counters.server_errors.get(),
            connection_errors: context.counters.connection_errors.get(),
            timeouts: context.counters.timeouts.get(),
            throttled: context.counters.throttled.get(),
            latencies: departed.latencies,
            nodes: Vec::new(),
        };
        for node in &nodes {
            metrics.requests += node.requests;
            metrics.responses += node.responses;
            metrics.bytes_written += node.bytes_written;
            metrics.bytes_read += node.bytes_read;
            metrics.latencies.add(&node.latencies);
        }
        metrics.nodes = nodes;
        metrics
    }

    /// Follows what happens to nodes from now on.
    ///
    /// ```no_run
    /// # async fn example(session: &cql_driver::Session) {
    /// use cql_driver::NodeEvent;
    ///
    /// let mut events = session.node_events();
    /// while let Some(event) = events.next().await {
    ///     match event {
    ///         NodeEvent::Down(node) => println!("{} is down", node.address()),
    ///         NodeEvent::Up(node) => println!("{} is up", node.address()),
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn node_events(&self) -> NodeEvents {
        self.shared.events.subscribe()
    }

    /// Changes how many connections each node of the local data centre has, and each that is used of others. 0 counts
    /// as 1. Surplus connections are closed when what they have in flight is done.
    pub fn resize_pools(&self, local: usize, remote: usize) {
        self.shared.sizes.send_replace(PoolSizes { local: local.max(1), remote: remote.max(1) });
    }
}

fn status((in_flight, orphans, is_suspect): (usize, usize, bool)) -> ConnectionStatus {
    ConnectionStatus { in_flight, orphans, is_suspect }
}
