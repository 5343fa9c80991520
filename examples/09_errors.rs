//! What can go wrong, and how a program tells: one error type that says what, where, and whether it was sent.

use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::response::{ErrorCode, ErrorDetails};
use cql_driver::{Cluster, Error, Statement};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_errors").await?;
    session.execute("CREATE TABLE people (id int PRIMARY KEY, name text)", ()).await?;

    // The server refuses: its code, and the fields that come with some codes.
    if let Err(error) = session.execute("SELECT nothing FROM people", ()).await {
        println!("server: {error}");
        println!(
            "  is it the statement? {}",
            error.server_error().is_some_and(|e| e.code == ErrorCode::INVALID)
        );
    }
    if let Err(error) = session.execute("CREATE TABLE people (id int PRIMARY KEY)", ()).await
        && let Some(ErrorDetails::AlreadyExists { keyspace, table }) =
            error.server_error().map(|e| &e.details)
    {
        println!("server: {keyspace}.{table} is there already");
    }

    // The values do not fit: told before anything is sent, and without the values, which may be secret.
    let insert = session.prepare("INSERT INTO people (id, name) VALUES (?, ?)").await?;
    if let Err(error) = session.execute(&insert, ("one", "Ada")).await {
        println!("bind: {error}");
        println!("  sent? {}", error.was_sent());
    }
    session.execute(&insert, (1, "Ada")).await?;

    // The row does not fit the Rust type.
    let result = session.execute("SELECT id, name FROM people", ()).await?;
    if let Err(error) = result.single_row::<(i32, i32)>() {
        println!("row: {error}");
    }

    // No answer in time: whether it was sent tells whether it may have been executed all the same.
    let hasty =
        Statement::new("CREATE TABLE pets (id int PRIMARY KEY)").with_timeout(Duration::from_millis(1));
    if let Err(error) = session.execute(hasty, ()).await {
        println!("timeout: {error}");
        println!("  a timeout? {}, sent? {}", error.is_timeout(), error.was_sent());
    }

    // Nobody there: what happened at each contact point.
    if let Err(error) = Cluster::builder().contact_points(["127.0.0.1:1"]).build()?.connect().await {
        println!("connect: {error}");
        if let ErrorKind::Connect(nodes) = error.kind() {
            let refused = |cause: &ConnectCause| matches!(cause, ConnectCause::Io(_));
            println!(
                "  {} tried, {} refused",
                nodes.len(),
                nodes.iter().filter(|e| refused(&e.cause)).count()
            );
        }
    }

    // After `close` a session takes nothing more, for all of its clones.
    let other = session.clone();
    cql_examples::finish(session).await?;
    if let Err(error) = other.execute("SELECT name FROM people", ()).await {
        println!("closed: {error}");
    }
    Ok(())
}
