//! Texts and values that would take more than there is of memory, stack or time.
//!
//! `CQL_HOSTILE_SIZE` is how often what can be repeated is repeated at most, and `CQL_HOSTILE_LENGTH` how many bytes a
//! literal has then.

mod bound;
mod pages;
mod run;
mod texts;

use super::testing::Bench;
use crate::request::Bound;
use bytes::Bytes;

fn nested(open: &str, times: usize, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

fn listed(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

fn bench() -> Bench {
    let bench = Bench::new();
    bench.ok("CREATE TABLE t (p int, k int, t text, b blob, e decimal, v varint, PRIMARY KEY (p, k))");
    bench.ok("INSERT INTO t (p, k, t, e, v) VALUES (1, 1, 'x', 1, 1)");
    bench
}

#[test]
fn what_is_too_deep_is_refused() {
    let bench = bench();
    let terms = [
        nested("(", 100_000, "1", ")"),
        nested("[", 100_000, "1", "]"),
        nested("{1: ", 100_000, "1", "}"),
        nested("{a: ", 100_000, "1", "}"),
        nested("abs(", 100_000, "1", ")"),
        nested("-(", 100_000, "1", ")"),
        nested("(int)", 100_000, "1", ""),
        nested("1 + ", 100_000, "1", ""),
    ];
    for term in terms {
        assert!(bench.error(&format!("SELECT p FROM t WHERE p = {term}")).contains("less nesting"));
        assert!(bench.outcome(&format!("SELECT {term} FROM t"), &[]).is_err());
    }
    for selector in
        [nested("- ", 100_000, "p", ""), nested("[", 100_000, "p", "]"), nested("{p: ", 100_000, "p", "}")]
    {
        assert!(bench.error(&format!("SELECT {selector} FROM t")).contains("less nesting"));
    }
    let of = nested("frozen<list<", 10_000, "int", ">>");
    assert!(bench.error(&format!("CREATE TABLE d (p int PRIMARY KEY, d {of})")).contains("less nesting"));
    let class = nested("ListType(", 10_000, "Int32Type", ")");
    assert!(bench.outcome(&format!("CREATE TABLE d (p int PRIMARY KEY, d '{class}')"), &[]).is_err());
    let json = nested("[", 100_000, "", "]");
    let error = bench.error(&format!("INSERT INTO t JSON '{{\"p\": {json}}}'"));
    assert!(error.contains("Document nesting depth exceeds the maximum allowed"));
}

/// Each type has the one before twice.
#[test]
fn types_do_not_grow_without_bounds() {
    let bench = bench();
    bench.ok("CREATE TYPE u0 (a int, b int)");
    let of = |at: usize| format!("CREATE TYPE u{at} (a frozen<u{0}>, b frozen<u{0}>)", at - 1);
    assert!((1..40).any(|at| bench.outcome(&of(at), &[]).is_err()));
    bench.ok("CREATE TABLE m (p int PRIMARY KEY, v vector<float, 2147483647>)");
    bench.ok("INSERT INTO m (p) VALUES (1)");
    assert!(bench.error("SELECT mask_default(v) FROM m").contains("masks of values as large as this"));
    let of = listed(1000, |_| "vector<float, 1000>".to_owned());
    bench.ok(&format!("CREATE TABLE n (p int PRIMARY KEY, v tuple<{of}>)"));
    assert!(bench.error("SELECT mask_default(v) FROM n").contains("masks of values as large as this"));
}

/// Quotes in quotes are twice as many as before.
#[test]
fn results_within_results_do_not_grow_without_bounds() {
    let bench = bench();
    let error = bench.error(&format!(
        "SELECT p FROM t WHERE p = 1 AND t = {} ALLOW FILTERING",
        nested("to_json(", 60, "'x'", ")")
    ));
    assert!(error.contains("results of functions of more than"), "{error}");
    bench.ok(&format!("INSERT INTO t (p, k, t) VALUES (1, 1, '{}')", "x".repeat(1 << 20)));
    let sum = (0..5).fold("t".to_owned(), |sum, _| format!("({sum} + {sum})"));
    let error = bench.error(&format!("SELECT {sum} + {sum} FROM t"));
    assert!(error.contains("rows of more than"), "{error}");
    let columns = listed(300, |_| "t".to_owned());
    assert!(bench.error(&format!("SELECT {columns} FROM t")).contains("pages of more than"));
}

/// Calls within calls are asked for many types whether they fit.
#[test]
fn long_arguments_of_deep_calls_are_refused() {
    let bench = bench();
    let text = "x".repeat(1 << 20);
    let error =
        bench.error(&format!("SELECT p FROM t WHERE p = {}", nested("abs(", 60, &format!("'{text}'"), ")")));
    assert!(error.contains("calls with arguments as long as these"), "{error}");
    bench.ok(&format!("INSERT INTO t (p, k, b) VALUES (1, 2, text_as_blob('{text}'))"));
}

#[test]
fn products_of_in_are_bounded() {
    let bench = bench();
    let values = listed(1000, |at| at.to_string());
    let both = format!("p IN ({values}) AND k IN ({values})");
    let statements = ["SELECT t FROM t", "DELETE FROM t", "UPDATE t SET t = 'x'"];
    for statement in statements {
        let error = bench.error(&format!("{statement} WHERE {both}"));
        assert!(error.contains("combinations of the values of IN"), "{error}");
    }
    bench.ok(&format!("SELECT t FROM t WHERE p IN ({})", listed(100_100, |at| at.to_string())));
    let value = Bound::Value(Bytes::from(vec![b'x'; 1 << 20]));
    let error =
        bench.outcome(&format!("UPDATE t SET t = ? WHERE k = 1 AND p IN ({values})"), &[value]).unwrap_err();
    assert!(error.message.contains("writes of more than"), "{}", error.message);
    assert_eq!(bench.rows("SELECT count(*) FROM t"), ["1"]);
}

#[test]
fn numbers_of_many_digits_are_refused() {
    let bench = bench();
    for (column, number) in [("e", format!("1.{}", "9".repeat(1 << 20))), ("v", "9".repeat(1 << 20))] {
        let error = bench.error(&format!("INSERT INTO t (p, k, {column}) VALUES (1, 1, {number})"));
        assert!(error.contains("numbers of more than"), "{error}");
    }
    bench.ok("INSERT INTO t (p, k, e) VALUES (1, 1, 1e2147483647)");
    for of in ["e + 1", "e % 7", "e / 3", "cast(e AS varint)", "round(e)", "exp(e)"] {
        assert!(bench.error(&format!("SELECT {of} FROM t")).contains("cql-testkit does not support"), "{of}");
    }
    // A double of as many digits is none.
    let sum = nested("(1 + ", 30, &format!("1.{}", "9".repeat(1 << 17)), ")");
    assert!(bench.outcome(&format!("SELECT {sum} FROM t"), &[]).is_err());
}

#[test]
fn many_names_are_looked_up_in_time() {
    let bench = bench();
    let names = listed(50_000, |at| format!("\"g{at}\": {at}"));
    let error = bench.error(&format!("INSERT INTO t JSON '{{\"p\": 1, \"k\": 1, {names}}}'"));
    assert!(error.contains("unrecognized column"), "{}", error.len());
    let columns = |count: usize| listed(count, |at| format!("c{at}"));
    let typed = listed(400, |at| format!("c{at} int"));
    bench.ok(&format!("CREATE TABLE w (p int, {typed}, PRIMARY KEY (p, {}))", columns(400)));
    let error = bench.error(&format!(
        "SELECT p FROM w WHERE p = 1 AND ({}) > ({})",
        columns(400),
        listed(400, |at| at.to_string())
    ));
    assert!(error.contains("combinations"), "{error}");
}

/// Lists are changed before, behind and within them, each time all at once.
#[test]
fn long_lists_are_changed_in_time() {
    let bench = bench();
    bench.ok("CREATE TABLE l (p int PRIMARY KEY, l list<int>)");
    let all = listed(10_000, |at| at.to_string());
    for change in
        [format!("l = l + [{all}]"), format!("l = [{all}] + l"), listed(10_000, |at| format!("l[{at}] = 1"))]
    {
        bench.ok(&format!("UPDATE l SET {change} WHERE p = 1"));
    }
    assert_eq!(
        bench.rows("SELECT collection_count(l), collection_sum(l) FROM l"),
        ["20000 | 50005000"].map(str::to_owned)
    );
    bench.ok(&format!("UPDATE l SET l = l - [{all}] WHERE p = 1"));
    assert_eq!(bench.rows("SELECT l FROM l"), [""; 0]);
}

/// Each value has 10,000 digits that those before do not have.
#[test]
fn sums_do_not_grow_without_bounds() {
    let bench = bench();
    for at in 0..12 {
        bench.ok(&format!("INSERT INTO t (p, k, e) VALUES (2, {at}, 1e-{})", at * 10_000));
    }
    assert!(bench.outcome("SELECT sum(e) FROM t WHERE p = 2 AND k < 9", &[]).is_ok());
    assert!(bench.error("SELECT sum(e) FROM t WHERE p = 2").contains("sums of so many digits"));
}

/// What is said is looked for among all of it.
#[test]
fn many_columns_and_options_are_refused() {
    let bench = bench();
    let columns = listed(5000, |at| format!("c{at} int"));
    assert!(
        bench
            .error(&format!("CREATE TABLE n (p int PRIMARY KEY, {columns})"))
            .contains("more than 5000 columns")
    );
    assert!(bench.error(&format!("ALTER TABLE t ADD ({columns})")).contains("more than 5000 columns"));
    let pairs = listed(2000, |at| format!("'o{at}': 1"));
    let error = bench.error(&format!("CREATE TABLE n (p int PRIMARY KEY) WITH compaction = {{{pairs}}}"));
    assert!(error.contains("fewer options"), "{error}");
    let options = (0..2000).map(|at| format!("o{at} = 1")).collect::<Vec<_>>().join(" AND ");
    let error = bench.error(&format!("CREATE TABLE n (p int PRIMARY KEY) WITH {options}"));
    assert!(error.contains("fewer options"), "{error}");
}

/// However many statements name them, long lists are looked at for a while, and all that is written is counted.
#[test]
fn batches_are_bounded_as_one() {
    let bench = bench();
    bench.ok("CREATE TABLE l (p int PRIMARY KEY, l list<int>)");
    bench.ok(&format!("INSERT INTO l (p, l) VALUES (1, [{}])", listed(20_000, |at| at.to_string())));
    let batch = |statement: &str, times: usize| {
        format!("BEGIN BATCH {} APPLY BATCH", format!("{statement}; ").repeat(times))
    };
    let error = bench.error(&batch("UPDATE l SET l[1] = 1 WHERE p = 1", 300));
    assert!(error.contains("so many changes of long lists"), "{error}");
    let value = Bound::Value(Bytes::from(vec![b'x'; 1 << 20]));
    let text = batch("UPDATE t SET t = ? WHERE p = 1 AND k = 1", 70);
    let error = bench.outcome(&text, &vec![value; 70]).unwrap_err().message;
    assert!(error.contains("writes of more than"), "{error}");
    let conditions = vec!["p = 1"; 20_000].join(" AND ");
    assert!(bench.error(&format!("DELETE FROM l WHERE {conditions}")).contains("fewer conditions"));
    let many = vec!["l[1] = 1"; 2000].join(" AND ");
    assert!(
        bench.error(&format!("DELETE FROM l WHERE p = 1 IF {many}")).contains("more than 1000 conditions")
    );
}
