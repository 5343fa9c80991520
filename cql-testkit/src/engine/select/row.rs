//! A row as it is read, and its values.

use crate::engine::clock::Now;
use crate::engine::schema::{Column, Kind};
use crate::engine::storage::{Clustering, Key, Row};
use bytes::Bytes;

/// A row, or what a partition without rows has: its key and its static columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowRef<'a, 'k> {
    pub(super) key: &'a Key,
    /// The values of the partition key.
    pub(super) key_values: &'k [Bytes],
    pub(super) place: Option<&'a Clustering>,
    pub(super) statics: &'a Row,
    pub(super) row: Option<&'a Row>,
    pub(super) now: Now,
}

impl<'a> RowRef<'a, '_> {
    /// What a column that is not of the key is in.
    pub(super) fn stored(&self, column: &Column) -> Option<&'a Row> {
        match column.kind {
            Kind::Static => Some(self.statics),
            Kind::Regular => self.row,
            Kind::PartitionKey(_) | Kind::Clustering { .. } => None,
        }
    }

    /// The value of a column of the primary key.
    fn of_key(&self, kind: Kind) -> Option<&Bytes> {
        match kind {
            Kind::PartitionKey(position) => self.key_values.get(position),
            Kind::Clustering { position, .. } => self.place?.values().get(position),
            Kind::Static | Kind::Regular => None,
        }
    }

    pub(super) fn value(&self, column: &Column) -> Option<Bytes> {
        match column.kind {
            Kind::PartitionKey(_) | Kind::Clustering { .. } => self.of_key(column.kind).cloned(),
            Kind::Static | Kind::Regular => self.stored(column)?.value(column, self.now),
        }
    }

    /// Writes the value of a column as a cell of the response.
    pub(super) fn write(&self, column: &Column, out: &mut Vec<u8>) {
        match column.kind {
            Kind::PartitionKey(_) | Kind::Clustering { .. } => write_cell(out, self.of_key(column.kind)),
            _ if column.is_multi_cell => write_cell(out, self.value(column).as_ref()),
            Kind::Static | Kind::Regular => {
                let cell = self.stored(column).and_then(|row| row.cell(column.id, self.now));
                write_cell(out, cell.and_then(|cell| cell.live(self.now)));
            }
        }
    }
}

/// A value with its length; -1 for null.
pub(super) fn write_cell(out: &mut Vec<u8>, value: Option<&Bytes>) {
    match value {
        Some(value) => {
            out.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
            out.extend_from_slice(value);
        }
        None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
    }
}
