//! What statements that change the schema do, and say; expected words are those of Cassandra 5.0.

mod columns;
mod indexes;
mod keyspaces;
mod told;
mod types;

use crate::engine::testing::Bench;
use cql_protocol::response::{CqlResult, ErrorDetails, SchemaTarget};

/// What comes of a statement: what was changed, `nothing`, or the error's code and message.
fn answer(bench: &Bench, text: &str) -> String {
    match bench.outcome(text, &[]) {
        Ok(outcome) => match outcome.result {
            CqlResult::SchemaChange(change) => {
                let name = match &change.target {
                    SchemaTarget::Keyspace { keyspace } => keyspace.clone(),
                    SchemaTarget::Table { keyspace, name } => format!("table {keyspace}.{name}"),
                    SchemaTarget::Type { keyspace, name } => format!("type {keyspace}.{name}"),
                    other => format!("{other:?}"),
                };
                format!("{} {name}", change.kind)
            }
            CqlResult::Void => "nothing".to_owned(),
            other => format!("{other:?}"),
        },
        Err(error) => format!("{:04X} {}", error.code.code(), error.message),
    }
}

/// Executes statements one after another and checks what comes of each.
#[track_caller]
fn check(bench: &Bench, statements: &[(&str, &str)]) {
    for (text, expected) in statements {
        assert_eq!(answer(bench, text), *expected, "{text}");
    }
}

/// Checks statements of which each is refused with code 0x2200 and a message.
#[track_caller]
fn check_invalid(bench: &Bench, statements: &[(&str, &str)]) {
    for (text, message) in statements {
        assert_eq!(answer(bench, text), format!("2200 {message}"), "{text}");
    }
}

#[test]
fn what_exists_is_told_in_the_details() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (k int PRIMARY KEY)");
    let details = |text: &str| bench.outcome(text, &[]).unwrap_err().details;
    let of = |table: &str| ErrorDetails::AlreadyExists { keyspace: "ks".to_owned(), table: table.to_owned() };
    assert_eq!(details("CREATE TABLE t (k int PRIMARY KEY)"), of("t"));
    assert_eq!(details("CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy'}"), of(""));
}

#[test]
fn names_without_keyspace_need_one_in_use() {
    let bench = Bench::new();
    let expected = "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename";
    for text in ["CREATE TABLE t (k int PRIMARY KEY)", "DROP TYPE t", "CREATE INDEX ON t (v)", "DROP INDEX t"]
    {
        assert_eq!(bench.engine.prepare(text, None).unwrap_err().message, expected, "{text}");
    }
    assert!(bench.engine.prepare("CREATE TABLE ks.t (k int PRIMARY KEY)", None).is_ok());
}

#[test]
fn what_is_not_there_is_named_or_tolerated() {
    check(
        &Bench::new(),
        &[
            ("DROP TABLE a", "2200 Table 'ks.a' doesn't exist"),
            ("DROP TABLE IF EXISTS a", "nothing"),
            ("DROP TABLE nope.a", "2200 Table 'nope.a' doesn't exist"),
            ("ALTER TABLE a ADD v int", "2200 Table 'ks.a' doesn't exist"),
            ("ALTER TABLE IF EXISTS nope.a ADD v int", "nothing"),
            ("CREATE TABLE nope.a (k int PRIMARY KEY)", "2200 Keyspace 'nope' doesn't exist"),
            ("CREATE TYPE nope.a (k int)", "2200 Keyspace 'nope' doesn't exist"),
            ("ALTER TYPE a ADD b int", "2200 Type ks.a doesn't exist"),
            ("ALTER TYPE IF EXISTS a ADD b int", "nothing"),
            ("DROP TYPE a", "2200 Type 'ks.a' doesn't exist"),
            ("DROP TYPE IF EXISTS a", "nothing"),
            ("CREATE INDEX ON nope.a (v)", "2200 Keyspace 'nope' doesn't exist"),
            ("CREATE INDEX IF NOT EXISTS ON a (v)", "2200 Table 'a' doesn't exist"),
            ("DROP INDEX i", "2200 Index 'ks.i' doesn't exist'"),
            ("DROP INDEX IF EXISTS i", "nothing"),
            ("DROP KEYSPACE nope", "2200 Keyspace 'nope' doesn't exist"),
            ("DROP KEYSPACE IF EXISTS nope", "nothing"),
        ],
    );
}

#[test]
fn the_servers_keyspaces_stay_as_they_are() {
    let replication = "WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}";
    check(
        &Bench::new(),
        &[
            (
                "ALTER KEYSPACE system WITH durable_writes = true",
                "2100 system keyspace is not user-modifiable.",
            ),
            ("DROP KEYSPACE system_schema", "2100 system_schema keyspace is not user-modifiable."),
            (
                "CREATE INDEX ON system_views.clients (port)",
                "2100 system_views keyspace is not user-modifiable.",
            ),
            ("DROP INDEX system.a", "2200 System keyspace 'system' is not user-modifiable"),
            (
                &format!("CREATE KEYSPACE system_views {replication}"),
                "2200 System keyspace 'system_views' is not user-modifiable",
            ),
            (
                "CREATE TABLE system_traces.a (k int PRIMARY KEY)",
                "2100 Cannot CREATE <all tables in system_traces>",
            ),
            ("DROP TABLE system_auth.roles", "2100 Cannot DROP <table system_auth.roles>"),
            (
                "ALTER TABLE system_traces.sessions ADD x int",
                "2100 Cannot ALTER <table system_traces.sessions>",
            ),
            ("DROP KEYSPACE system_auth", "2100 Cannot DROP <keyspace system_auth>"),
            (&format!("ALTER KEYSPACE system_auth {replication}"), "nothing"),
            (&format!("ALTER KEYSPACE system_traces {replication}"), "UPDATED system_traces"),
        ],
    );
}

#[test]
fn versions_change_with_each_change_alone() {
    let bench = Bench::new();
    let mut versions = vec![bench.engine.schema_version()];
    bench.ok("CREATE TABLE t (k int PRIMARY KEY)");
    versions.push(bench.engine.schema_version());
    bench.ok("CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)");
    bench.error("CREATE TABLE t (k int PRIMARY KEY)");
    assert_eq!(bench.engine.schema_version(), versions[1]);
    bench.ok("DROP TABLE t");
    versions.push(bench.engine.schema_version());
    versions.dedup();
    assert_eq!(versions.len(), 3);
}

/// Newer grammars than that of 5.0 have these.
#[test]
fn what_5_0_cannot_read_is_no_statement() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int)");
    bench.ok("CREATE TABLE t (k int PRIMARY KEY)");
    for text in ["CREATE KEYSPACE a", "ALTER TYPE u ADD b int, c int", "ALTER TABLE t ADD c int PRIMARY KEY"]
    {
        assert!(answer(&bench, text).starts_with("2000 mismatched input"), "{text}");
    }
}
