//! Types that a column cannot have, and values that are not what a derive is for.

use cql_mapper::prelude::*;

// 1
#[derive(Model)]
struct Unsigned {
    #[cql(partition_key)]
    id: u64,
}

struct Plain;

// 2
#[derive(Model)]
struct Unknown {
    #[cql(partition_key)]
    id: i32,
    plain: Plain,
}

// 3
#[derive(Model)]
struct Mixed {
    #[cql(partition_key)]
    id: i32,
    views: Counter,
    name: String,
}

// 4
#[derive(Model)]
struct CounterKey {
    #[cql(partition_key)]
    id: Counter,
}

// 5
#[derive(CqlType)]
struct Named {
    one: i32,
    two: i32,
}

// 6
#[derive(UserType)]
struct Unnamed(i32);

// 7
#[derive(CqlType)]
struct Parameter<T>(T);

// 8
#[derive(CqlType)]
enum WithFields {
    One(i32),
}

#[derive(Model)]
struct Good {
    #[cql(partition_key)]
    id: i32,
    name: String,
}

// 9
#[derive(Projection)]
#[cql(model = Good)]
struct OtherType {
    name: i32,
}

// 10
#[derive(Projection)]
#[cql(model = Good)]
struct OtherField {
    nmae: String,
}

// 11
#[derive(Projection)]
struct NoModel {
    name: String,
}

// 12: a projection of another model.
#[derive(Projection)]
#[cql(model = Good)]
struct Names {
    name: String,
}

#[derive(Model)]
struct Further {
    #[cql(partition_key)]
    id: i32,
}

fn project() {
    let _ = Further::find(1).project::<Names>();
}

fn main() {}
