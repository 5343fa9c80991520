//! Right, wrong and missing passwords; scenarios J10 and P29.

use crate::{bare, cause, refused, tls, variable};
use cql_driver::error::ConnectCause;
use cql_driver::response::ErrorCode;
use cql_driver::{Error, Session};
use cql_tests::live;

const SECRET: &str = "hunter2-do-not-tell";

fn assert_says_nothing(error: &Error, secret: &str) {
    let mut told = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        told += &format!("{inner} {inner:?}");
        source = inner.source();
    }
    assert!(!told.contains(secret), "{told}");
}

async fn connect(user: &str, password: &str) -> Result<Session, Error> {
    bare().tls(tls()).credentials(user, password).build().unwrap().connect().await
}

#[test]
fn j10_the_right_password_opens_the_door() {
    live(async |_| {
        let session = connect(&variable("CQL_USERNAME"), &variable("CQL_PASSWORD")).await.unwrap();
        let result = session.execute("SELECT key FROM system.local", ()).await.unwrap();
        assert_eq!(result.single_row::<(&str,)>().unwrap(), ("local",));
        session.close().await;
    });
}

#[test]
fn j10_a_wrong_password_is_an_authentication_error_that_tells_no_password() {
    live(async |_| {
        for user in [&*variable("CQL_USERNAME"), "nobody"] {
            let builder = bare().tls(tls()).credentials(user, SECRET);
            assert!(!format!("{builder:?}").contains(SECRET));
            let error = refused(builder).await;
            assert!(matches!(cause(&error), ConnectCause::Authentication(_)), "{error:?}");
            assert_says_nothing(&error, SECRET);
        }
    });
}

#[test]
fn j10_no_password_is_an_error_that_names_what_the_server_asks_for() {
    live(async |_| {
        let error = refused(bare().tls(tls())).await;
        assert!(matches!(cause(&error), ConnectCause::Authentication(_)), "{error:?}");
        assert!(error.to_string().contains("PasswordAuthenticator"), "{error}");
    });
}

#[test]
fn what_a_user_may_not_do_is_unauthorized() {
    live(async |db| {
        let (user, table) = ("limited", db.rows_table().await);
        db.execute(&format!("CREATE ROLE IF NOT EXISTS {user} WITH PASSWORD = '{SECRET}' AND LOGIN = true"))
            .await;
        db.execute(&format!("GRANT SELECT ON {table} TO {user}")).await;
        let session = connect(user, SECRET).await.unwrap();
        let select =
            session.prepare(format!("SELECT number FROM {table} WHERE key = ? AND id = ?")).await.unwrap();
        session.execute(&select, ("any", 1)).await.unwrap();
        let insert = session.prepare(format!("INSERT INTO {table} (key, id) VALUES (?, ?)")).await.unwrap();
        let error = session.execute(&insert, ("any", 1)).await.unwrap_err();
        assert_eq!(error.server_error().unwrap().code, ErrorCode::UNAUTHORIZED, "{error}");
        assert_says_nothing(&error, SECRET);
        assert!(!format!("{session:?}").contains(SECRET));
        session.execute(&select, ("any", 1)).await.unwrap();
        session.close().await;
        db.execute(&format!("DROP ROLE {user}")).await;
    });
}
