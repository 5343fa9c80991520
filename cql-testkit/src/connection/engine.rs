//! Requests that the engine answers: what they bring along for it, and what its outcome means for the cluster.

use super::Conversation;
use super::answer::unprepared;
use crate::engine::{Call, Engine, Outcome, Prepared, View};
use crate::request::{Bound, Received};
use crate::statements::{Description, Known};
use crate::sync::lock;
use bytes::Bytes;
use cql_protocol::frame::{Flags, Prelude};
use cql_protocol::request::{
    Batch, BatchStatement, BatchText, Execute, Parameters, Prepare, Request, Values,
};
use cql_protocol::response::{
    CqlResult, ErrorCode, Event, Response, ResultMetadata, SchemaChange, ServerError,
};
use cql_protocol::types::ColumnSpec;
use cql_protocol::wire::BoundValue;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

impl Conversation {
    /// Answers a statement, with its warnings and the trace it asked for. `None` for requests of other kinds.
    pub(super) fn by_engine(
        &self,
        engine: &Engine,
        request: &Received,
        message: &Request<'_>,
    ) -> Option<(Response, Prelude)> {
        let began = Instant::now();
        let (response, warnings) = self.outcome(engine, request, message)?;
        let is_traced = request.flags().contains(Flags::TRACING);
        let tracing_id = is_traced.then(|| self.trace(engine, request, began)).flatten();
        let mut prelude = Prelude::default();
        (prelude.warnings, prelude.tracing_id) = (warnings, tracing_id);
        Some((response, prelude))
    }

    fn outcome(
        &self,
        engine: &Engine,
        request: &Received,
        message: &Request<'_>,
    ) -> Option<(Response, Vec<String>)> {
        let outcome = match message {
            Request::Query(query) => self.query(engine, request, query.text, &query.parameters),
            Request::Prepare(prepare) => {
                return Some((self.prepare_by_engine(engine, request, prepare), vec![]));
            }
            Request::Execute(execute) => match lock(&self.node.statements).get(execute.id).cloned() {
                Some(known) => self.execute_known(engine, request, execute, &known),
                None => return Some((unprepared(execute.id), Vec::new())),
            },
            Request::Batch(batch) => match self.parts(engine, request, batch) {
                Ok(parts) => self.batch(engine, request, batch, &parts),
                Err(Refusal::Unprepared(id)) => return Some((unprepared(&id), Vec::new())),
                Err(Refusal::Error(error)) => Err(error),
            },
            _ => return None,
        };
        Some(match outcome {
            Ok(outcome) => {
                if let CqlResult::SchemaChange(change) = &outcome.result {
                    self.schema_has_changed(engine, change);
                }
                (Response::Result(outcome.result), outcome.warnings)
            }
            Err(error) => (Response::Error(short(error)), Vec::new()),
        })
    }

    fn query(
        &self,
        engine: &Engine,
        request: &Received,
        text: &str,
        parameters: &Parameters<'_>,
    ) -> Result<Outcome, ServerError> {
        let prepared = engine.prepare(text, request.keyspace())?;
        let values = values(request, parameters.values, &prepared.markers)?;
        engine.execute(&prepared, &self.call(engine, request, parameters, &values))
    }

    fn prepare_by_engine(&self, engine: &Engine, request: &Received, prepare: &Prepare<'_>) -> Response {
        let keyspace = prepare.keyspace.or(request.keyspace());
        match engine.prepare(prepare.text, keyspace) {
            Ok(prepared) => {
                let description = Description {
                    markers: Arc::clone(&prepared.markers),
                    key: prepared.key.clone(),
                    columns: prepared.columns.clone(),
                };
                let known = Known::new(prepare.text, description).with_plan(prepared);
                self.prepared(request, keyspace, known)
            }
            Err(error) => Response::Error(short(error)),
        }
    }

    fn execute_known(
        &self,
        engine: &Engine,
        request: &Received,
        execute: &Execute<'_>,
        known: &Known,
    ) -> Result<Outcome, ServerError> {
        let Some(prepared) = &known.plan else {
            return self.query(engine, request, &known.text, &execute.parameters);
        };
        let values = values(request, execute.parameters.values, &prepared.markers)?;
        let call = self.call(engine, request, &execute.parameters, &values);
        let mut outcome = engine.execute(prepared, &call)?;
        if let (CqlResult::Rows(rows), Some(_)) = (&mut outcome.result, &prepared.columns) {
            leave_out_columns(execute, known, &mut rows.metadata);
        }
        Ok(outcome)
    }

    /// The statements of a batch, each with its values.
    fn parts(&self, engine: &Engine, request: &Received, batch: &Batch<'_>) -> Result<Vec<Part>, Refusal> {
        let part = |statement: &BatchStatement<'_>| {
            let prepared = match statement.text {
                BatchText::Query(text) => Arc::new(engine.prepare(text, request.keyspace())?),
                BatchText::Prepared(id) => {
                    let known = lock(&self.node.statements).get(id).cloned();
                    let plan = known.and_then(|known| known.plan);
                    plan.ok_or_else(|| Refusal::Unprepared(Bytes::copy_from_slice(id)))?
                }
                _ => return Err(Refusal::Error(malformed("a statement is neither text nor prepared"))),
            };
            let values = values(request, statement.values, &prepared.markers)?;
            prepared.check_in_batch(values.len())?;
            Ok((prepared, values))
        };
        batch.statements.iter().map(part).collect()
    }

    fn batch(
        &self,
        engine: &Engine,
        request: &Received,
        batch: &Batch<'_>,
        parts: &[Part],
    ) -> Result<Outcome, ServerError> {
        let mut parameters = Parameters::new(batch.parameters.consistency);
        parameters.serial_consistency = batch.parameters.serial_consistency;
        parameters.timestamp = batch.parameters.timestamp;
        parameters.now_in_seconds = batch.parameters.now_in_seconds;
        let statements: Vec<(Arc<Prepared>, Call<'_>)> = parts
            .iter()
            .map(|(prepared, values)| (Arc::clone(prepared), self.call(engine, request, &parameters, values)))
            .collect();
        engine.execute_batch(batch.kind, &statements)
    }

    fn call<'a>(
        &'a self,
        engine: &Engine,
        request: &Received,
        parameters: &Parameters<'_>,
        values: &'a [Bound],
    ) -> Call<'a> {
        let now = engine.now(parameters.now_in_seconds);
        Call {
            serial_consistency: parameters.serial_consistency,
            timestamp: parameters.timestamp,
            page_size: parameters.page_size,
            paging_state: parameters.paging_state.map(|state| request.body().slice_ref(state)),
            ..Call::new(values, parameters.consistency, now, self.view())
        }
    }

    /// The cluster as this connection's node sees it.
    pub(super) fn view(&self) -> View<'_> {
        View { topology: &self.shared.topology, node: self.node.index }
    }

    /// Tells clients and forgets statements that were prepared on what is no more.
    fn schema_has_changed(&self, engine: &Engine, change: &SchemaChange) {
        let version = engine.schema_version();
        lock(&self.shared.topology).nodes.iter_mut().for_each(|node| node.schema_version = version);
        for node in self.shared.nodes() {
            lock(&node.statements).forget_plans(|plan| plan.is_affected_by(change));
            node.push(&Event::SchemaChange(change.clone()));
        }
    }
}

/// A statement of a batch, with its values.
type Part = (Arc<Prepared>, Vec<Bound>);

/// Why a batch cannot be executed.
enum Refusal {
    Unprepared(Bytes),
    Error(ServerError),
}

impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Self {
        Refusal::Error(error)
    }
}

/// v5: columns are left out if the client has their id, and told with a new id if it has another. Before: if it asks.
fn leave_out_columns(execute: &Execute<'_>, known: &Known, metadata: &mut ResultMetadata) {
    match execute.result_metadata_id {
        Some(id) if id != known.result_id => metadata.new_metadata_id = Some(known.result_id.clone()),
        _ if execute.parameters.skip_metadata => metadata.columns = None,
        _ => {}
    }
}

/// An error whose message fits into a response: some repeat the values they complain of.
fn short(mut error: ServerError) -> ServerError {
    let most = usize::from(u16::MAX).min(error.message.len());
    let end = (0..=most).rev().find(|end| error.message.is_char_boundary(*end)).unwrap_or(0);
    error.message.truncate(end);
    error
}

fn malformed(problem: impl ToString) -> ServerError {
    ServerError::new(ErrorCode::PROTOCOL_ERROR, problem.to_string())
}

/// The values of a statement in the order of its markers.
fn values(request: &Received, values: Values<'_>, markers: &[ColumnSpec]) -> Result<Vec<Bound>, ServerError> {
    let mut in_order = Vec::with_capacity(values.len());
    let mut named: Vec<(&str, Bound)> = Vec::new();
    for value in values.iter() {
        let (name, value) = value.map_err(malformed)?;
        let value = match value {
            BoundValue::Set(bytes) => Bound::Value(request.body().slice_ref(bytes)),
            BoundValue::Unset => Bound::Unset,
            _ => Bound::Null,
        };
        match name {
            Some(name) => named.push((name, value)),
            None => in_order.push(value),
        }
    }
    if named.is_empty() {
        return Ok(in_order);
    }
    // Of values with the same name the first counts.
    let named: HashMap<&str, Bound> = named.into_iter().rev().collect();
    // A marker without a value is refused where values are counted.
    let value = |marker: &ColumnSpec| named.get(marker.name()).cloned();
    Ok(markers.iter().filter_map(value).collect())
}
