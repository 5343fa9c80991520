//! Mistakes at several fields are told in one go, and only they.

extern crate cql_protocol as cql_driver;

use cql_derive::FromRow;

#[derive(FromRow)]
#[cql(rename_all = "snake", colour = "red")]
struct Reading {
    #[cql(renam = "a")]
    sensor: String,
    #[cql(skip = "yes")]
    cache: Vec<u8>,
    #[cql(with)]
    meta: String,
    #[cql(flatten, rename = "b")]
    key: i32,
    #[cql(default = 7)]
    battery: i32,
    #[cql]
    more: i32,
}

// The skeleton of the implementation is there: no further error.
fn needs_row<T: for<'r> cql_driver::value::FromRow<'r>>() {}

fn uses() {
    needs_row::<Reading>();
}

fn main() {}
