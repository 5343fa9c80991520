//! Reading it all back: by partition, by range, all partitions at once, page by page; and the counters.

use crate::airport::{Airport, Columns};
use crate::report::{self, Step, grouped};
use crate::{CONCURRENCY, Failure, check};
use cql_driver::{Error, Session};
use futures::TryStreamExt;
use std::collections::{BTreeMap, BTreeSet};

const COUNTRY: &str = "GB";
const PAGE_ROWS: u32 = 1000;

pub(crate) async fn one_partition(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let select = session.prepare("SELECT iata FROM airports WHERE country = ?").await?;
    let step = Step::begin("partition");
    let result = session.execute(&select, (COUNTRY,)).await?;
    // Rows are decoded here, borrowed from the answer.
    let mut codes = result.rows::<(&str,)>()?.map(|row| Ok(row?.0)).collect::<Result<Vec<_>, Error>>()?;
    step.end(format!("{} airports in {COUNTRY}", codes.len()));

    codes.sort_unstable();
    let of_country = airports.iter().filter(|airport| airport.country == COUNTRY);
    let expected: BTreeSet<_> = of_country.map(|airport| airport.iata.as_str()).collect();
    check("airports of the partition", &codes, &expected.into_iter().collect())
}

pub(crate) async fn a_range(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    // In the order of bytes, which is that of the table, `Londoo` is the first that does not begin with `London`.
    let (from, to) = ("London", "Londoo");
    let select = session
        .prepare("SELECT name FROM airports WHERE country = ? AND name >= ? AND name < ? ORDER BY name DESC")
        .await?;
    let step = Step::begin("range");
    let result = session.execute(&select, (COUNTRY, from, to)).await?;
    let mut names = result.rows::<(&str,)>()?.map(|row| Ok(row?.0)).collect::<Result<Vec<_>, Error>>()?;
    step.end(format!("{} of them begin with {from}; from the last:", names.len()));
    report::detail(names.iter().take(3).copied().collect::<Vec<_>>().join(", ") + ", …");

    names.reverse();
    let named = |airport: &&Airport| airport.country == COUNTRY && airport.name.starts_with(from);
    let expected: BTreeSet<_> = airports.iter().filter(named).map(|airport| airport.name.as_str()).collect();
    check("airports of the range", &names, &expected.into_iter().collect())
}

pub(crate) async fn all_partitions(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let mut expected = BTreeMap::<&str, usize>::new();
    for airport in airports {
        *expected.entry(&airport.country).or_default() += 1;
    }
    let select = session.prepare("SELECT name, latitude, longitude FROM airports WHERE country = ?").await?;
    let step = Step::begin("partitions");
    // Results come in the order of the values.
    let countries: Vec<_> = expected.keys().map(|country| (country.to_string(),)).collect();
    let results = session.execute_concurrent(&select, countries).concurrency(CONCURRENCY).await?;
    let mut read = BTreeMap::new();
    for (country, result) in expected.keys().zip(&results) {
        let mut rows = 0;
        for row in result.rows::<(&str, f64, f64)>()? {
            row?;
            rows += 1;
        }
        read.insert(*country, rows);
    }
    let rows: usize = read.values().sum();
    step.end_with_rows(format!("all {} countries, each with one request", read.len()), rows as u64);
    check("airports by country", &read, &expected)
}

pub(crate) async fn page_by_page(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let select = session
        .prepare(
            "SELECT iata, icao, name, country, latitude, longitude, timezone, type, scheduled FROM airports",
        )
        .await?
        .with_page_size(PAGE_ROWS);
    let step = Step::begin("pages");
    let rows = session.stream::<Columns>(&select, ())?.try_collect::<Vec<_>>().await?;
    let what = format!("{} rows as a stream, {} a page", grouped(rows.len()), grouped(PAGE_ROWS));
    step.end_with_rows(what, rows.len() as u64);

    check("rows of the table", &rows.len(), &airports.len())?;
    let mut read: Vec<_> = rows.into_iter().map(Airport::from).collect();
    // The file is in the order of codes.
    read.sort_by(|a, b| a.iata.cmp(&b.iata));
    read.iter().zip(airports).try_for_each(|(read, expected)| check("a row", read, expected))
}

pub(crate) async fn counters(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    let mut expected = BTreeMap::<&str, i64>::new();
    for airport in airports {
        *expected.entry(&airport.kind).or_default() += 1;
    }
    let step = Step::begin("read counts");
    let result = session.execute("SELECT type, airports FROM airports_by_type", ()).await?;
    let mut read = BTreeMap::new();
    for row in result.rows::<(&str, i64)>()? {
        let (kind, airports) = row?;
        read.insert(kind, airports);
    }
    step.end(format!("{} types of airports", read.len()));
    let figures = read.iter().map(|(kind, airports)| format!("{} {kind}", grouped(airports)));
    report::detail(figures.collect::<Vec<_>>().join(", "));
    check("counters of types", &read, &expected)
}
