//! A table and its columns.

use crate::engine::syntax::ast::{IndexTarget, OptionValue};
use crate::engine::values::validate;
use bytes::Bytes;
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Which column of a table a cell is of. A column that is dropped and added again under its name keeps its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ColumnId(pub(crate) u32);

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) id: ColumnId,
    pub(crate) name: Box<str>,
    pub(crate) column_type: ColumnType,
    /// Whether it is a collection or user-defined type whose parts are written by themselves: one that is not frozen.
    pub(crate) is_multi_cell: bool,
    pub(crate) kind: Kind,
}

/// What part a column has in its table; positions count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    PartitionKey(usize),
    Clustering { position: usize, descends: bool },
    Static,
    Regular,
}

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) spec: Arc<TableSpec>,
    pub(crate) id: Uuid,
    /// In the order of `SELECT *`: partition key, clustering columns, static ones by name, others by name.
    pub(crate) columns: Vec<Column>,
    /// The types of clustering columns and whether they descend: the order of rows.
    pub(crate) order: Arc<[(ColumnType, bool)]>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) dropped: BTreeMap<String, DroppedColumn>,
    pub(crate) options: Options,
    /// The number of the next column.
    pub(crate) next_column: u32,
}

/// What is left of a column that was dropped.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DroppedColumn {
    pub(crate) column: Column,
    /// Microseconds: what was written later shows again when it is added again.
    pub(crate) at: i64,
}

/// An index. Queries that one allows are answered by looking at all rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) target: IndexTarget,
    /// The class of a custom index.
    pub(crate) class: Option<String>,
    pub(crate) options: Vec<(String, String)>,
}

/// What stands behind WITH, where it has a meaning here; all else is kept as it was said.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Options {
    /// Seconds; 0 for none.
    pub(crate) default_time_to_live: i32,
    pub(crate) gc_grace_seconds: i32,
    pub(crate) comment: String,
    pub(crate) others: BTreeMap<String, OptionValue>,
}

impl Table {
    pub(crate) fn keyspace(&self) -> &str {
        self.spec.keyspace()
    }

    pub(crate) fn name(&self) -> &str {
        self.spec.table()
    }

    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| &*column.name == name)
    }

    pub(crate) fn partition_key(&self) -> &[Column] {
        self.columns.get(..self.partition_key_len()).unwrap_or_default()
    }

    pub(crate) fn clustering(&self) -> &[Column] {
        let start = self.partition_key_len();
        self.columns.get(start..start + self.order.len()).unwrap_or_default()
    }

    pub(crate) fn statics(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.kind == Kind::Static)
    }

    pub(crate) fn regulars(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.kind == Kind::Regular)
    }

    /// Whether its columns are counters. It is of counters also when all of them were dropped.
    pub(crate) fn is_counter(&self) -> bool {
        let dropped = self.dropped.values().map(|dropped| &dropped.column);
        self.columns.iter().chain(dropped).any(|column| column.column_type == ColumnType::Counter)
    }

    fn partition_key_len(&self) -> usize {
        self.columns.iter().take_while(|column| matches!(column.kind, Kind::PartitionKey(_))).count()
    }
}

impl Column {
    /// Whether each value is of its column's type; if not, why, in the server's words.
    pub(crate) fn check_values(columns: &[Column], values: &[Bytes]) -> Result<(), String> {
        values.iter().zip(columns).try_for_each(|(value, column)| validate(&column.column_type, value))
    }

    pub(crate) fn is_partition_key(&self) -> bool {
        matches!(self.kind, Kind::PartitionKey(_))
    }

    pub(crate) fn is_clustering(&self) -> bool {
        matches!(self.kind, Kind::Clustering { .. })
    }

    /// Whether rows are in the order of its values from the greatest on.
    pub(crate) fn descends(&self) -> bool {
        matches!(self.kind, Kind::Clustering { descends: true, .. })
    }

    pub(crate) fn is_key(&self) -> bool {
        self.is_partition_key() || self.is_clustering()
    }

    pub(crate) fn is_static(&self) -> bool {
        self.kind == Kind::Static
    }

    /// As it is told to clients.
    pub(crate) fn spec(&self, table: &Arc<TableSpec>) -> ColumnSpec {
        ColumnSpec::new(Arc::clone(table), self.name.clone(), self.column_type.clone())
    }
}

/// Puts columns in the order of `SELECT *`.
pub(super) fn sort(columns: &mut [Column]) {
    columns.sort_by(|one, two| {
        let place = |column: &Column| match column.kind {
            Kind::PartitionKey(position) => (0, position),
            Kind::Clustering { position, .. } => (1, position),
            Kind::Static => (2, 0),
            Kind::Regular => (3, 0),
        };
        place(one).cmp(&place(two)).then_with(|| one.name.cmp(&two.name))
    });
}

/// The order of rows with these columns, which are in their own order.
pub(super) fn order(columns: &[Column]) -> Arc<[(ColumnType, bool)]> {
    let of_clustering = columns.iter().filter_map(|column| match column.kind {
        Kind::Clustering { descends, .. } => Some((column.column_type.clone(), descends)),
        _ => None,
    });
    of_clustering.collect()
}
