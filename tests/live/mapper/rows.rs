//! Whole rows: inserted, replaced, found, deleted.

use super::models::{Address, Hits, Reading, Status, User, user};
use super::{key, mapper, reading_of, table};
use cql_driver::value::CqlDate;
use cql_mapper::prelude::*;
use cql_mapper::{Error, MAX_TTL, Nulls, schema};
use cql_tests::{Capability, Database, live, live_with};
use std::time::Duration;
use uuid::Uuid;

fn full(tenant: u128) -> Reading {
    Reading {
        site: Some("HQ".to_owned()),
        note: Some("warm".to_owned()),
        tags: ["a".to_owned(), "b".to_owned()].into(),
        log: vec!["one".to_owned(), "two".to_owned()],
        attrs: [("fw".to_owned(), "1.2".to_owned())].into(),
        address: Some(Address { street: "Elm".to_owned(), city: "Oslo".to_owned(), zip: None }),
        ..reading_of(tenant, 1)
    }
}

/// Scenario M2.
#[test]
fn m2_a_row_comes_back_as_it_was() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let row = full(2);
        row.insert().exec(&mapper).await.unwrap();
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert!(found.temp_written.is_some());
        assert_eq!(Reading { temp_written: None, ..found }, row);
        let readings = table(db, "readings").await;
        let text = format!("SELECT status, tenant FROM {readings} WHERE tenant = ? AND day = ?");
        let result = db.execute_with(&text, (row.tenant.0, row.day)).await;
        assert_eq!(result.single_row::<(&str, Uuid)>().unwrap(), ("low_battery", row.tenant.0));
        // Nothing is there: neither is an error of the driver.
        let other = Reading::find((row.tenant, row.day, row.at, 2));
        assert_eq!(other.clone().first(&mapper).await.unwrap(), None);
        assert!(matches!(other.one(&mapper).await, Err(Error::NotFound { table: "readings" })));
    });
}

/// Scenarios M3 and M4: an INSERT keeps what it does not say, a replacement removes it.
#[test]
fn m4_what_is_none_is_kept_by_insert_and_removed_by_replace() {
    live(async |db: &Database| {
        let (mapper, users) = (only_users(db).await, table(db, "users").await);
        let before = User { nick: Some("al".to_owned()), tags: ["x".to_owned()].into(), ..user(4) };
        before.insert().exec(&mapper).await.unwrap();
        user(4).insert().exec(&mapper).await.unwrap();
        assert_eq!(User::find(before.id).one(&mapper).await.unwrap(), before);
        user(4).insert().nulls(Nulls::Keep).exec(&mapper).await.unwrap();
        user(4).replace().exec(&mapper).await.unwrap();
        assert_eq!(User::find(before.id).one(&mapper).await.unwrap(), user(4));
        // What was never written has no tombstone: its write time is not there.
        user(104).insert().exec(&mapper).await.unwrap();
        let text = format!("SELECT writetime(nick), writetime(name) FROM {users} WHERE id = ?");
        let result = db.execute_with(&text, (user(104).id,)).await;
        let (nick, name) = result.single_row::<(Option<i64>, Option<i64>)>().unwrap();
        assert!(nick.is_none() && name.is_some());
    });
}

/// Users alone, for releases that have no vectors.
pub(super) async fn only_users(db: &Database) -> Mapper {
    if db.can(Capability::Vectors) {
        return mapper(db).await;
    }
    let keyspace = db.own_keyspace("models", 1).await;
    static CREATED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    CREATED
        .get_or_init(|| async {
            let mut statements = schema::create_statements::<User>(&keyspace);
            statements.extend(schema::create_statements::<Hits>(&keyspace));
            for statement in statements {
                db.alter(&statement).await;
            }
        })
        .await;
    Mapper::new(db.session().clone()).keyspace(keyspace)
}

/// On every version that the cluster speaks: protocol version 3 has no unset values.
#[test]
fn rows_are_written_and_read_on_every_version() {
    live(async |db: &Database| {
        let shared = only_users(db).await;
        for (id, version) in (500..).zip(db.release().versions()) {
            let mapper =
                Mapper::new(db.session_of(version).await).keyspace(db.own_keyspace("models", 1).await);
            let row = User { nick: Some("n".to_owned()), ..user(id) };
            row.insert().exec(&mapper).await.unwrap();
            user(id).insert().exec(&mapper).await.unwrap();
            assert_eq!(User::find(row.id).one(&shared).await.unwrap(), row, "{version}");
            user(id).replace().exec(&mapper).await.unwrap();
            assert_eq!(User::find(row.id).one(&mapper).await.unwrap(), user(id), "{version}");
            mapper.session().close().await;
        }
    });
}

/// Scenario M31.
#[test]
fn m31_rows_and_cells_live_as_long_as_was_said() {
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        let rows = [user(31), user(131)];
        rows[0].insert().ttl(2).exec(&mapper).await.unwrap();
        rows[1].insert().exec(&mapper).await.unwrap();
        User::update(rows[1].id).set(User.nick.to("soon gone")).ttl(2).exec(&mapper).await.unwrap();
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(User::find(rows[0].id).first(&mapper).await.unwrap(), None);
        assert_eq!(User::find(rows[1].id).one(&mapper).await.unwrap(), rows[1]);
        for error in [
            rows[0].insert().ttl(MAX_TTL + 1).exec(&mapper).await.unwrap_err(),
            User::update(rows[0].id).set(User.name.to("a")).ttl(MAX_TTL + 1).exec(&mapper).await.unwrap_err(),
            User::create(rows[0].id).ttl(MAX_TTL + 1).exec(&mapper).await.unwrap_err(),
        ] {
            assert!(matches!(error, Error::Ttl { seconds: 630_720_001 }) && !error.was_sent(), "{error}");
        }
    });
}

/// Scenario M32.
#[test]
fn m32_a_value_that_is_not_valid_is_not_sent() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let row = Reading { battery: 101, ..reading_of(32, 0) };
        let error = row.insert().exec(&mapper).await.unwrap_err();
        let Error::Validation { field: "battery", message } = &error else { panic!("{error}") };
        assert!(message == "0..=100" && !error.was_sent());
        assert_eq!(Reading::find(key(&row)).first(&mapper).await.unwrap(), None);
        let error = mapper.insert_many([reading_of(32, 1), row.clone()]).exec().await.unwrap_err();
        assert!(matches!(error, Error::Validation { .. }));
        assert!(Reading::find((row.tenant, row.day, row.at, 1)).first(&mapper).await.unwrap().is_some());
    });
}

/// Scenario M37.
#[test]
fn m37_one_model_in_many_keyspaces() {
    live(async |db: &Database| {
        let shared = Mapper::new(db.session().clone());
        let mut mappers = Vec::new();
        for name in ["models_a", "models_b"] {
            let mapper = shared.keyspace(db.own_keyspace(name, 1).await);
            schema::sync_table::<User>(&mapper).await.unwrap();
            mappers.push(mapper);
        }
        for (mapper, name) in mappers.iter().zip(["a", "b"]) {
            User { name: name.to_owned(), ..user(37) }.insert().exec(mapper).await.unwrap();
        }
        for (mapper, name) in mappers.iter().zip(["a", "b"]) {
            assert_eq!(User::find(user(37).id).one(mapper).await.unwrap().name, name);
        }
        assert_eq!(shared.statement_counts(), (4, 0));
    });
}

/// A table whose column has another type than the model is told before anything is written.
#[test]
fn a_column_of_another_type_is_told() {
    #[derive(Model, Debug)]
    #[cql(table = "users")]
    struct Other {
        #[cql(partition_key)]
        id: Uuid,
        name: i64,
    }
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        let error = Other { id: Uuid::nil(), name: 1 }.insert().exec(&mapper).await.unwrap_err();
        assert_eq!(error.to_string(), "column name of users is text in the cluster, and bigint in the model");
        assert!(!error.was_sent());
    });
}

#[test]
fn many_rows_are_inserted_with_progress() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let progress = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
        let seen = std::sync::Arc::clone(&progress);
        let rows = (0..500).map(|id| user(10_000 + id));
        let load = mapper.insert_many(rows).concurrency(32).on_progress(move |done| {
            seen.store(done, std::sync::atomic::Ordering::Relaxed);
        });
        assert_eq!(load.exec().await.unwrap(), 500);
        assert_eq!(progress.load(std::sync::atomic::Ordering::Relaxed), 500);
        assert_eq!(User::find(Uuid::from_u128(10_499)).one(&mapper).await.unwrap(), user(10_499));
    });
}

#[test]
fn what_is_deleted_is_gone() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        for seq in 0..4 {
            reading_of(60, seq).insert().exec(&mapper).await.unwrap();
        }
        let row = reading_of(60, 0);
        Reading::find(key(&row)).delete().exec(&mapper).await.unwrap();
        let of_partition = Reading::objects()
            .filter(Reading.tenant.eq(row.tenant))
            .filter(Reading.day.eq(CqlDate::default()));
        assert_eq!(of_partition.clone().count(&mapper).await.unwrap(), 3);
        let at = of_partition.clone().filter(Reading.at.eq(row.at));
        at.filter(Reading.seq.ge(2)).delete().exec(&mapper).await.unwrap();
        let left: Vec<(i32,)> = of_partition.clone().columns((Reading.seq,)).all(&mapper).await.unwrap();
        assert_eq!(left, [(1,)]);
        of_partition.clone().delete().exec(&mapper).await.unwrap();
        assert_eq!(of_partition.count(&mapper).await.unwrap(), 0);
        let _ = Status::Ok;
    });
}
