//! Many rows: written in batches, read by key, scanned in parallel and resumed, counted.

use cql_driver::Error;
use cql_driver::bulk::Checkpoint;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_bulk").await?;
    session
        .execute("CREATE TABLE readings (sensor int, n int, value double, PRIMARY KEY (sensor, n))", ())
        .await?;

    // Writes gather and go out in batches, each of one partition, many at a time.
    let insert = session.prepare("INSERT INTO readings (sensor, n, value) VALUES (?, ?, ?)").await?;
    let mut mutator = session.mutator().queue_size(2_000).build();
    for n in 0..20_000 {
        mutator.push(&insert.clone().with_idempotent(true), (n % 100, n / 100, f64::from(n))).await?;
    }
    // What could not be written comes back, to be looked at or pushed again.
    if let Err(failed) = mutator.close().await {
        println!("{} were not written, the first because: {}", failed.len(), failed[0].error);
    }

    // One read for each key, in parallel; the order is that of the keys.
    let select = session.prepare("SELECT value FROM readings WHERE sensor = ? AND n = ?").await?;
    let values: Vec<Option<(f64,)>> = session.get_many(&select, (198..202).map(|n| (7, n))).await?;
    println!("{values:?}");

    // The whole table, by ranges of tokens; each is read by a node that has it.
    let scan = || session.scan("examples_bulk", "readings").columns(["sensor", "n"]).page_size(500);
    let mut first = scan().parallelism(4).start().await?;
    let mut rows = 0;
    for _ in 0..10 {
        if let Some(page) = first.next().await {
            rows += page?.result.rows_count();
        }
    }
    // Broken off: what is left can be kept anywhere, and read by another process.
    let kept = first.checkpoint().to_bytes();
    println!("{rows} rows so far, {} ranges left", first.checkpoint().ranges_left());
    drop(first);
    let mut rest = scan().resume(Checkpoint::from_bytes(kept)?).start().await?;
    while let Some(page) = rest.next().await {
        rows += page?.result.rows_count();
    }
    println!("{rows} rows, and by count {}", session.scan("examples_bulk", "readings").count().await?);

    // Items by the nodes that have their partitions.
    let groups = session.group_by_replica(&insert, 0..1000, |id| (*id, 0, 0.0))?;
    println!("{} sets of replicas", groups.len());
    cql_examples::finish(session).await
}
