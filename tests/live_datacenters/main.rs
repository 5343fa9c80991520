//! The driver against two data centers of two nodes each: which one it uses, and what it does when the local one is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use cql_driver::error::ErrorKind;
use cql_driver::policy::RemoteDatacenters;
use cql_driver::{Cluster, ClusterBuilder, Consistency, ExecutionProfile, PreparedStatement, Session};
use cql_tests::{ClusterTool, contact_points};
use futures::FutureExt;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};

const LOCAL: &[&str] = &["1", "2"];

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static TABLE: OnceCell<()> = OnceCell::const_new();
/// One outage at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Runs a test that has the nodes to itself. It leaves all of them up, also when it fails.
fn datacenters<F: Future<Output = ()>>(test: F) {
    RUNTIME.block_on(async {
        let _alone = ALONE.lock().await;
        TABLE.get_or_init(create_table).await;
        if let Err(panic) = AssertUnwindSafe(test).catch_unwind().await {
            for node in LOCAL {
                // Those that run refuse it.
                let _ = ClusterTool::try_run(&["start", node]).await;
            }
            resume_unwind(panic);
        }
    });
}

async fn create_table() {
    let session = connect(cluster()).await;
    for change in [
        "CREATE KEYSPACE two WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 2, 'dc2': 2}",
        "CREATE TABLE two.t (k int PRIMARY KEY, v int)",
    ] {
        session.execute(change, ()).await.unwrap();
    }
    session.close().await;
}

fn cluster() -> ClusterBuilder {
    // Four small servers on a busy machine take their time over a change of the schema.
    let profile = ExecutionProfile::builder().request_timeout(Duration::from_secs(20)).build().unwrap();
    Cluster::builder().contact_points(contact_points()).local_datacenter("dc1").default_profile(profile)
}

async fn connect(cluster: ClusterBuilder) -> Session {
    cluster.build().unwrap().connect().await.unwrap()
}

async fn insert_at(session: &Session, consistency: Consistency) -> PreparedStatement {
    let insert = session.prepare("INSERT INTO two.t (k, v) VALUES (?, ?)").await.unwrap();
    insert.with_consistency(consistency).with_idempotent(true)
}

/// Writes rows; the data centers whose nodes took them.
async fn write(session: &Session, insert: &PreparedStatement) -> Result<BTreeSet<String>, cql_driver::Error> {
    let mut seen = BTreeSet::new();
    for key in 0..64 {
        let coordinator = session.execute(insert, (key, 1)).await?.coordinator();
        let topology = session.topology();
        let node = topology.nodes().iter().find(|node| node.address() == coordinator);
        seen.insert(node.unwrap().datacenter().to_string());
    }
    Ok(seen)
}

async fn lose_local() {
    for node in LOCAL {
        ClusterTool::run(&["stop", "--kill", node]).await;
    }
}

/// Brings the nodes back and waits until only they are used.
async fn bring_back_local(session: &Session, insert: &PreparedStatement) {
    for node in LOCAL {
        ClusterTool::run(&["start", node]).await;
    }
    let back = Instant::now();
    loop {
        match write(session, insert).await {
            Ok(seen) if seen == names(&["dc1"]) => break,
            // For some seconds the nodes hold each other down.
            told => assert!(back.elapsed() < Duration::from_secs(60), "{told:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("the local data center is used again after {:.1} s", back.elapsed().as_secs_f64());
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn only_the_local_one_is_used_while_it_is_there() {
    datacenters(async {
        for local in ["dc1", "dc2"] {
            let session = connect(cluster().local_datacenter(local)).await;
            for consistency in [Consistency::One, Consistency::LocalQuorum, Consistency::EachQuorum] {
                let insert = insert_at(&session, consistency).await;
                assert_eq!(write(&session, &insert).await.unwrap(), names(&[local]), "{consistency}");
            }
            session.close().await;
        }
    });
}

#[test]
fn a_local_one_that_the_cluster_does_not_have_is_told() {
    datacenters(async {
        let error = cluster().local_datacenter("dc9").build().unwrap().connect().await.unwrap_err();
        let told = error.to_string();
        assert!(told.contains("dc9") && told.contains("dc1") && told.contains("dc2"), "{told}");
    });
}

#[test]
fn with_fail_over_its_loss_fails_nothing() {
    datacenters(async {
        let remote = RemoteDatacenters::all().also_at_local_levels();
        let session = connect(cluster().remote_datacenters(remote)).await;
        let insert = insert_at(&session, Consistency::LocalQuorum).await;
        assert_eq!(write(&session, &insert).await.unwrap(), names(&["dc1"]));
        // It goes on all the time.
        let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
        let traffic = tokio::spawn({
            let (session, insert) = (session.clone(), insert.clone());
            async move {
                let (mut seen, mut slowest) = (BTreeSet::new(), Duration::ZERO);
                while stopped.try_recv().is_err() {
                    let began = Instant::now();
                    seen.append(&mut write(&session, &insert).await.unwrap());
                    slowest = slowest.max(began.elapsed());
                }
                (seen, slowest)
            }
        });
        lose_local().await;
        let began = Instant::now();
        while write(&session, &insert).await.unwrap() != names(&["dc2"]) {
            assert!(began.elapsed() < Duration::from_secs(30), "lost nodes still answer");
        }
        stop.send(()).unwrap();
        let (seen, slowest) = traffic.await.unwrap();
        println!("64 writes in a row took {:.2} s at most", slowest.as_secs_f64());
        assert_eq!(seen, names(&["dc1", "dc2"]));
        bring_back_local(&session, &insert).await;
        session.close().await;
    });
}

#[test]
fn without_fail_over_its_loss_is_told_at_once() {
    datacenters(async {
        let none = connect(cluster().remote_datacenters(RemoteDatacenters::none())).await;
        let by_default = connect(cluster()).await;
        let one = insert_at(&none, Consistency::One).await;
        let local = insert_at(&by_default, Consistency::LocalQuorum).await;
        let any = insert_at(&by_default, Consistency::One).await;
        lose_local().await;
        // Not even at a level that any node could give.
        expect_no_node(&none, &one).await;
        // Remote nodes take what does not ask for the local data center, and nothing else.
        expect_no_node(&by_default, &local).await;
        assert_eq!(write(&by_default, &any).await.unwrap(), names(&["dc2"]));
        bring_back_local(&none, &one).await;
        bring_back_only(&by_default, &local).await;
        none.close().await;
        by_default.close().await;
    });
}

/// Requests fail, typed, by a node's name, and long before their timeout.
async fn expect_no_node(session: &Session, insert: &PreparedStatement) {
    let began = Instant::now();
    let error = loop {
        match write(session, insert).await {
            Err(error) => break error,
            Ok(_) => assert!(began.elapsed() < Duration::from_secs(30), "lost nodes still answer"),
        }
    };
    let began = Instant::now();
    let error = match session.execute(insert, (1, 1)).await {
        Err(error) => error,
        Ok(result) => panic!("{} answered after {error}", result.coordinator()),
    };
    assert!(matches!(error.kind(), ErrorKind::NoNodeAvailable), "{error}");
    assert!(!error.attempts().is_empty(), "{error}");
    assert!(began.elapsed() < Duration::from_secs(1), "told after {:?}", began.elapsed());
}

/// As [`bring_back_local`], with the nodes up already.
async fn bring_back_only(session: &Session, insert: &PreparedStatement) {
    let back = Instant::now();
    while write(session, insert).await.ok() != Some(names(&["dc1"])) {
        assert!(back.elapsed() < Duration::from_secs(60), "not used again");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
