//! Reads the nodes and the keyspaces of a cluster from its system tables.

use super::replication_2x;
use crate::config::AddressTranslator;
use crate::connection::{Connection, query};
use crate::error::{Error, ErrorKind};
use crate::result::QueryResult;
use crate::routing::{Partitioner, Token};
use crate::sync::{Mutex, lock};
use crate::topology::{Node, ReleaseVersion, ReplicationStrategy, Topology};
use cql_protocol::response::ErrorCode;
use cql_protocol::value::RawRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Reads the system tables of one node.
pub(super) struct Refresh<'a> {
    pub(super) connection: &'a Arc<Connection>,
    pub(super) timeout: Duration,
    pub(super) known: Option<Known<'a>>,
    pub(super) translator: Option<&'a AddressTranslator>,
}

/// What was known before.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) topology: &'a Topology,
    pub(super) strikes: &'a Strikes,
}

/// How often in a row the row of a known node made no sense. Such rows come and go while a node joins or moves, and its
/// connections are not closed for that: it is kept until the third time.
#[derive(Debug, Default)]
pub(super) struct Strikes(Mutex<HashMap<Uuid, u8>>);

impl Strikes {
    const OUT: u8 = 3;

    fn forgive(&self, host_id: Uuid) {
        lock(&self.0).remove(&host_id);
    }

    fn strike(&self, host_id: Uuid) -> bool {
        let mut strikes = lock(&self.0);
        let count = strikes.entry(host_id).or_default();
        *count = count.saturating_add(1).min(Self::OUT);
        *count < Self::OUT
    }
}

impl Known<'_> {
    /// The node that a row without sense is about, while it is to be kept.
    fn spared(&self, row: &RawRow<'_>, default_port: u16) -> Option<Node> {
        let host_id = row.value::<Option<Uuid>>("host_id").ok().flatten();
        let address = peer_address(row, default_port);
        let is_it = |node: &&Arc<Node>| {
            Some(node.host_id()) == host_id || (host_id.is_none() && Some(node.address()) == address)
        };
        let node = self.topology.nodes().iter().find(is_it)?;
        self.strikes.strike(node.host_id()).then(|| Node::clone(node))
    }
}

impl Refresh<'_> {
    /// The topology as the node sees it. The local data centre is that of the node unless it is given.
    pub(super) async fn topology(&self, local_datacenter: Option<&str>) -> Result<Topology, Error> {
        let local = self.query("SELECT * FROM system.local WHERE key = 'local'").await?;
        let row = local
            .first_row::<RawRow<'_>>()?
            .ok_or_else(|| Error::new(ErrorKind::UnexpectedResponse("system.local is empty")))?;
        let partitioner = partitioner(&row);
        let address = self.connection.address();
        let Some(mut own) = node(&row, address, partitioner) else {
            let problem = "system.local lacks host id, data centre or tokens; the node may still be joining";
            return Err(Error::new(ErrorKind::UnexpectedResponse(problem)).at(address));
        };
        if let Some(announced) = peer_address(&row, address.port()) {
            own = own.announced_at(announced);
        }
        let local_datacenter = local_datacenter.unwrap_or(own.datacenter()).to_owned();
        let cluster_name = row.value::<Option<&str>>("cluster_name").ok().flatten();
        self.check_cluster(cluster_name)?;
        let mut nodes = BTreeMap::from([(own.host_id(), own)]);
        for peer in self.peers(address.port(), partitioner).await? {
            nodes.entry(peer.host_id()).or_insert_with(|| self.translated(peer));
        }
        let mut topology = Topology::builder()
            .nodes(nodes.into_values().map(Arc::new))
            .local_datacenter(local_datacenter)
            .partitioner(partitioner);
        if let Some(name) = cluster_name {
            topology = topology.cluster_name(name);
        }
        for (name, replication) in self.keyspaces().await? {
            topology = topology.keyspace(name, replication);
        }
        Ok(topology.build())
    }

    /// The address of a node may have come to another cluster's.
    fn check_cluster(&self, found: Option<&str>) -> Result<(), Error> {
        let expected = self.known.and_then(|known| known.topology.cluster_name());
        match (expected, found) {
            (Some(expected), Some(found)) if **expected != *found => {
                tracing::warn!(node = %self.connection.address(), %expected, found, "a node of another cluster");
                Err(Error::new(ErrorKind::UnexpectedResponse("the node belongs to another cluster")))
            }
            _ => Ok(()),
        }
    }

    /// A peer at the address where it is reached from here. What was kept from before is translated already.
    fn translated(&self, node: Node) -> Node {
        match self.translator {
            Some(translator) if node.address() == node.announced_address() => {
                let address = (translator.0)(&node);
                node.with_address(address)
            }
            _ => node,
        }
    }

    async fn query(&self, text: &str) -> Result<QueryResult, Error> {
        query(self.connection, text, self.timeout).await
    }

    /// As [`Refresh::query`]; `None` when the node has no such table.
    async fn query_if_there(&self, text: &str) -> Result<Option<QueryResult>, Error> {
        match self.query(text).await {
            Ok(result) => Ok(Some(result)),
            Err(error) if error.server_error().is_some_and(|error| error.code == ErrorCode::INVALID) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn peers(&self, default_port: u16, partitioner: Option<Partitioner>) -> Result<Vec<Node>, Error> {
        let peers = match self.query_if_there("SELECT * FROM system.peers_v2").await? {
            Some(peers) => peers,
            None => self.query("SELECT * FROM system.peers").await?,
        };
        let mut nodes = Vec::new();
        for row in peers.rows::<RawRow<'_>>()? {
            let row = row?;
            let peer = peer_address(&row, default_port).and_then(|address| node(&row, address, partitioner));
            if let Some(peer) = peer {
                if let Some(known) = self.known {
                    known.strikes.forgive(peer.host_id());
                }
                nodes.push(peer);
                continue;
            }
            tracing::warn!(
                control_node = %self.connection.address(),
                peer = ?row.value::<Option<IpAddr>>("peer").ok().flatten(),
                "a row of the peers table lacks an address, host id, data centre or tokens, ignored",
            );
            nodes.extend(self.known.and_then(|known| known.spared(&row, default_port)));
        }
        Ok(nodes)
    }

    async fn keyspaces(&self) -> Result<Vec<(String, ReplicationStrategy)>, Error> {
        let text = "SELECT keyspace_name, replication FROM system_schema.keyspaces";
        if let Some(keyspaces) = self.query_if_there(text).await? {
            let mut found = Vec::new();
            for row in keyspaces.rows::<(&str, BTreeMap<&str, &str>)>()? {
                let (name, replication) = row?;
                found.push((name.to_owned(), ReplicationStrategy::from_options(replication)));
            }
            return Ok(found);
        }
        let text = "SELECT keyspace_name, strategy_class, strategy_options FROM system.schema_keyspaces";
        let keyspaces = self.query(text).await?;
        let mut found = Vec::new();
        for row in keyspaces.rows::<(&str, &str, &str)>()? {
            let (name, class, options) = row?;
            found.push((name.to_owned(), replication_2x::strategy(class, options)));
        }
        Ok(found)
    }
}

fn partitioner(local: &RawRow<'_>) -> Option<Partitioner> {
    let class = local.value::<&str>("partitioner").ok()?;
    let partitioner = Partitioner::from_class_name(class);
    if partitioner.is_none() {
        tracing::warn!(
            partitioner = class,
            "unknown partitioner: requests go to any node rather than to a replica"
        );
    }
    partitioner
}

/// The address for clients of a row of `peers_v2` or `peers`.
fn peer_address(row: &RawRow<'_>, default_port: u16) -> Option<SocketAddr> {
    let address = |name| row.value::<Option<IpAddr>>(name).ok().flatten();
    let port = row.value::<Option<i32>>("native_port").ok().flatten();
    let port =
        port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0).unwrap_or(default_port);
    let mut ip = address("native_address").or_else(|| address("rpc_address"))?;
    if ip.is_unspecified() {
        // It listens on all of its addresses; the one its peers use is as good as any.
        ip = address("peer")?;
    }
    Some(SocketAddr::new(ip, port))
}

/// A node, unless its row lacks what makes one.
fn node(row: &RawRow<'_>, address: SocketAddr, partitioner: Option<Partitioner>) -> Option<Node> {
    let text = |name| row.value::<Option<&str>>(name).ok().flatten();
    let uuid = |name| row.value::<Option<Uuid>>(name).ok().flatten();
    let tokens: BTreeSet<&str> = row.value("tokens").ok()?;
    let tokens: Vec<Token> =
        tokens.into_iter().filter_map(|token| partitioner?.parse_token(token).ok()).collect();
    if tokens.is_empty() && partitioner.is_some() {
        return None;
    }
    let release: Option<ReleaseVersion> = text("release_version").and_then(|version| version.parse().ok());
    let builder = Node::builder(uuid("host_id")?, address)
        .datacenter(text("data_center")?)
        .rack(text("rack").unwrap_or_default())
        .release_version(release)
        .schema_version(uuid("schema_version"))
        .tokens(tokens);
    Some(builder.build())
}
