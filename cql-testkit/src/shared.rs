//! What all parts of a running cluster share.

use crate::connection::Link;
use crate::fault::Chunking;
use crate::log::Log;
use crate::network::Network;
use crate::prime::Primes;
use crate::reply::Reply;
use crate::statements::{Declared, Store};
use crate::sync::{OwnedTask, lock};
use crate::topology::Topology;
use cql_protocol::response::Event;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// A running cluster.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) topology: Mutex<Topology>,
    pub(crate) nodes: Mutex<Vec<Arc<NodeState>>>,
    pub(crate) primes: Primes,
    pub(crate) declared: Mutex<Vec<Declared>>,
    pub(crate) log: Log,
    /// Where nodes listen, unless they do on this machine's loopback.
    pub(crate) network: Option<Network>,
    /// What answers statements, if they are really executed.
    #[cfg(feature = "engine")]
    pub(crate) engine: Option<crate::engine::Engine>,
    next_connection: AtomicU64,
}

/// What a cluster was built with and keeps.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) seed: u64,
    /// User and password, if clients must say them.
    pub(crate) credentials: Option<(String, String)>,
    /// What is answered to statements that nothing is primed for, unless by custom.
    pub(crate) unprimed: Option<Reply>,
    /// Bytes of requests that a connection takes at a time.
    pub(crate) max_bytes_in_flight: Option<usize>,
    /// Bytes that a connection within the process holds in each direction.
    pub(crate) socket_buffer: usize,
    /// Whether requests and responses are in the log.
    pub(crate) is_logged: bool,
    /// Whether statements are executed.
    #[cfg(feature = "engine")]
    pub(crate) engine: bool,
    /// How connections are encrypted, if they are.
    #[cfg(feature = "rustls")]
    pub(crate) tls: Option<crate::tls::Acceptor>,
}

/// What a node is at the moment, beside what the system tables tell.
#[derive(Debug)]
pub(crate) struct NodeState {
    pub(crate) index: usize,
    pub(crate) statements: Mutex<Store>,
    pub(crate) links: Mutex<BTreeMap<u64, Arc<Link>>>,
    pub(crate) listener: Mutex<Option<OwnedTask>>,
    /// Whether new connections are served, rather than left alone.
    pub(crate) serves: Mutex<bool>,
    pub(crate) chunking: Mutex<Chunking>,
}

impl Shared {
    pub(crate) fn new(settings: Settings, topology: Topology, network: Option<Network>) -> Self {
        #[cfg(feature = "engine")]
        let engine = settings.engine.then(crate::engine::Engine::new);
        let log = Log::new(settings.is_logged);
        Shared {
            settings,
            topology: Mutex::new(topology),
            nodes: Mutex::default(),
            primes: Primes::default(),
            declared: Mutex::default(),
            log,
            network,
            #[cfg(feature = "engine")]
            engine,
            next_connection: AtomicU64::new(0),
        }
    }

    pub(crate) fn next_connection(&self) -> u64 {
        self.next_connection.fetch_add(1, Relaxed)
    }

    pub(crate) fn nodes(&self) -> Vec<Arc<NodeState>> {
        lock(&self.nodes).clone()
    }

    pub(crate) fn add_node(&self, index: usize) -> Arc<NodeState> {
        let node = Arc::new(NodeState {
            index,
            statements: Mutex::default(),
            links: Mutex::default(),
            listener: Mutex::new(None),
            serves: Mutex::new(true),
            chunking: Mutex::default(),
        });
        let mut nodes = lock(&self.nodes);
        nodes.push(Arc::clone(&node));
        self.log.set_nodes(nodes.len());
        node
    }

    /// Ends all tasks.
    pub(crate) fn stop(&self) {
        for node in self.nodes() {
            lock(&node.listener).take();
            node.take_links();
        }
    }
}

impl NodeState {
    pub(crate) fn links(&self) -> Vec<Arc<Link>> {
        lock(&self.links).values().cloned().collect()
    }

    /// Takes all connections away, which ends those that nobody else holds.
    pub(crate) fn take_links(&self) -> Vec<OwnedTask> {
        let links = self.links();
        links.iter().filter_map(|link| link.take_task()).collect()
    }

    /// Pushes an event on the connections that registered for it.
    pub(crate) fn push(&self, event: &Event) {
        for link in self.links() {
            if link.wants(&event.event_type()) {
                link.push(event);
            }
        }
    }
}
