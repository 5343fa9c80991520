//! Statements and their rows: what Cassandra 5.0.9 returns.

use crate::engine::testing::Bench;
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::response::{CqlResult, ErrorCode};

fn bench() -> Bench {
    let bench = Bench::new();
    for statement in [
        "CREATE TYPE ud (f int, g text)",
        "CREATE TABLE k (p int, c int, s int static, v int, w text, n bigint, m map<text, int>, l list<int>, st set<int>,
            u ud, fu frozen<ud>, ts timestamp, tu timeuuid, PRIMARY KEY (p, c))",
        "INSERT INTO k (p, c, s, v, w, n, m, l, st, u, fu, ts) VALUES (1, 1, 7, 1, 'a', 1, {'a': 1, 'b': 2}, [1, 2],
            {1, 2}, {f: 1, g: 'x'}, {f: 1, g: 'x'}, 1000) USING TIMESTAMP 1000",
        "INSERT INTO k (p, c, v, n, w) VALUES (1, 2, 2, 5, 'b') USING TIMESTAMP 2000",
        "INSERT INTO k (p, c, v, n) VALUES (2, 1, 3, 7) USING TIMESTAMP 3000",
        "INSERT INTO k (p, s) VALUES (3, 9) USING TIMESTAMP 4000",
        "INSERT INTO k (p, c) VALUES (4, 1) USING TIMESTAMP 5000",
        "UPDATE k USING TIMESTAMP 6000 SET m = m + {'c': 3}, u.g = 'y' WHERE p = 1 AND c = 1",
        "CREATE TABLE o (p int, c int, v int, PRIMARY KEY (p, c)) WITH CLUSTERING ORDER BY (c DESC)",
    ] {
        bench.ok(statement);
    }
    for p in 1..=6 {
        for c in 1..=5 {
            bench.ok(&format!("INSERT INTO o (p, c, v) VALUES ({p}, {c}, {})", p * c % 3));
        }
    }
    bench
}

/// The names and types of the columns.
fn columns(bench: &Bench, selection: &str) -> String {
    let text = format!("SELECT {selection} FROM k");
    let prepared = bench.engine.prepare(&text, Some("ks"));
    let columns = prepared.unwrap_or_else(|error| panic!("{text}: {error}")).columns.expect("columns");
    let columns = columns.iter().map(|spec| format!("{} {}", spec.name(), spec.column_type()));
    columns.collect::<Vec<_>>().join(", ")
}

/// The pages of a statement.
fn pages(bench: &Bench, text: &str, size: i32) -> Vec<usize> {
    let prepared = bench.engine.prepare(text, Some("ks")).expect("prepared");
    let (mut sizes, mut state) = (Vec::new(), None);
    loop {
        let mut call = bench.call(&[]);
        call.page_size = Some(size);
        call.paging_state = state.take();
        let outcome =
            bench.engine.execute(&prepared, &call).unwrap_or_else(|error| panic!("{text}: {error}"));
        let CqlResult::Rows(rows) = outcome.result else { panic!("{text}: no rows") };
        sizes.push(rows.rows_count);
        state = rows.metadata.paging_state;
        if state.is_none() {
            return sizes;
        }
    }
}

/// The cells of all pages together.
fn data(bench: &Bench, text: &str, size: Option<i32>) -> Vec<u8> {
    let prepared = bench.engine.prepare(text, Some("ks")).expect("prepared");
    let (mut data, mut state) = (Vec::new(), None);
    loop {
        let mut call = bench.call(&[]);
        call.page_size = size;
        call.paging_state = state.take();
        let outcome = bench.engine.execute(&prepared, &call).expect("executed");
        let CqlResult::Rows(rows) = outcome.result else { panic!("{text}: no rows") };
        data.extend_from_slice(&rows.data);
        state = rows.metadata.paging_state;
        if state.is_none() {
            return data;
        }
    }
}

#[test]
fn what_is_bound_in_a_selection_is_looked_at_before_rows() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE e (k int PRIMARY KEY, m map<int, int>, f frozen<map<int, int>>, v int)");
    let (null, unset, short) = (Bound::Null, Bound::Unset, Bound::Value(Bytes::from_static(&[1])));
    for (selection, value, message) in [
        ("m[?]", &short, "Expected 4 or 0 byte int (1)"),
        ("m[?]", &null, "Invalid null value for element selection on m"),
        ("f[?]", &unset, "Invalid unset value for element selection on f"),
        ("max(f[?])", &null, "Invalid null value for element selection on f"),
        ("m[?..]", &null, "Invalid null value for slice selection on m"),
        ("(int)?", &short, "Expected 4 or 0 byte int (1)"),
        ("mask_replace(v, ?)", &unset, "Invalid unset value for argument in call to function mask_replace"),
    ] {
        let outcome = bench.outcome(&format!("SELECT {selection} FROM e"), std::slice::from_ref(value));
        assert_eq!(outcome.expect_err(selection).message, message, "{selection}");
    }
    assert!(bench.outcome("SELECT m[?..] FROM e", &[unset]).is_ok());
}

#[test]
fn columns_have_the_servers_names_and_types() {
    let bench = bench();
    for (selection, expected) in [
        ("p, v AS x, s", "p int, x int, s int"),
        ("count(*), count(1), count(v)", "count bigint, count bigint, system.count(v) bigint"),
        ("max(''), max(1.5), count('a')", "system.max('') ascii, system.max(1.5) double, count bigint"),
        ("max([1]), max({1})", "system.max([1]) list<int>, system.max({1}) set<int>"),
        ("(c) + 1, abs((c)), sum((v))", "(c) + 1 int, system.abs((c)) int, system.sum((v)) int"),
        ("(v + v) - (v + 1), -(v)", "(v + v) - (v + 1) int, -(v) int"),
        ("max(v), Sum(n), avg(v)", "system.max(v) int, system.sum(n) bigint, system.avg(v) int"),
        ("max(tu)", "system.max(tu) 'org.apache.cassandra.db.marshal.LegacyTimeUUIDType'"),
        ("writetime(v), ttl(v), ttl(m)", "writetime(v) bigint, ttl(v) int, ttl(m) list<int>"),
        ("writetime(m), maxwritetime(m)", "writetime(m) list<bigint>, maxwritetime(m) bigint"),
        ("u.f, fu.g, m['a'], st[1]", "u.f int, fu.g text, m['a'] int, st[1] int"),
        ("v+1, -v, v + n * 2, (v+1)*2", "v + 1 int, -v int, v + n * 2 bigint, (v + 1) * 2 int"),
        ("max(v) + c, (int)1, (p, c)", "system.max(v) + c int, (int)1 int, (p, c) tuple<int, int>"),
        ("CAST(v AS int), 1+1", "v int, 1 + 1 int"),
    ] {
        assert_eq!(columns(&bench, selection), expected, "{selection}");
    }
    let json = bench.engine.prepare("SELECT JSON p, v FROM k", Some("ks")).expect("prepared");
    assert_eq!(json.columns.expect("columns").iter().map(|spec| spec.name()).collect::<Vec<_>>(), ["[json]"]);
}

#[test]
fn rows_are_the_servers() {
    let bench = bench();
    for (text, rows) in [
        ("SELECT p, c, s, v FROM k", "1 1 7 1, 1 2 7 2, 2 1 null 3, 4 1 null null, 3 null 9 null"),
        ("SELECT v FROM k WHERE p = 3", "null"),
        ("SELECT c FROM k WHERE p = 3 AND c > 0", ""),
        ("SELECT c FROM k WHERE s = 9 ALLOW FILTERING", "null"),
        ("SELECT DISTINCT p, s FROM k", "1 7, 2 null, 4 null, 3 9"),
        ("SELECT p FROM k WHERE p IN (4, 1, 2, 4)", "1, 1, 2, 4"),
        ("SELECT c FROM k WHERE p = 1 ORDER BY c DESC", "2, 1"),
        ("SELECT p, c FROM k WHERE p IN (3, 1, 2) ORDER BY c", "3 null, 1 1, 2 1, 1 2"),
        ("SELECT p, c FROM k WHERE p IN (3, 1, 2) ORDER BY c DESC LIMIT 3", "1 2, 1 1, 2 1"),
        ("SELECT p, c FROM k PER PARTITION LIMIT 1 LIMIT 2", "1 1, 2 1"),
        ("SELECT writetime(v), ttl(v), maxwritetime(m) FROM k WHERE p = 1", "1000 null 6000, 2000 null null"),
        ("SELECT writetime(m), writetime(u) FROM k WHERE p = 1 AND c = 1", "[1000, 1000, 6000] [1000, 6000]"),
        (
            "SELECT u.g, fu.f, m['b'], m['z'], st[2], st[5] FROM k WHERE p = 1 AND c = 1",
            "\"y\" 1 2 null 2 null",
        ),
        ("SELECT v + 1, -v, v * (c + 1), max(v) FROM k WHERE p = 2", "4 -3 6 3"),
        (
            "SELECT count(*), count(v), count(s), sum(v), avg(n), min(w), max(w) FROM k",
            "5 3 3 6 4 \"a\" \"b\"",
        ),
        ("SELECT count(*), sum(v), max(v), p FROM k WHERE p = 99", "0 0 null null"),
        ("SELECT p, max(v) FROM k WHERE p = 99 GROUP BY p", ""),
        ("SELECT p, count(*), max(v) FROM k GROUP BY p", "1 2 2, 2 1 3, 4 1 null, 3 1 null"),
        ("SELECT p, c, count(*) FROM k GROUP BY p, c LIMIT 2", "1 1 1, 1 2 1"),
        ("SELECT c, sum(v) FROM k WHERE p = 1 GROUP BY c ORDER BY c DESC", "2 2, 1 1"),
        ("SELECT p, c FROM k GROUP BY p, c PER PARTITION LIMIT 1", "1 1, 2 1, 4 1, 3 null"),
    ] {
        let found = bench.rows(text).join(", ").replace(" | ", " ");
        assert_eq!(found, rows, "{text}");
    }
    assert_eq!(
        bench.rows("SELECT JSON p, v AS \"B b\", u FROM k WHERE p = 1 AND c = 1"),
        [r#""{\"p\": 1, \"\\\"B b\\\"\": 1, \"u\": {\"f\": 1, \"g\": \"y\"}}""#]
    );
}

#[test]
fn order_and_conditions_are_looked_at_before_what_is_selected() {
    let bench = bench();
    for (text, message) in [
        ("SELECT zz FROM k WHERE yy = 1", "Undefined column name yy in table ks.k"),
        ("SELECT zz(v) FROM k ORDER BY yy", "Undefined column name yy in table ks.k"),
    ] {
        assert_eq!(bench.error(text), message, "{text}");
    }
}

#[test]
fn one_selector_in_parentheses_may_be_a_tuple() {
    let bench = bench();
    let message = "Cannot infer type for term (v) in selection clause (try using a cast to force a type)";
    assert_eq!(bench.error("SELECT (v) FROM k"), message);
    assert_eq!(bench.rows("SELECT (v) + 1, abs((v)) FROM k WHERE p = 1 AND c = 1"), ["2 | 1"]);
}

#[test]
fn messages_are_the_servers() {
    let bench = bench();
    for (text, message) in [
        ("SELECT zz FROM k", "Undefined column name zz in table ks.k"),
        ("SELECT zz(v) FROM k", "Unknown function 'zz'"),
        ("SELECT v.f FROM k", "Invalid field selection: v of type int is not a user type"),
        ("SELECT u.z FROM k", "u of type ud has no field z"),
        ("SELECT v[1] FROM k", "Invalid element selection: v is of type int is not a collection"),
        ("SELECT l[0] FROM k", "Element selection is only allowed on sets and maps, but l is a list"),
        ("SELECT writetime(p) FROM k", "Cannot use selection function writetime on PRIMARY KEY part p"),
        (
            "SELECT max((v)) FROM k",
            "Cannot infer type of argument (v) in call to function system.max(any): use type casts to disambiguate",
        ),
        (
            "SELECT DISTINCT (p) FROM k",
            "Cannot infer type for term (p) in selection clause (try using a cast to force a type)",
        ),
        (
            "SELECT max(max(v)) FROM k",
            "aggregate functions cannot be used as arguments of aggregate functions",
        ),
        (
            "SELECT 1 FROM k",
            "Cannot infer type for term 1 in selection clause (try using a cast to force a type)",
        ),
        ("SELECT (bigint)v FROM k", "Cannot assign value (bigint)v to (bigint)v of type bigint"),
    ] {
        assert_eq!(bench.error(text), message, "{text}");
    }
}

#[test]
fn limits_orders_and_groups_are_checked() {
    let bench = bench();
    for (text, message) in [
        ("SELECT p FROM k LIMIT 0", "LIMIT must be strictly positive"),
        ("SELECT p FROM k PER PARTITION LIMIT 0", "LIMIT must be strictly positive"),
        (
            "SELECT count(*) FROM k PER PARTITION LIMIT 1",
            "PER PARTITION LIMIT is not allowed with aggregate queries.",
        ),
        (
            "SELECT DISTINCT p FROM k PER PARTITION LIMIT 1",
            "PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries",
        ),
        (
            "SELECT DISTINCT v FROM k",
            "SELECT DISTINCT queries must only request partition key columns and/or static columns (not v)",
        ),
        (
            "SELECT DISTINCT s FROM k",
            "SELECT DISTINCT queries must request all the partition key columns (missing p)",
        ),
        (
            "SELECT DISTINCT p FROM k WHERE c = 1",
            "SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.",
        ),
        (
            "SELECT p FROM k ORDER BY c",
            "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.",
        ),
        (
            "SELECT p FROM k WHERE p = 1 ORDER BY v",
            "Order by is currently only supported on the clustered columns of the PRIMARY KEY, got v",
        ),
        (
            "SELECT p FROM k GROUP BY v",
            "Group by is currently only supported on the columns of the PRIMARY KEY, got v",
        ),
        (
            "SELECT p FROM k GROUP BY c",
            "Group by currently only support groups of columns following their declared order in the PRIMARY KEY",
        ),
        (
            "SELECT DISTINCT p FROM k GROUP BY p, c",
            "Grouping on clustering columns is not allowed for SELECT DISTINCT queries",
        ),
        (
            "SELECT p FROM k GROUP BY p, max(c)",
            "Aggregate functions are not supported within the GROUP BY clause, got: system.max",
        ),
    ] {
        assert_eq!(bench.error(text), message, "{text}");
    }
}

#[test]
fn pages_are_the_whole_in_parts() {
    let bench = bench();
    for text in [
        "SELECT * FROM k",
        "SELECT * FROM o",
        "SELECT p, c FROM o LIMIT 13",
        "SELECT p, c FROM o PER PARTITION LIMIT 3",
        "SELECT p, c FROM o PER PARTITION LIMIT 3 LIMIT 10",
        "SELECT p, c FROM o WHERE p = 2 AND c IN (5, 3, 1)",
        "SELECT p, c FROM o WHERE p = 2 AND c > 1 ORDER BY c ASC",
        "SELECT p, c FROM o WHERE p IN (5, 2, 4) PER PARTITION LIMIT 2",
        "SELECT p, c FROM o WHERE v = 1 ALLOW FILTERING",
        "SELECT p, c FROM o WHERE token(p) > -3248873570005575792",
        "SELECT DISTINCT p FROM o",
        "SELECT DISTINCT p, s FROM k",
        "SELECT p, count(*), sum(v) FROM o GROUP BY p",
        "SELECT p, c, sum(v) FROM o GROUP BY p, c LIMIT 17",
        "SELECT p, c, sum(v) FROM o GROUP BY p, c PER PARTITION LIMIT 2",
        "SELECT count(*), sum(v) FROM o",
        "SELECT JSON p, c FROM o",
    ] {
        let whole = data(&bench, text, None);
        for size in [1, 2, 3, 5, 7, 29, 30, 31, 100] {
            assert_eq!(data(&bench, text, Some(size)), whole, "{text} in pages of {size}");
            assert!(
                pages(&bench, text, size).iter().all(|rows| *rows <= size.unsigned_abs() as usize),
                "{text}"
            );
        }
    }
}

#[test]
fn pages_end_where_the_server_ends_them() {
    let bench = bench();
    for (text, size, expected) in [
        // A page that is full may be the last one: the server does not look ahead.
        ("SELECT p, c FROM k WHERE p = 1 AND c = 1", 1, &[1, 0][..]),
        ("SELECT p, c FROM k WHERE p = 1", 1, &[1, 1, 0]),
        ("SELECT p, c FROM k", 2, &[2, 2, 1]),
        ("SELECT DISTINCT p FROM k", 1, &[1, 1, 1, 1, 0]),
        ("SELECT DISTINCT p FROM k WHERE p IN (1, 2)", 1, &[1, 1]),
        ("SELECT p, c FROM k WHERE p = 1 PER PARTITION LIMIT 2", 2, &[2]),
        ("SELECT p FROM k LIMIT 2", 1, &[1, 1]),
        ("SELECT p, count(*) FROM k GROUP BY p", 2, &[2, 2, 0]),
        ("SELECT p, count(*) FROM k GROUP BY p LIMIT 2", 1, &[1, 1]),
        ("SELECT DISTINCT p, count(*) FROM k GROUP BY p", 1, &[4]),
        ("SELECT count(*) FROM k", 1, &[1]),
        // Nothing comes behind a row that has no place in its partition, nor is anything read where nothing is named.
        ("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'ks'", 1, &[1]),
        ("SELECT p FROM k WHERE p IN () ORDER BY c", 1, &[0]),
        ("SELECT p FROM k WHERE p IN (1, 2) AND c > 5 AND c < 3 ORDER BY c", 1, &[0]),
    ] {
        assert_eq!(pages(&bench, text, size), expected, "{text}");
    }
    for text in [
        "SELECT p FROM k WHERE p IN (1, 2) ORDER BY c",
        "SELECT p FROM k WHERE p IN (1, 1) ORDER BY c LIMIT 1",
        "SELECT max(v) FROM k WHERE p IN () ORDER BY c",
    ] {
        let prepared = bench.engine.prepare(text, Some("ks")).expect("prepared");
        let mut call = bench.call(&[]);
        call.page_size = Some(10);
        let error = bench.engine.execute(&prepared, &call).expect_err(text);
        assert!(error.message.starts_with("Cannot page queries with both ORDER BY and a IN restriction"));
    }
}

#[test]
fn a_page_may_be_asked_for_after_its_row_is_gone() {
    let bench = bench();
    let prepared = bench.engine.prepare("SELECT c FROM o WHERE p = 1", Some("ks")).expect("prepared");
    let mut call = bench.call(&[]);
    call.page_size = Some(2);
    let first = bench.engine.execute(&prepared, &call).expect("executed");
    let CqlResult::Rows(first) = first.result else { panic!("no rows") };
    bench.ok("DELETE FROM o WHERE p = 1 AND c IN (4, 3)");
    call.paging_state = first.metadata.paging_state;
    let second = bench.engine.execute(&prepared, &call).expect("executed");
    let CqlResult::Rows(second) = second.result else { panic!("no rows") };
    assert_eq!(second.data.as_ref(), [0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1]);
}

#[test]
fn hostile_paging_states_are_refused() {
    let bench = bench();
    let prepared = bench.engine.prepare("SELECT p, c FROM o", Some("ks")).expect("prepared");
    let execute = |state: Vec<u8>| {
        let mut call = bench.call(&[]);
        call.page_size = Some(3);
        call.paging_state = Some(Bytes::from(state));
        bench.engine.execute(&prepared, &call)
    };
    let mut call = bench.call(&[]);
    call.page_size = Some(3);
    let CqlResult::Rows(rows) = bench.engine.execute(&prepared, &call).expect("executed").result else {
        panic!("no rows")
    };
    let good = rows.metadata.paging_state.expect("there is more").to_vec();
    for bad in
        [vec![], vec![1], b"xyz".to_vec(), vec![0; 20], vec![0xff; 40], good[..good.len() - 1].to_vec()]
    {
        let error = execute(bad).expect_err("it is no state");
        assert_eq!(error.code, ErrorCode::PROTOCOL_ERROR);
        assert_eq!(error.message, "Invalid value for the paging state");
    }
    // Whatever is changed in a good one: rows or an error, no panic.
    for at in 0..good.len() {
        for change in [1_u8, 0x7f, 0x80, 0xff] {
            let mut changed = good.clone();
            changed[at] ^= change;
            let _ = execute(changed);
        }
    }
    assert!(execute(good).is_ok());
}

#[test]
fn times_are_grouped_by_functions() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE e (p int, c timestamp, d int, v int, PRIMARY KEY (p, c, d))");
    for values in [
        "1, 1000, 1, 1",
        "1, 1000, 2, 2",
        "1, 61000, 2, 3",
        "1, 125000, 2, 4",
        "2, 125000, 2, 4",
        "2, 3600000, 2, 4",
    ] {
        bench.ok(&format!("INSERT INTO e (p, c, d, v) VALUES ({values})"));
    }
    for (text, rows) in [
        ("SELECT p, sum(v) FROM e GROUP BY p, floor(c, 1m)", "1 3, 1 3, 1 4, 2 4, 2 4"),
        ("SELECT p, sum(v) FROM e GROUP BY p, floor(c, 1h)", "1 10, 2 4, 2 4"),
        ("SELECT p, sum(v) FROM e GROUP BY p, to_date(c) LIMIT 1", "1 10"),
    ] {
        assert_eq!(bench.rows(text).join(", ").replace(" | ", " "), rows, "{text}");
        assert_eq!(data(&bench, text, Some(2)), data(&bench, text, None), "{text}");
    }
    for (groups, message) in [
        ("floor(c, 1m), d", "Functions are only supported on the last element of the GROUP BY clause"),
        ("floor(v, 1m)", "Group by functions are only supported on clustering columns, got v"),
        ("now()", "GROUP BY functions must have one clustering column name as parameter"),
    ] {
        assert_eq!(
            bench.error(&format!("SELECT p, sum(v) FROM e GROUP BY p, {groups}")),
            message,
            "{groups}"
        );
    }
}

#[test]
fn neighbours_are_found() {
    let bench = Bench::new();
    for statement in [
        "CREATE TABLE n (p int, c int, v vector<float, 2>, x int, w text, PRIMARY KEY (p, c))",
        "CREATE INDEX ON n (v) USING 'sai' WITH OPTIONS = {'similarity_function': 'euclidean'}",
        "CREATE INDEX ON n (x) USING 'sai'",
        "INSERT INTO n (p, c, v, x) VALUES (1, 1, [1, 2], 1)",
        "INSERT INTO n (p, c, v, x) VALUES (1, 2, [3, 4], 2)",
        "INSERT INTO n (p, c, v, x) VALUES (2, 2, [0, 0.5], 2)",
        "INSERT INTO n (p, c, x) VALUES (3, 2, 2)",
    ] {
        bench.ok(statement);
    }
    let near = "ORDER BY v ANN OF [0, 0] LIMIT";
    for (text, rows) in [
        (format!("SELECT p, c FROM n {near} 10"), "2 2, 1 1, 1 2"),
        (format!("SELECT p, c FROM n {near} 1"), "2 2"),
        (format!("SELECT p, c FROM n WHERE x = 2 {near} 5"), "2 2, 1 2"),
        (format!("SELECT p, c FROM n WHERE p = 1 AND c = 1 {near} 5"), "1 1"),
    ] {
        assert_eq!(bench.rows(&text).join(", ").replace(" | ", " "), rows, "{text}");
    }
    for (text, message) in [
        (
            "SELECT p FROM n ORDER BY v ANN OF [0, 0]",
            "Top-K queries must have a limit specified and the limit must be less than the query page size",
        ),
        (
            "SELECT p FROM n ORDER BY v ANN OF [0, 0] LIMIT 1001",
            "Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than 1000. LIMIT was 1001",
        ),
        (
            "SELECT p FROM n WHERE w = 'a' ORDER BY v ANN OF [0, 0] LIMIT 2",
            "ANN ordering by vector requires all restricted column(s) to be indexed",
        ),
        (
            "SELECT p FROM n ORDER BY x ANN OF 1 LIMIT 2",
            "ANN ordering is only supported on float vector indexes",
        ),
        ("SELECT p FROM n ORDER BY v ANN OF null LIMIT 2", "Unsupported null value for column v"),
        ("SELECT p FROM n WHERE v = [0, 0]", "Vector indexes only support ANN queries"),
        (
            "SELECT count(*) FROM n ORDER BY v ANN OF [0, 0] LIMIT 2",
            "Top-K queries can not be run with aggregation",
        ),
        (
            "SELECT p FROM n WHERE v = [0, 0] ORDER BY v ANN OF [0, 0] LIMIT 2",
            "v cannot be restricted by more than one relation if it includes an Equal",
        ),
    ] {
        assert_eq!(bench.error(text), message, "{text}");
    }
}

#[test]
fn numbers_add_up_as_in_the_server() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE a (p int, c int, ti tinyint, f float, d double, dc decimal, i int, vi varint, PRIMARY KEY (p, c))");
    for values in [
        "(1, 1, 127, 0.1, 0.1, 1.00, 2147483647, 1)",
        "(1, 2, 127, 0.2, 0.2, 2, 2147483647, 2)",
        "(1, 3, -3, 0.3, 0.3, 2.5, -7, 2)",
        "(2, 1, -1, 0, Infinity, 1e10, -1, -1)",
        "(2, 2, -2, 0, 1, 1, -2, -2)",
        "(2, 3, -2, 0, 1, 7.123, -2, -2)",
    ] {
        bench.ok(&format!("INSERT INTO a (p, c, ti, f, d, dc, i, vi) VALUES {values}"));
    }
    let row = |selection: &str, p: i32| {
        bench.rows(&format!("SELECT {selection} FROM a WHERE p = {p}")).join("").replace(" | ", " ")
    };
    assert_eq!(row("sum(ti), avg(ti), sum(i), avg(i), sum(vi), avg(vi)", 1), "-5 83 -9 1431655762 5 1");
    assert_eq!(row("sum(ti), avg(ti), avg(i), sum(vi), avg(vi)", 2), "-5 -1 -1 -5 -1");
    assert_eq!(row("sum(d), avg(d), sum(f)", 1), "0.6 0.19999999999999998 0.6");
    assert_eq!(row("sum(dc), avg(dc)", 1), "5.50 1.83");
    // The average is rounded with each value.
    assert_eq!(row("avg(dc)", 2), "3333333335.708");
    // The empty number counts, but is not added.
    bench.ok("CREATE TABLE empty (k int PRIMARY KEY, v bigint)");
    bench.ok("INSERT INTO empty (k, v) VALUES (1, blob_as_bigint(0x))");
    bench.ok("INSERT INTO empty (k, v) VALUES (2, 4)");
    assert_eq!(bench.rows("SELECT count(v), sum(v), avg(v), max(v) FROM empty"), ["2 | 4 | 4 | 4"]);
}

#[test]
fn powers_of_decimals_have_the_servers_digits() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE d (k int PRIMARY KEY, a decimal, b decimal)");
    bench.ok("INSERT INTO d (k, a, b) VALUES (1, 0.00, 100)");
    bench.ok("INSERT INTO d (k, a, b) VALUES (2, 1, 2)");
    let row = |k: i32| bench.rows(&format!("SELECT exp(a), log(b) FROM d WHERE k = {k}"));
    assert_eq!(row(1), ["1 | 4.6051701859880913680359829093687"]);
    assert_eq!(row(2), ["2.7182818284590452353602874713527 | 0.69314718055994530941723212145818"]);
}
