//! Prepared statements: one PREPARE for many callers, and teaching a node that forgot.

use super::Context;
use super::attempt::prepare_anywhere;
use super::request::Settings;
use crate::connection::{Connection, Failure, Outgoing, Tick};
use crate::cql::is_conditional;
use crate::error::{Error, ErrorKind};
use crate::result::{Answer, ResultColumns};
use crate::statement::{Options, Prepared, PreparedStatement, Source};
use crate::sync::lock;
use arc_swap::ArcSwap;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::response::{self, ServerError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

/// The keyspace, whether it was named rather than the session's, and the text.
type Key = (Option<Arc<str>>, bool, Box<str>);
/// One statement's place: whoever holds the lock prepares it. A caller that is cancelled lets go, and the next one does.
type Place = Arc<tokio::sync::Mutex<Weak<Prepared>>>;

/// The prepared statements that a session's callers hold. Those nobody holds any more are forgotten.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    places: Mutex<HashMap<Key, Place>>,
}

/// Places above which dead ones are looked for, at each doubling.
const FIRST_SWEEP: usize = 64;

impl Statements {
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
    Ok(PreparedStatement::new(prepared))
}

fn from_response(response: response::Prepared, source: Source<'_>, version: ProtocolVersion) -> Prepared {
    let result = ResultColumns::of(&response);
    let routing_keyspace = response.bind.columns.first().map(|column| column.keyspace().into());
    Prepared {
        text: source.text.into(),
        keyspace: source.keyspace.map(Into::into),
        id: response.id,
        bind_columns: response.bind.columns,
        partition_key: response.bind.partition_key_indexes,
        routing_keyspace,
        reads: result.columns.is_some(),
        // Without metadata ids a server does not tell that a `SELECT *` has other columns than when it was prepared
        // (CASSANDRA-10786): they must come with every page.
        needs_metadata: !version.has_result_metadata_id() && source.text.contains('*'),
        conditional: is_conditional(source.text),
        result: ArcSwap::from_pointee(result),
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
    timeout: Tick,
) -> Result<Box<response::Prepared>, PrepareError> {
    let mut body = Vec::new();
    source.encode(connection.origin().version, &mut body).map_err(PrepareError::Other)?;
    let out = Outgoing { opcode: Opcode::PREPARE, flags: Flags::EMPTY, body: &body };
    let frame = connection.request(out, timeout).await.map_err(PrepareError::Failed)?;
    match Answer::decode(frame, connection.origin(), None) {
        Ok(Answer::Prepared(prepared)) => Ok(prepared),
        Ok(Answer::Error(error)) => Err(PrepareError::Refused(error)),
        Ok(Answer::Result(_)) => {
            Err(PrepareError::Other(Error::new(ErrorKind::UnexpectedResponse("no PREPARED to a PREPARE"))))
        }
        Err(error) => Err(PrepareError::Other(error)),
    }
}
