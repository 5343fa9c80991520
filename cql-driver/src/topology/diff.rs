//! What changed between two snapshots, for those who keep something for each node.

use super::node::Node;
use crate::ids::NodeIndex;
use std::collections::HashMap;
use std::sync::Arc;

/// The nodes of two snapshots, matched by host id. Each index says by its place in which snapshot it is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopologyDiff {
    added: Vec<NodeIndex>,
    removed: Vec<NodeIndex>,
    kept: Vec<(NodeIndex, NodeIndex)>,
    moved: Vec<(NodeIndex, NodeIndex)>,
}

impl TopologyDiff {
    pub(super) fn between(before: &[Arc<Node>], after: &[Arc<Node>]) -> Self {
        let mut old: HashMap<_, _> =
            indexed(before).map(|(index, node)| (node.host_id(), (index, node.address()))).collect();
        let mut diff =
            TopologyDiff { added: Vec::new(), removed: Vec::new(), kept: Vec::new(), moved: Vec::new() };
        for (index, node) in indexed(after) {
            match old.remove(&node.host_id()) {
                None => diff.added.push(index),
                Some((before, address)) if address == node.address() => diff.kept.push((before, index)),
                Some((before, _)) => diff.moved.push((before, index)),
            }
        }
        diff.removed = old.into_values().map(|(index, _)| index).collect();
        diff.removed.sort_unstable();
        diff
    }

    /// Nodes that were not there before, by their index in the later snapshot.
    #[must_use]
    pub fn added(&self) -> &[NodeIndex] {
        &self.added
    }

    /// Nodes that are gone, by their index in the earlier snapshot.
    #[must_use]
    pub fn removed(&self) -> &[NodeIndex] {
        &self.removed
    }

    /// Nodes at the same address as before, by their earlier and later index. Anything else about them may differ.
    #[must_use]
    pub fn kept(&self) -> &[(NodeIndex, NodeIndex)] {
        &self.kept
    }

    /// Nodes at a new address, by their earlier and later index.
    #[must_use]
    pub fn moved(&self) -> &[(NodeIndex, NodeIndex)] {
        &self.moved
    }
}

fn indexed(nodes: &[Arc<Node>]) -> impl Iterator<Item = (NodeIndex, &Arc<Node>)> {
    nodes.iter().enumerate().filter_map(|(at, node)| Some((NodeIndex::new(at)?, node)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn node(id: u128, port: u16) -> Arc<Node> {
        Arc::new(Node::builder(Uuid::from_u128(id), ([127, 0, 0, 1], port).into()).build())
    }

    fn pairs(pairs: &[(NodeIndex, NodeIndex)]) -> Vec<(usize, usize)> {
        pairs.iter().map(|(before, after)| (before.as_usize(), after.as_usize())).collect()
    }

    #[test]
    fn nodes_are_matched_by_host_id_wherever_they_stand() {
        let before = [node(1, 1), node(2, 2), node(3, 3)];
        let after = [node(3, 3), node(4, 4), node(1, 11)];
        let diff = TopologyDiff::between(&before, &after);
        assert_eq!(diff.added().iter().map(|node| node.as_usize()).collect::<Vec<_>>(), [1]);
        assert_eq!(diff.removed().iter().map(|node| node.as_usize()).collect::<Vec<_>>(), [1]);
        assert_eq!(pairs(diff.kept()), [(2, 0)]);
        assert_eq!(pairs(diff.moved()), [(0, 2)]);
    }

    #[test]
    fn a_node_replaced_at_its_address_is_another_node() {
        let diff = TopologyDiff::between(&[node(1, 1)], &[node(2, 1)]);
        assert_eq!((diff.added().len(), diff.removed().len()), (1, 1));
        assert_eq!((diff.kept().len(), diff.moved().len()), (0, 0));
    }
}
