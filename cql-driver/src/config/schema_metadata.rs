//! Which keyspaces a cluster reads the schema of.

use std::collections::BTreeSet;
use std::sync::Arc;

/// Which keyspaces the schema is read of, by [`ClusterBuilder::schema_metadata`](crate::ClusterBuilder::schema_metadata).
#[derive(Debug, Clone, Default)]
pub struct SchemaMetadata(Option<Arc<BTreeSet<String>>>);

impl SchemaMetadata {
    /// All keyspaces, which is the default.
    #[must_use]
    pub fn all() -> Self {
        SchemaMetadata(None)
    }

    /// None: [`Session::schema`](crate::Session::schema) stays empty, and nothing is read. Requests are routed all the
    /// same.
    #[must_use]
    pub fn off() -> Self {
        SchemaMetadata(Some(Arc::default()))
    }

    /// These keyspaces and no other, for clusters that many share. Names are compared as they are.
    #[must_use]
    pub fn keyspaces<K: Into<String>>(names: impl IntoIterator<Item = K>) -> Self {
        SchemaMetadata(Some(Arc::new(names.into_iter().map(Into::into).collect())))
    }

    pub(crate) fn names(&self) -> Option<&BTreeSet<String>> {
        self.0.as_deref()
    }

    pub(crate) fn is_off(&self) -> bool {
        self.0.as_ref().is_some_and(|names| names.is_empty())
    }

    pub(crate) fn includes(&self, keyspace: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(keyspace))
    }
}
