//! Configures a cluster.

use super::Cluster;
use crate::auth::{Auth, AuthProvider, PlainText};
#[cfg(feature = "rustls")]
use crate::config::TlsConfig;
use crate::config::{AddressTranslator, Config, Dialer, ExecutionProfile, NodeFilter, SchemaMetadata};
use crate::error::Error;
use crate::observer::RequestObserver;
use crate::policy::{ReconnectionPolicy, RemoteDatacenters, Throttle, TimestampGenerator};
use crate::topology::Node;
use cql_protocol::ProtocolVersion;
use cql_protocol::compression::Compression;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Configures a [`Cluster`]. Mistakes show in [`ClusterBuilder::build`], before anything connects.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClusterBuilder {
    config: Config,
}

impl ClusterBuilder {
    pub(super) fn new() -> Self {
        ClusterBuilder { config: Config::default() }
    }

    /// Nodes to find the cluster by: `host`, `host:port`, addresses of either family. A few suffice; the rest of the
    /// cluster is learned from whichever answers first. Default port: 9042.
    pub fn contact_points<P: Into<String>>(mut self, points: impl IntoIterator<Item = P>) -> Self {
        self.config.contact_points.extend(points.into_iter().map(Into::into));
        self
    }

    /// Opens byte streams to nodes in this way instead of by TCP: through a proxy, or to a cluster in the same process.
    /// TLS, if configured, goes on top. The address is the node's; names of contact points are resolved before.
    ///
    /// ```
    /// use cql_driver::Cluster;
    /// use tokio::net::TcpStream;
    ///
    /// let builder = Cluster::builder().dialer(|address| async move {
    ///     let stream = TcpStream::connect(address).await?;
    ///     stream.set_nodelay(true)?;
    ///     Ok(stream)
    /// });
    /// ```
    pub fn dialer<F, Fut, S>(mut self, dial: F) -> Self
    where
        F: Fn(SocketAddr) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.config.dialer = Dialer::new(dial);
        self
    }

    /// The data centre whose nodes are used. Requests go to others only when none of its nodes can be, and never at a
    /// consistency level that is about the local data centre, such as the default LOCAL_ONE. Default: that of the contact point that answers first, with a log line.
    pub fn local_datacenter(mut self, name: impl Into<String>) -> Self {
        self.config.local_datacenter = Some(name.into());
        self
    }

    /// How requests are executed unless their statement says otherwise.
    pub fn default_profile(mut self, profile: ExecutionProfile) -> Self {
        self.config.profiles.default = profile;
        self
    }

    /// Adds a profile that statements choose by its name, or replaces it.
    pub fn profile(mut self, name: impl Into<Arc<str>>, profile: ExecutionProfile) -> Self {
        self.config.profiles.named.insert(name.into(), profile);
        self
    }

    /// Prefers replicas in this rack of the local data centre, to save traffic between racks. Default: none.
    pub fn local_rack(mut self, name: impl Into<String>) -> Self {
        self.config.local_rack = Some(name.into());
        self
    }

    /// How nodes of other data centres are used. Default: up to three of each, when no local node is left and the
    /// consistency level is not a local one.
    pub fn remote_datacenters(mut self, remote: RemoteDatacenters) -> Self {
        self.config.remote = remote;
        self
    }

    /// Uses only the nodes for which this is true; to others there is no connection. The control connection may go to
    /// any node. Default: all.
    pub fn node_filter(mut self, is_used: impl Fn(&Node) -> bool + Send + Sync + 'static) -> Self {
        self.config.node_filter = Some(NodeFilter(Arc::new(is_used)));
        self
    }

    /// Bounds what each session does at a time, and how many calls wait. Default: no bound.
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.config.throttle = Some(throttle);
        self
    }

    /// Where writes get their timestamps. Default: [`MonotonicTimestamps`](crate::policy::MonotonicTimestamps), one
    /// clock for each session.
    pub fn timestamps(mut self, generator: impl TimestampGenerator) -> Self {
        self.config.timestamps = Some(Arc::new(generator));
        self
    }

    /// Speaks this version or none. Default: the newest that the cluster speaks.
    pub fn protocol_version(mut self, version: ProtocolVersion) -> Self {
        self.config.version = Some(version);
        self
    }

    /// Compresses; the cargo feature of the same name is needed. Default: no compression.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.config.compression = Some(compression);
        self
    }

    /// User name and password, for clusters that ask for them: [`PlainText`], which can also replace them later.
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        self.auth(PlainText::new(user, password))
    }

    /// Authenticates connections to clusters that ask for it. Default: none, and such clusters are an error.
    pub fn auth(mut self, provider: impl AuthProvider) -> Self {
        self.config.auth = Some(Auth::new(provider));
        self
    }

    /// Encrypts all connections. Default: plain text.
    #[cfg(feature = "rustls")]
    pub fn tls(mut self, tls: TlsConfig) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// The time to open one connection: socket, TLS, handshake, authentication and `USE` together. Default: 5 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// After how much silence an idle connection is asked for a sign of life, and how long the answer may take.
    /// Defaults: 30 s and 5 s.
    pub fn heartbeat(mut self, interval: Duration, timeout: Duration) -> Self {
        self.config.heartbeat_interval = interval;
        self.config.heartbeat_timeout = timeout;
        self
    }

    /// After how much silence a connection that owes responses is asked for a sign of life. Default: 1 s.
    ///
    /// From then on other nodes are preferred, until anything comes from this one. After as long again, requests that wait
    /// for it and are idempotent are sent to another node as well, and the first answer counts. Without any answer within the
    /// timeout of [`heartbeat`](Self::heartbeat) the connection is given up, and what waits for it fails: requests that
    /// are idempotent go to another node. A node that is frozen, whose machine is gone, or that a firewall has cut off
    /// is so found within 6 s by default, before requests reach their timeout of 10 s.
    pub fn probe_after(mut self, silence: Duration) -> Self {
        self.config.probe_after = silence;
        self
    }

    /// How long to wait before a lost connection is tried again. Default:
    /// [`ExponentialReconnection`](crate::policy::ExponentialReconnection) from 1 s to 60 s.
    pub fn reconnection(mut self, policy: impl ReconnectionPolicy) -> Self {
        self.config.reconnection = Arc::new(policy);
        self
    }

    /// Has [`Cluster::connect`](crate::Cluster::connect) wait for a cluster that is not there yet, trying again as
    /// [`reconnection`](ClusterBuilder::reconnection) says, instead of failing. What waiting does not mend is still an
    /// error: wrong credentials, a keyspace or data centre that does not exist.
    pub fn wait_for_cluster(mut self) -> Self {
        self.config.waits_for_cluster = true;
        self
    }

    /// Connections to each node of the local data centre. Default: 1, which carries up to
    /// [`max_requests_per_connection`](ClusterBuilder::max_requests_per_connection) requests at a time; more are of use
    /// where one core of the client is not enough for the traffic to a node. 0 counts as 1.
    pub fn connections_per_node(mut self, connections: usize) -> Self {
        self.config.pool_sizes.local = connections.max(1);
        self
    }

    /// Connections to each node that is used of other data centres. Default: 1. 0 counts as 1.
    pub fn connections_per_remote_node(mut self, connections: usize) -> Self {
        self.config.pool_sizes.remote = connections.max(1);
        self
    }

    /// Has [`Session::prepare`](crate::Session::prepare) teach all nodes, rather than each when it is first asked for the
    /// statement: preparing takes longer, and the first execution on each node is spared a round trip.
    pub fn prepare_everywhere(mut self) -> Self {
        self.config.prepares_everywhere = true;
        self
    }

    /// How many of the statements that the application holds are prepared at a time on a node that has come up; 0 leaves
    /// each to its first execution there. Default: 16.
    pub fn reprepare_on_up(mut self, at_once: usize) -> Self {
        self.config.reprepares_at_once = at_once;
        self
    }

    /// Has that observer told of every request; several may be.
    pub fn observer(mut self, observer: impl RequestObserver) -> Self {
        self.config.observers.push(Arc::new(observer));
        self
    }

    /// Logs requests that take so long or longer, as warnings: the statement without values, the node, the level and the
    /// time. Default: none.
    pub fn log_slow_requests(mut self, threshold: Duration) -> Self {
        self.config.slow_request = Some(threshold);
        self
    }

    /// Says where each node is reached from here, where that is not the address it announces. It is asked for every node
    /// whenever the nodes are read, and must not block. Contact points are not translated.
    pub fn address_translator(
        mut self,
        translate: impl Fn(&Node) -> SocketAddr + Send + Sync + 'static,
    ) -> Self {
        self.config.translator = Some(AddressTranslator(Arc::new(translate)));
        self
    }

    /// Which keyspaces the schema is read of. Default: all.
    pub fn schema_metadata(mut self, metadata: SchemaMetadata) -> Self {
        self.config.schema = metadata;
        self
    }

    /// How long a change of the schema waits for all nodes that are up to have it, and then for requests to be routed by
    /// it and for [`Session::schema`](crate::Session::schema) to show it, each as long again at most. Zero: nodes are not
    /// waited for, and results do not tell. Default: 10 s.
    pub fn schema_agreement_timeout(mut self, timeout: Duration) -> Self {
        self.config.schema_agreement_timeout = timeout;
        self
    }

    /// Requests in flight on one connection; further ones wait. 1 to 32,767. Default: 1024.
    pub fn max_requests_per_connection(mut self, requests: u16) -> Self {
        self.config.limits.in_flight = requests;
        self
    }

    /// Bytes an answer may have; a node that sends more loses its connection. Default and upper limit: 256 MiB.
    pub fn max_response_size(mut self, bytes: u32) -> Self {
        self.config.max_response = bytes;
        self
    }

    /// Name and version of the application, for the cluster's list of clients (`system_views.clients`).
    pub fn application(mut self, name: impl Into<Arc<str>>, version: impl Into<Arc<str>>) -> Self {
        self.config.identity.push(("APPLICATION_NAME", name.into()));
        self.config.identity.push(("APPLICATION_VERSION", version.into()));
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// When there is no contact point, or settings contradict each other or are out of range.
    pub fn build(mut self) -> Result<Cluster, Error> {
        if let Some(problem) = self.problem() {
            return Err(Error::invalid(problem));
        }
        // Ids that wait for answers nobody wants must not use up a connection before it is replaced.
        let limits = &mut self.config.limits;
        limits.orphans = limits.orphans.min(limits.in_flight / 2);
        self.config.identity.push(("DRIVER_NAME", env!("CARGO_PKG_NAME").into()));
        self.config.identity.push(("DRIVER_VERSION", env!("CARGO_PKG_VERSION").into()));
        // Which connections are of one client.
        let client = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
        self.config.identity.push(("CLIENT_ID", client.to_string().into()));
        Ok(Cluster::new(self.config))
    }

    fn problem(&self) -> Option<String> {
        let config = &self.config;
        if config.contact_points.iter().all(|point| point.trim().is_empty()) {
            return Some("no contact points: call contact_points with at least one node".into());
        }
        if let Some(compression) = config.compression {
            if !compression.is_available() {
                return Some(format!("compression {0} needs the cargo feature `{0}`", compression.name()));
            }
            if compression == Compression::Snappy
                && config.version.is_none_or(|version| version >= ProtocolVersion::V5)
            {
                return Some(
                    "protocol v5 has no snappy: use lz4, or protocol_version(ProtocolVersion::V4)".into(),
                );
            }
        }
        if let Some(error) = config.auth.as_ref().and_then(|auth| auth.provider.check().err()) {
            return Some(error.to_string());
        }
        if config.max_response == 0 {
            return Some("max_response_size must not be zero".into());
        }
        if config.connect_timeout.is_zero() {
            return Some("connect_timeout must not be zero".into());
        }
        if !(1..=32_767).contains(&config.limits.in_flight) {
            return Some("max_requests_per_connection must be 1 to 32,767".into());
        }
        if let Err(problem) = config.reconnection.check() {
            return Some(problem);
        }
        if [config.heartbeat_interval, config.heartbeat_timeout, config.probe_after]
            .iter()
            .any(Duration::is_zero)
        {
            return Some(
                "heartbeat interval, its timeout and the silence before a probe must not be zero".into(),
            );
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ExponentialReconnection;

    fn problem(builder: ClusterBuilder) -> String {
        builder.build().unwrap_err().to_string()
    }

    #[test]
    fn mistakes_are_told_before_anything_connects() {
        let good = || Cluster::builder().contact_points(["127.0.0.1"]);
        assert!(good().build().is_ok());
        assert!(problem(Cluster::builder()).contains("contact_points"));
        assert!(problem(good().compression(Compression::Snappy)).contains("snappy"));
        assert!(problem(good().credentials("", "x")).contains("user name"));
        assert!(problem(good().max_requests_per_connection(0)).contains("max_requests_per_connection"));
        assert!(problem(good().connect_timeout(Duration::ZERO)).contains("connect_timeout"));
        assert!(
            problem(
                good().reconnection(ExponentialReconnection::new(
                    Duration::from_secs(2),
                    Duration::from_secs(1)
                ))
            )
            .contains("reconnection")
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let builder = Cluster::builder().contact_points(["127.0.0.1"]).credentials("me", "hunter2");
        assert!(!format!("{builder:?}").contains("hunter2"));
        assert!(!format!("{:?}", builder.build().unwrap()).contains("hunter2"));
    }
}
