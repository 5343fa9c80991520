//! Settings, checked before anything connects.

mod dialer;
mod limits;
mod profile;
mod schema_metadata;
#[cfg(feature = "rustls")]
mod tls;

pub(crate) use dialer::{Dialer, Stream};
pub(crate) use limits::Limits;
pub(crate) use profile::Profiles;
pub use profile::{ExecutionProfile, ExecutionProfileBuilder};
pub use schema_metadata::SchemaMetadata;

#[cfg(feature = "rustls")]
pub use tls::{TlsConfig, TlsConfigBuilder};

use crate::auth::Auth;
use crate::observer::RequestObserver;
use crate::policy::{
    ExponentialReconnection, ReconnectionPolicy, RemoteDatacenters, Throttle, TimestampGenerator,
};
use crate::topology::Node;
use cql_protocol::ProtocolVersion;
use cql_protocol::compression::Compression;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Which nodes are used at all.
#[derive(Clone)]
pub(crate) struct NodeFilter(pub(crate) Arc<dyn Fn(&Node) -> bool + Send + Sync>);

impl fmt::Debug for NodeFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeFilter")
    }
}

/// Where a node is reached from here.
#[derive(Clone)]
pub(crate) struct AddressTranslator(pub(crate) Arc<dyn Fn(&Node) -> SocketAddr + Send + Sync>);

impl fmt::Debug for AddressTranslator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressTranslator")
    }
}

/// Connections to each node of the local data centre, and of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolSizes {
    pub(crate) local: usize,
    pub(crate) remote: usize,
}

/// Everything a cluster was configured with.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) contact_points: Vec<String>,
    pub(crate) dialer: Dialer,
    pub(crate) local_datacenter: Option<String>,
    /// Preferred among local replicas.
    pub(crate) local_rack: Option<String>,
    pub(crate) remote: RemoteDatacenters,
    pub(crate) node_filter: Option<NodeFilter>,
    pub(crate) translator: Option<AddressTranslator>,
    pub(crate) profiles: Profiles,
    pub(crate) throttle: Option<Throttle>,
    /// `None`: the session's own clock.
    pub(crate) timestamps: Option<Arc<dyn TimestampGenerator>>,
    /// `None` negotiates.
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) compression: Option<Compression>,
    pub(crate) auth: Option<Auth>,
    #[cfg(feature = "rustls")]
    pub(crate) tls: Option<TlsConfig>,
    pub(crate) connect_timeout: Duration,
    pub(crate) heartbeat_interval: Duration,
    pub(crate) heartbeat_timeout: Duration,
    pub(crate) probe_after: Duration,
    pub(crate) reconnection: Arc<dyn ReconnectionPolicy>,
    /// Whether the first session waits for a cluster that is not there yet.
    pub(crate) waits_for_cluster: bool,
    pub(crate) pool_sizes: PoolSizes,
    /// Whether all nodes learn a statement when it is prepared.
    pub(crate) prepares_everywhere: bool,
    pub(crate) observers: Vec<Arc<dyn RequestObserver>>,
    /// Requests that take so long are logged.
    pub(crate) slow_request: Option<Duration>,
    /// How many statements a node that has come up is taught at a time; 0 for none.
    pub(crate) reprepares_at_once: usize,
    pub(crate) schema: SchemaMetadata,
    pub(crate) schema_agreement_interval: Duration,
    pub(crate) schema_agreement_timeout: Duration,
    pub(crate) max_response: u32,
    pub(crate) limits: Limits,
    /// What STARTUP says about us, for `system_views.clients`.
    pub(crate) identity: Vec<(&'static str, Arc<str>)>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            contact_points: Vec::new(),
            dialer: Dialer::default(),
            local_datacenter: None,
            local_rack: None,
            remote: RemoteDatacenters::default(),
            node_filter: None,
            translator: None,
            profiles: Profiles::default(),
            throttle: None,
            timestamps: None,
            version: None,
            compression: None,
            auth: None,
            #[cfg(feature = "rustls")]
            tls: None,
            connect_timeout: Duration::from_secs(5),
            heartbeat_interval: Duration::from_secs(30),
            heartbeat_timeout: Duration::from_secs(5),
            probe_after: Duration::from_secs(1),
            reconnection: Arc::new(ExponentialReconnection::new(
                Duration::from_secs(1),
                Duration::from_secs(60),
            )),
            waits_for_cluster: false,
            pool_sizes: PoolSizes { local: 1, remote: 1 },
            prepares_everywhere: false,
            observers: Vec::new(),
            slow_request: None,
            reprepares_at_once: 16,
            schema: SchemaMetadata::all(),
            schema_agreement_interval: Duration::from_millis(200),
            schema_agreement_timeout: Duration::from_secs(10),
            max_response: 256 << 20,
            // Java's and Python's figures; 4 MiB is 64 full socket buffers.
            limits: Limits { in_flight: 1024, orphans: 256, pending: 4 << 20, request: 16 << 20 },
            identity: Vec::new(),
        }
    }
}
