//! Connections that cannot be: each ends in a clear error in its time.

use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::{Cluster, Error};
use cql_tests::{contact_points, live};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

const BUDGET: Duration = Duration::from_millis(800);
/// For a busy machine.
const SLACK: Duration = Duration::from_millis(700);

/// An address of this machine where nobody listens.
async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A server that does `what` with each connection.
async fn server(what: fn(TcpStream) -> Option<TcpStream>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.extend(what(stream));
        }
    });
    address
}

async fn refused(points: &[String]) -> Error {
    let cluster = Cluster::builder().contact_points(points).connect_timeout(BUDGET).build().unwrap();
    let began = Instant::now();
    let error = cluster.connect().await.unwrap_err();
    let budget = BUDGET * u32::try_from(points.len()).unwrap() + SLACK;
    assert!(began.elapsed() < budget, "{:?}: {error}", began.elapsed());
    for point in points {
        assert!(error.to_string().contains(point), "`{error}` does not name {point}");
    }
    error
}

fn causes(error: &Error) -> Vec<&ConnectCause> {
    match error.kind() {
        ErrorKind::Connect(errors) => errors.iter().map(|error| &error.cause).collect(),
        other => panic!("{other:?}"),
    }
}

/// Scenario J1.
#[test]
fn j1_a_port_nobody_listens_on_is_told_at_once() {
    live(async |_| {
        let points = [nobody().await, nobody().await];
        let error = refused(&points).await;
        assert!(causes(&error).iter().all(|cause| matches!(cause, ConnectCause::Io(_))), "{error:?}");
        assert!(error.to_string().contains("refused"), "{error}");
    });
}

#[test]
fn a_server_that_closes_at_once_is_told() {
    live(async |_| {
        let error = refused(&[server(|_| None).await]).await;
        let cause = causes(&error)[0];
        assert!(matches!(cause, ConnectCause::ClosedByPeer { .. } | ConnectCause::Io(_)), "{error:?}");
    });
}

#[test]
fn a_server_that_says_nothing_costs_the_budget_and_no_more() {
    live(async |_| {
        let error = refused(&[server(Some).await]).await;
        assert!(matches!(causes(&error)[0], ConnectCause::TimedOut { .. }), "{error:?}");
        assert!(error.to_string().contains("800ms"), "{error}");
    });
}

#[test]
fn a_server_that_speaks_something_else_is_told() {
    live(async |_| {
        let address = server(|stream| {
            let _ = stream.try_write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
            Some(stream)
        });
        let error = refused(&[address.await]).await;
        assert!(matches!(causes(&error)[0], ConnectCause::Frame(_)), "{error:?}");
    });
}

#[test]
fn a_name_that_does_not_resolve_is_told() {
    live(async |_| {
        let cluster =
            Cluster::builder().contact_points(["no-such-host.invalid:9042"]).connect_timeout(BUDGET);
        let error = cluster.build().unwrap().connect().await.unwrap_err();
        assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
    });
}

/// Scenario J4.
#[test]
fn j4_contact_points_that_are_nobody_do_no_harm_beside_a_good_one() {
    live(async |db| {
        let mut points = vec![nobody().await, server(|_| None).await];
        points.extend(contact_points());
        let cluster = Cluster::builder().contact_points(&points).connect_timeout(Duration::from_secs(5));
        let session = cluster.build().unwrap().connect().await.unwrap();
        assert_eq!(session.topology().nodes().len(), db.nodes());
        session.execute("SELECT key FROM system.local", ()).await.unwrap();
        session.close().await;
    });
}

/// Scenario J5.
#[test]
fn j5_a_keyspace_that_does_not_exist_is_told() {
    live(async |db| {
        let cluster = db.builder().build().unwrap();
        let began = Instant::now();
        let error = cluster.connect_keyspace("no_such_ks").await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        assert!(error.to_string().contains("no_such_ks"), "{error}");
        assert!(matches!(causes(&error)[0], ConnectCause::Keyspace { .. }), "{error:?}");
        // The cluster is as good as before.
        let session = cluster.connect_keyspace(db.keyspace()).await.unwrap();
        assert_eq!(session.keyspace().as_deref(), Some(db.keyspace()));
        session.close().await;
    });
}

#[test]
fn a_data_center_that_does_not_exist_is_told_with_those_that_do() {
    live(async |_| {
        let cluster = Cluster::builder().contact_points(contact_points()).local_datacenter("dc9");
        let error = cluster.build().unwrap().connect().await.unwrap_err();
        assert!(error.to_string().contains("dc9") && error.to_string().contains("dc1"), "{error}");
    });
}

#[test]
fn many_sessions_of_one_cluster_share_its_control_connection() {
    live(async |db| {
        let cluster = db.builder().build().unwrap();
        let first = cluster.connect().await.unwrap();
        let second = cluster.connect().await.unwrap();
        first.close().await;
        second.execute("SELECT key FROM system.local", ()).await.unwrap();
        second.close().await;
        let third = cluster.connect().await.unwrap();
        third.execute("SELECT key FROM system.local", ()).await.unwrap();
        third.close().await;
    });
}

#[test]
fn a_connect_that_is_given_up_leaves_nothing_behind() {
    live(async |db| {
        for milliseconds in 0..10 {
            let cluster = db.builder().build().unwrap();
            let _ = tokio::time::timeout(Duration::from_millis(milliseconds), cluster.connect()).await;
        }
        db.execute("SELECT key FROM system.local").await;
    });
}
