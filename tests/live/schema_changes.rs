//! Tables that change under prepared statements.

use cql_driver::response::ErrorCode;
use cql_driver::value::{CqlRow, CqlValue};
use cql_driver::{Error, PreparedStatement, ProtocolVersion, QueryResult, Session};
use cql_tests::{Database, live};
use futures::StreamExt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

fn only_row(result: &QueryResult) -> CqlRow {
    result.single_row().unwrap()
}

fn names(result: &QueryResult) -> Vec<&str> {
    result.columns().iter().map(|column| column.name()).collect()
}

/// Names and values belong together, whatever columns there are.
fn assert_not_shifted(row: &CqlRow, expected: &[(&str, CqlValue)]) {
    for (name, value) in row.iter() {
        let known = expected.iter().find(|(known, _)| *known == name);
        let known = known.unwrap_or_else(|| panic!("no column `{name}` was ever there"));
        assert!(*value == known.1 || value.is_null(), "`{name}` is {value}, not {}", known.1);
    }
}

async fn both_prepared(session: &Session, other: &Session, select: &str) -> [PreparedStatement; 2] {
    [session.prepare(select).await.unwrap(), other.prepare(select).await.unwrap()]
}

/// Scenarios J52 and J53.
async fn j52_add_a_column(db: &Database, version: ProtocolVersion) {
    let name = format!("added_{version:?}").to_lowercase();
    let table = db.table(&name, "(k int PRIMARY KEY, m int, z text)").await;
    let (session, other) = (db.session_of(version).await, db.session_of(version).await);
    let [select, others] =
        both_prepared(&session, &other, &format!("SELECT * FROM {table} WHERE k = ?")).await;
    let insert = session.prepare(format!("INSERT INTO {table} (k, m, z) VALUES (?, ?, ?)")).await.unwrap();
    session.execute(&insert, (1, 22, "zzz")).await.unwrap();
    assert_eq!(names(&session.execute(&select, (1,)).await.unwrap()), ["k", "m", "z"]);
    assert_eq!(names(&other.execute(&others, (1,)).await.unwrap()), ["k", "m", "z"]);

    // `c` comes before the columns that are there: whoever reads by the old ones takes its bytes for those of `m`.
    db.alter_by(&session, &format!("ALTER TABLE {table} ADD c text")).await;
    let expected = [("k", 1.into()), ("c", "new".into()), ("m", 22.into()), ("z", "zzz".into())];
    session.execute(&insert, (1, 22, "zzz")).await.unwrap();
    for value in [None, Some("new")] {
        session.execute(&format!("UPDATE {table} SET c = ? WHERE k = 1"), (value,)).await.unwrap();
        for (session, select) in [(&session, &select), (&other, &others)] {
            let result = session.execute(select, (1,)).await.unwrap();
            assert_not_shifted(&only_row(&result), &expected);
            assert_eq!(names(&result), ["k", "c", "m", "z"]);
            let row: (i32, Option<&str>, i32, &str) = result.single_row().unwrap();
            assert_eq!(row, (1, value, 22, "zzz"));
        }
    }
    if version >= ProtocolVersion::V5 {
        assert_eq!(select.result_columns().len(), 4, "what it knows of its result has changed too");
    }
    session.close().await;
    other.close().await;
}

#[test]
fn j52_an_added_column_shows_in_select_star() {
    live(async |db| {
        for version in db.release().newest_versions() {
            j52_add_a_column(db, version).await;
        }
    });
}

/// Several nodes learn of a change one after the other: a replica that does not know a column yet drops the request, so
/// that its coordinator times out.
fn assert_read(db: &Database, result: Result<QueryResult, Error>, expected: &[(&str, CqlValue)]) -> usize {
    match result {
        Err(error) if db.nodes() > 1 => {
            let code = error.server_error().map(|error| error.code);
            assert!(matches!(code, Some(ErrorCode::READ_TIMEOUT | ErrorCode::READ_FAILURE)), "{error:?}");
            0
        }
        result => {
            assert_not_shifted(&only_row(&result.unwrap()), expected);
            1
        }
    }
}

/// Scenario P13: the columns of a result that is being executed change.
async fn p13_change_in_flight(db: &Database, version: ProtocolVersion) {
    let name = format!("in_flight_{version:?}").to_lowercase();
    let table = db.table(&name, "(k int PRIMARY KEY, b int, d int, z text)").await;
    let session = db.session_of(version).await;
    session.execute(&format!("INSERT INTO {table} (k, b, d, z) VALUES (1, 2, 3, 'z')"), ()).await.unwrap();
    let select = session.prepare(format!("SELECT * FROM {table} WHERE k = ?")).await.unwrap();
    let expected =
        [("k", 1.into()), ("a", CqlValue::Null), ("b", 2.into()), ("d", 3.into()), ("z", "z".into())];

    let changed = AtomicBool::new(false);
    let change = async {
        db.alter_by(&session, &format!("ALTER TABLE {table} DROP d")).await;
        db.alter_by(&session, &format!("ALTER TABLE {table} ADD a bigint")).await;
        changed.store(true, Relaxed);
    };
    let execute = async {
        let mut executed = 0;
        while !changed.load(Relaxed) {
            let values = std::iter::repeat_n((1,), 1000);
            let mut results = session.execute_concurrent(&select, values).concurrency(100).results();
            while let Some(result) = results.next().await {
                executed += assert_read(db, result, &expected);
            }
            let single = (0..100).map(|_| session.execute(&select, (1,)));
            for result in futures::future::join_all(single).await {
                executed += assert_read(db, result, &expected);
            }
        }
        executed
    };
    let ((), executed) = tokio::join!(change, execute);
    assert!(executed >= 200, "{executed} were executed");
    let result = session.execute(&select, (1,)).await.unwrap();
    assert_eq!(names(&result), ["k", "a", "b", "z"]);
    assert_eq!(result.single_row::<(i32, Option<i64>, i32, &str)>().unwrap(), (1, None, 2, "z"));
    session.close().await;
}

#[test]
fn p13_executions_in_flight_are_never_read_by_other_columns() {
    live(async |db| {
        for version in db.release().newest_versions() {
            p13_change_in_flight(db, version).await;
        }
    });
}

/// Scenario P13, second half; J52 with pages of 2 of 4 rows.
async fn p13_change_between_pages(db: &Database, version: ProtocolVersion) {
    let name = format!("between_{version:?}").to_lowercase();
    let table = db.table(&name, "(p int, k int, m int, z text, PRIMARY KEY (p, k))").await;
    let session = db.session_of(version).await;
    let insert =
        session.prepare(format!("INSERT INTO {table} (p, k, m, z) VALUES (0, ?, ?, 'z')")).await.unwrap();
    for k in 1..=4 {
        session.execute(&insert, (k, 10 * k)).await.unwrap();
    }
    let select = session.prepare(format!("SELECT * FROM {table} WHERE p = 0")).await.unwrap();
    let mut pages = session.pages(select.with_page_size(2), ()).unwrap();
    let mut rows = Vec::new();
    let mut altered = false;
    while let Some(page) = pages.next().await.unwrap() {
        rows.extend(page.rows::<CqlRow>().unwrap().map(Result::unwrap));
        if !altered {
            db.alter_by(&session, &format!("ALTER TABLE {table} ADD c int")).await;
            session.execute(&format!("UPDATE {table} SET c = 7 WHERE p = 0 AND k = 4"), ()).await.unwrap();
            altered = true;
        }
    }
    assert_eq!(rows.len(), 4);
    for (row, k) in rows.iter().zip(1..) {
        let expected =
            [("p", 0.into()), ("k", k.into()), ("c", 7.into()), ("m", (10 * k).into()), ("z", "z".into())];
        assert_not_shifted(row, &expected);
        assert_eq!(row.value("m"), Some(&(10 * k).into()));
    }
    assert_eq!(rows[3].value("c"), Some(&7.into()), "the second page has the new column");
    session.close().await;
}

#[test]
fn p13_a_column_added_between_two_pages_shows_in_the_second() {
    live(async |db| {
        for version in db.release().newest_versions() {
            p13_change_between_pages(db, version).await;
        }
    });
}

#[test]
fn a_statement_that_names_a_dropped_column_is_refused_and_then_works_again() {
    live(async |db| {
        let table = db.table("named_column", "(k int PRIMARY KEY, v int, w int)").await;
        let insert = db.session().prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await.unwrap();
        db.session().execute(&insert, (1, 1)).await.unwrap();
        db.alter(&format!("ALTER TABLE {table} DROP v")).await;
        let refused = db.session().execute(&insert, (1, 1)).await.unwrap_err();
        assert!(refused.server_error().is_some(), "{refused:?}");
        db.alter(&format!("ALTER TABLE {table} ADD v int")).await;
        db.session().execute(&insert, (1, 2)).await.unwrap();
        let (v,): (i32,) = db.row(&format!("SELECT v FROM {table} WHERE k = 1")).await;
        assert_eq!(v, 2);
    });
}

#[test]
fn a_schema_change_says_what_it_changed() {
    live(async |db| {
        use cql_driver::response::{SchemaChangeKind, SchemaTarget};
        let table = format!("{}.told", db.keyspace());
        for (text, kind) in [
            (format!("CREATE TABLE {table} (k int PRIMARY KEY)"), SchemaChangeKind::CREATED),
            (format!("ALTER TABLE {table} ADD v int"), SchemaChangeKind::UPDATED),
            (format!("DROP TABLE {table}"), SchemaChangeKind::DROPPED),
        ] {
            let result = db.alter(&text).await;
            let change = result.schema_change().unwrap();
            assert_eq!(change.kind, kind, "{text}");
            match &change.target {
                SchemaTarget::Table { keyspace, name } => {
                    assert_eq!((keyspace.as_str(), name.as_str()), (db.keyspace(), "told"));
                }
                other => panic!("{text}: {other:?}"),
            }
        }
        let unchanged = db.execute(&format!("DROP TABLE IF EXISTS {table}")).await;
        assert!(unchanged.schema_change().is_none());
    });
}
