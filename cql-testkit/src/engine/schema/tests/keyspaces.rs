//! Keyspaces and their replication.

use super::check;
use crate::engine::testing::Bench;

#[test]
fn keyspaces_are_created_altered_and_dropped() {
    let simple = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    let create = format!("CREATE KEYSPACE a WITH replication = {simple}");
    let again = format!("CREATE KEYSPACE IF NOT EXISTS a WITH replication = {simple}");
    let three = "{'class': 'org.apache.cassandra.locator.SimpleStrategy', 'replication_factor': '3'}";
    check(
        &Bench::new(),
        &[
            (&create, "CREATED a"),
            (&create, "2400 Cannot add existing keyspace \"a\""),
            (&again, "nothing"),
            (&format!("ALTER KEYSPACE a WITH replication = {three}"), "UPDATED a"),
            (&format!("ALTER KEYSPACE a WITH replication = {three}"), "nothing"),
            ("ALTER KEYSPACE a WITH durable_writes = 'no'", "UPDATED a"),
            ("ALTER KEYSPACE nope WITH durable_writes = true", "2200 Keyspace 'nope' doesn't exist"),
            ("ALTER KEYSPACE IF EXISTS nope WITH durable_writes = true", "nothing"),
            ("DROP KEYSPACE a", "DROPPED a"),
        ],
    );
}

#[test]
fn replication_is_checked() {
    let with = |options: &str| format!("CREATE KEYSPACE a WITH replication = {options}");
    let simple =
        |factor: &str| with(&format!("{{'class': 'SimpleStrategy', 'replication_factor': {factor}}}"));
    let cases = [
        (
            "CREATE KEYSPACE a WITH durable_writes = false".to_owned(),
            "2200 Missing mandatory option 'replication'",
        ),
        (with("'SimpleStrategy'"), "2000 Invalid value for property 'replication'. It should be a map."),
        (with("{'replication_factor': 1}"), "2300 Missing replication strategy class"),
        (
            with("{'class': 'Nope'}"),
            "2300 Unable to find replication strategy class 'org.apache.cassandra.locator.Nope'",
        ),
        (simple("'x'"), "2300 For input string: \"x\""),
        (simple("-1"), "2300 Replication factor must be non-negative, found -1"),
        (simple("'3/1'"), "2300 Transient replication is not enabled on this node"),
        (
            simple("1, 'foo': 1"),
            "2300 Unrecognized strategy option {foo} passed to SimpleStrategy for keyspace a",
        ),
        (
            with("{'class': 'LocalStrategy'}"),
            "2200 Unable to use given strategy class: LocalStrategy is reserved for internal use.",
        ),
        (
            with("{'class': 'NetworkTopologyStrategy', 'dc1': 0}"),
            "2300 Configuration for at least one datacenter must be present",
        ),
        (format!("{} AND foo = 1", simple("1")), "2000 Unknown property 'foo'"),
        (
            format!("{} AND durable_writes = 'maybe'", simple("1")),
            "2000 Invalid boolean value maybe for 'durable_writes'. Positive values can be '1', 'true' or 'yes'. Negative \
             values can be '0', 'false' or 'no'.",
        ),
        (
            simple("1").replace(" a ", " \"a b\" "),
            "2200 Keyspace name must not be empty and must contain alphanumeric or underscore characters only (got \"a b\")",
        ),
    ];
    let bench = Bench::new();
    for (text, expected) in &cases {
        check(&bench, &[(text, expected)]);
    }
}
