//! A node that restarts, and what it has to be told again.

use crate::{breaking, wait_for_all_nodes};
use cql_driver::{Consistency, PreparedStatement, Session};
use cql_tests::{ClusterTool, Database};
use std::time::{Duration, Instant};

async fn statements(db: &Database, session: &Session) -> [PreparedStatement; 2] {
    let keyspace = db.own_keyspace("restarts", 3).await;
    let table = format!("{keyspace}.t");
    db.alter(&format!("CREATE TABLE IF NOT EXISTS {table} (k int PRIMARY KEY, v int)")).await;
    let mut statements = Vec::new();
    for text in
        [format!("INSERT INTO {table} (k, v) VALUES (?, ?)"), format!("SELECT v FROM {table} WHERE k = ?")]
    {
        let statement = session.prepare(text).await.unwrap();
        statements.push(statement.with_consistency(Consistency::Quorum).with_idempotent(true));
    }
    statements.try_into().unwrap()
}

/// Scenarios J55 and J56: a node comes back without the statements it knew.
#[test]
fn a_node_that_forgot_its_statements_is_taught_them_again() {
    breaking(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let statements = statements(db, &session).await;
        let [insert, select] = &statements;
        // All nodes know both.
        for k in 0..100 {
            session.execute(insert, (k, k)).await.unwrap();
            session.execute(select, (k,)).await.unwrap();
        }
        const KNOWN: &str = "SELECT query_string FROM system.prepared_statements";
        let knows = async || ClusterTool::cql(2, KNOWN).await.contains(select.text());
        assert!(knows().await);
        ClusterTool::cql(2, "TRUNCATE system.prepared_statements").await;
        assert!(!knows().await);
        ClusterTool::run(&["stop", "2"]).await;
        ClusterTool::run(&["start", "2"]).await;
        // It is taught as soon as it is up, before anybody asks it for anything.
        let began = Instant::now();
        while !knows().await {
            assert!(began.elapsed() < Duration::from_secs(60), "nobody has taught it");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        wait_for_all_nodes(db, &session).await;
        for k in 0..100 {
            let read = session.execute(select, (k,)).await.unwrap();
            assert_eq!(read.single_row::<(i32,)>().unwrap(), (k,));
        }
        let values = (0..1000).map(|k| (k, k));
        assert_eq!(session.execute_concurrent(insert, values).count().await.unwrap(), 1000);
        session.close().await;
    });
}
