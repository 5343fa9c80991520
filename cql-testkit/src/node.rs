//! One node, as a test sees and treats it.

use crate::connection::{self, Connection};
use crate::fault::Chunking;
use crate::network::Listener;
use crate::prime::{Prime, Primed, Scope};
use crate::shared::{NodeState, Shared};
use crate::sync::{OwnedTask, lock};
use crate::topology::NodeSpec;
use cql_protocol::response::Event;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A node of a cluster. Cheap to clone; all clones are the same node.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: Arc<NodeState>,
}

impl Node {
    /// Its number, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.state.index
    }

    /// Where it listens, or did.
    ///
    /// # Panics
    /// When it has never been started.
    #[must_use]
    #[track_caller]
    #[allow(clippy::panic, reason = "nodes are started before tests get to see them")]
    pub fn address(&self) -> SocketAddr {
        match self.spec().address {
            Some(address) => address,
            None => panic!("node {} has never been started", self.index()),
        }
    }

    /// Its identity.
    #[must_use]
    pub fn host_id(&self) -> Uuid {
        self.spec().host_id
    }

    /// Its connections, the oldest first.
    #[must_use]
    pub fn connections(&self) -> Vec<Connection> {
        let links = self.state.links();
        links.into_iter().map(|link| Connection { shared: Arc::clone(&self.shared), link }).collect()
    }

    /// How many connections it has.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        lock(&self.state.links).len()
    }

    /// Waits until it has exactly so many connections.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn wait_for_connections(&self, count: usize) {
        self.shared.log.wait_until(|_| self.connection_count() == count).await;
    }

    /// Answers requests to this node; goes before what was primed earlier.
    pub fn prime(&self, prime: Prime) -> Primed {
        self.shared.primes.add(Scope::Node(self.index()), prime)
    }

    /// Pushes an event on those of its connections that registered for it.
    pub fn push(&self, event: &Event) {
        self.state.push(event);
    }

    /// Hands bytes of responses to the network in such chunks.
    pub fn set_chunking(&self, chunking: Chunking) {
        *lock(&self.state.chunking) = chunking;
    }

    /// Sets the version of the schema that it says it has.
    pub fn set_schema_version(&self, version: Uuid) {
        self.change(|spec| spec.schema_version = version);
    }

    /// How many statements it has prepared.
    #[must_use]
    pub fn prepared_count(&self) -> usize {
        lock(&self.state.statements).len()
    }

    /// Evicts a prepared statement: its id is unknown until it is prepared again.
    pub fn forget(&self, text: &str) {
        lock(&self.state.statements).forget(text);
    }

    /// Evicts all prepared statements.
    pub fn forget_all(&self) {
        lock(&self.state.statements).forget_all();
    }

    /// Evicts a prepared statement, and gives it another id when it is prepared again.
    pub fn change_statement_id(&self, text: &str) {
        lock(&self.state.statements).change_id(text);
    }

    /// Reads no more from any connection, those to come included: it accepts them and says nothing.
    pub fn pause_reading(&self) {
        self.accept_and_hang();
        self.connections().iter().for_each(Connection::pause_reading);
    }

    /// Reads again from all connections.
    pub fn resume_reading(&self) {
        *lock(&self.state.serves) = true;
        self.connections().iter().for_each(Connection::resume_reading);
    }

    /// Accepts new connections and says nothing on them. Those it has are served as before.
    pub fn accept_and_hang(&self) {
        *lock(&self.state.serves) = false;
    }

    /// Lets connection attempts wait for an answer that never comes. Within the process only: on loopback it refuses.
    ///
    /// # Cancel safety
    /// The node may be left accepting.
    pub async fn black_hole(&self) {
        self.refuse().await;
        if let Some(network) = &self.shared.network {
            network.black_hole(self.address());
        }
    }

    /// Refuses new connections. Those it has are served as before.
    ///
    /// # Cancel safety
    /// The node may go on accepting for a moment.
    pub async fn refuse(&self) {
        self.change(|spec| spec.is_up = false);
        let listener = lock(&self.state.listener).take();
        if let (Some(network), Some(address)) = (&self.shared.network, self.spec().address) {
            network.close(address);
        }
        if let Some(listener) = listener {
            listener.end().await;
        }
    }

    /// Closes all its connections.
    ///
    /// # Cancel safety
    /// They are closed in any case.
    pub async fn close_connections(&self) {
        for task in self.state.take_links() {
            task.end().await;
        }
    }

    /// Resets all its connections.
    pub fn reset_connections(&self) {
        self.connections().iter().for_each(Connection::reset);
    }

    /// Stops: refuses new connections and closes those it has.
    ///
    /// # Cancel safety
    /// As [`Node::refuse`].
    pub async fn stop(&self) {
        self.refuse().await;
        self.close_connections().await;
    }

    /// Accepts connections again, at the address it had.
    ///
    /// # Errors
    /// When that address has been taken since.
    ///
    /// # Cancel safety
    /// It is started or not.
    pub async fn start(&self) -> io::Result<()> {
        self.start_at(self.spec().address).await
    }

    /// Stops, loses its prepared statements, and starts.
    ///
    /// # Errors
    /// As [`Node::start`].
    ///
    /// # Cancel safety
    /// It may be left stopped.
    pub async fn restart(&self) -> io::Result<()> {
        self.restart_as(|_| {}).await
    }

    /// Stops, loses its prepared statements, and starts as another: with another address, identity, release …
    ///
    /// # Errors
    /// As [`Node::start`].
    ///
    /// # Cancel safety
    /// It may be left stopped.
    pub async fn restart_as(&self, change: impl FnOnce(&mut NodeSpec)) -> io::Result<()> {
        self.stop().await;
        self.forget_all();
        self.resume_reading();
        self.change(change);
        self.start().await
    }

    pub(crate) async fn start_at(&self, address: Option<SocketAddr>) -> io::Result<()> {
        let (network, buffer) = (self.shared.network.as_ref(), self.shared.settings.socket_buffer);
        let wanted = address.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
        let mut listener = Listener::bind(network, wanted, buffer).await?;
        let address = listener.local_address().unwrap_or(wanted);
        self.change(|spec| (spec.address, spec.is_up) = (Some(address), true));
        let (shared, state) = (Arc::clone(&self.shared), Arc::clone(&self.state));
        let task = OwnedTask::spawn(async move {
            while let Ok(accepted) = listener.accept().await {
                connection::serve(&shared, &state, accepted);
            }
        });
        *lock(&self.state.listener) = Some(task);
        Ok(())
    }

    fn spec(&self) -> NodeSpec {
        let topology = lock(&self.shared.topology);
        topology.nodes[self.state.index].clone()
    }

    fn change(&self, change: impl FnOnce(&mut NodeSpec)) {
        if let Some(spec) = lock(&self.shared.topology).nodes.get_mut(self.state.index) {
            change(spec);
        }
    }
}
