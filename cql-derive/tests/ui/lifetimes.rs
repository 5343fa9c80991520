//! What is read borrows for one lifetime.

extern crate cql_protocol as cql_driver;

use cql_derive::{FromCql, FromRow};

#[derive(FromRow)]
struct Row<'a, 'b> {
    a: &'a str,
    b: &'b str,
}

#[derive(FromCql)]
struct Value<'a, 'b, 'c> {
    a: &'a str,
    b: &'b str,
    c: &'c str,
}

fn main() {}
