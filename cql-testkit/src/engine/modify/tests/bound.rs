//! Values that are bound: null, unset, too long; times of calls; batches of prepared statements.

use super::lines_of;
use crate::engine::testing::Bench;
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::Consistency;
use cql_protocol::request::BatchKind;
use cql_protocol::response::CqlResult;
use std::sync::Arc;

const TABLES: [&str; 3] = [
    "CREATE TABLE t (k int, c text, v int, w text, PRIMARY KEY (k, c))",
    "CREATE TYPE u (x int, y text)",
    "CREATE TABLE co (k int PRIMARY KEY, l list<int>, st set<text>, m map<text, int>, ud u)",
];

fn int(value: i32) -> Bound {
    Bound::Value(Bytes::copy_from_slice(&value.to_be_bytes()))
}

fn text(value: &str) -> Bound {
    Bound::Value(Bytes::copy_from_slice(value.as_bytes()))
}

fn bench() -> Bench {
    let bench = Bench::new();
    TABLES.iter().for_each(|table| bench.ok(table));
    bench
}

#[test]
fn a_test_that_fails_is_found_before_one_that_is_wrong() {
    let bench = bench();
    bench.ok("INSERT INTO t (k, c, v) VALUES (1, 'a', 1)");
    for condition in ["v = 2 AND w = ?", "w = ? AND v = 2"] {
        let statement = format!("UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF {condition}");
        assert!(bench.outcome(&statement, &[Bound::Unset]).is_ok(), "{condition}");
    }
    let wrong =
        bench.outcome("UPDATE t SET v = 3 WHERE k = 1 AND c = 'a' IF v = 1 AND w = ?", &[Bound::Unset]);
    assert_eq!(wrong.expect_err("a value").message, "Invalid 'unset' value in condition");
    // No entry has a key that is not set.
    let of_entry = "UPDATE co SET l = [1] WHERE k = 1 IF m[?] = 1";
    assert!(bench.outcome(of_entry, &[Bound::Unset]).is_ok());
    assert!(bench.outcome(of_entry, &[Bound::Null]).is_err());
}

#[test]
fn sets_that_descend_stay_as_they_were_bound() {
    let bench = Bench::new();
    bench.ok("CREATE TABLE d (k int, c frozen<set<int>>, e frozen<set<int>>, PRIMARY KEY (k, c, e))
        WITH CLUSTERING ORDER BY (c DESC, e ASC)");
    let element = |value: u8| [0, 0, 0, 4, 0, 0, 0, value];
    let set = [vec![0, 0, 0, 2], element(2).to_vec(), element(0).to_vec()].concat();
    let set = Bound::Value(set.into());
    bench.outcome("INSERT INTO d (k, c, e) VALUES (1, ?, ?)", &[set.clone(), set.clone()]).expect("a row");
    assert_eq!(bench.rows("SELECT c, e FROM d").len(), 1);
    assert_eq!(bench.rows("SELECT c, e FROM d WHERE k = 1 AND c = {0, 2}").len(), 0);
    let found = bench.outcome("SELECT c, e FROM d WHERE k = 1 AND c = ?", &[set]).expect("rows").result;
    assert!(matches!(&found, CqlResult::Rows(rows) if lines_of(rows).len() == 1), "{found:?}");
    assert_eq!(
        bench.error("SELECT * FROM d WHERE c CONTAINS 1 ALLOW FILTERING"),
        "Cannot use CONTAINS on non-collection column c"
    );
    bench.ok("SELECT * FROM d WHERE e CONTAINS 1 ALLOW FILTERING");
}

#[test]
fn null_and_unset_are_told_apart() {
    use Bound::{Null, Unset};
    let bench = bench();
    let insert = "INSERT INTO t (k, c, v) VALUES (?, ?, ?)";
    let of_element = "UPDATE co SET l[?] = ? WHERE k = ?";
    let of_entry = "UPDATE co SET m[?] = ? WHERE k = ?";
    let if_equal = "UPDATE t SET v = ? WHERE k = ? AND c = ? IF v = ?";
    let if_in = "UPDATE t SET v = ? WHERE k = ? AND c = ? IF v IN ?";
    let too_long = text(&"x".repeat(65_536));
    let refused: Vec<(&str, Vec<Bound>, &str)> = vec![
        (insert, vec![Unset, text("a"), int(1)], "Invalid unset value for column k"),
        (insert, vec![Null, text("a"), int(1)], "Invalid null value in condition for column k"),
        (insert, vec![int(1), Unset, int(1)], "Invalid unset value for column c"),
        (insert, vec![int(1), Null, int(1)], "Invalid null value in condition for column c"),
        (insert, vec![Bound::Value(Bytes::new()), text("a"), Unset], "Key may not be empty"),
        (insert, vec![int(1), too_long, Unset], "Key length of 65536 is longer than maximum of 65535"),
        (
            "INSERT INTO t (k, c) VALUES (1, 'a') USING TTL ? AND TIMESTAMP ?",
            vec![Unset, Null],
            "Invalid null value of timestamp",
        ),
        (of_element, vec![Unset, int(1), int(1)], "Invalid unset value for list index"),
        (of_entry, vec![Unset, int(1), int(1)], "Invalid unset map key"),
        ("DELETE m[?] FROM co WHERE k = ?", vec![Unset, int(1)], "Invalid unset map key"),
        (if_equal, vec![int(1), int(1), text("a"), Unset], "Invalid 'unset' value in condition"),
        (if_in, vec![int(1), int(1), text("a"), Unset], "Invalid 'unset' value in condition"),
        (if_in, vec![int(1), int(1), text("a"), Null], "Invalid null list in IN condition"),
    ];
    for (statement, values, message) in refused {
        let error = bench.outcome(statement, &values).expect_err(statement);
        assert_eq!(error.message, message, "{statement}");
    }
    let accepted: Vec<(&str, Vec<Bound>)> = vec![
        (insert, vec![int(1), text("a"), int(5)]),
        (insert, vec![int(1), text("a"), Unset]),
        ("INSERT INTO t (k, c, w) VALUES (1, 'a', 'w') USING TTL ? AND TIMESTAMP ?", vec![Null, Unset]),
        (
            "UPDATE co SET l = l + [1, 2], st = {'a'}, m = {'a': 1}, ud = {x: 1, y: 'y'} WHERE k = ?",
            vec![int(1)],
        ),
        (of_element, vec![int(0), Unset, int(1)]),
        (of_entry, vec![text("a"), Unset, int(1)]),
        ("DELETE st[?], l[?] FROM co WHERE k = ?", vec![Unset, Unset, int(1)]),
        ("UPDATE co SET l = l + ?, m = m - ?, st = st - ? WHERE k = ?", vec![Unset, Unset, Unset, int(1)]),
        ("UPDATE co SET l = l - ?, m = m + ?, st = ? WHERE k = ?", vec![Null, Null, Unset, int(1)]),
        ("UPDATE co SET ud.x = ?, ud.y = ? WHERE k = ?", vec![Unset, Null, int(1)]),
        (of_element, vec![int(1), Null, int(1)]),
    ];
    for (statement, values) in accepted {
        bench.outcome(statement, &values).expect(statement);
    }
    assert_eq!(bench.rows("SELECT v, w FROM t"), ["5 | \"w\""]);
    let row = r#"[1] | ["a"] | {"a": 1} | {"x": 1, "y": null}"#;
    assert_eq!(bench.rows("SELECT l, st, m, ud FROM co"), [row]);
    let unset_among = "UPDATE t SET v = 6 WHERE k = 1 AND c = 'a' IF v IN (?, ?)";
    for (first, answer) in [(4, "false | 5"), (5, "true")] {
        let outcome = bench.outcome(unset_among, &[int(first), Unset]).unwrap();
        let CqlResult::Rows(rows) = outcome.result else { panic!("no rows") };
        assert_eq!(lines_of(&rows)[1], answer);
    }
}

#[test]
fn the_time_of_a_call_goes_before_the_clock() {
    let bench = bench();
    let insert = bench.engine.prepare("INSERT INTO t (k, c, v) VALUES (1, 'a', ?)", Some("ks")).unwrap();
    let values = [int(1)];
    let mut call = bench.call(&values);
    call.timestamp = Some(77);
    bench.engine.execute(&insert, &call).unwrap();
    assert_eq!(bench.rows("SELECT writetime(v) FROM t"), ["77"]);
    call.timestamp = Some(i64::MIN);
    let error = bench.engine.execute(&insert, &call).unwrap_err();
    let message = "Out of bound timestamp, must be in [-9223372036854775807, 9223372036854775807]";
    assert_eq!(error.message, message);
    // Conditional statements have a time of their own.
    call.timestamp = Some(5);
    let update = bench.engine.prepare("UPDATE t SET v = ? WHERE k = 1 AND c = 'a' IF EXISTS", Some("ks"));
    bench.engine.execute(&update.unwrap(), &call).unwrap();
    assert_ne!(bench.rows("SELECT writetime(v) FROM t"), ["77"]);
}

#[test]
fn rows_expire_with_their_time_to_live() {
    let bench = bench();
    bench.ok("CREATE TABLE d (k int PRIMARY KEY, v int, w int) WITH default_time_to_live = 100");
    bench.ok("INSERT INTO d (k, v) VALUES (1, 1)");
    bench.ok("INSERT INTO d (k, v, w) VALUES (2, 2, 2) USING TTL 0");
    bench.ok("INSERT INTO d (k, v) VALUES (3, 3) USING TTL 10");
    bench.ok("UPDATE d USING TTL 1000 SET w = 3 WHERE k = 3");
    let select = bench.engine.prepare("SELECT k, v, w FROM d WHERE k IN (1, 2, 3)", Some("ks")).unwrap();
    let after = |seconds: i64| {
        let mut call = bench.call(&[]);
        call.now = call.now.at_second(call.now.seconds() + seconds);
        let CqlResult::Rows(rows) = bench.engine.execute(&select, &call).unwrap().result else {
            panic!("no rows")
        };
        lines_of(&rows)
    };
    assert_eq!(after(0), ["1 | 1 | null", "2 | 2 | 2", "3 | 3 | 3"]);
    assert_eq!(after(50), ["1 | 1 | null", "2 | 2 | 2", "3 | null | 3"]);
    assert_eq!(after(500), ["2 | 2 | 2", "3 | null | 3"]);
    assert_eq!(after(1500), ["2 | 2 | 2"]);
}

#[test]
fn prepared_statements_are_batched() {
    let bench = bench();
    bench.ok("CREATE TABLE cn (k int PRIMARY KEY, c counter)");
    let prepare = |text: &str| Arc::new(bench.engine.prepare(text, Some("ks")).unwrap());
    let insert = prepare("INSERT INTO t (k, c, v) VALUES (?, ?, ?)");
    let insert_new = prepare("INSERT INTO t (k, c, v) VALUES (?, ?, ?) IF NOT EXISTS");
    let count = prepare("UPDATE cn SET c = c + 1 WHERE k = 1");
    let select = prepare("SELECT * FROM t");
    let values = [[int(1), text("a"), int(1)], [int(1), text("b"), int(2)], [int(2), Bound::Null, int(3)]];
    let run = |kind, statements: Vec<(&Arc<_>, &[Bound])>| {
        let statements = statements.into_iter();
        let calls = statements.map(|(prepared, values)| (Arc::clone(prepared), bench.call(values)));
        let calls = calls.collect::<Vec<_>>();
        match bench.engine.execute_batch(kind, &calls) {
            Ok(outcome) => match outcome.result {
                CqlResult::Rows(rows) => lines_of(&rows).join(", "),
                _ => String::new(),
            },
            Err(error) => error.message,
        }
    };
    let [a, b, null] = &values;
    assert_eq!(run(BatchKind::LOGGED, vec![]), "");
    assert_eq!(
        run(BatchKind::LOGGED, vec![(&insert, a), (&insert, null)]),
        "Invalid null value in condition for column c"
    );
    assert!(bench.rows("SELECT * FROM t").is_empty());
    assert_eq!(run(BatchKind::LOGGED, vec![(&insert, a), (&insert_new, b)]), "= [applied], true");
    assert_eq!(
        run(BatchKind::UNLOGGED, vec![(&insert_new, a), (&insert_new, b)]),
        "= [applied] | k | c | v | w, false | 1 | \"a\" | 1 | null, false | 1 | \"b\" | 2 | null"
    );
    assert_eq!(run(BatchKind::COUNTER, vec![(&count, &[]), (&count, &[])]), "");
    assert_eq!(bench.rows("SELECT c FROM cn"), ["2"]);
    assert_eq!(
        run(BatchKind::LOGGED, vec![(&insert, a), (&count, &[])]),
        "Counter and non-counter mutations cannot exist in the same batch"
    );
    assert_eq!(run(BatchKind::LOGGED, vec![(&select, &[])]), super::super::NOT_IN_BATCHES);
}

#[test]
fn levels_of_consistency_are_checked() {
    let bench = bench();
    bench.ok("CREATE TABLE cn (k int PRIMARY KEY, c counter)");
    let plain = "INSERT INTO t (k, c) VALUES (1, 'a')";
    let conditional = "INSERT INTO t (k, c) VALUES (1, 'a') IF NOT EXISTS";
    let count = "UPDATE cn SET c = c + 1 WHERE k = 1";
    let reading = "UPDATE co SET l = l - [1] WHERE k = 1";
    let of_commit = "is not supported as conditional update commit consistency. Use ANY if you mean \"make sure it is accepted but I don't care how many replicas commit it for non-SERIAL reads\"";
    let cases = [
        (plain, Consistency::Serial, "You must use conditional updates for serializable writes"),
        (plain, Consistency::LocalSerial, "You must use conditional updates for serializable writes"),
        (plain, Consistency::Any, ""),
        (conditional, Consistency::Serial, &format!("SERIAL {of_commit}")),
        (conditional, Consistency::Any, ""),
        (count, Consistency::Any, "Consistency level ANY is not yet supported for counter table cn"),
        (count, Consistency::Serial, "Counter operations are inherently non-serializable"),
        (
            reading,
            Consistency::Any,
            "Write operation require a read but consistency ANY is not supported on reads",
        ),
        (reading, Consistency::EachQuorum, ""),
    ];
    for (statement, level, message) in cases {
        let prepared = bench.engine.prepare(statement, Some("ks")).unwrap();
        let mut call = bench.call(&[]);
        call.consistency = level;
        let error = bench.engine.execute(&prepared, &call).err().map_or_else(String::new, |it| it.message);
        assert_eq!(error, message, "{statement} at {level}");
    }
}
