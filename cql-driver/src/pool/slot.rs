//! One of the connections to a node, kept open by a task of its own.

use super::presence::Presence;
use crate::config::Config;
use crate::connection::{self, AbortOnDrop, ConnectRequest, Connection, Status};
use crate::error::{ConnectCause, ConnectError};
use crate::sync::{Mutex, lock};
use arc_swap::ArcSwapOption;
use cql_protocol::ProtocolVersion;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A session's current keyspace, as `USE` set it; pools bring new connections to it.
pub(crate) type Keyspace = watch::Receiver<Option<Arc<str>>>;

/// A place for a connection, which is filled again when it is lost.
#[derive(Debug)]
pub(super) struct Slot {
    open: Arc<Open>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// What every slot of a session is filled with.
#[derive(Debug, Clone)]
pub(crate) struct Wiring {
    pub(crate) config: Arc<Config>,
    pub(crate) version: ProtocolVersion,
    pub(crate) keyspace: Keyspace,
    /// The name of the cluster, if it is known: another cluster may have come to a node's address.
    pub(crate) cluster: Option<Arc<str>>,
}

/// What the task and the requests share.
#[derive(Debug, Default)]
struct Open {
    connection: ArcSwapOption<Connection>,
    /// Why there is no connection.
    failure: Mutex<Option<Arc<ConnectError>>>,
    /// Set once: the pool ends.
    closing: watch::Sender<bool>,
    /// The node is said to be up: try at once.
    hurry: Notify,
    /// A first try has ended, well or not.
    tried: watch::Sender<bool>,
}

impl Slot {
    /// Starts connecting.
    pub(super) fn start(wiring: Wiring, address: SocketAddr, presence: Arc<Presence>) -> Arc<Self> {
        let open = Arc::new(Open::default());
        let keeper =
            Keeper { wiring, open: Arc::clone(&open), presence, address, failures: 0, retired: Vec::new() };
        let task = tokio::spawn(keeper.run());
        Arc::new(Slot { open, task: Mutex::new(Some(task)) })
    }

    /// A connection that takes requests, if there is one.
    #[inline]
    pub(super) fn connection(&self) -> Option<Arc<Connection>> {
        let connection = self.open.connection.load();
        connection.as_ref().filter(|connection| connection.is_open()).cloned()
    }

    /// How busy it is, and whether it is suspect; `None` without a connection that takes requests.
    #[inline]
    pub(super) fn load(&self) -> Option<u32> {
        let connection = self.open.connection.load();
        connection.as_ref().filter(|connection| connection.is_open()).map(|connection| connection.load())
    }

    /// Why there is none.
    pub(super) fn failure(&self) -> Option<Arc<ConnectError>> {
        lock(&self.open.failure).clone()
    }

    /// Tries to connect now instead of after the delay.
    pub(super) fn hurry(&self) {
        self.open.hurry.notify_one();
    }

    /// Waits for the end of the first try.
    pub(super) async fn tried(&self) {
        let _ = self.open.tried.subscribe().wait_for(|tried| *tried).await;
    }

    /// Takes no new requests and waits until those in flight are done and the connection is closed.
    pub(super) async fn close(&self) {
        self.open.closing.send_replace(true);
        let task = lock(&self.task).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.open.closing.send_replace(true);
    }
}

/// The task of a slot.
struct Keeper {
    wiring: Wiring,
    open: Arc<Open>,
    presence: Arc<Presence>,
    address: SocketAddr,
    failures: u32,
    /// Connections that were replaced and may still finish requests.
    retired: Vec<Arc<Connection>>,
}

impl Keeper {
    async fn run(mut self) {
        let mut closing = self.open.closing.subscribe();
        tokio::select! {
            biased;
            _ = closing.wait_for(|closing| *closing) => {}
            () = self.keep_connected() => {}
        }
        if let Some(connection) = self.open.connection.swap(None) {
            self.presence.left();
            connection.drain();
            self.retired.push(connection);
        }
        for connection in self.retired {
            connection.closed().await;
        }
    }

    /// Keeps an eye on a connection until its socket is closed.
    fn retire(&mut self, connection: Arc<Connection>) {
        self.retired.retain(|connection| !connection.is_closed());
        self.retired.push(connection);
    }

    async fn keep_connected(&mut self) {
        loop {
            let reconnection = Arc::clone(&self.wiring.config.reconnection);
            let wait = match self.connect().await {
                Ok(connection) => self.watch(connection).await,
                Err(refused) => {
                    // One that was to be replaced may have ended meanwhile.
                    self.let_go();
                    match refused {
                        // Knocking again with credentials that were refused would lock the account.
                        Refused::ForGood => reconnection.delay(u32::MAX),
                        Refused::ForNow => reconnection.delay(self.failures),
                    }
                }
            };
            tokio::select! {
                biased;
                () = tokio::time::sleep(wait) => {}
                () = self.open.hurry.notified() => {}
                // What was refused in one keyspace may be granted in another.
                Ok(()) = self.wiring.keyspace.changed() => {}
            }
        }
    }

    /// One try. A connection that was there before is drained when the new one is in its place.
    async fn connect(&mut self) -> Result<Arc<Connection>, Refused> {
        let outcome = match self.open_one().await {
            Ok(connection) => {
                *lock(&self.open.failure) = None;
                let old = self.open.connection.swap(Some(Arc::clone(&connection)));
                self.presence.opened(&connection, old.is_some());
                if let Some(old) = old {
                    old.drain();
                    self.retire(old);
                }
                if self.wiring.keyspace.has_changed().unwrap_or(false) {
                    // `USE` was executed meanwhile and may have missed this connection.
                    connection.abort();
                }
                Ok(connection)
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                tracing::warn!(node = %self.address, error = %error.cause, failures = self.failures, "cannot connect");
                let refused = match error.cause {
                    ConnectCause::Authentication(_) | ConnectCause::WrongCluster { .. } => Refused::ForGood,
                    _ => Refused::ForNow,
                };
                let error = Arc::new(error);
                *lock(&self.open.failure) = Some(Arc::clone(&error));
                self.presence.failed(&error);
                Err(refused)
            }
        };
        self.open.tried.send_replace(true);
        outcome
    }

    /// A connection that is to the right cluster.
    async fn open_one(&mut self) -> Result<Arc<Connection>, ConnectError> {
        let keyspace = self.wiring.keyspace.borrow_and_update().clone();
        let version = Some(self.wiring.version);
        let request = ConnectRequest { address: self.address, version, keyspace, events: None };
        let connection = connection::connect(&self.wiring.config, request).await?.connection;
        let Some(expected) = &self.wiring.cluster else { return Ok(connection) };
        let guard = AbortOnDrop::new(Arc::clone(&connection));
        let found = cluster_name(&connection, self.wiring.config.connect_timeout).await;
        if let Some(found) = found.filter(|found| **found != **expected) {
            let cause = ConnectCause::WrongCluster { expected: Arc::clone(expected), found: found.into() };
            return Err(ConnectError::at(self.address, cause));
        }
        guard.keep();
        Ok(connection)
    }

    /// Takes the connection out of its place if it takes no requests any more.
    fn let_go(&mut self) {
        if let Some(connection) = self.open.connection.load_full()
            && !connection.is_open()
        {
            self.open.connection.store(None);
            self.presence.closed();
            self.retire(connection);
        }
    }

    /// Until the connection has to be replaced; how long to wait before that.
    async fn watch(&mut self, connection: Arc<Connection>) -> Duration {
        let since = Instant::now();
        let mut status = connection.watch();
        let _ = status.wait_for(|status| *status != Status::Open).await;
        drop(connection);
        self.let_go();
        // A node that closes each connection as soon as it is open is given the same rest as one that refuses them.
        let reconnection = &self.wiring.config.reconnection;
        let brief = since.elapsed() < reconnection.delay(1);
        self.failures = if brief { self.failures.saturating_add(1) } else { 0 };
        if self.failures == 0 { Duration::ZERO } else { reconnection.delay(self.failures) }
    }
}

/// Whether trying again soon makes sense.
enum Refused {
    ForNow,
    ForGood,
}

/// What the node calls its cluster; `None` when it does not say, which is no reason to do without it.
async fn cluster_name(connection: &Arc<Connection>, timeout: Duration) -> Option<String> {
    let text = "SELECT cluster_name FROM system.local WHERE key = 'local'";
    let result = connection::query(connection, text, timeout).await.ok()?;
    result.first_row::<(Option<String>,)>().ok()??.0
}
