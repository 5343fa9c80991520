//! Functions of the wrong form are shown where they are named.

extern crate cql_protocol as cql_driver;

use cql_derive::FromRow;

fn text() -> String {
    String::new()
}

mod empty {}

#[derive(FromRow)]
struct Row {
    #[cql(default = text)]
    a: i32,
    #[cql(with = empty)]
    b: i32,
}

fn main() {}
