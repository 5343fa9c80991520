//! What servers refuse, as typed errors.

use crate::values::for_each_version;
use cql_driver::error::ErrorKind;
use cql_driver::response::{ErrorCode, ErrorDetails};
use cql_driver::{Consistency, Error, Session, Statement};
use cql_tests::{contact_points, live};

fn code(error: &Error) -> ErrorCode {
    error.server_error().unwrap_or_else(|| panic!("not the server's: {error:?}")).code
}

#[test]
fn what_is_not_cql_is_a_syntax_error() {
    live(async |db| {
        for_each_version(db, async |session: &Session| {
            let error = session.execute("SELEKT * FROM nowhere", ()).await.unwrap_err();
            assert_eq!(code(&error), ErrorCode::SYNTAX_ERROR, "{error}");
            assert!(error.to_string().contains("SELEKT"), "{error}");
            let node = error.node().unwrap();
            assert!(contact_points().contains(&node.to_string()), "{node}");
            assert!(error.to_string().contains(&node.to_string()), "{error}");
            let error = session.prepare("SELEKT * FROM nowhere").await.unwrap_err();
            assert_eq!(code(&error), ErrorCode::SYNTAX_ERROR, "{error}");
        })
        .await;
    });
}

#[test]
fn what_makes_no_sense_is_invalid() {
    live(async |db| {
        let table = db.rows_table().await;
        for text in [
            "SELECT * FROM nowhere.at_all".to_owned(),
            format!("SELECT missing FROM {table}"),
            format!("INSERT INTO {table} (key) VALUES ('no clustering key')"),
            format!("SELECT * FROM {table} WHERE key = 7"),
            "SELECT * FROM no_keyspace".to_owned(),
        ] {
            let error = db.session().execute(&text, ()).await.unwrap_err();
            assert_eq!(code(&error), ErrorCode::INVALID, "{text}: {error}");
            assert_eq!(error.attempts().len(), 1, "it is not tried elsewhere: {error:?}");
        }
    });
}

#[test]
fn what_exists_cannot_be_created_again() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            let text = format!("CREATE TABLE {table} (k int PRIMARY KEY)");
            let error = session.execute(&text, ()).await.unwrap_err();
            assert_eq!(code(&error), ErrorCode::ALREADY_EXISTS, "{error}");
            match &error.server_error().unwrap().details {
                ErrorDetails::AlreadyExists { keyspace, table } => {
                    assert_eq!((&**keyspace, &**table), (db.keyspace(), "shared_rows"));
                }
                other => panic!("{other:?}"),
            }
        })
        .await;
    });
}

#[test]
fn too_few_replicas_are_unavailable() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            let select = format!("SELECT * FROM {table} WHERE key = 'unavailable'");
            let select = Statement::new(select).with_consistency(Consistency::Three);
            let error = session.execute(&select, ()).await.unwrap_err();
            assert_eq!(code(&error), ErrorCode::UNAVAILABLE, "{error}");
            match error.server_error().unwrap().details {
                ErrorDetails::Unavailable { consistency, required, alive } => {
                    assert_eq!((consistency, required), (Consistency::Three, 3));
                    assert!(alive <= 1, "{alive}");
                }
                ref other => panic!("{other:?}"),
            }
            assert_eq!(error.consistency(), Some(Consistency::Three));
        })
        .await;
    });
}

#[test]
fn values_of_the_wrong_kind_or_number_are_told_before_anything_is_sent() {
    live(async |db| {
        let table = db.rows_table().await;
        let insert = db.session().prepare(format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let secret = "a value that must not be told";
        let wrong = db.session().execute(&insert, (secret, secret, 1)).await.unwrap_err();
        let many = db.session().execute(&insert, (secret, 1, 1, 1)).await.unwrap_err();
        let name = std::collections::BTreeMap::from([("kee", secret)]);
        let name = db.session().execute(&insert, name).await.unwrap_err();
        for error in [&wrong, &many, &name] {
            assert!(matches!(error.kind(), ErrorKind::Bind(_)), "{error:?}");
            assert!(!error.was_sent());
            assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
        }
        assert!(wrong.to_string().contains("`id`"), "{wrong}");
        assert!(many.to_string().contains('4') && many.to_string().contains('3'), "{many}");
        assert!(name.to_string().contains("kee"), "{name}");
        // The connection is none the worse for it.
        db.session().execute(&insert, ("after mistakes", 1, 1)).await.unwrap();
    });
}

#[test]
fn a_request_above_the_limit_is_not_sent() {
    live(async |db| {
        let table = db.rows_table().await;
        let text = format!("INSERT INTO {table} (key, id, bytes) VALUES (?, ?, ?)");
        let insert = db.session().prepare(&text).await.unwrap();
        let bytes = vec![0_u8; 17 << 20];
        for error in [
            db.session().execute(&insert, ("too large", 1, &bytes)).await.unwrap_err(),
            db.session().execute(&text, ("too large", 1, &bytes)).await.unwrap_err(),
        ] {
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)), "{error:?}");
            assert!(!error.was_sent());
        }
    });
}

#[test]
fn rows_that_do_not_fit_are_told_with_their_column() {
    live(async |db| {
        let result = db.execute("SELECT key, cluster_name FROM system.local").await;
        let error = result.rows::<(String, i64)>().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Mismatch(_)), "{error:?}");
        assert!(error.to_string().contains("cluster_name"), "{error}");
        let error = result.single_row::<(String,)>().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Mismatch(_)), "{error:?}");
        let none = db.execute("SELECT key FROM system.local WHERE key = 'other'").await;
        let error = none.single_row::<(String,)>().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RowCount { found: 0, .. }), "{error:?}");
        assert_eq!(none.first_row::<(String,)>().unwrap(), None);
    });
}
