//! Memory of a process that loads many rows.

use cql_tests::{alone, cluster_builder};
use std::time::Instant;

/// Resident memory of this process in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const ROWS: u64 = 1_000_000;
const STEP: u64 = 100_000;
/// Buffers grow to their size while the first rows go; from then on there is nothing left to grow.
const GROWTH_KIB: u64 = 8 << 10;

#[test]
#[ignore = "it takes minutes: run it with --ignored"]
#[cfg(target_os = "linux")]
fn a_million_rows_take_no_more_memory_than_the_first_ones() {
    let output = alone("memory::a_million_rows_take_no_more_memory_than_the_first_ones", async {
        let session = cluster_builder().build().unwrap().connect().await.unwrap();
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
        let create = format!("CREATE KEYSPACE IF NOT EXISTS live_memory WITH replication = {replication}");
        session.execute(create, ()).await.unwrap();
        let create = "CREATE TABLE IF NOT EXISTS live_memory.t (id bigint PRIMARY KEY, text text)";
        session.execute(create, ()).await.unwrap();
        let insert = session.prepare("INSERT INTO live_memory.t (id, text) VALUES (?, ?)").await.unwrap();
        let values = (0..ROWS).map(|id| (i64::try_from(id).unwrap(), format!("the text of row {id}")));
        let began = Instant::now();
        let (mut next, mut early) = (STEP, 0);
        println!("before: {} KiB", resident());
        let load = session.execute_concurrent(&insert, values).concurrency(256).on_progress(move |done| {
            if done < next {
                return;
            }
            let now = resident();
            println!("{done} rows: {now} KiB, {:.1} s", began.elapsed().as_secs_f64());
            if next == STEP {
                early = now;
            }
            assert!(now <= early + GROWTH_KIB, "grew from {early} to {now} KiB after {done} rows");
            next += STEP;
        });
        assert_eq!(load.count().await.unwrap(), ROWS);
        session.execute("DROP KEYSPACE live_memory", ()).await.unwrap();
        session.close().await;
    });
    if let Some(output) = output {
        print!("{}", output.text);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn large_results_that_are_let_go_are_given_back() {
    alone("memory::large_results_that_are_let_go_are_given_back", async {
        let session = cluster_builder().build().unwrap().connect().await.unwrap();
        let select = "SELECT * FROM system.local";
        for _ in 0..200 {
            session.execute(select, ()).await.unwrap();
        }
        let before = resident();
        for _ in 0..5000 {
            session.execute(select, ()).await.unwrap();
        }
        let after = resident();
        assert!(after <= before + GROWTH_KIB, "grew from {before} to {after} KiB");
        session.close().await;
    });
}
