//! Types of columns, and user-defined ones.

use super::{check, check_invalid};
use crate::engine::testing::Bench;

#[test]
fn types_that_cannot_be_are_refused() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int, l list<int>)");
    let invalid = [
        ("nope", "Unknown type ks.nope"),
        (
            "system.u",
            "Statement on keyspace ks cannot refer to a user type in keyspace system; user types can only be used in the \
             keyspace they are defined in",
        ),
        ("list<list<int>>", "Non-frozen collections are not allowed inside collections: list<list<int>>"),
        (
            "map<int,map<int,int>>",
            "Non-frozen collections are not allowed inside collections: map<int, map<int, int>>",
        ),
        ("set<u>", "Non-frozen UDTs are not allowed inside collections: set<u>"),
        ("set<counter>", "Counters are not allowed inside collections: set<counter>"),
        ("frozen<set<counter>>", "Counters are not allowed inside collections: frozen<set<counter>>"),
        ("tuple<counter, int>", "Counters are not allowed inside tuples"),
        ("vector<int, 0>", "vectors may only have positive dimensions; given 0"),
        ("set<duration>", "Durations are not allowed inside sets: set<duration>"),
        ("map<duration, int>", "Durations are not allowed as map keys: map<duration, int>"),
        ("u", "Non-frozen UDTs with nested non-frozen collections are not supported"),
    ];
    for (of, message) in invalid {
        check_invalid(&bench, &[(&format!("CREATE TABLE t (k int PRIMARY KEY, v {of})"), message)]);
    }
    let frozen = "2000 frozen<> is only allowed on collections, tuples, and user-defined types (got int)";
    check(&bench, &[("CREATE TABLE t (k int PRIMARY KEY, v frozen<int>)", frozen)]);
    let class = "2000 Error setting type a.B: Unable to find abstract-type class 'a.B'";
    check(&bench, &[("CREATE TABLE t (k int PRIMARY KEY, v 'a.B')", class)]);
}

#[test]
fn user_types_are_created_altered_and_dropped() {
    check(
        &Bench::new(),
        &[
            ("CREATE TYPE a (x int, x int)", "2200 Duplicate field name 'x' in type 'a'"),
            ("CREATE TYPE a (x counter)", "2200 A user type cannot contain counters"),
            ("CREATE TYPE a (x frozen<a>)", "2200 Unknown type ks.a"),
            ("CREATE TYPE a (x int)", "CREATED type ks.a"),
            ("CREATE TYPE a (x int)", "2200 A user type with name 'a' already exists"),
            ("CREATE TYPE IF NOT EXISTS a (x int)", "nothing"),
            ("CREATE TYPE b (x a)", "2200 A user type cannot contain non-frozen UDTs"),
            ("CREATE TYPE b (x frozen<a>, y list<frozen<a>>)", "CREATED type ks.b"),
            (
                "ALTER TYPE a ADD x int",
                "2200 Cannot add field x to type ks.a: a field with name x already exists",
            ),
            ("ALTER TYPE a ADD IF NOT EXISTS x int", "nothing"),
            (
                "ALTER TYPE a ADD y frozen<b>",
                "2200 Cannot add new field y of type frozen<ks.b> to user type ks.a as it would create a circular reference",
            ),
            ("ALTER TYPE a RENAME x TO xx", "UPDATED type ks.a"),
            ("ALTER TYPE a RENAME x TO y", "2200 Unkown field x in user type ks.a"),
            ("ALTER TYPE a RENAME IF EXISTS x TO y", "nothing"),
            ("ALTER TYPE b RENAME x TO y AND y TO x", "UPDATED type ks.b"),
            ("ALTER TYPE b RENAME x TO y", "2200 Duplicate field name y in type ks"),
            ("ALTER TYPE a ALTER xx TYPE text", "2200 Altering field types is no longer supported"),
            ("DROP TYPE a", "2200 Cannot drop user type 'ks.a' as it is still used by user types b"),
            ("CREATE TABLE t (k frozen<a> PRIMARY KEY, v list<frozen<b>>)", "CREATED table ks.t"),
            (
                "ALTER TYPE a ADD q int",
                "2200 Cannot add new field q of type int to user type ks.a as the type is being used in partition key by \
                 the following tables: ks.t",
            ),
            ("DROP TYPE b", "2200 Cannot drop user type 'ks.b' as it is still used by tables t"),
            ("DROP TABLE t", "DROPPED table ks.t"),
            ("DROP TYPE b", "DROPPED type ks.b"),
            ("DROP TYPE a", "DROPPED type ks.a"),
        ],
    );
}

#[test]
fn types_that_grow_without_bounds_are_refused() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u0 (a int, b int)");
    let create = |n: usize| format!("CREATE TYPE u{} (a frozen<u{n}>, b frozen<u{n}>)", n + 1);
    let refused = (0..64).map(create).find_map(|text| bench.outcome(&text, &[]).err());
    assert_eq!(refused.unwrap().message, "cql-testkit does not support types as large as this");
}

#[test]
fn types_in_use_change_with_their_definition() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE a (x int)");
    bench.ok("CREATE TYPE b (y list<frozen<a>>)");
    bench.ok("CREATE TABLE t (k int, c frozen<a>, v map<int, frozen<b>>, PRIMARY KEY (k, c))");
    bench.ok("ALTER TYPE a ADD z text");
    let state = crate::sync::lock(&bench.engine.state);
    let keyspace = &state.schema.keyspaces["ks"];
    let table = &keyspace.tables["t"];
    let class = keyspace.types["a"].clone();
    assert_eq!(class.fields().len(), 2);
    let a = cql_protocol::types::ColumnType::Udt(class);
    assert_eq!(table.column("c").unwrap().column_type, a);
    assert_eq!(table.order[0].0, a);
    let of_values = cql_protocol::types::ColumnType::Udt(keyspace.types["b"].clone());
    let map = cql_protocol::types::ColumnType::map(cql_protocol::types::ColumnType::Int, of_values);
    assert_eq!(table.column("v").unwrap().column_type, map);
}
