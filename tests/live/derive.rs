//! Structs and enums with derives, against the server's own types: user-defined types that change under their values,
//! rows by name, conditions.

use cql_driver::error::ErrorKind;
use cql_driver::value::{BindRow, FromCql, FromRow, ToCql};
use cql_driver::{Lwt, Session};
use cql_tests::{Release, live};

#[derive(Debug, Clone, Copy, PartialEq, FromCql, ToCql)]
#[cql(rename_all = "snake_case")]
enum Status {
    Ok,
    LowBattery,
}

#[derive(Debug, Clone, Copy, PartialEq, FromCql, ToCql)]
#[cql(repr = "int")]
enum Level {
    Low = -1,
    High = 300,
}

#[derive(Debug, Clone, Copy, PartialEq, FromCql, ToCql)]
struct Meters(f64);

/// The server's fields have another order.
#[derive(Debug, Clone, PartialEq, FromCql, ToCql)]
struct Address {
    zip: Option<i32>,
    #[cql(rename = "streetName")]
    street: String,
    #[cql(default)]
    height: Option<Meters>,
}

#[derive(Debug, Clone, PartialEq, FromRow, BindRow)]
struct Person {
    id: i32,
    #[cql(flatten)]
    state: State,
    home: Option<Address>,
    others: Vec<Address>,
    #[cql(skip)]
    cache: Option<String>,
}

#[derive(Debug, Clone, PartialEq, FromRow, BindRow)]
struct State {
    status: Status,
    level: Option<Level>,
}

fn address(street: &str, zip: impl Into<Option<i32>>) -> Address {
    Address { zip: zip.into(), street: street.to_owned(), height: None }
}

fn person(id: i32) -> Person {
    Person {
        id,
        state: State { status: Status::LowBattery, level: Some(Level::High) },
        home: Some(address("home", 7)),
        others: vec![address("one", None), address("two", 2)],
        cache: None,
    }
}

async fn insert(session: &Session, table: &str, person: &Person) {
    let text = format!(
        "INSERT INTO {table} (id, status, level, home, others) VALUES (:id, :status, :level, :home, :others)"
    );
    let insert = session.prepare(&text).await.unwrap();
    session.execute(&insert, person).await.unwrap();
}

#[test]
fn structs_of_user_types_survive_changes_of_the_type() {
    live(async |db| {
        let of_type = format!("{}.derived_address", db.keyspace());
        db.user_type("derived_address", "(\"streetName\" text, zip int, height double)").await;
        let table = db
            .table(
                "derived",
                &format!(
                    "(id int PRIMARY KEY, status text, level int, home frozen<{of_type}>, \
                     others list<frozen<{of_type}>>)"
                ),
            )
            .await;
        let session = db.session();
        insert(session, &table, &person(1)).await;
        let select = session.prepare(format!("SELECT * FROM {table} WHERE id = ?")).await.unwrap();
        let read = session.execute(&select, (1,)).await.unwrap();
        assert_eq!(read.single_row::<Person>().unwrap(), person(1));

        // A field that the struct does not know: passed over when read, null when written.
        db.alter(&format!("ALTER TYPE {of_type} ADD country text")).await;
        let session = db.session_of(db.release().versions()[0]).await;
        insert(&session, &table, &person(2)).await;
        for id in [1, 2] {
            let text = format!("SELECT * FROM {table} WHERE id = {id}");
            assert_eq!(session.execute(&text, ()).await.unwrap().single_row::<Person>().unwrap(), person(id));
        }

        // A field that the type lacks is an error before anything is sent, and one that the old values lack is null.
        #[derive(Debug, PartialEq, FromCql, ToCql)]
        struct Further {
            zip: Option<i32>,
            country: Option<String>,
        }
        #[derive(Debug, PartialEq, FromCql, ToCql)]
        struct Unknown {
            planet: String,
        }
        let text = format!("SELECT home FROM {table} WHERE id = 1");
        let result = session.execute(&text, ()).await.unwrap();
        let (further,) = result.single_row::<(Further,)>().unwrap();
        assert_eq!(further, Further { zip: Some(7), country: None });
        let error = result.single_row::<(Unknown,)>().unwrap_err().to_string();
        assert!(error.contains("it has no field `planet`"), "{error}");
        let update = session.prepare(format!("UPDATE {table} SET home = ? WHERE id = 1")).await.unwrap();
        let error = session.execute(&update, (Unknown { planet: "x".into() },)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Bind(_)), "{error}");
        session.close().await;
    });
}

#[test]
fn structs_are_bound_by_name_and_read_from_conditions() {
    live(async |db| {
        let table = db.table("derived_state", "(id int PRIMARY KEY, status text, level int)").await;
        #[derive(Debug, Clone, PartialEq, FromRow, BindRow)]
        struct Row {
            level: Option<Level>,
            id: i32,
            status: Status,
        }
        let row = Row { level: None, id: 1, status: Status::Ok };
        let text = format!("INSERT INTO {table} (id, status, level) VALUES (?, ?, ?) IF NOT EXISTS");
        let session = db.session();
        let insert = session.prepare(&text).await.unwrap();
        assert!(session.execute(&insert, &row).await.unwrap().lwt::<Row>().unwrap().is_applied());
        let other = Row { level: Some(Level::Low), ..row.clone() };
        let refused = session.execute(&insert, &other).await.unwrap();
        assert_eq!(refused.lwt::<Row>().unwrap(), Lwt::NotApplied(Some(row.clone())));
        let update = format!("UPDATE {table} SET status = :status, level = :level WHERE id = :id");
        // 6.0-alpha2 takes named values of text for those of other markers.
        if db.release() < Release::parse("6.0").unwrap() {
            session.execute(&update, &other).await.unwrap();
        } else {
            println!("SKIP the text unprepared: {} mistakes names", db.release());
            session.execute(&session.prepare(&update).await.unwrap(), &other).await.unwrap();
        }
        let read = session.execute(format!("SELECT level, status, id FROM {table}"), ()).await.unwrap();
        assert_eq!(read.single_row::<Row>().unwrap(), other);
    });
}
