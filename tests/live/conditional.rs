//! Conditional statements ("lightweight transactions").

use crate::values::for_each_version;
use cql_driver::error::ErrorKind;
use cql_driver::value::CqlRow;
use cql_driver::{Batch, Consistency, Lwt, SerialConsistency, Session};
use cql_tests::{Database, live};

async fn table(db: &Database) -> String {
    db.table("conditional", "(p text, k int, v int, w text, PRIMARY KEY (p, k))").await
}

/// Scenarios P26 and M10.
#[test]
fn p26_an_insert_that_finds_a_row_gives_that_row() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let p = format!("insert {}", session.protocol_version());
            let text = format!("INSERT INTO {table} (p, k, v, w) VALUES (?, ?, ?, ?) IF NOT EXISTS");
            let insert = session.prepare(&text).await.unwrap();
            let insert = insert.with_serial_consistency(SerialConsistency::LocalSerial);
            type Row = (String, i32, Option<i32>, Option<String>);
            let first = session.execute(&insert, (&p, 1, 10, "w")).await.unwrap();
            assert_eq!(first.lwt::<Row>().unwrap(), Lwt::Applied);
            for _ in 0..2 {
                let second = session.execute(&insert, (&p, 1, 20, None::<&str>)).await.unwrap();
                // The order of the columns is that of the table: partition key, clustering key, the rest by name.
                let existing = (p.clone(), 1, Some(10), Some("w".to_owned()));
                assert_eq!(second.lwt::<Row>().unwrap(), Lwt::NotApplied(Some(existing)));
            }
            let unprepared = session.execute(&text, (&p, 1, 30, "x")).await.unwrap();
            assert!(!unprepared.lwt::<CqlRow>().unwrap().is_applied());
            let another = session.execute(&insert, (&p, 2, 20, "w")).await.unwrap();
            assert_eq!(another.lwt::<Row>().unwrap(), Lwt::Applied);
        })
        .await;
    });
}

#[test]
fn m10_a_condition_gives_the_values_it_was_compared_with() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let p = format!("update {}", session.protocol_version());
            let insert =
                session.prepare(format!("INSERT INTO {table} (p, k, v) VALUES (?, 1, 5)")).await.unwrap();
            session.execute(&insert, (&p,)).await.unwrap();
            let update = format!("UPDATE {table} SET v = ? WHERE p = ? AND k = ? IF v = ?");
            let update = session.prepare(update).await.unwrap();
            type Compared = (Option<i32>,);
            let wrong = session.execute(&update, (6, &p, 1, 3)).await.unwrap();
            assert_eq!(wrong.lwt::<Compared>().unwrap(), Lwt::NotApplied(Some((Some(5),))));
            let missing = session.execute(&update, (6, &p, 2, 3)).await.unwrap();
            assert_eq!(missing.lwt::<Compared>().unwrap(), Lwt::NotApplied(None));
            let right = session.execute(&update, (6, &p, 1, 5)).await.unwrap();
            assert_eq!(right.lwt::<Compared>().unwrap(), Lwt::Applied);
            // A prepared statement whose results differ in their columns from one execution to the next.
            let wrong = session.execute(&update, (7, &p, 1, 5)).await.unwrap();
            assert_eq!(wrong.lwt::<Compared>().unwrap(), Lwt::NotApplied(Some((Some(6),))));

            let update = session.prepare(format!("UPDATE {table} SET v = 0 WHERE p = ? AND k = ? IF EXISTS"));
            let update = update.await.unwrap();
            let result = session.execute(&update, (&p, 1)).await.unwrap();
            assert!(result.lwt::<CqlRow>().unwrap().is_applied());
            let result = session.execute(&update, (&p, 3)).await.unwrap();
            assert!(!result.lwt::<CqlRow>().unwrap().is_applied());
            let delete = session.prepare(format!("DELETE FROM {table} WHERE p = ? AND k = 1 IF v = 0"));
            let delete = delete.await.unwrap();
            assert_eq!(
                session.execute(&delete, (&p,)).await.unwrap().lwt::<Compared>().unwrap(),
                Lwt::Applied
            );
        })
        .await;
    });
}

#[test]
fn p26_a_conditional_batch_is_applied_as_a_whole_or_tells_what_it_found() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let p = format!("batch {}", session.protocol_version());
            let insert = format!("INSERT INTO {table} (p, k, v) VALUES (?, ?, ?) IF NOT EXISTS");
            let insert = session.prepare(insert).await.unwrap();
            let batch = |ids: [i32; 2]| {
                let mut batch = Batch::logged();
                for id in ids {
                    batch.add(&insert, (&p, id, id)).unwrap();
                }
                batch
            };
            let result = session.batch(&batch([1, 2])).await.unwrap();
            assert!(result.lwt::<CqlRow>().unwrap().is_applied());
            for ids in [[1, 2], [2, 3]] {
                let result = session.batch(&batch(ids)).await.unwrap();
                let Lwt::NotApplied(Some(found)) = result.lwt::<CqlRow>().unwrap() else {
                    panic!("{result:?}")
                };
                assert_eq!(found.value("p"), Some(&(*p).into()));
            }
            let rows: Vec<(i32,)> = db.rows(&format!("SELECT k FROM {table} WHERE p = '{p}'")).await;
            assert_eq!(rows, [(1,), (2,)], "nothing of the batches that were not applied");
        })
        .await;
    });
}

#[test]
fn what_is_not_conditional_was_not_applied_on_a_condition() {
    live(async |db| {
        let table = table(db).await;
        let select = db.execute(&format!("SELECT v FROM {table} WHERE p = 'none'")).await;
        let refused = select.lwt::<(Option<i32>,)>().unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::UnexpectedResponse(_)), "{refused:?}");
        let insert = db.execute(&format!("INSERT INTO {table} (p, k) VALUES ('plain', 1)")).await;
        let refused = insert.lwt::<(Option<i32>,)>().unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::UnexpectedResponse(_)), "{refused:?}");
    });
}

#[test]
fn a_serial_read_sees_what_a_conditional_write_wrote() {
    live(async |db| {
        let table = table(db).await;
        let session = db.session();
        let insert = format!("INSERT INTO {table} (p, k, v) VALUES ('serial', 1, 1) IF NOT EXISTS");
        assert!(db.execute(&insert).await.lwt::<CqlRow>().unwrap().is_applied());
        let select = session.prepare(format!("SELECT v FROM {table} WHERE p = ? AND k = ?")).await.unwrap();
        for level in [Consistency::Serial, Consistency::LocalSerial] {
            let result =
                session.execute(select.clone().with_consistency(level), ("serial", 1)).await.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (1,));
        }
    });
}

#[test]
fn of_many_who_compete_one_wins() {
    live(async |db| {
        let table = table(db).await;
        let insert = format!("INSERT INTO {table} (p, k, v) VALUES ('race', 1, ?) IF NOT EXISTS");
        let insert = db.session().prepare(insert).await.unwrap();
        let tries = (0..20).map(|v| db.session().execute(&insert, (v,)));
        let mut winners = 0;
        for result in futures::future::join_all(tries).await {
            match result {
                Ok(result) => winners += usize::from(result.lwt::<CqlRow>().unwrap().is_applied()),
                // Paxos gives up under contention; whether that one was applied is not known.
                Err(error) => assert!(error.server_error().is_some(), "{error:?}"),
            }
        }
        assert!(winners <= 1, "{winners} inserts were applied");
        let (v,): (i32,) = db.row(&format!("SELECT v FROM {table} WHERE p = 'race' AND k = 1")).await;
        assert!((0..20).contains(&v));
    });
}
