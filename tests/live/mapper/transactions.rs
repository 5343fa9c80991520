//! Conditional statements and batches.

use super::models::{Reading, User, user};
use super::rows::only_users;
use super::{key, mapper, reading_of};
use cql_mapper::Error;
use cql_mapper::prelude::*;
use cql_tests::{Capability, Database, live, live_with};

/// Scenario M9: the row that is there comes back.
#[test]
fn m9_an_insert_gives_the_row_that_stands_in_its_way() {
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        let row = User { nick: Some("n".to_owned()), ..user(9) };
        assert_eq!(row.insert().if_not_exists().exec(&mapper).await.unwrap(), Lwt::Applied);
        let other = User { name: "Other".to_owned(), ..user(9) };
        assert_eq!(other.insert().if_not_exists().exec(&mapper).await.unwrap(), Lwt::NotApplied(Some(row)));
    });
}

/// Scenario M10.
#[test]
fn m10_conditions_tell_what_they_found() {
    live(async |db: &Database| {
        let mapper = only_users(db).await;
        let row = User { version: 5, ..user(10) };
        row.insert().exec(&mapper).await.unwrap();
        let change = |id, version| User::update(id).set(User.name.to("new")).iff(User.version.eq(version));
        let outcome = change(row.id, 3).exec(&mapper).await.unwrap();
        assert_eq!(outcome, Lwt::NotApplied(Some((Some(5),))));
        let both = change(row.id, 3).iff(User.email.eq("x")).exec(&mapper).await.unwrap();
        assert_eq!(both, Lwt::NotApplied(Some((Some(5), Some(row.email.clone())))));
        assert_eq!(change(user(110).id, 3).exec(&mapper).await.unwrap(), Lwt::NotApplied(None));
        assert_eq!(change(row.id, 5).exec(&mapper).await.unwrap(), Lwt::Applied);
        assert_eq!(User::find(row.id).one(&mapper).await.unwrap().name, "new");
        let missing = User::update(user(110).id).set(User.name.to("x")).if_exists();
        assert!(!missing.exec(&mapper).await.unwrap().is_applied());
        let delete = User::find(row.id).delete().iff(User.name.not_eq("new"));
        assert_eq!(delete.exec(&mapper).await.unwrap(), Lwt::NotApplied(Some((Some("new".to_owned()),))));
        assert_eq!(User::find(row.id).delete().if_exists().exec(&mapper).await.unwrap(), Lwt::Applied);
        assert_eq!(User::find(row.id).first(&mapper).await.unwrap(), None);
    });
}

/// Scenario M22.
#[test]
fn m22_a_batch_is_one_request_for_several_tables() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let (row, user) = (reading_of(22, 0), user(22));
        user.insert().exec(&mapper).await.unwrap();
        let mut batch = Batch::logged()
            .add(row.insert().ttl(1000))
            .add(User::update(user.id).set(User.name.to("batched")))
            .add(User::update(user.id).set(User.tags.add(Vec::<String>::new())));
        batch.push(Reading::find(key(&reading_of(22, 9))).delete());
        assert_eq!(batch.len(), 3);
        batch.exec(&mapper).await.unwrap();
        assert!(Reading::find(key(&row)).first(&mapper).await.unwrap().is_some());
        assert_eq!(User::find(user.id).one(&mapper).await.unwrap().name, "batched");
        Batch::logged().exec(&mapper).await.unwrap();
        // A timestamp of its own loses against a later one.
        Batch::unlogged()
            .add(User::update(user.id).set(User.name.to("old")).timestamp(5))
            .add(user.insert().timestamp(6).ttl(100))
            .exec(&mapper)
            .await
            .unwrap();
        assert_eq!(User::find(user.id).one(&mapper).await.unwrap().name, "batched");
    });
}

/// Scenario M23.
#[test]
fn m23_a_conditional_batch_is_about_one_partition() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let rows = [reading_of(23, 0), reading_of(23, 1), reading_of(123, 0)];
        let spans = Batch::conditional()
            .add(rows[0].insert().if_not_exists())
            .add(rows[2].insert().if_not_exists())
            .exec(&mapper)
            .await
            .unwrap_err();
        assert!(matches!(spans, Error::BatchSpansPartitions { table: "readings" }) && !spans.was_sent());
        let both = || Batch::conditional().add(rows[0].insert().if_not_exists()).add(rows[1].insert());
        assert!(both().exec(&mapper).await.unwrap().is_applied());
        let Lwt::NotApplied(Some(existing)) = both().exec(&mapper).await.unwrap() else {
            panic!("it was applied")
        };
        assert!(!existing.is_empty());
        assert!(existing[0].value("seq").is_some(), "{existing:?}");
    });
}
