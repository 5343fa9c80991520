//! Traces of requests that ask for one, in the tables that a server keeps them in.

use super::Conversation;
use crate::engine::{Call, Engine};
use crate::request::{Bound, Received};
use crate::sync::lock;
use bytes::Bytes;
use cql_protocol::frame::Opcode;
use cql_protocol::request::Request;
use cql_protocol::types::ColumnType;
use cql_protocol::value::{CqlTimestamp, ToCql, time_uuid, write_value};
use cql_protocol::{Consistency, SerialConsistency};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: &str = "INSERT INTO system_traces.sessions (session_id, client, command, coordinator, coordinator_port, \
     duration, parameters, request, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
const EVENT: &str = "INSERT INTO system_traces.events (session_id, event_id, activity, source, source_elapsed, source_port, \
     thread) VALUES (?, ?, ?, ?, ?, ?, ?)";

/// The port nodes talk to each other by.
const STORAGE_PORT: i32 = 7000;

impl Conversation {
    /// Keeps the trace of a request that was answered, and returns its id.
    pub(super) fn trace(&self, engine: &Engine, request: &Received, began: Instant) -> Option<Uuid> {
        let took = i32::try_from(began.elapsed().as_micros()).unwrap_or(i32::MAX);
        let ended = engine.now(None).micros();
        let started = ended - i64::from(took);
        let id = |micros: i64| {
            let [.., a, b] = request.connection().to_be_bytes();
            let [c, d] = request.stream().to_be_bytes();
            let maker = [1, u8::try_from(request.node()).unwrap_or(u8::MAX), a, b, c, d];
            time_uuid::new(Duration::from_micros(micros.try_into().ok()?), 1, maker)
        };
        let session = id(started)?;
        let ip = lock(&self.shared.topology).node(self.node.index)?.address?.ip();
        let text = |text: &str| bound(text, &ColumnType::Text);
        let (command, words) = match request.opcode() {
            Opcode::EXECUTE => ("QUERY", "Execute CQL3 prepared query"),
            Opcode::BATCH => ("QUERY", "Execute batch of CQL3 queries"),
            Opcode::PREPARE => ("QUERY", "Preparing CQL3 query"),
            _ => ("QUERY", "Execute CQL3 query"),
        };
        let uuid = bound(session, &ColumnType::Uuid);
        let source = bound(ip, &ColumnType::Inet);
        let port = bound(STORAGE_PORT, &ColumnType::Int);
        let map = ColumnType::map(ColumnType::Text, ColumnType::Text);
        let values = [
            uuid.clone(),
            source.clone(),
            text(command),
            source.clone(),
            port.clone(),
            bound(took, &ColumnType::Int),
            bound(parameters(request), &map),
            text(words),
            bound(CqlTimestamp(started / 1000), &ColumnType::Timestamp),
        ];
        self.keep(engine, SESSION, &values)?;
        let activities = [("Parsing", 0), ("Executing on the data in memory", took), ("Answered", took)];
        for (at, (activity, elapsed)) in (0_i64..).zip(activities) {
            let event = id(started + i64::from(elapsed) + at)?;
            let values = [
                uuid.clone(),
                bound(event, &ColumnType::TimeUuid),
                text(activity),
                source.clone(),
                bound(elapsed, &ColumnType::Int),
                port.clone(),
                text("cql-testkit"),
            ];
            self.keep(engine, EVENT, &values)?;
        }
        Some(session)
    }

    fn keep(&self, engine: &Engine, text: &str, values: &[Bound]) -> Option<()> {
        let prepared = engine.prepare(text, None).ok()?;
        let call = Call::new(values, Consistency::Any, engine.now(None), self.view());
        engine.execute(&prepared, &call).ok().map(|_| ())
    }
}

/// What the server tells of a request beside its text.
fn parameters(request: &Received) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |name: &str, value: String| all.insert(name.to_owned(), value);
    if let Some(text) = request.text() {
        add("query", text.to_owned());
    }
    if let Some(level) = request.consistency() {
        add("consistency_level", level.to_string());
    }
    let serial = match request.serial_consistency() {
        Some(SerialConsistency::LocalSerial) => "LOCAL_SERIAL",
        _ => "SERIAL",
    };
    add("serial_consistency_level", serial.to_owned());
    let page_size = match request.message() {
        Ok(Request::Query(query)) => query.parameters.page_size,
        Ok(Request::Execute(execute)) => execute.parameters.page_size,
        _ => None,
    };
    if let Some(rows) = page_size {
        add("page_size", rows.to_string());
    }
    all
}

fn bound(value: impl ToCql, column_type: &ColumnType) -> Bound {
    let mut out = Vec::new();
    match write_value(&value, column_type, &mut out) {
        Ok(_) => Bound::Value(Bytes::from(out.split_off(4))),
        Err(_) => Bound::Null,
    }
}
