//! Mistakes in a model's attributes.

use cql_mapper::prelude::*;

// 1
#[derive(Model)]
struct NoKey {
    id: i32,
}

// 2
#[derive(Model)]
struct StaticAlone {
    #[cql(partition_key)]
    id: i32,
    #[cql(static)]
    name: String,
}

// 3, 4, 5, 6
#[derive(Model)]
#[cql(tabel = "t", keyspace)]
struct Attributes {
    #[cql(partition_key, clustering_key)]
    id: i32,
    #[cql(clustering_key(up))]
    at: i32,
}

// 7
#[derive(Model)]
struct SameColumn {
    #[cql(partition_key)]
    id: i32,
    #[cql(rename = "id")]
    other: i32,
}

// 8, 9, 10, 11
#[derive(Model)]
struct Fields {
    #[cql(partition_key, default = 1)]
    id: i32,
    #[cql(skip, rename = "a")]
    one: i32,
    #[cql(writetime(id))]
    two: Option<i64>,
    #[cql(writetime(nothing))]
    three: Option<i64>,
}

// 12, 13, 14, 15
#[derive(Model)]
struct Indexes {
    #[cql(partition_key, unfrozen)]
    id: Vec<i32>,
    #[cql(index, sai)]
    one: i32,
    #[cql(sai(similarity = "near"))]
    two: [f32; 2],
    #[cql(index(nmae = "a"))]
    three: i32,
}

// 16
#[derive(Model)]
struct Tuple(i32);

// 17
#[derive(Model)]
enum Enum {
    One,
}

// 18
#[derive(Model)]
struct Generic<T> {
    #[cql(partition_key)]
    id: T,
}

// 19
#[derive(Model)]
#[cql(crate = cql_mapper)]
struct Relative {
    #[cql(partition_key)]
    id: i32,
}

// 20
#[derive(Model)]
struct OtherType {
    #[cql(partition_key)]
    id: i32,
    #[cql(type = "varcahr")]
    name: String,
}

fn main() {}
