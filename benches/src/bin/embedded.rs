//! Has the engine of cql-testkit do something over and over, on one thread with its client: what `instructions` counts.
//!
//! ```text
//! embedded start|put|get COUNT CONCURRENCY [--protocol 3|4|5]
//! ```
//!
//! `start` starts a cluster, connects and asks one query, COUNT times, one after the other. `put` and `get` are those of
//! `load`, on as many keys as [`KEYS`].

use cql_benches::Failure;
use cql_benches::arguments::Arguments;
use cql_benches::embedded::Embedded;
use cql_benches::workload::{Get, Put, Work, drive};
use cql_driver::ProtocolVersion;

const KEYS: u64 = 4096;

fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::of_process();
    let version = match arguments.option("--protocol")? {
        Some(number) => Some(ProtocolVersion::from_number(number).ok_or("no such protocol version")?),
        None => None,
    };
    let work: String = arguments.word("WORK")?;
    let count: u64 = arguments.word("COUNT")?;
    let concurrency: u64 = arguments.word("CONCURRENCY")?;
    arguments.finish()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        match work.as_str() {
            "start" => start(count, version).await,
            "put" => on_rows(count, concurrency, version, async |it| Ok(Put::new(it.session()).await?)).await,
            "get" => on_rows(count, concurrency, version, async |it| Ok(Get::new(it.session()).await?)).await,
            other => Err(format!("no such work: {other}").into()),
        }
    })?;
    println!("{work}: {done}");
    Ok(())
}

async fn start(count: u64, version: Option<ProtocolVersion>) -> Result<u64, Failure> {
    for _ in 0..count {
        Embedded::start(version).await?.session().close().await;
    }
    Ok(count)
}

async fn on_rows<W: Work>(
    count: u64,
    concurrency: u64,
    version: Option<ProtocolVersion>,
    work: impl AsyncFn(&Embedded) -> Result<W, Failure>,
) -> Result<u64, Failure> {
    let embedded = Embedded::with_tables(version).await?;
    drive(Put::new(embedded.session()).await?, KEYS, concurrency, KEYS).await?;
    let done = drive(work(&embedded).await?, count, concurrency, KEYS).await?;
    embedded.session().close().await;
    Ok(done.operations)
}
