//! What can go wrong, and who is at fault. Errors hold addresses and texts, never live objects, secrets or bound values.

mod connection;
mod tls;

pub use connection::{ConnectCause, ConnectError, ConnectionError, Stage};
pub use tls::{TlsError, TlsProblem};

use cql_protocol::response::ServerError;
use cql_protocol::value::{BindError, RowError, RowMismatch};
use cql_protocol::{Consistency, DecodeError, EncodeError};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Any failure of this driver.
///
/// [`Error::kind`] says what failed; [`Error::attempts`] lists what happened on each node that was tried before.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    node: Option<SocketAddr>,
    consistency: Option<Consistency>,
    attempts: Vec<Attempt>,
}

/// What failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting or an argument makes no sense. Nothing was sent.
    #[error("{0}")]
    Invalid(String),
    /// Values do not fit the statement. Nothing was sent.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The request does not fit the protocol. Nothing was sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The server answered with an error.
    #[error("{0}")]
    Server(ServerError),
    /// No answer came in time.
    #[error("no answer within {timeout:?}")]
    Timeout {
        /// The time the whole call had.
        timeout: Duration,
    },
    /// The connection was lost before the answer came; whether the request took effect is unknown.
    #[error(transparent)]
    Connection(Arc<ConnectionError>),
    /// No node could take the request.
    #[error("no node could take the request")]
    NoNodeAvailable,
    /// No contact point could be connected to.
    #[error("could not connect to any contact point")]
    Connect(Vec<ConnectError>),
    /// The answer could not be understood. It does not affect other requests.
    #[error("cannot understand the node's answer")]
    Decode(#[from] DecodeError),
    /// The answer could not be decompressed. It does not affect other requests.
    #[error("cannot understand the node's answer: {0}")]
    Undecodable(String),
    /// The answer is of another kind than the request calls for.
    #[error("unexpected answer: {0}")]
    UnexpectedResponse(&'static str),
    /// Rows do not fit the Rust type asked for.
    #[error(transparent)]
    Mismatch(#[from] RowMismatch),
    /// A row could not be decoded.
    #[error(transparent)]
    Row(#[from] RowError),
    /// Another number of rows than the call allows.
    #[error("expected {expected}, got {found} rows")]
    RowCount {
        /// What the call allows.
        expected: &'static str,
        /// How many there were.
        found: usize,
    },
    /// A node does not recognise a statement however often it is prepared.
    #[error(
        "the node keeps forgetting the prepared statement {id}{}; its cache may be too small",
        known_as(again)
    )]
    Unprepared {
        /// The id it had when it was prepared, in hexadecimal digits.
        id: Arc<str>,
        /// The id the node gave it when it was prepared again, if that is another one.
        again: Option<Arc<str>>,
    },
    /// Prepared again, the statement means another table or other types than when it was prepared: the session's
    /// keyspace or the schema has changed. Prepare it anew.
    #[error("prepared again, the statement has other bind markers than before: prepare it anew")]
    Reprepared,
    /// The statement names an execution profile that the session does not have. Nothing was sent.
    #[error("there is no execution profile `{name}`; there are: {known}")]
    UnknownProfile {
        /// The name.
        name: Arc<str>,
        /// Those there are, separated by commas.
        known: String,
    },
    /// More calls were waiting than [`Throttle`](crate::policy::Throttle) allows. Nothing was sent.
    #[error("too many calls: {queue} are waiting already")]
    Throttled {
        /// How many may wait.
        queue: usize,
    },
    /// The servers have not finished writing a trace.
    #[error("the trace {id} is not complete after {waited:?}")]
    NoTrace {
        /// Its id.
        id: Uuid,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The session was closed.
    #[error("the session is closed")]
    Closed,
}

fn known_as(again: &Option<Arc<str>>) -> String {
    again.as_ref().map_or_else(String::new, |again| format!(", which it calls {again}"))
}

/// What happened on one node before the final outcome.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// The node tried.
    pub node: SocketAddr,
    /// What went wrong there.
    pub cause: AttemptCause,
    /// Whether bytes of the request may have reached it.
    pub sent: bool,
}

/// Why one attempt did not give a result.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptCause {
    /// The node answered with an error.
    #[error("{0}")]
    Server(ServerError),
    /// The connection was lost.
    #[error(transparent)]
    Connection(Arc<ConnectionError>),
    /// The node did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The node's answer could not be understood.
    #[error("the answer cannot be understood")]
    Undecodable,
    /// There is no connection to the node.
    #[error("not connected")]
    NotConnected(#[source] Option<Arc<ConnectError>>),
}

impl Attempt {
    /// The node answered, and the answer could not be understood.
    pub(crate) fn undecodable(node: SocketAddr) -> Self {
        Attempt { node, cause: AttemptCause::Undecodable, sent: true }
    }
}

impl ErrorKind {
    /// The variant's name, as a word for figures and spans.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            ErrorKind::Invalid(_) => "invalid",
            ErrorKind::Bind(_) => "bind",
            ErrorKind::Encode(_) => "encode",
            ErrorKind::Server(_) => "server",
            ErrorKind::Timeout { .. } => "timeout",
            ErrorKind::Connection(_) => "connection",
            ErrorKind::NoNodeAvailable => "no_node_available",
            ErrorKind::Connect(_) => "connect",
            ErrorKind::Decode(_) => "decode",
            ErrorKind::Undecodable(_) => "undecodable",
            ErrorKind::UnexpectedResponse(_) => "unexpected_response",
            ErrorKind::Mismatch(_) => "mismatch",
            ErrorKind::Row(_) => "row",
            ErrorKind::RowCount { .. } => "row_count",
            ErrorKind::Unprepared { .. } => "unprepared",
            ErrorKind::Reprepared => "reprepared",
            ErrorKind::UnknownProfile { .. } => "unknown_profile",
            ErrorKind::Throttled { .. } => "throttled",
            ErrorKind::NoTrace { .. } => "no_trace",
            ErrorKind::Closed => "closed",
        }
    }
}

impl Error {
    pub(crate) fn new(kind: impl Into<ErrorKind>) -> Self {
        Error(Box::new(Inner { kind: kind.into(), node: None, consistency: None, attempts: Vec::new() }))
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Invalid(message.into()))
    }

    #[must_use]
    pub(crate) fn at(mut self, node: SocketAddr) -> Self {
        self.0.node.get_or_insert(node);
        self
    }

    #[must_use]
    pub(crate) fn with_consistency(mut self, level: Consistency) -> Self {
        self.0.consistency = Some(level);
        self
    }

    #[must_use]
    pub(crate) fn after(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// What failed.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The node it happened on, where there is one.
    #[must_use]
    pub fn node(&self) -> Option<SocketAddr> {
        self.0.node
    }

    /// The consistency level of the request, where there was one.
    #[must_use]
    pub fn consistency(&self) -> Option<Consistency> {
        self.0.consistency
    }

    /// What was tried, in order, the last and deciding attempt included.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The server's error, if it answered with one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match &self.0.kind {
            ErrorKind::Server(error) => Some(error),
            _ => None,
        }
    }

    /// Whether the time of the call ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout { .. })
    }

    /// Whether bytes of the request may have reached a node, so that it may have taken effect.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        let answered = matches!(
            self.0.kind,
            ErrorKind::Decode(_)
                | ErrorKind::Undecodable(_)
                | ErrorKind::UnexpectedResponse(_)
                | ErrorKind::Mismatch(_)
                | ErrorKind::Row(_)
                | ErrorKind::RowCount { .. }
        );
        answered || self.0.attempts.iter().any(|attempt| attempt.sent)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.kind.fmt(f)?;
        if let ErrorKind::Connect(errors) = &self.0.kind {
            return errors.iter().enumerate().try_for_each(|(at, error)| {
                let separator = if at == 0 { ": " } else { "; " };
                write!(f, "{separator}{}: {}", error.node, Chain(&error.cause))
            });
        }
        if let Some(node) = self.0.node {
            write!(f, " (node {node}")?;
            if let Some(level) = self.0.consistency {
                write!(f, ", consistency {level}")?;
            }
            f.write_str(")")?;
        }
        if self.0.attempts.len() > 1 || matches!(self.0.kind, ErrorKind::NoNodeAvailable) {
            for attempt in &self.0.attempts {
                write!(f, "; {}: {}", attempt.node, Chain(&attempt.cause))?;
            }
        }
        Ok(())
    }
}

/// An error with its sources on one line, for lists of errors: only one of a list can be `source()`.
struct Chain<'a>(&'a dyn std::error::Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = self.0.to_string();
        f.write_str(&written)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            let text = error.to_string();
            if !written.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            written = text;
            source = error.source();
        }
        Ok(())
    }
}

/// As `Display`, with the causes: it is what a `main` that returns an error prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Chain(self), f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            // The list is in the message already.
            ErrorKind::Connect(_) => None,
            kind => std::error::Error::source(kind),
        }
    }
}

impl<E: Into<ErrorKind>> From<E> for Error {
    fn from(error: E) -> Self {
        Error::new(error)
    }
}
