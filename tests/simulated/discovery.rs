//! Nodes that come, go, move and are described badly.

use crate::support::{SELECT, backoff, driver, echo, ms, nodes, one, session, session_of, settle, simulate};
use cql_driver::Session;
use cql_testkit::{ErrorCode, Gate, Node, Opcode, Prime, Reply, SimCluster, events};
use std::net::SocketAddr;
use tokio::time::Instant;
use uuid::Uuid;

const PEERS_V2: &str = "SELECT * FROM system.peers_v2";
const PEERS: &str = "SELECT * FROM system.peers";
const LOCAL: &str = "SELECT * FROM system.local WHERE key = 'local'";

fn known(session: &Session) -> Vec<SocketAddr> {
    let mut known: Vec<_> = session.topology().nodes().iter().map(|node| node.address()).collect();
    known.sort();
    known
}

/// The node that the control connection is to.
fn control_node(sim: &SimCluster) -> Node {
    let has = |node: &Node| node.connections().iter().any(|connection| connection.is_registered());
    sim.nodes().into_iter().find(has).unwrap()
}

async fn until_known(session: &Session, expected: &[SocketAddr]) {
    let mut expected = expected.to_vec();
    expected.sort();
    while known(session) != expected {
        tokio::time::sleep(ms(10)).await;
    }
}

#[test]
fn rows_that_describe_no_node_are_skipped() {
    for (column, null) in [("host_id", 0), ("data_center", 1), ("tokens", 2), ("native_address", 3)] {
        simulate(async move {
            let sim = nodes(4).start().await.unwrap();
            let rows = sim.system_rows(0, "system", "peers_v2").unwrap();
            let rows = match null {
                0 => rows.with(0, column, None::<Uuid>),
                1 => rows.with(0, column, None::<&str>),
                2 => rows.with(0, column, None::<Vec<&str>>),
                _ => rows.with(0, column, None::<std::net::IpAddr>),
            };
            sim.node(0).prime(Prime::query(PEERS_V2).reply(Reply::rows(rows)));
            let network = sim.network().clone();
            let builder = cql_driver::Cluster::builder()
                .contact_points([sim.node(0).address().to_string()])
                .dialer(move |address| network.dial(address));
            let session = session_of(builder).await;
            let mut expected = sim.addresses();
            expected.remove(1);
            assert_eq!(known(&session), expected, "{column}");
        });
    }
}

#[test]
fn a_node_without_an_address_of_its_own_has_that_of_its_peers() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let rows = sim.system_rows(0, "system", "peers_v2").unwrap();
        let any: std::net::IpAddr = [0, 0, 0, 0].into();
        sim.node(0).prime(Prime::query(PEERS_V2).reply(Reply::rows(rows.with(0, "native_address", any))));
        let network = sim.network().clone();
        let builder = cql_driver::Cluster::builder()
            .contact_points([sim.node(0).address().to_string()])
            .dialer(move |address| network.dial(address));
        assert_eq!(known(&session_of(builder).await), sim.addresses());
    });
}

#[test]
fn each_node_has_its_port_where_the_server_tells_ports() {
    simulate(async {
        let builder = nodes(3).each_node(|node| {
            let port = 9042 + node.index() as u16;
            node.set_address(SocketAddr::from(([10, 0, 0, 1], port)));
        });
        let sim = builder.start().await.unwrap();
        let session = session(&sim).await;
        assert_eq!(known(&session), sim.addresses());
        settle().await;
        assert_eq!(sim.connection_count(), 4);
    });
}

#[test]
fn the_older_peers_table_does_where_the_newer_is_not() {
    simulate(async {
        for release in ["3.11.19", "2.1.22"] {
            let sim = nodes(3).version(release).start().await.unwrap();
            let session = session(&sim).await;
            assert_eq!(known(&session), sim.addresses(), "{release}");
            assert_eq!(sim.log().queries(PEERS_V2).len(), 1);
            assert_eq!(sim.log().queries(PEERS).len(), 1);
        }
    });
}

#[test]
fn a_node_that_is_up_again_is_connected_to_at_once() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let hour = ms(3_600_000 / 4);
        let session = session_of(driver(&sim).reconnection(backoff(hour, hour))).await;
        settle().await;
        let down =
            sim.nodes().into_iter().find(|node| node.address() != control_node(&sim).address()).unwrap();
        tokio::time::sleep(ms(1000)).await;
        down.stop().await;
        tokio::time::sleep(ms(5000)).await;
        assert_eq!(down.connection_count(), 0);
        down.start().await.unwrap();
        tokio::time::sleep(ms(5000)).await;
        assert_eq!(down.connection_count(), 0, "an hour has not passed");
        let began = Instant::now();
        sim.push(&events::up(down.address()));
        down.wait_for_connections(1).await;
        assert!(began.elapsed() < ms(500), "{:?}", began.elapsed());
        session.close().await;
    });
}

#[test]
fn down_is_not_believed_while_a_connection_lives() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        settle().await;
        sim.nodes().iter().for_each(|node| sim.push(&events::down(node.address())));
        tokio::time::sleep(ms(3000)).await;
        for id in 0..30 {
            session.execute(&select, (id,)).await.unwrap();
        }
        assert!(sim.log().executes(SELECT).per_node().iter().all(|count| *count > 0));
        assert_eq!(sim.log().opened(), 4);
    });
}

#[test]
fn storms_of_events_have_the_nodes_read_once_a_second() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        sim.log().clear();
        for turn in 0..40 {
            sim.push(&events::new_node(sim.node(turn % 3).address()));
            tokio::time::sleep(ms(25)).await;
        }
        tokio::time::sleep(ms(5000)).await;
        let reads = sim.log().queries(LOCAL).len();
        assert!((1..=2).contains(&reads), "{reads} reads for one storm");
        // Events without end do not put it off for ever.
        sim.log().clear();
        for turn in 0..200 {
            sim.push(&events::moved_node(sim.node(turn % 3).address()));
            tokio::time::sleep(ms(100)).await;
        }
        let reads = sim.log().queries(LOCAL).len();
        assert!((15..=21).contains(&reads), "{reads} reads in 20 s");
        session.close().await;
    });
}

#[test]
fn events_of_every_kind_are_borne() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        let mut connections = sim.nodes().into_iter().flat_map(|node| node.connections());
        let control = connections.find(|connection| connection.is_registered()).unwrap();
        let stranger = SocketAddr::from(([10, 77, 0, 1], 9042));
        for event in [
            events::unknown("COMET"),
            events::unknown(""),
            events::up(stranger),
            events::down(stranger),
            events::removed_node(stranger),
            events::moved_node(stranger),
            events::keyspace_updated("ks"),
        ] {
            control.push(&event);
            control.push(&event);
        }
        control.send_raw(vec![0x85, 0, 0xFF, 0xFF, 0x0C, 0, 0, 0, 1, 9]);
        tokio::time::sleep(ms(5000)).await;
        assert_eq!(known(&session), sim.addresses());
        session.execute("INSERT INTO ks.t (id) VALUES (1)", ()).await.unwrap();
        session.close().await;
    });
}

#[test]
fn nodes_that_join_and_leave_are_followed() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let joined = sim.add_node("dc1").await.unwrap();
        sim.push(&events::new_node(joined.address()));
        until_known(&session, &sim.addresses()).await;
        joined.wait_for_connections(1).await;
        for id in 0..60 {
            session.execute(&select, (id,)).await.unwrap();
        }
        assert!(sim.log().executes(SELECT).per_node()[2] > 0);
        sim.remove_node(2);
        sim.push(&events::removed_node(joined.address()));
        joined.wait_for_connections(0).await;
        until_known(&session, &sim.addresses()[..2]).await;
    });
}

#[test]
fn a_node_that_comes_back_elsewhere_is_followed() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
        let moved =
            sim.nodes().into_iter().find(|node| node.address() != control_node(&sim).address()).unwrap();
        let (id, old) = (moved.host_id(), moved.address());
        moved
            .restart_as(|node| {
                node.set_address(SocketAddr::from(([10, 0, 9, 9], 9042)));
            })
            .await
            .unwrap();
        sim.push(&events::up(moved.address()));
        until_known(&session, &sim.addresses()).await;
        moved.wait_for_connections(1).await;
        let topology = session.topology();
        let node = topology.node(topology.node_by_host_id(id).unwrap()).unwrap();
        assert_eq!(node.address(), moved.address());
        for id in 0..30 {
            session.execute(&select, (id,)).await.unwrap();
        }
        let dialed = sim.network().dialed().into_iter().filter(|address| *address == old).count();
        tokio::time::sleep(ms(200_000)).await;
        let later = sim.network().dialed().into_iter().filter(|address| *address == old).count();
        assert_eq!(dialed, later, "the old address is left alone");
    });
}

#[test]
fn a_cluster_whose_addresses_have_all_changed_is_found_by_name() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let name = SocketAddr::from(([127, 0, 0, 1], 19_042));
        sim.network().alias(name, sim.node(0).address());
        let network = sim.network().clone();
        let builder = cql_driver::Cluster::builder()
            .contact_points(["localhost:19042"])
            .dialer(move |address| network.dial(address));
        let session = session_of(builder).await;
        let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
        session.execute(&select, (1,)).await.unwrap();
        for node in sim.nodes() {
            node.stop().await;
        }
        for node in sim.nodes() {
            let address = SocketAddr::from(([10, 7, 7, node.index() as u8 + 1], 9042));
            node.restart_as(|spec| {
                spec.set_address(address);
            })
            .await
            .unwrap();
        }
        sim.network().alias(name, sim.node(2).address());
        // The control node is known by the name's address, the others by their own.
        let is_new = |address: &SocketAddr| !address.to_string().starts_with("10.0.");
        let began = Instant::now();
        while !known(&session).iter().all(is_new) {
            tokio::time::sleep(ms(10)).await;
        }
        assert!(began.elapsed() < ms(10_000), "{:?}", began.elapsed());
        assert_eq!(known(&session).len(), 3);
        tokio::time::sleep(ms(1000)).await;
        let result = session.execute(&select, (2,)).await.unwrap();
        assert_eq!(result.single_row::<(i32,)>().unwrap(), (2,));
    });
}

#[test]
fn the_control_connection_moves_when_its_node_goes() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        for _ in 0..4 {
            let node = control_node(&sim);
            node.stop().await;
            tokio::time::sleep(ms(3000)).await;
            assert_ne!(control_node(&sim).address(), node.address());
            node.start().await.unwrap();
            tokio::time::sleep(ms(65_000)).await;
            assert_eq!(sim.connection_count(), 4);
        }
        assert_eq!(known(&session), sim.addresses());
    });
}

#[test]
fn events_that_are_lost_in_a_storm_are_made_up_for() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        // While the nodes are being read nobody takes events, and more come than are kept.
        let gate = Gate::new();
        let control = control_node(&sim);
        let before = sim.system_rows(control.index(), "system", "peers_v2").unwrap();
        let read = sim.prime(Prime::query(PEERS_V2).once(Reply::rows(before).when(&gate)));
        control.push(&events::up(control.address()));
        tokio::time::sleep(ms(1500)).await;
        assert_eq!(read.hits(), 1);
        for _ in 0..1500 {
            control.push(&events::down(control.address()));
        }
        tokio::time::sleep(ms(10)).await;
        let joined = sim.add_node("dc1").await.unwrap();
        control.push(&events::new_node(joined.address()));
        tokio::time::sleep(ms(10)).await;
        gate.open();
        until_known(&session, &sim.addresses()).await;
    });
}

#[test]
fn a_keyspace_set_while_a_connection_is_being_opened_is_set_there_too() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim).reconnection(backoff(ms(10), ms(10)))).await;
        settle().await;
        tokio::time::sleep(ms(100)).await;
        let gate = Gate::new();
        sim.node(1).prime(Prime::opcode(Opcode::STARTUP).reply(Reply::unprimed().when(&gate)));
        sim.node(1).reset_connections();
        tokio::time::sleep(ms(100)).await;
        session.execute("USE ks", ()).await.unwrap();
        gate.open();
        sim.wait_for_connections(3).await;
        tokio::time::sleep(ms(100)).await;
        sim.prime(Prime::query("SELECT v FROM t").reply(one(1)));
        for _ in 0..20 {
            session.execute("SELECT v FROM t", ()).await.unwrap();
        }
        let asked = sim.log().queries("SELECT v FROM t");
        assert!(asked.per_node()[1] > 0);
        assert!(asked.iter().all(|request| request.keyspace() == Some("ks")), "{}", sim.log());
    });
}

#[test]
fn a_node_whose_row_is_broken_for_once_is_kept() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        let control = control_node(&sim);
        let rows = sim.system_rows(control.index(), "system", "peers_v2").unwrap();
        let broken = rows.with(0, "host_id", None::<Uuid>);
        control.prime(Prime::query(PEERS_V2).once(Reply::rows(broken)));
        control.push(&events::up(control.address()));
        tokio::time::sleep(ms(3000)).await;
        assert_eq!(known(&session), sim.addresses());
        assert_eq!(sim.log().opened(), 4, "its connection was kept too");
    });
}

#[test]
fn a_control_node_that_cannot_tell_is_left_for_another() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        settle().await;
        let control = control_node(&sim);
        control.prime(Prime::query(LOCAL).reply(Reply::error_code(ErrorCode::SERVER_ERROR, "ill")));
        control.push(&events::up(control.address()));
        tokio::time::sleep(ms(5000)).await;
        assert_ne!(control_node(&sim).address(), control.address());
        assert_eq!(known(&session), sim.addresses());
    });
}
