//! The control connection: one connection to one node that tells about all of them, and finds another when it is lost.

use super::candidates::{Link, connect_to_any};
use super::refresh::{Known, Refresh, Strikes};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::schema::{SchemaFeed, SchemaScope};
use crate::sync::{Mutex, lock};
use crate::topology::Topology;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::Frame;
use cql_protocol::response::{Event, SchemaTarget, StatusChangeKind};
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// A node that is said to be up again.
pub(crate) type NodeUp = SocketAddr;

/// Asks for the topology as it is now.
pub(crate) type Refresher = mpsc::Sender<oneshot::Sender<Arc<Topology>>>;

/// How long after an event the topology is read, so that a storm of events has it read once a second at most.
const DEBOUNCE: Duration = Duration::from_secs(1);

/// What the sessions of a cluster share.
#[derive(Debug)]
pub(crate) struct Control {
    topology: watch::Receiver<Arc<Topology>>,
    version: ProtocolVersion,
    ups: broadcast::Sender<NodeUp>,
    refresher: Refresher,
    schema: SchemaFeed,
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Control {
    /// Connects to the first contact point that answers and reads the topology from it.
    pub(super) async fn start(config: Arc<Config>) -> Result<Arc<Self>, Error> {
        let (link, topology) = first_link(&config).await?;
        check_datacenter(&config, &topology)?;
        check_releases(&topology)?;
        let negotiated = link.connection.origin().version;
        let version = config.version.unwrap_or_else(|| common_version(negotiated, &topology));
        let topology = watch::Sender::new(Arc::new(topology));
        let (closing, closed) = watch::channel(false);
        let (refresher, requests) = mpsc::channel(16);
        let schema = SchemaFeed::new(Arc::clone(&config));
        schema.connected(&link.connection);
        let first_read = schema.read_now(SchemaScope::All);
        let control = Control {
            topology: topology.subscribe(),
            version,
            ups: broadcast::Sender::new(64),
            refresher,
            schema: schema.clone(),
            closing,
            task: Mutex::new(None),
        };
        let ups = control.ups.clone();
        let worker = Worker {
            config,
            link: Some(link),
            topology,
            ups,
            refresh_at: None,
            strikes: Strikes::default(),
            requests,
            schema,
        };
        let longest = worker.config.connect_timeout;
        *lock(&control.task) = Some(tokio::spawn(worker.run(closed)));
        // Without a schema there is no less of a session.
        if !matches!(tokio::time::timeout(longest, first_read).await, Ok(Ok(()))) {
            tracing::warn!("the schema is not known yet");
        }
        Ok(Arc::new(control))
    }

    pub(crate) fn topology(&self) -> watch::Receiver<Arc<Topology>> {
        self.topology.clone()
    }

    /// The version that all nodes speak.
    pub(crate) fn version(&self) -> ProtocolVersion {
        self.version
    }

    pub(crate) fn ups(&self) -> broadcast::Receiver<NodeUp> {
        self.ups.subscribe()
    }

    pub(crate) fn schema(&self) -> &SchemaFeed {
        &self.schema
    }

    /// Has the topology read at once.
    pub(crate) fn refresher(&self) -> Refresher {
        self.refresher.clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.closing.borrow()
    }

    /// Ends the control connection and waits until its socket is closed.
    pub(crate) async fn close(&self) {
        self.closing.send_replace(true);
        let task = lock(&self.task).take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.closing.send_replace(true);
    }
}

/// The newest version that the control connection's node and every node by its release speak.
fn common_version(negotiated: ProtocolVersion, topology: &Topology) -> ProtocolVersion {
    let speaks = |node: &Arc<crate::topology::Node>| {
        let release = node.release_version()?;
        Some(match (release.major(), release.minor()) {
            (4.., _) => ProtocolVersion::V5,
            (3, _) | (2, 2..) => ProtocolVersion::V4,
            _ => ProtocolVersion::V3,
        })
    };
    topology.nodes().iter().filter_map(speaks).fold(negotiated, ProtocolVersion::min)
}

/// The first control connection; waits for a cluster that is not there yet if that was asked for.
async fn first_link(config: &Config) -> Result<(Link, Topology), Error> {
    let mut failures = 0;
    loop {
        let mut errors = Vec::new();
        if let Some(found) = connect_to_any(config, None, &mut errors).await {
            return Ok(found);
        }
        if !config.waits_for_cluster || errors.iter().any(|error| error.cause.is_permanent()) {
            return Err(Error::new(ErrorKind::Connect(errors)));
        }
        failures += 1;
        let delay = config.reconnection.delay(failures);
        tracing::warn!(failures, ?delay, tried = errors.len(), "waiting for the cluster");
        tokio::time::sleep(delay).await;
    }
}

/// What is older speaks v2 at most.
fn check_releases(topology: &Topology) -> Result<(), Error> {
    let too_old = topology.nodes().iter().find_map(|node| {
        let release = node.release_version()?;
        ((release.major(), release.minor()) < (2, 1)).then_some((node, release))
    });
    match too_old {
        None => Ok(()),
        Some((node, release)) => Err(Error::invalid(format!(
            "{} reports Cassandra {release}; this driver supports 2.1 and newer",
            node.address()
        ))),
    }
}

fn check_datacenter(config: &Config, topology: &Topology) -> Result<(), Error> {
    let seen: Vec<&str> = topology.datacenters().iter().map(|datacenter| &**datacenter.name()).collect();
    match &config.local_datacenter {
        Some(name) if !seen.contains(&name.as_str()) => {
            let seen = seen.join(", ");
            Err(Error::invalid(format!(
                "no node is in the local data centre `{name}`; the cluster has: {seen}"
            )))
        }
        Some(_) => Ok(()),
        None => {
            if let Some(name) = topology.local_datacenter() {
                tracing::info!(local_datacenter = name, "local data centre taken from the contact point");
            }
            Ok(())
        }
    }
}

struct Worker {
    config: Arc<Config>,
    link: Option<Link>,
    topology: watch::Sender<Arc<Topology>>,
    ups: broadcast::Sender<NodeUp>,
    /// When the topology is to be read again.
    refresh_at: Option<Instant>,
    strikes: Strikes,
    requests: mpsc::Receiver<oneshot::Sender<Arc<Topology>>>,
    schema: SchemaFeed,
}

impl Worker {
    async fn run(mut self, mut closing: watch::Receiver<bool>) {
        let schema = self.schema.clone();
        tokio::select! {
            biased;
            // An error means that the handle is gone, which is as good.
            _ = closing.wait_for(|closing| *closing) => {}
            () = self.work() => {}
            () = schema.run() => {}
        }
        schema.close();
        if let Some(link) = self.link.take() {
            link.connection.drain();
            link.connection.closed().await;
        }
    }

    async fn work(&mut self) {
        loop {
            if self.link.is_none() {
                self.reconnect().await;
            }
            let Some(link) = &mut self.link else { continue };
            let refresh = async {
                match self.refresh_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => pending().await,
                }
            };
            // In an order, so that simulations repeat themselves; events last, of which there may be no end.
            tokio::select! {
                biased;
                () = refresh => self.refresh().await,
                Some(reply) = self.requests.recv() => {
                    self.refresh().await;
                    // Whoever asked may have given up.
                    let _ = reply.send(Arc::clone(&self.topology.borrow()));
                }
                frame = link.events.recv() => match frame {
                    Some(frame) => {
                        if link.connection.take_lost_events() {
                            self.schedule_refresh();
                            self.schema.lost_events();
                        }
                        self.take_event(frame);
                    }
                    // The connection's task is gone.
                    None => self.link = None,
                },
            }
        }
    }

    async fn reconnect(&mut self) {
        let mut failures = 0;
        loop {
            let mut errors = Vec::new();
            let topology = Arc::clone(&self.topology.borrow());
            let known = Known { topology: &topology, strikes: &self.strikes };
            if let Some((link, topology)) = connect_to_any(&self.config, Some(known), &mut errors).await {
                tracing::info!(node = %link.connection.address(), "control connection moved");
                self.schema.connected(&link.connection);
                self.link = Some(link);
                self.publish(topology);
                return;
            }
            failures += 1;
            let delay = self.config.reconnection.delay(failures);
            tracing::warn!(failures, ?delay, tried = errors.len(), "no node takes the control connection");
            tokio::time::sleep(delay).await;
        }
    }

    fn take_event(&mut self, frame: Frame) {
        let origin = self.link.as_ref().map(|link| *link.connection.origin());
        let body = frame.into_body(origin.and_then(|origin| origin.body_compression), 1 << 20);
        let event = match body.map(|body| Event::decode(&body)) {
            Ok(Ok(event)) => event,
            Ok(Err(error)) => return tracing::warn!(%error, "an event cannot be understood, ignored"),
            Err(error) => return tracing::warn!(%error, "an event cannot be understood, ignored"),
        };
        tracing::debug!(?event, "event");
        match event {
            Event::StatusChange { kind, address } if kind == StatusChangeKind::UP => {
                // Nobody listens when no session is left.
                let _ = self.ups.send(address);
                self.schedule_refresh();
            }
            // Whether a node is down shows by its connections.
            Event::StatusChange { .. } => {}
            Event::TopologyChange { .. } => self.schedule_refresh(),
            Event::SchemaChange(change) => {
                if matches!(change.target, SchemaTarget::Keyspace { .. }) {
                    self.schedule_refresh();
                }
                self.schema.changed(change);
            }
            // The node asks to be left; the next one is found when it closes the connection.
            _ => {}
        }
    }

    fn schedule_refresh(&mut self) {
        self.refresh_at.get_or_insert_with(|| Instant::now() + DEBOUNCE);
    }

    async fn refresh(&mut self) {
        self.refresh_at = None;
        let Some(link) = &self.link else { return };
        let topology = Arc::clone(&self.topology.borrow());
        let known = Some(Known { topology: &topology, strikes: &self.strikes });
        let refresh = Refresh {
            connection: &link.connection,
            timeout: self.config.connect_timeout,
            known,
            translator: self.config.translator.as_ref(),
        };
        match refresh.topology(topology.local_datacenter()).await {
            Ok(topology) => self.publish(topology),
            Err(error) => {
                tracing::warn!(%error, "cannot read the topology, moving the control connection");
                self.link = None;
            }
        }
    }

    fn publish(&self, topology: Topology) {
        self.topology.send_replace(Arc::new(topology));
    }
}
