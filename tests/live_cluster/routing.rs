//! Where requests go.

use crate::{ASK, coordinators, wait_for_all_nodes, whole};
use cql_driver::routing::{Partitioner, Token};
use cql_driver::topology::Topology;
use cql_driver::{Batch, PreparedStatement, Session, Statement};
use cql_tests::Database;
use futures::future::try_join_all;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// A table with one replica of each row, and one with three.
async fn tables(db: &Database) -> [String; 2] {
    let mut tables = [String::new(), String::new()];
    for (table, replicas) in tables.iter_mut().zip([1, 3]) {
        let keyspace = db.own_keyspace(&format!("rf{replicas}"), replicas).await;
        *table = format!("{keyspace}.t");
        db.alter(&format!("CREATE TABLE IF NOT EXISTS {table} (a int, b text, v int, PRIMARY KEY ((a, b)))"))
            .await;
    }
    tables
}

async fn prepare(session: &Session, table: &str) -> [PreparedStatement; 2] {
    [
        session.prepare(format!("INSERT INTO {table} (a, b, v) VALUES (?, ?, ?)")).await.unwrap(),
        session.prepare(format!("SELECT token(a, b) FROM {table} WHERE b = ? AND a = ?")).await.unwrap(),
    ]
}

fn replicas(topology: &Topology, table: &str, token: i64) -> HashSet<SocketAddr> {
    let keyspace = table.split('.').next().unwrap();
    let replicas = topology.replicas(keyspace, &Token::murmur3(token));
    replicas.all().iter().map(|index| topology.node(*index).unwrap().address()).collect()
}

#[test]
fn every_node_is_known() {
    whole(async |db| {
        let topology = db.session().topology();
        assert_eq!(topology.nodes().len(), db.nodes());
        assert_eq!(topology.local_nodes().len(), db.nodes());
        assert_eq!(topology.local_datacenter(), Some("dc1"));
        assert_eq!(topology.partitioner(), Some(Partitioner::Murmur3));
        let known: HashSet<String> = topology.nodes().iter().map(|node| node.address().to_string()).collect();
        assert_eq!(known, cql_tests::contact_points().into_iter().collect());
        assert!(topology.nodes().iter().all(|node| !node.tokens().is_empty()));
    });
}

#[test]
fn a_key_goes_to_its_owner_every_time() {
    whole(async |db| {
        let [table, _] = tables(db).await;
        let session = db.session();
        let [insert, select] = prepare(session, &table).await;
        assert_eq!(select.partition_key_indexes(), [1, 0]);
        let mut owners = HashSet::new();
        for a in 0..20 {
            let b = format!("key {a}");
            session.execute(&insert, (a, &b, a)).await.unwrap();
            let results = try_join_all((0..12).map(|_| session.execute(&select, (&b, a)))).await.unwrap();
            let (token,) = results[0].single_row::<(i64,)>().unwrap();
            let owner = replicas(&session.topology(), &table, token);
            assert_eq!(owner.len(), 1);
            assert_eq!(coordinators(&results), owner, "{b}");
            owners.extend(owner);
        }
        assert_eq!(owners.len(), db.nodes(), "the keys belong to all nodes");
    });
}

/// What the servers say of it: who reads at the node that answers needs no other.
#[test]
fn the_owner_reads_by_itself() {
    whole(async |db| {
        let [table, _] = tables(db).await;
        let session = db.session();
        let [insert, select] = prepare(session, &table).await;
        for a in 0..6 {
            session.execute(&insert, (a, "traced", a)).await.unwrap();
            let result = session.execute(select.clone().with_tracing(true), ("traced", a)).await.unwrap();
            let sources = trace_sources(session, result.tracing_id().unwrap()).await;
            assert_eq!(sources, HashSet::from([result.coordinator().ip()]), "key {a}");
        }
    });
}

/// The nodes that took part in a traced request.
async fn trace_sources(session: &Session, id: uuid::Uuid) -> HashSet<IpAddr> {
    for _ in 0..200 {
        let select = "SELECT duration FROM system_traces.sessions WHERE session_id = ?";
        let done = session.execute(select, (id,)).await.unwrap();
        if let Some((Some(_),)) = done.first_row::<(Option<i32>,)>().unwrap() {
            let select = "SELECT source FROM system_traces.events WHERE session_id = ?";
            let events = session.execute(select, (id,)).await.unwrap();
            // They are written by themselves, and may come after the session's end.
            if events.rows_count() == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            return events.rows::<(IpAddr,)>().unwrap().map(|row| row.unwrap().0).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no trace {id}")
}

#[test]
fn loads_and_batches_go_to_owners_too() {
    whole(async |db| {
        let [table, _] = tables(db).await;
        let session = db.session();
        let [insert, select] = prepare(session, &table).await;
        let values = (0..300).map(|a| (a, "load", a));
        let results = session.execute_concurrent(&insert, values).concurrency(64).await.unwrap();
        for (result, a) in results.iter().zip(0..) {
            let read = session.execute(&select, ("load", a)).await.unwrap();
            assert_eq!(result.coordinator(), read.coordinator(), "key {a}");
        }
        for a in 0..10 {
            let mut batch = Batch::unlogged();
            batch.add(&insert, (a, "load", 1)).unwrap().add(&insert, (a, "load", 2)).unwrap();
            let results = try_join_all((0..6).map(|_| session.batch(&batch))).await.unwrap();
            let read = session.execute(&select, ("load", a)).await.unwrap();
            assert_eq!(coordinators(&results), HashSet::from([read.coordinator()]), "key {a}");
        }
    });
}

#[test]
fn what_has_no_key_goes_to_all_nodes_in_turn() {
    whole(async |db| {
        let session = db.builder().build().unwrap().connect().await.unwrap();
        let prepared = session.prepare(ASK).await.unwrap();
        for by_text in [true, false] {
            let mut counts: BTreeMap<SocketAddr, usize> = BTreeMap::new();
            for _ in 0..10 * db.nodes() {
                let result = match by_text {
                    true => session.execute(ASK, ()).await,
                    false => session.execute(&prepared, ()).await,
                };
                *counts.entry(result.unwrap().coordinator()).or_default() += 1;
            }
            assert_eq!(counts.len(), db.nodes());
            assert!(counts.values().all(|count| *count == 10), "{counts:?}");
        }
        session.close().await;
    });
}

#[test]
fn replicas_share_the_work() {
    whole(async |db| {
        let [_, table] = tables(db).await;
        // Of its own: what others have in flight would count.
        let session = db.builder().build().unwrap().connect().await.unwrap();
        wait_for_all_nodes(db, &session).await;
        let [insert, select] = prepare(&session, &table).await;
        session.execute(&insert, (1, "shared", 1)).await.unwrap();
        let mut counts: HashMap<SocketAddr, usize> = HashMap::new();
        for _ in 0..90 {
            let result = session.execute(&select, ("shared", 1)).await.unwrap();
            *counts.entry(result.coordinator()).or_default() += 1;
        }
        assert_eq!(counts.len(), 3);
        assert!(counts.values().all(|count| (10..=60).contains(count)), "{counts:?}");
        session.close().await;
    });
}

/// A keyspace that is new is routed in as soon as it is created.
#[test]
fn a_new_keyspace_is_routed_in_at_once() {
    whole(async |db| {
        let keyspace = db.own_keyspace("routed_at_once", 1).await;
        let table = format!("{keyspace}.t");
        db.alter(&format!("CREATE TABLE {table} (a int, b text, v int, PRIMARY KEY ((a, b)))")).await;
        let [insert, select] = prepare(db.session(), &table).await;
        for a in 0..20 {
            let written = db.session().execute(&insert, (a, "new", a)).await.unwrap();
            let read = db.session().execute(&select, ("new", a)).await.unwrap();
            let (token,) = read.single_row::<(i64,)>().unwrap();
            let owner = replicas(&db.session().topology(), &table, token);
            assert_eq!(coordinators(&[written, read]), owner);
        }
    });
}

#[test]
fn a_null_in_the_partition_key_is_told_before_it_is_sent() {
    whole(async |db| {
        let [table, _] = tables(db).await;
        let [insert, _] = prepare(db.session(), &table).await;
        let refused = db.session().execute(&insert, (1, None::<String>, 1)).await.unwrap_err();
        assert!(!refused.was_sent(), "{refused:?}");
        let text = Statement::new(format!("INSERT INTO {table} (a, b) VALUES (1, null)"));
        let refused = db.session().execute(&text, ()).await.unwrap_err();
        assert!(refused.server_error().is_some());
    });
}
