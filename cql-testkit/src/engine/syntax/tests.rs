//! Statements that applications send, and texts that are none.

use super::ast::*;
use super::parser::parse;

fn statement(text: &str) -> Statement {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).statement
}

fn plain(name: &str) -> Name {
    Name { keyspace: None, name: name.to_owned() }
}

fn int(digits: &str) -> Term {
    Term::Literal(Literal::Integer(digits.to_owned()))
}

/// Every statement that the driver, the mapper, their tests and examples send in one form or another.
#[test]
fn statements_of_applications_are_read() {
    for text in include_str!("../../../corpus/statements.cql").lines() {
        let _ = statement(text);
    }
}

#[test]
fn values_are_what_they_are_written_as() {
    let value = |text: &str| {
        let Statement::Insert(insert) = statement(&format!("INSERT INTO t (a) VALUES ({text})")) else {
            panic!("{text}")
        };
        let InsertValues::Columns(_, mut terms) = insert.values else { panic!("{text}") };
        terms.remove(0)
    };
    let text = |text: &str| Term::Literal(Literal::Text(text.to_owned()));
    assert_eq!(value("-1"), int("-1"));
    assert_eq!(value("- 1"), Term::Negative(Box::new(int("1"))));
    assert_eq!(value("{}"), Term::Set(Vec::new()));
    assert_eq!(value("{1, 2}"), Term::Set(vec![int("1"), int("2")]));
    assert_eq!(value("{1: 'a'}"), Term::Map(vec![(int("1"), text("a"))]));
    assert_eq!(value("{null: 1}"), Term::Map(vec![(Term::Null, int("1"))]));
    assert_eq!(value("{a: 1}"), Term::UserType(vec![("a".to_owned(), int("1"))]));
    assert_eq!(value("(1, 'a')"), Term::Tuple(vec![int("1"), text("a")]));
    // Whether it is a tuple is told by what receives it.
    assert_eq!(value("(1)"), Term::Tuple(vec![int("1")]));
    let sum = Term::Arithmetic(Box::new(int("1")), Arithmetic::Add, Box::new(int("2")));
    assert_eq!(value("((1)) + (2)"), sum);
    let hint = Term::Hint(Type::Named(plain("bigint")), Box::new(int("1")));
    assert_eq!(value("(bigint) 1"), hint);
    assert_eq!(value("now()"), Term::Call { function: plain("now"), arguments: Vec::new() });
    let product = Term::Arithmetic(Box::new(int("2")), Arithmetic::Multiply, Box::new(int("3")));
    assert_eq!(value("1 + 2 * 3"), Term::Arithmetic(Box::new(int("1")), Arithmetic::Add, Box::new(product)));
    assert_eq!(value("[1, null]"), Term::List(vec![int("1"), Term::Null]));
    assert_eq!(value("TRUE"), Term::Literal(Literal::Boolean(true)));
}

#[test]
fn markers_have_numbers_in_the_order_of_the_text() {
    let parsed = parse("UPDATE t USING TTL ? SET a = :a WHERE k = ? IF b = :\"B\"").unwrap();
    let names: Vec<Option<&str>> = parsed.markers.iter().map(Option::as_deref).collect();
    assert_eq!(names, [None, Some("a"), None, Some("B")]);
    let Statement::Update(update) = parsed.statement else { panic!("it is an update") };
    assert_eq!(update.using.ttl, Some(Term::Marker(0, None)));
    assert_eq!(update.assignments[0].value, Term::Marker(1, Some("a".to_owned())));
}

/// Where a text is wrong is told by line and column, as the server tells it.
#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, told) in [
        ("SELECT", "line 0:-1 no viable alternative at input '<EOF>'"),
        ("SELECT a FORM t", "line 1:9 mismatched input 'FORM' expecting from"),
        ("SELECT a FROM t WHERE\n a ! 1", "line 2:3 no viable alternative at character '!'"),
        ("INSERT INTO t (a, by) VALUES (1, 2)", "line 1:18 mismatched input 'by' expecting a name"),
        (
            "CREATE TABLE t (key decimal PRIMARY KEY, by inet)",
            "line 1:41 mismatched input 'by' expecting a name (...ecimal PRIMARY KEY, [by] inet))",
        ),
        ("DELETE FROM t", "line 0:-1 mismatched input '<EOF>' expecting where"),
        ("SELECT * FROM t; SELECT", "line 1:17 no viable alternative at input 'SELECT'"),
        ("HELLO", "line 1:0 no viable alternative at input 'HELLO'"),
        ("", "line 0:-1 no viable alternative at input '<EOF>'"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(told), "{error}");
    }
}

/// What this server does not do is told by its name.
#[test]
fn what_is_not_supported_is_named() {
    for (text, name) in [
        ("CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "CREATE MATERIALIZED VIEW"),
        ("CREATE OR REPLACE FUNCTION f (a int) RETURNS int LANGUAGE java AS $$ x $$", "CREATE OR"),
        ("GRANT SELECT ON t TO r", "GRANT"),
        ("DROP AGGREGATE a", "DROP AGGREGATE"),
    ] {
        assert_eq!(statement(text), Statement::Unsupported(name.to_owned()));
    }
}

/// However deep a text nests and however long it is, it is read or refused, and the stack and time hold.
#[test]
fn deep_and_long_texts_are_read_or_refused() {
    for (open, close) in [("(", ")"), ("[", "]"), ("{", "}"), ("-", ""), ("f(", ")"), ("(int) ", "")] {
        let text = format!("INSERT INTO t (a) VALUES ({}1{})", open.repeat(20_000), close.repeat(20_000));
        let error = parse(&text).unwrap_err().to_string();
        assert!(error.contains("less nesting") || error.contains("no viable"), "{open}: {}", &error[..80]);
    }
    for chain in ["1 + ", "1 * ", "1 * 1 + ", "(1 + 1) * "] {
        for around in [("INSERT INTO t (a) VALUES (", ")"), ("SELECT a + ", " FROM t")] {
            let text = format!("{}{}1{}", around.0, chain.repeat(1_000), around.1);
            assert!(parse(&text).unwrap_err().to_string().contains("less nesting"), "{chain}");
            assert!(parse(&format!("{}{}1{}", around.0, chain.repeat(50), around.1)).is_ok(), "{chain}");
        }
    }
    let fields = format!("SELECT a{} FROM t", ".b".repeat(20_000));
    assert!(parse(&fields).is_err());
    let many = format!("INSERT INTO t (a) VALUES ([{}1])", "1 + 1, ".repeat(2_000));
    assert!(parse(&many).is_ok());
    let types = format!("CREATE TABLE t (a {}int{})", "list<".repeat(20_000), ">".repeat(20_000));
    assert!(parse(&types).is_err());
    let long = format!("INSERT INTO t (a) VALUES ('{}')", "x".repeat(4 << 20));
    assert!(parse(&long).is_ok());
    let wide = format!("SELECT a FROM t WHERE a IN ({}1)", "1, ".repeat(200_000));
    assert!(parse(&wide).is_ok());
}
