//! Describes a cluster and starts it.

use super::SimCluster;
use crate::network::Network;
use crate::node::Node;
use crate::random::Random;
use crate::release::Release;
use crate::reply::Reply;
use crate::shared::{Settings, Shared};
use crate::sync::lock;
use crate::topology::{NodeSpec, Table, Topology, even_tokens};
use cql_protocol::ProtocolVersion;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use uuid::Uuid;

/// Describes a [`SimCluster`].
#[derive(Debug)]
#[must_use]
pub struct ClusterBuilder {
    datacenters: Vec<(String, usize)>,
    release: Release,
    max_protocol: Option<ProtocolVersion>,
    tokens: usize,
    in_memory: bool,
    settings: Settings,
    topology: Topology,
    adjust: Option<Adjust>,
}

struct Adjust(Box<dyn Fn(&mut NodeSpec) + Send>);

impl std::fmt::Debug for Adjust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adjust")
    }
}

impl ClusterBuilder {
    #[allow(clippy::expect_used, reason = "the literal is a version")]
    pub(super) fn new() -> Self {
        ClusterBuilder {
            datacenters: Vec::new(),
            release: Release::parse("5.0.6").expect("a version"),
            max_protocol: None,
            tokens: 1,
            in_memory: false,
            settings: Settings {
                seed: 0,
                credentials: None,
                unprimed: None,
                max_bytes_in_flight: None,
                socket_buffer: 256 << 10,
                is_logged: true,
                #[cfg(feature = "engine")]
                engine: false,
                #[cfg(feature = "rustls")]
                tls: None,
            },
            topology: Topology { cluster_name: "Simulated".to_owned(), ..Topology::default() },
            adjust: None,
        }
    }

    /// Another data centre with so many nodes. Default, if none is named: `dc1` with one.
    pub fn dc(mut self, name: &str, nodes: usize) -> Self {
        self.datacenters.push((name.to_owned(), nodes));
        self
    }

    /// The release of all nodes, which decides how they negotiate versions and which system tables they have. Nodes
    /// before 4.0 have no port of their own in `system.peers`: they get addresses of their own and share a port, which
    /// needs all of 127/8 to be local, as it is on Linux. Default: 5.0.6.
    ///
    /// # Panics
    /// When the text does not begin with two numbers.
    #[track_caller]
    #[allow(clippy::panic, reason = "a mistake in a test")]
    pub fn version(mut self, release: &str) -> Self {
        match Release::parse(release) {
            Some(release) => self.release = release,
            None => panic!("`{release}` is no version"),
        }
        self
    }

    /// The newest protocol version that nodes do not refuse. Default: that of their release.
    pub fn max_protocol(mut self, version: ProtocolVersion) -> Self {
        self.max_protocol = Some(version);
        self
    }

    /// Tokens of each node. Default: 1.
    pub fn tokens_per_node(mut self, tokens: usize) -> Self {
        self.tokens = tokens.max(1);
        self
    }

    /// Puts the nodes on a [`Network`] within the process: 10.0.*dc*.*node*, port 9042. Nothing then waits for the
    /// operating system, so that tokio's clock can be paused.
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// Bytes that a connection within the process holds in each direction. Default: 256 KiB.
    pub fn socket_buffer(mut self, bytes: usize) -> Self {
        self.settings.socket_buffer = bytes;
        self
    }

    /// Asks clients for this user and password. Default: does not ask.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.settings.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Encrypts all connections; with that configuration nodes may ask for certificates of clients. Default: plain text.
    #[cfg(feature = "rustls")]
    pub fn tls(mut self, config: Arc<tokio_rustls::rustls::ServerConfig>) -> Self {
        self.settings.tls = Some(crate::tls::Acceptor::new(config));
        self
    }

    /// Keeps no log of requests and responses, which grows with each of them; connections are in it still.
    pub fn without_log(mut self) -> Self {
        self.settings.is_logged = false;
        self
    }

    /// Has nodes execute statements for which nothing is primed, as Cassandra does, on tables in memory.
    #[cfg(feature = "engine")]
    pub fn engine(mut self) -> Self {
        self.settings.engine = true;
        self
    }

    /// Answers statements so for which nothing is primed. Default: writes are done, changes of the schema are answered
    /// as such, and everything else is an error that names the statement.
    pub fn unprimed(mut self, reply: Reply) -> Self {
        self.settings.unprimed = Some(reply);
        self
    }

    /// Takes no more than so many bytes of requests at a time on a connection: beyond, a client that asked for it in
    /// STARTUP is told OVERLOADED, and of others nothing more is read until something was answered. Default: no limit.
    pub fn max_bytes_in_flight(mut self, bytes: usize) -> Self {
        self.settings.max_bytes_in_flight = Some(bytes);
        self
    }

    /// A keyspace with its replication.
    pub fn keyspace(mut self, name: &str, replication: &[(&str, &str)]) -> Self {
        self.topology.set_keyspace(name, replication);
        self
    }

    /// A keyspace on so many nodes, by SimpleStrategy.
    pub fn simple_keyspace(self, name: &str, replication_factor: usize) -> Self {
        let factor = replication_factor.to_string();
        let class = "org.apache.cassandra.locator.SimpleStrategy";
        self.keyspace(name, &[("class", class), ("replication_factor", &factor)])
    }

    /// A table: its keyspace is to be declared too.
    pub fn table(mut self, table: Table) -> Self {
        self.topology.set_table(table);
        self
    }

    /// What is random repeats itself with the same seed. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Changes what nodes are, one after the other, before they start.
    pub fn each_node(mut self, adjust: impl Fn(&mut NodeSpec) + Send + 'static) -> Self {
        self.adjust = Some(Adjust(Box::new(adjust)));
        self
    }

    /// Starts all nodes.
    ///
    /// # Errors
    /// When a node finds no address to listen at.
    ///
    /// # Cancel safety
    /// What was started is stopped.
    pub async fn start(mut self) -> io::Result<SimCluster> {
        if self.datacenters.is_empty() {
            self.datacenters.push(("dc1".to_owned(), 1));
        }
        let nodes = self.describe_nodes()?;
        let network = Network::default();
        self.topology.nodes = nodes;
        let count = self.topology.nodes.len();
        let used = self.in_memory.then(|| network.clone());
        let shared = Arc::new(Shared::new(self.settings, self.topology, used));
        let cluster = SimCluster { shared: Arc::clone(&shared), in_memory: network };
        for index in 0..count {
            let node = Node { shared: Arc::clone(&shared), state: shared.add_node(index) };
            node.start().await?;
        }
        Ok(cluster)
    }

    fn describe_nodes(&self) -> io::Result<Vec<NodeSpec>> {
        let mut random = Random::new(self.settings.seed);
        let schema_version = random_uuid(&mut random);
        let count: usize = self.datacenters.iter().map(|(_, nodes)| nodes).sum();
        let mut nodes: Vec<NodeSpec> = Vec::new();
        for (dc, (datacenter, size)) in self.datacenters.iter().enumerate() {
            for place in 0..*size {
                let index = nodes.len();
                let mut spec = NodeSpec {
                    index,
                    address: self.in_memory.then(|| memory_address(dc, place)),
                    datacenter: datacenter.clone(),
                    rack: "rack1".to_owned(),
                    tokens: even_tokens(index, count, self.tokens),
                    host_id: random_uuid(&mut random),
                    schema_version,
                    release: self.release.clone(),
                    newest_protocol: self.max_protocol.unwrap_or_else(|| self.release.newest_protocol()),
                    member: true,
                    is_up: false,
                };
                if let Some(Adjust(adjust)) = &self.adjust {
                    adjust(&mut spec);
                }
                nodes.push(spec);
            }
        }
        let tells_ports = nodes.iter().all(|node| node.release.has_peers_v2());
        if !self.in_memory && !tells_ports {
            share_a_port(&mut nodes)?;
        }
        Ok(nodes)
    }
}

fn memory_address(dc: usize, place: usize) -> SocketAddr {
    let part = |number: usize| u8::try_from(number).unwrap_or(u8::MAX);
    SocketAddr::from(([10, 0, part(dc), part(place + 1)], 9042))
}

fn random_uuid(random: &mut Random) -> Uuid {
    let (high, low) = (random.bits().to_be_bytes(), random.bits().to_be_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(high.into_iter().chain(low)).for_each(|(byte, value)| *byte = value);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Which of 127/8 the next cluster takes.
static NEXT_SUBNET: AtomicU8 = AtomicU8::new(1);

/// Gives each node an address of its own and all the same port, one that is free at each of them.
fn share_a_port(nodes: &mut [NodeSpec]) -> io::Result<()> {
    let [process, ..] = std::process::id().to_le_bytes();
    let subnet = NEXT_SUBNET.fetch_add(1, Relaxed);
    let ip = |index: usize| {
        IpAddr::from([127, process.max(1), subnet, u8::try_from(index + 1).unwrap_or(u8::MAX)])
    };
    let mut last = io::Error::other("no port is free");
    for _ in 0..16 {
        let held = TcpListener::bind((ip(0), 0))?;
        let port = held.local_addr()?.port();
        let others: io::Result<Vec<TcpListener>> =
            (1..nodes.len()).map(|index| TcpListener::bind((ip(index), port))).collect();
        match others {
            Ok(_) => {
                for node in nodes {
                    node.address.get_or_insert(SocketAddr::new(ip(node.index), port));
                }
                return Ok(());
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Adds a node to the ring; its tokens are between those there are.
pub(super) fn join(shared: &Shared, datacenter: &str) -> (usize, Option<SocketAddr>) {
    let mut topology = lock(&shared.topology);
    let index = topology.nodes.len();
    let mut random = Random::new(shared.settings.seed ^ u64::try_from(index).unwrap_or(0).rotate_left(40));
    let dc = topology.nodes.iter().find(|node| node.datacenter == datacenter).map(|node| node.index);
    let like = topology.nodes[dc.unwrap_or(0)].clone();
    let address = like.address.and_then(|address| match (&shared.network, like.release.has_peers_v2()) {
        (None, true) => None,
        _ => {
            let last = u8::try_from(index + 1).unwrap_or(u8::MAX);
            let [a, b, c, _] = match address.ip() {
                IpAddr::V4(v4) => v4.octets(),
                IpAddr::V6(_) => return None,
            };
            // Beyond what data centres of the beginning can have taken.
            Some(SocketAddr::from(([a, b, c, last.max(200)], address.port())))
        }
    });
    let tokens = like.tokens.iter().map(|_| random.bits().cast_signed().to_string()).collect();
    topology.nodes.push(NodeSpec {
        index,
        address,
        datacenter: datacenter.to_owned(),
        tokens,
        host_id: random_uuid(&mut random),
        member: true,
        ..like
    });
    (index, address)
}
