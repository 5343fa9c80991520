//! The driver against three nodes: routing, and nodes that stop, start, come and go.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod membership;
mod restarts;
mod routing;
mod schema;

use cql_driver::{QueryResult, Session};
use cql_tests::{Database, live};
use std::collections::HashSet;
use std::net::SocketAddr;
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

/// Runs a test that has the nodes to itself. It leaves all of them up.
fn breaking<F: AsyncFnOnce(&'static Database)>(test: F) {
    live(async |db| {
        assert!(db.nodes() >= 3, "three nodes are needed: dev/cluster run --nodes 3");
        let _broken = WHOLE.write().await;
        wait_for_all_nodes(db, db.session()).await;
        test(db).await;
    });
}

const ASK: &str = "SELECT key FROM system.local";

/// Asks until as many nodes have answered as there should be.
async fn wait_for_nodes(session: &Session, count: usize) {
    let began = Instant::now();
    loop {
        let mut seen = HashSet::new();
        for _ in 0..4 * count {
            seen.insert(session.execute(ASK, ()).await.unwrap().coordinator());
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
