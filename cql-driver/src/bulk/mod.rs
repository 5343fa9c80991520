//! Work on many partitions at once: reading many keys, whole tables, writing in batches.

mod mutator;
mod ranges;
mod scan;

pub use mutator::{Failed, Mutation, Mutator, MutatorBuilder};
pub use scan::{Checkpoint, Scan, ScanBuilder, ScanPage};

use crate::error::Error;
use crate::execution::OwnedStatement;
use crate::routing::Token;
use crate::session::Session;
use crate::statement::PreparedStatement;
use crate::topology::Node;
use cql_protocol::value::{BindRow, FromRow};
use futures::StreamExt;
use std::sync::Arc;

/// Requests of [`Session::get_many`] in flight.
const GET_MANY_CONCURRENCY: usize = 64;

/// Items whose partitions are on the same nodes, by [`Session::group_by_replica`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReplicaGroup<V> {
    /// The nodes that have them, those of the local data centre first; none where that is not known.
    pub replicas: Vec<Arc<Node>>,
    /// The items, in the order they came in.
    pub items: Vec<V>,
}

impl Session {
    /// Reads one row for each of many keys, each from a replica of its partition: a `SELECT` of a single partition is
    /// executed for each, 64 at a time. Faster than an `IN` of many keys, which one node has to gather, and nothing grows
    /// with their number but the result.
    ///
    /// The rows come in the order of the keys; `None` for a key without one. Of several rows the first is taken.
    ///
    /// ```no_run
    /// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
    /// let select = session.prepare("SELECT name FROM ks.users WHERE id = ?").await?;
    /// let names: Vec<Option<(String,)>> = session.get_many(&select, (1..=3).map(|id| (id,))).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The first failure, or that a row does not fit `R`.
    ///
    /// # Cancel safety
    /// Reading stops.
    pub async fn get_many<R, K>(&self, select: &PreparedStatement, keys: K) -> Result<Vec<Option<R>>, Error>
    where
        R: for<'r> FromRow<'r>,
        K: IntoIterator,
        K::IntoIter: Send,
        K::Item: BindRow + Send,
    {
        let select = select.clone().with_idempotent(true);
        let mut results = self.execute_concurrent(select, keys).concurrency(GET_MANY_CONCURRENCY).results();
        let mut rows = Vec::new();
        while let Some(result) = results.next().await {
            rows.push(result?.first_row::<R>()?);
        }
        Ok(rows)
    }

    /// The token of the partition that a statement with these values is about; `None` when they do not tell.
    ///
    /// # Errors
    /// When the values do not fit the statement.
    pub fn token(&self, statement: &PreparedStatement, values: &dyn BindRow) -> Result<Option<Token>, Error> {
        let context = self.context();
        let mut encoded = Vec::new();
        let owned = OwnedStatement::Prepared(statement.clone());
        owned.encode_values(values, context.version, &mut encoded)?;
        self.token_of_encoded(statement, &encoded)
    }

    fn token_of_encoded(&self, statement: &PreparedStatement, values: &[u8]) -> Result<Option<Token>, Error> {
        let Some(partitioner) = self.context().routes.load().topology().partitioner() else {
            return Ok(None);
        };
        partitioner
            .token_of_values(values, statement.partition_key_indexes())
            .map_err(|error| Error::invalid(format!("{error} in `{}`", statement.text())))
    }

    /// The nodes that have the partition of a token in a keyspace, those of the local data centre first.
    #[must_use]
    pub fn replicas(&self, keyspace: &str, token: &Token) -> Vec<Arc<Node>> {
        let topology = self.topology();
        let replicas = topology.replicas(keyspace, token).all();
        replicas.iter().filter_map(|index| topology.node(*index).cloned()).collect()
    }

    /// Sorts items by the nodes that have their partitions: for unlogged batches, or for workers each of which keeps to
    /// its nodes. `values` makes the values of the statement out of an item.
    ///
    /// ```no_run
    /// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
    /// let insert = session.prepare("INSERT INTO ks.t (id, v) VALUES (?, ?)").await?;
    /// let rows = (0..1000).map(|id| (id, "some text"));
    /// for group in session.group_by_replica(&insert, rows, |row| *row)? {
    ///     println!("{} rows on {} nodes", group.items.len(), group.replicas.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the values of an item do not fit the statement.
    pub fn group_by_replica<V, B: BindRow>(
        &self,
        statement: &PreparedStatement,
        items: impl IntoIterator<Item = V>,
        values: impl Fn(&V) -> B,
    ) -> Result<Vec<ReplicaGroup<V>>, Error> {
        let keyspace = statement.routing_keyspace();
        let mut groups: Vec<ReplicaGroup<V>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        for item in items {
            let token = self.token(statement, &values(&item))?;
            let replicas = match (keyspace, &token) {
                (Some(keyspace), Some(token)) => self.replicas(keyspace, token),
                _ => Vec::new(),
            };
            let ids: Vec<_> = replicas.iter().map(|node| node.host_id()).collect();
            let at = *known.entry(ids).or_insert_with(|| {
                groups.push(ReplicaGroup { replicas, items: Vec::new() });
                groups.len() - 1
            });
            if let Some(group) = groups.get_mut(at) {
                group.items.push(item);
            }
        }
        Ok(groups)
    }
}
