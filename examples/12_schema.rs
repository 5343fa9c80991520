//! Looks at the schema: keyspaces and tables, changes as they happen, the CQL that creates them again, the ring.

use cql_driver::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_schema").await?;
    let mut changes = session.schema_changes();
    session.execute("CREATE TYPE address (street text, city text)", ()).await?;
    let table = "CREATE TABLE customers (country text, id uuid, name text, home frozen<address>, \
                 PRIMARY KEY (country, id)) WITH CLUSTERING ORDER BY (id DESC)";
    session.execute(table, ()).await?;
    session.execute("CREATE INDEX customers_by_name ON customers (name)", ()).await?;

    // A snapshot: it shows what this session changed when the change has returned, and what others changed within a
    // second.
    let schema = session.schema();
    let Some(keyspace) = schema.keyspace("examples_schema") else { return Ok(()) };
    if let Some(customers) = keyspace.table("customers") {
        for column in customers.columns() {
            println!("{:?} {} of type {}", column.kind, column.name, column.column_type);
        }
        println!("indexes: {:?}", customers.indexes.keys().collect::<Vec<_>>());
    }

    // Everything, each statement after those it needs: to be kept with the code, or executed elsewhere.
    println!("\n{}", keyspace.to_cql());
    println!("{} statements", keyspace.statements().len());

    // Changes are told whoever makes them.
    if let Some(change) = changes.next().await {
        println!("{:?} {:?}", change.kind, change.target);
    }

    let cluster = session.describe_cluster().await?;
    println!("cluster {}, {}, snitch {:?}", cluster.name, cluster.partitioner, cluster.snitch);
    for (version, nodes) in session.schema_versions().await? {
        println!("schema {version}: {} nodes", nodes.len());
    }
    for range in session.token_ranges("examples_schema").iter().take(3) {
        let replicas: Vec<_> = range.replicas.iter().map(|node| node.address()).collect();
        println!("{:?} to {:?}: {replicas:?}", range.start, range.end);
    }
    cql_examples::finish(session).await
}
