//! Loads: one statement with many values.

use crate::clients::Client;
use cql_driver::PreparedStatement;
use cql_driver::error::ErrorKind;
use cql_driver::value::CqlValue;
use cql_tests::{Capability, Database, live, live_with};
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

async fn numbers(db: &Database) -> (PreparedStatement, PreparedStatement) {
    let table = db.rows_table().await;
    let insert = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)");
    let select = format!("SELECT number FROM {table} WHERE key = ? AND id = ?");
    (db.session().prepare(insert).await.unwrap(), db.session().prepare(select).await.unwrap())
}

/// Scenario P17.
#[test]
fn p17_results_come_in_the_order_of_the_values() {
    live(async |db| {
        let (insert, select) = numbers(db).await;
        for count in [0, 1, 2, 99, 100, 101, 199, 200, 201] {
            let values = (0..count).map(|id| ("ordered", id, 3 * id));
            let inserted = db.session().execute_concurrent(&insert, values).concurrency(100).await.unwrap();
            assert_eq!(inserted.len(), usize::try_from(count).unwrap());
            let values = (0..count).map(|id| ("ordered", id));
            let read = db.session().execute_concurrent(&select, values).concurrency(100).await.unwrap();
            let read: Vec<i32> = read.iter().map(|result| result.single_row::<(i32,)>().unwrap().0).collect();
            assert_eq!(read, (0..count).map(|id| 3 * id).collect::<Vec<_>>());
        }
    });
}

/// Values of which number 57 of `count` fails: on the client if `early`, else on the server.
fn with_a_mistake(count: i32, early: bool) -> impl Iterator<Item = Vec<CqlValue>> {
    (0..count).map(move |id| {
        let key: CqlValue = match id {
            57 if early => 57.into(),
            // A partition key cannot be of length 0.
            57 => "".into(),
            _ => "a mistake".into(),
        };
        vec![key, id.into(), id.into()]
    })
}

#[test]
fn p17_the_first_failure_ends_a_load_that_is_awaited() {
    live(async |db| {
        let (insert, _) = numbers(db).await;
        for early in [true, false] {
            let load = db.session().execute_concurrent(&insert, with_a_mistake(201, early)).concurrency(100);
            let error = load.await.unwrap_err();
            assert_eq!(matches!(error.kind(), ErrorKind::Bind(_)), early, "{error:?}");
            let load = db.session().execute_concurrent(&insert, with_a_mistake(201, early)).concurrency(100);
            let error = load.count().await.unwrap_err();
            assert_eq!(matches!(error.kind(), ErrorKind::Bind(_)), early, "{error:?}");
        }
    });
}

#[test]
fn p17_a_load_that_is_collected_goes_on_after_failures() {
    live(async |db| {
        let (insert, _) = numbers(db).await;
        for early in [true, false] {
            let load = db.session().execute_concurrent(&insert, with_a_mistake(201, early)).concurrency(100);
            let results = load.collect().await;
            assert_eq!(results.len(), 201);
            for (number, result) in results.iter().enumerate() {
                assert_eq!(result.is_err(), number == 57, "{number}: {result:?}");
            }
        }
    });
}

#[test]
fn p17_a_consumer_that_stops_has_not_submitted_the_rest() {
    live_with(&[Capability::ClientOptions], async |db| {
        let (_, select) = numbers(db).await;
        let client = Client::connect(db, "stopped").await;
        let select = client.session.prepare(select.text()).await.unwrap();
        let before = client.requests(db).await;
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let values = (0..2000).inspect(move |_| {
            counter.fetch_add(1, Relaxed);
        });
        let load = client.session.execute_concurrent(&select, values.map(|id| ("stopped", id)));
        let mut results = load.concurrency(10).results();
        results.next().await.unwrap().unwrap();
        let taken = taken.load(Relaxed);
        assert!((10..=20).contains(&taken), "{taken} values were taken");
        drop(results);
        client.session.execute("SELECT key FROM system.local", ()).await.unwrap();
        // Those of the control connection are among them.
        let sent = client.requests(db).await - before;
        assert!((1..50).contains(&sent), "{sent} requests were sent");
        client.session.close().await;
    });
}

#[test]
fn p17_never_more_are_in_flight_than_allowed() {
    live(async |db| {
        let (_, select) = numbers(db).await;
        let (taken, given) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        let values = (0..500).map(move |id| {
            counter.fetch_add(1, Relaxed);
            ("in flight", id)
        });
        let mut results = db.session().execute_concurrent(&select, values).concurrency(10).results();
        while let Some(result) = results.next().await {
            result.unwrap();
            let ahead = taken.load(Relaxed) - given.fetch_add(1, Relaxed);
            assert!(ahead <= 20, "{ahead} values were taken ahead of the consumer");
        }
        assert_eq!(given.into_inner(), 500);
    });
}

#[test]
fn text_and_streams_of_values_are_loaded_too() {
    live(async |db| {
        let table = db.rows_table().await;
        let text = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)");
        let values = (0..150).map(|id| ("text", id, id));
        let inserted = db.session().execute_concurrent(&text, values).concurrency(20).count().await.unwrap();
        assert_eq!(inserted, 150);
        let (insert, select) = numbers(db).await;
        let values = futures::stream::unfold(0, |id| async move {
            tokio::task::yield_now().await;
            (id < 150).then(|| (("streamed", id, id), id + 1))
        });
        let load = db.session().execute_concurrent_stream(&insert, values);
        assert_eq!(load.concurrency(20).count().await.unwrap(), 150);
        let values = (0..150).map(|id| ("streamed", id));
        let read = db.session().execute_concurrent(&select, values).concurrency(1).await.unwrap();
        assert!(read.iter().zip(0..).all(|(result, id)| result.single_row::<(i32,)>().unwrap() == (id,)));
    });
}

#[test]
fn more_than_a_connection_takes_wait_for_their_turn() {
    live(async |db| {
        let (insert, _) = numbers(db).await;
        let session = db.builder().max_requests_per_connection(8).build().unwrap().connect().await.unwrap();
        let insert = session.prepare(insert.text()).await.unwrap();
        let single = (0..500).map(|id| session.execute(&insert, ("few slots", id, id)));
        let load = session.execute_concurrent(&insert, (500..1000).map(|id| ("few slots", id, id)));
        let (single, load) =
            tokio::join!(futures::future::try_join_all(single), load.concurrency(300).count());
        assert_eq!((single.unwrap().len(), load.unwrap()), (500, 500));
        let table = db.rows_table().await;
        let (count,): (i64,) = db.row(&format!("SELECT count(*) FROM {table} WHERE key = 'few slots'")).await;
        assert_eq!(count, 1000);
        session.close().await;
    });
}

#[test]
fn dropping_requests_in_flight_disturbs_no_other() {
    live(async |db| {
        let (insert, select) = numbers(db).await;
        let values = (0..100).map(|id| ("dropped", id, id));
        db.session().execute_concurrent(&insert, values).count().await.unwrap();
        let (session, select) = (db.session(), &select);
        for round in 0..20 {
            let mut all: futures::stream::FuturesUnordered<_> = (0..100)
                .map(|id| async move { (id, session.execute(select, ("dropped", id)).await) })
                .collect();
            for _ in 0..round * 5 {
                let (id, result) = all.next().await.unwrap();
                assert_eq!(result.unwrap().single_row::<(i32,)>().unwrap(), (id,));
            }
        }
    });
}

#[test]
fn progress_counts_what_failed_and_what_took_long_too() {
    live(async |db| {
        let (insert, _) = numbers(db).await;
        for early in [true, false] {
            let told = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&told);
            let load = db.session().execute_concurrent(&insert, with_a_mistake(58, early)).concurrency(1);
            let hook = move |done: u64| seen.store(usize::try_from(done).unwrap(), Relaxed);
            assert_eq!(load.on_progress(hook).collect().await.len(), 58);
            assert_eq!(told.load(Relaxed), 58, "the last one failed");
        }
    });
}
