//! Connects, asks who is there, and closes.

use cql_driver::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::cluster().await.build()?.connect().await?;

    let result = session.execute("SELECT cluster_name, release_version FROM system.local", ()).await?;
    let (cluster, version): (&str, &str) = result.single_row()?;
    println!("cluster {cluster}, Cassandra {version}, protocol {}", session.protocol_version());

    for node in session.topology().nodes() {
        println!("node {} in data centre {}, rack {}", node.address(), node.datacenter(), node.rack());
    }

    session.close().await;
    Ok(())
}
