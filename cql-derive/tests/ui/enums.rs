//! Enums that are stored as numbers say which, and have no names.

extern crate cql_protocol as cql_driver;

use cql_derive::{FromCql, ToCql};

#[derive(FromCql, ToCql)]
#[cql(repr = "int", rename_all = "lowercase")]
enum Numbers {
    A,
    #[cql(rename = "b")]
    B = 2,
}

#[derive(FromCql)]
#[cql(repr = "varint")]
enum Unknown {
    A,
}

#[derive(ToCql)]
enum Twice {
    #[cql(rename = "a")]
    First,
    #[cql(rename = "a", skip)]
    Second,
}

#[derive(FromCql)]
#[cql(repr = "tinyint")]
enum TooLarge {
    A = 300,
}

fn main() {}
