//! Models: a struct that is a table's row, queries that are checked by the compiler, changes of single columns.

use cql_driver::Lwt;
use cql_mapper::prelude::*;
use cql_mapper::schema::Schema;
use std::collections::BTreeSet;
use std::error::Error;

#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "readings")]
struct Reading {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key(desc))]
    at: CqlTimestamp,
    #[cql(static)]
    site: Option<String>,
    temperature: f64,
    note: Option<String>,
    tags: BTreeSet<String>,
    status: Status,
}

/// Stored as text: `ok`, `low_battery`.
#[derive(CqlType, Debug, Clone, Copy, PartialEq)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
}

#[derive(Model, Debug)]
#[cql(table = "visits")]
struct Visits {
    #[cql(partition_key)]
    page: String,
    count: Counter,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = cql_examples::connect("example_models").await?;
    let db = Mapper::new(session.clone());

    // The schema: what models lack is shown, then added. Nothing is ever dropped.
    let plan = Schema::new().model::<Reading>().model::<Visits>().plan(&db).await?;
    println!("{plan}");
    plan.ensure_safe()?.apply(&db).await?;

    // Rows, one by one and many at a time. What is `None` is not written.
    let reading = |second: i64| Reading {
        sensor: "s1".to_owned(),
        at: CqlTimestamp(second * 1000),
        site: None,
        temperature: 20.0 + second as f64,
        note: None,
        tags: BTreeSet::new(),
        status: if second > 7 { Status::LowBattery } else { Status::Ok },
    };
    reading(0).insert().exec(&db).await?;
    let written = db.insert_many((1..10).map(reading)).exec().await?;
    println!("{written} rows more");

    // `Reading.at` is a column. Without the whole partition key this would not compile.
    let latest = Reading::objects()
        .filter(Reading.sensor.eq("s1"))
        .filter(Reading.at.ge(CqlTimestamp(5000)))
        .limit(3)
        .all(&db)
        .await?;
    println!("latest: {:?}", latest.iter().map(|row| row.temperature).collect::<Vec<f64>>());
    let last: Option<(CqlTimestamp, Status)> = Reading::objects()
        .filter(Reading.sensor.eq("s1"))
        .columns((Reading.at, Reading.status))
        .first(&db)
        .await?;
    println!("last: {last:?}");

    // Single columns are changed without reading the row: values, null, parts of collections, static columns.
    let first = CqlTimestamp(0);
    Reading::update(("s1", first))
        .set(Reading.temperature.to(19.5))
        .set(Reading.note.to("calibrated"))
        .set(Reading.tags.add(["new", "indoor"]))
        .exec(&db)
        .await?;
    Reading::update_partition("s1").set(Reading.site.to("Oslo")).exec(&db).await?;
    println!("{:?}", Reading::find(("s1", first)).one(&db).await?);

    // Conditions say what stood in their way.
    let change = Reading::update(("s1", first)).set(Reading.status.to(Status::LowBattery));
    match change.iff(Reading.temperature.eq(21.0)).exec(&db).await? {
        Lwt::Applied => println!("changed"),
        Lwt::NotApplied(found) => println!("not changed: {found:?}"),
    }

    // Counters count, and can do nothing else.
    Visits::update("home").set(Visits.count.incr(2)).exec(&db).await?;
    println!("{:?}", Visits::find("home").one(&db).await?);

    Reading::find(("s1", first)).delete().exec(&db).await?;
    let of_sensor = Reading::objects().filter(Reading.sensor.eq("s1"));
    println!("{} rows left", of_sensor.count(&db).await?);
    cql_examples::finish(session).await?;
    Ok(())
}
