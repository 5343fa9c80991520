//! Which node a request goes to.

use crate::support::{
    InOrder, SELECT, driver, echo, ms, nodes, one, session, session_of, settle, simulate, table,
};
use cql_driver::error::ErrorKind;
use cql_driver::policy::{InTurn, RemoteDatacenters};
use cql_driver::routing::Partitioner;
use cql_driver::{ClusterBuilder, Consistency, ExecutionProfile, PreparedStatement, Session, Statement};
use cql_testkit::{Node, Prime, Reply, SimCluster};

/// Not about any partition.
const ANY: &str = "SELECT v FROM ks.other";
const CONDITIONAL: &str = "UPDATE ks.t SET v = 1 WHERE id = ? IF v = 0";

/// Data centers of so many nodes, and two replicas in each.
async fn datacenters(sizes: &[usize]) -> SimCluster {
    let names: Vec<String> = (1..=sizes.len()).map(|number| format!("dc{number}")).collect();
    let mut cluster = SimCluster::builder().in_memory().table(table());
    for (name, size) in names.iter().zip(sizes) {
        cluster = cluster.dc(name, *size);
    }
    let mut replication = vec![("class", "NetworkTopologyStrategy")];
    replication.extend(names.iter().map(|name| (name.as_str(), "2")));
    cluster.keyspace("ks", &replication).start().await.unwrap()
}

fn local(sim: &SimCluster, datacenter: &str) -> ClusterBuilder {
    driver(sim).local_datacenter(datacenter)
}

async fn ask(session: &Session, count: usize) -> Result<(), cql_driver::Error> {
    for _ in 0..count {
        session.execute(Statement::new(ANY).with_idempotent(true), ()).await?;
    }
    Ok(())
}

async fn select(session: &Session, consistency: Consistency) -> PreparedStatement {
    session.prepare(SELECT).await.unwrap().with_consistency(consistency).with_idempotent(true)
}

/// How many of the log's executes each node got.
fn executes(sim: &SimCluster, text: &str) -> Vec<usize> {
    sim.log().executes(text).per_node()
}

// P22: replicas of a partition take turns at random, and the topology stays as it is.
#[test]
fn p22_replicas_share_the_requests_of_a_partition() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let replicas = |session: &Session| {
            let topology = session.topology();
            let token = Partitioner::Murmur3.token_of_key(&7_i32.to_be_bytes());
            topology.replicas("ks", &token).all().to_vec()
        };
        let before = replicas(&session);
        for _ in 0..300 {
            session.execute(&select, (7,)).await.unwrap();
        }
        let counts = executes(&sim, SELECT);
        assert!(counts.iter().all(|count| (70..=130).contains(count)), "{counts:?}");
        assert_eq!(replicas(&session), before);
    });
}

// P23: the local data center first; of a remote one no more nodes than allowed, and no connection to the others.
#[test]
fn p23_the_local_datacenter_then_one_node_of_the_remote_one() {
    simulate(async {
        let sim = datacenters(&[2, 2]).await;
        sim.prime(Prime::query(ANY).reply(one(1)));
        let remote = RemoteDatacenters::up_to(1);
        let session = session_of(local(&sim, "dc2").remote_datacenters(remote)).await;
        settle().await;
        ask(&session, 12).await.unwrap();
        assert_eq!(sim.log().queries(ANY).per_node(), [0, 0, 6, 6]);
        // The one remote node that is used has one connection; the control connection is to any node.
        let connected = (0..2).filter(|node| sim.node(*node).connection_count() > 0).count();
        assert!(connected <= 2);
        sim.node(2).stop().await;
        sim.node(3).stop().await;
        settle().await;
        sim.log().clear();
        ask_at(&session, Consistency::One, 12).await.unwrap();
        let mut counts = sim.log().queries(ANY).per_node();
        counts.sort_unstable();
        assert_eq!(counts, [0, 0, 0, 12]);
    });
}

async fn ask_at(session: &Session, level: Consistency, count: usize) -> Result<(), cql_driver::Error> {
    for _ in 0..count {
        let statement = Statement::new(ANY).with_idempotent(true).with_consistency(level);
        session.execute(statement, ()).await?;
    }
    Ok(())
}

// P23: a data center that is not there.
#[test]
fn p23_a_wrong_local_datacenter_is_told_with_those_there_are() {
    simulate(async {
        let sim = datacenters(&[2, 2]).await;
        let error = local(&sim, "dc3").build().unwrap().connect().await.unwrap_err();
        let told = error.to_string();
        assert!(told.contains("dc3") && told.contains("dc1") && told.contains("dc2"), "{told}");
    });
}

#[test]
fn nodes_beyond_the_limit_get_no_connection() {
    for (nodes_each, expected) in [(0, 0), (1, 2), (2, 4), (9, 6)] {
        simulate(async move {
            let sim = datacenters(&[2, 3, 3]).await;
            let remote = RemoteDatacenters::up_to(nodes_each);
            let session = session_of(local(&sim, "dc1").remote_datacenters(remote)).await;
            tokio::time::sleep(ms(1000)).await;
            let connected = (2..8).filter(|node| sim.node(*node).connection_count() > 0).count();
            assert_eq!(connected, expected, "up to {nodes_each}");
            session.close().await;
        });
    }
}

// J49: replicas of the local data center; then its other nodes; then remote ones, if the level allows.
#[test]
fn j49_the_order_in_which_nodes_are_tried() {
    simulate(async {
        let sim = datacenters(&[4, 2, 2]).await;
        sim.prime(echo());
        let remote = RemoteDatacenters::up_to(2).preferring(["dc3", "dc2"]);
        let session = session_of(local(&sim, "dc1").remote_datacenters(remote)).await;
        let quorum = select(&session, Consistency::Quorum).await;
        let local_quorum = quorum.clone().with_consistency(Consistency::LocalQuorum);
        run(&session, &quorum, 40).await.unwrap();
        let replicas = users_of(&sim, 0..8);
        assert_eq!(replicas.len(), 2);
        assert!(replicas.iter().all(|node| *node < 4), "{replicas:?}");
        // Without them the others of the data center.
        stop(&sim, &replicas).await;
        sim.log().clear();
        run(&session, &local_quorum, 40).await.unwrap();
        let others = users_of(&sim, 0..8);
        assert!(others.len() == 2 && others.iter().all(|node| *node < 4 && !replicas.contains(node)));
        // Without those remote ones, the preferred first.
        stop(&sim, &others).await;
        sim.log().clear();
        run(&session, &quorum, 20).await.unwrap();
        assert_eq!(users_of(&sim, 0..8), [6, 7]);
        // A local level means the local data center.
        let error = run(&session, &local_quorum, 1).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoNodeAvailable), "{error}");
        stop(&sim, &[6, 7]).await;
        sim.log().clear();
        run(&session, &quorum, 20).await.unwrap();
        assert_eq!(users_of(&sim, 0..8), [4, 5]);
    });
}

// J49: unless it was allowed.
#[test]
fn j49_local_levels_leave_the_datacenter_if_allowed() {
    simulate(async {
        let sim = datacenters(&[2, 2]).await;
        sim.prime(echo());
        let remote = RemoteDatacenters::all().also_at_local_levels();
        let session = session_of(local(&sim, "dc1").remote_datacenters(remote)).await;
        let select = select(&session, Consistency::LocalQuorum).await;
        stop(&sim, &[0, 1]).await;
        sim.log().clear();
        run(&session, &select, 20).await.unwrap();
        assert_eq!(users_of(&sim, 0..4), [2, 3]);
    });
}

async fn run(session: &Session, select: &PreparedStatement, count: usize) -> Result<(), cql_driver::Error> {
    for _ in 0..count {
        session.execute(select, (7,)).await?;
    }
    Ok(())
}

/// The nodes that executed the select.
fn users_of(sim: &SimCluster, nodes: std::ops::Range<usize>) -> Vec<usize> {
    let counts = executes(sim, SELECT);
    nodes.filter(|node| counts[*node] > 0).collect()
}

async fn stop(sim: &SimCluster, nodes: &[usize]) {
    for node in nodes {
        sim.node(*node).stop().await;
    }
    tokio::time::sleep(ms(1500)).await;
}

// J50: letters changed. A node that owes ten answers for 200 ms counts as busier than any other; of two replicas taken
// at random the less busy one is used, so that it gets nothing while another is well.
#[test]
fn j50_a_stalled_replica_is_left_alone() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(echo());
        sim.node(0).prime(Prime::query(SELECT).reply(Reply::nothing()));
        let pinned = select.clone().with_node(sim.node(0).host_id());
        for _ in 0..12 {
            let (session, pinned) = (session.clone(), pinned.clone());
            tokio::spawn(async move { session.execute(&pinned, (1,)).await });
        }
        tokio::time::sleep(ms(230)).await;
        sim.log().clear();
        // As many are in flight to the others, so that it is not the number that decides.
        let slow = [1, 2].map(|node| sim.node(node).prime(Prime::query(SELECT).reply(one(1).after(ms(600)))));
        for turn in 0..200 {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move { session.execute(&select, (turn,)).await });
            settle().await;
        }
        assert_eq!(executes(&sim, SELECT)[0], 0);
        drop(slow);
        session.close().await;
    });
}

// J50: when most replicas are in that state, each still takes its part.
#[test]
fn j50_where_most_are_stalled_none_is_left_out() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(echo());
        for node in 0..2 {
            sim.node(node).prime(Prime::query(SELECT).reply(Reply::nothing()));
            let pinned = select.clone().with_node(sim.node(node).host_id());
            for _ in 0..12 {
                let (session, pinned) = (session.clone(), pinned.clone());
                tokio::spawn(async move { session.execute(&pinned, (1,)).await });
            }
        }
        tokio::time::sleep(ms(230)).await;
        sim.log().clear();
        for turn in 0..300 {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move { session.execute(&select, (turn,)).await });
            settle().await;
        }
        let counts = executes(&sim, SELECT);
        assert!(counts[0] + counts[1] >= 60, "{counts:?}");
        session.close().await;
    });
}

#[test]
fn a_stalled_node_that_answers_again_is_used_again() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(echo());
        let stalled = sim.node(0).prime(Prime::query(SELECT).reply(one(1).after(ms(400))));
        let pinned = select.clone().with_node(sim.node(0).host_id());
        for _ in 0..12 {
            let (session, pinned) = (session.clone(), pinned.clone());
            tokio::spawn(async move { session.execute(&pinned, (1,)).await });
        }
        tokio::time::sleep(ms(450)).await;
        stalled.remove();
        sim.log().clear();
        run(&session, &select, 100).await.unwrap();
        assert!(executes(&sim, SELECT)[0] > 20, "{:?}", executes(&sim, SELECT));
    });
}

#[test]
fn replicas_in_the_preferred_rack_come_first() {
    simulate(async {
        let sim = nodes(4).each_node(|spec| {
            let rack = if spec.index() % 2 == 0 { "r1" } else { "r2" };
            spec.set_rack(rack);
        });
        let sim = sim.start().await.unwrap();
        sim.prime(echo());
        let session = session_of(driver(&sim).local_rack("r2")).await;
        let select = session.prepare(SELECT).await.unwrap();
        run(&session, &select, 100).await.unwrap();
        let counts = executes(&sim, SELECT);
        assert_eq!((counts[0], counts[2]), (0, 0), "{counts:?}");
        assert!(counts[1] > 20 && counts[3] > 20, "{counts:?}");
        // Those of the other rack where the preferred one has none.
        stop(&sim, &[1, 3]).await;
        sim.log().clear();
        run(&session, &select.with_idempotent(true), 100).await.unwrap();
        let counts = executes(&sim, SELECT);
        assert!(counts[0] > 20 && counts[2] > 20, "{counts:?}");
    });
}

// Two coordinators of one partition's Paxos rounds would only hinder each other.
#[test]
fn conditional_statements_of_a_partition_meet_at_one_coordinator() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(CONDITIONAL).reply(Reply::applied()));
        let (one, other) = (session(&sim).await, session(&sim).await);
        let mut coordinators = Vec::new();
        for session in [&one, &other] {
            let update = session.prepare(CONDITIONAL).await.unwrap();
            for _ in 0..50 {
                coordinators.push(session.execute(&update, (7,)).await.unwrap().coordinator());
            }
        }
        coordinators.dedup();
        assert_eq!(coordinators.len(), 1);
        // When it is gone, the next one.
        let first = sim.nodes().iter().position(|node| node.address() == coordinators[0]).unwrap();
        stop(&sim, &[first]).await;
        let update = one.prepare(CONDITIONAL).await.unwrap();
        let mut next = Vec::new();
        for _ in 0..50 {
            next.push(one.execute(&update, (7,)).await.unwrap().coordinator());
        }
        next.dedup();
        assert_eq!(next.len(), 1);
        assert_ne!(next, coordinators);
    });
}

#[test]
fn reads_at_a_serial_level_meet_there_too() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = select(&session, Consistency::Serial).await;
        run(&session, &select, 50).await.unwrap();
        assert_eq!(users_of(&sim, 0..3).len(), 1);
    });
}

#[test]
fn a_statement_may_name_its_node() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(ANY).reply(one(1)));
        let session = session(&sim).await;
        for node in sim.nodes() {
            sim.log().clear();
            let statement = Statement::new(ANY).with_node(node.host_id()).with_idempotent(true);
            for _ in 0..10 {
                session.execute(&statement, ()).await.unwrap();
            }
            assert_eq!(sim.log().queries(ANY).per_node()[node.index()], 10);
        }
        // And is executed nowhere else.
        stop(&sim, &[1]).await;
        let statement = Statement::new(ANY).with_node(sim.node(1).host_id()).with_idempotent(true);
        sim.log().clear();
        let error = session.execute(&statement, ()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoNodeAvailable), "{error}");
        assert!(error.to_string().contains(&sim.node(1).address().to_string()), "{error}");
        sim.log().queries(ANY).assert_count(0);
        let nobody = Statement::new(ANY).with_node(uuid::Uuid::from_u128(99));
        let error = session.execute(&nobody, ()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoNodeAvailable), "{error}");
    });
}

#[test]
fn nodes_that_the_filter_refuses_are_not_used() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let refused = sim.node(1).host_id();
        let session = session_of(driver(&sim).node_filter(move |node| node.host_id() != refused)).await;
        let select = session.prepare(SELECT).await.unwrap();
        run(&session, &select, 60).await.unwrap();
        let counts = executes(&sim, SELECT);
        assert!(counts[0] > 10 && counts[1] == 0 && counts[2] > 10, "{counts:?}");
        assert_eq!(session.topology().nodes().len(), 3, "they are known, though");
    });
}

#[test]
fn all_nodes_in_turn() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let profile = ExecutionProfile::builder().load_balancing(InTurn::default()).build().unwrap();
        let session = session_of(driver(&sim).default_profile(profile)).await;
        let select = session.prepare(SELECT).await.unwrap();
        run(&session, &select, 60).await.unwrap();
        assert_eq!(executes(&sim, SELECT), [20, 20, 20]);
    });
}

// A policy's plan is followed, and what has no connection is passed over.
#[test]
fn a_policy_of_ones_own_decides_the_order() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let profile = ExecutionProfile::builder().load_balancing(InOrder).build().unwrap();
        let session = session_of(driver(&sim).default_profile(profile)).await;
        let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
        run(&session, &select, 20).await.unwrap();
        assert_eq!(executes(&sim, SELECT), [20, 0, 0]);
        stop(&sim, &[0]).await;
        run(&session, &select, 20).await.unwrap();
        assert_eq!(users_of(&sim, 0..3), [0, 1]);
        let stopped: Vec<_> = sim.nodes().iter().skip(1).map(Node::index).collect();
        stop(&sim, &stopped).await;
        let error = run(&session, &select, 1).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoNodeAvailable), "{error}");
    });
}
