//! Search for the nearest vectors, by a storage-attached index.

use crate::values::for_each_version;
use cql_driver::{PreparedStatement, Session};
use cql_tests::{Capability, Database, live_with};
use futures::future::try_join_all;
use std::time::{Duration, Instant};

/// Indexes are built after the statement that creates them has returned, and nodes learn of it from each other.
async fn wait_until_searchable(
    db: &Database,
    session: &Session,
    select: &PreparedStatement,
    wanted: [f32; 3],
) {
    let began = Instant::now();
    let all = || try_join_all((0..4 * db.nodes()).map(|_| session.execute(select, (wanted, wanted, 2))));
    while let Err(error) = all().await {
        assert!(error.server_error().is_some() && began.elapsed() < Duration::from_secs(20), "{error:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Scenario M35, by hand.
#[test]
fn m35_the_nearest_vectors_come_first() {
    live_with(&[Capability::Vectors], async |db| {
        let table = db.table("embedded", "(id int PRIMARY KEY, kind text, embedding vector<float, 3>)").await;
        for column in ["embedding", "kind"] {
            db.alter(&format!("CREATE INDEX IF NOT EXISTS {column}_index ON {table} ({column}) USING 'sai'"))
                .await;
        }
        let insert =
            db.session().prepare(format!("INSERT INTO {table} (id, kind, embedding) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let rows: [(i32, &str, [f32; 3]); 4] = [
            (1, "a", [1.0, 0.0, 0.0]),
            (2, "a", [0.9, 0.1, 0.0]),
            (3, "b", [0.0, 1.0, 0.0]),
            (4, "b", [0.0, 0.0, 1.0]),
        ];
        // On two cores Cassandra 5.0 fails what more than three write to a vector index at once.
        db.session().execute_concurrent(&insert, rows).concurrency(1).count().await.unwrap();
        for_each_version(db, async |session: &Session| {
            let select = format!(
                "SELECT id, embedding, similarity_cosine(embedding, ?) FROM {table} \
                 ORDER BY embedding ANN OF ? LIMIT ?"
            );
            let select = session.prepare(select).await.unwrap();
            let wanted = [1.0_f32, 0.05, 0.0];
            wait_until_searchable(db, session, &select, wanted).await;
            let result = session.execute(&select, (wanted, wanted, 2)).await.unwrap();
            let found: Vec<(i32, Vec<f32>, f32)> = result.rows().unwrap().map(Result::unwrap).collect();
            assert_eq!(found.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [1, 2]);
            assert_eq!(found[0].1, [1.0, 0.0, 0.0]);
            assert!(found[0].2 > 0.9, "{found:?}");

            let select = format!("SELECT id FROM {table} WHERE kind = ? ORDER BY embedding ANN OF ? LIMIT 3");
            let select = session.prepare(select).await.unwrap();
            let result = session.execute(&select, ("b", [0.0_f32, 0.1, 0.9])).await.unwrap();
            let found: Vec<(i32,)> = result.rows().unwrap().map(Result::unwrap).collect();
            assert_eq!(found, [(4,), (3,)]);
        })
        .await;
    });
}
