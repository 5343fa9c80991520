//! Which nodes a session connects to, and which of them it prefers.

use crate::config::Config;
use crate::ids::NodeIndex;
use crate::topology::{Datacenter, Topology};
use std::hash::{BuildHasher, RandomState};

/// The nodes of one topology that a session uses.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Whether the session connects to a node, by its index.
    used: Vec<bool>,
    /// Whether a node is in the rack that is preferred, by its index; empty without such a rack.
    near: Vec<bool>,
    /// The nodes used of each remote data centre, those tried first in front.
    remote: Vec<Vec<NodeIndex>>,
    remote_at_local_levels: bool,
}

impl Selection {
    /// `order` decides which nodes of a large remote data centre are used: other ones in each session, and the same
    /// ones after a change of the cluster.
    pub(crate) fn new(topology: &Topology, config: &Config, order: &RandomState) -> Self {
        let is_allowed = |node: &NodeIndex| match (&config.node_filter, topology.node(*node)) {
            (Some(filter), Some(node)) => (filter.0)(node),
            _ => true,
        };
        let mut selection = Selection {
            used: vec![false; topology.nodes().len()],
            near: Vec::new(),
            remote: Vec::new(),
            remote_at_local_levels: config.remote.at_local_levels,
        };
        if let Some(rack) = &config.local_rack {
            let is_near = |node: &std::sync::Arc<crate::topology::Node>| **node.rack() == **rack;
            selection.near = topology.nodes().iter().map(is_near).collect();
        }
        for datacenter in remote_datacenters(topology, &config.remote.preferred) {
            let mut nodes: Vec<NodeIndex> = datacenter.nodes().iter().copied().filter(is_allowed).collect();
            nodes.sort_by_cached_key(|node| topology.node(*node).map(|node| order.hash_one(node.host_id())));
            nodes.truncate(config.remote.nodes_each);
            if !nodes.is_empty() {
                selection.remote.push(nodes);
            }
        }
        let local = topology.local_nodes().iter().filter(|node| is_allowed(node));
        for node in local.chain(selection.remote.iter().flatten()) {
            if let Some(used) = selection.used.get_mut(node.as_usize()) {
                *used = true;
            }
        }
        selection
    }

    pub(crate) fn is_used(&self, node: NodeIndex) -> bool {
        self.used.get(node.as_usize()).copied().unwrap_or(false)
    }

    /// Whether some rack is preferred.
    #[inline]
    pub(super) fn prefers_rack(&self) -> bool {
        !self.near.is_empty()
    }

    #[inline]
    pub(super) fn is_near(&self, node: NodeIndex) -> bool {
        self.near.get(node.as_usize()).copied().unwrap_or(false)
    }

    /// The remote nodes for a request, data centre by data centre.
    pub(super) fn remote(&self, is_local_level: bool) -> &[Vec<NodeIndex>] {
        if is_local_level && !self.remote_at_local_levels { &[] } else { &self.remote }
    }
}

fn remote_datacenters<'a>(topology: &'a Topology, preferred: &[String]) -> Vec<&'a Datacenter> {
    let local = topology.local_datacenter();
    let is_remote = |datacenter: &&Datacenter| local.is_some_and(|local| local != &**datacenter.name());
    let mut remote: Vec<&Datacenter> = topology.datacenters().iter().filter(is_remote).collect();
    let place = |name: &str| preferred.iter().position(|preferred| preferred == name).unwrap_or(usize::MAX);
    remote.sort_by_key(|datacenter| place(datacenter.name()));
    remote
}
