//! `FromRow` and `BindRow`: names, positions, defaults, flattened structs, and what their errors say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "all of it is tests")]

extern crate cql_protocol as cql_driver;

use cql_derive::{BindRow, FromRow};
use cql_protocol::ProtocolVersion;
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use cql_protocol::value::{BindRow, FromRow, RowIter, RowReader, ValuesWriter};
use std::sync::Arc;

fn columns(columns: &[(&str, ColumnType)]) -> Vec<ColumnSpec> {
    let table = Arc::new(TableSpec::new("ks", "t"));
    columns.iter().map(|(name, of_type)| ColumnSpec::new(table.clone(), *name, of_type.clone())).collect()
}

/// What a row's values look like in a page; what precedes them in a request is left out.
fn bytes(row: impl BindRow, columns: &[ColumnSpec]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
    row.bind(columns, &mut values).unwrap();
    assert_eq!(usize::from(values.finish().count), columns.len());
    out.split_off(2)
}

fn refusal(row: impl BindRow, columns: &[ColumnSpec]) -> String {
    let mut out = Vec::new();
    row.bind(columns, &mut ValuesWriter::new(&mut out, ProtocolVersion::V4)).unwrap_err().to_string()
}

fn rows<'a, R: FromRow<'a>>(columns: &'a [ColumnSpec], page: &'a [u8], count: usize) -> Vec<R> {
    RowIter::<R>::new(columns, page, count).unwrap().map(Result::unwrap).collect()
}

fn mismatch<'a, R: FromRow<'a>>(columns: &[ColumnSpec]) -> String {
    R::plan(columns).err().unwrap().to_string()
}

#[derive(Debug, PartialEq, Clone, Copy, FromRow, BindRow)]
struct Reading<'a> {
    sensor: &'a str,
    #[cql(rename = "batteryPct")]
    battery: Option<i32>,
    r#type: i64,
}

fn reading_columns() -> Vec<ColumnSpec> {
    columns(&[("type", ColumnType::BigInt), ("sensor", ColumnType::Text), ("batteryPct", ColumnType::Int)])
}

#[test]
fn fields_are_found_by_name_in_any_order_and_borrow() {
    let columns = reading_columns();
    let mut page = bytes((7_i64, "a", Some(50)), &columns);
    page.extend(bytes((8_i64, "b", None::<i32>), &columns));
    let found: Vec<Reading<'_>> = rows(&columns, &page, 2);
    let expected = [
        Reading { sensor: "a", battery: Some(50), r#type: 7 },
        Reading { sensor: "b", battery: None, r#type: 8 },
    ];
    assert_eq!(found, expected);
    assert!(page.as_ptr_range().contains(&found[0].sensor.as_ptr()), "it was copied");
}

#[test]
fn columns_without_a_field_are_passed_over_wherever_they_are() {
    let extra = ("extra", ColumnType::Text);
    for at in 0..=3 {
        let mut with_extra =
            vec![("sensor", ColumnType::Text), ("batteryPct", ColumnType::Int), ("type", ColumnType::BigInt)];
        with_extra.insert(at, extra.clone());
        let columns = columns(&with_extra);
        let cell = |name: &str| match name {
            "sensor" => [&[0, 0, 0, 1][..], b"s"].concat(),
            "batteryPct" => [0, 0, 0, 4, 0, 0, 0, 9].to_vec(),
            "type" => [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 3].to_vec(),
            _ => [0, 0, 0, 2, b'n', b'o'].to_vec(),
        };
        let page: Vec<u8> = columns.iter().flat_map(|column| cell(column.name())).collect();
        let page = [page.clone(), page].concat();
        let expected = Reading { sensor: "s", battery: Some(9), r#type: 3 };
        assert_eq!(rows::<Reading<'_>>(&columns, &page, 2), [expected, expected]);
    }
}

#[test]
fn a_mismatch_names_the_column_the_type_and_the_field() {
    let wrong = columns(&[
        ("type", ColumnType::BigInt),
        ("sensor", ColumnType::Text),
        ("batteryPct", ColumnType::Uuid),
    ]);
    assert_eq!(
        mismatch::<Reading<'_>>(&wrong),
        "column `batteryPct` is uuid, which `i32` cannot read, for field `battery` of `Reading`"
    );
    let missing = columns(&[("type", ColumnType::BigInt), ("batteryPct", ColumnType::Int)]);
    assert_eq!(
        mismatch::<Reading<'_>>(&missing),
        "`Reading` needs a column `sensor`, the row has type, batteryPct"
    );
}

#[test]
fn a_damaged_cell_names_its_column() {
    let columns = reading_columns();
    let page =
        [&[0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1][..], &[0xFF, 0, 0, 0, 4, 0, 0, 0, 9]].concat();
    let error = RowIter::<Reading<'_>>::new(&columns, &page, 1).unwrap().next().unwrap().unwrap_err();
    assert_eq!((error.column(), error.index()), (Some("sensor"), Some(1)));
    let error = RowIter::<Reading<'_>>::new(&columns, &page[..18], 1).unwrap().next().unwrap().unwrap_err();
    assert_eq!(error.column(), Some("batteryPct"));
}

#[test]
fn columns_are_counted_from_where_the_row_stands() {
    let mut spec = vec![("[applied]", ColumnType::Boolean)];
    spec.extend([
        ("type", ColumnType::BigInt),
        ("sensor", ColumnType::Text),
        ("batteryPct", ColumnType::Int),
    ]);
    let columns = columns(&spec);
    let page = bytes((false, 7_i64, "a", Some(50)), &columns);
    let mut row = RowReader::new(&columns, &page);
    let (_, applied) = row.next_cell().unwrap();
    assert_eq!(applied, Some(&[0][..]));
    let plan = Reading::plan(&columns[1..]).unwrap();
    let expected = Reading { sensor: "a", battery: Some(50), r#type: 7 };
    assert_eq!(Reading::from_row(&plan, &mut row).unwrap(), expected);
}

fn nine() -> i32 {
    9
}

#[derive(Debug, PartialEq, FromRow)]
#[cql(rename_all = "camelCase")]
struct Defaults {
    the_key: i32,
    #[cql(default)]
    with_default: String,
    #[cql(default = nine)]
    with_function: i32,
    #[cql(skip)]
    cache: Vec<u8>,
    #[cql(skip, default = "nine")]
    version: i32,
}

#[test]
fn defaults_stand_for_null_and_for_what_is_not_there() {
    let all = columns(&[
        ("theKey", ColumnType::Int),
        ("withDefault", ColumnType::Text),
        ("withFunction", ColumnType::Int),
    ]);
    let read = |values: &[u8], columns: &[ColumnSpec]| {
        let row = rows::<Defaults>(columns, values, 1).pop().unwrap();
        (row.the_key, row.with_default, row.with_function, row.cache, row.version)
    };
    assert_eq!(read(&bytes((1, "x", 2), &all), &all), (1, "x".to_owned(), 2, vec![], 9));
    let nulls = bytes((1, None::<&str>, None::<i32>), &all);
    assert_eq!(read(&nulls, &all), (1, String::new(), 9, vec![], 9));
    let few = columns(&[("theKey", ColumnType::Int)]);
    assert_eq!(read(&bytes((1,), &few), &few), (1, String::new(), 9, vec![], 9));
    let wrong = columns(&[("theKey", ColumnType::Int), ("withDefault", ColumnType::Int)]);
    assert!(mismatch::<Defaults>(&wrong).starts_with("column `withDefault` is int"));
}

#[derive(Debug, PartialEq, FromRow)]
#[cql(deny_unknown_fields)]
struct Closed {
    id: i32,
}

#[test]
fn a_closed_struct_refuses_further_columns() {
    let more = columns(&[("id", ColumnType::Int), ("more", ColumnType::Int)]);
    assert_eq!(mismatch::<Closed>(&more), "`Closed` has no field for column `more`");
    let exact = columns(&[("id", ColumnType::Int)]);
    assert_eq!(rows::<Closed>(&exact, &[0, 0, 0, 4, 0, 0, 0, 1], 1), [Closed { id: 1 }]);
}

#[derive(Debug, PartialEq, FromRow, BindRow)]
struct Key {
    tenant: i32,
    day: i32,
}

#[derive(Debug, PartialEq, FromRow, BindRow)]
struct Keyed<T> {
    body: T,
    #[cql(flatten)]
    key: Key,
    #[cql(flatten)]
    more: More,
}

#[derive(Debug, PartialEq, FromRow, BindRow)]
struct More {
    at: i64,
}

#[test]
fn flattened_structs_take_part_in_both_directions() {
    let columns = columns(&[
        ("at", ColumnType::BigInt),
        ("day", ColumnType::Int),
        ("body", ColumnType::Text),
        ("tenant", ColumnType::Int),
    ]);
    let keyed = || Keyed { body: "b".to_owned(), key: Key { tenant: 1, day: 2 }, more: More { at: 3 } };
    let page = bytes(keyed(), &columns);
    assert_eq!(page, bytes((3_i64, 2, "b", 1), &columns));
    let page = [page.clone(), page].concat();
    assert_eq!(rows::<Keyed<String>>(&columns, &page, 2), [keyed(), keyed()]);
    assert_eq!(
        mismatch::<Keyed<String>>(&columns[..3]),
        "`Key` needs a column `tenant`, the row has at, day, body"
    );
    let error = refusal(keyed(), &columns[..3]);
    assert_eq!(error, "no bind marker is named `tenant`, the statement has at, day, body");
}

#[test]
fn every_field_has_a_marker_and_every_marker_a_field() {
    let reading = Reading { sensor: "a", battery: None, r#type: 7 };
    let columns = reading_columns();
    assert_eq!(bytes(reading, &columns), bytes((7_i64, "a", None::<i32>), &columns));
    assert_eq!(
        refusal(reading, &columns[..2]),
        "no bind marker is named `batteryPct`, the statement has type, sensor"
    );
    let mut more = reading_columns();
    more.extend(self::columns(&[("else", ColumnType::Int)]));
    assert_eq!(refusal(reading, &more), "`Reading` has no field for the bind marker `else` (index 3)");
    // As many markers as fields, and yet one field without.
    let mut twice = reading_columns();
    twice[2] = twice[1].clone();
    assert_eq!(
        refusal(reading, &twice),
        "no bind marker is named `batteryPct`, the statement has type, sensor, sensor"
    );
    let mut repeated = reading_columns();
    repeated.push(repeated[0].clone());
    assert_eq!(bytes(reading, &repeated), bytes((7_i64, "a", None::<i32>, 7_i64), &repeated));
    let wrong = self::columns(&[
        ("type", ColumnType::Int),
        ("sensor", ColumnType::Text),
        ("batteryPct", ColumnType::Int),
    ]);
    assert_eq!(refusal(reading, &wrong), "cannot bind `type` (index 0): `i64` cannot be written as int");
}

#[test]
fn unprepared_values_carry_their_names() {
    let mut out = Vec::new();
    let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
    Keyed { body: 5_i8, key: Key { tenant: 1, day: 2 }, more: More { at: 3 } }
        .bind_untyped(&mut values)
        .unwrap();
    let bound = values.finish();
    assert!(bound.named);
    assert_eq!(bound.count, 4);
    assert!(out.starts_with(&[0, 4, 0, 4, b'b', b'o', b'd', b'y', 0, 0, 0, 1, 5, 0, 6]));
}

#[derive(Debug, PartialEq, FromRow, BindRow)]
struct Pair<'a, T>(i32, &'a str, #[cql(skip)] std::marker::PhantomData<T>);

#[test]
fn fields_without_names_go_by_position() {
    let columns = columns(&[("a", ColumnType::Int), ("b", ColumnType::Text)]);
    let pair = || Pair::<u8>(1, "x", std::marker::PhantomData);
    let page = bytes(pair(), &columns);
    assert_eq!(page, bytes((1, "x"), &columns));
    assert_eq!(rows::<Pair<'_, u8>>(&columns, &page, 1), [pair()]);
    assert_eq!(mismatch::<Pair<'_, u8>>(&columns[..1]), "the row has 1 columns, `Pair<u8>` takes 2");
    assert!(refusal(pair(), &columns[..1]).starts_with("2 values for 1 bind markers"));
}

/// Text in upper case on the wire.
mod upper {
    use cql_protocol::types::ColumnType;
    use cql_protocol::value::{DecodeError, Encoded, FromCql, ToCql, TypeMismatch, ValueError};

    pub(crate) fn to_cql(
        value: &str,
        of_type: &ColumnType,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, ValueError> {
        value.to_uppercase().to_cql(of_type, out)
    }

    pub(crate) fn natural_type(_: &str) -> Option<ColumnType> {
        Some(ColumnType::Text)
    }

    pub(crate) fn type_check(of_type: &ColumnType) -> Result<(), TypeMismatch> {
        <&str>::type_check(of_type)
    }

    pub(crate) fn from_cql(of_type: &ColumnType, bytes: Option<&[u8]>) -> Result<String, DecodeError> {
        Ok(<&str>::from_cql(of_type, bytes)?.to_lowercase())
    }
}

#[derive(Debug, PartialEq, FromRow, BindRow)]
struct Coded {
    #[cql(with = upper)]
    name: String,
}

#[test]
fn functions_take_the_place_of_a_types_traits() {
    let columns = columns(&[("name", ColumnType::Text)]);
    let page = bytes(Coded { name: "ann".to_owned() }, &columns);
    assert_eq!(page, b"\0\0\0\x03ANN");
    assert_eq!(rows::<Coded>(&columns, &page, 1), [Coded { name: "ann".to_owned() }]);
    let wrong = self::columns(&[("name", ColumnType::Int)]);
    assert!(mismatch::<Coded>(&wrong).starts_with("column `name` is int"));
}

#[test]
fn reading_a_row_allocates_nothing() {
    let columns = reading_columns();
    let row = bytes((7_i64, "a", Some(50)), &columns);
    let page = row.repeat(100);
    let info = allocation_counter::measure(|| {
        let mut sum = 0;
        for row in RowIter::<Reading<'_>>::new(&columns, &page, 100).unwrap() {
            let row = row.unwrap();
            sum += row.r#type + i64::from(row.battery.unwrap()) + i64::from(row.sensor.len() == 1);
        }
        assert_eq!(sum, 100 * 58);
    });
    assert_eq!(info.count_total, 0, "neither per row nor per result");
    let mut out = Vec::with_capacity(1000);
    let reading = Reading { sensor: "a", battery: Some(50), r#type: 7 };
    let info = allocation_counter::measure(|| {
        reading.bind(&columns, &mut ValuesWriter::new(&mut out, ProtocolVersion::V4)).unwrap();
    });
    assert_eq!(info.count_total, 0);
}
