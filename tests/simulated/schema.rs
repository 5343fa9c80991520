//! The schema: read when connecting, and again where it changed, whatever the server does meanwhile.

use crate::support::{SELECT, driver, echo, ms, nodes, session, session_of, settle, simulate};
use cql_driver::response::{SchemaChange, SchemaChangeKind, SchemaTarget};
use cql_driver::{SchemaMetadata, Session};
use cql_protocol::response::Event;
use cql_testkit::{ColumnType, Gate, Node, Prime, Reply, SimCluster, Table, events};
use tokio::time::Instant;

const TABLES: &str = "SELECT * FROM system_schema.tables";

/// The node that the control connection is to.
fn control_node(sim: &SimCluster) -> Node {
    let has = |node: &Node| node.connections().iter().any(|connection| connection.is_registered());
    sim.nodes().into_iter().find(has).unwrap()
}

fn has_table(session: &Session, name: &str) -> bool {
    let schema = session.schema();
    schema.keyspace("ks").is_some_and(|keyspace| keyspace.table(name).is_some())
}

fn table_created(name: &str) -> Event {
    let target = SchemaTarget::Table { keyspace: "ks".into(), name: name.into() };
    Event::SchemaChange(SchemaChange::new(SchemaChangeKind::CREATED, target))
}

fn new_table(name: &str) -> Table {
    Table::new("ks", name).partition_key("id", ColumnType::Int).column("v", ColumnType::Int)
}

/// How often tables were read: all of them, and one.
fn reads(sim: &SimCluster) -> (usize, usize) {
    let all = sim.log().statements(TABLES).len();
    let any = sim.log().requests(|request| request.text().is_some_and(|text| text.starts_with(TABLES)));
    (all, any.len() - all)
}

#[test]
fn a_session_knows_the_schema_when_it_is_connected() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        assert!(has_table(&session, "t"));
        let schema = session.schema();
        let table = schema.keyspace("ks").unwrap().table("t").unwrap();
        assert_eq!(table.partition_key().count(), 1);
        assert_eq!(table.column("v").unwrap().column_type, "int");
        assert!(schema.keyspace("KS").is_none());
    });
}

#[test]
fn an_event_has_its_object_read_within_a_second_and_nothing_else() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        assert_eq!(reads(&sim), (1, 0));
        let mut changes = session.schema_changes();
        sim.declare_table(new_table("u"));
        control_node(&sim).push(&table_created("u"));
        let change = tokio::time::timeout(ms(1000), changes.next()).await.unwrap().unwrap();
        assert_eq!(change.kind, SchemaChangeKind::CREATED);
        assert!(has_table(&session, "u") && has_table(&session, "t"), "told when it shows");
        assert_eq!(reads(&sim), (1, 1));
        let read = sim
            .log()
            .requests(|request| request.text().is_some_and(|text| text.contains("system_schema.tables")));
        let last = read.iter().last().and_then(|request| request.text()).unwrap_or_default();
        assert_eq!(last, format!("{TABLES} WHERE keyspace_name = 'ks' AND table_name = 'u'"));
        assert_eq!(
            sim.log()
                .requests(|request| request.text().is_some_and(|text| text.contains("system_schema.types")))
                .len(),
            1,
            "a table is no reason to read types"
        );
    });
}

#[test]
fn a_burst_of_events_has_each_object_read_once_and_a_storm_everything() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        sim.declare_table(new_table("u"));
        for _ in 0..200 {
            control_node(&sim).push(&table_created("u"));
        }
        tokio::time::sleep(ms(1000)).await;
        assert_eq!(reads(&sim), (1, 1));
        assert!(has_table(&session, "u"));
        // Ten thousand objects change within five seconds.
        for number in 0..10_000 {
            control_node(&sim).push(&table_created(&format!("t{number}")));
            if number % 20 == 0 {
                tokio::time::sleep(ms(10)).await;
            }
        }
        tokio::time::sleep(ms(3000)).await;
        let (all, one) = reads(&sim);
        assert!((3..=8).contains(&all), "{all} times everything");
        assert!(one < 200, "{one} tables one by one");
    });
}

#[test]
fn a_schema_that_is_slow_to_read_delays_neither_requests_nor_nodes() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let gate = Gate::new();
        sim.prime(
            Prime::matching(|request| {
                request.text().is_some_and(|text| text.contains("system_schema.tables"))
            })
            .reply(Reply::unprimed().when(&gate)),
        );
        sim.declare_table(new_table("u"));
        control_node(&sim).push(&table_created("u"));
        tokio::time::sleep(ms(500)).await;
        let gone =
            sim.nodes().iter().position(|node| node.address() != control_node(&sim).address()).unwrap();
        let address = sim.node(gone).address();
        sim.remove_node(gone);
        control_node(&sim).push(&events::removed_node(address));
        let began = Instant::now();
        while session.topology().nodes().iter().any(|node| node.address() == address) {
            session.execute(SELECT, (1,)).await.unwrap();
            tokio::time::sleep(ms(10)).await;
            assert!(began.elapsed() < ms(1500), "the nodes are read while the schema is");
        }
        assert!(!has_table(&session, "u"));
        gate.open();
        tokio::time::sleep(ms(1000)).await;
        assert!(has_table(&session, "u"));
    });
}

#[test]
fn everything_is_read_after_reconnecting() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        sim.declare_table(new_table("u"));
        control_node(&sim).reset_connections();
        tokio::time::sleep(ms(2000)).await;
        assert!(has_table(&session, "u"), "no event told of it");
    });
}

#[test]
fn what_cannot_be_read_is_read_later() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let primed = sim.prime(
            Prime::matching(|request| {
                request.text().is_some_and(|text| text.contains("system_schema.columns"))
            })
            .times(2, Reply::error_code(cql_testkit::ErrorCode::SERVER_ERROR, "no")),
        );
        let began = Instant::now();
        let session = session(&sim).await;
        assert!(began.elapsed() <= ms(5000), "no session waits longer for it");
        tokio::time::sleep(ms(10_000)).await;
        assert_eq!(primed.hits(), 2);
        assert!(has_table(&session, "t"));
    });
}

#[test]
fn metadata_can_be_off_or_of_some_keyspaces() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let off = session_of(driver(&sim).schema_metadata(SchemaMetadata::off())).await;
        assert_eq!(reads(&sim), (0, 0));
        let mut changes = off.schema_changes();
        control_node(&sim).push(&table_created("u"));
        assert_eq!(changes.next().await.unwrap().kind, SchemaChangeKind::CREATED);
        settle().await;
        assert!(off.schema().is_empty());
        assert_eq!(reads(&sim), (0, 0));
        let some = session_of(driver(&sim).schema_metadata(SchemaMetadata::keyspaces(["other"]))).await;
        assert!(some.schema().keyspace("ks").is_none());
    });
}

#[test]
fn rows_without_sense_are_skipped_and_the_others_kept() {
    for (table, column) in
        [("columns", "kind"), ("columns", "type"), ("columns", "position"), ("tables", "keyspace_name")]
    {
        simulate(async move {
            let sim = nodes(1).table(new_table("broken")).start().await.unwrap();
            let rows = sim.system_rows(0, "system_schema", table).unwrap();
            // The tables come in order of their declaration, and so do their columns.
            let at = rows.len() - 1;
            let rows = match column {
                "position" => rows.with(at - 1, column, 7_i32),
                "kind" => rows.with(at - 1, column, "nonsense"),
                "type" => rows.with(at - 1, column, None::<&str>),
                _ => rows.with(at, column, None::<&str>),
            };
            sim.prime(Prime::query(&format!("SELECT * FROM system_schema.{table}")).reply(Reply::rows(rows)));
            let session = session(&sim).await;
            assert!(has_table(&session, "t"), "{table}.{column}");
            assert!(!has_table(&session, "broken"), "{table}.{column}");
        });
    }
}

#[test]
fn answers_of_another_kind_are_no_schema_and_no_harm() {
    for reply in [
        Reply::void(),
        Reply::huge_counts(),
        Reply::rows(cql_testkit::Rows::new([("x", ColumnType::Int)]).row((1,))),
    ] {
        simulate(async move {
            let sim = nodes(1).start().await.unwrap();
            sim.prime(echo());
            sim.prime(
                Prime::matching(|request| {
                    request
                        .text()
                        .is_some_and(|text| text.contains("_schema.") && !text.contains("replication"))
                })
                .reply(reply.clone()),
            );
            let session = session(&sim).await;
            session.execute(SELECT, (1,)).await.unwrap();
            assert!(!has_table(&session, "t"));
        });
    }
}

// J59: what the driver sees of versions by node.
#[test]
fn j59_versions_are_told_by_node() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        assert_eq!(session.schema_versions().await.unwrap().len(), 1);
        sim.node(2).set_schema_version(uuid::Uuid::from_u128(9));
        let versions = session.schema_versions().await.unwrap();
        assert_eq!(versions.len(), 2);
        assert_eq!(versions[&uuid::Uuid::from_u128(9)][0].address(), sim.node(2).address());
        let ranges = session.token_ranges("ks");
        assert!(!ranges.is_empty() && ranges.iter().all(|range| range.replicas.len() == 3));
        assert_eq!(ranges[0].start, ranges.last().unwrap().end);
    });
}

/// A session that changed the schema sees it when the change returns, without waiting for events.
#[test]
fn a_change_shows_when_it_returns() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        sim.declare_table(new_table("x"));
        session.execute("CREATE TABLE ks.x (id int PRIMARY KEY)", ()).await.unwrap();
        assert!(has_table(&session, "x"));
        // Also where the control connection's node takes its time over it.
        let reads_tables = Prime::matching(|request| {
            request.text().is_some_and(|text| text.contains("system_schema.tables"))
        });
        sim.prime(reads_tables.reply(Reply::unprimed().after(ms(3000))));
        sim.declare_table(new_table("y"));
        session.execute("CREATE TABLE ks.y (id int PRIMARY KEY)", ()).await.unwrap();
        assert!(has_table(&session, "y"));
    });
}

// J59: the last of its cases; the others are in `results`.
#[test]
fn j59_without_time_for_agreement_nothing_is_asked() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session_of(driver(&sim).schema_agreement_timeout(ms(0))).await;
        sim.node(1).set_schema_version(uuid::Uuid::from_u128(7));
        let result = session.execute("CREATE TABLE ks.x (id int PRIMARY KEY)", ()).await.unwrap();
        assert_eq!(result.schema_agreed(), None);
        let asked = |request: &cql_testkit::Received| {
            request.text().is_some_and(|text| text.starts_with("SELECT schema_version"))
        };
        sim.log().requests(asked).assert_count(0);
    });
}

#[test]
fn changes_end_with_the_last_session() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let mut changes = session.schema_changes();
        session.close().await;
        assert!(changes.next().await.is_none());
        assert!(session.schema_changes().next().await.is_none());
        session.refresh_schema().await.unwrap_err();
        assert!(has_table(&session, "t"), "what was known stays");
    });
}
