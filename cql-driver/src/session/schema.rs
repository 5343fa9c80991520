//! What a session tells of the cluster: its schema, its ring, how its nodes agree.

use super::Session;
use crate::error::{Error, ErrorKind};
use crate::routing::Token;
use crate::schema::{Schema, SchemaChanges, SchemaScope};
use crate::topology::Node;
use cql_protocol::response::ErrorCode;
use cql_protocol::value::RawRow;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// What a cluster is, by [`Session::describe_cluster`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterDescription {
    /// Its name.
    pub name: String,
    /// The class of its partitioner.
    pub partitioner: String,
    /// The snitch of the control connection's node, by which replicas are placed. Told by 4.0 and newer, where the
    /// session's role may read `system_views.settings`.
    pub snitch: Option<String>,
    /// The version of CQL.
    pub cql_version: String,
}

/// A range of tokens and who has its rows, by [`Session::token_ranges`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TokenRange {
    /// The token before its first. The first range of the ring starts behind the last token of the ring.
    pub start: Token,
    /// Its last token.
    pub end: Token,
    /// The nodes that have its rows, those of the local data centre first.
    pub replicas: Vec<Arc<Node>>,
}

impl Session {
    /// The keyspaces, tables, types and functions, as known now. Cheap: a snapshot that many share.
    ///
    /// It shows what this session changed when the change returns, and what others changed within a second. After
    /// reconnecting everything is read. Empty when [`SchemaMetadata::off`](crate::SchemaMetadata::off) was chosen.
    #[must_use]
    pub fn schema(&self) -> Arc<Schema> {
        self.shared.context.schema.schema()
    }

    /// Reads the whole schema now. Seldom needed: see [`Session::schema`].
    ///
    /// # Errors
    /// When it could not be read within the connect timeout.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the reading to go on.
    pub async fn refresh_schema(&self) -> Result<Arc<Schema>, Error> {
        let context = &self.shared.context;
        let timeout = context.config.connect_timeout;
        match tokio::time::timeout(timeout, context.schema.read_now(SchemaScope::All)).await {
            Ok(Ok(())) => Ok(self.schema()),
            Ok(Err(_)) => Err(Error::new(ErrorKind::UnexpectedResponse("the schema cannot be read"))),
            Err(_) => Err(Error::new(ErrorKind::Timeout { timeout })),
        }
    }

    /// Follows changes of the schema from now on, whoever makes them.
    #[must_use]
    pub fn schema_changes(&self) -> SchemaChanges {
        self.shared.context.schema.changes()
    }

    /// Reads name, partitioner and snitch of the cluster.
    ///
    /// # Errors
    /// When the node of the control connection does not answer.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, Error> {
        let feed = &self.shared.context.schema;
        let local = feed
            .query("SELECT cluster_name, partitioner, cql_version FROM system.local WHERE key = 'local'")
            .await?;
        let (name, partitioner, cql_version) = local.single_row::<(String, String, String)>()?;
        let settings = "SELECT value FROM system_views.settings WHERE name = 'endpoint_snitch'";
        let snitch = match feed.query(settings).await {
            Ok(result) => result.first_row::<(Option<String>,)>()?.and_then(|row| row.0),
            Err(error) => match error.server_error().map(|error| error.code) {
                Some(ErrorCode::INVALID | ErrorCode::UNAUTHORIZED) => None,
                _ => return Err(error),
            },
        };
        Ok(ClusterDescription { name, partitioner, snitch, cql_version })
    }

    /// The nodes by the version of the schema they have, as the control connection's node sees them: one version when
    /// they agree. Nodes that are down keep the version they were last seen with.
    ///
    /// # Errors
    /// When that node does not answer.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn schema_versions(&self) -> Result<BTreeMap<Uuid, Vec<Arc<Node>>>, Error> {
        let feed = &self.shared.context.schema;
        let topology = self.topology();
        let mut versions: BTreeMap<Uuid, Vec<Arc<Node>>> = BTreeMap::new();
        for table in ["local", "peers"] {
            let rows = feed.query(&format!("SELECT host_id, schema_version FROM system.{table}")).await?;
            for row in rows.rows::<RawRow<'_>>()? {
                let row = row?;
                let uuid = |name| row.value::<Option<Uuid>>(name).ok().flatten();
                let node = uuid("host_id").and_then(|id| topology.node(topology.node_by_host_id(id)?));
                if let (Some(node), Some(version)) = (node, uuid("schema_version")) {
                    versions.entry(version).or_default().push(Arc::clone(node));
                }
            }
        }
        Ok(versions)
    }

    /// The ranges of the ring with the replicas that the keyspace has of each, in order of their tokens. None when there
    /// is no such keyspace, or the partitioner is not known.
    #[must_use]
    pub fn token_ranges(&self, keyspace: &str) -> Vec<TokenRange> {
        let topology = self.topology();
        if topology.replication(keyspace).is_none() {
            return Vec::new();
        }
        let tokens: Vec<Token> = topology.ring().iter().map(|(token, _)| token).collect();
        let starts = tokens.last().into_iter().chain(&tokens);
        let ranges = starts.zip(&tokens).map(|(start, end)| TokenRange {
            start: start.clone(),
            end: end.clone(),
            replicas: topology
                .replicas(keyspace, end)
                .all()
                .iter()
                .filter_map(|index| topology.node(*index).cloned())
                .collect(),
        });
        ranges.collect()
    }
}
