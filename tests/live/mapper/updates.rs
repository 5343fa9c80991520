//! Changes of rows: columns, collections, counters, static columns.

use super::models::{Address, Hits, Reading, User, user};
use super::rows::only_users;
use super::{key, mapper, reading_of, table};
use cql_driver::value::Counter;
use cql_mapper::prelude::*;
use cql_tests::{Capability, Database, live, live_with};

/// Scenario M8.
#[test]
fn m8_values_and_nulls_are_one_statement_with_its_timestamp() {
    live(async |db: &Database| {
        let (mapper, users) = (only_users(db).await, table(db, "users").await);
        let row = User { nick: Some("al".to_owned()), ..user(8) };
        row.insert().timestamp(5).exec(&mapper).await.unwrap();
        User::update(row.id)
            .set(User.name.to("a"))
            .set(User.nick.clear())
            .timestamp(7)
            .exec(&mapper)
            .await
            .unwrap();
        let result = db
            .execute_with(&format!("SELECT name, nick, writetime(name) FROM {users} WHERE id = ?"), (row.id,))
            .await;
        let (name, nick, written) = result.single_row::<(&str, Option<&str>, i64)>().unwrap();
        assert_eq!((name, nick, written), ("a", None, 7));
        // Nothing to change, nothing sent: not even a row comes of it.
        User::update(user(108).id).set(User.tags.remove(Vec::<String>::new())).exec(&mapper).await.unwrap();
        assert_eq!(User::find(user(108).id).first(&mapper).await.unwrap(), None);
    });
}

/// Scenario M11.
#[test]
fn m11_counters_count() {
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        for _ in 0..2 {
            Hits::update("home")
                .set(Hits.views.incr(2))
                .set(Hits.clicks.incr(-1))
                .exec(&mapper)
                .await
                .unwrap();
        }
        let hits = Hits::find("home").one(&mapper).await.unwrap();
        assert_eq!((hits.views, hits.clicks), (Counter(4), Counter(-2)));
        Batch::counter()
            .add(Hits::update("a").set(Hits.views.incr(1)).set(Hits.clicks.incr(1)))
            .add(Hits::update("b").set(Hits.views.incr(1)).set(Hits.clicks.incr(1)))
            .exec(&mapper)
            .await
            .unwrap();
        assert_eq!(Hits::find("b").one(&mapper).await.unwrap().views, Counter(1));
    });
}

/// Scenario M17.
#[test]
fn m17_collections_change_by_their_parts() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let row = Reading {
            tags: ["x".to_owned()].into(),
            log: vec!["b".to_owned()],
            attrs: [("old".to_owned(), "1".to_owned())].into(),
            ..reading_of(17, 0)
        };
        row.insert().exec(&mapper).await.unwrap();
        Reading::update(key(&row))
            .set(Reading.tags.add(["y", "z"]))
            .set(Reading.log.append(["c"]))
            .set(Reading.attrs.put("fw", "1.2"))
            .exec(&mapper)
            .await
            .unwrap();
        Reading::update(key(&row))
            .set(Reading.tags.remove(["x"]))
            .set(Reading.log.prepend(["a"]))
            .set(Reading.attrs.remove_keys(["old"]))
            .exec(&mapper)
            .await
            .unwrap();
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert_eq!(found.tags, ["y".to_owned(), "z".to_owned()].into());
        assert_eq!(found.log, ["a", "b", "c"]);
        assert_eq!(found.attrs, [("fw".to_owned(), "1.2".to_owned())].into());
        Reading::update(key(&row)).set(Reading.log.remove_value(["c"])).exec(&mapper).await.unwrap();
        Reading::update(key(&row)).set(Reading.log.unsafe_set_at(1, "B")).exec(&mapper).await.unwrap();
        Reading::update(key(&row)).set(Reading.tags.clear()).exec(&mapper).await.unwrap();
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert_eq!(found.log, ["a", "B"]);
        assert!(found.tags.is_empty());
    });
}

/// Scenario M20.
#[test]
fn m20_static_columns_are_of_the_partition() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        for seq in 0..2 {
            reading_of(20, seq).insert().exec(&mapper).await.unwrap();
        }
        let row = reading_of(20, 0);
        Reading::update_partition((row.tenant, row.day))
            .set(Reading.site.to("HQ"))
            .exec(&mapper)
            .await
            .unwrap();
        for seq in 0..2 {
            let found = Reading::find(key(&reading_of(20, seq))).one(&mapper).await.unwrap();
            assert_eq!(found.site.as_deref(), Some("HQ"));
        }
        Reading::update(key(&row)).set(Reading.site.clear()).exec(&mapper).await.unwrap();
        assert_eq!(Reading::find(key(&reading_of(20, 1))).one(&mapper).await.unwrap().site, None);
    });
}

/// Scenario M34: one field of a user-defined type that is not frozen.
#[test]
fn m34_a_field_is_changed_by_itself() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let address = Address { street: "Elm".to_owned(), city: "Rome".to_owned(), zip: Some(1) };
        let row = Reading { address: Some(address.clone()), ..reading_of(34, 0) };
        row.insert().exec(&mapper).await.unwrap();
        Reading::update(key(&row))
            .set(Reading.address.field(Address.city).to("Oslo"))
            .set(Reading.address.field(Address.zip).clear())
            .exec(&mapper)
            .await
            .unwrap();
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert_eq!(found.address, Some(Address { city: "Oslo".to_owned(), zip: None, ..address }));
    });
}
