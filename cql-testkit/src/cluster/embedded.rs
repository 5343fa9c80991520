//! A cluster that holds data.

use super::{ClusterBuilder, SimCluster};
use std::io;
use std::ops::Deref;

/// A cluster whose nodes execute what they are asked, on tables in memory: Cassandra without a server, for tests of
/// applications and for trying things out. Everything that a [`SimCluster`] can do goes for it too: primes, faults, nodes
/// that stop. Dropping it stops everything.
///
/// ```
/// use cql_driver::Cluster;
/// use cql_testkit::EmbeddedCluster;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let embedded = EmbeddedCluster::start().await?;
/// let session = Cluster::builder().contact_points(embedded.contact_points()).build()?.connect().await?;
///
/// session.execute("CREATE KEYSPACE app WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}", ()).await?;
/// session.execute("CREATE TABLE app.users (id int PRIMARY KEY, name text)", ()).await?;
/// session.execute("INSERT INTO app.users (id, name) VALUES (7, 'Ada')", ()).await?;
///
/// let rows = session.execute("SELECT name FROM app.users WHERE id = 7", ()).await?;
/// assert_eq!(rows.single_row::<(String,)>()?.0, "Ada");
/// # session.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct EmbeddedCluster(SimCluster);

impl EmbeddedCluster {
    /// Starts one node on this machine's loopback, at a port that is free. It keeps no [`Log`](crate::Log) of requests.
    ///
    /// # Errors
    /// When it finds no address to listen at.
    ///
    /// # Cancel safety
    /// What was started is stopped.
    pub async fn start() -> io::Result<Self> {
        EmbeddedCluster::start_with(SimCluster::builder().without_log()).await
    }

    /// Starts what the builder describes: several nodes, data centres, another release, a network in memory.
    ///
    /// # Errors
    /// As [`ClusterBuilder::start`].
    ///
    /// # Cancel safety
    /// What was started is stopped.
    pub async fn start_with(builder: ClusterBuilder) -> io::Result<Self> {
        builder.engine().start().await.map(EmbeddedCluster)
    }
}

impl Deref for EmbeddedCluster {
    type Target = SimCluster;

    fn deref(&self) -> &SimCluster {
        &self.0
    }
}
