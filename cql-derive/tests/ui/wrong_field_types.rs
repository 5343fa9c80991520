//! A field whose type cannot be read or bound is shown at the field.

extern crate cql_protocol as cql_driver;

use cql_derive::{BindRow, FromCql, FromRow, ToCql};

#[derive(FromRow)]
struct Read {
    id: i32,
    count: u32,
}

#[derive(BindRow)]
struct Bound {
    id: i32,
    count: u32,
}

#[derive(FromCql)]
struct Value {
    id: i32,
    count: u32,
}

#[derive(ToCql)]
struct Written(u64);

fn main() {}
