//! Nodes that join and leave.

use crate::traffic::Traffic;
use crate::{breaking, wait_for_all_nodes, wait_for_nodes};
use cql_driver::{Cluster, NodeEvent, NodeEvents};
use cql_tests::{ClusterTool, contact_points};
use std::time::{Duration, Instant};

/// Waits for something that happens to a node.
async fn wait_for(events: &mut NodeEvents, is_it: impl Fn(&NodeEvent) -> bool) {
    let found = async { while !is_it(&events.next().await.unwrap()) {} };
    tokio::time::timeout(Duration::from_secs(60), found).await.expect("it is told");
}

/// Scenario J22, under traffic.
#[test]
fn j22_a_node_that_joins_is_used_and_one_that_leaves_is_not() {
    breaking(async |db| {
        let cluster = Cluster::builder().contact_points(contact_points()).local_datacenter("dc1");
        let session = cluster.build().unwrap().connect().await.unwrap();
        wait_for_all_nodes(db, &session).await;
        let traffic = Traffic::start(db, &session, Some(Duration::from_millis(50))).await;
        traffic.ring_changes();
        let mut events = session.node_events();
        let added = ClusterTool::run(&["add"]).await.trim().to_owned();
        wait_for_nodes(&session, db.nodes() + 1).await;
        assert_eq!(session.topology().nodes().len(), db.nodes() + 1);
        wait_for(&mut events, |event| matches!(event, NodeEvent::Added(_))).await;
        let tokens = |session: &cql_driver::Session| session.topology().ring().len();
        let with_it = tokens(&session);
        ClusterTool::run(&["decommission", &added]).await;
        wait_for_nodes(&session, db.nodes()).await;
        let began = Instant::now();
        while session.topology().nodes().len() > db.nodes() {
            assert!(began.elapsed() < Duration::from_secs(30), "it is still in the topology");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        wait_for(&mut events, |event| matches!(event, NodeEvent::Removed(_))).await;
        assert!(tokens(&session) < with_it);
        let seen = traffic.end().await;
        println!("{} requests, the slowest took {:.2} s", seen.done, seen.slowest.as_secs_f64());
        session.close().await;
    });
}
