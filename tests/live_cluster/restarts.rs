//! Nodes that stop and start while requests go on.

use crate::{breaking, wait_for_all_nodes, wait_for_nodes};
use cql_driver::{Consistency, PreparedStatement, Session};
use cql_tests::{ClusterTool, Database};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

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

/// Between two requests of a task: as many as leave the machine time to start nodes.
const PACE: Duration = Duration::from_millis(5);

/// Writes and reads one row after the other until it is told to stop. Any failure ends it.
struct Traffic {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicI32>,
    tasks: Vec<JoinHandle<()>>,
}

impl Traffic {
    fn start(session: &Session, [insert, select]: &[PreparedStatement; 2]) -> Self {
        let (stop, done) = (Arc::<AtomicBool>::default(), Arc::<AtomicI32>::default());
        let tasks = (0..4)
            .map(|_| {
                let (session, insert, select) = (session.clone(), insert.clone(), select.clone());
                let (stop, done) = (Arc::clone(&stop), Arc::clone(&done));
                tokio::spawn(async move {
                    let mut pace = tokio::time::interval(PACE);
                    while !stop.load(Relaxed) {
                        pace.tick().await;
                        let k = done.fetch_add(1, Relaxed);
                        session.execute(&insert, (k, 3 * k)).await.unwrap();
                        let read = session.execute(&select, (k,)).await.unwrap();
                        assert_eq!(read.single_row::<(i32,)>().unwrap(), (3 * k,));
                    }
                })
            })
            .collect();
        Traffic { stop, done, tasks }
    }

    async fn end(self) -> i32 {
        self.stop.store(true, Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.done.load(Relaxed)
    }
}

#[test]
fn a_rolling_restart_fails_no_idempotent_request() {
    breaking(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let statements = statements(db, &session).await;
        let traffic = Traffic::start(&session, &statements);
        // The first is the one of the control connection.
        for node in 1..=2 {
            let node = node.to_string();
            ClusterTool::run(&["stop", &node]).await;
            wait_for_nodes(&session, db.nodes() - 1).await;
            ClusterTool::run(&["start", &node]).await;
            wait_for_all_nodes(db, &session).await;
        }
        let done = traffic.end().await;
        assert!(done > 100, "{done} rows were written and read");
        assert_eq!(session.topology().nodes().len(), db.nodes());
        session.close().await;
    });
}

#[test]
fn a_node_that_is_killed_fails_no_idempotent_request() {
    breaking(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let statements = statements(db, &session).await;
        let traffic = Traffic::start(&session, &statements);
        ClusterTool::run(&["stop", "--kill", "3"]).await;
        wait_for_nodes(&session, db.nodes() - 1).await;
        ClusterTool::run(&["start", "3"]).await;
        wait_for_all_nodes(db, &session).await;
        traffic.end().await;
        session.close().await;
    });
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
