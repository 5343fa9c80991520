//! Prints what a session holds in memory: for each idle connection, request in flight and result that is kept, and in a
//! scan of ten million rows.
//!
//! ```text
//! memory [--rows NUMBER]
//! ```
//!
//! Bytes are those that the allocator has given and not got back.

use cql_benches::Failure;
use cql_benches::arguments::Arguments;
use cql_benches::child::{self, SERVE, ServerProcess};
use cql_benches::null_server::Options;
use cql_benches::statements::{BorrowedRow, GET, PAGE_ROWS, SCAN};
use cql_driver::{Cluster, Session};
use futures::FutureExt;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const CONNECTIONS: usize = 10;
const IN_FLIGHT: usize = 1000;
const RESULTS: usize = 10_000;

fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::of_process();
    if arguments.take(SERVE) {
        let options = Options::take(&mut arguments)?;
        arguments.finish()?;
        return child::serve(options);
    }
    let rows = arguments.option("--rows")?.unwrap_or(10_000_000);
    arguments.finish()?;
    let mut options = Options::default();
    (options.port, options.pages) = (0, rows / PAGE_ROWS);
    let server = ServerProcess::start(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        connections(server.address()).await?;
        let session = connect(server.address(), 1).await?;
        in_flight(&session).await?;
        results(&session).await?;
        scan(&session).await?;
        session.close().await;
        Ok(())
    })
}

async fn connect(address: &str, connections: usize) -> Result<Session, Failure> {
    let builder = Cluster::builder().contact_points([address]).connections_per_node(connections);
    let session = builder.build()?.connect().await?;
    // All of them are there, and each has read something.
    while session.node_statuses().iter().map(|node| node.connections.len()).sum::<usize>() < connections {
        tokio::task::yield_now().await;
    }
    Ok(session)
}

/// Bytes of the heap that are in use.
fn live() -> usize {
    let stats = INSTRUMENTED_SYSTEM.stats();
    stats.bytes_allocated.saturating_sub(stats.bytes_deallocated)
}

fn print(what: &str, bytes: usize, count: usize) {
    println!("{what}: {} bytes", bytes / count);
}

async fn connections(address: &str) -> Result<(), Failure> {
    let one = connect(address, 1).await?;
    let before = live();
    let many = connect(address, 1).await?;
    let session = live() - before;
    let more = connect(address, 1 + CONNECTIONS).await?;
    print("session with one connection, beside another", session, 1);
    print("idle connection", (live() - before).saturating_sub(2 * session), CONNECTIONS);
    for session in [one, many, more] {
        session.close().await;
    }
    Ok(())
}

/// Requests that are handed in, while the connection's task does not run.
async fn in_flight(session: &Session) -> Result<(), Failure> {
    let select = session.prepare(GET).await?;
    let mut requests = Vec::with_capacity(IN_FLIGHT);
    let before = live();
    for id in 0..IN_FLIGHT {
        let mut request = Box::pin(session.execute(&select, (i64::try_from(id)?,)));
        assert!((&mut request).now_or_never().is_none(), "nothing can have been answered yet");
        requests.push(request);
    }
    print("request in flight, its future included", live() - before, IN_FLIGHT);
    for request in requests {
        request.await?;
    }
    Ok(())
}

async fn results(session: &Session) -> Result<(), Failure> {
    let select = session.prepare(GET).await?;
    let mut results = Vec::with_capacity(RESULTS);
    let before = live();
    for id in 0..RESULTS {
        results.push(session.execute(&select, (i64::try_from(id)?,)).await?);
    }
    print("result of one row of 160 bytes that is kept", live() - before, RESULTS);
    println!("a result itself: {} bytes", size_of_val(&results[0]));
    Ok(())
}

/// Reads all pages; how much the heap has grown at most.
async fn scan(session: &Session) -> Result<(), Failure> {
    let select = session.prepare(SCAN).await?;
    let mut pages = session.pages(&select, ())?;
    let (mut rows, mut largest) = (0_usize, 0);
    let before = live();
    while let Some(page) = pages.next().await? {
        for row in page.rows::<BorrowedRow<'_>>()? {
            black_box(row?);
            rows += 1;
        }
        largest = largest.max(live().saturating_sub(before));
    }
    println!("scan of {rows} rows of 160 bytes: {} KiB of heap at most", largest / 1024);
    Ok(())
}
