//! Batches of all three types.

use crate::values::for_each_version;
use cql_driver::error::ErrorKind;
use cql_driver::response::ErrorCode;
use cql_driver::value::{Counter, CqlValue};
use cql_driver::{Batch, Session, Unset};
use cql_tests::{Capability, Database, live, live_with};
use std::collections::BTreeMap;

async fn numbers(db: &Database, key: &str) -> Vec<(i32, Option<i32>)> {
    let table = db.rows_table().await;
    db.rows(&format!("SELECT id, number FROM {table} WHERE key = '{key}'")).await
}

#[test]
fn logged_and_unlogged_batches_are_applied() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            for (kind, mut batch) in [("logged", Batch::logged()), ("unlogged", Batch::unlogged())] {
                let key = format!("{kind} batch {}", session.protocol_version());
                let text = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)");
                let insert = session.prepare(&text).await.unwrap();
                batch.add(&insert, (&key, 1, 10)).unwrap().add(&insert, (&key, 2, 20)).unwrap();
                batch.add(&text, (&key, 3, 30)).unwrap();
                let literal = format!("INSERT INTO {table} (key, id, number) VALUES ('{key}', 4, 40)");
                batch.add(&literal, ()).unwrap();
                let delete =
                    session.prepare(format!("DELETE FROM {table} WHERE key = ? AND id = ?")).await.unwrap();
                session.execute(&insert, (&key, 5, 50)).await.unwrap();
                batch.add(&delete, (&key, 5)).unwrap();
                assert_eq!(batch.len(), 5);
                let result = session.batch(&batch).await.unwrap();
                assert!(!result.has_rows());
                let expected = [(1, Some(10)), (2, Some(20)), (3, Some(30)), (4, Some(40))];
                assert_eq!(numbers(db, &key).await, expected);
                // A batch can be executed as often as one likes.
                session.execute(&insert, (&key, 1, 11)).await.unwrap();
                session.batch(&batch).await.unwrap();
                assert_eq!(numbers(db, &key).await, expected);
            }
        })
        .await;
    });
}

#[test]
fn counter_batches_count() {
    live(async |db| {
        let table = db.table("batched_counters", "(k text PRIMARY KEY, n counter)").await;
        for_each_version(db, async |session: &Session| {
            let key = session.protocol_version().to_string();
            let add = session.prepare(format!("UPDATE {table} SET n = n + ? WHERE k = ?")).await.unwrap();
            let mut batch = Batch::counter();
            batch.add(&add, (Counter(2), &key)).unwrap().add(&add, (3_i64, "other")).unwrap();
            batch.add(format!("UPDATE {table} SET n = n + 4 WHERE k = '{key}'"), ()).unwrap();
            session.batch(&batch).await.unwrap();
            let (n,): (Counter,) = db.row(&format!("SELECT n FROM {table} WHERE k = '{key}'")).await;
            assert_eq!(n, Counter(6));
            let mut wrong = Batch::unlogged();
            wrong.add(&add, (1_i64, &key)).unwrap();
            wrong
                .add(format!("INSERT INTO {} (key, id) VALUES ('x', 1)", db.rows_table().await), ())
                .unwrap();
            let refused = session.batch(&wrong).await.unwrap_err();
            assert_eq!(refused.server_error().unwrap().code, ErrorCode::INVALID, "{refused}");
        })
        .await;
    });
}

#[test]
fn a_large_batch_is_one_request() {
    live(async |db| {
        let table = db.rows_table().await;
        let insert = db.session().prepare(format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let mut batch = Batch::unlogged();
        for id in 0..1000 {
            batch.add(&insert, ("large batch", id, id)).unwrap();
        }
        db.session().batch(&batch).await.unwrap();
        let expected: Vec<_> = (0..1000).map(|id| (id, Some(id))).collect();
        assert_eq!(numbers(db, "large batch").await, expected);
    });
}

#[test]
fn null_and_unset_differ_in_a_batch_too() {
    live_with(&[Capability::ProtocolV4], async |db| {
        let table = db.rows_table().await;
        let insert = db.session().prepare(format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let mut batch = Batch::logged();
        for id in [1, 2] {
            db.session().execute(&insert, ("unset in a batch", id, 7)).await.unwrap();
        }
        batch.add(&insert, ("unset in a batch", 1, Unset)).unwrap();
        batch.add(&insert, ("unset in a batch", 2, None::<i32>)).unwrap();
        db.session().batch(&batch).await.unwrap();
        assert_eq!(numbers(db, "unset in a batch").await, [(1, Some(7)), (2, None)]);
    });
}

#[test]
fn a_batch_has_one_timestamp() {
    live(async |db| {
        let table = db.rows_table().await;
        let insert = db.session().prepare(format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let mut batch = Batch::unlogged();
        batch.add(&insert, ("batch time", 1, 1)).unwrap().add(&insert, ("batch time", 2, 2)).unwrap();
        db.session().batch(&batch.with_timestamp(1_234_567)).await.unwrap();
        let times: Vec<(i64,)> =
            db.rows(&format!("SELECT writetime(number) FROM {table} WHERE key = 'batch time'")).await;
        assert_eq!(times, [(1_234_567,), (1_234_567,)]);
    });
}

#[test]
fn mistakes_show_when_a_statement_is_added_and_leave_the_batch_as_it_was() {
    live(async |db| {
        let table = db.rows_table().await;
        let text = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)");
        let insert = db.session().prepare(&text).await.unwrap();
        let mut batch = Batch::logged();
        let empty = db.session().batch(&batch).await.unwrap_err();
        assert!(matches!(empty.kind(), ErrorKind::Invalid(_)), "{empty:?}");
        batch.add(&insert, ("added", 1, 1)).unwrap();
        let refused = batch.add(&insert, ("added", "two", 2)).unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
        let refused = batch.add(&insert, ("added", 3, 3, 3)).unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
        let named = BTreeMap::from([("key", CqlValue::from("added")), ("id", 4.into())]);
        let refused = batch.add(&text, &named).unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Invalid(_)), "{refused:?}");
        assert_eq!(batch.len(), 1);
        db.session().batch(&batch).await.unwrap();
        assert_eq!(numbers(db, "added").await, [(1, Some(1))]);
        let mut wrong = Batch::logged();
        wrong.add("SELECT key FROM system.local", ()).unwrap();
        let refused = db.session().batch(&wrong).await.unwrap_err();
        assert!(refused.server_error().is_some(), "{refused:?}");
    });
}
