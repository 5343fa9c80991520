//! Puts load on a server and prints what it cost this process, in one line.
//!
//! ```text
//! load get|get-borrowed|put|bulk|scan|scan-borrowed|hundred|hundred-borrowed|wide|wide-borrowed|struct-get|model-get|
//!      model-put|set-up
//!      COUNT CONCURRENCY THREADS ADDRESS
//!      [--protocol 3|4|5] [--compression lz4] [--connections NUMBER] [--keys NUMBER] [--warm-up COUNT]
//! ```
//!
//! COUNT is operations, for a scan rows; THREADS are those of the runtime, 0 for one that runs in the main thread.
//! ADDRESS is that of a server that knows `bench.kv`, or `null` for a null server of its own, whose options follow, and
//! which tells on standard error what it cost.

use cql_benches::Failure;
use cql_benches::models::{ModelGet, ModelPut, StructGet};
use cql_benches::run::{Figures, Run, run};
use cql_benches::workload::{
    Done, Get, GetBorrowed, Hundred, HundredBorrowed, Put, Scan, ScanBorrowed, Wide, WideBorrowed, connect,
    set_up,
};
use cql_driver::{Compression, Session};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Failure> {
    run(async |run: Run, address| {
        let session = connect(&address, run.protocol, run.compression, run.connections).await?;
        let figures = load(&run, &session).await?;
        let (version, compression) =
            (session.protocol_version(), run.compression.map_or("", Compression::name));
        session.close().await;
        Ok((format!("cql-driver-{version}{compression}"), figures))
    })
}

async fn load(run: &Run, session: &Session) -> Result<Figures, Failure> {
    match run.work.as_str() {
        "get" => run.driven(Get::new(session).await?).await,
        "get-borrowed" => run.driven(GetBorrowed::new(session).await?).await,
        "put" => run.driven(Put::new(session).await?).await,
        "scan" => run.driven(Scan::new(session).await?).await,
        "scan-borrowed" => run.driven(ScanBorrowed::new(session).await?).await,
        "hundred" => run.driven(Hundred::new(session).await?).await,
        "hundred-borrowed" => run.driven(HundredBorrowed::new(session).await?).await,
        "struct-get" => run.driven(StructGet::new(session).await?).await,
        "model-get" => run.driven(ModelGet::new(session)).await,
        "model-put" => run.driven(ModelPut::new(session)).await,
        "wide" => run.driven(Wide::new(session).await?).await,
        "wide-borrowed" => run.driven(WideBorrowed::new(session).await?).await,
        "set-up" => run.measured(async |count| set_up(session, count).await).await,
        "bulk" => {
            let put = Put::new(session).await?;
            run.warmed_up(async |count| in_task(put.clone(), count, run).await).await
        }
        other => Err(format!("no such work: {other}").into()),
    }
}

/// On a worker thread, where tasks are, not in the main thread, where every wake is one of the system.
async fn in_task(put: Put, count: u64, run: &Run) -> Result<Done, Failure> {
    let (concurrency, keys) = (run.concurrency, run.keys);
    tokio::spawn(async move { put.bulk(count, concurrency, keys).await }).await?
}
