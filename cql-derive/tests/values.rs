//! `FromCql` and `ToCql`: user-defined types, structs around a value, tuples and enums, and what their errors say.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "all of it is tests")]

extern crate cql_protocol as cql_driver;

use cql_derive::{FromCql, ToCql};
use cql_protocol::types::{ColumnType, UdtType};
use cql_protocol::value::{Encoded, FromCql, ToCql};
use std::sync::Arc;

fn udt(fields: &[(&str, ColumnType)]) -> ColumnType {
    let fields = fields.iter().map(|(name, of_type)| ((*name).into(), of_type.clone()));
    ColumnType::Udt(Arc::new(UdtType::new("ks", "address", fields.collect::<Vec<(Box<str>, _)>>())))
}

fn written(value: &impl ToCql, of_type: &ColumnType) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(value.to_cql(of_type, &mut out), Ok(Encoded::Value));
    out
}

fn refusal(value: &impl ToCql, of_type: &ColumnType) -> String {
    value.to_cql(of_type, &mut Vec::new()).unwrap_err().to_string()
}

fn read<'a, T: FromCql<'a>>(of_type: &'a ColumnType, bytes: &'a [u8]) -> T {
    T::type_check(of_type).unwrap();
    T::from_cql(of_type, Some(bytes)).unwrap()
}

fn mismatch<'a, T: FromCql<'a>>(of_type: &ColumnType) -> String {
    T::type_check(of_type).err().unwrap().to_string()
}

#[derive(Debug, PartialEq, Clone, FromCql, ToCql)]
struct Address<'a> {
    city: &'a str,
    #[cql(rename = "zipCode", default)]
    zip: i32,
    floor: Option<i8>,
}

fn address(city: &str) -> Address<'_> {
    Address { city, zip: 7, floor: Some(2) }
}

fn address_type() -> [(&'static str, ColumnType); 3] {
    [("city", ColumnType::Text), ("zipCode", ColumnType::Int), ("floor", ColumnType::TinyInt)]
}

const ADDRESS: &[u8] = &[0, 0, 0, 1, b'x', 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, 2];

#[test]
fn fields_are_written_and_read_by_name_in_any_order() {
    let same = udt(&address_type());
    assert_eq!(written(&address("x"), &same), ADDRESS);
    assert_eq!(read::<Address<'_>>(&same, ADDRESS), address("x"));
    let [city, zip, floor] = address_type();
    let other = udt(&[floor, ("more", ColumnType::Int), zip, city]);
    let bytes = written(&address("x"), &other);
    assert_eq!(bytes, [0, 0, 0, 1, 2, 255, 255, 255, 255, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, b'x']);
    assert_eq!(read::<Address<'_>>(&other, &bytes), address("x"));
}

#[test]
fn values_older_than_a_field_have_null_for_it() {
    let of_type = udt(&address_type());
    let expected = Address { city: "x", zip: 0, floor: None };
    assert_eq!(read::<Address<'_>>(&of_type, &ADDRESS[..5]), expected);
    let nothing = Address::from_cql(&of_type, Some(&[])).unwrap_err().to_string();
    assert_eq!(nothing, "cannot decode city at byte 0: null, but the Rust type has no null: use Option");
    assert_eq!(Option::<Address<'_>>::from_cql(&of_type, None), Ok(None));
    assert!(Address::from_cql(&of_type, None).is_err());
    assert!(Address::from_cql(&of_type, Some(&ADDRESS[..7])).is_err());
}

#[test]
fn a_type_that_lacks_a_field_is_refused_unless_it_has_a_default() {
    let [city, zip, floor] = address_type();
    let without_default = udt(&[city.clone(), floor.clone()]);
    assert_eq!(
        read::<Address<'_>>(&without_default, &[0, 0, 0, 1, b'x', 0, 0, 0, 1, 3]),
        Address { city: "x", zip: 0, floor: Some(3) }
    );
    assert_eq!(
        refusal(&address("x"), &without_default),
        "ks.address has no field `zipCode`, it has city, floor"
    );
    let without_floor = udt(&[city.clone(), zip.clone()]);
    assert_eq!(
        mismatch::<Address<'_>>(&without_floor),
        "ks.address cannot be read as `Address`: it has no field `floor`"
    );
    let wrong = udt(&[city, zip, ("floor", ColumnType::Int)]);
    assert_eq!(
        mismatch::<Address<'_>>(&wrong),
        "ks.address cannot be read as `Address`: field `floor`: int cannot be read as `i8`"
    );
    assert_eq!(refusal(&address("x"), &wrong), "field `floor`: `i8` cannot be written as int");
    assert_eq!(mismatch::<Address<'_>>(&ColumnType::Int), "int cannot be read as `Address`");
    assert_eq!(refusal(&address("x"), &ColumnType::Int), "`Address` cannot be written as int");
}

#[derive(Debug, PartialEq, FromCql, ToCql)]
#[cql(deny_unknown_fields)]
struct Closed {
    city: String,
}

#[test]
fn a_closed_struct_refuses_types_with_more() {
    let of_type = udt(&address_type());
    assert_eq!(
        mismatch::<Closed>(&of_type),
        "ks.address cannot be read as `Closed`: nothing is there for its field `zipCode`"
    );
    assert!(Closed::type_check(&udt(&address_type()[..1])).is_ok());
}

#[derive(Debug, PartialEq, FromCql, ToCql)]
struct Person<T> {
    name: T,
    #[cql(flatten)]
    place: Place,
    #[cql(skip)]
    cache: Option<T>,
}

#[derive(Debug, PartialEq, FromCql, ToCql)]
struct Place {
    city: String,
}

#[test]
fn flattened_structs_take_part_in_both_directions() {
    let of_type = udt(&[("city", ColumnType::Text), ("name", ColumnType::Text)]);
    let person = Person { name: "n".to_owned(), place: Place { city: "c".to_owned() }, cache: None };
    let bytes = written(&person, &of_type);
    assert_eq!(bytes, [0, 0, 0, 1, b'c', 0, 0, 0, 1, b'n']);
    assert_eq!(read::<Person<String>>(&of_type, &bytes), person);
    let without = udt(&[("name", ColumnType::Text)]);
    assert_eq!(
        mismatch::<Person<String>>(&without),
        "ks.address cannot be read as `Place`: it has no field `city`"
    );
    assert_eq!(refusal(&person, &without), "ks.address has no field `city`, it has name");
}

#[derive(Debug, PartialEq, Clone, Copy, FromCql, ToCql)]
struct Meters(i32);

#[derive(Debug, PartialEq, FromCql, ToCql)]
struct Id<'a, T>(&'a str, #[cql(skip)] std::marker::PhantomData<T>);

#[derive(Debug, PartialEq, FromCql, ToCql)]
#[cql(transparent)]
struct Wrapped {
    list: Vec<Meters>,
}

#[derive(Debug, PartialEq, FromCql, ToCql)]
struct Pair<T>(T, Option<Meters>);

#[test]
fn a_struct_around_a_value_is_that_value() {
    assert_eq!(written(&Meters(5), &ColumnType::Int), [0, 0, 0, 5]);
    assert_eq!(Meters(5).natural_type(), Some(ColumnType::Int));
    assert_eq!(read::<Meters>(&ColumnType::Int, &[0, 0, 0, 5]), Meters(5));
    assert_eq!(mismatch::<Meters>(&ColumnType::Text), "text cannot be read as `i32`");
    let id = Id::<u8>("x", std::marker::PhantomData);
    assert_eq!(read::<Id<'_, u8>>(&ColumnType::Text, &written(&id, &ColumnType::Text)), id);
    let list = ColumnType::list(ColumnType::Int);
    let wrapped = Wrapped { list: vec![Meters(1), Meters(2)] };
    assert_eq!(read::<Wrapped>(&list, &written(&wrapped, &list)), wrapped);
}

#[test]
fn unnamed_fields_are_a_tuple() {
    let tuple = ColumnType::tuple([ColumnType::Text, ColumnType::Int]);
    let pair = Pair("a".to_owned(), Some(Meters(1)));
    assert_eq!(written(&pair, &tuple), written(&("a", 1), &tuple));
    assert_eq!(read::<Pair<String>>(&tuple, &written(&pair, &tuple)), pair);
    assert_eq!(Pair("a", Some(Meters(1))).natural_type(), Some(tuple));
}

#[derive(Debug, PartialEq, Clone, Copy, FromCql, ToCql)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
    #[cql(rename = "GONE")]
    Lost,
}

#[derive(Debug, PartialEq, Clone, Copy, FromCql, ToCql)]
#[cql(repr = "smallint")]
enum Level {
    Low = -1,
    High = 300,
}

#[test]
fn enums_are_text_or_numbers() {
    for (status, text) in [(Status::Ok, "ok"), (Status::LowBattery, "low_battery"), (Status::Lost, "GONE")] {
        assert_eq!(written(&status, &ColumnType::Text), text.as_bytes());
        assert_eq!(read::<Status>(&ColumnType::Ascii, text.as_bytes()), status);
    }
    assert_eq!(written(&Level::Low, &ColumnType::SmallInt), [0xFF, 0xFF]);
    assert_eq!(read::<Level>(&ColumnType::SmallInt, &[1, 44]), Level::High);
    assert_eq!(Status::Ok.natural_type(), Some(ColumnType::Text));
    assert_eq!(Level::Low.natural_type(), Some(ColumnType::SmallInt));
}

#[test]
fn an_enum_says_what_it_could_have_been_and_not_what_was_there() {
    let error = Status::from_cql(&ColumnType::Text, Some(b"secret")).unwrap_err().to_string();
    assert_eq!(error, "cannot decode Status at byte 0: the value is none of ok, low_battery, GONE");
    let error = Level::from_cql(&ColumnType::SmallInt, Some(&[0, 9])).unwrap_err().to_string();
    assert_eq!(error, "cannot decode Level at byte 0: the value is none of -1, 300");
    assert!(Status::from_cql(&ColumnType::Text, None).is_err());
    assert_eq!(mismatch::<Status>(&ColumnType::Int), "int cannot be read as `Status`");
    assert_eq!(mismatch::<Level>(&ColumnType::Int), "int cannot be read as `Level`");
    assert_eq!(refusal(&Level::Low, &ColumnType::Int), "`Level` cannot be written as int");
}
