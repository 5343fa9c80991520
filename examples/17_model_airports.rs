//! The airports of the quickstart as models: partitions by country, ranges within them, counters by kind, and the nearest
//! by vector (Cassandra 5.0).

use cql_mapper::prelude::*;
use cql_mapper::schema::Schema;
use futures::TryStreamExt;
use std::collections::BTreeMap;
use std::error::Error;

/// Airports by country, in the order of their codes.
#[derive(Model, Debug, Clone, PartialEq)]
#[cql(table = "airports")]
struct Airport {
    #[cql(partition_key)]
    country: String,
    #[cql(clustering_key)]
    iata: String,
    icao: Option<String>,
    name: String,
    kind: Kind,
    scheduled: bool,
    #[cql(flatten)]
    place: Place,
}

#[derive(Columns, Debug, Clone, PartialEq)]
struct Place {
    latitude: f64,
    longitude: f64,
    timezone: String,
}

/// As the file has it; a kind that this program does not know is kept as it is.
#[derive(CqlType, Debug, Clone, PartialEq)]
#[cql(rename_all = "snake_case")]
enum Kind {
    LargeAirport,
    MediumAirport,
    SmallAirport,
    Heliport,
    SeaplaneBase,
    #[cql(other)]
    Other(String),
}

/// How many there are of each kind.
#[derive(Model, Debug)]
#[cql(table = "kinds")]
struct Counted {
    #[cql(partition_key)]
    kind: Kind,
    airports: Counter,
    scheduled: Counter,
}

/// Where airports are, as points on a globe: those that are near one another are near as points.
#[derive(Model, Debug)]
#[cql(table = "points")]
struct Point {
    #[cql(partition_key)]
    iata: String,
    #[cql(sai(similarity = "euclidean"))]
    point: [f32; 3],
}

/// Some of an airport, for lists.
#[derive(Projection, Debug)]
#[cql(model = Airport)]
struct Line {
    iata: String,
    name: String,
}

type Columns9 = (String, Option<String>, String, String, f64, f64, String, String, bool);

fn read_file() -> Result<Vec<Airport>, Box<dyn Error>> {
    let mut airports = Vec::new();
    let mut file = csv::Reader::from_reader(include_str!("data/airports.csv").as_bytes());
    for line in file.deserialize::<Columns9>() {
        let (iata, icao, name, country, latitude, longitude, timezone, kind, scheduled) = line?;
        let place = Place { latitude, longitude, timezone };
        let kind = match kind.as_str() {
            "large_airport" => Kind::LargeAirport,
            "medium_airport" => Kind::MediumAirport,
            "small_airport" => Kind::SmallAirport,
            "heliport" => Kind::Heliport,
            "seaplane_base" => Kind::SeaplaneBase,
            _ => Kind::Other(kind),
        };
        airports.push(Airport { country, iata, icao, name, kind, scheduled, place });
    }
    Ok(airports)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let session = cql_examples::connect("example_model_airports").await?;
    let db = Mapper::new(session.clone());
    let airports = read_file()?;

    Schema::new().model::<Airport>().model::<Counted>().plan(&db).await?.apply(&db).await?;
    let loaded = db.insert_many(airports.clone()).concurrency(256).exec().await?;
    println!("{loaded} airports");

    // A partition, a range of it, a page of it.
    let of_norway = Airport::objects().filter(Airport.country.eq("NO"));
    println!("Norway has {}", of_norway.clone().count(&db).await?);
    let from_s = of_norway.clone().filter(Airport.iata.ge("S")).filter(Airport.iata.lt("T"));
    let from_s: Vec<Line> = from_s.project::<Line>().all(&db).await?;
    println!("{} of them begin with S: {} is {}", from_s.len(), from_s[0].iata, from_s[0].name);
    let page = of_norway.clone().page_size(10).page(&db, None).await?;
    let next = of_norway.page_size(10).page(&db, page.next).await?;
    println!("the second page begins with {}", next.rows[0].name);

    // The whole table, each range of tokens from a node that has it.
    let mut countries: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = Airport::objects().scan().parallel(8).stream(&db).await?;
    while let Some(airport) = rows.try_next().await? {
        *countries.entry(airport.country).or_default() += 1;
    }
    let most = countries.iter().max_by_key(|(_, airports)| **airports);
    println!("{} countries, most airports are in {most:?}", countries.len());

    count_kinds(&db, &airports).await?;
    if cql_examples::is_at_least(&session, 5) {
        nearest(&db, &airports).await?;
    }
    cql_examples::finish(session).await?;
    Ok(())
}

/// Each kind is counted up once, by all of its airports.
async fn count_kinds(db: &Mapper, airports: &[Airport]) -> Result<(), cql_mapper::Error> {
    for kind in [Kind::LargeAirport, Kind::MediumAirport, Kind::SmallAirport, Kind::Heliport] {
        let of_kind: Vec<&Airport> = airports.iter().filter(|airport| airport.kind == kind).collect();
        let scheduled = of_kind.iter().filter(|airport| airport.scheduled).count();
        Counted::update(&kind)
            .set(Counted.airports.incr(i64::try_from(of_kind.len()).unwrap_or(i64::MAX)))
            .set(Counted.scheduled.incr(i64::try_from(scheduled).unwrap_or(i64::MAX)))
            .exec(db)
            .await?;
        println!("{:?}", Counted::find(kind).one(db).await?);
    }
    Ok(())
}

/// The airports nearest to Wellington.
async fn nearest(db: &Mapper, airports: &[Airport]) -> Result<(), Box<dyn Error>> {
    Schema::new().model::<Point>().plan(db).await?.apply(db).await?;
    let scheduled = airports.iter().filter(|airport| airport.scheduled && airport.country == "NZ");
    let points = scheduled.map(|airport| Point { iata: airport.iata.clone(), point: point(&airport.place) });
    // Few at a time: a vector index takes no more writes at once than the server has cores.
    let loaded = db.insert_many(points).concurrency(2).exec().await?;
    let home = Point::find("WLG").one(db).await?;
    let near = Point::objects().nearest(Point.point, home.point, 4).columns((Point.iata,)).all(db).await?;
    println!("of {loaded} in New Zealand the nearest to WLG are {near:?}");
    Ok(())
}

#[allow(clippy::cast_possible_truncation, reason = "half a metre at most is lost")]
fn point(place: &Place) -> [f32; 3] {
    let (latitude, longitude) = (place.latitude.to_radians(), place.longitude.to_radians());
    [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
        .map(|coordinate| coordinate as f32)
}
