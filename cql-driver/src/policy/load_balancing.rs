//! Which nodes are used, and in which order a request tries them.

use crate::ids::NodeIndex;
use crate::topology::Topology;
use cql_protocol::Consistency;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Decides in which order nodes are tried, in place of the built-in rules: local replicas first, of two taken at random
/// the less busy one; then the other local nodes in turn; then those of remote data centres.
///
/// Nodes without a connection are passed over. A node may stand in a plan more than once.
pub trait LoadBalancingPolicy: fmt::Debug + Send + Sync + 'static {
    /// Appends the nodes to try to `plan`, in order.
    fn plan(&self, request: &PlanRequest<'_>, plan: &mut Vec<NodeIndex>);
}

/// What a plan is made for.
#[non_exhaustive]
pub struct PlanRequest<'a> {
    /// The nodes.
    pub topology: &'a Topology,
    /// The replicas of the request's partition, those of the local data centre first; empty when it is not known.
    pub replicas: &'a [NodeIndex],
    /// The level that is asked for.
    pub consistency: Consistency,
    /// Whether it is a lightweight transaction, whose coordinators should be the same one each time.
    pub is_serial: bool,
    pub(crate) load: &'a dyn Fn(NodeIndex) -> Option<u32>,
}

impl PlanRequest<'_> {
    /// Requests in flight to a node; `None` when it has no connection that takes requests. A node that owes responses
    /// and says nothing has some 2,000 million more.
    #[must_use]
    pub fn in_flight(&self, node: NodeIndex) -> Option<u32> {
        (self.load)(node)
    }
}

impl fmt::Debug for PlanRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanRequest")
            .field("replicas", &self.replicas)
            .field("consistency", &self.consistency)
            .field("is_serial", &self.is_serial)
            .finish_non_exhaustive()
    }
}

/// All local nodes in turn, whoever has the data; for clusters in which every node has all of it.
#[derive(Debug, Default)]
pub struct InTurn {
    next: AtomicUsize,
}

impl LoadBalancingPolicy for InTurn {
    fn plan(&self, request: &PlanRequest<'_>, plan: &mut Vec<NodeIndex>) {
        let nodes = request.topology.local_nodes();
        let start = self.next.fetch_add(1, Relaxed).checked_rem(nodes.len()).unwrap_or(0);
        plan.extend_from_slice(nodes.get(start..).unwrap_or_default());
        plan.extend_from_slice(nodes.get(..start).unwrap_or_default());
    }
}

/// How nodes of data centres other than the local one are used.
///
/// The default is up to three nodes of each, for requests that no local node takes and whose consistency level is not a
/// local one. Nodes beyond that have no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RemoteDatacenters {
    pub(crate) nodes_each: usize,
    pub(crate) preferred: Vec<String>,
    pub(crate) at_local_levels: bool,
}

impl Default for RemoteDatacenters {
    fn default() -> Self {
        RemoteDatacenters::up_to(3)
    }
}

impl RemoteDatacenters {
    /// Not at all.
    pub fn none() -> Self {
        RemoteDatacenters::up_to(0)
    }

    /// Up to so many nodes of each.
    pub fn up_to(nodes_each: usize) -> Self {
        RemoteDatacenters { nodes_each, preferred: Vec::new(), at_local_levels: false }
    }

    /// All nodes of each.
    pub fn all() -> Self {
        RemoteDatacenters::up_to(usize::MAX)
    }

    /// Tries these first, in this order. Default: as they come.
    pub fn preferring<D: Into<String>>(mut self, datacenters: impl IntoIterator<Item = D>) -> Self {
        self.preferred = datacenters.into_iter().map(Into::into).collect();
        self
    }

    /// Uses them for LOCAL_ONE, LOCAL_QUORUM and LOCAL_SERIAL, too: "local" then means the data centre of the node
    /// that took the request, and a read may miss what was written before.
    pub fn also_at_local_levels(mut self) -> Self {
        self.at_local_levels = true;
        self
    }
}
