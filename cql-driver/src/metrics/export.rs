//! The figures of sessions, handed to the `metrics` crate.

use super::{Latencies, Metrics, NodeMetrics};
use metrics_024::{Label, counter, gauge, histogram};
use std::collections::HashMap;
use std::net::SocketAddr;

/// Hands the figures of one session to the `metrics` crate (feature `metrics-024`), from where its exporters take them.
///
/// Nothing is counted twice while requests go on: an application calls [`MetricsExporter::export`] every few seconds, or
/// before its figures are scraped.
///
/// | name | kind | labels |
/// |---|---|---|
/// | `cql_requests_total`, `cql_responses_total`, `cql_expired_total` | counter | `session`, `node` |
/// | `cql_bytes_written_total`, `cql_bytes_read_total` | counter | `session`, `node` |
/// | `cql_connections_opened_total`, `cql_connect_failures_total` | counter | `session`, `node` |
/// | `cql_open_connections`, `cql_in_flight`, `cql_orphans` | gauge | `session`, `node` |
/// | `cql_response_seconds` | histogram | `session`, `node` |
/// | `cql_retries_total`, `cql_speculative_executions_total`, `cql_statements_reprepared_total` | counter | `session` |
/// | `cql_server_errors_total`, `cql_connection_errors_total`, `cql_timeouts_total`, `cql_throttled_total` | counter | `session` |
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) {
/// use cql_driver::metrics::MetricsExporter;
/// use std::time::Duration;
///
/// let mut exporter = MetricsExporter::new("orders");
/// tokio::spawn(async move {
///     loop {
///         exporter.export(&session.metrics());
///         tokio::time::sleep(Duration::from_secs(10)).await;
///     }
/// });
/// # }
/// ```
#[derive(Debug)]
pub struct MetricsExporter {
    session: String,
    /// What of each node's histogram was handed on already.
    exported: HashMap<SocketAddr, Latencies>,
}

impl MetricsExporter {
    /// For a session under that name, which is a label of all its figures.
    pub fn new(session: impl Into<String>) -> Self {
        MetricsExporter { session: session.into(), exported: HashMap::new() }
    }

    /// Hands the figures on.
    pub fn export(&mut self, metrics: &Metrics) {
        let labels = vec![Label::new("session", self.session.clone())];
        for (name, value) in [
            ("cql_retries_total", metrics.retries),
            ("cql_speculative_executions_total", metrics.speculative_executions),
            ("cql_statements_reprepared_total", metrics.statements_reprepared),
            ("cql_server_errors_total", metrics.server_errors),
            ("cql_connection_errors_total", metrics.connection_errors),
            ("cql_timeouts_total", metrics.timeouts),
            ("cql_throttled_total", metrics.throttled),
        ] {
            counter!(name, labels.clone()).absolute(value);
        }
        self.exported.retain(|address, _| metrics.nodes.iter().any(|node| node.address == *address));
        for node in &metrics.nodes {
            self.export_node(node, &labels);
        }
    }

    fn export_node(&mut self, node: &NodeMetrics, labels: &[Label]) {
        let mut labels = labels.to_vec();
        labels.push(Label::new("node", node.address.to_string()));
        for (name, value) in [
            ("cql_requests_total", node.requests),
            ("cql_responses_total", node.responses),
            ("cql_expired_total", node.expired),
            ("cql_bytes_written_total", node.bytes_written),
            ("cql_bytes_read_total", node.bytes_read),
            ("cql_connections_opened_total", node.connections_opened),
            ("cql_connect_failures_total", node.connect_failures),
        ] {
            counter!(name, labels.clone()).absolute(value);
        }
        for (name, value) in [
            ("cql_open_connections", node.open_connections),
            ("cql_in_flight", node.in_flight),
            ("cql_orphans", node.orphans),
        ] {
            gauge!(name, labels.clone()).set(value as f64);
        }
        let histogram = histogram!("cql_response_seconds", labels);
        let exported = self.exported.entry(node.address).or_default();
        for (upper, count) in node.latencies.since(exported).buckets() {
            histogram.record_many(upper.as_secs_f64(), usize::try_from(count).unwrap_or(usize::MAX));
        }
        *exported = node.latencies.clone();
    }
}
