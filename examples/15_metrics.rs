//! What a session does: figures, an observer, the log of slow requests, a trace.

use cql_driver::observer::{RequestObserver, RequestReport};
use cql_driver::{Error, Statement};
use std::time::Duration;

/// Is told of every request when it has ended.
#[derive(Debug)]
struct Printer;

impl RequestObserver for Printer {
    fn ended(&self, report: &RequestReport<'_>) {
        // Values never show: literals of the text are left out.
        let how = if report.outcome.is_ok() { "well" } else { "badly" };
        println!("observed: {} ended {how} after {:?}", report.statement(), report.elapsed);
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::cluster()
        .await
        .observer(Printer)
        // As warnings of `tracing`; spans for each request are its DEBUG level, under `cql_driver::request`.
        .log_slow_requests(Duration::from_millis(500))
        .build()?
        .connect()
        .await?;

    for _ in 0..3 {
        session.execute("SELECT key, release_version FROM system.local WHERE key = 'local'", ()).await?;
    }

    let metrics = session.metrics();
    println!("{} requests, {} retries, {} timeouts", metrics.requests, metrics.retries, metrics.timeouts);
    for node in &metrics.nodes {
        let [median, most] = [0.5, 0.99].map(|part| node.latencies.quantile(part).unwrap_or_default());
        println!("{}: {} responses, median {median:?}, 99 % within {most:?}", node.address, node.responses);
    }

    // What the servers did for one request, as they noted it.
    let traced = Statement::new("SELECT key FROM system.local").with_tracing(true);
    let result = session.execute(traced, ()).await?;
    if let Some(id) = result.tracing_id() {
        let trace = session.trace(id).await?;
        println!("{} took {:?} on {}:", trace.request, trace.duration, trace.coordinator);
        for event in trace.events.iter().take(3) {
            println!("  {} ({:?})", event.activity, event.source_elapsed.unwrap_or_default());
        }
    }
    session.close().await;
    Ok(())
}
