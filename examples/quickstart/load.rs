//! Writing: the schema, the airports, and counters of them.

use crate::airport::Airport;
use crate::report::{Step, grouped};
use crate::{CONCURRENCY, Failure, KEYSPACE, check};
use cql_driver::Session;
use std::collections::BTreeMap;

const TABLES: [&str; 3] = [
    // A partition for each country; in it, airports in the order of their names.
    "CREATE TABLE airports (country text, name text, iata text, icao text, latitude double, longitude double,
        timezone text, type text, scheduled boolean, PRIMARY KEY (country, name, iata))",
    "CREATE TABLE airports_by_type (type text PRIMARY KEY, airports counter)",
    "CREATE TABLE reserved_codes (iata text PRIMARY KEY, airport text)",
];

pub(crate) async fn create_schema(session: &Session) -> Result<(), Failure> {
    let step = Step::begin("schema");
    cql_examples::create_keyspace(session, KEYSPACE).await?;
    for table in TABLES {
        session.execute(table, ()).await?;
    }
    step.end(format!("keyspace {KEYSPACE} with {} tables", TABLES.len()));
    Ok(())
}

pub(crate) async fn airports(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let insert = session
        .prepare(
            "INSERT INTO airports (iata, icao, name, country, latitude, longitude, timezone, type, scheduled)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .await?
        .with_idempotent(true);
    let rows = airports.iter().map(|a| {
        let place = (a.latitude, a.longitude, &a.timezone);
        (&a.iata, &a.icao, &a.name, &a.country, place.0, place.1, place.2, &a.kind, a.scheduled)
    });

    let step = Step::begin_with_bar("load", rows.len())?;
    let loaded = session
        .execute_concurrent(&insert, rows)
        .concurrency(CONCURRENCY)
        .on_progress(step.mover())
        .count()
        .await?;
    step.end_with_rows(format!("{} airports, {CONCURRENCY} requests in flight", grouped(loaded)), loaded);
    check("airports loaded", &loaded, &(airports.len() as u64))
}

/// Adds to the counters, once for each country and type. No addition is retried: made twice, it would count twice.
pub(crate) async fn count_by_type(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let mut additions = BTreeMap::<_, i64>::new();
    for airport in airports {
        *additions.entry((&airport.country, &airport.kind)).or_default() += 1;
    }
    let add = session.prepare("UPDATE airports_by_type SET airports = airports + ? WHERE type = ?").await?;
    let step = Step::begin("count types");
    let values = additions.into_iter().map(|((_, kind), airports)| (airports, kind));
    let added = session.execute_concurrent(&add, values).concurrency(CONCURRENCY).count().await?;
    step.end(format!("{added} additions to the counters of types"));
    Ok(())
}
