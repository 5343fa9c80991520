//! Many requests at once from one task: loads, reads in order, and failures one by one.

use cql_driver::Error;
use futures::StreamExt;
use std::time::Instant;

const ROWS: i32 = 50_000;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_concurrent_load").await?;
    session.execute("CREATE TABLE squares (number int PRIMARY KEY, square bigint)", ()).await?;

    // A load: the values are taken from the iterator as requests complete, and no result is kept. It ends at the
    // first failure. Inserts with fixed values are idempotent: they may be retried.
    let insert =
        session.prepare("INSERT INTO squares (number, square) VALUES (?, ?)").await?.with_idempotent(true);
    let squares = (0..ROWS).map(|number| (number, i64::from(number) * i64::from(number)));
    let (began, mut next) = (Instant::now(), 10_000);
    let inserted = session
        .execute_concurrent(&insert, squares)
        .concurrency(256)
        .on_progress(move |done| {
            if done >= next {
                println!("  {done} rows");
                next += 10_000;
            }
        })
        .count()
        .await?;
    println!("{inserted} rows in {:.1?}", began.elapsed());

    // Reads: awaited, they give all results in the order of the values, or the first error.
    let select = session.prepare("SELECT square FROM squares WHERE number = ?").await?;
    let results = session.execute_concurrent(&select, (1..=5).map(|number| (number,))).await?;
    for (number, result) in (1..).zip(&results) {
        let (square,): (i64,) = result.single_row()?;
        println!("{number}² = {square}");
    }

    // As a stream: result by result, in order, each with its own error; no more is requested than you take.
    let numbers = (0..ROWS).map(|number| (number,));
    let mut results = session.execute_concurrent(&select, numbers).concurrency(256).results();
    let (began, mut sum, mut failed) = (Instant::now(), 0, 0);
    while let Some(result) = results.next().await {
        match result {
            Ok(result) => sum += result.single_row::<(i64,)>()?.0,
            Err(_) => failed += 1,
        }
    }
    println!("{ROWS} reads in {:.1?}, {failed} failed, the sum of the squares is {sum}", began.elapsed());

    cql_examples::finish(session).await
}
