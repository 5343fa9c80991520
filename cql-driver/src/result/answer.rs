//! From a frame to a result. Runs in the caller's task, so that one answer that cannot be understood fails one call.

use super::{Contents, Extras, Origin, Page, PagingState, QueryResult, ResultColumns};
use crate::error::{Error, ErrorKind};
use bytes::{Buf, Bytes};
use cql_protocol::frame::{Frame, Opcode, Prelude};
use cql_protocol::response::{CqlResult, Prepared, Response, Rows, ServerError};
use cql_protocol::wire::Reader;
use std::sync::Arc;

/// A node's answer to a request.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it is taken apart at once; a box would cost an allocation a request"
)]
pub(crate) enum Answer {
    Result(QueryResult),
    Error(Box<ServerError>),
    Prepared(Box<Prepared>),
}

impl Answer {
    /// The result of anything but PREPARE.
    pub(crate) fn into_result(self) -> Result<QueryResult, Error> {
        match self {
            Answer::Result(result) => Ok(result),
            Answer::Error(error) => Err(Error::new(ErrorKind::Server(*error))),
            Answer::Prepared(_) => Err(Error::new(ErrorKind::UnexpectedResponse("PREPARED"))),
        }
    }

    /// Whether it concerns more than the caller: the session's keyspace, the schema, a statement's columns.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        match self {
            Answer::Result(result) => result.needs_attention(),
            _ => true,
        }
    }

    /// Understands a frame. `known` are the columns the server was told it can leave out.
    #[inline]
    pub(crate) fn decode(
        frame: Frame,
        origin: &Origin,
        known: Option<&Arc<ResultColumns>>,
    ) -> Result<Self, Error> {
        let header = frame.header;
        let body = frame
            .into_body(origin.body_compression, origin.limit)
            .map_err(|error| Error::new(ErrorKind::Undecodable(error.to_string())))?;
        let mut reader = Reader::new(&body);
        let prelude = Prelude::decode(&mut reader, &header)?;
        let start = reader.offset();
        let mut message = body;
        message.advance(start);
        let extras = extras(prelude);
        if header.opcode != Opcode::RESULT {
            return Answer::decode_error(origin, header.opcode, message);
        }
        let contents = match CqlResult::decode(origin.version, message)? {
            CqlResult::Void => Contents::Void,
            CqlResult::Rows(rows) => return page(rows, known, extras, origin).map(Answer::Result),
            CqlResult::SetKeyspace(keyspace) => Contents::SetKeyspace(keyspace.into()),
            CqlResult::SchemaChange(change) => Contents::SchemaChange(Box::new(change)),
            CqlResult::Prepared(prepared) => return Ok(Answer::Prepared(Box::new(prepared))),
            _ => return Err(Error::new(ErrorKind::UnexpectedResponse("a RESULT of unknown kind"))),
        };
        Ok(Answer::Result(QueryResult { contents, coordinator: origin.address, extras }))
    }

    /// Understands what is not a RESULT.
    #[cold]
    fn decode_error(origin: &Origin, opcode: Opcode, message: Bytes) -> Result<Self, Error> {
        match Response::decode(origin.version, opcode, message)? {
            Response::Error(error) => Ok(Answer::Error(Box::new(error))),
            _ => Err(Error::new(ErrorKind::UnexpectedResponse("neither RESULT nor ERROR"))),
        }
    }
}

#[inline]
fn extras(prelude: Prelude) -> Option<Box<Extras>> {
    if prelude.tracing_id.is_none() && prelude.warnings.is_empty() && prelude.custom_payload.is_none() {
        return None;
    }
    for warning in &prelude.warnings {
        tracing::warn!(%warning, "server warning");
    }
    Some(Box::new(Extras {
        tracing_id: prelude.tracing_id,
        warnings: prelude.warnings,
        custom_payload: prelude.custom_payload,
        ..Extras::default()
    }))
}

#[inline]
fn page(
    rows: Rows,
    known: Option<&Arc<ResultColumns>>,
    mut extras: Option<Box<Extras>>,
    origin: &Origin,
) -> Result<QueryResult, Error> {
    let metadata = rows.metadata;
    let columns = match metadata.columns {
        Some(columns) => {
            if let Some(id) = metadata.new_metadata_id {
                let changed = ResultColumns { metadata_id: Some(id), columns: Some(Arc::clone(&columns)) };
                extras.get_or_insert_default().changed_columns = Some(Arc::new(changed));
            }
            columns
        }
        None => match known.and_then(|known| known.columns.as_ref()) {
            // Rows of another shape would be decoded into the wrong columns.
            Some(columns) if columns.len() == metadata.column_count => Arc::clone(columns),
            _ => {
                return Err(Error::new(ErrorKind::UnexpectedResponse(
                    "rows without the columns to read them by",
                )));
            }
        },
    };
    let paging_state = metadata.paging_state.map(PagingState::of_server).map(Box::new);
    let page = Page { columns, rows_count: rows.rows_count, data: rows.data, paging_state };
    Ok(QueryResult { contents: Contents::Rows(page), coordinator: origin.address, extras })
}
