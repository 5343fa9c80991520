//! Nodes that join and leave.

use crate::{breaking, wait_for_nodes};
use cql_tests::ClusterTool;
use std::time::{Duration, Instant};

/// Scenario J22.
#[test]
fn j22_a_node_that_joins_is_used_and_one_that_leaves_is_not() {
    breaking(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let added = ClusterTool::run(&["add"]).await.trim().to_owned();
        wait_for_nodes(&session, db.nodes() + 1).await;
        assert_eq!(session.topology().nodes().len(), db.nodes() + 1);
        let tokens = |session: &cql_driver::Session| session.topology().ring().len();
        let with_it = tokens(&session);
        ClusterTool::run(&["decommission", &added]).await;
        wait_for_nodes(&session, db.nodes()).await;
        let began = Instant::now();
        while session.topology().nodes().len() > db.nodes() {
            assert!(began.elapsed() < Duration::from_secs(30), "it is still in the topology");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(tokens(&session) < with_it);
        session.close().await;
    });
}
