//! Connects with TLS and a password, as far as the environment has them: `dev/cluster run --tls --auth -- COMMAND`.

use cql_driver::{Error, TlsConfig};
use std::env;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut builder = cql_examples::cluster().await;

    // Nodes are verified against this CA and by their addresses; there is no way back to plain text.
    if let Ok(ca) = env::var("CQL_CA_FILE") {
        let mut tls = TlsConfig::builder().ca_file(ca);
        // For clusters that want to know their clients too.
        if let (Ok(chain), Ok(key)) = (env::var("CQL_CLIENT_CERT"), env::var("CQL_CLIENT_KEY")) {
            tls = tls.client_certificate(chain, key);
        }
        builder = builder.tls(tls.build()?);
    } else {
        println!("CQL_CA_FILE is not set: connecting without TLS");
    }

    if let (Ok(user), Ok(password)) = (env::var("CQL_USERNAME"), env::var("CQL_PASSWORD")) {
        builder = builder.credentials(user, password);
    } else {
        println!("CQL_USERNAME and CQL_PASSWORD are not set: connecting without credentials");
    }

    let session = builder.build()?.connect().await?;
    let result = session.execute("SELECT release_version FROM system.local", ()).await?;
    println!("connected to Cassandra {}", result.single_row::<(&str,)>()?.0);
    session.close().await;
    Ok(())
}
