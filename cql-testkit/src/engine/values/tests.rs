//! The order of values as a real server has it, and the names of types.

use super::*;
use cql_protocol::types::{ColumnType, UdtType};
use std::cmp::Ordering;
use std::sync::Arc;

/// Texts of a type in their order.
#[test]
fn values_are_in_the_order_of_a_server() {
    for (of, texts) in [
        (ColumnType::TinyInt, &["-128", "-1", "0", "127"][..]),
        (ColumnType::SmallInt, &["-32768", "-1", "0", "32767"]),
        (ColumnType::Int, &["", "-2147483648", "-1", "0", "2147483647"]),
        (ColumnType::BigInt, &["", "-9223372036854775808", "-1", "0", "9223372036854775807"]),
        (ColumnType::Timestamp, &["", "-1", "0", "2020-01-01"]),
        (ColumnType::Boolean, &["false", "true"]),
        (ColumnType::Float, &["-Infinity", "-1", "-0.0", "0.0", "1e-40", "1", "Infinity", "NaN"]),
        (ColumnType::Double, &["", "-Infinity", "-1", "-0.0", "0.0", "5e-324", "1", "Infinity", "NaN"]),
        (
            ColumnType::Varint,
            &["-99999999999999999999", "-256", "-129", "-128", "-1", "0", "127", "128", "256"],
        ),
        (
            ColumnType::Decimal,
            &["", "-1e40", "-1", "-1e-40", "0", "1e-40", "1", "9.99", "10", "1e20", "1e40"],
        ),
        (ColumnType::Date, &["0001-01-01", "1969-12-31", "1970-01-01", "9999-01-01"]),
        (ColumnType::Inet, &["", "::1", "9.255.0.1", "10.0.0.1", "255.1.1.1", "ffff::1"]),
        (
            ColumnType::Uuid,
            &[
                "00000000-0000-0000-0000-000000000000",
                "60554d6e-19bb-11e5-b345-feff819cdc9f",
                "50554d6e-29bb-11e5-8080-feff819cdc9f",
                "50554d6e-29bb-11e5-b345-feff819cdc9f",
                "11111111-2222-3333-8444-555555555555",
                "11111111-2222-4333-8444-555555555555",
                "ffffffff-ffff-4fff-bfff-ffffffffffff",
            ],
        ),
        (
            ColumnType::TimeUuid,
            &[
                "60554d6e-19bb-11e5-b345-feff819cdc9f",
                "50554d6e-29bb-11e5-8080-808080808080",
                "50554d6e-29bb-11e5-b345-feff819cdc9f",
                "50554d6e-29bb-11e5-0000-000000000000",
                "50554d6e-29bb-11e5-7f7f-7f7f7f7f7f7f",
            ],
        ),
    ] {
        let values: Vec<_> = texts.iter().map(|text| from_text(&of, text).unwrap()).collect();
        check_order(&of, &values, texts);
    }
    let one = |text| from_text(&ColumnType::Decimal, text).unwrap();
    assert_eq!(compare(&ColumnType::Decimal, &one("1.0"), &one("1.00")), Ordering::Equal);
    assert_eq!(compare(&ColumnType::Decimal, &one("1e2147483647"), &one("1e-2147483647")), Ordering::Greater);
    assert_eq!(compare(&ColumnType::Varint, &[0, 0, 5], &[5]), Ordering::Equal);
}

fn check_order(of: &ColumnType, values: &[bytes::Bytes], shown: &[&str]) {
    for (at, one) in values.iter().enumerate() {
        for (other, two) in values.iter().enumerate() {
            assert_eq!(compare(of, one, two), at.cmp(&other), "{of}: {} {}", shown[at], shown[other]);
        }
    }
}

#[test]
fn composites_are_compared_part_by_part() {
    let (list, set) = (ColumnType::list(ColumnType::Int), ColumnType::set(ColumnType::Int));
    let tuple = ColumnType::tuple([ColumnType::Int, ColumnType::Text]);
    for (of, texts) in [
        (list, &["[]", "[-1]", "[1]", "[1,-2]", "[1,2]", "[2]"][..]),
        (set, &["[]", "[-2,1]", "[-1]", "[1]", "[1,2]", "[2]"]),
        (
            ColumnType::map(ColumnType::Int, ColumnType::Text),
            &["{}", "{\"-1\":\"z\"}", "{\"1\":\"a\"}", "{\"1\":\"b\"}"],
        ),
        (tuple, &["[null,null]", "[null,\"a\"]", "[-1,\"z\"]", "[1,null]", "[1,\"a\"]", "[1,\"b\"]"]),
        (ColumnType::vector(ColumnType::Float, 2), &["[-1,2]", "[0,0]", "[1,-2]", "[1,2]", "[\"NaN\",1]"]),
        (
            ColumnType::vector(ColumnType::Text, 2),
            &["[\"\",\"b\"]", "[\"a\",\"b\"]", "[\"aa\",\"\"]", "[\"b\",\"a\"]"],
        ),
    ] {
        let value = |text: &&str| from_json(&of, &parse_json(text).unwrap()).unwrap().unwrap();
        check_order(&of, &texts.iter().map(value).collect::<Vec<_>>(), texts);
    }
    // Fields that were never written are null.
    let tuple = ColumnType::tuple([ColumnType::Int, ColumnType::Text]);
    let (short, long) = ([0, 0, 0, 4, 0, 0, 0, 1], [0, 0, 0, 4, 0, 0, 0, 1, 255, 255, 255, 255]);
    assert_eq!(compare(&tuple, &short, &long), Ordering::Equal);
}

/// Bytes that are no value must not be the end of anything.
#[test]
fn bytes_that_are_no_value_are_compared_and_shown_all_the_same() {
    let udt = UdtType::new("ks", "ut", [("a", ColumnType::Int), ("b", ColumnType::Text)]);
    for of in [
        ColumnType::Int,
        ColumnType::Decimal,
        ColumnType::Duration,
        ColumnType::Inet,
        ColumnType::Timestamp,
        ColumnType::Uuid,
        ColumnType::map(ColumnType::Int, ColumnType::list(ColumnType::Text)),
        ColumnType::vector(ColumnType::Text, 3),
        ColumnType::vector(ColumnType::Double, u32::MAX),
        ColumnType::Udt(Arc::new(udt)),
    ] {
        for bytes in
            [&[][..], &[1], &[0, 0, 0, 1], &[0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3], &[0xFF; 9], &[0x80; 17]]
        {
            let _ = (validate(&of, bytes), validate_bound_collection(&of, bytes), to_text(&of, bytes));
            let _ = (compare(&of, bytes, &[0, 0, 0, 2, 255]), to_json(&of, Some(bytes)));
            let _ = in_order(&of, &bytes::Bytes::copy_from_slice(bytes));
        }
    }
}

#[test]
fn types_are_named_as_a_server_names_them() {
    let udt = |name: &str| ColumnType::Udt(Arc::new(UdtType::new("ks", name, [("a", ColumnType::Int)])));
    let list = ColumnType::list(ColumnType::Int);
    for (of, is_multi_cell, name) in [
        (list.clone(), true, "list<int>"),
        (list.clone(), false, "frozen<list<int>>"),
        (ColumnType::list(list.clone()), false, "frozen<list<frozen<list<int>>>>"),
        (ColumnType::tuple([ColumnType::Int, list.clone()]), false, "frozen<tuple<int, frozen<list<int>>>>"),
        (udt("ut"), true, "ut"),
        (udt("Ut"), false, "frozen<\"Ut\">"),
        (ColumnType::list(udt("ut")), true, "list<frozen<ut>>"),
        (ColumnType::vector(ColumnType::Float, 3), false, "vector<float, 3>"),
        (ColumnType::vector(list, 2), false, "vector<frozen<list<int>>, 2>"),
    ] {
        assert_eq!(type_name(&of, is_multi_cell), name);
    }
}
