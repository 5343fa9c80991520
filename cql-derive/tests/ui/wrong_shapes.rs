//! Types that have no form in CQL.

extern crate cql_protocol as cql_driver;

use cql_derive::{BindRow, FromCql, FromRow, ToCql};

#[derive(FromRow, BindRow)]
enum Row {
    A,
}

#[derive(FromCql, ToCql)]
struct Unit;

#[derive(FromCql)]
union Both {
    a: i32,
}

#[derive(FromCql, ToCql)]
enum Data {
    Plain,
    Tuple(i32),
    Named { a: i32 },
}

#[derive(ToCql)]
enum Never {}

#[derive(ToCql)]
#[cql(transparent)]
struct Two {
    a: i32,
    b: i32,
}

fn main() {}
