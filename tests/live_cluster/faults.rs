//! Faults of nodes under traffic: nothing fails, nothing is lost, and the node is used again.
//!
//! Each fault lasts some seconds here, and as long as `dev/faults --seconds` says there.

use crate::traffic::{HABITS_TAKE_HOLD, Seen, Traffic};
use crate::{ask, breaking, wait_for_all_nodes, wait_for_nodes};
use cql_driver::{Cluster, Session};
use cql_tests::{ClusterTool, Database, contact_points, environment};
use std::time::{Duration, Instant};

/// Between two requests of a task where throughput is no matter: it leaves the machine time to start nodes.
const PACE: Duration = Duration::from_millis(50);

/// Default settings, under a name by which the servers know it.
async fn session(name: &str) -> Session {
    let cluster = Cluster::builder().contact_points(contact_points()).local_datacenter("dc1");
    cluster.application(name, "1").build().unwrap().connect().await.unwrap()
}

/// How long a fault lasts.
fn seconds(short: u64) -> Duration {
    let long = environment("CQL_FAULT_SECONDS").and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(long.unwrap_or(short))
}

/// Without a pace for the long run, where it is about load.
fn pace() -> Option<Duration> {
    environment("CQL_FAULT_SECONDS").is_none().then_some(PACE)
}

/// Traffic, a fault of a node for a while, its end, and the time until the node is used again.
async fn with_fault(db: &Database, name: &str, node: &str, fault: &[&str], cure: &[&str], lasts: Duration) {
    let session = session(name).await;
    wait_for_all_nodes(db, &session).await;
    let traffic = Traffic::start(db, &session, pace()).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    ClusterTool::run(&[fault, &[node]].concat()).await;
    tokio::time::sleep(lasts).await;
    ClusterTool::run(&[cure, &[node]].concat()).await;
    let cured = Instant::now();
    wait_for_all_nodes(db, &session).await;
    let until_used = cured.elapsed();
    report(name, traffic.end().await);
    println!("  used again {:.1} s after it was back", until_used.as_secs_f64());
    assert!(until_used < Duration::from_secs(30), "used again only after {until_used:?}");
    session.close().await;
}

fn report(name: &str, seen: Seen) {
    println!("{name}: {} requests, the slowest took {:.2} s", seen.done, seen.slowest.as_secs_f64());
    assert!(seen.done > 1000, "{seen:?}");
    // The request timeout, and how late a busy machine may be to notice it.
    assert!(seen.slowest < Duration::from_secs(11), "{seen:?}");
}

#[test]
fn a_node_that_stops_fails_nothing() {
    breaking(async |db| with_fault(db, "fault_stop", "2", &["stop"], &["start"], seconds(5)).await);
}

#[test]
fn a_node_that_loses_power_fails_nothing() {
    breaking(async |db| with_fault(db, "fault_kill", "3", &["stop", "--kill"], &["start"], seconds(5)).await);
}

#[test]
fn the_node_of_the_control_connection_fails_nothing_when_killed() {
    breaking(async |db| {
        let name = "fault_control";
        let session = session(name).await;
        wait_for_all_nodes(db, &session).await;
        let node = control_node(db, name).await.to_string();
        let traffic = Traffic::start(db, &session, pace()).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        ClusterTool::run(&["stop", "--kill", &node]).await;
        tokio::time::sleep(seconds(5)).await;
        wait_for_nodes(&session, db.nodes() - 1).await;
        ClusterTool::run(&["start", &node]).await;
        wait_for_all_nodes(db, &session).await;
        // Another node is asked for the topology now.
        let began = Instant::now();
        while control_node(db, name).await.to_string() == node {
            assert!(began.elapsed() < Duration::from_secs(10), "the control connection was not replaced");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        report(name, traffic.end().await);
        session.close().await;
    });
}

/// The node with one connection of the session more than the others, by what the nodes tell of their clients.
async fn control_node(db: &Database, name: &str) -> usize {
    let mut connections = Vec::new();
    for node in 1..=db.nodes() {
        let told = ClusterTool::cql(node, "SELECT to_json(client_options) FROM system_views.clients").await;
        connections.push(told.matches(name).count());
    }
    let most = connections.iter().max().unwrap();
    assert_eq!(connections.iter().filter(|count| *count == most).count(), 1, "{connections:?}");
    connections.iter().position(|count| count == most).unwrap() + 1
}

#[test]
fn nodes_that_restart_one_after_the_other_fail_nothing() {
    breaking(async |db| {
        let session = session("fault_rolling").await;
        wait_for_all_nodes(db, &session).await;
        let traffic = Traffic::start(db, &session, pace()).await;
        for node in 1..=db.nodes() {
            let node = node.to_string();
            ClusterTool::run(&["stop", &node]).await;
            ClusterTool::run(&["start", &node]).await;
            wait_for_all_nodes(db, &session).await;
        }
        report("fault_rolling", traffic.end().await);
        assert_eq!(session.topology().nodes().len(), db.nodes());
        session.close().await;
    });
}

/// A frozen node takes connections and says nothing; its peers call it down after some 20 seconds only.
#[test]
fn a_node_that_is_paused_fails_nothing_and_takes_no_more_than_half_of_the_throughput() {
    breaking(async |db| {
        let session = session("fault_pause").await;
        wait_for_all_nodes(db, &session).await;
        let traffic = Traffic::start(db, &session, None).await;
        // An earlier test may have started nodes again; and the servers' own compilers are busy at first.
        tokio::time::sleep(HABITS_TAKE_HOLD).await;
        let paused = traffic.elapsed();
        traffic.take_slowest();
        ClusterTool::run(&["pause", "3"]).await;
        tokio::time::sleep(seconds(14)).await;
        let resumed = traffic.elapsed();
        let slowest = traffic.take_slowest();
        ClusterTool::run(&["resume", "3"]).await;
        let back = Instant::now();
        wait_for_all_nodes(db, &session).await;
        let until_used = back.elapsed();
        let before = traffic.rate(paused.saturating_sub(Duration::from_secs(3))..paused);
        let during = traffic.rate(paused..resumed);
        let worst = (0..resumed.as_secs() - paused.as_secs())
            .map(|second| paused + Duration::from_secs(second))
            .map(|from| traffic.rate(from..from + Duration::from_secs(1)))
            .fold(f64::INFINITY, f64::min);
        println!(
            "fault_pause: {before:.0}/s before, {during:.0}/s while paused, {worst:.0}/s in its worst second"
        );
        println!("  while paused the slowest took {:.2} s", slowest.as_secs_f64());
        println!("  used again {:.1} s after it went on", until_used.as_secs_f64());
        report("fault_pause", traffic.end().await);
        assert!(during >= before / 2.0, "{during:.0}/s of {before:.0}/s");
        // After 2 s they are sent to another node as well; the silent one is dead after 6 s only.
        assert!(slowest < Duration::from_secs(5), "waited for the silent node: {slowest:?}");
        assert!(until_used < Duration::from_secs(30), "used again only after {until_used:?}");
        ask(&session).await;
        session.close().await;
    });
}
