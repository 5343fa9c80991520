//! Executes several statements as one: logged over two tables, unlogged within a partition, and counters.

use cql_driver::{Batch, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_batch").await?;
    for table in [
        "CREATE TABLE books (isbn text PRIMARY KEY, title text, author text)",
        "CREATE TABLE books_by_author (author text, title text, isbn text, PRIMARY KEY (author, title))",
        "CREATE TABLE chapters (isbn text, number int, title text, PRIMARY KEY (isbn, number))",
        "CREATE TABLE loans (isbn text PRIMARY KEY, times counter)",
    ] {
        session.execute(table, ()).await?;
    }

    // Logged: two tables that tell of the same book, changed both or not at all.
    let book = session.prepare("INSERT INTO books (isbn, title, author) VALUES (?, ?, ?)").await?;
    let by_author =
        session.prepare("INSERT INTO books_by_author (author, title, isbn) VALUES (?, ?, ?)").await?;
    let (isbn, title, author) = ("978-0141439570", "Dubliners", "James Joyce");
    let mut batch = Batch::logged();
    batch.add(&book, (isbn, title, author))?.add(&by_author, (author, title, isbn))?;
    session.batch(&batch).await?;

    // Unlogged: cheap and atomic within one partition. Over many partitions, execute statements concurrently instead.
    let chapter = session.prepare("INSERT INTO chapters (isbn, number, title) VALUES (?, ?, ?)").await?;
    let mut batch = Batch::unlogged();
    for (number, title) in (1..).zip(["The Sisters", "An Encounter", "Araby", "Eveline"]) {
        batch.add(&chapter, (isbn, number, title))?;
    }
    session.batch(&batch).await?;

    // Counters are for themselves. Never retry them: an addition made twice counts twice.
    let lend = session.prepare("UPDATE loans SET times = times + ? WHERE isbn = ?").await?;
    let mut batch = Batch::counter();
    batch.add(&lend, (2_i64, isbn))?.add(&lend, (3_i64, isbn))?;
    session.batch(&batch).await?;

    let result = session.execute("SELECT author, title FROM books_by_author", ()).await?;
    let (author, title): (&str, &str) = result.single_row()?;
    println!("{author}: {title}");
    let result = session.execute("SELECT number, title FROM chapters", ()).await?;
    for row in result.rows::<(i32, &str)>()? {
        let (number, title) = row?;
        println!("  {number} {title}");
    }
    let result = session.execute("SELECT times FROM loans", ()).await?;
    let (times,): (i64,) = result.single_row()?;
    println!("lent {times} times");

    cql_examples::finish(session).await
}
