//! Rows that are read, changed and saved.

use super::models::{Address, Reading, User, user};
use super::rows::only_users;
use super::{key, mapper, reading_of, table};
use cql_mapper::prelude::*;
use cql_mapper::{Error, Tracked};
use cql_tests::{Capability, Database, live, live_with};

/// Scenario P32: parts of collections, one statement, and nothing the second time.
#[test]
fn p32_what_was_changed_is_written_and_no_more() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let entries = |all: &[(&str, &str)]| all.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let row = Reading {
            tags: texts(&["x", "y"]).into_iter().collect(),
            log: texts(&["1", "2", "3"]),
            attrs: entries(&[("a", "1"), ("b", "2")]),
            note: Some("n".to_owned()),
            address: Some(Address { street: "Elm".to_owned(), city: "Rome".to_owned(), zip: None }),
            ..reading_of(320, 0)
        };
        row.insert().exec(&mapper).await.unwrap();
        let mut loaded = Reading::find(key(&row)).tracked(&mapper).await.unwrap();
        assert!(!loaded.save().exec(&mapper).await.unwrap());
        // Another adds to the set meanwhile: what is added and removed here leaves that alone.
        Reading::update(key(&row)).set(Reading.tags.add(["w"])).exec(&mapper).await.unwrap();
        loaded.tags = texts(&["y", "z"]).into_iter().collect();
        loaded.log = texts(&["-1", "0", "1", "2", "3", "4", "5"]);
        loaded.attrs = entries(&[("b", "2"), ("c", "3")]);
        loaded.note = None;
        loaded.temp = 99.0;
        loaded.site = Some("HQ".to_owned());
        assert_eq!(loaded.changes().unwrap(), ["site", "temp", "note", "tags", "log", "attrs"]);
        assert!(loaded.save().exec(&mapper).await.unwrap());
        assert!(!loaded.save().exec(&mapper).await.unwrap());
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert_eq!(found.tags, texts(&["w", "y", "z"]).into_iter().collect());
        assert_eq!((&found.log, &found.attrs), (&loaded.log, &loaded.attrs));
        assert_eq!((found.note, found.temp, found.site.as_deref()), (None, 99.0, Some("HQ")));
        assert_eq!(found.address, row.address);
        // A list that is another one is written as a whole; a set of a partition alone, without the clustering key.
        loaded.log = texts(&["9"]);
        loaded.tags.clear();
        loaded.save().exec(&mapper).await.unwrap();
        loaded.site = None;
        loaded.save().exec(&mapper).await.unwrap();
        let found = Reading::find(key(&row)).one(&mapper).await.unwrap();
        assert_eq!((found.log, found.tags.len(), found.site), (texts(&["9"]), 0, None));
    });
}

/// One shape of statement does for whatever scalars are changed, and what was not is not written.
#[test]
fn columns_that_were_not_changed_keep_their_write_time() {
    live(async |db: &Database| {
        let (mapper, users) = (only_users(db).await, table(db, "users").await);
        user(321).insert().timestamp(5).exec(&mapper).await.unwrap();
        let mut loaded = User::find(user(321).id).tracked(&mapper).await.unwrap();
        loaded.name = "new".to_owned();
        loaded.save().timestamp(9).exec(&mapper).await.unwrap();
        let text =
            format!("SELECT writetime(name), writetime(email), writetime(version) FROM {users} WHERE id = ?");
        let result = db.execute_with(&text, (user(321).id,)).await;
        assert_eq!(result.single_row::<(i64, i64, i64)>().unwrap(), (9, 5, 5));
    });
}

/// Scenarios M16 and M32.
#[test]
fn m16_a_changed_key_is_not_written() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let mut row = Tracked::new(reading_of(16, 0)).unwrap();
        row.seq = 1;
        row.temp = 1.0;
        let error = row.save().exec(&mapper).await.unwrap_err();
        assert!(matches!(error, Error::KeyChanged { column: "seq" }) && !error.was_sent());
        row.seq = 0;
        row.battery = 101;
        let error = row.save().exec(&mapper).await.unwrap_err();
        assert!(matches!(error, Error::Validation { field: "battery", .. }) && !error.was_sent());
    });
}

#[test]
fn a_row_that_others_changed_is_not_saved() {
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        user(322).insert().exec(&mapper).await.unwrap();
        let mut one = User::find(user(322).id).tracked(&mapper).await.unwrap();
        let mut other = User::find(user(322).id).tracked(&mapper).await.unwrap();
        one.version = 2;
        assert!(one.save().if_unchanged(User.version).exec(&mapper).await.unwrap().is_applied());
        other.name = "late".to_owned();
        let outcome = other.save().if_unchanged(User.version).exec(&mapper).await.unwrap();
        assert_eq!(outcome, Lwt::NotApplied(Some((Some(2),))));
        assert_eq!(User::find(user(322).id).one(&mapper).await.unwrap().name, "Ada");
    });
}
