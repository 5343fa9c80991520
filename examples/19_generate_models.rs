//! Models of tables that are there: prints the source of models for a keyspace, to be put into a program.
//!
//! `cargo run --example generate_models -- KEYSPACE`; without one, of a keyspace that it makes and drops.

use cql_mapper::schema::generate;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::args().nth(1);
    let session = match &given {
        Some(_) => cql_examples::cluster().await.build()?.connect().await?,
        None => {
            let session = cql_examples::connect("example_generate_models").await?;
            for table in [
                "CREATE TYPE address (street text, city text, \"zipCode\" int)",
                "CREATE TABLE users (id uuid PRIMARY KEY, name text, home frozen<address>, tags set<text>)",
                "CREATE TABLE readings (sensor text, at timestamp, site text static, value double, PRIMARY KEY (sensor, at)) \
                 WITH CLUSTERING ORDER BY (at DESC)",
                "CREATE INDEX ON users (name)",
            ] {
                session.execute(table, ()).await?;
            }
            session
        }
    };
    let name = given.clone().unwrap_or_else(|| "example_generate_models".to_owned());
    let schema = session.refresh_schema().await?;
    match schema.keyspace(&name) {
        Some(keyspace) => println!("{}", generate(keyspace)),
        None => eprintln!("there is no keyspace {name}"),
    }
    if given.is_none() {
        return Ok(cql_examples::finish(session).await?);
    }
    session.close().await;
    Ok(())
}
