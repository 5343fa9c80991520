//! Results of many pages.

use crate::clients::Client;
use cql_driver::value::CqlRow;
use cql_driver::{PagingState, PreparedStatement, Session};
use cql_tests::{Capability, Database, live, live_with, scaled};
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

const PARTITIONS: i32 = 50;

/// A table with `rows` rows, `id` 0 to `rows`, over some partitions.
async fn filled(db: &Database, name: &str, rows: i32) -> String {
    let table = db.table(name, "(p int, id int, text text, PRIMARY KEY (p, id))").await;
    let insert =
        db.session().prepare(format!("INSERT INTO {table} (p, id, text) VALUES (?, ?, ?)")).await.unwrap();
    let values = (0..rows).map(|id| (id % PARTITIONS, id, format!("row {id}")));
    let progress = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&progress);
    let load = db.session().execute_concurrent(&insert, values).concurrency(256);
    let inserted = load.on_progress(move |done| seen.store(done, Relaxed)).count().await.unwrap();
    assert_eq!(inserted, u64::try_from(rows).unwrap());
    assert_eq!(progress.load(Relaxed), inserted);
    table
}

async fn select(session: &Session, table: &str, page: u32) -> PreparedStatement {
    let select = session.prepare(format!("SELECT id, text FROM {table}")).await.unwrap();
    select.with_page_size(page)
}

/// Takes note of rows; each may come once.
struct Seen(Vec<bool>);

impl Seen {
    fn none_of(rows: i32) -> Self {
        Seen(vec![false; usize::try_from(rows).unwrap()])
    }

    fn take(&mut self, id: i32, text: &str) {
        assert_eq!(text, format!("row {id}"));
        let seen = &mut self.0[usize::try_from(id).unwrap()];
        assert!(!*seen, "row {id} came twice");
        *seen = true;
    }

    fn assert_all(&self) {
        let missing = self.0.iter().filter(|seen| !**seen).count();
        assert_eq!(missing, 0, "rows did not come");
    }
}

async fn stream_all(session: &Session, table: &str, page: u32, rows: i32) {
    let select = select(session, table, page).await;
    let mut stream = session.stream::<(i32, String)>(&select, ()).unwrap();
    let mut seen = Seen::none_of(rows);
    while let Some((id, text)) = stream.try_next().await.unwrap() {
        seen.take(id, &text);
    }
    seen.assert_all();
    assert!(stream.next().await.is_none(), "the end stays the end");
}

async fn page_all(session: &Session, table: &str, page: u32, rows: i32) {
    let select = select(session, table, page).await;
    let mut pages = session.pages(&select, ()).unwrap();
    let mut seen = Seen::none_of(rows);
    while let Some(result) = pages.next().await.unwrap() {
        assert!(result.rows_count() <= usize::try_from(page).unwrap());
        for row in result.rows::<(i32, &str)>().unwrap() {
            let (id, text) = row.unwrap();
            seen.take(id, text);
        }
    }
    seen.assert_all();
    assert!(pages.next().await.unwrap().is_none(), "the end stays the end");
}

#[test]
fn many_rows_are_loaded_quickly_and_come_once_each() {
    live(async |db| {
        let rows = i32::try_from(scaled(100_000, 5_000)).unwrap();
        let began = Instant::now();
        let table = filled(db, "paged_many", rows).await;
        println!("{rows} rows loaded in {:.1} s", began.elapsed().as_secs_f64());
        let session = db.session();
        stream_all(session, &table, 5000, rows).await;
        page_all(session, &table, 5000, rows).await;
        stream_all(session, &table, 100, rows).await;
    });
}

#[test]
fn small_pages_lose_nothing() {
    live(async |db| {
        let rows = i32::try_from(scaled(2000, 200)).unwrap();
        let table = filled(db, "paged_few", rows).await;
        for version in db.release().versions() {
            let session = db.session_of(version).await;
            stream_all(&session, &table, 7, rows).await;
            page_all(&session, &table, 7, rows).await;
            session.close().await;
        }
        stream_all(db.session(), &table, 1, rows).await;
    });
}

#[test]
fn text_is_paged_as_prepared_statements_are() {
    live(async |db| {
        let table = filled(db, "paged_text", 100).await;
        let text = format!("SELECT id, text FROM {table}");
        let select = cql_driver::Statement::new(text.clone()).with_page_size(9);
        let rows: Vec<(i32, String)> =
            db.session().stream::<(i32, String)>(&select, ()).unwrap().try_collect().await.unwrap();
        assert_eq!(rows.len(), 100);
        let whole = db.session().execute(select.unpaged(), ()).await.unwrap();
        assert_eq!((whole.rows_count(), whole.paging_state()), (100, None));
        let named = std::collections::BTreeMap::from([("wanted", 3)]);
        let select = cql_driver::Statement::new(format!("{text} WHERE p = :wanted"));
        let rows: Vec<(i32, String)> =
            db.session().stream::<(i32, String)>(&select, named).unwrap().try_collect().await.unwrap();
        assert_eq!(rows.iter().map(|(id, _)| id % PARTITIONS).collect::<Vec<_>>(), [3, 3]);
    });
}

/// Scenario J58.
#[test]
fn j58_a_result_is_resumed_in_another_session() {
    live(async |db| {
        let table = filled(db, "paged_resumed", 20 * PARTITIONS).await;
        let text = format!("SELECT id FROM {table} WHERE p = ?");
        for version in db.release().versions() {
            let first = db.session_of(version).await;
            let fifteen = 15;
            let select = first.prepare(&text).await.unwrap().with_page_size(fifteen);
            let page = first.execute(&select, (3,)).await.unwrap();
            assert_eq!(page.rows_count(), 15);
            let stored = page.paging_state().unwrap().to_bytes();
            first.close().await;

            let second = db.session_of(version).await;
            let select = second.prepare(&text).await.unwrap().with_page_size(fifteen);
            let mut pages =
                second.pages(&select, (3,)).unwrap().starting_at(PagingState::from_bytes(stored).unwrap());
            let rest = pages.next().await.unwrap().unwrap();
            let rest: Vec<(i32,)> = rest.rows().unwrap().map(Result::unwrap).collect();
            let expected: Vec<(i32,)> = (15..20).map(|row| (row * PARTITIONS + 3,)).collect();
            assert_eq!(rest, expected);
            assert!(pages.next().await.unwrap().is_none());
            second.close().await;
        }
    });
}

#[test]
fn a_paging_state_that_is_none_is_refused_by_the_server() {
    live(async |db| {
        let table = filled(db, "paged_resumed", 20 * PARTITIONS).await;
        let select = db.session().prepare(format!("SELECT id FROM {table} WHERE p = ?")).await.unwrap();
        let state = PagingState::from_bytes([0x10, 1, 2, 3]).unwrap();
        let mut pages = db.session().pages(&select, (3,)).unwrap().starting_at(state);
        let refused = pages.next().await.unwrap_err();
        assert!(refused.server_error().is_some(), "{refused:?}");
    });
}

#[test]
fn empty_pages_are_not_the_end() {
    live_with(&[Capability::Filtering], async |db| {
        let table = filled(db, "paged_filtered", 1000).await;
        // Full pages up to the last row: what follows is an empty page.
        let select = db.session().prepare(format!("SELECT id, text FROM {table} WHERE p = ?")).await.unwrap();
        let select = select.with_page_size(10);
        let rows: Vec<(i32, String)> =
            db.session().stream::<(i32, String)>(&select, (7,)).unwrap().try_collect().await.unwrap();
        assert_eq!(rows.len(), 20);

        let text = format!("SELECT id FROM {table} WHERE text = ? ALLOW FILTERING");
        let select = db.session().prepare(text).await.unwrap().with_page_size(1);
        for (wanted, found) in [("row 999", vec![(999,)]), ("none", vec![])] {
            let rows: Vec<(i32,)> =
                db.session().stream::<(i32,)>(&select, (wanted,)).unwrap().try_collect().await.unwrap();
            assert_eq!(rows, found);
        }
    });
}

#[test]
fn a_dropped_stream_stops_fetching() {
    live_with(&[Capability::ClientOptions], async |db| {
        let table = filled(db, "paged_dropped", 2000).await;
        let client = Client::connect(db, "a dropped stream").await;
        let select = select(&client.session, &table, 10).await;
        let before = client.requests(db).await;
        let mut stream = client.session.stream::<(i32, String)>(&select, ()).unwrap();
        for _ in 0..15 {
            assert!(stream.try_next().await.unwrap().is_some());
        }
        drop(stream);
        // Requests sent after it are answered after it.
        client.session.execute("SELECT key FROM system.local", ()).await.unwrap();
        // 2 pages, the one ahead, that other statement, what teaches nodes the statement, and the control connection's.
        let sent = client.requests(db).await - before;
        assert!((4..50).contains(&sent), "{sent} requests; all pages would take 200");
        client.session.close().await;
    });
}

#[test]
fn a_stream_yields_an_error_as_its_last_item() {
    live(async |db| {
        let mut stream = db.session().stream::<CqlRow>("SELECT nothing FROM nowhere.at_all", ()).unwrap();
        assert!(stream.next().await.unwrap().unwrap_err().server_error().is_some());
        assert!(stream.next().await.is_none());
        let table = filled(db, "paged_text", 100).await;
        let mut stream =
            db.session().stream::<(String, i32)>(&format!("SELECT id, text FROM {table}"), ()).unwrap();
        stream.next().await.unwrap().unwrap_err();
        assert!(stream.next().await.is_none());
    });
}
