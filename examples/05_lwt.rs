//! Lightweight transactions: changes that are made only if a condition holds, and what comes back if it does not.

use cql_driver::{Consistency, Error, Lwt};
use futures::future::try_join_all;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_lwt").await?;
    let table = "CREATE TABLE accounts (name text PRIMARY KEY, owner text, balance int)";
    session.execute(table, ()).await?;

    // Eight tasks want the same name; one gets it.
    let claim = session
        .prepare("INSERT INTO accounts (name, owner, balance) VALUES (?, ?, 100) IF NOT EXISTS")
        .await?;
    let claims = (1..=8).map(|number| {
        let (session, claim) = (&session, &claim);
        async move {
            let owner = format!("task {number}");
            let result = session.execute(claim, ("savings", &owner)).await?;
            // If not applied: the row that is there, key first, then its other columns by name.
            let outcome = result.lwt::<(&str, i32, &str)>()?;
            match outcome {
                Lwt::Applied => println!("{owner} got the name"),
                Lwt::NotApplied(Some((name, _, first))) => println!("{owner}: {name} belongs to {first}"),
                Lwt::NotApplied(None) => println!("{owner}: it is taken"),
            }
            Ok::<_, Error>(outcome.is_applied())
        }
    });
    let winners = try_join_all(claims).await?.into_iter().filter(|won| *won).count();
    println!("{winners} of 8 won");

    // Compare and set: read, compute, write if nobody was there in between; else try again with what is there now.
    let update = session.prepare("UPDATE accounts SET balance = ? WHERE name = ? IF balance = ?").await?;
    let mut balance = 90; // out of date on purpose
    loop {
        let result = session.execute(&update, (balance - 30, "savings", balance)).await?;
        match result.lwt::<(i32,)>()? {
            Lwt::Applied => break,
            Lwt::NotApplied(Some((current,))) => {
                println!("the balance is {current}, not {balance}: again");
                balance = current;
            }
            Lwt::NotApplied(None) => {
                println!("there is no such account");
                break;
            }
        }
    }

    // SERIAL reads see every transaction that was accepted.
    let select = session.prepare("SELECT balance FROM accounts WHERE name = ?").await?;
    let result = session.execute(select.with_consistency(Consistency::Serial), ("savings",)).await?;
    let (balance,): (i32,) = result.single_row()?;
    println!("the balance is {balance}");

    cql_examples::finish(session).await
}
