//! Prepared statements: what they know, and nodes that forget them.

use cql_driver::types::ColumnType;
use cql_driver::{Batch, Session};
use cql_tests::{Database, Release, live};
use futures::StreamExt;

#[test]
fn a_statement_knows_its_markers_and_its_columns() {
    live(async |db| {
        let table =
            db.table("described", "(a int, b text, c bigint, d list<int>, PRIMARY KEY ((a, b), c))").await;
        let text = format!("SELECT d, c FROM {table} WHERE b = ? AND a = ? AND c > ?");
        for version in db.release().versions() {
            let session = db.session_of(version).await;
            let select = session.prepare(&text).await.unwrap();
            assert_eq!(select.text(), text);
            let markers: Vec<_> = select
                .bind_columns()
                .iter()
                .map(|column| (column.name(), column.column_type().clone()))
                .collect();
            let expected = [("b", ColumnType::Text), ("a", ColumnType::Int), ("c", ColumnType::BigInt)];
            assert_eq!(markers, expected);
            let columns = select.result_columns();
            assert_eq!(columns.iter().map(|column| column.name()).collect::<Vec<_>>(), ["d", "c"]);
            assert_eq!(columns[0].column_type(), &ColumnType::list(ColumnType::Int));
            let indexes: &[u16] = if version.number() == 3 { &[] } else { &[1, 0] };
            assert_eq!(select.partition_key_indexes(), indexes);
            session.close().await;
        }
    });
}

#[test]
fn names_bind_by_name_and_may_repeat() {
    live(async |db| {
        let table = db.rows_table().await;
        let text = format!("INSERT INTO {table} (key, id, number, body) VALUES (:key, :n, :n, :text)");
        let insert = db.session().prepare(&text).await.unwrap();
        use cql_driver::value::CqlValue;
        let values = std::collections::HashMap::from([
            ("text", CqlValue::from("x")),
            ("n", 7.into()),
            ("key", "named twice".into()),
        ]);
        db.session().execute(&insert, &values).await.unwrap();
        let row: (i32, i32, String) =
            db.row(&format!("SELECT id, number, body FROM {table} WHERE key = 'named twice'")).await;
        assert_eq!(row, (7, 7, "x".to_owned()));
        // 6.0-alpha2 takes the values of text that names one twice for those of other markers.
        if db.release() < Release::parse("6.0").unwrap() {
            db.session().execute(&text, &values).await.unwrap();
        } else {
            println!("SKIP the text unprepared: {} mistakes names that repeat", db.release());
        }
    });
}

#[test]
fn many_statements_are_prepared_side_by_side() {
    live(async |db| {
        let table = db.rows_table().await;
        let session = db.session();
        let prepare = (0..300).map(async |n| {
            let text = format!("SELECT number, {n} AS n FROM {table} WHERE key = 'none'");
            let fallback = format!("SELECT number FROM {table} WHERE key = 'none {n}'");
            match session.prepare(text).await {
                Ok(prepared) => prepared,
                Err(_) => session.prepare(fallback).await.unwrap(),
            }
        });
        let prepared = futures::future::join_all(prepare).await;
        for statement in &prepared {
            assert_eq!(session.execute(statement, ()).await.unwrap().rows_count(), 0);
        }
    });
}

/// Makes the server forget all statements on the table, which stays as it was.
async fn forget(db: &Database, table: &str, definition: &str) {
    db.alter(&format!("DROP TABLE {table}")).await;
    db.alter(&format!("CREATE TABLE {table} {definition}")).await;
}

/// Scenario J55 with a server that forgets.
#[test]
fn j55_a_statement_the_server_forgot_is_prepared_again_unseen() {
    live(async |db| {
        for version in db.release().newest_versions() {
            let session = db.session_of(version).await;
            forgotten(db, &session).await;
            session.close().await;
        }
    });
}

async fn forgotten(db: &Database, session: &Session) {
    let definition = "(k int PRIMARY KEY, v text)";
    let table = db.table("forgotten", definition).await;
    let insert = session.prepare(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await.unwrap();
    let select = session.prepare(format!("SELECT k, v FROM {table} WHERE k = ?")).await.unwrap();
    session.execute(&insert, (1, "before")).await.unwrap();

    forget(db, &table, definition).await;
    session.execute(&insert, (1, "one")).await.unwrap();
    let result = session.execute(&select, (1,)).await.unwrap();
    assert_eq!(result.single_row::<(i32, &str)>().unwrap(), (1, "one"));

    if session.protocol_version() != db.session().protocol_version() {
        return;
    }
    forget(db, &table, definition).await;
    let mut batch = Batch::logged();
    batch.add(&insert, (2, "two")).unwrap().add(&insert, (3, "three")).unwrap();
    session.batch(&batch).await.unwrap();

    forget(db, &table, definition).await;
    let values = (0..500).map(|k| (k, "many"));
    assert_eq!(session.execute_concurrent(&insert, values).count().await.unwrap(), 500);

    let text = session.prepare(format!("SELECT k, v FROM {table}")).await.unwrap();
    let text = text.with_page_size(100);
    let mut rows = session.stream::<(i32, String)>(&text, ()).unwrap();
    let mut seen = 0;
    while let Some(row) = rows.next().await {
        assert_eq!(row.unwrap().1, "many");
        seen += 1;
    }
    assert_eq!(seen, 500);
}

/// A statement's text can outlive its table: its columns may then be others, under the same id.
#[test]
fn a_table_that_was_created_anew_is_read_by_its_new_columns() {
    live(async |db| {
        for version in db.release().newest_versions() {
            let session = db.session_of(version).await;
            let name = format!("anew_{version:?}").to_lowercase();
            let table = db.table(&name, "(k int PRIMARY KEY, v int)").await;
            let select = session.prepare(format!("SELECT v FROM {table} WHERE k = ?")).await.unwrap();
            session.execute(format!("INSERT INTO {table} (k, v) VALUES (1, 1633771873)"), ()).await.unwrap();
            let before = session.execute(&select, (1,)).await.unwrap();
            assert_eq!(before.single_row::<(i32,)>().unwrap(), (1_633_771_873,));
            forget(db, &table, "(k int PRIMARY KEY, v text)").await;
            session.execute(format!("INSERT INTO {table} (k, v) VALUES (1, 'aaaa')"), ()).await.unwrap();
            for _ in 0..3 {
                let after = session.execute(&select, (1,)).await.unwrap();
                assert_eq!(after.single_row::<(&str,)>().unwrap(), ("aaaa",), "{version}");
            }
            session.close().await;
        }
    });
}
