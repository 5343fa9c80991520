//! Where the server puts replicas: the rules of its replication strategies, for every range of the ring at once.
//!
//! Written down as the server does it (`SimpleStrategy`, `NetworkTopologyStrategy`), each range walks the ring until
//! it has met enough nodes and racks, which is long where a rack is small. Here one pass goes round the ring backwards
//! and keeps nodes and racks in the order in which a walk from the current position would first meet them, so that a
//! range costs its number of replicas and racks, however uneven the ring is. The tests hold both against each other.

use super::node::Node;
use super::replication::{ReplicationFactor, ReplicationStrategy};
use crate::ids::NodeIndex;
use std::collections::HashMap;
use std::sync::Arc;

/// The ranges of the ring and the full replicas of each, from the last range to the first.
pub(super) struct Placement<'a> {
    owners: &'a [NodeIndex],
    /// By node, where its tokens count; `None` for nodes of data centers that hold no replicas.
    places: Vec<Option<Place>>,
    groups: Vec<Group>,
}

#[derive(Clone, Copy)]
struct Place {
    group: usize,
    rack: usize,
}

/// Nodes among which one replication factor is shared out: a data center, or the whole cluster.
struct Group {
    factor: ReplicationFactor,
    nodes: usize,
    /// The nodes of the cluster, by when a walk meets them; those of other groups are never met.
    upcoming: Upcoming,
    racks: Upcoming,
    /// By rack, the node by which a walk first meets it.
    rack_first: Vec<usize>,
    /// The replicas for the current position, in ring order.
    picks: Vec<usize>,
}

impl<'a> Placement<'a> {
    /// Prepares for `strategy`. `None` when it does not place replicas by the ring.
    pub(super) fn new(
        strategy: &ReplicationStrategy,
        nodes: &[Arc<Node>],
        owners: &'a [NodeIndex],
    ) -> Option<Self> {
        let mut placement = Placement { owners, places: vec![None; nodes.len()], groups: Vec::new() };
        // Nodes without tokens take no part: neither they nor their racks count.
        let mut members = vec![false; nodes.len()];
        owners.iter().for_each(|owner| members[owner.as_usize()] = true);
        let members: Vec<usize> = (0..nodes.len()).filter(|&node| members[node]).collect();
        match strategy {
            // One group of one rack: distinct racks are then worth nothing, which leaves the next nodes.
            ReplicationStrategy::Simple(factor) => placement.add_group(*factor, &members, |_| ""),
            ReplicationStrategy::NetworkTopology(factors) => {
                for (datacenter, factor) in factors {
                    let is_in = |node: &&usize| **nodes[**node].datacenter() == **datacenter;
                    let members: Vec<usize> = members.iter().filter(is_in).copied().collect();
                    placement.add_group(*factor, &members, |node| nodes[node].rack());
                }
            }
            _ => return None,
        }
        Some(placement)
    }

    fn add_group<'n>(
        &mut self,
        factor: ReplicationFactor,
        members: &[usize],
        rack_of: impl Fn(usize) -> &'n str,
    ) {
        if members.is_empty() || factor.total() == 0 {
            return;
        }
        let mut racks = HashMap::new();
        for &node in members {
            let next = racks.len();
            let rack = *racks.entry(rack_of(node)).or_insert(next);
            self.places[node] = Some(Place { group: self.groups.len(), rack });
        }
        self.groups.push(Group {
            factor,
            nodes: members.len(),
            upcoming: Upcoming::new(self.places.len()),
            racks: Upcoming::new(racks.len()),
            rack_first: vec![0; racks.len()],
            picks: Vec::new(),
        });
    }

    /// Calls `range` with each position, from the last to the first, and its replicas: each with its distance from
    /// there, in no particular order.
    pub(super) fn for_each_range(mut self, mut range: impl FnMut(usize, &mut [(usize, NodeIndex)])) {
        let len = self.owners.len();
        let mut replicas = Vec::new();
        // By node, where it is next met. Positions go round twice: the first time only to learn what the last ones
        // meet after the end of the ring.
        let mut met_at = vec![0; self.places.len()];
        for position in (0..2 * len).rev() {
            let owner = self.owners[position % len].as_usize();
            met_at[owner] = position;
            if let Some(place) = self.places[owner] {
                self.groups[place.group].meet(owner, place.rack);
            }
            if position > len {
                continue;
            }
            // A group's replicas change only where one of its own nodes is met.
            let changed = self.places[owner].map(|place| place.group);
            for (at, group) in self.groups.iter_mut().enumerate() {
                if position == len || changed == Some(at) {
                    group.pick(&met_at, &self.places);
                }
            }
            if position < len {
                replicas.clear();
                let picks = self.groups.iter().flat_map(|group| &group.picks);
                replicas
                    .extend(picks.filter_map(|&node| Some((met_at[node] - position, NodeIndex::new(node)?))));
                range(position, &mut replicas);
            }
        }
    }
}

impl Group {
    fn meet(&mut self, node: usize, rack: usize) {
        self.upcoming.meet(node);
        self.racks.meet(rack);
        self.rack_first[rack] = node;
    }

    /// Chooses the replicas as `NetworkTopologyStrategy` does: the first node of each rack, and as many further nodes,
    /// the first met, as there are racks too few. (Releases before 4.0 say it otherwise, passing over nodes of racks
    /// met before until all racks are met; they choose the same nodes.)
    fn pick(&mut self, met_at: &[usize], places: &[Option<Place>]) {
        let total = (self.factor.total() as usize).min(self.nodes);
        let racks = self.rack_first.len();
        let repeats = (self.factor.total() as usize).saturating_sub(racks);

        self.picks.clear();
        self.picks.extend(self.racks.iter().take(total).map(|rack| self.rack_first[rack]));
        let is_repeat =
            |node: &usize| places[*node].is_some_and(|place| self.rack_first[place.rack] != *node);
        self.picks.extend(self.upcoming.iter().filter(is_repeat).take(repeats));
        self.picks.sort_unstable_by_key(|&node| met_at[node]);

        // With fewer nodes than copies, the transient ones are left out first.
        let missing = self.factor.total() as usize - total;
        let transient = (self.factor.transient() as usize).saturating_sub(missing);
        self.picks.truncate(total - transient);
    }
}

/// Items in the order in which a walk along the ring first meets them. What is met at the current position comes to
/// the front, in constant time: a doubly linked circle through a last, artificial item.
struct Upcoming {
    links: Vec<Links>,
}

#[derive(Clone, Copy)]
struct Links {
    before: usize,
    after: usize,
}

impl Upcoming {
    /// None of the items 0 to `len` has been met. An item linked to itself is not in the circle.
    fn new(len: usize) -> Self {
        Upcoming { links: (0..=len).map(|item| Links { before: item, after: item }).collect() }
    }

    fn meet(&mut self, item: usize) {
        let Links { before, after } = self.links[item];
        self.links[before].after = after;
        self.links[after].before = before;

        let end = self.links.len() - 1;
        let first = self.links[end].after;
        self.links[item] = Links { before: end, after: first };
        self.links[end].after = item;
        self.links[first].before = item;
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let end = self.links.len() - 1;
        let after = move |item: usize| Some(self.links[item].after).filter(|&after| after != end);
        std::iter::successors(after(end), move |&item| after(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};
    use uuid::Uuid;

    /// The server's `SimpleStrategy.calculateNaturalReplicas`.
    fn simple(factor: ReplicationFactor, owners: &[NodeIndex], start: usize) -> Vec<NodeIndex> {
        let mut chosen = Vec::new();
        for &owner in owners.iter().cycle().skip(start).take(owners.len()) {
            if chosen.len() < factor.total() as usize && !chosen.contains(&owner) {
                chosen.push(owner);
            }
        }
        chosen.truncate(factor.full() as usize);
        chosen
    }

    /// The server's `NetworkTopologyStrategy.DatacenterEndpoints` (4.0 and newer).
    struct DatacenterEndpoints {
        left: usize,
        transient: usize,
        acceptable_rack_repeats: isize,
    }

    fn network(
        factors: &BTreeMap<Box<str>, ReplicationFactor>,
        nodes: &[Arc<Node>],
        owners: &[NodeIndex],
        start: usize,
    ) -> Vec<NodeIndex> {
        let members: BTreeSet<_> =
            owners.iter().map(|owner| &nodes[owner.as_usize()]).map(Arc::as_ptr).collect();
        let mut datacenters = BTreeMap::new();
        for (name, factor) in factors {
            let here: Vec<_> = nodes
                .iter()
                .filter(|node| members.contains(&Arc::as_ptr(node)) && **node.datacenter() == **name)
                .collect();
            let racks: BTreeSet<_> = here.iter().map(|node| node.rack()).collect();
            if factor.total() == 0 || here.is_empty() {
                continue;
            }
            let total = factor.total() as usize;
            let left = total.min(here.len());
            datacenters.insert(
                name.clone(),
                DatacenterEndpoints {
                    left,
                    transient: (factor.transient() as usize).saturating_sub(total - left),
                    acceptable_rack_repeats: total.cast_signed() - racks.len().cast_signed(),
                },
            );
        }
        let mut racks_seen = BTreeSet::new();
        let mut met = BTreeSet::new();
        let mut full = Vec::new();
        for &owner in owners.iter().cycle().skip(start).take(owners.len()) {
            let node = &nodes[owner.as_usize()];
            let Some(datacenter) = datacenters.get_mut(&**node.datacenter()) else { continue };
            if datacenter.left == 0 || met.contains(&owner) {
                continue;
            }
            if !racks_seen.insert((node.datacenter(), node.rack())) {
                if datacenter.acceptable_rack_repeats <= 0 {
                    continue;
                }
                datacenter.acceptable_rack_repeats -= 1;
            }
            met.insert(owner);
            if datacenter.left > datacenter.transient {
                full.push(owner);
            }
            datacenter.left -= 1;
        }
        assert!(datacenters.values().all(|datacenter| datacenter.left == 0), "the walk ended too soon");
        full
    }

    fn placed(
        strategy: &ReplicationStrategy,
        nodes: &[Arc<Node>],
        owners: &[NodeIndex],
    ) -> Vec<Vec<NodeIndex>> {
        let mut ranges = vec![Vec::new(); owners.len()];
        Placement::new(strategy, nodes, owners).unwrap().for_each_range(|position, replicas| {
            replicas.sort_unstable();
            ranges[position] = replicas.iter().map(|&(_, node)| node).collect();
        });
        ranges
    }

    /// Nodes as (data center, rack); they own the ring as `owners` says.
    fn nodes(places: &[(u8, u8)]) -> Vec<Arc<Node>> {
        let node = |(id, (datacenter, rack)): (u128, &(u8, u8))| {
            Node::builder(Uuid::from_u128(id), ([127, 0, 0, 1], 9042).into())
                .datacenter(format!("dc{datacenter}"))
                .rack(format!("r{rack}"))
                .build()
        };
        (0..).zip(places).map(node).map(Arc::new).collect()
    }

    fn factor() -> impl Strategy<Value = ReplicationFactor> {
        (0..6_u32, 0..3_u32).prop_map(|(full, transient)| {
            let options = [
                ("class", "SimpleStrategy"),
                ("replication_factor", &format!("{}/{transient}", full + transient)),
            ];
            match ReplicationStrategy::from_options(options) {
                ReplicationStrategy::Simple(factor) => factor,
                other => panic!("{other:?}"),
            }
        })
    }

    proptest! {
        #[test]
        fn every_range_has_the_replicas_that_a_walk_of_the_ring_finds(
            places in proptest::collection::vec((0..3_u8, 0..4_u8), 1..12),
            owners in proptest::collection::vec(any::<proptest::sample::Index>(), 1..60),
            datacenters in proptest::collection::btree_map(0..4_u8, factor(), 0..4),
            cluster in factor(),
        ) {
            let nodes = nodes(&places);
            let owners: Vec<_> =
                owners.iter().map(|owner| NodeIndex::new(owner.index(nodes.len())).unwrap()).collect();
            let strategy = ReplicationStrategy::Simple(cluster);
            for (start, replicas) in placed(&strategy, &nodes, &owners).into_iter().enumerate() {
                prop_assert_eq!(replicas, simple(cluster, &owners, start), "simple, range {}", start);
            }
            let factors: BTreeMap<Box<str>, _> =
                datacenters.into_iter().map(|(dc, factor)| (format!("dc{dc}").into(), factor)).collect();
            let strategy = ReplicationStrategy::NetworkTopology(factors.clone());
            for (start, replicas) in placed(&strategy, &nodes, &owners).into_iter().enumerate() {
                prop_assert_eq!(replicas, network(&factors, &nodes, &owners, start), "network, range {}", start);
            }
        }
    }
}
