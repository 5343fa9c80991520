//! Derives: rows into structs and structs into statements, by name; enums, structs around a value, user-defined types.

use cql_driver::Error;
use cql_driver::value::{BindRow, FromCql, FromRow, ToCql};

/// A user-defined type: its fields are found by name, whatever their order, and may be added to later.
#[derive(Debug, FromCql, ToCql)]
struct Place {
    city: String,
    #[cql(rename = "zipCode")]
    zip: Option<i32>,
}

/// Stored as text: `ok`, `low_battery`. With `repr = "int"` it would be its variants' numbers.
#[derive(Debug, Clone, Copy, FromCql, ToCql)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
}

/// Stored as what is in it.
#[derive(Debug, Clone, Copy, FromCql, ToCql)]
struct Celsius(f64);

#[derive(Debug, FromRow, BindRow)]
struct Reading {
    #[cql(flatten)]
    key: Key,
    temperature: Celsius,
    #[cql(default)] // for null
    note: String,
    status: Status,
    place: Option<Place>,
    #[cql(skip)]
    is_cached: bool,
}

#[derive(Debug, FromRow, BindRow)]
struct Key {
    sensor: String,
    seq: i32,
}

/// Borrowed from the page: reading a row allocates nothing. Columns without a field are passed over.
#[derive(Debug, FromRow)]
struct Brief<'r> {
    sensor: &'r str,
    temperature: f64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_derive").await?;
    session.execute("CREATE TYPE place (\"zipCode\" int, city text)", ()).await?;
    let table = "CREATE TABLE readings (sensor text, seq int, temperature double, note text, status text, \
                 place frozen<place>, PRIMARY KEY (sensor, seq))";
    session.execute(table, ()).await?;

    let insert =
        "INSERT INTO readings (sensor, seq, temperature, note, status, place) VALUES (?, ?, ?, ?, ?, ?)";
    let insert = session.prepare(insert).await?;
    for (seq, status) in [(1, Status::Ok), (2, Status::LowBattery)] {
        let key = Key { sensor: "roof".into(), seq };
        let place = Some(Place { city: "Paris".into(), zip: None });
        let (temperature, note) = (Celsius(21.5), String::new());
        session.execute(&insert, Reading { key, temperature, note, status, place, is_cached: true }).await?;
    }

    let result = session.execute("SELECT * FROM readings", ()).await?;
    for row in result.rows::<Reading>()? {
        let Reading { key, temperature, is_cached, .. } = row?;
        println!("{key:?} {temperature:?} {is_cached}");
    }
    for row in result.rows()? {
        let Brief { sensor, temperature } = row?;
        println!("{sensor}: {temperature}");
    }
    cql_examples::finish(session).await
}
