//! What the examples share: where the cluster is, and a keyspace for each of them.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}

use cql_driver::{Cluster, ClusterBuilder, Error, Session};
use std::env;

/// A cluster as `dev/cluster run` describes it in the environment, or one node on this machine.
pub fn cluster() -> ClusterBuilder {
    let points = env::var("CQL_CONTACT_POINTS").unwrap_or_else(|_| "127.0.0.1:9042".into());
    let builder = Cluster::builder().contact_points(points.split(','));
    match env::var("CQL_LOCAL_DC") {
        Ok(name) => builder.local_datacenter(name),
        Err(_) => builder,
    }
}

/// A session in a new, empty keyspace of that name. What an earlier run left of it is dropped.
///
/// # Errors
/// When there is no cluster, or it refuses.
pub async fn connect(keyspace: &str) -> Result<Session, Error> {
    let session = cluster().build()?.connect().await?;
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
