//! CREATE TABLE and ALTER TABLE.

use super::{check, check_invalid};
use crate::engine::testing::Bench;

#[test]
fn columns_stand_in_the_order_of_select() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (z int, a int, k2 int, k1 int, s text static, d int, c int, PRIMARY KEY ((k2, k1), d, c)) \
              WITH CLUSTERING ORDER BY (d DESC)");
    let state = crate::sync::lock(&bench.engine.state);
    let table = state.schema.table("ks", "t").unwrap();
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["k2", "k1", "d", "c", "s", "a", "z"]);
    assert_eq!(table.order.iter().map(|(_, descends)| *descends).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn keys_are_checked() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int)");
    check_invalid(
        &bench,
        &[
            ("CREATE TABLE t (a int)", "No PRIMARY KEY specifed for table 't' (exactly one required)"),
            (
                "CREATE TABLE t (a int PRIMARY KEY, b int, PRIMARY KEY (b))",
                "Multiple PRIMARY KEY specified for table 't' (exactly one required)",
            ),
            ("CREATE TABLE t (a int PRIMARY KEY, a int)", "Duplicate column 'a' declaration for table 't'"),
            (
                "CREATE TABLE ks.t (a int PRIMARY KEY, a int)",
                "Duplicate column 'a' declaration for table 'ks.t'",
            ),
            (
                "CREATE TABLE t (a int, PRIMARY KEY (b))",
                "Unknown column 'b' referenced in PRIMARY KEY for table 't'",
            ),
            (
                "CREATE TABLE t (a int, PRIMARY KEY (a, a))",
                "Duplicate column 'a' in PRIMARY KEY clause for table 't'",
            ),
            (
                "CREATE TABLE t (a list<int> PRIMARY KEY)",
                "Invalid non-frozen collection type list<int> for PRIMARY KEY column 'a'",
            ),
            (
                "CREATE TABLE t (a u PRIMARY KEY)",
                "Invalid non-frozen user-defined type \"ks.u\" for PRIMARY KEY column 'a'",
            ),
            (
                "CREATE TABLE t (a counter PRIMARY KEY)",
                "counter type is not supported for PRIMARY KEY column 'a'",
            ),
            (
                "CREATE TABLE t (a frozen<list<duration>> PRIMARY KEY)",
                "duration type is not supported for PRIMARY KEY column 'a'",
            ),
            (
                "CREATE TABLE t (a int, b int STATIC, PRIMARY KEY (a, b))",
                "Static column 'b' cannot be part of the PRIMARY KEY",
            ),
            (
                "CREATE TABLE t (a int PRIMARY KEY, b int STATIC)",
                "Static columns are only useful (and thus allowed) if the table has at least one clustering column",
            ),
            (
                "CREATE TABLE t (a int PRIMARY KEY, b counter, c int)",
                "Cannot mix counter and non counter columns in the same table",
            ),
            (
                "CREATE TABLE t (a int PRIMARY KEY, b counter) WITH default_time_to_live = 3",
                "Cannot set default_time_to_live on a table with counters",
            ),
            (
                "CREATE TABLE t (a int PRIMARY KEY) WITH COMPACT STORAGE",
                "cql-testkit does not support COMPACT STORAGE",
            ),
        ],
    );
}

#[test]
fn clustering_orders_are_checked() {
    let of = |order: &str| {
        format!(
            "CREATE TABLE t (a int, c int, d int, PRIMARY KEY (a, c, d)) WITH CLUSTERING ORDER BY ({order})"
        )
    };
    let bench = Bench::new();
    for (order, message) in [
        (
            "a DESC",
            "Only clustering key columns can be defined in CLUSTERING ORDER directive: [a] are not clustering columns",
        ),
        ("d DESC", "Missing CLUSTERING ORDER for column c"),
        (
            "d DESC, c ASC",
            "The order of columns in the CLUSTERING ORDER directive must match that of the clustering columns (c must \
             appear before d)",
        ),
        ("c DESC, c ASC", "Duplicate column 'c' in CLUSTERING ORDER BY clause for table 't'"),
    ] {
        check_invalid(&bench, &[(&of(order), message)]);
    }
}

#[test]
fn options_are_checked() {
    let bench = Bench::new();
    for (option, expected) in [
        ("foo = 1", "2000 Unknown property 'foo'"),
        ("comment = {}", "2000 Invalid value for property 'comment'. It should be a string"),
        ("caching = 'ALL'", "2000 Invalid value for property 'caching'. It should be a map."),
        ("gc_grace_seconds = 1.5", "2000 Invalid integer value 1.5 for 'gc_grace_seconds'"),
        ("gc_grace_seconds = -1", "2300 gc_grace_seconds must be greater than or equal to 0 (got -1)"),
        (
            "default_time_to_live = 630720001",
            "2300 default_time_to_live must be less than or equal to 630720000 (got 630720001)",
        ),
        (
            "bloom_filter_fp_chance = 2",
            "2300 bloom_filter_fp_chance must be larger than 6.71E-5 and less than or equal to 1.0 (got 2.0)",
        ),
        (
            "max_index_interval = 1",
            "2300 max_index_interval must be greater than or equal to min_index_interval (128) (got 1)",
        ),
        (
            "compression = {'class': 'Foo'}",
            "2300 Could not create Compression for type org.apache.cassandra.io.compress.Foo",
        ),
        ("compression = {'class': 'LZ4Compressor', 'foo': 1}", "2300 Unknown compression options foo"),
        ("compaction = {}", "2300 Missing sub-option 'class' for the 'compaction' option"),
        (
            "compaction = {'class': 'SizeTieredCompactionStrategy', 'foo': 1}",
            "2300 Properties specified [foo] are not understood by SizeTieredCompactionStrategy",
        ),
        (
            "caching = {'keys': 'some'}",
            "2300 Invalid value 'some' for caching sub-option 'keys': only 'ALL' and 'NONE' are allowed",
        ),
        ("speculative_retry = 'foo'", "2300 Invalid value foo for option 'speculative_retry'"),
        ("memtable = 'foo'", "2300 Memtable configuration \"foo\" not found."),
        ("id = 'x'", "2300 Invalid table id"),
    ] {
        check(&bench, &[(&format!("CREATE TABLE t (a int PRIMARY KEY) WITH {option}"), expected)]);
    }
}

#[test]
fn columns_are_added_dropped_and_renamed() {
    let bench = Bench::new();
    bench.ok("CREATE TYPE u (a int)");
    bench.ok("CREATE TABLE t (k int, c int, v int, u u, PRIMARY KEY (k, c))");
    let dropped = "incompatible with previously dropped column 'x' of type int";
    check(
        &bench,
        &[
            ("ALTER TABLE t ADD v int", "2200 Column with name 'v' already exists"),
            ("ALTER TABLE t ADD IF NOT EXISTS v int", "nothing"),
            (
                "ALTER TABLE t ADD (x int, y int static, z int, z int)",
                "2200 Column with name 'z' already exists",
            ),
            ("ALTER TABLE t ADD (x int, y int static, z list<int>)", "UPDATED table ks.t"),
            (
                "ALTER TABLE t ADD n counter",
                "2300 ks.t: Cannot have a counter column (\"n\") in a non counter table",
            ),
            ("ALTER TABLE t DROP c", "2200 Cannot drop PRIMARY KEY column c"),
            ("ALTER TABLE t DROP u", "2200 Cannot drop non-frozen column u of user type u"),
            ("ALTER TABLE t DROP nope", "2200 Column nope was not found in table 'ks.t'"),
            ("ALTER TABLE t DROP IF EXISTS nope", "nothing"),
            ("ALTER TABLE t DROP (x, y)", "UPDATED table ks.t"),
            ("ALTER TABLE t ADD x text", &format!("2200 Cannot add a column 'x' of type text, {dropped}")),
            (
                "ALTER TABLE t ADD y int",
                "2200 Cannot re-add previously dropped column 'y' of kind REGULAR, incompatible with previous kind STATIC",
            ),
            ("ALTER TABLE t RENAME v TO w", "2200 Cannot rename non PRIMARY KEY column v"),
            ("ALTER TABLE t RENAME nope TO w", "2200 Undefined column name nope in table ks.t"),
            (
                "ALTER TABLE t RENAME k TO v",
                "2200 Cannot rename column k to v in table 'ks.t'; another column with that name already exists",
            ),
            ("ALTER TABLE t RENAME k TO kk AND c TO cc", "UPDATED table ks.t"),
            ("ALTER TABLE t ALTER v TYPE bigint", "2200 Altering column types is no longer supported"),
            ("ALTER TABLE t WITH comment = 'x'", "UPDATED table ks.t"),
            ("ALTER TABLE t WITH comment = 'x'", "nothing"),
            ("ALTER TABLE t WITH id = 5a1c395e-b41f-11e5-9f22-ba0be0483c18", "2300 Cannot alter table id."),
        ],
    );
}

#[test]
fn columns_that_come_again_keep_their_number() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, v int)");
    let id = |name: &str| {
        let state = crate::sync::lock(&bench.engine.state);
        state.schema.table("ks", "t").unwrap().column(name).unwrap().id
    };
    let before = id("v");
    bench.ok("ALTER TABLE t DROP v");
    bench.ok("ALTER TABLE t ADD w int");
    bench.ok("ALTER TABLE t ADD v int");
    assert_eq!(id("v"), before);
    assert_ne!(id("w"), before);
}

/// Which types can follow which, as a server allows it.
#[test]
fn columns_come_again_where_their_bytes_can_be_read() {
    let natives = "ascii text blob bigint int varint timestamp uuid timeuuid decimal boolean smallint date time inet double \
                   float tinyint duration";
    let allowed = "ascii>text ascii>blob text>blob varint>blob decimal>blob smallint>blob date>blob time>blob inet>blob \
                   tinyint>blob duration>blob bigint>timestamp timestamp>bigint timeuuid>uuid list<text>>list<blob> \
                   map<int,ascii>>map<int,text> tuple<int>>tuple<int,int>";
    let refused = "set<blob>>set<text> tuple<int,int>>tuple<int> vector<int,2>>vector<int,3> list<int>>set<int> \
                   list<int>>frozen<list<int>>";
    let bench = Bench::new();
    let can_follow = |old: &str, new: &str| {
        bench.ok("DROP TABLE IF EXISTS t");
        bench.ok(&format!("CREATE TABLE t (k int PRIMARY KEY, v {old})"));
        bench.ok("ALTER TABLE t DROP v");
        bench.outcome(&format!("ALTER TABLE t ADD v {new}"), &[]).is_ok()
    };
    let allowed: Vec<(&str, &str)> = allowed.split_whitespace().map(pair).collect();
    for old in natives.split_whitespace() {
        for new in natives.split_whitespace() {
            let expected = old == new || allowed.contains(&(old, new));
            assert_eq!(can_follow(old, new), expected, "{new} after {old}");
        }
    }
    assert!(allowed.iter().all(|(old, new)| can_follow(old, new)));
    assert!(!refused.split_whitespace().map(pair).any(|(old, new)| can_follow(old, new)));
}

/// Both sides of the `>` that closes no bracket.
fn pair(text: &str) -> (&str, &str) {
    let mut open = 0;
    for (at, character) in text.char_indices() {
        match character {
            '<' => open += 1,
            '>' if open == 0 => return (&text[..at], &text[at + 1..]),
            '>' => open -= 1,
            _ => {}
        }
    }
    panic!("{text}")
}

#[test]
fn columns_that_come_again_are_empty() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, v int)");
    bench.ok("INSERT INTO t (k, v) VALUES (1, 2)");
    bench.ok("INSERT INTO t (k, v) VALUES (2, 3) USING TIMESTAMP 1000");
    bench.ok("ALTER TABLE t DROP v USING TIMESTAMP 1000");
    bench.ok("ALTER TABLE t ADD v int");
    assert_eq!(bench.rows("SELECT k, v FROM t"), ["1 | 2", "2 | null"]);
    bench.ok("ALTER TABLE t DROP v");
    bench.ok("ALTER TABLE t ADD v int");
    assert_eq!(bench.rows("SELECT k, v FROM t"), ["1 | null", "2 | null"]);
    bench.ok("DROP TABLE t");
    bench.ok("CREATE TABLE t (k int PRIMARY KEY, v int)");
    assert!(bench.rows("SELECT k, v FROM t").is_empty());
}
