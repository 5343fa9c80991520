//! Finds a node that takes the control connection.

use super::contact_points;
use super::refresh::{Known, Refresh};
use crate::config::Config;
use crate::connection::{ConnectRequest, Connected, Connection, connect};
use crate::error::{ConnectCause, ConnectError};
use crate::topology::Topology;
use cql_protocol::frame::Frame;
use futures::stream::{FuturesUnordered, StreamExt};
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long one candidate may be silent before the next is tried beside it: nodes that take connections and say nothing
/// must not cost their whole connect timeout one after the other.
const HEAD_START: Duration = Duration::from_millis(500);

/// Events that wait to be looked at; more are dropped, and the topology is read when there is room again.
const EVENT_QUEUE: usize = 1024;

/// A control connection and the events that come by it.
pub(super) struct Link {
    pub(super) connection: Arc<Connection>,
    pub(super) events: mpsc::Receiver<Frame>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Tries the nodes known, in any order, then the contact points, until one answers and tells the topology.
pub(super) async fn connect_to_any(
    config: &Config,
    known: Option<Known<'_>>,
    errors: &mut Vec<ConnectError>,
) -> Option<(Link, Topology)> {
    let mut candidates: Vec<SocketAddr> = Vec::new();
    if let Some(known) = known {
        candidates.extend(known.topology.nodes().iter().map(|node| node.address()));
        fastrand::shuffle(&mut candidates);
        let found = race(config, Some(known), candidates, errors).await;
        if found.is_some() {
            return found;
        }
    }
    // Of one name after the other: whoever listed them has an order in mind.
    for point in &config.contact_points {
        match tokio::time::timeout(config.connect_timeout, contact_points::resolve(point)).await {
            Ok(Ok(mut addresses)) => {
                addresses.retain(|address| !errors.iter().any(|error| error.address == Some(*address)));
                let found = race(config, known, addresses, errors).await;
                if found.is_some() {
                    return found;
                }
            }
            Ok(Err(error)) => errors.push(ConnectError::unresolved(point, error)),
            Err(_) => {
                let error = io::Error::new(io::ErrorKind::TimedOut, "resolving the name took too long");
                errors.push(ConnectError::unresolved(point, error));
            }
        }
    }
    None
}

/// One after the other, each with a head start over the next.
async fn race(
    config: &Config,
    known: Option<Known<'_>>,
    candidates: Vec<SocketAddr>,
    errors: &mut Vec<ConnectError>,
) -> Option<(Link, Topology)> {
    let mut waiting = VecDeque::from(candidates);
    let mut running = FuturesUnordered::new();
    loop {
        if let Some(next) = waiting.pop_front() {
            running.push(try_node(config, known, next));
        }
        let ended = match waiting.is_empty() {
            true => running.next().await,
            false => match tokio::time::timeout(HEAD_START, running.next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended {
            Some(Ok(found)) => return Some(found),
            Some(Err(error)) => errors.push(error),
            None => return None,
        }
    }
}

async fn try_node(
    config: &Config,
    known: Option<Known<'_>>,
    address: SocketAddr,
) -> Result<(Link, Topology), ConnectError> {
    let (sender, events) = mpsc::channel(EVENT_QUEUE);
    let request = ConnectRequest { address, version: None, keyspace: None, events: Some(sender) };
    let connection = match connect(config, request).await {
        Ok(Connected { connection, .. }) => connection,
        Err(error) => {
            tracing::debug!(node = %address, error = %error.cause, "no control connection");
            return Err(error);
        }
    };
    let link = Link { connection, events };
    let local = config.local_datacenter.as_deref();
    let local = local.or_else(|| known.and_then(|known| known.topology.local_datacenter()));
    let refresh = Refresh {
        connection: &link.connection,
        timeout: config.connect_timeout,
        known,
        translator: config.translator.as_ref(),
    };
    match refresh.topology(local).await {
        Ok(topology) => Ok((link, topology)),
        Err(error) => Err(ConnectError::at(address, ConnectCause::Topology(error.to_string().into()))),
    }
}
