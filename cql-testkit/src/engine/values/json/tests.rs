//! JSON as a real server writes and reads it.

use super::*;
use crate::engine::values::from_text;
use cql_protocol::types::{ColumnType, UdtType};
use std::sync::Arc;

fn user_type() -> ColumnType {
    let fields = [("a", ColumnType::Int), ("B", ColumnType::list(ColumnType::Int))];
    ColumnType::Udt(Arc::new(UdtType::new("ks", "Ut", fields)))
}

#[test]
fn values_are_written_as_a_server_writes_them() {
    for (of, text, json) in [
        (ColumnType::Double, "1e10", "1.0E10"),
        (ColumnType::Double, "1e7", "1.0E7"),
        (ColumnType::Float, "9999999", "9999999.0"),
        (ColumnType::Float, "1e-5", "1.0E-5"),
        (ColumnType::Double, "0.001", "0.001"),
        (ColumnType::Float, "-0.0", "-0.0"),
        (ColumnType::Double, "5e-324", "4.9E-324"),
        (ColumnType::Float, "1e-45", "1.4E-45"),
        (ColumnType::Double, "2e23", "2.0E23"),
        (ColumnType::Double, "0", "0.0"),
        (ColumnType::Double, "100", "100.0"),
        (ColumnType::Double, "NaN", "null"),
        (ColumnType::Decimal, "1E+40", "1E+40"),
        (ColumnType::Decimal, "1.50", "1.50"),
        (ColumnType::Varint, "123456789012345678901234567890", "123456789012345678901234567890"),
        (ColumnType::Timestamp, "253402300800000", "\"+10000-01-01 00:00:00.000Z\""),
        (ColumnType::Timestamp, "-62135596800001", "\"0001-12-31 23:59:59.999Z\""),
        (ColumnType::Timestamp, "-99999999999999", "\"1200-02-15 14:13:20.001Z\""),
        (ColumnType::Date, "3000000000", "\"+2336080-06-29\""),
        (ColumnType::Date, "0", "\"-5877641-06-23\""),
        (ColumnType::Time, "0", "\"00:00:00.000000000\""),
        (ColumnType::Inet, "::1", "\"0:0:0:0:0:0:0:1\""),
        (ColumnType::Duration, "0ns", "\"\""),
        (ColumnType::Duration, "1y2mo3d4h", "\"1y2mo3d4h\""),
        (ColumnType::Text, "a\"b\\c\nd\te/é\u{1}", "\"a\\\"b\\\\c\\nd\\te/é\\u0001\""),
        (ColumnType::Boolean, "true", "true"),
    ] {
        let bytes = from_text(&of, text).unwrap();
        assert_eq!(to_json(&of, Some(&bytes)), json, "{of} {text}");
    }
    assert_eq!(to_json(&ColumnType::Blob, Some(&[0xCA, 0xFE])), "\"0xcafe\"");
    assert_eq!(to_json(&ColumnType::Int, Some(&[])), "\"\"");
}

#[test]
fn json_goes_in_and_out() {
    let vector = ColumnType::vector(ColumnType::Float, 2);
    let nested = ColumnType::map(ColumnType::Int, ColumnType::map(ColumnType::Int, ColumnType::Text));
    for (of, json, written) in [
        (ColumnType::set(ColumnType::Text), "[\"z\", \"y\", \"z\"]", "[\"y\", \"z\"]"),
        (ColumnType::list(ColumnType::Int), "\"[1,2]\"", "[1, 2]"),
        (nested, "{\"1\":{\"2\":\"a\"}}", "{\"1\": {\"2\": \"a\"}}"),
        (ColumnType::tuple([ColumnType::Int, ColumnType::Text]), "[1,null]", "[1, null]"),
        (user_type(), "{\"A\":1,\"\\\"B\\\"\":[1,2]}", "{\"a\": 1, \"\\\"B\\\"\": [1, 2]}"),
        (vector, "[1.5,1e10]", "[1.5, 1.0E10]"),
        (ColumnType::Decimal, "1.00000000000000000000001", "1.0"),
        (ColumnType::Decimal, "\"1.00000000000000000000001\"", "1.00000000000000000000001"),
        (ColumnType::Int, "\"7\"", "7"),
        (ColumnType::Text, "\"\\ud800\\ud83d\\ude00\"", "\"\u{FFFD}😀\""),
        (ColumnType::Text, "\"\\u00e9\\ud83d\\ude00\\n\"", "\"é😀\\n\""),
    ] {
        let bytes = from_json(&of, &parse_json(json).unwrap()).unwrap();
        assert_eq!(to_json(&of, bytes.as_deref()), written, "{of} {json}");
    }
}

#[test]
fn what_does_not_fit_is_refused_in_the_servers_words() {
    for (of, json, error) in [
        (ColumnType::Int, "1.0", "Expected an int value, but got a Double: 1.0"),
        (ColumnType::Int, "99999999999", "Expected an int value, but got a Long: 99999999999"),
        (ColumnType::Int, "{\"a\":1}", "Expected an int value, but got a LinkedHashMap: {a=1}"),
        (ColumnType::BigInt, "\"x\"", "Unable to make long from 'x'"),
        (ColumnType::SmallInt, "1.5", "Unable to make short from '1.5'"),
        (ColumnType::Varint, "1.5", "Value '1.5' is not a valid representation of a varint value"),
        (ColumnType::Decimal, "true", "Value 'true' is not a valid representation of a decimal value"),
        (ColumnType::Text, "1", "Expected a UTF-8 string, but got a Integer: 1"),
        (
            ColumnType::Timestamp,
            "123",
            "Expected a long or a datestring representation of a timestamp value, but got a Integer: 123",
        ),
        (
            ColumnType::Blob,
            "\"xyz\"",
            "Value 'xyz' is not a valid blob representation: String representation of blob is missing 0x prefix: xyz",
        ),
        (ColumnType::list(ColumnType::Int), "[null]", "Invalid null element in list"),
        (ColumnType::set(ColumnType::Int), "1", "Expected a list (representing a set), but got a Integer: 1"),
        (
            ColumnType::tuple([ColumnType::Int, ColumnType::Text]),
            "[1,\"a\",3]",
            "Tuple contains extra items (expected 2): [1, a, 3]",
        ),
        (user_type(), "{\"B\":[1]}", "Unknown field 'b' in value of user defined type Ut"),
        (
            ColumnType::vector(ColumnType::Float, 3),
            "[1,2]",
            "List had incorrect size: expected 3 but given 2; [1, 2]",
        ),
    ] {
        assert_eq!(from_json(&of, &parse_json(json).unwrap()), Err(error.to_owned()), "{of} {json}");
    }
    for text in
        ["", "foo", "{\"a\":5,}", "{\"a\":5", "{a:5}", "05", "NaN", "\"a\nb\"", "1.", "\"\\u12\"", "-"]
    {
        assert!(parse_json(text).is_err(), "{text}");
    }
    assert!(parse_json(&"[".repeat(100_000)).is_err());
}

#[test]
fn columns_are_found_by_their_names() {
    let columns = [("id", &ColumnType::Int), ("V", &ColumnType::Text)];
    let values = json_columns("{\"ID\":5,\"id\":6} x", columns).unwrap();
    assert_eq!(values, [Some(Some(vec![0, 0, 0, 6].into())), None]);
    assert_eq!(json_columns("{\"\\\"V\\\"\":null}", columns), Ok(vec![None, Some(None)]));
    for (text, error) in [
        ("{\"nope\":1}", "JSON values map contains unrecognized column: nope"),
        ("null", "Got null for INSERT JSON values"),
        ("{\"id\":\"x\"}", "Error decoding JSON value for id: Unable to make int from 'x'"),
    ] {
        assert_eq!(json_columns(text, columns), Err(error.to_owned()));
    }
}
