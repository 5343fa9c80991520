//! Reads a result of any size: as a stream of rows, page by page, and from a page that another request ended at.

use cql_driver::{Error, PagingState};
use futures::TryStreamExt;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_paging").await?;
    let table =
        "CREATE TABLE readings (sensor text, second int, celsius double, PRIMARY KEY (sensor, second))";
    session.execute(table, ()).await?;
    let insert = session.prepare("INSERT INTO readings (sensor, second, celsius) VALUES (?, ?, ?)").await?;
    let readings = (0..5_000).map(|second| ("attic", second, 20.0 + f64::from(second % 60) / 10.0));
    session.execute_concurrent(&insert, readings).await?;

    let select =
        session.prepare("SELECT second, celsius FROM readings WHERE sensor = ?").await?.with_page_size(1_000);

    // A stream gives row after row, and fetches the next page while you look at this one.
    let mut rows = session.stream::<(i32, f64)>(&select, ("attic",))?;
    let (mut count, mut warmest) = (0, f64::MIN);
    while let Some((_second, celsius)) = rows.try_next().await? {
        count += 1;
        warmest = warmest.max(celsius);
    }
    println!("stream: {count} readings, the warmest {warmest} °C");

    // Page by page, rows can borrow from the page: nothing is copied.
    let mut pages = session.pages("SELECT sensor, second FROM readings", ())?;
    while let Some(page) = pages.next().await? {
        let mut last = None;
        for row in page.rows::<(&str, i32)>()? {
            last = Some(row?);
        }
        println!("page: {} rows, the last {last:?}", page.rows_count());
    }

    // A paging state can leave the program, for instance in the link to the next page of a web site, which should
    // encrypt it: it holds the last row's key.
    let mut pages = session.pages(&select, ("attic",))?;
    let first = pages.next().await?;
    let token = first.and_then(|page| page.paging_state()).map(|state| state.to_bytes());
    if let Some(token) = token {
        let mut rest = session.pages(&select, ("attic",))?.starting_at(PagingState::from_bytes(token)?);
        if let Some(page) = rest.next().await? {
            let (second, _) = page.first_row::<(i32, f64)>()?.unwrap_or_default();
            println!("resumed: page two begins at second {second}");
        }
    }

    cql_examples::finish(session).await
}
