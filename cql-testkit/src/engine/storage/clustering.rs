//! The places of rows within a partition, and the edges of ranges of them.

use crate::engine::values;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use std::cmp::Ordering;
use std::sync::Arc;

/// The types of clustering columns, and whether they descend.
pub(crate) type Order = Arc<[(ColumnType, bool)]>;

/// A row's clustering values; or, with fewer values, an edge before or behind all rows that begin with them.
#[derive(Debug, Clone)]
pub(crate) struct Clustering {
    values: Box<[Bytes]>,
    edge: Edge,
    order: Order,
}

/// Where in the order something is, beside what begins with the same values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edge {
    Before,
    /// A row.
    At,
    Behind,
}

impl Clustering {
    /// The place of a row.
    pub(crate) fn row(values: impl Into<Box<[Bytes]>>, order: &Order) -> Self {
        Clustering::edge(values, Edge::At, order)
    }

    /// An edge of the rows that begin with these values; without values, of all.
    pub(crate) fn edge(values: impl Into<Box<[Bytes]>>, edge: Edge, order: &Order) -> Self {
        Clustering { values: values.into(), edge, order: Arc::clone(order) }
    }

    pub(crate) fn values(&self) -> &[Bytes] {
        &self.values
    }

    /// The same, holding on to nothing but its own bytes.
    pub(crate) fn detached(&self) -> Self {
        let values = self.values.iter().map(|value| Bytes::copy_from_slice(value)).collect();
        Clustering { values, edge: self.edge, order: Arc::clone(&self.order) }
    }
}

impl Ord for Clustering {
    fn cmp(&self, other: &Self) -> Ordering {
        for ((one, two), (column_type, descends)) in self.values.iter().zip(&*other.values).zip(&*self.order)
        {
            let ordering = values::compare(column_type, one, two);
            if ordering.is_ne() {
                return if *descends { ordering.reverse() } else { ordering };
            }
        }
        // The shorter one is an edge: before or behind everything that begins with it.
        match self.values.len().cmp(&other.values.len()) {
            Ordering::Equal => self.edge.cmp(&other.edge),
            Ordering::Less => self.edge.cmp(&Edge::At),
            Ordering::Greater => Edge::At.cmp(&other.edge),
        }
    }
}

impl PartialOrd for Clustering {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Clustering {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Clustering {}
