//! Vector search (Cassandra 5.0): the nearest airports, as the nearest points on a globe.

use crate::airport::Airport;
use crate::report::{self, Step, grouped};
use crate::{CONCURRENCY, Failure};
use cql_driver::Session;

/// Where to search from.
const HOME: &str = "WLG";
const NEAREST: usize = 5;

pub(crate) async fn search(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let step = Step::begin("vector index");
    session
        .execute("CREATE TABLE airport_points (iata text PRIMARY KEY, point vector<float, 3>)", ())
        .await?;
    let index = "CREATE CUSTOM INDEX ON airport_points (point) USING 'StorageAttachedIndex' \
                 WITH OPTIONS = {'similarity_function': 'euclidean'}";
    session.execute(index, ()).await?;
    step.end("a table of points with an index");

    let insert = session.prepare("INSERT INTO airport_points (iata, point) VALUES (?, ?)").await?;
    let points = airports.iter().map(|airport| (&airport.iata, airport.point()));
    let step = Step::begin("load points");
    let loaded = session.execute_concurrent(&insert, points).concurrency(CONCURRENCY).count().await?;
    step.end_with_rows(format!("{} points, {CONCURRENCY} requests in flight", grouped(loaded)), loaded);

    let home = find(airports, HOME)?;
    // Home is its own nearest neighbour.
    let limit = i32::try_from(NEAREST + 1)?;
    let select = session.prepare("SELECT iata FROM airport_points ORDER BY point ANN OF ? LIMIT ?").await?;
    let step = Step::begin("vector search");
    let result = session.execute(&select, (home.point(), limit)).await?;
    let mut found = Vec::new();
    for row in result.rows::<(&str,)>()? {
        found.push(find(airports, row?.0)?);
    }
    step.end_with_rows(format!("the {NEAREST} airports nearest to {}", home.name), found.len() as u64);
    for airport in found.iter().filter(|airport| airport.iata != HOME) {
        report::detail(format!("{} {:>4.0} km  {}", airport.iata, home.kilometres_to(airport), airport.name));
    }
    compare(home, airports, &found)
}

fn find<'a>(airports: &'a [Airport], iata: &str) -> Result<&'a Airport, Failure> {
    Ok(airports.iter().find(|airport| airport.iata == iata).ok_or_else(|| format!("no airport is {iata}"))?)
}

/// Compares with the distances to all airports. The search is an approximate one by design, so that one of them may be
/// another.
fn compare(home: &Airport, airports: &[Airport], found: &[&Airport]) -> Result<(), Failure> {
    let mut all: Vec<_> = airports.iter().collect();
    all.sort_by(|a, b| home.kilometres_to(a).total_cmp(&home.kilometres_to(b)));
    let exact = all.get(..=NEAREST).unwrap_or_default();
    let agreed = exact.iter().filter(|airport| found.contains(airport)).count();
    if found.len() != exact.len() || agreed < NEAREST {
        return Err(format!("only {agreed} of the {} nearest airports were found", exact.len()).into());
    }
    Ok(())
}
