//! Terms as a real server reads them: values in JSON, or the message of what is refused.

use super::*;
use crate::engine::clock::Now;
use crate::engine::schema::Schema;
use crate::engine::syntax::{self, ast};
use crate::engine::values::to_json;
use cql_protocol::types::UdtType;

/// A type by its name as CQL has it; `ut` is a type with two fields.
fn type_of(name: &str, schema: &Schema) -> ColumnType {
    let parsed = syntax::parse(&format!("CREATE TABLE t (v {name} PRIMARY KEY)")).unwrap();
    let ast::Statement::CreateTable(create) = parsed.statement else { panic!("{name}") };
    resolve_type(&create.columns[0].of, &scope(schema, 0)).unwrap()
}

fn schema() -> Schema {
    let mut schema = Schema::default();
    let fields = [("a", ColumnType::Int), ("b", ColumnType::Text)];
    let udt = Arc::new(UdtType::new("ks", "ut", fields));
    schema.keyspaces.entry("ks".to_owned()).or_default().types.insert("ut".to_owned(), udt);
    schema
}

fn scope(schema: &Schema, markers: usize) -> Scope<'_> {
    Scope { schema, table: Arc::new(TableSpec::new("ks", "t")), markers: Markers::new(markers) }
}

/// The value of a term for a column `v` of many cells, or the error.
fn evaluated(of: &str, term: &str, values: &[Bound]) -> std::result::Result<String, String> {
    let schema = schema();
    let parsed = syntax::parse(&format!("INSERT INTO t (v) VALUES ({term})"));
    let parsed = parsed.unwrap_or_else(|error| panic!("{term}: {error}"));
    let ast::Statement::Insert(insert) = parsed.statement else { panic!("{term}") };
    let ast::InsertValues::Columns(_, terms) = insert.values else { panic!("{term}") };
    let column_type = type_of(of, &schema);
    let receiver = Receiver { is_multi_cell: true, ..Receiver::new("v", column_type.clone()) };
    let mut scope = scope(&schema, parsed.markers.len());
    let prepared = prepare(&terms[0], &receiver, &mut scope).map_err(|error| error.message)?;
    let bindings = Bindings { values, now: Now::from_micros(1_577_934_245_678_000) };
    match prepared.evaluate(bindings).map_err(|error| error.message)? {
        Bound::Value(bytes) => {
            crate::engine::values::validate(&column_type, &bytes).unwrap();
            Ok(to_json(&column_type, Some(&bytes)))
        }
        Bound::Null => Ok("null".to_owned()),
        Bound::Unset => Ok("unset".to_owned()),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str, &str)]) {
    for (of, term, expected) in cases {
        let found = evaluated(of, term, &[]).unwrap_or_else(|error| format!("! {error}"));
        assert_eq!(found, *expected, "{of}: {term}");
    }
}

#[test]
fn literals_are_values_of_all_types() {
    check(&[
        ("int", "-5", "-5"),
        ("bigint", "12345678901", "12345678901"),
        ("float", "1e99", "null"),
        ("double", "-Infinity", "null"),
        ("decimal", "1.50e3", "1.50E+3"),
        ("varint", "-123456789012345678901", "-123456789012345678901"),
        ("text", "'it''s'", "\"it's\""),
        ("blob", "0xCAFE", "\"0xcafe\""),
        ("blob", "0x", "\"0x\""),
        ("boolean", "TRUE", "true"),
        ("uuid", "11111111-2222-4333-8444-555555555555", "\"11111111-2222-4333-8444-555555555555\""),
        ("inet", "'::1'", "\"0:0:0:0:0:0:0:1\""),
        ("inet", "'::ffff:1.2.3.4'", "\"1.2.3.4\""),
        ("inet", "'1.2'", "\"1.0.0.2\""),
        ("inet", "''", "\"\""),
        ("date", "'2020-01-02'", "\"2020-01-02\""),
        ("date", "2147483648", "\"1970-01-01\""),
        ("time", "'1:2:3.5'", "\"01:02:03.500000000\""),
        ("time", "1", "\"00:00:00.000000001\""),
        ("duration", "1y2mo3w4d5h6m7s8ms9us10ns", "\"1y2mo25d5h6m7s8ms9us10ns\""),
        ("duration", "P1Y2M3DT4H5M6S", "\"1y2mo3d4h5m6s\""),
        ("duration", "P1W", "\"7d\""),
        ("duration", "-P0001-02-03T04:05:06", "\"-1y2mo3d4h5m6s\""),
        ("duration", "-2mo", "\"-2mo\""),
        ("timestamp", "12345", "\"1970-01-01 00:00:12.345Z\""),
        ("timestamp", "'2020-01-02'", "\"2020-01-02 00:00:00.000Z\""),
        ("timestamp", "'2020-1-2 3:4'", "\"2020-01-02 03:04:00.000Z\""),
        ("timestamp", "'2020-01-02T03:04:05.1234567+01'", "\"2020-01-02 02:04:05.123Z\""),
        ("timestamp", "'2020-01-02 03:04:05 +0100'", "\"2020-01-02 02:04:05.000Z\""),
        ("timestamp", "'2020-01-02 03:04:05 UTC'", "\"2020-01-02 03:04:05.000Z\""),
        ("timestamp", "'2020-01-02+0100'", "\"2020-01-01 23:00:00.000Z\""),
        ("timestamp", "'2020-01-02 Z'", "\"2020-01-02 00:00:00.000Z\""),
        ("timestamp", "'2020-02-30T03:04:05'", "\"2020-02-29 03:04:05.000Z\""),
        ("timestamp", "'2020-01-02T24:00'", "\"2020-01-03 00:00:00.000Z\""),
        ("timestamp", "''", "\"\""),
    ]);
}

#[test]
fn literals_that_fit_no_type_are_refused() {
    check(&[
        ("int", "'a'", "! Invalid STRING constant (a) for \"v\" of type int"),
        ("text", "1", "! Invalid INTEGER constant (1) for \"v\" of type text"),
        ("list<int>", "1", "! Invalid INTEGER constant (1) for \"v\" of type list<int>"),
        ("vector<float, 3>", "1", "! Invalid INTEGER constant (1) for \"v\" of type vector<float, 3>"),
        ("int", "12345678901", "! Unable to make int from '12345678901'"),
        ("int", "1.5", "! Invalid FLOAT constant (1.5) for \"v\" of type int"),
        ("tinyint", "300", "! Unable to make byte from '300'"),
        ("smallint", "70000", "! Unable to make short from '70000'"),
        ("bigint", "99999999999999999999", "! Unable to make long from '99999999999999999999'"),
        ("timestamp", "'foo'", "! Unable to parse a date/time from 'foo'"),
        ("timestamp", "'2020-1-2'", "! Unable to parse a date/time from '2020-1-2'"),
        ("timestamp", "'2020-01-02T03'", "! Unable to parse a date/time from '2020-01-02T03'"),
        ("date", "'2020-13-01'", "! Unable to coerce '2020-13-01' to a formatted date (long)"),
        ("time", "'25:00:00'", "! (TimeType) Unable to coerce '25:00:00' to a formatted time (long)"),
        ("time", "-1", "! Unable to make long (for time) from: '-1'"),
        ("timeuuid", "00000000-0000-4000-8000-000000000000", "! TimeUUID supports only version 1 UUIDs"),
        ("inet", "'foo'", "! Unable to make inet address from 'foo'"),
        ("blob", "0x1", "! cannot parse '1' as hex bytes"),
        ("boolean", "'true'", "! Invalid STRING constant (true) for \"v\" of type boolean"),
        ("duration", "1", "! Unable to convert '1' to a duration"),
        (
            "ascii",
            "'é'",
            "! Invalid ASCII character in string literal: java.nio.charset.UnmappableCharacterException: Input length = 1",
        ),
    ]);
}

#[test]
fn composites_are_put_together() {
    check(&[
        ("list<int>", "[2, 1, 2]", "[2, 1, 2]"),
        ("set<text>", "{'b', 'a', 'b'}", "[\"a\", \"b\"]"),
        ("map<text, int>", "{'b': 1, 'a': 2, 'b': 3}", "{\"a\": 2, \"b\": 3}"),
        ("map<text, int>", "{}", "{}"),
        ("set<text>", "{}", "[]"),
        ("tuple<int, text>", "(1, 'x')", "[1, \"x\"]"),
        ("tuple<int, text>", "(1, null)", "[1, null]"),
        ("tuple<int, text>", "(1)", "[1, null]"),
        ("tuple<int, text>", "(null)", "[null, null]"),
        ("tuple<int, text>", "'1:a\\:b\\@'", "[1, \"a:b@\"]"),
        ("tuple<int, text>", "'@:a'", "[null, \"a\"]"),
        ("tuple<int, text>", "3", "[3, null]"),
        ("int", "((1))", "1"),
        ("list<int>", "([1])", "[1]"),
        (
            "list<int>",
            "(frozen<list<int>>)[1]",
            "! Cannot assign value (frozen<list<int>>)[1] to v of type list<int>",
        ),
        ("ut", "{b: 'y'}", "{\"a\": null, \"b\": \"y\"}"),
        ("vector<float, 3>", "[1, 2.5, 3]", "[1.0, 2.5, 3.0]"),
        ("vector<text, 2>", "['p', 'q']", "[\"p\", \"q\"]"),
        ("map<int, frozen<list<frozen<ut>>>>", "{1: [{a: 1}]}", "{\"1\": [{\"a\": 1, \"b\": null}]}"),
        ("list<timeuuid>", "[minTimeuuid(0)]", "[\"13814000-1dd2-11b2-8080-808080808080\"]"),
    ]);
}

#[test]
fn composites_that_do_not_fit_are_refused() {
    check(&[
        ("list<int>", "{1}", "! Invalid set literal for v of type list<int>"),
        ("list<int>", "['a']", "! Invalid list literal for v: value 'a' is not of type int"),
        ("list<int>", "[null]", "! null is not supported inside collections"),
        ("list<int>", "[1, [2]]", "! Unexpected receiver type 'int'; only list and vector are expected"),
        ("list<int>", "[now()]", "! Invalid list literal for v: value now() is not of type int"),
        (
            "list<int>",
            "[?]",
            "! Invalid list literal for v: bind variables are not supported inside collection literals",
        ),
        (
            "map<text, int>",
            "[1]",
            "! Unexpected receiver type 'map<text, int>'; only list and vector are expected",
        ),
        ("map<text, int>", "{'a': 'b'}", "! Invalid map literal for v: value 'b' is not of type int"),
        ("map<text, int>", "{1: 1}", "! Invalid map literal for v: key 1 is not of type text"),
        ("map<text, int>", "{'a': null}", "! null is not supported inside collections"),
        ("tuple<int, text>", "(1, 2)", "! Invalid tuple literal for v: component 1 is not of type text"),
        (
            "tuple<int, text>",
            "(1, 'a', 3)",
            "! Invalid tuple literal for v: too many elements. Type frozen<tuple<int, text>> expects 2 but got 3",
        ),
        (
            "tuple<int, text>",
            "'3:a:4'",
            "! Invalid tuple literal: too many elements. Type frozen<tuple<int, text>> expects 2 but got 3",
        ),
        ("tuple<int, text>", "'x:y'", "! Unable to make int from 'x'"),
        ("int", "(1, 2)", "! Invalid tuple type literal for v of type int"),
        ("int", "{a: 1}", "! Invalid user type literal for v of type int"),
        ("ut", "{a: 'x'}", "! Invalid user type literal for v: field a is not of type int"),
        ("ut", "{a: 1, c: 1}", "! Unknown field 'c' in value of user defined type ut"),
        ("ut", "{1: 1}", "! Invalid map literal for v of type ut"),
        (
            "vector<float, 3>",
            "[1, 2]",
            "! Invalid vector literal for v of type vector<float, 3>; expected 3 elements, but given 2",
        ),
        ("vector<float, 3>", "[1, 2, null]", "! null is not supported inside vectors"),
        ("counter", "null", "! Invalid null value for counter increment/decrement"),
    ]);
}

#[test]
fn hints_and_calls_are_checked() {
    check(&[
        ("text", "(text)'a'", "\"a\""),
        ("int", "(bigint)1", "! Cannot assign value (bigint)1 to v of type int"),
        ("text", "(int)'a'", "! Cannot cast value 'a' to type int"),
        (
            "int",
            "now()",
            "! Type error: cannot assign result of function system.now (type timeuuid) to v (type int)",
        ),
        ("int", "foo(1)", "! Unknown function foo called"),
        ("int", "ks.foo(1)", "! Unknown function ks.foo called"),
        ("int", "max(1)", "! Aggregation function are not supported in the where clause"),
        (
            "blob",
            "intAsBlob('a')",
            "! Type error: 'a' cannot be passed as argument 0 of function system.intasblob of type int",
        ),
        (
            "blob",
            "intAsBlob()",
            "! Invalid number of arguments in call to function system.intasblob: 1 required but 0 provided",
        ),
        ("blob", "int_as_blob(258)", "\"0x00000102\""),
        (
            "int",
            "blobAsInt(0x01)",
            "! In call to function system.blobasint, value 0x01 is not a valid binary representation for type int",
        ),
        (
            "timestamp",
            "toTimestamp(?)",
            "! Ambiguous call to function totimestamp (can be matched by following signatures: system.totimestamp : (date) -> timestamp, system.totimestamp : (timeuuid) -> timestamp): use type casts to disambiguate",
        ),
        ("timestamp", "toTimestamp((date)'2020-01-02')", "\"2020-01-02 00:00:00.000Z\""),
        ("timestamp", "currentTimestamp()", "\"2020-01-02 03:04:05.678Z\""),
        ("date", "current_date()", "\"2020-01-02\""),
        ("time", "current_time()", "\"03:04:05.678000000\""),
        ("bigint", "toUnixTimestamp(now())", "1577934245678"),
        ("timeuuid", "min_timeuuid('2020-01-01')", "\"a747c000-2c29-11ea-8080-808080808080\""),
        ("int", "abs(-3)", "3"),
        ("text", "toJson(1)", "\"1\""),
        (
            "text",
            "to_json([1])",
            "! Cannot infer type of argument [1] in call to function system.to_json(any): use type casts to disambiguate",
        ),
        ("int", "fromJson('7')", "7"),
        (
            "int",
            "fromJson('\"a\"')",
            "! org.apache.cassandra.serializers.MarshalException: Unable to make int from 'a'",
        ),
    ]);
}

#[test]
fn functions_are_made_for_what_they_are_called_with() {
    check(&[
        ("text", "mask_inner('héllo', 1, 1)", "\"h***o\""),
        ("text", "mask_outer('héllo', 1, null)", "\"*éllo\""),
        (
            "text",
            "mask_inner(1, 1, 2)",
            "! Function system.mask_inner requires an argument of type [text|varchar|ascii], but found argument 1 of type int",
        ),
        (
            "text",
            "mask_inner('a', 1, 2, 'xx')",
            "! The padding argument for function system.mask_inner should be single-character, but 'xx' has 2 characters.",
        ),
        (
            "text",
            "mask_inner('a', 1)",
            "! Invalid number of arguments for function system.mask_inner([text|varchar|ascii], int, int, [text])",
        ),
        (
            "blob",
            "mask_hash('héllo')",
            "\"0x3c48591d8d098a4538f5e013dfcf406e948eac4d3277b10bf614e295d6068179\"",
        ),
        ("blob", "mask_hash(1, 'foo')", "! Hash algorithm not found: foo"),
        (
            "int",
            "map_keys({1: 2})",
            "! Type error: cannot assign result of function system.map_keys (type frozen<set<int>>) to v (type int)",
        ),
        (
            "set<int>",
            "map_keys({1: 2})",
            "! Type error: cannot assign result of function system.map_keys (type frozen<set<int>>) to v (type set<int>)",
        ),
        (
            "text",
            "toJson((1, 2))",
            "! Cannot infer type of argument (1, 2) in call to function system.tojson(any): use type casts to disambiguate",
        ),
        ("text", "toJson({2, 1})", "\"[1, 2]\""),
        (
            "float",
            "similarity_cosine([1, 2], ?)",
            "! Function system.similarity_cosine requires a float vector argument, but found argument [1, 2] of type float",
        ),
        ("float", "similarity_cosine((vector<float, 2>)[1, 2], (vector<float, 2>)[1, 3])", "0.99497473"),
        ("int", "collection_sum((list<int>)[2147483647, 1])", "-2147483648"),
        ("int", "collection_avg((list<int>)[2147483647, 1])", "1073741824"),
    ]);
}

#[test]
fn arithmetic_is_javas() {
    check(&[
        ("int", "2147483647 + 1", "-2147483648"),
        ("int", "7 / 2 - 7 % 2", "2"),
        ("int", "-(3)", "-3"),
        ("int", "1 / 0", "! the operation 'int / int' failed: / by zero"),
        ("double", "1.0 / (double)0", "null"),
        (
            "decimal",
            "1.0 / (decimal)0",
            "! the operation 'double / decimal' failed: BigInteger divide by zero",
        ),
        ("decimal", "(decimal)500 % (decimal)2.00", "0.0"),
        ("decimal", "(decimal)0 % (decimal)2.00", "0"),
        ("decimal", "(decimal)-7 % (decimal)2.000", "-1.000"),
        (
            "decimal",
            "(decimal)1 % (decimal)0",
            "! the operation 'decimal % decimal' failed: Division by zero",
        ),
        (
            "varint",
            "(varint)1 / (varint)0",
            "! the operation 'varint / varint' failed: BigInteger divide by zero",
        ),
        ("decimal", "(decimal)10 / (decimal)3", "3.33333333333333333333333333333333"),
        (
            "varint",
            "(varint)99999999999999999999 * (varint)99999999999999999999",
            "9999999999999999999800000000000000000001",
        ),
        ("int", "1 + 'a'", "! the '+' operation is not supported between 1 and 'a'"),
        ("int", "1 + 1.5", "! the '+' operation is not supported between 1 and 1.5"),
        (
            "int",
            "? + 1",
            "! Ambiguous '+' operation with args ? and 1: use type hint to disambiguate, example '(int) ?'",
        ),
        ("list<int>", "[1] + [2]", "! the '+' operation is not supported between [1] and [2]"),
        ("text", "'a' + 'b'", "\"ab\""),
        ("timestamp", "(timestamp)'2020-01-31' + 1mo", "\"2020-02-29 00:00:00.000Z\""),
        ("timestamp", "'2020-01-01' + 1d", "\"2020-01-02 00:00:00.000Z\""),
        ("date", "(date)'2020-03-31' - 1mo", "\"2020-02-29\""),
    ]);
}

#[test]
fn markers_are_named_after_what_they_are_for() {
    let schema = schema();
    for (of, term, names) in [
        ("int", "?", "v int"),
        ("int", ":x", "x int"),
        ("tuple<int, text>", "(?, ?)", "v[0] int, v[1] text"),
        ("tuple<int>", "(?)", "v[0] int"),
        ("int", "(?)", "v int"),
        ("ut", "{a: ?, b: ?}", "v.a int, v.b text"),
        ("vector<float, 2>", "[?, ?]", "value(v) float, value(v) float"),
        ("int", "-?", "arg0(system._negate) int"),
        ("blob", "intAsBlob(?)", "arg0(system.intasblob) int"),
        ("int", "blobAsInt(?)", "arg0(system.blobasint) blob"),
        ("timeuuid", "minTimeuuid(?)", "arg0(system.mintimeuuid) timestamp"),
        ("int", "fromJson(?)", "arg0(system.fromjson) text"),
        ("text", "mask_inner(?, 1, 2)", "arg0(system.mask_inner) text"),
        ("int", "abs(?)", "arg0(system.abs) int"),
        ("list<int>", "(list<int>)?", "v list<int>"),
    ] {
        let parsed = syntax::parse(&format!("INSERT INTO t (v) VALUES ({term})")).unwrap();
        let ast::Statement::Insert(insert) = parsed.statement else { panic!("{term}") };
        let ast::InsertValues::Columns(_, terms) = insert.values else { panic!("{term}") };
        let mut scope = scope(&schema, parsed.markers.len());
        prepare(&terms[0], &Receiver::new("v", type_of(of, &schema)), &mut scope).unwrap();
        let specs = scope.markers.into_specs();
        let shown: Vec<String> =
            specs.iter().map(|spec| format!("{} {}", spec.name(), spec.column_type())).collect();
        assert_eq!(shown.join(", "), names, "{of}: {term}");
    }
}

/// Bytes in hexadecimal digits, `null` or `unset`.
fn bindings(values: &[&str]) -> Vec<Bound> {
    let bound = |text: &&str| match *text {
        "null" => Bound::Null,
        "unset" => Bound::Unset,
        hex => Bound::Value(crate::engine::values::literal::unhex(hex).unwrap()),
    };
    values.iter().map(bound).collect()
}

#[test]
fn values_that_are_bound_are_checked() {
    for (of, term, values, expected) in [
        ("int", "?", &["0000000001"][..], "! Expected 4 or 0 byte int (5)"),
        ("int", "?", &[""], "\"\""),
        ("int", "?", &["unset"], "unset"),
        ("list<int>", "?", &[""], "! Not enough bytes to read a list"),
        ("list<int>", "?", &["0000000100000002aaaa"], "! Expected 4 or 0 byte int (2)"),
        ("list<int>", "?", &["000000020000000400000001"], "! Not enough bytes to read a list"),
        ("list<int>", "?", &["ffffffff"], "! The data cannot be deserialized as a list"),
        ("list<int>", "?", &["000000010000000400000001aa"], "! Unexpected extraneous bytes after list value"),
        ("set<text>", "?", &["00000003000000016200000001610000000161"], "[\"a\", \"b\"]"),
        ("set<text>", "?", &["00000001ffffffff"], "! Null value read when not allowed"),
        (
            "map<text, int>",
            "?",
            &["0000000200000001610000000400000001000000016100000004000000ff"],
            "{\"a\": 255}",
        ),
        ("tuple<int, text>", "?", &["00"], "! Not enough bytes to read size of 0th component"),
        (
            "tuple<int, text>",
            "?",
            &["00000004000000010000000161ff"],
            "! Invalid remaining data after end of tuple value",
        ),
        (
            "ut",
            "?",
            &["000000050000000000"],
            "! org.apache.cassandra.serializers.MarshalException: Failure validating the 0th field a; Expected 4 or 0 byte int (5)",
        ),
        ("vector<float, 3>", "?", &["00000000"], "! Not enough bytes to read a vector<float, 3>"),
        (
            "vector<float, 3>",
            "?",
            &["00000000000000000000000000"],
            "! Unexpected 1 extraneous bytes after vector<float, 3> value",
        ),
        ("vector<text, 2>", "?", &["01ff01ff"], "! String didn't validate."),
        (
            "duration",
            "?",
            &["000102"],
            "! The duration months, days and nanoseconds must be all of the same sign (0, -1, 1)",
        ),
        ("timeuuid", "?", &["00000000000040008000000000000000"], "! Invalid version for TimeUUID type: 0x0"),
        ("inet", "?", &["0000"], "! Expected 4 or 16 byte inetaddress; got 0000"),
        ("ascii", "?", &["ff"], "! Invalid byte for ascii: -1"),
        ("boolean", "?", &["0000"], "! Expected 1 or 0 byte value (2)"),
        ("date", "?", &[""], "! Expected 4 byte long for date (0)"),
        ("tuple<int, text>", "(?, ?)", &["unset", "00"], "! Invalid unset value for tuple field number 0"),
        ("ut", "{a: ?, b: ?}", &["unset", "null"], "{\"a\": null, \"b\": null}"),
        ("vector<float, 2>", "[?, ?]", &["00000000", "unset"], "! null is not supported inside vectors"),
        ("int", "abs(?)", &["unset"], "! Invalid unset value for argument in call to function abs"),
        ("int", "abs(?)", &["null"], "null"),
        ("int", "abs(?)", &[""], "null"),
    ] {
        let found = evaluated(of, term, &bindings(values)).unwrap_or_else(|error| format!("! {error}"));
        assert_eq!(found, expected, "{of}: {term} {values:?}");
    }
}

#[test]
fn time_uuids_are_never_the_same() {
    let now = Now::from_micros(1_000_000);
    let made: std::collections::HashSet<_> =
        (0..10_000).map(|_| functions::time::next_time_uuid(now)).collect();
    assert_eq!(made.len(), 10_000);
}

#[test]
fn long_sums_are_prepared_at_once() {
    let sum = vec!["1"; 60].join(" + ");
    check(&[("int", &sum, "60"), ("double", &sum, "60.0"), ("bigint", &format!("-({sum})"), "-60")]);
    let nested = format!("{}-1{}", "abs(".repeat(60), ")".repeat(60));
    let json = format!("{}1{}", "toJson(".repeat(60), ")".repeat(60));
    check(&[("int", &nested, "1")]);
    assert!(
        evaluated("int", &json, &[]).unwrap_err().starts_with("Type error: cannot assign result of function")
    );
}
