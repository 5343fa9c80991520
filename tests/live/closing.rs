//! Closing a session: what was accepted completes, nothing else begins, nothing stays.

use cql_driver::error::ErrorKind;
use cql_tests::{alone, contact_points, live};
use futures::{FutureExt, StreamExt};
use std::fs;

#[test]
fn what_is_in_flight_completes_and_nothing_begins_afterwards() {
    live(async |db| {
        let table = db.rows_table().await;
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let text = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)");
        let insert = session.prepare(&text).await.unwrap();
        let in_flight: Vec<_> = (0..200)
            .map(|id| {
                let (session, insert) = (session.clone(), insert.clone());
                let mut request =
                    Box::pin(async move { session.execute(&insert, ("closing", id, id)).await.map(|_| ()) });
                // The first poll sends it.
                assert!((&mut request).now_or_never().is_none());
                request
            })
            .collect();
        let clone = session.clone();
        let (results, ()) = tokio::join!(futures::future::join_all(in_flight), session.close());
        for result in results {
            result.unwrap();
        }
        let (count,): (i64,) = db.row(&format!("SELECT count(*) FROM {table} WHERE key = 'closing'")).await;
        assert_eq!(count, 200);

        for session in [&session, &clone] {
            let closed = |error: &cql_driver::Error| matches!(error.kind(), ErrorKind::Closed);
            let error = session.execute(&insert, ("closed", 1, 1)).await.unwrap_err();
            assert!(closed(&error) && !error.was_sent(), "{error:?}");
            let error = session.execute("SELECT key FROM system.local", ()).await.unwrap_err();
            assert!(closed(&error), "{error:?}");
            let error = session.prepare("SELECT host_id FROM system.local").await.unwrap_err();
            assert!(closed(&error), "{error:?}");
            let values = [("closed", 1, 1), ("closed", 2, 2)];
            let results = session.execute_concurrent(&insert, values).collect().await;
            assert!(results.iter().all(|result| closed(result.as_ref().unwrap_err())), "{results:?}");
            let mut stream = session.stream::<(String,)>("SELECT key FROM system.local", ()).unwrap();
            assert!(closed(&stream.next().await.unwrap().unwrap_err()));
            session.close().await;
        }
    });
}

/// The sockets of this process that are connected to a node.
fn sockets() -> usize {
    let ports: Vec<u16> =
        contact_points().iter().map(|point| point.rsplit(':').next().unwrap().parse().unwrap()).collect();
    let mine: Vec<String> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned))
        .collect();
    let of_a_node = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let port = fields.get(2)?.rsplit(':').next()?;
        let port = u16::from_str_radix(port, 16).ok()?;
        Some(ports.contains(&port) && mine.iter().any(|inode| inode == fields[9]))
    };
    let tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"]
        .map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1)).filter(|line| of_a_node(line) == Some(true)).count()
}

#[test]
#[cfg(target_os = "linux")]
fn no_socket_and_no_task_is_left() {
    alone("closing::no_socket_and_no_task_is_left", async {
        let handle = tokio::runtime::Handle::current();
        assert_eq!((sockets(), handle.metrics().num_alive_tasks()), (0, 0));
        for keyspace in [None, Some("system")] {
            let cluster = cql_tests::cluster_builder().build().unwrap();
            let session = match keyspace {
                Some(keyspace) => cluster.connect_keyspace(keyspace).await.unwrap(),
                None => cluster.connect().await.unwrap(),
            };
            let other = cluster.connect().await.unwrap();
            assert!(sockets() >= 3, "{} sockets", sockets());
            let requests = (0..100).map(|_| session.execute("SELECT * FROM system.local", ()));
            for result in futures::future::join_all(requests).await {
                result.unwrap();
            }
            session.close().await;
            other.close().await;
            // What ends with the last owner of the cluster ends by its own.
            drop((session, other, cluster));
            assert_eq!((sockets(), handle.metrics().num_alive_tasks()), (0, 0));
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_session_that_is_dropped_ends_as_well() {
    alone("closing::a_session_that_is_dropped_ends_as_well", async {
        let handle = tokio::runtime::Handle::current();
        for _ in 0..10 {
            let session = cql_tests::cluster_builder().build().unwrap().connect().await.unwrap();
            session.execute("SELECT key FROM system.local", ()).await.unwrap();
        }
        let began = std::time::Instant::now();
        while sockets() + handle.metrics().num_alive_tasks() > 0 {
            assert!(began.elapsed().as_secs() < 5, "{} sockets are left", sockets());
            tokio::task::yield_now().await;
        }
    });
}
