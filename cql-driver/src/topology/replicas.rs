//! The replicas of every range, computed once per snapshot and strategy.

use super::node::Node;
use super::placement::Placement;
use super::replication::ReplicationStrategy;
use crate::ids::NodeIndex;
use std::collections::HashMap;
use std::sync::Arc;

/// The nodes that hold a partition in full: those of the local data center first, then the others, each part in ring
/// order. Empty when nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replicas<'a> {
    nodes: &'a [NodeIndex],
    local: usize,
}

impl<'a> Replicas<'a> {
    /// All of them, local ones first.
    #[must_use]
    #[inline]
    pub fn all(self) -> &'a [NodeIndex] {
        self.nodes
    }

    /// Those in the local data center; all of them when the topology has no local data center.
    #[must_use]
    #[inline]
    pub fn local(self) -> &'a [NodeIndex] {
        &self.nodes[..self.local]
    }

    /// Those in other data centers.
    #[must_use]
    #[inline]
    pub fn remote(self) -> &'a [NodeIndex] {
        &self.nodes[self.local..]
    }

    /// How many there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none, or none is known.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.nodes.is_empty()
    }
}

/// The replicas by position on the ring. Ranges with the same replicas share them, and keyspaces with the same
/// replication share the table.
#[derive(Debug)]
pub(super) struct ReplicaTable {
    sets: Box<[Set]>,
    members: Vec<NodeIndex>,
}

/// A part of `members`: `start` to `end`, of which those before `remote` are local.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    start: u32,
    remote: u32,
    end: u32,
}

impl ReplicaTable {
    /// The table for the strategy, or `None` when it does not follow from the ring. `is_local` is by node.
    pub(super) fn new(
        strategy: &ReplicationStrategy,
        nodes: &[Arc<Node>],
        is_local: &[bool],
        owners: &[NodeIndex],
    ) -> Option<Self> {
        let mut builder = TableBuilder {
            is_local,
            table: ReplicaTable { sets: vec![Set::EMPTY; owners.len()].into(), members: Vec::new() },
            known: HashMap::new(),
            ordered: Vec::new(),
        };
        if *strategy == ReplicationStrategy::Everywhere {
            let mut everyone = owners.to_vec();
            everyone.sort_unstable();
            everyone.dedup();
            let mut everyone: Vec<_> = everyone.into_iter().enumerate().collect();
            let set = builder.intern(&mut everyone)?;
            builder.table.sets.fill(set);
            return Some(builder.table);
        }
        Placement::new(strategy, nodes, owners)?.for_each_range(|position, replicas| {
            if let Some(set) = builder.intern(replicas) {
                builder.table.sets[position] = set;
            }
        });
        Some(builder.table)
    }

    /// The replicas of the range at that position.
    #[inline]
    pub(super) fn at(&self, position: usize) -> Replicas<'_> {
        let Set { start, remote, end } = self.sets[position];
        let nodes = &self.members[start as usize..end as usize];
        Replicas { nodes, local: (remote - start) as usize }
    }

    /// How many members the different sets have in all.
    #[cfg(test)]
    pub(super) fn members_stored(&self) -> usize {
        self.members.len()
    }
}

impl Set {
    const EMPTY: Set = Set { start: 0, remote: 0, end: 0 };
}

struct TableBuilder<'a> {
    is_local: &'a [bool],
    table: ReplicaTable,
    known: HashMap<Box<[NodeIndex]>, Set>,
    /// Kept for its memory.
    ordered: Vec<NodeIndex>,
}

impl TableBuilder<'_> {
    /// The set of these replicas, given with their distances. `None` only beyond 2^32 members, where nothing is known
    /// of the range.
    fn intern(&mut self, replicas: &mut [(usize, NodeIndex)]) -> Option<Set> {
        let is_local = |node: NodeIndex| self.is_local[node.as_usize()];
        replicas.sort_unstable_by_key(|&(distance, node)| (!is_local(node), distance));
        self.ordered.clear();
        self.ordered.extend(replicas.iter().map(|&(_, node)| node));
        if let Some(set) = self.known.get(self.ordered.as_slice()) {
            return Some(*set);
        }
        let members = &mut self.table.members;
        let local = self.ordered.iter().take_while(|&&node| is_local(node)).count();
        let place = |offset: usize| u32::try_from(members.len() + offset).ok();
        let set = Set { start: place(0)?, remote: place(local)?, end: place(self.ordered.len())? };
        members.extend_from_slice(&self.ordered);
        self.known.insert(self.ordered.as_slice().into(), set);
        Some(set)
    }
}
