//! Whole tables and writes in batches, with the schema that real servers tell.

use cql_driver::bulk::Checkpoint;
use cql_driver::{Batch, Consistency};
use cql_tests::{live, scaled};
use futures::TryStreamExt;
use std::collections::BTreeMap;

const DEFINITION: &str = "(part int, n int, v int, name text static, PRIMARY KEY ((part), n))";

#[test]
fn a_table_is_written_scanned_and_counted() {
    live(async |db| {
        let table = db.table("bulk", DEFINITION).await;
        let session = db.session();
        let text = format!("INSERT INTO {table} (part, n, v) VALUES (?, ?, ?)");
        let insert = session.prepare(text).await.unwrap().with_idempotent(true);
        let (parts, each) = (i32::try_from(scaled(2_000, 300)).unwrap(), 25);
        let quorum = Batch::unlogged().with_consistency(Consistency::Quorum);
        let mut mutator = session.mutator().queue_size(2_000).like(quorum).build();
        for n in 0..each {
            for part in 0..parts {
                mutator.push(&insert, (part, n, 0)).await.unwrap();
            }
        }
        // Each row again, by partition: later writes win, although they may be in one flush.
        for part in 0..parts {
            for n in 0..each {
                mutator.push(&insert, (part, n, -1)).await.unwrap();
                mutator.push(&insert, (part, n, part + n)).await.unwrap();
            }
        }
        mutator.close().await.unwrap();

        let (keyspace, name) = table.split_once('.').unwrap();
        let all = u64::try_from(parts * each).unwrap();
        assert_eq!(session.scan(keyspace, name).count().await.unwrap(), all);

        // Broken off and resumed in another session.
        let mut seen: BTreeMap<(i32, i32), i32> = BTreeMap::new();
        let mut take = |page: &cql_driver::QueryResult| {
            for row in page.rows::<(i32, i32, i32)>().unwrap() {
                let (part, n, v) = row.unwrap();
                assert_eq!(seen.insert((part, n), v), None, "{part} {n} twice");
            }
        };
        let columns = ["part", "n", "v"];
        let mut scan =
            session.scan(keyspace, name).columns(columns).parallelism(5).page_size(97).start().await.unwrap();
        for _ in 0..20 {
            take(&scan.next().await.unwrap().unwrap().result);
        }
        let kept = scan.checkpoint().to_bytes();
        drop(scan);
        let other = db.builder().build().unwrap().connect().await.unwrap();
        let checkpoint = Checkpoint::from_bytes(kept).unwrap();
        let again = other.scan(keyspace, name).columns(columns).page_size(500).resume(checkpoint);
        let mut again = again.start().await.unwrap();
        while let Some(page) = again.next().await {
            take(&page.unwrap().result);
        }
        assert_eq!(u64::try_from(seen.len()).unwrap(), all);
        assert!(seen.iter().all(|((part, n), v)| *v == part + n));
        other.close().await;

        let select = format!("SELECT v FROM {table} WHERE part = ? AND n = ?");
        let select = session.prepare(select).await.unwrap();
        let keys = (0..200).map(|key| (key % 7, key));
        let found: Vec<Option<(i32,)>> = session.get_many(&select, keys).await.unwrap();
        for (key, row) in (0..200).zip(found) {
            assert_eq!(row, (key < each).then_some((key % 7 + key,)));
        }
        let rows: Vec<(i32, i32, i32)> = session
            .scan(keyspace, name)
            .columns(columns)
            .start()
            .await
            .unwrap()
            .into_rows::<(i32, i32, i32)>()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(rows.len(), seen.len());
    });
}
