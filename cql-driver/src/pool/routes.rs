//! Which connection takes a request: the topology with a pool for each of its nodes.

use super::NodePool;
use crate::connection::{Connection, SUSPECT};
use crate::error::{Attempt, AttemptCause};
use crate::ids::NodeIndex;
use crate::routing::Token;
use crate::topology::Topology;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use uuid::Uuid;

/// A snapshot of the topology and this session's pools, one for each node, under the node's index.
#[derive(Debug)]
pub(crate) struct Routes {
    topology: Arc<Topology>,
    pools: Box<[Arc<NodePool>]>,
    /// Where round robin begins next.
    next: AtomicUsize,
}

/// Where a request belongs, if its partition is known.
#[derive(Debug, Clone)]
pub(crate) struct Target<'a> {
    pub(crate) keyspace: &'a str,
    pub(crate) token: Token,
}

impl Routes {
    pub(crate) fn new(topology: Arc<Topology>, pools: Box<[Arc<NodePool>]>) -> Self {
        Routes { topology, pools, next: AtomicUsize::new(fastrand::usize(..1 << 16)) }
    }

    pub(crate) fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    pub(crate) fn pools(&self) -> &[Arc<NodePool>] {
        &self.pools
    }

    /// A connection for a request that has been tried as `tried` says: to a local replica, the less busy of two taken
    /// at random; else to a local node in turn; else, if it `leaves` the local data centre, to a remote one.
    #[inline]
    pub(crate) fn choose(
        &self,
        target: Option<Target<'_>>,
        tried: &[Attempt],
        leaves: bool,
    ) -> Option<Arc<Connection>> {
        if let Some(target) = target {
            let replicas = self.topology.replicas(target.keyspace, &target.token);
            if let Some(connection) = self.least_busy(replicas.local(), tried) {
                return Some(connection);
            }
        }
        let start = self.next.fetch_add(1, Relaxed);
        self.in_turn(self.topology.local_nodes(), start, tried).or_else(|| {
            let remote = if leaves { self.topology.remote_nodes() } else { &[] };
            self.in_turn(remote, start, tried)
        })
    }

    #[inline]
    fn usable(&self, node: NodeIndex, tried: &[Attempt]) -> Option<Arc<Connection>> {
        let pool = self.pools.get(node.as_usize())?;
        if tried.iter().any(|attempt| attempt.node == pool.address()) {
            return None;
        }
        pool.connection()
    }

    /// Of two replicas taken at random the one with fewer requests in flight; any other if both are out.
    #[inline]
    fn least_busy(&self, replicas: &[NodeIndex], tried: &[Attempt]) -> Option<Arc<Connection>> {
        let count = replicas.len();
        if count < 2 {
            return self.usable(*replicas.first()?, tried);
        }
        let first = fastrand::usize(..count);
        let second = (first + 1 + fastrand::usize(..count - 1)) % count;
        let load = |at: usize| replicas.get(at).and_then(|node| self.pools.get(node.as_usize())?.load());
        let chosen = match (load(first), load(second)) {
            (Some(a), Some(b)) if b < a => second,
            (None, Some(_)) => second,
            _ => first,
        };
        replicas
            .get(chosen)
            .and_then(|node| self.usable(*node, tried))
            .or_else(|| replicas.iter().find_map(|node| self.usable(*node, tried)))
    }

    /// The next one in turn that answers; one that is suspect if there is no other.
    fn in_turn(&self, nodes: &[NodeIndex], start: usize, tried: &[Attempt]) -> Option<Arc<Connection>> {
        let count = nodes.len();
        let mut suspect = None;
        for step in 0..count {
            let connection = nodes.get((start + step) % count).and_then(|node| self.usable(*node, tried));
            match connection {
                Some(connection) if connection.load() < SUSPECT => return Some(connection),
                Some(connection) if suspect.is_none() => suspect = Some(connection),
                _ => {}
            }
        }
        suspect
    }

    /// The connection that has taken the place of one that takes nothing any more.
    pub(crate) fn replacement(&self, connection: &Arc<Connection>) -> Option<Arc<Connection>> {
        let pool = self.pools.iter().find(|pool| pool.address() == connection.address())?;
        pool.connection().filter(|current| !Arc::ptr_eq(current, connection))
    }

    /// Whether there is a connection to a node.
    pub(crate) fn is_connected(&self, host_id: Uuid) -> bool {
        self.topology
            .node_by_host_id(host_id)
            .and_then(|node| self.pools.get(node.as_usize()))
            .is_some_and(|pool| pool.connection().is_some())
    }

    /// For an error: every node that was not tried, and why.
    pub(crate) fn not_connected(&self, tried: &mut Vec<Attempt>) {
        for pool in &self.pools {
            if tried.iter().all(|attempt| attempt.node != pool.address()) {
                let cause = match pool.failure() {
                    Some(failure) => AttemptCause::NotConnected(Some(failure)),
                    None => AttemptCause::NotConnected(None),
                };
                tried.push(Attempt { node: pool.address(), cause, sent: false });
            }
        }
    }
}
