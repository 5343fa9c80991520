//! A cluster, as a test sees and treats it.

mod builder;
#[cfg(feature = "engine")]
mod embedded;

pub use builder::ClusterBuilder;
#[cfg(feature = "engine")]
pub use embedded::EmbeddedCluster;

use crate::log::Log;
use crate::network::Network;
use crate::node::Node;
use crate::prime::{Prime, Primed, Scope};
use crate::rows::Rows;
use crate::shared::Shared;
use crate::statements::Declared;
use crate::sync::lock;
use crate::system;
use crate::topology::Table;
use cql_protocol::response::Event;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A simulated cluster. Dropping it stops everything.
#[derive(Debug)]
pub struct SimCluster {
    pub(crate) shared: Arc<Shared>,
    in_memory: Network,
}

impl Drop for SimCluster {
    fn drop(&mut self) {
        self.shared.stop();
        for node in self.nodes() {
            let address = lock(&self.shared.topology).nodes[node.index()].address;
            if let Some(address) = address {
                self.in_memory.close(address);
            }
        }
    }
}

impl SimCluster {
    /// Starts with no node, release 5.0.6, on this machine's loopback.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::new()
    }

    /// The addresses of all nodes, for a driver to connect to.
    #[must_use]
    pub fn contact_points(&self) -> Vec<String> {
        self.nodes().iter().map(|node| node.address().to_string()).collect()
    }

    /// All nodes, in the order of their numbers; those removed from the ring among them.
    #[must_use]
    pub fn nodes(&self) -> Vec<Node> {
        let node = |state| Node { shared: Arc::clone(&self.shared), state };
        self.shared.nodes().into_iter().map(node).collect()
    }

    /// The node of that number.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    #[allow(clippy::panic, reason = "a mistake in a test")]
    pub fn node(&self, index: usize) -> Node {
        match self.nodes().into_iter().nth(index) {
            Some(node) => node,
            None => panic!("there is no node {index}"),
        }
    }

    /// The network that a cluster built [`in_memory`](ClusterBuilder::in_memory) is on. Nobody listens on that of another.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.in_memory
    }

    /// What has happened.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.shared.log
    }

    /// How many connections all nodes have.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.nodes().iter().map(Node::connection_count).sum()
    }

    /// Waits until all nodes together have exactly so many connections.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared.log.wait_until(|_| self.connection_count() == count).await;
    }

    /// Answers requests to any node; goes before what was primed earlier.
    pub fn prime(&self, prime: Prime) -> Primed {
        self.shared.primes.add(Scope::Cluster, prime)
    }

    /// Answers requests to any node of a data centre; goes before what was primed earlier.
    pub fn prime_datacenter(&self, name: &str, prime: Prime) -> Primed {
        self.shared.primes.add(Scope::Datacenter(name.to_owned()), prime)
    }

    /// Takes all primes out of force, those of nodes and connections included.
    pub fn clear_primes(&self) {
        self.shared.primes.clear();
    }

    /// Declares what a statement binds and returns.
    pub fn declare(&self, statement: Declared) {
        lock(&self.shared.declared).push(statement);
    }

    /// Declares a table, in place of an earlier one of its name.
    pub fn declare_table(&self, table: Table) {
        lock(&self.shared.topology).set_table(table);
    }

    /// Declares a keyspace with its replication, in place of an earlier one of its name.
    pub fn declare_keyspace(&self, name: &str, replication: &[(&str, &str)]) {
        lock(&self.shared.topology).set_keyspace(name, replication);
    }

    /// Pushes an event on every connection that registered for it.
    pub fn push(&self, event: &Event) {
        self.shared.nodes().iter().for_each(|node| node.push(event));
    }

    /// Sets the version of the schema on all nodes.
    pub fn set_schema_version(&self, version: Uuid) {
        self.nodes().iter().for_each(|node| node.set_schema_version(version));
    }

    /// The rows that a node has in a system table, to be changed and primed. `None` when it has no such table.
    #[must_use]
    pub fn system_rows(&self, node: usize, keyspace: &str, table: &str) -> Option<Rows> {
        system::table(&lock(&self.shared.topology), node, keyspace, table)
    }

    /// Starts another node in a data centre and adds it to the ring. Nobody is told by an event.
    ///
    /// # Errors
    /// When it finds no address to listen at.
    ///
    /// # Cancel safety
    /// The node may be in the ring without being started.
    pub async fn add_node(&self, datacenter: &str) -> io::Result<Node> {
        let (index, address) = builder::join(&self.shared, datacenter);
        let node = Node { shared: Arc::clone(&self.shared), state: self.shared.add_node(index) };
        node.start_at(address).await?;
        Ok(node)
    }

    /// Takes a node out of the ring: the others do not list it any more. It is not stopped.
    pub fn remove_node(&self, index: usize) {
        if let Some(spec) = lock(&self.shared.topology).nodes.get_mut(index) {
            spec.member = false;
        }
    }

    /// The addresses of all nodes.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes().iter().map(Node::address).collect()
    }
}
