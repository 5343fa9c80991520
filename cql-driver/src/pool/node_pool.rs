//! The connections of one session to one node, kept open by a task of their own.

use crate::config::Config;
use crate::connection::{self, ConnectRequest, Connection, Status};
use crate::error::{ConnectCause, ConnectError};
use crate::sync::lock;
use arc_swap::ArcSwapOption;
use cql_protocol::ProtocolVersion;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A session's current keyspace, as `USE` set it; pools bring new connections to it.
pub(crate) type Keyspace = watch::Receiver<Option<Arc<str>>>;

/// One session's way to one node.
#[derive(Debug)]
pub(crate) struct NodePool {
    address: SocketAddr,
    open: Arc<Open>,
    task: Mutex<Option<JoinHandle<()>>>,
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

impl NodePool {
    /// Starts connecting.
    pub(crate) fn start(
        config: Arc<Config>,
        address: SocketAddr,
        version: ProtocolVersion,
        keyspace: Keyspace,
    ) -> Arc<Self> {
        let open = Arc::new(Open::default());
        let keeper = Keeper {
            config,
            open: Arc::clone(&open),
            address,
            version,
            keyspace,
            failures: 0,
            retired: Vec::new(),
        };
        let task = tokio::spawn(keeper.run());
        Arc::new(NodePool { address, open, task: Mutex::new(Some(task)) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A connection that takes requests, if there is one.
    #[inline]
    pub(crate) fn connection(&self) -> Option<Arc<Connection>> {
        let connection = self.open.connection.load();
        connection.as_ref().filter(|connection| connection.is_open()).cloned()
    }

    /// How busy it is, and whether it is suspect; `None` without a connection that takes requests.
    #[inline]
    pub(crate) fn load(&self) -> Option<u32> {
        let connection = self.open.connection.load();
        connection.as_ref().filter(|connection| connection.is_open()).map(|connection| connection.load())
    }

    /// Why there is none.
    pub(crate) fn failure(&self) -> Option<Arc<ConnectError>> {
        lock(&self.open.failure).clone()
    }

    /// Tries to connect now instead of after the delay.
    pub(crate) fn hurry(&self) {
        self.open.hurry.notify_one();
    }

    /// Waits for the end of the first try.
    pub(crate) async fn tried(&self) {
        let _ = self.open.tried.subscribe().wait_for(|tried| *tried).await;
    }

    /// Takes no new requests and waits until those in flight are done and the connection is closed.
    pub(crate) async fn close(&self) {
        self.open.closing.send_replace(true);
        let task = lock(&self.task).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

impl Drop for NodePool {
    fn drop(&mut self) {
        self.open.closing.send_replace(true);
    }
}

/// The task of a pool.
struct Keeper {
    config: Arc<Config>,
    open: Arc<Open>,
    address: SocketAddr,
    version: ProtocolVersion,
    keyspace: Keyspace,
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
            let wait = match self.connect().await {
                Ok(connection) => self.watch(connection).await,
                // Knocking again with credentials that were refused would lock the account.
                Err(permanent) if permanent => self.config.reconnect_max,
                Err(_) => self.config.reconnect_delay(self.failures),
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.open.hurry.notified() => {}
                // What was refused in one keyspace may be granted in another.
                Ok(()) = self.keyspace.changed() => {}
            }
        }
    }

    /// One try. A connection that was there before is drained when the new one is in its place.
    async fn connect(&mut self) -> Result<Arc<Connection>, bool> {
        let keyspace = self.keyspace.borrow_and_update().clone();
        let request =
            ConnectRequest { address: self.address, version: Some(self.version), keyspace, events: None };
        let connected = connection::connect(&self.config, request).await;
        let outcome = match connected {
            Ok(connected) => {
                *lock(&self.open.failure) = None;
                let connection = connected.connection;
                if let Some(old) = self.open.connection.swap(Some(Arc::clone(&connection))) {
                    old.drain();
                    self.retire(old);
                }
                if self.keyspace.has_changed().unwrap_or(false) {
                    // `USE` was executed meanwhile and may have missed this connection.
                    connection.abort();
                }
                Ok(connection)
            }
            Err(error) => {
                self.failures += 1;
                tracing::warn!(node = %self.address, error = %error.cause, failures = self.failures, "cannot connect");
                let permanent = matches!(error.cause, ConnectCause::Authentication(_));
                *lock(&self.open.failure) = Some(Arc::new(error));
                Err(permanent)
            }
        };
        self.open.tried.send_replace(true);
        outcome
    }

    /// Until the connection has to be replaced; how long to wait before that.
    async fn watch(&mut self, connection: Arc<Connection>) -> Duration {
        let since = Instant::now();
        let mut status = connection.watch();
        let _ = status.wait_for(|status| *status != Status::Open).await;
        if !connection.is_open() {
            self.open.connection.store(None);
            self.retire(connection);
        }
        // A node that closes each connection as soon as it is open is given the same rest as one that refuses them.
        self.failures = if since.elapsed() < self.config.reconnect_min { self.failures + 1 } else { 0 };
        if self.failures == 0 { Duration::ZERO } else { self.config.reconnect_delay(self.failures) }
    }
}
