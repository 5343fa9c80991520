//! Why a connection ended, or never came to be.

use super::TlsError;
use crate::auth::AuthError;
use cql_protocol::frame::FrameError;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Why an open connection ended.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The socket failed.
    #[error("connection failed")]
    Io(#[source] Arc<io::Error>),
    /// The node closed it.
    #[error("connection closed by the node")]
    ClosedByPeer,
    /// What the node sent is not the protocol; nothing after it can be trusted.
    #[error("the node broke the protocol")]
    Frame(#[from] FrameError),
    /// The node did not answer a heartbeat.
    #[error("no answer to a heartbeat within {timeout:?}")]
    HeartbeatTimeout {
        /// The time it had.
        timeout: Duration,
    },
    /// The session closed it.
    #[error("connection closed by this session")]
    Closed,
}

impl From<io::Error> for ConnectionError {
    fn from(error: io::Error) -> Self {
        ConnectionError::Io(Arc::new(error))
    }
}

/// Why no connection to a node could be opened.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot connect to {node}")]
#[non_exhaustive]
pub struct ConnectError {
    /// The node, or the contact point whose name could not be resolved.
    pub node: Arc<str>,
    /// The node's address, once it was known.
    pub address: Option<SocketAddr>,
    /// What went wrong.
    #[source]
    pub cause: ConnectCause,
}

impl ConnectError {
    pub(crate) fn at(address: SocketAddr, cause: ConnectCause) -> Self {
        ConnectError { node: address.to_string().into(), address: Some(address), cause }
    }

    pub(crate) fn unresolved(point: &str, error: io::Error) -> Self {
        ConnectError { node: point.into(), address: None, cause: error.into() }
    }
}

/// What went wrong while connecting.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectCause {
    /// The socket could not be opened, or failed during the handshake.
    #[error("{0}")]
    Io(#[source] Arc<io::Error>),
    /// The node closed the connection during the handshake.
    #[error("the node closed the connection during {stage}")]
    ClosedByPeer {
        /// How far it had come.
        stage: Stage,
    },
    /// The whole of it took longer than the connect budget.
    #[error("{stage} was not done within the connect timeout of {budget:?}")]
    TimedOut {
        /// How far it had come.
        stage: Stage,
        /// The time it had.
        budget: Duration,
    },
    /// The TLS handshake failed; nothing was sent in plain text instead.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// What the node sent is not the protocol.
    #[error("the node does not speak the CQL protocol: {0}")]
    Frame(#[from] FrameError),
    /// The node refused the handshake, or this driver the node's answer.
    #[error("{0}")]
    Handshake(Arc<str>),
    /// The node wants credentials, or others than it got. Retrying does not help.
    #[error("{0}")]
    Authentication(Arc<str>),
    /// The node's system tables could not be read.
    #[error("cannot read the topology: {0}")]
    Topology(Arc<str>),
    /// The node is of another cluster: the address of a node has come to somebody else's.
    #[error("it belongs to the cluster `{found}`, not to `{expected}`")]
    WrongCluster {
        /// The cluster that the session is connected to.
        expected: Arc<str>,
        /// What the node says.
        found: Arc<str>,
    },
    /// The node refused `USE keyspace`.
    #[error("keyspace `{keyspace}`: {message}")]
    Keyspace {
        /// The keyspace asked for.
        keyspace: Arc<str>,
        /// The server's words.
        message: Arc<str>,
    },
}

impl From<io::Error> for ConnectCause {
    fn from(error: io::Error) -> Self {
        #[cfg(feature = "rustls")]
        if let Some(tls) = TlsError::within(&error) {
            return ConnectCause::Tls(tls);
        }
        ConnectCause::Io(Arc::new(error))
    }
}

impl From<AuthError> for ConnectCause {
    fn from(error: AuthError) -> Self {
        ConnectCause::Authentication(error.to_string().into())
    }
}

impl ConnectCause {
    /// Whether trying again with the same settings is of no use.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, ConnectCause::Authentication(_) | ConnectCause::Keyspace { .. })
    }
}

/// A step on the way to an open connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Opening the socket.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// OPTIONS and STARTUP.
    Startup,
    /// The authentication exchange.
    Authentication,
    /// `USE keyspace` and REGISTER.
    Setup,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Tcp => "opening the socket",
            Stage::Tls => "the TLS handshake",
            Stage::Startup => "the protocol handshake",
            Stage::Authentication => "authentication",
            Stage::Setup => "setting the keyspace and registering for events",
        })
    }
}
