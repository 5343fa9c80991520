//! Scenario M38: what uses models is tested without a server; statements and their values are seen, answers are made up.
#![cfg(feature = "mock")]

mod models;

use cql_driver::Consistency;
use cql_driver::error::ErrorKind;
use cql_mapper::Error;
use cql_mapper::mock::{ErrorCode, ErrorDetails, MockDb, Operation};
use cql_mapper::prelude::*;
use cql_testkit::WriteType;
use futures::TryStreamExt as _;
use models::{Hits, Reading, User, reading, tenant, user};
use std::time::Duration;

/// A service that is to be tested.
async fn sign_up(db: &Mapper, row: &User) -> Result<Option<User>, Error> {
    match row.insert().if_not_exists().exec(db).await? {
        Lwt::Applied => Ok(None),
        Lwt::NotApplied(existing) => Ok(existing),
    }
}

#[tokio::test]
async fn m38_rows_are_made_up_and_values_are_seen() {
    let mock = MockDb::start().await.unwrap();
    let rows = [reading(1), reading(2)];
    let query =
        Reading::objects().filter(Reading.tenant.eq(tenant())).filter(Reading.day.eq(CqlDate::default()));
    mock.on(query.cql()).returns(rows.clone());
    assert_eq!(query.clone().all(mock.mapper()).await.unwrap(), rows);
    mock.on_any::<Reading>(Operation::Select).returns(rows.clone());
    let pairs: Vec<(i32, f64)> =
        query.clone().columns((Reading.seq, Reading.temp)).all(mock.mapper()).await.unwrap();
    assert_eq!(pairs, [(1, 20.5), (2, 20.5)]);
    assert_eq!(query.count(mock.mapper()).await.unwrap(), 2);
    let call = &mock.calls()[0];
    assert_eq!(call.value::<uuid::Uuid>("tenant"), tenant().0);
    assert_eq!((call.timestamp(), call.is_in_batch()), (None, false));
}

#[tokio::test]
async fn m38_writes_show_what_they_write() {
    let mock = MockDb::start().await.unwrap();
    mock.on_any::<User>(Operation::Insert).succeeds();
    mock.on_any::<User>(Operation::Update).succeeds();
    mock.on_any::<Hits>(Operation::Update).succeeds();
    let (db, row) = (mock.mapper(), user(1));
    row.insert().ttl(60).timestamp(7).consistency(Consistency::Quorum).exec(db).await.unwrap();
    row.replace().exec(db).await.unwrap();
    User::update(row.id).set(User.nick.clear()).set(User.tags.add(["new"])).exec(db).await.unwrap();
    Hits::update("home").set(Hits.views.incr(3)).exec(db).await.unwrap();
    Batch::logged()
        .add(row.insert())
        .add(User::update(row.id).set(User.name.to("b")))
        .exec(db)
        .await
        .unwrap();
    let calls = mock.calls();
    assert_eq!(calls.len(), 6);
    assert!(calls[0].is_unset("nick") && calls[1].is_null("nick") && calls[2].is_null("nick"));
    assert_eq!((calls[0].value::<i32>("[ttl]"), calls[0].timestamp()), (60, Some(7)));
    assert_eq!(calls[0].consistency(), Some(Consistency::Quorum));
    assert_eq!(calls[2].value::<Vec<String>>("tags"), ["new"]);
    assert_eq!((calls[3].value::<i64>("views"), calls[3].value::<String>("page")), (3, "home".to_owned()));
    assert!(calls[4].is_in_batch() && calls[5].value::<String>("name") == "b");
}

#[tokio::test]
async fn m38_conditions_hold_or_not_as_the_test_says() {
    let mock = MockDb::start().await.unwrap();
    mock.on_any::<User>(Operation::Insert).not_applied(User { name: "First".to_owned(), ..user(1) });
    mock.on_any::<User>(Operation::Insert).once().applied();
    assert_eq!(sign_up(mock.mapper(), &user(1)).await.unwrap(), None);
    assert_eq!(sign_up(mock.mapper(), &user(1)).await.unwrap().unwrap().name, "First");
    let change = User::update(user(1).id).set(User.version.to(2)).iff(User.version.eq(1));
    mock.on(change.cql()).not_applied(User { version: 9, ..user(1) });
    assert_eq!(change.clone().exec(mock.mapper()).await.unwrap(), Lwt::NotApplied(Some((Some(9),))));
    mock.on(change.cql()).not_applied_without_row();
    assert_eq!(change.exec(mock.mapper()).await.unwrap(), Lwt::NotApplied(None));
}

#[tokio::test]
async fn m38_errors_timeouts_and_pages() {
    let mock = MockDb::start().await.unwrap();
    let db = mock.mapper();
    // Nothing was said: the error names the statement.
    let error = User::find(user(1).id).one(db).await.unwrap_err();
    let text = std::error::Error::source(&error).unwrap().to_string();
    assert!(text.contains("the mock has no answer for: SELECT id, email"), "{text}");
    mock.on_any::<User>(Operation::Select).fails(ErrorCode::INVALID, "no such table");
    let error = User::find(user(1).id).one(db).await.unwrap_err();
    assert!(matches!(error.driver().unwrap().kind(), ErrorKind::Server(_)), "{error:?}");
    let cas = ErrorDetails::WriteTimeout {
        consistency: Consistency::Serial,
        received: 1,
        block_for: 2,
        write_type: WriteType::CAS,
        contentions: None,
    };
    mock.on_any::<User>(Operation::Insert).fails_with(cas);
    let error = user(1).insert().if_not_exists().exec(db).await.unwrap_err();
    assert!(matches!(error, Error::LwtUnknown { .. }), "{error:?}");
    mock.on_any::<User>(Operation::Update).is_silent();
    let update = User::update(user(1).id).set(User.name.to("a")).timeout(Duration::from_millis(20));
    let error = update.exec(db).await.unwrap_err();
    assert!(matches!(error.driver().unwrap().kind(), ErrorKind::Timeout { .. }), "{error:?}");
    mock.on_any::<User>(Operation::Select).returns_pages([vec![user(1), user(2)], vec![], vec![user(3)]]);
    let all: Vec<User> = User::objects().scan().stream(db).await.unwrap().try_collect().await.unwrap();
    assert_eq!(all, [user(1), user(2), user(3)]);
    let first = User::objects().scan().page(db, None).await.unwrap();
    assert_eq!(first.rows.len(), 2);
    let second = User::objects().scan().page(db, first.next).await.unwrap();
    assert!(second.rows.is_empty() && second.next.is_some());
    // Conditions that are written by hand.
    mock.on("SELECT id FROM app.users WHERE id = ?").returns([user(4)]);
    let raw: Option<(uuid::Uuid,)> =
        User::raw("WHERE id = ?", (user(4).id,)).columns((User.id,)).first(db).await.unwrap();
    assert_eq!(raw, Some((user(4).id,)));
}
