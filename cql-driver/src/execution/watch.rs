//! Requests that somebody watches: spans, the log of slow ones, observers.

use super::Context;
use super::request::{Request, Settings};
use crate::error::Error;
use crate::observer::{RequestReport, RequestText};
use crate::result::QueryResult;
use std::time::Duration;
use tokio::time::Instant;
use tracing::field::{Empty, display};
use tracing::{Level, Span};

/// Whether the subscriber wants a span for each request.
#[inline]
pub(super) fn has_spans() -> bool {
    tracing::enabled!(target: "cql_driver::request", Level::DEBUG)
}

/// A request that somebody watches, while it goes on.
pub(super) struct Watch<'r> {
    request: Request<'r>,
    span: Span,
    began: Instant,
}

impl<'r> Watch<'r> {
    /// `None` when nobody does.
    pub(super) fn begin(context: &Context, request: &Request<'r>, settings: &Settings<'_>) -> Option<Self> {
        if !context.is_watched() && !has_spans() {
            return None;
        }
        let span = span(context, request, settings);
        Some(Watch { request: request.again(), span, began: Instant::now() })
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Tells everyone who wants to know.
    pub(super) fn end(
        self,
        (context, settings): (&Context, &Settings<'_>),
        outcome: &Result<QueryResult, Error>,
    ) {
        let elapsed = self.began.elapsed();
        if !self.span.is_disabled() {
            complete(context, &self.span, outcome);
        }
        let text = self.request.text();
        if context.config.slow_request.is_some_and(|threshold| elapsed >= threshold) {
            log_slow(&text, settings, elapsed, outcome);
        }
        let report = RequestReport {
            text,
            consistency: settings.consistency,
            is_idempotent: settings.idempotent,
            elapsed,
            outcome: outcome.as_ref(),
        };
        context.config.observers.iter().for_each(|observer| observer.ended(&report));
    }
}

fn log_slow(
    text: &RequestText<'_>,
    settings: &Settings<'_>,
    elapsed: Duration,
    outcome: &Result<QueryResult, Error>,
) {
    let node = match outcome {
        Ok(result) => Some(result.coordinator()),
        Err(error) => error.node(),
    };
    tracing::warn!(
        statement = %text.shown(),
        ?elapsed,
        consistency = %settings.consistency,
        node = node.map(display),
        ok = outcome.is_ok(),
        "slow request"
    );
}

/// A span by OpenTelemetry's conventions for databases; a disabled one when nobody wants it.
fn span(context: &Context, request: &Request<'_>, settings: &Settings<'_>) -> Span {
    if !has_spans() {
        return Span::none();
    }
    let text = request.text();
    let shown = text.shown();
    let operation = shown.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let span = tracing::span!(
        target: "cql_driver::request",
        Level::DEBUG,
        "cql.request",
        otel.kind = "client",
        otel.name = %operation,
        otel.status_code = Empty,
        db.system.name = "cassandra",
        db.operation.name = %operation,
        db.query.text = %shown,
        db.namespace = Empty,
        db.response.status_code = Empty,
        error.type = Empty,
        server.address = Empty,
        server.port = Empty,
        cassandra.consistency.level = %settings.consistency,
        cassandra.query.idempotent = settings.idempotent,
        cassandra.page.size = settings.page_size,
        cassandra.coordinator.dc = Empty,
        cassandra.speculative_execution.count = Empty,
    );
    let keyspace = context.keyspace.borrow();
    if let Some(keyspace) = request.keyspace().or(keyspace.as_deref()) {
        span.record("db.namespace", keyspace);
    }
    span
}

fn complete(context: &Context, span: &Span, outcome: &Result<QueryResult, Error>) {
    let node = match outcome {
        Ok(result) => {
            span.record("cassandra.speculative_execution.count", result.executions().saturating_sub(1));
            Some(result.coordinator())
        }
        Err(error) => {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", error.kind().name());
            if let Some(server) = error.server_error() {
                span.record(
                    "db.response.status_code",
                    format_args!("{:#06x}", server.code.code()).to_string(),
                );
            }
            error.node()
        }
    };
    if let Some(node) = node {
        span.record("server.address", display(node.ip()));
        span.record("server.port", node.port());
        let topology = context.routes.load();
        let found = topology.topology().nodes().iter().find(|known| known.address() == node);
        if let Some(found) = found {
            span.record("cassandra.coordinator.dc", &**found.datacenter());
        }
    }
}
