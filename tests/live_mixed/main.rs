//! The driver against nodes of two releases, as in the midst of an upgrade: 3.11, which speaks v4, and 4.1, which speaks v5.
//!
//! The nodes know tables of the system that the others do not have, and they never agree on the schema.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use cql_driver::{Cluster, Consistency, ProtocolVersion, Session};
use cql_tests::{ClusterTool, contact_points};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

/// The last of three nodes becomes one of this release.
const UPGRADED: (&str, &str) = ("3", "4.1");

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static UPGRADE: OnceCell<()> = OnceCell::const_new();

/// Runs a test on the mixed cluster. The tables are made before the upgrade: a cluster in the midst of one has none made.
fn mixed<F: Future<Output = ()>>(test: F) {
    RUNTIME.block_on(async {
        UPGRADE.get_or_init(upgrade).await;
        test.await;
    });
}

async fn upgrade() {
    let session = connect(&contact_points()).await;
    for change in [
        "CREATE KEYSPACE mixed WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}",
        "CREATE TABLE mixed.t (k int PRIMARY KEY, v text)",
    ] {
        session.execute(change, ()).await.unwrap();
    }
    session.close().await;
    let (node, version) = UPGRADED;
    ClusterTool::run(&["stop", node]).await;
    ClusterTool::run(&["start", node, "--version", version]).await;
}

async fn connect(points: &[String]) -> Session {
    let cluster = Cluster::builder().contact_points(points.to_vec()).local_datacenter("dc1").build().unwrap();
    cluster.connect().await.unwrap()
}

/// All three nodes answer, and rows written through one are read through the others.
async fn all_of_it_works(session: &Session, from: i32) {
    let at = |statement: cql_driver::PreparedStatement| {
        statement.with_consistency(Consistency::All).with_idempotent(true)
    };
    let insert = at(session.prepare("INSERT INTO mixed.t (k, v) VALUES (?, ?)").await.unwrap());
    let select = at(session.prepare("SELECT v FROM mixed.t WHERE k = ?").await.unwrap());
    let mut seen: HashSet<SocketAddr> = HashSet::new();
    let began = Instant::now();
    while seen.len() < contact_points().len() {
        assert!(began.elapsed() < Duration::from_secs(30), "only {seen:?} answer");
        for k in from..from + 30 {
            let value = format!("row {k}");
            seen.insert(session.execute(&insert, (k, &value)).await.unwrap().coordinator());
            let read = session.execute(&select, (k,)).await.unwrap();
            assert_eq!(read.single_row::<(&str,)>().unwrap(), (value.as_str(),));
            seen.insert(read.coordinator());
        }
    }
}

/// Scenario J7, on real nodes: the session speaks what all nodes speak.
#[test]
fn j7_nodes_of_two_releases_are_reached_through_the_older_one() {
    mixed(async {
        let session = connect(&contact_points()[..1]).await;
        assert_eq!(session.protocol_version(), ProtocolVersion::V4);
        all_of_it_works(&session, 0).await;
        session.close().await;
    });
}

/// Scenario J7, on real nodes: a first answer in v5 is no promise of the other nodes.
#[test]
fn j7_nodes_of_two_releases_are_reached_through_the_newer_one() {
    mixed(async {
        let session = connect(&contact_points()[2..]).await;
        assert_eq!(session.protocol_version(), ProtocolVersion::V4);
        all_of_it_works(&session, 1000).await;
        session.close().await;
    });
}
