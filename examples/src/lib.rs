//! What the examples share: where the cluster is, and a keyspace for each of them.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

use cql_driver::{Cluster, ClusterBuilder, Error, Session};
use cql_testkit::EmbeddedCluster;
use std::env;
use tokio::sync::OnceCell;

/// The server of a program that no cluster was named to. It lives as long as the program does.
static EMBEDDED: OnceCell<EmbeddedCluster> = OnceCell::const_new();

/// The cluster that `CQL_CONTACT_POINTS` names, as `dev/cluster run` sets it; without it a server within this process.
/// Says which on standard error.
///
/// # Panics
/// When this process may not listen on loopback.
pub async fn cluster() -> ClusterBuilder {
    let Ok(points) = env::var("CQL_CONTACT_POINTS") else {
        let embedded = EMBEDDED.get_or_init(embedded).await;
        return Cluster::builder().contact_points(embedded.contact_points());
    };
    eprintln!("on the cluster at {points}");
    let builder = Cluster::builder().contact_points(points.split(','));
    match env::var("CQL_LOCAL_DC") {
        Ok(name) => builder.local_datacenter(name),
        Err(_) => builder,
    }
}

#[allow(clippy::panic, reason = "an example cannot go on without a server")]
async fn embedded() -> EmbeddedCluster {
    eprintln!("on a server in this process; CQL_CONTACT_POINTS=host:port names a real one");
    match EmbeddedCluster::start().await {
        Ok(embedded) => embedded,
        Err(error) => panic!("cannot listen on loopback: {error}"),
    }
}

/// A session in a new, empty keyspace of that name. What an earlier run left of it is dropped.
///
/// # Errors
/// When there is no cluster, or it refuses.
pub async fn connect(keyspace: &str) -> Result<Session, Error> {
    let session = cluster().await.build()?.connect().await?;
    create_keyspace(&session, keyspace).await?;
    Ok(session)
}

/// Replaces the keyspace by an empty one, for one node as well as for many, and takes the session there.
///
/// # Errors
/// When the cluster refuses.
pub async fn create_keyspace(session: &Session, name: &str) -> Result<(), Error> {
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    session.execute(format!("DROP KEYSPACE IF EXISTS {name}"), ()).await?;
    session.execute(format!("CREATE KEYSPACE {name} WITH replication = {replication}"), ()).await?;
    session.execute(format!("USE {name}"), ()).await?;
    Ok(())
}

/// Whether every node is of that major release or a later one.
#[must_use]
pub fn is_at_least(session: &Session, major: u16) -> bool {
    let releases = session.topology().nodes().iter().map(|node| node.release_version().cloned()).min();
    releases.flatten().is_some_and(|oldest| oldest.major() >= major)
}

/// Drops the session's keyspace and closes the session.
///
/// # Errors
/// When the cluster refuses.
pub async fn finish(session: Session) -> Result<(), Error> {
    if let Some(keyspace) = session.keyspace() {
        session.execute(format!("DROP KEYSPACE {keyspace}"), ()).await?;
    }
    session.close().await;
    Ok(())
}
