//! Views that are none of their table, and columns that cannot be shared.

use cql_mapper::prelude::*;

#[derive(Model)]
#[cql(keyspace = "app")]
struct Reading {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
    sensor: String,
    site: String,
    temp: f64,
}

// 1: not all of the table's key
#[derive(View)]
#[cql(base = Reading)]
struct NoKey {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key)]
    id: i32,
}

// 2: two further columns in the key
#[derive(View)]
#[cql(base = Reading)]
struct TwoFurther {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key)]
    site: String,
    #[cql(clustering_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
}

// 3: another type
#[derive(View)]
#[cql(base = Reading)]
struct OtherType {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
    temp: f32,
}

// 4: a column that the table has not
#[derive(View)]
#[cql(base = Reading)]
struct Unknown {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
    level: i32,
}

// 5
#[derive(View)]
struct NoBase {
    #[cql(partition_key)]
    id: i32,
}

// 6
#[derive(View)]
#[cql(base = Reading)]
struct Indexed {
    #[cql(partition_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
    #[cql(index)]
    temp: f64,
}

#[derive(View)]
#[cql(base = Reading, view = "by_sensor")]
struct BySensor {
    #[cql(partition_key)]
    sensor: String,
    #[cql(clustering_key)]
    id: i32,
    #[cql(clustering_key)]
    at: i64,
}

fn uses(row: BySensor) {
    // 7
    let _ = row.insert();
    // 8
    let _ = BySensor::update(("a", 1, 2_i64));
    // 9
    let _ = BySensor::find(("a", 1, 2_i64)).delete();
    // 10
    let _ = row.insert_all();
}

// 11, 12
#[derive(Columns)]
struct WithKey {
    #[cql(partition_key)]
    id: i32,
    #[cql(skip)]
    cache: i32,
}

// 13
#[derive(Columns)]
struct Counts {
    hits: Counter,
}

// 14
struct NoColumns {
    a: i32,
}

#[derive(Model)]
struct Flattens {
    #[cql(partition_key)]
    id: i32,
    #[cql(flatten)]
    rest: NoColumns,
}

#[derive(Columns)]
struct Shared {
    x: i32,
}

// 15, 16, 17, 18
#[derive(Model)]
#[cql(primary_key((id), nothing))]
struct Keys {
    #[cql(partition_key)]
    id: i32,
    #[cql(on_update)]
    changed: i64,
    #[cql(flatten, rename = "x")]
    rest: Shared,
}

// 19
#[derive(Model)]
struct Versions {
    #[cql(partition_key)]
    id: i32,
    #[cql(version)]
    version: String,
}

fn main() {}
