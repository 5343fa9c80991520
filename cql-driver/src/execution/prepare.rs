//! Prepared statements: one PREPARE for many callers, and teaching a node that forgot.

use super::Context;
use super::attempt::prepare_anywhere;
use super::request::Settings;
use super::send::write_payload;
use crate::connection::{Connection, Failure, Outgoing, Tick, ticks};
use crate::cql::is_conditional;
use crate::error::{Error, ErrorKind};
use crate::latest::Latest;
use crate::result::{Answer, ResultColumns};
use crate::statement::{Options, Prepared, PreparedStatement, Source};
use crate::sync::{Mutex, lock};
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::response::{self, ServerError};
use futures::StreamExt;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Weak};

/// The keyspace, whether it was named rather than the session's, and the text.
type Key = (Option<Arc<str>>, bool, Box<str>);
/// One statement's place: whoever holds the lock prepares it. A caller that is cancelled lets go, and the next one does.
type Place = Arc<tokio::sync::Mutex<Weak<Prepared>>>;

/// The prepared statements that a session's callers hold. Those nobody holds any more are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    places: Mutex<BTreeMap<Key, Place>>,
}

/// Places above which dead ones are looked for, at each doubling.
const FIRST_SWEEP: usize = 64;

impl Statements {
    /// What callers hold at the moment.
    fn held(&self) -> Vec<Arc<Prepared>> {
        let places = lock(&self.places);
        let held = |place: &Place| place.try_lock().ok()?.upgrade();
        places.values().filter_map(held).collect()
    }

    fn place(&self, key: Key) -> Place {
        let mut places = lock(&self.places);
        if places.len() >= FIRST_SWEEP && places.len().is_power_of_two() {
            places.retain(|_, place| {
                let dead = place.try_lock().is_ok_and(|statement| statement.strong_count() == 0);
                !dead || Arc::strong_count(place) > 1
            });
        }
        Arc::clone(places.entry(key).or_default())
    }
}

/// Prepares a statement on one node, unless some caller of the session holds it already. Other nodes are taught when
/// they turn out not to know it.
///
/// # Cancel safety
/// Dropping the future loses nothing; another caller waiting for the same statement takes over.
pub(crate) async fn prepare(context: &Context, source: Source<'_>) -> Result<PreparedStatement, Error> {
    let keyspace = match source.keyspace {
        Some(keyspace) => Some(keyspace.into()),
        None => context.keyspace.borrow().clone(),
    };
    let place = context.statements.place((keyspace, source.keyspace.is_some(), source.text.into()));
    let mut settings = Settings::resolve(Options::DEFAULT, context)?;
    settings.idempotent = true;
    // Callers in line behind one whose request hangs have a time of their own.
    let waited = tokio::time::timeout(settings.timeout, place.lock()).await;
    let mut statement = waited.map_err(|_| Error::new(ErrorKind::Timeout { timeout: settings.timeout }))?;
    if let Some(prepared) = statement.upgrade() {
        return Ok(PreparedStatement::new(prepared));
    }
    let response = prepare_anywhere(context, source, &settings).await?;
    let prepared = Arc::new(from_response(*response, source, context.version));
    *statement = Arc::downgrade(&prepared);
    drop(statement);
    if context.config.prepares_everywhere {
        everywhere(context, source).await;
    }
    Ok(PreparedStatement::new(prepared))
}

/// Teaches all nodes a statement; the one that has learnt it already answers at once. Those that do not learn it now do
/// when they are asked for it.
async fn everywhere(context: &Context, source: Source<'_>) {
    let routes = context.routes.load_full();
    let timeout = ticks(context.config.connect_timeout);
    let connections = routes.pools().filter_map(|pool| pool.connection());
    let taught = connections.map(|connection| async move {
        let _ = on_connection(&connection, source, None, timeout).await;
    });
    join_all(taught).await;
}

/// Teaches a node that has come up all statements that callers hold, few at a time. It may have lost them, or never
/// had them, and finding that out one request after the other would cost each a round trip.
///
/// # Cancel safety
/// What was not taught is taught when it is asked for.
pub(crate) async fn teach(context: &Context, address: SocketAddr) {
    let routes = context.routes.load_full();
    let Some(connection) =
        routes.pools().find(|pool| pool.address() == address).and_then(|pool| pool.connection())
    else {
        return;
    };
    let timeout = ticks(context.config.connect_timeout);
    let statements = context.statements.held();
    tracing::debug!(node = %address, statements = statements.len(), "node is up, teaching it prepared statements");
    futures::stream::iter(statements)
        .for_each_concurrent(context.config.reprepares_at_once, |prepared| {
            let connection = &connection;
            async move {
                let _ = on_connection(connection, prepared.source(), None, timeout).await;
            }
        })
        .await;
}

fn from_response(response: response::Prepared, source: Source<'_>, version: ProtocolVersion) -> Prepared {
    let result = ResultColumns::of(&response);
    let routing_keyspace = response.bind.columns.first().map(|column| column.keyspace().into());
    Prepared {
        text: source.text.into(),
        keyspace: source.keyspace.map(Into::into),
        id: response.id,
        later_ids: Latest::new(Vec::new()),
        bind_columns: response.bind.columns,
        partition_key: response.bind.partition_key_indexes,
        routing_keyspace,
        keyspace_place: AtomicUsize::default(),
        reads: result.columns.is_some(),
        // Without metadata ids a server does not tell that a `SELECT *` has other columns than when it was prepared
        // (CASSANDRA-10786): they must come with every page.
        needs_metadata: !version.has_result_metadata_id() && source.text.contains('*'),
        conditional: is_conditional(source.text),
        result: Latest::new(result),
    }
}

/// Why a node could not be taught a statement.
pub(super) enum PrepareError {
    Failed(Failure),
    Refused(ServerError),
    Other(Error),
}

/// Prepares a statement on one connection's node.
pub(super) async fn on_connection(
    connection: &Arc<Connection>,
    source: Source<'_>,
    payload: Option<&BTreeMap<String, Option<Bytes>>>,
    timeout: Tick,
) -> Result<Box<response::Prepared>, PrepareError> {
    let mut body = Vec::new();
    let version = connection.origin().version;
    let flags = match payload {
        Some(payload) => write_payload(payload, version, &mut body).map_err(PrepareError::Other)?,
        None => Flags::EMPTY,
    };
    source.encode(version, &mut body).map_err(PrepareError::Other)?;
    let out = Outgoing { opcode: Opcode::PREPARE, flags, body: &body };
    let frame = connection.request(out, timeout).await.map_err(PrepareError::Failed)?;
    match Answer::decode(frame, connection.origin(), None) {
        Ok(Answer::Prepared(prepared)) => Ok(prepared),
        Ok(Answer::Error(error)) => Err(PrepareError::Refused(*error)),
        Ok(Answer::Result(_)) => {
            Err(PrepareError::Other(Error::new(ErrorKind::UnexpectedResponse("no PREPARED to a PREPARE"))))
        }
        Err(error) => Err(PrepareError::Other(error)),
    }
}
