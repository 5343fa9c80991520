//! The driver against three nodes: routing, and nodes that stop, start, come and go.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod faults;
mod membership;
mod restarts;
mod routing;
mod schema;
mod traffic;

use cql_driver::{QueryResult, Session, Statement};
use cql_tests::{ClusterTool, Database, live};
use futures::FutureExt;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::time::{Duration, Instant};
use tokio::sync::RwLock;

/// Read by tests that need every node, written by those that stop some.
static WHOLE: RwLock<()> = RwLock::const_new(());

/// Runs a test while all nodes are up.
fn whole<F: AsyncFnOnce(&'static Database)>(test: F) {
    live(async |db| {
        assert!(db.nodes() >= 3, "three nodes are needed: dev/cluster run --nodes 3");
        let _whole = WHOLE.read().await;
        wait_for_all_nodes(db, db.session()).await;
        test(db).await;
    });
}

/// Runs a test that has the nodes to itself. It leaves all of them up, also when it fails.
fn breaking<F: AsyncFnOnce(&'static Database)>(test: F) {
    live(async |db| {
        assert!(db.nodes() >= 3, "three nodes are needed: dev/cluster run --nodes 3");
        let _broken = WHOLE.write().await;
        wait_for_all_nodes(db, db.session()).await;
        if let Err(panic) = AssertUnwindSafe(test(db)).catch_unwind().await {
            for node in 1..=db.nodes() {
                // Those that run refuse it.
                let _ = ClusterTool::try_run(&["start", &node.to_string()]).await;
            }
            resume_unwind(panic);
        }
    });
}

const ASK: &str = "SELECT key FROM system.local";

async fn ask(session: &Session) -> SocketAddr {
    let ask = Statement::new(ASK).with_idempotent(true);
    session.execute(&ask, ()).await.unwrap().coordinator()
}

/// Asks until as many nodes have answered as there should be.
async fn wait_for_nodes(session: &Session, count: usize) {
    let began = Instant::now();
    loop {
        let mut seen = HashSet::new();
        for _ in 0..4 * count {
            seen.insert(ask(session).await);
        }
        if seen.len() == count {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "{seen:?} of {count} nodes answer");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn wait_for_all_nodes(db: &Database, session: &Session) {
    wait_for_nodes(session, db.nodes()).await;
}

fn coordinators(results: &[QueryResult]) -> HashSet<SocketAddr> {
    results.iter().map(QueryResult::coordinator).collect()
}
