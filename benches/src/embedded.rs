//! The engine of cql-testkit with a session on it, both in this process: what they cost together.

use crate::failure::Failure;
use crate::statements::SCHEMA;
use crate::workload::connect;
use cql_driver::{ProtocolVersion, Session};
use cql_testkit::EmbeddedCluster;

/// A cluster of one node that holds data, and a session on it.
#[derive(Debug)]
pub struct Embedded {
    session: Session,
    /// Serves until it is dropped.
    _cluster: EmbeddedCluster,
}

impl Embedded {
    /// Starts it, and returns when the first query was answered.
    ///
    /// # Errors
    /// When it does not start, or the session finds it not.
    pub async fn start(version: Option<ProtocolVersion>) -> Result<Self, Failure> {
        let cluster = EmbeddedCluster::start().await?;
        let address = cluster.contact_points().into_iter().next().ok_or("it listens nowhere")?;
        let session = connect(&address, version, None, 1).await?;
        let rows = session.execute("SELECT release_version FROM system.local", ()).await?;
        rows.single_row::<(String,)>()?;
        Ok(Embedded { session, _cluster: cluster })
    }

    /// The same with the tables of the statements, which are empty.
    ///
    /// # Errors
    /// As [`Embedded::start`].
    pub async fn with_tables(version: Option<ProtocolVersion>) -> Result<Self, Failure> {
        let embedded = Embedded::start(version).await?;
        for change in SCHEMA {
            embedded.session.execute(change, ()).await?;
        }
        Ok(embedded)
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}
