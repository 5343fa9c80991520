//! The driver's own statements, on a connection it chose.

use super::{Connection, Failure, FailureCause, Outgoing, ticks};
use crate::error::{Error, ErrorKind};
use crate::result::{Answer, QueryResult};
use cql_protocol::Consistency;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::request::{EncodeRequest, Parameters, Query};
use std::sync::Arc;
use std::time::Duration;

/// Runs a statement without values, unpaged, at consistency ONE: what system tables need.
pub(crate) async fn query(
    connection: &Arc<Connection>,
    text: &str,
    timeout: Duration,
) -> Result<QueryResult, Error> {
    let origin = connection.origin();
    let mut body = Vec::new();
    Query::new(text, Parameters::new(Consistency::One)).encode(origin.version, &mut body)?;
    let out = Outgoing { opcode: Opcode::QUERY, flags: Flags::EMPTY, body: &body };
    let frame = match connection.request(out, ticks(timeout)).await {
        Ok(frame) => frame,
        Err(failure) => return Err(into_error(failure, timeout).at(origin.address)),
    };
    Answer::decode(frame, origin, None)
        .and_then(Answer::into_result)
        .map_err(|error| error.at(origin.address))
}

fn into_error(failure: Failure, timeout: Duration) -> Error {
    Error::new(match failure.cause {
        FailureCause::TimedOut => ErrorKind::Timeout { timeout },
        FailureCause::Connection(reason) => ErrorKind::Connection(reason),
    })
}
