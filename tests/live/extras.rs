//! What comes with a result besides its rows: warnings, traces, payloads; and what servers know of us.

use crate::clients::{Client, connections};
use crate::values::for_each_version;
use bytes::Bytes;
use cql_driver::{Batch, Compression, ProtocolVersion, Session, Statement};
use cql_tests::{Capability, live, live_with};
use std::time::Duration;
use uuid::Uuid;

#[test]
fn a_batch_over_the_threshold_brings_a_warning() {
    live_with(&[Capability::ProtocolV4], async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            if session.protocol_version() == ProtocolVersion::V3 {
                // It has no warnings, and 4.0 refuses a batch that would bring one.
                return;
            }
            let mut batch = Batch::unlogged();
            for id in 0..2 {
                // Batches of several partitions only.
                let key = format!("warned {id}");
                let text = format!("INSERT INTO {table} (key, id, body) VALUES (?, ?, ?)");
                batch.add(text, (key, id, "x".repeat(10_000))).unwrap();
            }
            let result = session.batch(&batch).await.unwrap();
            assert_eq!(result.warnings().len(), 1, "{:?}", result.warnings());
            assert!(result.warnings()[0].contains("Batch"), "{:?}", result.warnings());
        })
        .await;
    });
}

#[test]
fn rows_that_come_with_a_warning_are_read_all_the_same() {
    live_with(&[Capability::ProtocolV4], async |db| {
        let table = db.table("aggregated", "(k int PRIMARY KEY, v int)").await;
        for k in 0..3 {
            db.execute(&format!("INSERT INTO {table} (k, v) VALUES ({k}, {k})")).await;
        }
        let result = db.execute(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(result.single_row::<(i64,)>().unwrap(), (3,));
        assert!(result.warnings().iter().any(|warning| warning.contains("Aggregation")), "{result:?}");
    });
}

#[test]
fn a_traced_statement_gives_the_id_of_its_trace() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            let text = format!("SELECT number FROM {table} WHERE key = 'traced' AND id = 1");
            let untraced = session.execute(&text, ()).await.unwrap();
            assert_eq!(untraced.tracing_id(), None);
            let prepared = session.prepare(&text).await.unwrap().with_tracing(true);
            let simple = Statement::new(text).with_tracing(true);
            let mut batch = Batch::unlogged();
            batch.add(format!("INSERT INTO {table} (key, id) VALUES ('traced', 2)"), ()).unwrap();
            for result in [
                session.execute(&prepared, ()).await.unwrap(),
                session.execute(&simple, ()).await.unwrap(),
                session.batch(&batch.with_tracing(true)).await.unwrap(),
            ] {
                wait_for_trace(session, result.tracing_id().unwrap()).await;
            }
        })
        .await;
    });
}

/// Servers write traces after they have answered.
async fn wait_for_trace(session: &Session, id: Uuid) {
    let select = "SELECT session_id, duration FROM system_traces.sessions WHERE session_id = ?";
    for _ in 0..200 {
        let result = session.execute(select, (id,)).await.unwrap();
        if let Some((found, Some(duration))) = result.first_row::<(Uuid, Option<i32>)>().unwrap() {
            assert!(found == id && duration > 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no trace {id} after 4 s");
}

#[test]
fn a_custom_payload_is_taken_where_the_protocol_has_one() {
    live(async |db| {
        for_each_version(db, async |session: &Session| {
            let payload =
                [("asked".to_owned(), Some(Bytes::from_static(b"\x00\xff"))), ("null".to_owned(), None)];
            let simple = Statement::new("SELECT key FROM system.local").with_custom_payload(payload.clone());
            let prepared = session.prepare("SELECT cluster_name FROM system.local").await.unwrap();
            let prepared = prepared.with_custom_payload(payload);
            for result in [session.execute(&simple, ()).await, session.execute(&prepared, ()).await] {
                if session.protocol_version() >= ProtocolVersion::V4 {
                    let result = result.unwrap();
                    assert_eq!(result.rows_count(), 1);
                    assert_eq!(result.custom_payload(), None, "Cassandra itself sends none");
                } else {
                    let refused = result.unwrap_err();
                    assert!(!refused.was_sent(), "{refused:?}");
                }
            }
        })
        .await;
    });
}

#[test]
fn servers_know_who_their_client_is() {
    live_with(&[Capability::ClientOptions], async |db| {
        let name = format!("who {}", db.keyspace());
        let builder = db.builder().application(&*name, "1.2.3").compression(Compression::Lz4);
        let session = builder.build().unwrap().connect().await.unwrap();
        let seen = connections(db, &name).await;
        assert_eq!(seen.len(), db.nodes() + 1, "one a node and the control connection: {seen:?}");
        for connection in seen {
            let option = |name: &str| connection.options.get(name).map(String::as_str);
            assert_eq!(option("APPLICATION_VERSION"), Some("1.2.3"));
            assert_eq!(option("COMPRESSION"), Some("lz4"));
            assert_eq!(option("DRIVER_NAME"), Some("cql-driver"));
            assert_eq!(connection.driver_name.as_deref(), Some("cql-driver"));
            assert!(option("DRIVER_VERSION").is_some());
        }
        session.close().await;
    });
}

#[test]
fn a_statement_is_prepared_once_for_many_who_ask() {
    live_with(&[Capability::ClientOptions], async |db| {
        let table = db.rows_table().await;
        let client = Client::connect(db, "prepared once").await;
        let before = client.requests(db).await;
        let text = format!("SELECT number FROM {table} WHERE key = ? AND id = ?");
        let prepared =
            futures::future::try_join_all((0..1000).map(|_| client.session.prepare(&text))).await.unwrap();
        assert!(prepared.iter().all(|statement| statement.id() == prepared[0].id()));
        // The control connection has some of its own now and then.
        let sent = client.requests(db).await - before;
        assert!((1..20).contains(&sent), "{sent} requests");
        client.session.close().await;
    });
}
