//! Structs as rows and values, over the whole way: prepared, unprepared, streamed, conditional; and what is sent when
//! they do not fit.

use crate::support::{nodes, session, simulate};
use cql_driver::error::ErrorKind;
use cql_driver::value::{BindRow, FromCql, FromRow, ToCql};
use cql_driver::{Lwt, Session};
use cql_testkit::{ColumnType, Prime, Reply, Rows, SimCluster, Table};
use futures::TryStreamExt;

const INSERT: &str = "INSERT INTO ks.readings (id, sensor, status) VALUES (?, ?, ?)";
const SELECT: &str = "SELECT status, sensor, id FROM ks.readings WHERE id = ?";
const UPDATE: &str = "UPDATE ks.readings SET sensor = ? WHERE id = ? IF status = ?";

#[derive(Debug, Clone, Copy, PartialEq, FromCql, ToCql)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
}

#[derive(Debug, Clone, PartialEq, FromRow, BindRow)]
struct Reading {
    id: i32,
    sensor: String,
    #[cql(rename = "status")]
    state: Option<Status>,
}

/// The same, borrowed.
#[derive(Debug, PartialEq, FromRow)]
struct Borrowed<'r> {
    sensor: &'r str,
    id: i32,
}

fn reading(id: i32) -> Reading {
    Reading { id, sensor: format!("s{id}"), state: Some(Status::LowBattery) }
}

fn rows(ids: std::ops::Range<i32>) -> Rows {
    let columns = [("status", ColumnType::Text), ("sensor", ColumnType::Text), ("id", ColumnType::Int)];
    ids.fold(Rows::new(columns), |rows, id| rows.row(("low_battery", format!("s{id}"), id)))
}

async fn cluster() -> (SimCluster, Session) {
    let table = Table::new("ks", "readings")
        .partition_key("id", ColumnType::Int)
        .column("sensor", ColumnType::Text)
        .column("status", ColumnType::Text);
    let sim = nodes(1).table(table).start().await.unwrap();
    sim.prime(Prime::query(SELECT).reply(Reply::pages([rows(0..3), rows(3..5)])));
    let session = session(&sim).await;
    (sim, session)
}

#[test]
fn structs_are_read_from_results_and_streams() {
    simulate(async {
        let (_sim, session) = cluster().await;
        let select = session.prepare(SELECT).await.unwrap();
        let result = session.execute(&select, (1,)).await.unwrap();
        let borrowed: Vec<Borrowed<'_>> = result.rows().unwrap().map(Result::unwrap).collect();
        assert_eq!(borrowed[2], Borrowed { sensor: "s2", id: 2 });
        assert_eq!(result.first_row::<Reading>().unwrap(), Some(reading(0)));
        let streamed: Vec<Reading> = session.stream(&select, (1,)).unwrap().try_collect().await.unwrap();
        assert_eq!(streamed, (0..5).map(reading).collect::<Vec<_>>());
    });
}

#[test]
fn a_struct_is_bound_by_name_prepared_or_not() {
    simulate(async {
        let (sim, session) = cluster().await;
        sim.prime(Prime::query(INSERT).reply(Reply::computed(|request| {
            assert_eq!(request.value::<i32>(0), 7);
            assert_eq!(request.value::<String>(1), "s7");
            assert_eq!(request.value::<String>(2), "low_battery");
            Reply::void()
        })));
        let insert = session.prepare(INSERT).await.unwrap();
        session.execute(&insert, reading(7)).await.unwrap();
        session.execute(&insert, &reading(7)).await.unwrap();
        session.execute(INSERT, &reading(7)).await.unwrap();
        sim.log().executes(INSERT).assert_count(2);
    });
}

#[derive(BindRow)]
struct Less {
    id: i32,
    sensor: &'static str,
}

#[derive(BindRow)]
struct More {
    id: i32,
    sensor: &'static str,
    status: Status,
    battery: i32,
}

#[test]
fn what_does_not_fit_the_markers_is_told_by_name_and_not_sent() {
    simulate(async {
        let (sim, session) = cluster().await;
        let insert = session.prepare(INSERT).await.unwrap();
        let error = session.execute(&insert, Less { id: 1, sensor: "s" }).await.unwrap_err();
        let ErrorKind::Bind(bind) = error.kind() else { panic!("{error}") };
        assert_eq!(bind.to_string(), "`Less` has no field for the bind marker `status` (index 2)");
        let more = More { id: 1, sensor: "s", status: Status::Ok, battery: 5 };
        let error = session.execute(&insert, more).await.unwrap_err();
        let ErrorKind::Bind(bind) = error.kind() else { panic!("{error}") };
        assert_eq!(
            bind.to_string(),
            "no bind marker is named `battery`, the statement has id, sensor, status"
        );
        sim.log().executes(INSERT).assert_count(0);
    });
}

#[derive(Debug, FromRow)]
struct WrongType {
    #[allow(dead_code, reason = "it is never read")]
    sensor: i64,
}

#[derive(Debug, FromRow)]
struct Absent {
    #[allow(dead_code, reason = "it is never read")]
    battery: i32,
}

#[test]
fn what_does_not_fit_the_columns_is_told_by_name() {
    simulate(async {
        let (_sim, session) = cluster().await;
        let result = session.execute(SELECT, (1,)).await.unwrap();
        let error = format!("{:?}", result.rows::<WrongType>().unwrap_err());
        let message = result.rows::<WrongType>().unwrap_err().to_string() + &error;
        assert!(message.contains("sensor"), "{message}");
        let message = result.first_row::<Absent>().unwrap_err().to_string();
        assert!(
            message.contains("`Absent` needs a column `battery`, the row has status, sensor, id"),
            "{message}"
        );
    });
}

#[test]
fn a_conditional_statement_tells_what_stood_in_the_way() {
    simulate(async {
        let (sim, session) = cluster().await;
        let columns = [
            ("[applied]", ColumnType::Boolean),
            ("status", ColumnType::Text),
            ("sensor", ColumnType::Text),
            ("id", ColumnType::Int),
        ];
        let row = Rows::new(columns).row((false, "low_battery", "s4", 4));
        sim.prime(Prime::query(UPDATE).reply(Reply::rows(row)));
        let result = session.execute(UPDATE, ("x", 4, "ok")).await.unwrap();
        assert_eq!(result.lwt::<Reading>().unwrap(), Lwt::NotApplied(Some(reading(4))));
    });
}
