//! Two fields of one name, and attributes that need names.

extern crate cql_protocol as cql_driver;

use cql_derive::{FromRow, ToCql};

#[derive(FromRow)]
struct Twice {
    a: i32,
    #[cql(rename = "a")]
    b: i32,
    #[cql(rename = "")]
    c: i32,
    #[cql(rename = d)]
    d: i32,
}

#[derive(FromRow)]
#[cql(rename_all = "camelCase", deny_unknown_fields)]
struct Unnamed(#[cql(rename = "x")] i32, #[cql(flatten)] i32, #[cql(default)] i32);

#[derive(ToCql)]
#[cql(deny_unknown_fields, repr = "int")]
struct Open {
    #[cql(flatten)]
    inner: Inner,
}

#[derive(ToCql)]
struct Inner {
    a: i32,
}

fn main() {}
