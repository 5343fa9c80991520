//! Three real nodes, one of which is stopped, killed or frozen at a time: at QUORUM nothing may fail but a read of the
//! whole ring for which a node waits in vain.

use crate::load::{Load, TIMEOUT_OF_PAGES};
use crate::record;
use crate::samples::{Recorder, tasks};
use cql_driver::{Consistency, ExecutionProfile, Session};
use cql_tests::{ClusterTool, Database};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Leaves the machine time to start nodes.
const PACE: Duration = Duration::from_millis(20);
const FAULTS: [(&[&str], &str); 3] =
    [(&["stop"], "start"), (&["pause"], "resume"), (&["stop", "--kill"], "start")];
const REPLICAS: usize = 3;

pub(crate) async fn soak(db: &Database, lasts: Duration, folder: &Path) {
    assert!(db.nodes() >= REPLICAS, "three nodes are needed: dev/cluster run --nodes 3");
    let keyspace = db.own_keyspace("soak", REPLICAS).await;
    let table = format!("{keyspace}.t");
    db.alter(&format!("CREATE TABLE IF NOT EXISTS {table} (id int PRIMARY KEY, v int)")).await;
    let profile = ExecutionProfile::builder().consistency(Consistency::Quorum).build().unwrap();
    let cluster = db.builder().default_profile(profile).build().unwrap();

    let load = Load::new(cluster.connect().await.unwrap(), &table).await;
    used(load.session(), db.nodes()).await;
    let recorder = record("cassandra", folder, lasts, &load);
    let running = load.start(PACE);
    let fault_lasts = (lasts / 40).clamp(Duration::from_secs(5), Duration::from_secs(30));
    // Servers compile what they run often; a rest before is not like those after it.
    sleep(fault_lasts).await;
    rest(&load, &recorder).await;
    for turn in 0.. {
        if turn >= 2 && recorder.elapsed() >= lasts {
            break;
        }
        let node = (turn % db.nodes() + 1).to_string();
        let (fault, cure) = FAULTS[turn % FAULTS.len()];
        ClusterTool::run(&[fault, &[&node]].concat()).await;
        sleep(fault_lasts).await;
        ClusterTool::run(&[cure, &node]).await;
        used(load.session(), db.nodes()).await;
        rest(&load, &recorder).await;
    }
    load.end(running).await;

    let samples = recorder.end().await;
    let kept = load.nothing_is_lost().await;
    load.session().close().await;
    samples.check();
    println!("  {kept} rows written and read back");
    let mut failed = load.counts.failed();
    failed.remove(TIMEOUT_OF_PAGES);
    assert!(failed.is_empty(), "calls failed: {failed:?}, such as {:?}", load.counts.failures());
}

/// Waits until each node has all its connections.
async fn used(session: &Session, nodes: usize) {
    let began = Instant::now();
    loop {
        let statuses = session.node_statuses();
        if statuses.len() == nodes && statuses.iter().all(|it| it.connections.len() == it.wanted) {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(90), "{statuses:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn rest(load: &Arc<Load>, recorder: &Recorder) {
    let resting = load.rest().await;
    load.all_succeed().await;
    let (mut same, mut last) = (0, 0);
    let began = Instant::now();
    while same < 10 && began.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(100)).await;
        (same, last) = (if tasks() == last { same + 1 } else { 0 }, tasks());
    }
    recorder.note_rest();
    drop(resting);
}
