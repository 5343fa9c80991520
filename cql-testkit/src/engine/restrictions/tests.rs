//! Conditions that are refused, and what others leave. Messages and rows are those of Cassandra 5.0.9.

use crate::engine::testing::Bench;

const FILTERING: &str = "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING";

fn bench() -> Bench {
    let bench = Bench::new();
    for statement in [
        "CREATE TYPE ud (f int)",
        "CREATE TABLE t (p int, q int, a int, b int, c int, s int static, v int, m map<text, int>, l list<int>,
            u ud, fl frozen<list<int>>, d duration, PRIMARY KEY ((p, q), a, b, c))
            WITH CLUSTERING ORDER BY (a ASC, b DESC, c ASC)",
        "CREATE TABLE x (p text PRIMARY KEY, v int)",
        "CREATE TABLE i (p int, c int, y int, w text, z int, k int, m map<text, int>, PRIMARY KEY (p, c))",
        "CREATE INDEX ON i (y)",
        "CREATE INDEX ON i (w)",
        "CREATE INDEX ON i (keys(m))",
        "CREATE INDEX ON i (z) USING 'sai'",
        "CREATE INDEX ON i (k) USING 'sai'",
    ] {
        bench.ok(statement);
    }
    for a in 1..=2 {
        for b in 1..=2 {
            for c in 1..=2 {
                let values = format!("(1, 1, {a}, {b}, {c}, {}, {{'k{b}': {c}}})", a + b + c);
                bench.ok(&format!("INSERT INTO t (p, q, a, b, c, v, m) VALUES {values}"));
            }
        }
    }
    bench
}

#[test]
fn messages_are_the_servers() {
    let bench = bench();
    for (conditions, message) in MESSAGES {
        assert_eq!(bench.error(&format!("SELECT p FROM t WHERE {conditions}")), *message, "{conditions}");
    }
    assert_eq!(bench.error("SELECT p FROM x WHERE p = ''"), "Key may not be empty");
    assert_eq!(
        bench.error("SELECT p FROM x WHERE p LIKE 'a%'"),
        "LIKE restriction is only supported on properly indexed columns. p LIKE 'a%' is not valid."
    );
    assert_eq!(
        bench.error("SELECT s FROM t WHERE p = 1 AND q = 1 AND a = 1"),
        "Cannot restrict clustering columns when selecting only static columns"
    );
}

/// Conditions on the table `t` and why they are refused.
const MESSAGES: &[(&str, &str)] = &[
    ("p = 1", FILTERING),
    ("p = 1 AND q > 1", FILTERING),
    ("v = 1", FILTERING),
    ("zz = 1", "Undefined column name zz in table ks.t"),
    (
        "p = 1 AND q = 1 AND b = 1",
        "PRIMARY KEY column \"b\" cannot be restricted as preceding column \"a\" is not restricted",
    ),
    (
        "p = 1 AND q = 1 AND a > 1 AND b = 1",
        "Clustering column \"b\" cannot be restricted (preceding column \"a\" is restricted by a non-EQ relation)",
    ),
    (
        "p = 1 AND q = 1 AND b = 1 AND a > 1",
        "PRIMARY KEY column \"b\" cannot be restricted (preceding column \"a\" is restricted by a non-EQ relation)",
    ),
    ("a = 1 AND a = 2", "a cannot be restricted by more than one relation if it includes an Equal"),
    ("a IN (1, 2) AND a > 2", "a cannot be restricted by more than one relation if it includes a IN"),
    ("a > 1 AND a = 2", "Column \"a\" cannot be restricted by both an equality and an inequality relation"),
    ("a > 1 AND a > 2", "More than one restriction was found for the start bound on a"),
    ("a < 1 AND (a, b) < (2, 3)", "More than one restriction was found for the end bound on a"),
    (
        "(a, b) > (1, 2) AND (b) > (1)",
        "Column \"b\" cannot be restricted by two inequalities not starting with the same column",
    ),
    (
        "(a, c) = (1, 2)",
        "Clustering columns must appear in the PRIMARY KEY order in multi-column relations: (a, c) = (1, 2)",
    ),
    ("(a, a) = (1, 2)", "Column \"a\" appeared twice in a relation: (a, a) = (1, 2)"),
    (
        "(a, v) = (1, 2)",
        "Multi-column relations can only be applied to clustering columns but was applied to: v",
    ),
    ("(a, b) = (1, 2, 3)", "Expected 2 elements in value tuple, but got 3: (1, 2, 3)"),
    ("token(p) > 1", "The token() function must be applied to all partition key components or none of them"),
    ("token(q, p) > 1", "The token function arguments must be in the partition key order: p, q"),
    ("token(p, q, p) > 1", "The token() function contains duplicate partition key components"),
    (
        "token(p, q) > 1 AND token(p, q) > 2",
        "More than one restriction was found for the start bound on p, q",
    ),
    (
        "token(p, q) = 1 AND token(p, q) > 2",
        "p, q cannot be restricted by more than one relation if it includes an Equal",
    ),
    ("token(p, q) > null", "Invalid null token value"),
    ("v != 1", "Unsupported \"!=\" relation: v != 1"),
    ("v IS NOT NULL", "Unsupported restriction: v IS NOT NULL"),
    ("l = [1]", "Collection column 'l' (list<int>) cannot be restricted by a '=' relation"),
    ("m IN ({})", "Collection column 'm' (map<text, int>) cannot be restricted by a 'IN' relation"),
    ("u = {f: 1}", "Non-frozen UDT column 'u' (ud) cannot be restricted by any relation"),
    ("v CONTAINS 1", "Cannot use CONTAINS on non-collection column v"),
    ("l CONTAINS KEY 1", "Cannot use CONTAINS KEY on non-map column l"),
    ("l[0] = 1", "Indexes on list entries (l[index] = value) are not currently supported."),
    ("m['a'] > 1", "Only EQ relations are supported on map entries"),
    ("d > 1d", "Slice restrictions are not supported on duration columns"),
    ("p = 1 AND q = null", "Invalid null value in condition for column q"),
    ("p = 1 AND q IN (1, null)", "Invalid null value in condition for column q"),
    ("p = 1 AND q = 1 AND (a, b) = (1, null)", "Invalid null value for column b"),
    (
        "p = 1 AND q = 1 AND (a, b) IN ((1, 2), (1, null))",
        "Invalid null value in condition for columns: [a, b]",
    ),
    ("v = null ALLOW FILTERING", "Unsupported null value for column v"),
    ("m['a'] = null ALLOW FILTERING", "Unsupported null map value for column m"),
    ("(b, c) > (1, 2) ALLOW FILTERING", "Multi-column slice restrictions cannot be used for filtering."),
    ("(b, c) IN ((1, 2), (2, 3)) ALLOW FILTERING", "Multicolumn IN filters are not supported"),
    (
        "fl CONTAINS 1 AND fl = [1] ALLOW FILTERING",
        "Collection column fl can only be restricted by CONTAINS, CONTAINS KEY, or map-entry equality",
    ),
];

#[test]
fn writes_name_what_they_write() {
    let bench = bench();
    for (statement, message) in [
        ("UPDATE t SET v = 1 WHERE p = 1", "Some partition key parts are missing: q"),
        ("UPDATE t SET v = 1 WHERE p = 1 AND q = 1 AND a = 1", "Some clustering keys are missing: b, c"),
        (
            "UPDATE t SET v = 1 WHERE p = 1 AND q = 1 AND a = 1 AND b = 1 AND c > 1",
            "Slice restrictions are not supported on the clustering columns in UPDATE statements",
        ),
        (
            "DELETE FROM t WHERE p > 1 AND q = 1",
            "Only EQ and IN relation are supported on the partition key (unless you use the token() function) for DELETE statements",
        ),
        (
            "DELETE FROM t WHERE token(p, q) = 1",
            "The token function cannot be used in WHERE clauses for DELETE statements",
        ),
        (
            "DELETE FROM t WHERE p = 1 AND q = 1 AND v = 2",
            "Non PRIMARY KEY columns found in where clause: v ",
        ),
        ("DELETE FROM t WHERE p = 1 AND q = 1 AND m CONTAINS 1", "Cannot use DELETE with CONTAINS"),
        (
            "UPDATE t SET s = 1 WHERE p = 1 AND q = 1 AND a = 1",
            "Invalid restrictions on clustering columns since the UPDATE statement modifies only static columns",
        ),
    ] {
        assert_eq!(bench.error(statement), message, "{statement}");
    }
}

#[test]
fn ranges_are_in_the_order_of_rows() {
    let bench = bench();
    for (conditions, rows) in [
        ("a = 1", "1 2 1, 1 2 2, 1 1 1, 1 1 2"),
        ("a > 1", "2 2 1, 2 2 2, 2 1 1, 2 1 2"),
        ("a = 1 AND b > 1", "1 2 1, 1 2 2"),
        ("a = 1 AND b <= 1", "1 1 1, 1 1 2"),
        ("a IN (2, 1, 2) AND b IN (1, 2) AND c = 1", "1 2 1, 1 1 1, 2 2 1, 2 1 1"),
        ("(a, b) > (1, 1)", "1 2 1, 1 2 2, 2 2 1, 2 2 2, 2 1 1, 2 1 2"),
        ("(a, b) >= (1, 2)", "1 2 1, 1 2 2, 2 2 1, 2 2 2, 2 1 1, 2 1 2"),
        ("(a, b, c) > (1, 1, 1) AND (a, b) < (2, 2)", "1 2 1, 1 2 2, 1 1 2, 2 1 1, 2 1 2"),
        ("(a, b, c) > (1, 2, 1) AND a < 2", "1 2 2"),
        ("(a, b) IN ((2, 1), (1, 2))", "1 2 1, 1 2 2, 2 1 1, 2 1 2"),
        ("(a, b) = (1, 2) AND c < 2", "1 2 1"),
        ("a > 2 AND a < 1", ""),
        ("a IN ()", ""),
        // The server takes null for a value before all others; those of a descending column come in their own order.
        ("a < null", ""),
        ("a = 1 AND b < null AND b > 1", "1 2 1, 1 2 2"),
    ] {
        let text = format!("SELECT a, b, c FROM t WHERE p = 1 AND q = 1 AND {conditions}");
        assert_eq!(bench.rows(&text).join(", ").replace(" |", ""), rows, "{conditions}");
    }
}

#[test]
fn rows_are_filtered() {
    let bench = bench();
    for (conditions, count) in [
        ("c = 1", 4),
        ("p = 1 AND b = 2", 4),
        ("p > 0 AND q < 2", 8),
        ("p > 1", 0),
        ("v = 4", 3),
        ("v IN (3, 6, null)", 2),
        // A server looks no further than to the first null.
        ("v IN (null, 3, 6)", 0),
        ("v > 3 AND v <= 5", 6),
        ("m CONTAINS 1", 4),
        ("m CONTAINS KEY 'k2' AND m CONTAINS 1", 2),
        ("m['k1'] = 2", 2),
        ("s = 1", 0),
        ("a = 1 AND c IN (1, 5)", 2),
        (
            "token(p, q) > 0",
            if bench.rows("SELECT v FROM t WHERE token(p, q) > 0").is_empty() { 0 } else { 8 },
        ),
    ] {
        let text = format!("SELECT v FROM t WHERE {conditions} ALLOW FILTERING");
        assert_eq!(bench.rows(&text).len(), count, "{conditions}");
    }
}

#[test]
fn indexes_answer_what_they_can() {
    let bench = bench();
    for p in 1..=3 {
        let values = format!("({p}, 1, 1, 'w', {p}, 1, {{'a': {p}}})");
        bench.ok(&format!("INSERT INTO i (p, c, y, w, z, k, m) VALUES {values}"));
    }
    for (conditions, rows) in [
        ("y = 1", "1, 2, 3"),
        ("y = 1 AND p = 2", "2"),
        ("y = 1 AND p = 2 AND c > 0", "2"),
        ("m CONTAINS KEY 'a'", "1, 2, 3"),
        ("z > 1", "2, 3"),
        ("z = 1 AND k = 1", "1"),
    ] {
        let mut found = bench.rows(&format!("SELECT p FROM i WHERE {conditions}"));
        found.sort();
        assert_eq!(found.join(", "), rows, "{conditions}");
    }
    for (conditions, message) in [
        ("y = 1 AND w = 'w'", FILTERING),
        ("y = 1 AND c = 1", FILTERING),
        ("y > 1", FILTERING),
        ("z IN (1, 2)", FILTERING),
        ("m CONTAINS 1", FILTERING),
        ("z = 1 AND y = 1", FILTERING),
        (
            "y = 1 AND p IN (1, 2)",
            "Select on indexed columns and with IN clause for the PRIMARY KEY are not supported",
        ),
        ("y = 1 ORDER BY c", "ORDER BY with 2ndary indexes is not supported, except for ANN queries."),
    ] {
        assert_eq!(bench.error(&format!("SELECT p FROM i WHERE {conditions}")), message, "{conditions}");
    }
}

#[test]
fn markers_have_the_servers_names() {
    let bench = bench();
    for (conditions, markers) in [
        ("p = ? AND q IN ?", "p int, in(q) list<int>"),
        ("p = ? AND q = ? AND (a, b) IN ?", "p int, q int, in(a,b) list<frozen<tuple<int, int>>>"),
        ("p = ? AND q = ? AND (a, b) > ?", "p int, q int, (a,b) tuple<int, int>"),
        ("p = ? AND q = ? AND (a, b) > (?, ?) AND a < ?", "p int, q int, a int, b int, a int"),
        ("token(p, q) > ?", "partition key token bigint"),
        (
            "m[?] = ? AND m CONTAINS KEY ? AND l CONTAINS ? LIMIT ? ALLOW FILTERING",
            "key(m) text, value(m) int, key(m) text, value(l) int, [limit] int",
        ),
        ("p = :x AND q IN :y PER PARTITION LIMIT ?", "x int, y list<int>, [per_partition_limit] int"),
    ] {
        let prepared = bench.engine.prepare(&format!("SELECT v FROM t WHERE {conditions}"), Some("ks"));
        let prepared = prepared.unwrap_or_else(|error| panic!("{conditions}: {error}"));
        let specs = prepared.markers.iter().map(|spec| format!("{} {}", spec.name(), spec.column_type()));
        assert_eq!(specs.collect::<Vec<_>>().join(", "), markers, "{conditions}");
    }
    let key = |conditions: &str| {
        let text = format!("SELECT v FROM t WHERE {conditions}");
        bench.engine.prepare(&text, Some("ks")).map(|prepared| prepared.key.to_vec()).unwrap_or_default()
    };
    assert_eq!(key("q = ? AND p = ?"), [1, 0]);
    assert_eq!(key("p = ? AND q IN (?, ?)"), [0, 2]);
    assert_eq!(key("p = ? AND q IN ?"), [0_u16; 0]);
}
