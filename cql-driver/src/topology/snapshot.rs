//! The snapshot of the cluster that requests and policies read.

use super::diff::TopologyDiff;
use super::node::Node;
use super::replicas::{ReplicaTable, Replicas};
use super::replication::ReplicationStrategy;
use super::token_ring::TokenRing;
use crate::ids::NodeIndex;
use crate::routing::{Partitioner, Token};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The cluster at one moment: nodes, ring and, for each keyspace, the replicas of every range.
///
/// Never changed once built; a new one takes its place. Looking up replicas hashes the keyspace's name and finds the
/// range by the token's leading bits; nothing of it grows with the number of nodes, tokens or replicas.
#[derive(Debug, Clone)]
pub struct Topology {
    members: Arc<Members>,
    /// In order of their names.
    keyspaces: Box<[Keyspace]>,
    cluster_name: Option<Arc<str>>,
}

/// What depends on the nodes alone, shared by snapshots that differ in keyspaces only.
#[derive(Debug, Default)]
struct Members {
    nodes: Box<[Arc<Node>]>,
    datacenters: Box<[Datacenter]>,
    local_datacenter: Option<Box<str>>,
    is_local: Box<[bool]>,
    nearest_first: Box<[NodeIndex]>,
    local_count: usize,
    partitioner: Option<Partitioner>,
    ring: TokenRing,
}

#[derive(Debug, Clone)]
struct Keyspace {
    name: Box<str>,
    replication: ReplicationStrategy,
    replicas: Option<Arc<ReplicaTable>>,
}

/// A data center and its nodes.
#[derive(Debug, Clone)]
pub struct Datacenter {
    name: Arc<str>,
    nodes: Box<[NodeIndex]>,
}

impl Datacenter {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its nodes.
    #[must_use]
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes
    }
}

impl Topology {
    /// Starts to describe a cluster.
    #[must_use]
    pub fn builder() -> TopologyBuilder {
        TopologyBuilder::default()
    }

    /// All nodes, in the order of their indexes.
    #[must_use]
    #[inline]
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.members.nodes
    }

    /// The indexes of all nodes, those of the local data center first.
    #[must_use]
    pub fn nearest_first(&self) -> &[NodeIndex] {
        &self.members.nearest_first
    }

    /// The node with that index. `None` for the index of another snapshot that had more nodes.
    #[must_use]
    #[inline]
    pub fn node(&self, index: NodeIndex) -> Option<&Arc<Node>> {
        self.members.nodes.get(index.as_usize())
    }

    /// The node with that host id.
    #[must_use]
    pub fn node_by_host_id(&self, host_id: uuid::Uuid) -> Option<NodeIndex> {
        self.members.nodes.iter().position(|node| node.host_id() == host_id).and_then(NodeIndex::new)
    }

    /// All data centers that have a node, by name.
    #[must_use]
    pub fn datacenters(&self) -> &[Datacenter] {
        &self.members.datacenters
    }

    /// The name of the cluster, if it was told.
    #[must_use]
    pub fn cluster_name(&self) -> Option<&Arc<str>> {
        self.cluster_name.as_ref()
    }

    /// The nodes in that data center; none in one that does not exist.
    #[must_use]
    pub fn nodes_in(&self, datacenter: &str) -> &[NodeIndex] {
        let found = self.members.datacenters.iter().find(|known| *known.name == *datacenter);
        found.map_or(&[], Datacenter::nodes)
    }

    /// The data center the snapshot was built for, whether or not it exists.
    #[must_use]
    pub fn local_datacenter(&self) -> Option<&str> {
        self.members.local_datacenter.as_deref()
    }

    /// The nodes of the local data center; all nodes when none was named.
    #[must_use]
    #[inline]
    pub fn local_nodes(&self) -> &[NodeIndex] {
        &self.members.nearest_first[..self.members.local_count]
    }

    /// The nodes of the other data centers.
    #[must_use]
    #[inline]
    pub fn remote_nodes(&self) -> &[NodeIndex] {
        &self.members.nearest_first[self.members.local_count..]
    }

    /// Whether the node is in the local data center; every node is when none was named.
    #[must_use]
    #[inline]
    pub fn is_local(&self, index: NodeIndex) -> bool {
        self.members.is_local.get(index.as_usize()).copied().unwrap_or(false)
    }

    /// How keys become tokens; `None` when the cluster's partitioner is not known to the driver.
    #[must_use]
    #[inline]
    pub fn partitioner(&self) -> Option<Partitioner> {
        self.members.partitioner
    }

    /// The tokens and their owners.
    #[must_use]
    pub fn ring(&self) -> &TokenRing {
        &self.members.ring
    }

    /// How the keyspace is replicated, if it exists.
    #[must_use]
    pub fn replication(&self, keyspace: &str) -> Option<&ReplicationStrategy> {
        self.keyspace(keyspace, None).map(|keyspace| &keyspace.replication)
    }

    /// The nodes that hold the partitions with that token. None when the keyspace, its replication or the ring is not
    /// known: the request can then go to any node.
    #[must_use]
    #[inline]
    pub fn replicas(&self, keyspace: &str, token: &Token) -> Replicas<'_> {
        self.replicas_by(keyspace, None, token)
    }

    /// As [`Topology::replicas`], for those who ask for a keyspace again and again: where it stood last is looked at
    /// first, and noted.
    #[inline]
    pub(crate) fn replicas_by(
        &self,
        keyspace: &str,
        place: Option<&AtomicUsize>,
        token: &Token,
    ) -> Replicas<'_> {
        let table = self.keyspace(keyspace, place).and_then(|keyspace| keyspace.replicas.as_deref());
        match (table, self.members.ring.position(token)) {
            (Some(table), Some(position)) => table.at(position),
            _ => Replicas::default(),
        }
    }

    #[inline]
    fn keyspace(&self, name: &str, place: Option<&AtomicUsize>) -> Option<&Keyspace> {
        if let Some(keyspace) = place.and_then(|place| self.keyspaces.get(place.load(Relaxed)))
            && *keyspace.name == *name
        {
            return Some(keyspace);
        }
        let found = self.keyspaces.binary_search_by(|keyspace| (*keyspace.name).cmp(name)).ok()?;
        if let Some(place) = place {
            place.store(found, Relaxed);
        }
        self.keyspaces.get(found)
    }

    /// The same nodes with other keyspaces. Replicas are computed only for replication that was not known before, so
    /// that a change of the schema costs little.
    #[must_use]
    pub fn with_keyspaces<K, I>(&self, keyspaces: I) -> Self
    where
        K: Into<Box<str>>,
        I: IntoIterator<Item = (K, ReplicationStrategy)>,
    {
        let mut tables: HashMap<ReplicationStrategy, Option<Arc<ReplicaTable>>> = self
            .keyspaces
            .iter()
            .map(|keyspace| (keyspace.replication.clone(), keyspace.replicas.clone()))
            .collect();
        // Of two of one name the later one counts.
        let keyspaces: BTreeMap<Box<str>, ReplicationStrategy> =
            keyspaces.into_iter().map(|(name, replication)| (name.into(), replication)).collect();
        let keyspaces = keyspaces.into_iter().map(|(name, replication)| {
            let replicas = tables
                .entry(replication.clone())
                .or_insert_with(|| self.members.replica_table(&replication).map(Arc::new))
                .clone();
            Keyspace { name, replication, replicas }
        });
        Topology {
            members: self.members.clone(),
            keyspaces: keyspaces.collect(),
            cluster_name: self.cluster_name.clone(),
        }
    }

    /// What changed from `before` to this snapshot.
    #[must_use]
    pub fn changes_since(&self, before: &Topology) -> TopologyDiff {
        TopologyDiff::between(before.nodes(), self.nodes())
    }
}

impl Members {
    fn new(
        nodes: Box<[Arc<Node>]>,
        local_datacenter: Option<Box<str>>,
        partitioner: Option<Partitioner>,
    ) -> Self {
        let is_local: Box<[bool]> = nodes
            .iter()
            .map(|node| local_datacenter.as_deref().is_none_or(|local| *local == **node.datacenter()))
            .collect();
        let indexes = || (0..nodes.len()).filter_map(NodeIndex::new);
        let mut nearest_first: Box<[NodeIndex]> = indexes().collect();
        nearest_first.sort_by_key(|node| !is_local[node.as_usize()]);
        let local_count = is_local.iter().filter(|&&local| local).count();

        let mut datacenters: BTreeMap<Arc<str>, Vec<NodeIndex>> = BTreeMap::new();
        let mut owned = Vec::new();
        for (node, index) in nodes.iter().zip(indexes()) {
            datacenters.entry(node.datacenter().clone()).or_default().push(index);
            let tokens = node.tokens().iter().filter(|token| Some(token.partitioner()) == partitioner);
            owned.extend(tokens.map(|token| (token.clone(), index)));
        }
        let datacenters =
            datacenters.into_iter().map(|(name, nodes)| Datacenter { name, nodes: nodes.into() }).collect();
        let ring = TokenRing::new(owned);
        Members {
            nodes,
            datacenters,
            local_datacenter,
            is_local,
            nearest_first,
            local_count,
            partitioner,
            ring,
        }
    }

    fn replica_table(&self, strategy: &ReplicationStrategy) -> Option<ReplicaTable> {
        ReplicaTable::new(strategy, &self.nodes, &self.is_local, self.ring.owners())
    }
}

/// Describes a [`Topology`].
#[derive(Debug, Clone, Default)]
pub struct TopologyBuilder {
    nodes: Vec<Arc<Node>>,
    local_datacenter: Option<Box<str>>,
    partitioner: Option<Partitioner>,
    keyspaces: Vec<(Box<str>, ReplicationStrategy)>,
    cluster_name: Option<Arc<str>>,
}

impl TopologyBuilder {
    /// Adds a node. A second one with the same host id is left out.
    #[must_use]
    pub fn node(mut self, node: impl Into<Arc<Node>>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// Adds nodes, as [`TopologyBuilder::node`] does.
    #[must_use]
    pub fn nodes(mut self, nodes: impl IntoIterator<Item = Arc<Node>>) -> Self {
        self.nodes.extend(nodes);
        self
    }

    /// Names the data center whose nodes count as local. Without one, all do.
    #[must_use]
    pub fn local_datacenter(mut self, name: impl Into<Box<str>>) -> Self {
        self.local_datacenter = Some(name.into());
        self
    }

    /// Sets the partitioner. Without one, and for tokens of another, the ring stays empty.
    #[must_use]
    pub fn partitioner(mut self, partitioner: impl Into<Option<Partitioner>>) -> Self {
        self.partitioner = partitioner.into();
        self
    }

    /// Names the cluster.
    #[must_use]
    pub fn cluster_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.cluster_name = Some(name.into());
        self
    }

    /// Adds a keyspace.
    #[must_use]
    pub fn keyspace(mut self, name: impl Into<Box<str>>, replication: ReplicationStrategy) -> Self {
        self.keyspaces.push((name.into(), replication));
        self
    }

    /// The snapshot. Computes the replicas of every range, once for each distinct replication.
    #[must_use]
    pub fn build(mut self) -> Topology {
        let mut seen = HashSet::new();
        self.nodes.retain(|node| seen.insert(node.host_id()));
        let members = Members::new(self.nodes.into(), self.local_datacenter, self.partitioner);
        let (members, keyspaces) = (Arc::new(members), Box::default());
        let without_keyspaces = Topology { members, keyspaces, cluster_name: self.cluster_name };
        without_keyspaces.with_keyspaces(self.keyspaces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::ReplicationFactor;
    use uuid::Uuid;

    /// A node named by its last octet, with its place and tokens.
    fn node(id: u8, datacenter: &str, rack: &str, tokens: &[i64]) -> Node {
        Node::builder(Uuid::from_u128(id.into()), ([127, 0, 0, id], 9042).into())
            .datacenter(datacenter)
            .rack(rack)
            .tokens(tokens.iter().copied().map(Token::murmur3))
            .build()
    }

    fn network(factors: &[(&str, &str)]) -> ReplicationStrategy {
        let class = [("class", "org.apache.cassandra.locator.NetworkTopologyStrategy")];
        ReplicationStrategy::from_options(class.iter().chain(factors).copied())
    }

    fn simple(factor: u32) -> ReplicationStrategy {
        ReplicationStrategy::Simple(ReplicationFactor::new(factor))
    }

    fn topology(nodes: impl IntoIterator<Item = Node>) -> TopologyBuilder {
        Topology::builder().partitioner(Partitioner::Murmur3).nodes(nodes.into_iter().map(Arc::new))
    }

    /// The last octets of the nodes.
    fn ids(topology: &Topology, indexes: &[NodeIndex]) -> Vec<u128> {
        indexes.iter().map(|&index| topology.node(index).unwrap().host_id().as_u128()).collect()
    }

    fn replicas(topology: &Topology, keyspace: &str, token: i64) -> Vec<u128> {
        ids(topology, topology.replicas(keyspace, &Token::murmur3(token)).all())
    }

    /// Two data centers: nodes 11 to 14 and 21 to 23, the first two of each in rack r1.
    fn two_datacenters() -> TopologyBuilder {
        topology([
            node(11, "dc1", "r1", &[0]),
            node(21, "dc2", "r1", &[1]),
            node(12, "dc1", "r1", &[100]),
            node(22, "dc2", "r1", &[101]),
            node(13, "dc1", "r2", &[200]),
            node(23, "dc2", "r2", &[201]),
            node(14, "dc1", "r2", &[300]),
        ])
        .keyspace("ks", network(&[("dc1", "3"), ("dc2", "2")]))
    }

    #[test]
    fn network_topology_takes_distinct_racks_in_each_data_center() {
        let topology = two_datacenters().build();
        assert_eq!(replicas(&topology, "ks", 0), [11, 21, 12, 13, 23]);
    }

    #[test]
    fn replicas_of_the_local_data_center_are_a_slice() {
        let topology = two_datacenters().local_datacenter("dc2").build();
        let replicas = topology.replicas("ks", &Token::murmur3(0));
        assert_eq!(ids(&topology, replicas.local()), [21, 23]);
        assert_eq!(ids(&topology, replicas.remote()), [11, 12, 13]);
        assert_eq!(ids(&topology, replicas.all()), [21, 23, 11, 12, 13]);
        assert_eq!(ids(&topology, topology.local_nodes()), [21, 22, 23]);
        assert_eq!(ids(&topology, topology.remote_nodes()), [11, 12, 13, 14]);
        assert!(replicas.local().iter().all(|&node| topology.is_local(node)));
    }

    #[test]
    fn every_node_is_local_without_a_local_data_center() {
        let topology = two_datacenters().build();
        assert_eq!(topology.local_nodes().len(), 7);
        assert_eq!(topology.replicas("ks", &Token::murmur3(0)).remote(), []);
    }

    #[test]
    fn a_local_data_center_that_does_not_exist_has_no_nodes_and_the_others_are_listed() {
        let topology = two_datacenters().local_datacenter("dc3").build();
        assert_eq!(topology.local_datacenter(), Some("dc3"));
        assert!(topology.local_nodes().is_empty());
        assert!(topology.nodes_in("dc3").is_empty());
        let known: Vec<&str> = topology.datacenters().iter().map(|known| &**known.name()).collect();
        assert_eq!(known, ["dc1", "dc2"]);
        assert_eq!(ids(&topology, topology.nodes_in("dc1")), [11, 12, 13, 14]);
    }

    #[test]
    fn transient_replicas_are_left_out() {
        let topology = two_datacenters().keyspace("transient", network(&[("dc1", "3/1")])).build();
        assert_eq!(replicas(&topology, "transient", 0), [11, 12]);
        assert_eq!(replicas(&topology, "transient", 150), [13, 14]);
    }

    #[test]
    fn the_ring_wraps_around() {
        let topology = two_datacenters().keyspace("simple", simple(3)).build();
        assert_eq!(replicas(&topology, "simple", 301), [11, 21, 12]);
        assert_eq!(replicas(&topology, "simple", 201), [23, 14, 11]);
        assert_eq!(replicas(&topology, "simple", i64::MIN), [11, 21, 12]);
    }

    #[test]
    fn more_replicas_than_nodes_are_all_nodes() {
        let topology = two_datacenters()
            .keyspace("simple", simple(50))
            .keyspace("network", network(&[("dc2", "50"), ("dc9", "3")]))
            .build();
        assert_eq!(replicas(&topology, "simple", 0), [11, 21, 12, 22, 13, 23, 14]);
        assert_eq!(replicas(&topology, "network", 150), [23, 21, 22]);
    }

    #[test]
    fn a_single_node_has_everything() {
        let topology = topology([node(1, "dc1", "r1", &[42])]).keyspace("ks", simple(1)).build();
        for token in [i64::MIN, 41, 42, 43, i64::MAX] {
            assert_eq!(replicas(&topology, "ks", token), [1]);
        }
    }

    #[test]
    fn tokens_of_one_node_in_a_row_count_once() {
        let nodes = [node(1, "dc1", "r1", &[1, 2, 3, 10]), node(2, "dc1", "r1", &[4, 20])];
        let topology = topology(nodes).keyspace("ks", simple(2)).build();
        assert_eq!(replicas(&topology, "ks", 1), [1, 2]);
        assert_eq!(replicas(&topology, "ks", 4), [2, 1]);
    }

    #[test]
    fn every_node_on_the_ring_replicates_a_keyspace_that_is_everywhere() {
        let nodes = [node(1, "dc1", "r1", &[1]), node(2, "dc2", "r1", &[2]), node(3, "dc2", "r1", &[])];
        let topology =
            topology(nodes).local_datacenter("dc2").keyspace("ks", ReplicationStrategy::Everywhere).build();
        assert_eq!(replicas(&topology, "ks", 0), [2, 1]);
    }

    #[test]
    fn nothing_is_known_of_other_keyspaces_and_strategies() {
        let other = ReplicationStrategy::from_options([("class", "TheirStrategy")]);
        let topology = two_datacenters()
            .keyspace("system", ReplicationStrategy::Local)
            .keyspace("theirs", other)
            .keyspace("nowhere", network(&[]))
            .keyspace("none", simple(0))
            .build();
        for keyspace in ["system", "theirs", "nowhere", "none", "missing", ""] {
            assert!(topology.replicas(keyspace, &Token::murmur3(0)).is_empty(), "{keyspace}");
        }
        assert_eq!(topology.replication("missing"), None);
        assert_eq!(topology.replication("system"), Some(&ReplicationStrategy::Local));
    }

    #[test]
    fn without_a_known_partitioner_no_replicas_are_known() {
        let topology = two_datacenters().partitioner(None).build();
        assert!(topology.ring().is_empty());
        assert!(topology.replicas("ks", &Token::murmur3(0)).is_empty());
        assert!(Topology::builder().keyspace("ks", simple(3)).build().nodes().is_empty());
    }

    #[test]
    fn ordered_keys_are_routed_too() {
        let ordered = |id: u8, token: &[u8]| {
            let token = Token::byte_ordered(token);
            Node::builder(Uuid::from_u128(id.into()), ([127, 0, 0, id], 9042).into()).tokens([token]).build()
        };
        let topology = topology([ordered(1, b"m"), ordered(2, b"z")])
            .partitioner(Partitioner::ByteOrdered)
            .keyspace("ks", simple(1))
            .build();
        let replicas = topology.replicas("ks", &Token::byte_ordered(*b"n"));
        assert_eq!(ids(&topology, replicas.all()), [2]);
    }

    #[test]
    fn a_host_id_is_one_node() {
        let topology = topology([node(1, "dc1", "r1", &[1]), node(1, "dc2", "r2", &[2])]).build();
        assert_eq!(topology.nodes().len(), 1);
        assert_eq!(topology.ring().len(), 1);
        assert_eq!(topology.node_by_host_id(Uuid::from_u128(1)).map(NodeIndex::as_usize), Some(0));
        assert_eq!(topology.node_by_host_id(Uuid::from_u128(2)), None);
    }

    #[test]
    fn equal_replication_is_computed_once_and_survives_a_change_of_schema() {
        let before = two_datacenters().keyspace("simple", simple(2)).build();
        let after = before.with_keyspaces([
            ("other", network(&[("dc2", "2"), ("dc1", "3")])),
            ("another", network(&[("dc1", "3"), ("dc2", "2")])),
        ]);
        let table = |topology: &Topology, keyspace| {
            topology.keyspace(keyspace, None).unwrap().replicas.clone().unwrap()
        };
        assert!(Arc::ptr_eq(&table(&before, "ks"), &table(&after, "other")));
        assert!(Arc::ptr_eq(&table(&before, "ks"), &table(&after, "another")));
        assert!(after.replicas("simple", &Token::murmur3(0)).is_empty(), "a keyspace that was dropped");
        assert_eq!(after.changes_since(&before).kept().len(), 7);
    }

    #[test]
    fn ranges_with_the_same_replicas_share_them() {
        let tokens = |offset: i64| (0..100).map(|at| at * 3 + offset).collect::<Vec<_>>();
        let nodes = [0_u8, 1, 2].map(|at| node(at, "dc1", "r1", &tokens(at.into())));
        let topology = topology(nodes).keyspace("ks", simple(3)).build();
        let table = topology.keyspace("ks", None).unwrap().replicas.as_ref().unwrap();
        assert_eq!(table.members_stored(), 3 * 3, "three rotations of three nodes");
    }
}
