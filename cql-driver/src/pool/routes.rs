//! Which connection takes a request: the topology with a pool for each of its nodes.

use super::{NodePool, Selection};
use crate::connection::{Connection, SUSPECT};
use crate::error::{Attempt, AttemptCause};
use crate::ids::NodeIndex;
use crate::policy::{LoadBalancingPolicy, PlanRequest};
use crate::routing::Token;
use crate::sync::{Mutex, lock};
use crate::topology::Topology;
use cql_protocol::Consistency;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use uuid::Uuid;

/// Replicas of one partition in one rack that are looked at.
const NEAR: usize = 8;

/// A snapshot of the topology and this session's pools, one for each node that is used, under the node's index.
#[derive(Debug)]
pub(crate) struct Routes {
    topology: Arc<Topology>,
    selection: Selection,
    pools: Box<[Option<Arc<NodePool>>]>,
    /// Where round robin begins next.
    next: AtomicUsize,
}

/// Where a request belongs, if its partition is known.
#[derive(Debug, Clone)]
pub(crate) struct Target<'a> {
    pub(crate) keyspace: &'a str,
    /// Where that stood in the topology last, for statements that are executed again and again.
    pub(crate) place: Option<&'a AtomicUsize>,
    pub(crate) token: Token,
}

/// What a request wants of the node that takes it.
#[derive(Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) target: Option<Target<'a>>,
    pub(crate) consistency: Consistency,
    /// Lightweight transactions that meet at one coordinator do not fight over their partition.
    pub(crate) is_serial: bool,
}

/// The nodes that a request does not go to any more.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tried<'a> {
    pub(crate) attempts: &'a [Attempt],
    /// Nodes that executions of the same request have gone to.
    pub(crate) taken: Option<&'a Mutex<Vec<SocketAddr>>>,
}

impl Tried<'_> {
    #[inline]
    fn contains(&self, node: SocketAddr) -> bool {
        self.attempts.iter().any(|attempt| attempt.node == node)
            || self.taken.is_some_and(|taken| lock(taken).contains(&node))
    }
}

impl Routes {
    pub(crate) fn new(
        topology: Arc<Topology>,
        selection: Selection,
        pools: Box<[Option<Arc<NodePool>>]>,
    ) -> Self {
        Routes { topology, selection, pools, next: AtomicUsize::new(fastrand::usize(..1 << 16)) }
    }

    pub(crate) fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// The pools of all nodes that are used.
    pub(crate) fn pools(&self) -> impl Iterator<Item = &Arc<NodePool>> {
        self.pools.iter().flatten()
    }

    #[inline]
    pub(crate) fn pool(&self, node: NodeIndex) -> Option<&Arc<NodePool>> {
        self.pools.get(node.as_usize())?.as_ref()
    }

    /// A connection for a request that has been tried as `tried` says: to a local replica, the less busy of two taken
    /// at random; else to a local node in turn; else to a remote one.
    #[inline]
    pub(crate) fn choose(&self, wish: &Wish<'_>, tried: Tried<'_>) -> Option<Arc<Connection>> {
        if let Some(target) = &wish.target {
            let replicas = self.topology.replicas_by(target.keyspace, target.place, &target.token).local();
            let chosen = match wish.is_serial {
                true => replicas.iter().find_map(|node| self.usable(*node, tried)),
                false if self.selection.prefers_rack() => self.near_first(replicas, tried),
                false => self.least_busy(replicas, tried),
            };
            if chosen.is_some() {
                return chosen;
            }
        }
        let start = self.next.fetch_add(1, Relaxed);
        self.in_turn(self.topology.local_nodes(), start, tried).or_else(|| {
            let remote = self.selection.remote(wish.consistency.is_local());
            remote.iter().find_map(|nodes| self.in_turn(nodes, start, tried))
        })
    }

    /// The nodes that a policy wants the request to be tried on.
    pub(crate) fn plan(self: &Arc<Self>, policy: &dyn LoadBalancingPolicy, wish: &Wish<'_>) -> Plan {
        let replicas =
            wish.target.as_ref().map(|target| self.topology.replicas(target.keyspace, &target.token));
        let request = PlanRequest {
            topology: &self.topology,
            replicas: replicas.map_or(&[], |replicas| replicas.all()),
            consistency: wish.consistency,
            is_serial: wish.is_serial,
            load: &|node| self.pool(node)?.load(),
        };
        let mut nodes = Vec::new();
        policy.plan(&request, &mut nodes);
        Plan { routes: Arc::clone(self), nodes, next: AtomicUsize::new(0) }
    }

    /// A connection to one node, unless it was tried.
    pub(crate) fn pinned(&self, host_id: Uuid, tried: Tried<'_>) -> Option<Arc<Connection>> {
        self.usable(self.topology.node_by_host_id(host_id)?, tried)
    }

    #[inline]
    fn usable(&self, node: NodeIndex, tried: Tried<'_>) -> Option<Arc<Connection>> {
        let pool = self.pool(node)?;
        if tried.contains(pool.address()) {
            return None;
        }
        pool.connection()
    }

    /// Of two replicas taken at random the one with fewer requests in flight; any other if both are out.
    #[inline]
    fn least_busy(&self, replicas: &[NodeIndex], tried: Tried<'_>) -> Option<Arc<Connection>> {
        let count = replicas.len();
        if count < 2 {
            return self.usable(*replicas.first()?, tried);
        }
        let first = fastrand::usize(..count);
        let second = (first + 1 + fastrand::usize(..count - 1)) % count;
        let load = |at: usize| replicas.get(at).and_then(|node| self.pool(*node)?.load());
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

    /// As [`Routes::least_busy`] among the replicas in the preferred rack, then among the others.
    fn near_first(&self, replicas: &[NodeIndex], tried: Tried<'_>) -> Option<Arc<Connection>> {
        let mut near = [replicas.first().copied()?; NEAR];
        let mut count = 0;
        for node in replicas.iter().filter(|node| self.selection.is_near(**node)) {
            if let Some(place) = near.get_mut(count) {
                *place = *node;
                count += 1;
            }
        }
        let near = near.get(..count).unwrap_or_default();
        self.least_busy(near, tried).or_else(|| self.least_busy(replicas, tried))
    }

    /// The next one in turn that answers; one that is suspect if there is no other.
    fn in_turn(&self, nodes: &[NodeIndex], start: usize, tried: Tried<'_>) -> Option<Arc<Connection>> {
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
        let pool = self.pools().find(|pool| pool.address() == connection.address())?;
        pool.connection().filter(|current| !Arc::ptr_eq(current, connection))
    }

    /// Whether there is a connection to a node.
    pub(crate) fn is_connected(&self, host_id: Uuid) -> bool {
        self.topology
            .node_by_host_id(host_id)
            .and_then(|node| self.pool(node))
            .is_some_and(|pool| pool.connection().is_some())
    }

    /// For an error: every node that was not tried, and why.
    pub(crate) fn not_connected(&self, tried: &mut Vec<Attempt>) {
        for pool in self.pools() {
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

/// What is left of a policy's plan, for all executions of one request.
#[derive(Debug)]
pub(crate) struct Plan {
    routes: Arc<Routes>,
    nodes: Vec<NodeIndex>,
    next: AtomicUsize,
}

impl Plan {
    /// A connection to the next node that has one.
    pub(crate) fn next(&self) -> Option<Arc<Connection>> {
        loop {
            let node = self.nodes.get(self.next.fetch_add(1, Relaxed))?;
            let connection = self.routes.pool(*node).and_then(|pool| pool.connection());
            if connection.is_some() {
                return connection;
            }
        }
    }
}
