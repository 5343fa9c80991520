//! Vector search (Cassandra 5.0): the nearest airports with scheduled flights, as the nearest points on a globe.

use crate::Failure;
use crate::airport::Airport;
use crate::report::{self, Step, grouped};
use cql_driver::Session;

/// Where to search from.
const HOME: &str = "WLG";
const NEAREST: usize = 5;
/// Few, as Cassandra 5.0 fails writes to a vector index if more of them come at once than it has cores, and one more:
/// "Number of outstanding pooled objects has gone beyond the limit" in its log.
const INDEX_CONCURRENCY: usize = 2;

pub(crate) async fn search(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let scheduled: Vec<_> = airports.iter().filter(|airport| airport.scheduled).collect();
    create_table(session).await?;
    load(session, &scheduled).await?;

    let home = find(&scheduled, HOME)?;
    let select = session.prepare("SELECT iata FROM airport_points ORDER BY point ANN OF ? LIMIT ?").await?;
    // Home is its own nearest neighbour.
    let limit = i32::try_from(NEAREST + 1)?;
    let step = Step::begin("vector search");
    let result = session.execute(&select, (home.point(), limit)).await?;
    let mut found = Vec::with_capacity(result.rows_count());
    for row in result.rows::<(&str,)>()? {
        found.push(find(&scheduled, row?.0)?);
    }
    step.end(format!("the {NEAREST} nearest to {}", home.name));
    found.retain(|airport| airport.iata != HOME);
    for airport in &found {
        report::detail(format!("{} {:>4.0} km  {}", airport.iata, home.kilometres_to(airport), airport.name));
    }
    compare(home, &scheduled, &found)
}

async fn create_table(session: &Session) -> Result<(), Failure> {
    let step = Step::begin("vector index");
    session
        .execute("CREATE TABLE airport_points (iata text PRIMARY KEY, point vector<float, 3>)", ())
        .await?;
    let index = "CREATE CUSTOM INDEX ON airport_points (point) USING 'StorageAttachedIndex' \
                 WITH OPTIONS = {'similarity_function': 'euclidean'}";
    session.execute(index, ()).await?;
    step.end("a table of vectors with an index");
    Ok(())
}

async fn load(session: &Session, airports: &[&Airport]) -> Result<(), Failure> {
    let insert = session.prepare("INSERT INTO airport_points (iata, point) VALUES (?, ?)").await?;
    let vectors = airports.iter().map(|airport| (&airport.iata, airport.point()));
    let step = Step::begin_with_bar("load vectors", vectors.len())?;
    let loaded = session
        .execute_concurrent(&insert, vectors)
        .concurrency(INDEX_CONCURRENCY)
        .on_progress(step.mover())
        .count()
        .await?;
    let what = format!("{} vectors, {INDEX_CONCURRENCY} requests in flight", grouped(loaded));
    step.end_with_rows(what, loaded);
    Ok(())
}

fn find<'a>(airports: &[&'a Airport], iata: &str) -> Result<&'a Airport, Failure> {
    let airport = airports.iter().find(|airport| airport.iata == iata);
    Ok(airport.ok_or_else(|| format!("no airport with scheduled flights has the code {iata}"))?)
}

/// Compares with the distances to all airports. The search is approximate by design, so that another airport among
/// them is no failure; nothing but others is.
fn compare(home: &Airport, airports: &[&Airport], found: &[&Airport]) -> Result<(), Failure> {
    let mut others: Vec<_> = airports.iter().filter(|airport| airport.iata != home.iata).collect();
    others.sort_by(|a, b| home.kilometres_to(a).total_cmp(&home.kilometres_to(b)));
    let agreed = others.iter().take(NEAREST).filter(|airport| found.contains(airport)).count();
    if agreed == 0 {
        return Err(format!("none of the {NEAREST} airports nearest to {} was found", home.iata).into());
    }
    report::detail(format!("{agreed} of {NEAREST} agree with the distances to all airports of the file"));
    Ok(())
}
