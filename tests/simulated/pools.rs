//! Connections to each node: how many there are, what happens to them, and what is told of it.

use crate::support::{
    INSERT, InOrder, SELECT, backoff, driver, echo, ms, nodes, one, session, session_of, settle, simulate,
    try_session,
};
use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::policy::{ConstantReconnection, NeverRetry};
use cql_driver::{ExecutionProfile, NodeEvent, NodeEvents, Session};
use cql_testkit::{Node, Opcode, Prime, Reply, Rows, SimCluster};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

const HOUR: Duration = Duration::from_secs(3600);

/// How many of its connections each node has open, as the session sees it.
fn open(session: &Session) -> Vec<usize> {
    session.node_statuses().iter().map(|status| status.connections.len()).collect()
}

/// What was told of nodes since it was last asked, in words.
async fn told(events: &mut NodeEvents) -> Vec<String> {
    let mut told = Vec::new();
    while let Ok(Some(event)) = tokio::time::timeout(ms(1), events.next()).await {
        told.push(match event {
            NodeEvent::Added(node) => format!("added {}", node.address().ip()),
            NodeEvent::Removed(node) => format!("removed {}", node.address().ip()),
            NodeEvent::Moved { before, now } => {
                format!("moved {} {}", before.address().ip(), now.address().ip())
            }
            NodeEvent::Up(node) => format!("up {}", node.address().ip()),
            NodeEvent::Down(node) => format!("down {}", node.address().ip()),
            NodeEvent::ConnectFailed(..) => continue,
            other => format!("{other:?}"),
        });
    }
    told
}

/// The connections of a node, the oldest first: on the first contact point that is the control connection.
fn by_age(node: &Node) -> Vec<cql_testkit::Connection> {
    let mut connections = node.connections();
    connections.sort_by_key(|connection| connection.id());
    connections
}

// J13: so many connections to each node, and one more for control.
#[test]
fn j13_each_node_has_its_connections_and_one_has_control_beside_them() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim).connections_per_node(2)).await;
        sim.wait_for_connections(5).await;
        let mut counts: Vec<usize> = sim.nodes().iter().map(Node::connection_count).collect();
        counts.sort_unstable();
        assert_eq!(counts, [2, 3]);
        assert_eq!(open(&session), [2, 2]);
        session.close().await;
        settle().await;
        assert_eq!(sim.connection_count(), 0);
    });
}

// J14: a node with one of two connections left is up, and the other is tried again.
#[test]
fn j14_one_of_two_connections_lost_is_no_node_lost() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session =
            session_of(driver(&sim).connections_per_node(2).reconnection(backoff(ms(500), ms(500)))).await;
        sim.wait_for_connections(5).await;
        let mut events = session.node_events();
        // The second contact point has no control connection.
        let node = sim.node(1);
        assert_eq!(node.connection_count(), 2);
        node.refuse().await;
        by_age(&node)[0].close();
        tokio::time::sleep(ms(3000)).await;
        let status =
            session.node_statuses().into_iter().find(|status| status.node.address() == node.address());
        let status = status.unwrap();
        assert_eq!((status.connections.len(), status.wanted), (1, 2));
        assert!(status.is_up() && status.is_reconnecting() && status.failure.is_some());
        assert_eq!(told(&mut events).await, [""; 0]);
        // And when it listens again, both are there.
        node.start().await.unwrap();
        tokio::time::sleep(ms(1000)).await;
        assert_eq!(open(&session), [2, 2]);
        assert_eq!(told(&mut events).await, [""; 0]);
    });
}

// J16: letters changed. Up and down is what requests can reach, so that the control connection does not count.
#[test]
fn j16_a_node_without_connections_is_down_and_control_moves_when_it_loses_its_own() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session =
            session_of(driver(&sim).connections_per_node(2).reconnection(backoff(HOUR, HOUR))).await;
        sim.wait_for_connections(5).await;
        let mut events = session.node_events();
        let node = sim.node(0);
        assert_eq!(node.connection_count(), 3, "the first contact point has control");
        let connections = by_age(&node);
        node.refuse().await;
        for connection in &connections[1..] {
            connection.close();
        }
        tokio::time::sleep(ms(100)).await;
        assert_eq!(told(&mut events).await, ["down 10.0.0.1"]);
        assert_eq!(open(&session), [0, 2]);
        connections[0].close();
        tokio::time::sleep(ms(1000)).await;
        // Two pooled ones, and control.
        assert_eq!(sim.node(1).connection_count(), 3);
        assert_eq!(told(&mut events).await, [""; 0]);
    });
}

#[test]
fn up_and_down_are_told_once_each_and_in_order() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session =
            session_of(driver(&sim).connections_per_node(3).reconnection(backoff(ms(100), ms(100)))).await;
        let mut events = session.node_events();
        for _ in 0..20 {
            sim.node(1).stop().await;
            tokio::time::sleep(ms(500)).await;
            sim.node(1).start().await.unwrap();
            tokio::time::sleep(ms(1500)).await;
            assert_eq!(told(&mut events).await, ["down 10.0.0.2", "up 10.0.0.2"]);
        }
        session.close().await;
        drop(session);
        assert_eq!(told(&mut events).await, [""; 0], "closing is no news");
        assert!(events.next().await.is_none());
    });
}

// J20: grows without dropping requests, and shrinks when they are done.
#[test]
fn j20_pools_grow_and_shrink_under_load() {
    grow_and_shrink(ExecutionProfile::default());
    // Policies keep an account of the nodes that were tried.
    grow_and_shrink(ExecutionProfile::builder().retry(NeverRetry).build().unwrap());
    grow_and_shrink(ExecutionProfile::builder().load_balancing(InOrder).build().unwrap());
}

fn grow_and_shrink(profile: ExecutionProfile) {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(one(7).after(ms(50))));
        let session = session_of(driver(&sim).default_profile(profile).max_requests_per_connection(8)).await;
        let select = session.prepare(SELECT).await.unwrap();
        // What is not idempotent would show any that was lost.
        let load: Vec<_> = (0..64)
            .map(|_| {
                let (session, select) = (session.clone(), select.clone());
                tokio::spawn(async move {
                    for _ in 0..100 {
                        session.execute(&select, (1,)).await.unwrap();
                    }
                })
            })
            .collect();
        for (size, expected) in [(3, [3, 3]), (1, [1, 1]), (4, [4, 4]), (2, [2, 2]), (0, [1, 1])] {
            tokio::time::sleep(ms(333)).await;
            session.resize_pools(size, 1);
            tokio::time::sleep(ms(333)).await;
            assert_eq!(open(&session), expected);
            let server: usize = sim.nodes().iter().map(Node::connection_count).sum();
            assert_eq!(server, expected[0] + expected[1] + 1, "surplus ones are closed");
        }
        for task in load {
            task.await.unwrap();
        }
        // And what is left is known: one loss is the last.
        let mut events = session.node_events();
        sim.node(1).stop().await;
        tokio::time::sleep(ms(100)).await;
        assert_eq!(told(&mut events).await, ["down 10.0.0.2"]);
    });
}

// J44: letters changed. Beyond what its connections carry a call waits for its turn, here as everywhere.
#[test]
fn j44_all_connections_of_a_node_are_used_evenly_and_none_is_refused() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).connections_per_node(2).max_requests_per_connection(128)).await;
        sim.wait_for_connections(3).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(echo());
        for _ in 0..10 {
            sim.log().clear();
            let slow = sim.prime(Prime::query(SELECT).reply(one(1).after(ms(100))));
            let calls: Vec<_> = (0..257)
                .map(|_| {
                    let (session, select) = (session.clone(), select.clone());
                    tokio::spawn(async move { session.execute(&select, (1,)).await })
                })
                .collect();
            tokio::time::sleep(ms(50)).await;
            let mut by_connection = std::collections::BTreeMap::new();
            for request in sim.log().executes(SELECT).iter() {
                *by_connection.entry(request.connection()).or_insert(0) += 1;
            }
            assert_eq!(by_connection.into_values().collect::<Vec<_>>(), [128, 128]);
            for call in calls {
                call.await.unwrap().unwrap();
            }
            slow.remove();
        }
    });
}

#[test]
fn use_reaches_every_connection() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim).connections_per_node(4)).await;
        sim.wait_for_connections(9).await;
        session.execute("USE ks", ()).await.unwrap();
        sim.prime(Prime::query("SELECT v FROM t").reply(one(1).after(ms(5))));
        let calls = (0..200).map(|_| session.execute("SELECT v FROM t", ()));
        for result in futures::future::join_all(calls).await {
            result.unwrap();
        }
        let requests = sim.log().queries("SELECT v FROM t");
        assert!(requests.iter().all(|request| request.keyspace() == Some("ks")));
        let connections: std::collections::BTreeSet<_> = requests.iter().map(|r| r.connection()).collect();
        assert_eq!(connections.len(), 8);
    });
}

// J8: letters changed. The node of another cluster is not used, and asked again only after the longest delay: addresses
// move in both directions.
#[test]
fn j8_a_node_of_another_cluster_is_not_used() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        sim.prime(echo());
        let name = "SELECT cluster_name FROM system.local WHERE key = 'local'";
        let other = Rows::new([("cluster_name", cql_testkit::ColumnType::Text)]).row(("another",));
        let stranger = sim.node(1).prime(Prime::query(name).reply(Reply::rows(other)));
        let session = session_of(driver(&sim).reconnection(backoff(ms(100), ms(60_000)))).await;
        let select = session.prepare(SELECT).await.unwrap();
        for id in 0..50 {
            session.execute(&select, (id,)).await.unwrap();
        }
        assert_eq!(sim.log().executes(SELECT).per_node(), [50, 0]);
        tokio::time::sleep(ms(10_000)).await;
        assert_eq!(sim.log().queries(name).per_node()[1], 1, "not over and over");
        let failure = session.node_statuses()[1].failure.clone();
        let failure = failure.or_else(|| session.node_statuses()[0].failure.clone()).unwrap();
        assert!(matches!(failure.cause, ConnectCause::WrongCluster { .. }), "{failure:?}");
        let told = failure.cause.to_string();
        assert!(told.contains("another") && told.contains("Simulated"), "{told}");
        stranger.remove();
        tokio::time::sleep(ms(80_000)).await;
        assert_eq!(open(&session), [1, 1]);
    });
}

// J2: waits for a cluster that is not there yet, and knocks no more often than the policy says.
#[test]
fn j2_a_session_may_wait_for_its_cluster() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let refused = Reply::error_code(cql_testkit::ErrorCode::SERVER_ERROR, "starting");
        let starting = sim.prime(Prime::opcode(Opcode::STARTUP).reply(refused));
        // Without being told to wait it fails.
        let error = try_session(driver(&sim)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connect(_)), "{error}");
        sim.log().clear();
        let builder = driver(&sim).wait_for_cluster().reconnection(ConstantReconnection::new(ms(500)));
        let connecting = tokio::spawn(async move { session_of(builder).await });
        tokio::time::sleep(ms(2000)).await;
        assert!(!connecting.is_finished());
        let tries: Vec<Duration> =
            sim.log().opcode(Opcode::STARTUP).iter().filter(|r| r.node() == 0).map(|r| r.at()).collect();
        assert!((4..=5).contains(&tries.len()), "{tries:?}");
        assert!(tries.windows(2).all(|pair| pair[1] - pair[0] >= ms(500)), "{tries:?}");
        starting.remove();
        let session = connecting.await.unwrap();
        session.execute("USE ks", ()).await.unwrap();
    });
}

// J5: what waiting does not mend is told at once.
#[test]
fn j5_what_waiting_does_not_mend_is_told_at_once() {
    simulate(async {
        let sim = nodes(1).credentials("user", "right").start().await.unwrap();
        let began = Instant::now();
        let wrong = driver(&sim).wait_for_cluster().credentials("user", "wrong");
        let error = try_session(wrong).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Connect(_)), "{error}");
        let good = driver(&sim).wait_for_cluster().credentials("user", "right");
        let error = good.clone().local_datacenter("dc9").build().unwrap().connect().await.unwrap_err();
        assert!(error.to_string().contains("dc9"), "{error}");
        sim.prime(
            Prime::query("USE \"nowhere\"").reply(Reply::error_code(
                cql_testkit::ErrorCode::INVALID,
                "Keyspace 'nowhere' does not exist",
            )),
        );
        let error = good.build().unwrap().connect_keyspace("nowhere").await.unwrap_err();
        assert!(error.to_string().contains("nowhere"), "{error}");
        assert!(began.elapsed() < ms(3000), "{:?}", began.elapsed());
    });
}

// J7: what is too old is told by name.
#[test]
fn j7_releases_that_are_too_old_are_told() {
    simulate(async {
        let sim = nodes(3).version("2.2.19").each_node(|spec| {
            if spec.index() == 2 {
                spec.set_version("2.0.9");
            }
        });
        let sim = sim.start().await.unwrap();
        let error = try_session(driver(&sim)).await.unwrap_err();
        let told = error.to_string();
        assert!(told.contains("10.0.0.3") && told.contains("2.0.9") && told.contains("2.1"), "{told}");
    });
}

// J23: the same node at another address.
#[test]
fn j23_a_node_that_moves_is_the_same_node() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut events = session.node_events();
        let host_id = sim.node(2).host_id();
        let moved: SocketAddr = "10.0.0.77:9042".parse().unwrap();
        sim.node(2)
            .restart_as(|spec| {
                spec.set_address(moved);
            })
            .await
            .unwrap();
        sim.push(&cql_testkit::events::new_node(moved));
        // No request to the others is lost meanwhile.
        for id in 0..200 {
            session.execute(&select.clone().with_idempotent(true), (id,)).await.unwrap();
            tokio::time::sleep(ms(20)).await;
        }
        let told = told(&mut events).await;
        assert!(told.contains(&"moved 10.0.0.3 10.0.0.77".to_owned()), "{told:?}");
        assert_eq!(told.last().unwrap(), "up 10.0.0.77");
        let node = session.topology().node_by_host_id(host_id).unwrap();
        assert_eq!(session.topology().node(node).unwrap().address(), moved);
        assert!(sim.log().executes(SELECT).per_node()[2] > 20);
        assert_eq!(sim.node(2).connection_count(), 1);
    });
}

#[test]
fn nodes_that_come_and_go_are_told() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        let mut events = session.node_events();
        let added = sim.add_node("dc1").await.unwrap();
        sim.push(&cql_testkit::events::new_node(added.address()));
        tokio::time::sleep(ms(2000)).await;
        let ip = added.address().ip();
        assert_eq!(told(&mut events).await, [format!("added {ip}"), format!("up {ip}")]);
        let address = added.address();
        sim.remove_node(2);
        sim.push(&cql_testkit::events::removed_node(address));
        tokio::time::sleep(ms(2000)).await;
        let told = told(&mut events).await;
        assert!(told.contains(&format!("removed {ip}")), "{told:?}");
        assert_eq!(session.node_statuses().len(), 2);
    });
}

#[test]
fn nodes_can_be_reached_at_other_addresses_than_they_announce() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let network = sim.network().clone();
        // As through a forwarder: 10.0.0.n is reached at 192.168.0.n.
        let inside = |outside: SocketAddr| {
            let octets = match outside.ip() {
                std::net::IpAddr::V4(ip) => ip.octets(),
                std::net::IpAddr::V6(_) => panic!("{outside}"),
            };
            assert_eq!(octets[..2], [192, 168], "untranslated: {outside}");
            SocketAddr::from(([10, 0, 0, octets[3]], 9042))
        };
        let builder = cql_driver::Cluster::builder()
            .contact_points(["192.168.0.1:9042"])
            .dialer(move |address| network.dial(inside(address)))
            .address_translator(|node| {
                let octets = match node.announced_address().ip() {
                    std::net::IpAddr::V4(ip) => ip.octets(),
                    std::net::IpAddr::V6(_) => panic!("{node:?}"),
                };
                SocketAddr::from(([192, 168, 0, octets[3]], 9042))
            })
            .reconnection(backoff(HOUR, HOUR));
        let session = session_of(builder).await;
        sim.wait_for_connections(4).await;
        let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
        for id in 0..60 {
            session.execute(&select, (id,)).await.unwrap();
        }
        assert!(sim.log().executes(SELECT).per_node().iter().all(|count| *count > 5));
        // Events name announced addresses.
        sim.node(2).stop().await;
        tokio::time::sleep(ms(1000)).await;
        sim.node(2).start().await.unwrap();
        sim.push(&cql_testkit::events::up(sim.node(2).address()));
        tokio::time::sleep(ms(500)).await;
        assert_eq!(open(&session), [1, 1, 1]);
    });
}

// Nodes that accept and say nothing must not cost their whole connect timeout one after the other.
#[test]
fn the_control_connection_is_found_past_silent_nodes() {
    simulate(async {
        let sim = nodes(6).start().await.unwrap();
        for node in 0..5 {
            sim.node(node).accept_and_hang();
        }
        let began = Instant::now();
        let session = session_of(driver(&sim)).await;
        assert!(began.elapsed() < ms(35_000), "{:?}", began.elapsed());
        let took = began.elapsed();
        drop(session);
        // Contact points are asked in their order; nodes that are known are not.
        for node in 0..5 {
            sim.node(node).resume_reading();
        }
        let session = session_of(driver(&sim)).await;
        let control = |sim: &SimCluster| sim.nodes().iter().position(|node| node.connection_count() == 2);
        tokio::time::sleep(ms(5000)).await;
        let first = control(&sim).unwrap();
        for node in (0..6).filter(|node| *node != first && *node != 5) {
            sim.node(node).accept_and_hang();
        }
        let began = Instant::now();
        sim.node(first).stop().await;
        sim.node(5).wait_for_connections(2).await;
        assert!(began.elapsed() < ms(3100), "{:?}, and {took:?} at first", began.elapsed());
        session.close().await;
    });
}

#[test]
fn what_each_connection_is_at_is_told() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let insert = session.prepare(INSERT).await.unwrap();
        sim.prime(Prime::query(INSERT).reply(Reply::nothing()));
        let given_up = insert.clone().with_timeout(ms(100));
        for id in 0..3 {
            session.execute(&given_up, (id, 0)).await.unwrap_err();
        }
        let waiting: Vec<_> = (0..4)
            .map(|id| {
                let (session, insert) = (session.clone(), insert.clone());
                tokio::spawn(async move { session.execute(&insert, (id, 0)).await })
            })
            .collect();
        settle().await;
        let status = &session.node_statuses()[0];
        assert_eq!((status.connections[0].in_flight, status.connections[0].orphans), (7, 3));
        assert!(!status.connections[0].is_suspect);
        sim.node(0).pause_reading();
        tokio::time::sleep(ms(2500)).await;
        assert!(session.node_statuses()[0].connections[0].is_suspect);
        waiting.iter().for_each(|task| task.abort());
    });
}
