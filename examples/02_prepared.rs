//! Prepares a statement once and executes it many times: values by position and by name, null and unset, options.

use cql_driver::value::ToCql;
use cql_driver::{Consistency, Error, Unset};
use std::collections::HashMap;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_prepared").await?;
    let table = "CREATE TABLE people (id int PRIMARY KEY, name text, email text, visits int)";
    session.execute(table, ()).await?;

    // The server parses the text once. From then on the driver knows the types of its values, checks them before
    // anything is sent, and sends each request to a node that has the partition.
    let insert = session.prepare("INSERT INTO people (id, name, email, visits) VALUES (?, ?, ?, ?)").await?;
    for marker in insert.bind_columns() {
        println!("marker {}: {}", marker.name(), marker.column_type());
    }

    // By position: a tuple.
    session.execute(&insert, (1, "Ada", "ada@example.org", 1)).await?;
    session.execute(&insert, (2, "Grace", "grace@example.org", 7)).await?;

    // Null deletes a value, unset leaves it as it is.
    session.execute(&insert, (1, "Ada Lovelace", Unset, Unset)).await?;
    session.execute(&insert, (2, "Grace Hopper", None::<&str>, Unset)).await?;

    // By name: what is not named is unset.
    let barbara: [(&str, &(dyn ToCql + Sync)); 2] = [("name", &"Barbara Liskov"), ("id", &3)];
    session.execute(&insert, HashMap::from(barbara)).await?;

    // Options belong to a statement, and a statement is cheap to clone.
    let careful = insert
        .clone()
        .with_consistency(Consistency::LocalQuorum)
        .with_timeout(Duration::from_secs(2))
        .with_idempotent(true);
    session.execute(&careful, (4, "Edsger Dijkstra", None::<&str>, 3)).await?;

    // `&str` borrows from the answer; `Option` takes nulls.
    let select = session.prepare("SELECT name, email, visits FROM people WHERE id = ?").await?;
    for id in 1..=4 {
        let result = session.execute(&select, (id,)).await?;
        let (name, email, visits): (&str, Option<&str>, Option<i32>) = result.single_row()?;
        println!("{id}: {name}, {}, visits: {}", email.unwrap_or("no address"), visits.unwrap_or(0));
    }

    cql_examples::finish(session).await
}
