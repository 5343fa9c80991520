//! The keyspace of a session.

use cql_driver::error::ErrorKind;
use cql_driver::{Error, Session};
use cql_tests::{Database, live};

/// Two keyspaces with a table `t` each, which says in which of them it is.
async fn two_keyspaces(db: &Database) -> [String; 2] {
    let keyspaces = [db.own_keyspace("a", 1).await, db.own_keyspace("b", 1).await];
    for keyspace in &keyspaces {
        db.alter(&format!("CREATE TABLE IF NOT EXISTS {keyspace}.t (k int PRIMARY KEY, place text)")).await;
        db.execute(&format!("INSERT INTO {keyspace}.t (k, place) VALUES (1, '{keyspace}')")).await;
    }
    keyspaces
}

/// Asks often enough that each connection answers.
async fn assert_in(session: &Session, keyspace: &str) {
    let asked = (0..40).map(|_| session.execute("SELECT place FROM t WHERE k = 1", ()));
    for result in futures::future::join_all(asked).await {
        assert_eq!(result.unwrap().single_row::<(&str,)>().unwrap(), (keyspace,));
    }
    assert_eq!(session.keyspace().as_deref(), Some(keyspace));
}

#[test]
fn use_moves_all_connections_of_a_session_and_of_no_other() {
    live(async |db| {
        let [a, b] = two_keyspaces(db).await;
        let cluster = db.builder().build().unwrap();
        let (session, other) = (cluster.connect().await.unwrap(), cluster.connect().await.unwrap());
        assert_eq!(session.keyspace(), None);
        let lost = session.execute("SELECT place FROM t", ()).await.unwrap_err();
        assert!(lost.server_error().is_some(), "{lost:?}");
        session.execute(format!("USE {a}"), ()).await.unwrap();
        assert_in(&session, &a).await;
        other.execute(format!("USE {b}"), ()).await.unwrap();
        assert_in(&session, &a).await;
        assert_in(&other, &b).await;
        session.execute(format!("USE \"{b}\""), ()).await.unwrap();
        assert_in(&session, &b).await;
        session.close().await;
        other.close().await;
    });
}

#[test]
fn a_session_can_start_in_a_keyspace() {
    live(async |db| {
        let [a, b] = two_keyspaces(db).await;
        let cluster = db.builder().build().unwrap();
        let session = cluster.connect_keyspace(&a).await.unwrap();
        assert_in(&session, &a).await;
        session.execute(format!("USE {b}"), ()).await.unwrap();
        assert_in(&session, &b).await;
        session.close().await;
    });
}

#[test]
fn a_use_that_is_refused_changes_nothing() {
    live(async |db| {
        let [a, _] = two_keyspaces(db).await;
        let session = db.builder().build().unwrap().connect_keyspace(&a).await.unwrap();
        let refused: Error = session.execute("USE no_such_keyspace", ()).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Server(_)), "{refused:?}");
        assert_in(&session, &a).await;
        session.close().await;
    });
}

#[test]
fn a_name_may_need_quotes() {
    live(async |db| {
        let name = format!("Upper_{}", db.keyspace());
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
        db.alter(&format!("CREATE KEYSPACE \"{name}\" WITH replication = {replication}")).await;
        db.alter(&format!("CREATE TABLE \"{name}\".\"T\" (\"K\" int PRIMARY KEY)")).await;
        let session = db.builder().build().unwrap().connect_keyspace(&name).await.unwrap();
        let insert = session.prepare("INSERT INTO \"T\" (\"K\") VALUES (?)").await.unwrap();
        session.execute(&insert, (1,)).await.unwrap();
        assert_eq!(insert.bind_columns()[0].name(), "K");
        assert_eq!(session.execute("SELECT * FROM \"T\"", ()).await.unwrap().rows_count(), 1);
        session.close().await;
        db.alter(&format!("DROP KEYSPACE \"{name}\"")).await;
    });
}

#[test]
fn what_was_prepared_in_a_keyspace_stays_in_it() {
    live(async |db| {
        let [a, b] = two_keyspaces(db).await;
        let session = db.builder().build().unwrap().connect_keyspace(&a).await.unwrap();
        let text = "SELECT place FROM t WHERE k = ?";
        let place = async |select| {
            let result = session.execute(select, (1,)).await.unwrap();
            result.single_row::<(String,)>().unwrap().0
        };
        let in_a = session.prepare(text).await.unwrap();
        assert_eq!(place(&in_a).await, a);
        session.execute(format!("USE {b}"), ()).await.unwrap();
        let in_b = session.prepare(text).await.unwrap();
        assert_eq!(place(&in_b).await, b);
        assert_eq!(place(&in_a).await, a);
        session.close().await;
    });
}
