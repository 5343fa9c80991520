//! What the cluster's system tables tell: nodes, keyspaces and tables.

use crate::release::Release;
use cql_protocol::ProtocolVersion;
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// A node, as it is to be: handed to [`each_node`](crate::ClusterBuilder::each_node) before the cluster starts, and to
/// [`restart_as`](crate::Node::restart_as).
#[derive(Debug, Clone)]
pub struct NodeSpec {
    pub(crate) index: usize,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) datacenter: String,
    pub(crate) rack: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) host_id: Uuid,
    pub(crate) schema_version: Uuid,
    pub(crate) release: Release,
    pub(crate) newest_protocol: ProtocolVersion,
    /// Whether it is a member of the ring; else others do not list it.
    pub(crate) member: bool,
    /// Whether it accepts connections.
    pub(crate) is_up: bool,
}

impl NodeSpec {
    /// Its number, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// Sets where it listens. Default: an address and port that are free.
    pub fn set_address(&mut self, address: SocketAddr) -> &mut Self {
        self.address = Some(address);
        self
    }

    /// Sets its rack. Default: `rack1`.
    pub fn set_rack(&mut self, rack: &str) -> &mut Self {
        rack.clone_into(&mut self.rack);
        self
    }

    /// Sets its tokens. Default: some that divide the ring evenly.
    pub fn set_tokens(&mut self, tokens: impl IntoIterator<Item = i64>) -> &mut Self {
        self.tokens = tokens.into_iter().map(|token| token.to_string()).collect();
        self
    }

    /// Sets its identity. Default: one made from the seed and its number.
    pub fn set_host_id(&mut self, id: Uuid) -> &mut Self {
        self.host_id = id;
        self
    }

    /// Sets the version of the schema that it says it has. Default: the same on all nodes.
    pub fn set_schema_version(&mut self, version: Uuid) -> &mut Self {
        self.schema_version = version;
        self
    }

    /// Sets its release, and the protocol versions that go with it. Default: the cluster's.
    ///
    /// # Panics
    /// When the text does not begin with two numbers.
    #[track_caller]
    #[allow(clippy::panic, reason = "a mistake in a test")]
    pub fn set_version(&mut self, release: &str) -> &mut Self {
        match Release::parse(release) {
            Some(release) => {
                self.newest_protocol = release.newest_protocol();
                self.release = release;
            }
            None => panic!("`{release}` is no version"),
        }
        self
    }

    /// Sets the newest protocol version that it does not refuse. Default: that of its release.
    pub fn set_max_protocol(&mut self, version: ProtocolVersion) -> &mut Self {
        self.newest_protocol = version;
        self
    }
}

/// The declaration of a table: what its columns are, for `system_schema` and for preparing statements on it.
///
/// ```
/// use cql_testkit::{ColumnType, Table};
///
/// let table = Table::new("ks", "t")
///     .partition_key("id", ColumnType::Int)
///     .clustering("at", ColumnType::Timestamp)
///     .column("v", ColumnType::Text);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Table {
    pub(crate) keyspace: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) column_type: ColumnType,
    pub(crate) kind: &'static str,
    pub(crate) position: i32,
}

impl Table {
    /// A table without columns.
    pub fn new(keyspace: &str, name: &str) -> Self {
        Table { keyspace: keyspace.to_owned(), name: name.to_owned(), columns: Vec::new() }
    }

    /// With another column of the partition key.
    pub fn partition_key(self, name: &str, column_type: ColumnType) -> Self {
        self.add("partition_key", name, column_type)
    }

    /// With another clustering column.
    pub fn clustering(self, name: &str, column_type: ColumnType) -> Self {
        self.add("clustering", name, column_type)
    }

    /// With a static column.
    pub fn static_column(self, name: &str, column_type: ColumnType) -> Self {
        self.add("static", name, column_type)
    }

    /// With a column.
    pub fn column(self, name: &str, column_type: ColumnType) -> Self {
        self.add("regular", name, column_type)
    }

    fn add(mut self, kind: &'static str, name: &str, column_type: ColumnType) -> Self {
        let is_key = matches!(kind, "partition_key" | "clustering");
        let before = self.columns.iter().filter(|column| column.kind == kind).count();
        let position = if is_key { i32::try_from(before).unwrap_or(i32::MAX) } else { -1 };
        self.columns.push(Column { name: name.to_owned(), column_type, kind, position });
        self
    }

    pub(crate) fn specs(&self) -> Vec<ColumnSpec> {
        let table = Arc::new(TableSpec::new(self.keyspace.as_str(), self.name.as_str()));
        let spec = |column: &Column| {
            ColumnSpec::new(Arc::clone(&table), column.name.as_str(), column.column_type.clone())
        };
        self.columns.iter().map(spec).collect()
    }
}

/// Everything the system tables are made from.
#[derive(Debug, Default)]
pub(crate) struct Topology {
    pub(crate) cluster_name: String,
    pub(crate) nodes: Vec<NodeSpec>,
    /// Names with their replication.
    pub(crate) keyspaces: Vec<(String, Vec<(String, String)>)>,
    pub(crate) tables: Vec<Table>,
}

impl Topology {
    pub(crate) fn node(&self, index: usize) -> Option<&NodeSpec> {
        self.nodes.get(index)
    }

    pub(crate) fn set_keyspace(&mut self, name: &str, replication: &[(&str, &str)]) {
        let replication =
            replication.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.keyspaces.retain(|(other, _)| other != name);
        self.keyspaces.push((name.to_owned(), replication));
    }

    pub(crate) fn set_table(&mut self, table: Table) {
        self.tables.retain(|other| (&other.keyspace, &other.name) != (&table.keyspace, &table.name));
        self.tables.push(table);
    }
}

/// Tokens of node `index` of `nodes`, `each` a node, that divide Murmur3's ring evenly.
pub(crate) fn even_tokens(index: usize, nodes: usize, each: usize) -> Vec<String> {
    let total = i128::try_from(nodes.saturating_mul(each).max(1)).unwrap_or(1);
    (0..each)
        .map(|turn| {
            let place = i128::try_from(turn.saturating_mul(nodes).saturating_add(index)).unwrap_or(0);
            let token = i128::from(i64::MIN) + 1 + place * ((1_i128 << 64) / total);
            i64::try_from(token).unwrap_or(i64::MAX).to_string()
        })
        .collect()
}
