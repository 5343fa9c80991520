//! Rows of the server's tables, from named values.

use crate::engine::clock::Now;
use crate::engine::schema::{Column, Table};
use crate::engine::storage::{Cell, Clustering, Key, Liveness, Row, TableData};
use crate::engine::values::parts;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use uuid::Uuid;

/// The contents of a table in the making.
pub(super) struct Rows<'a> {
    table: &'a Table,
    now: Now,
    data: TableData,
}

impl<'a> Rows<'a> {
    pub(super) fn new(table: &'a Table, now: Now) -> Self {
        Rows { table, now, data: TableData::default() }
    }

    pub(super) fn finish(self) -> TableData {
        self.data
    }

    /// Adds a row of these values. Columns without one are null; a row without a key is left out.
    pub(super) fn push<'n>(&mut self, values: impl IntoIterator<Item = (&'n str, Bytes)>) {
        let values: Vec<(&str, Bytes)> = values.into_iter().collect();
        let get = |column: &Column| {
            values.iter().find(|(name, _)| **name == *column.name).map(|(_, value)| value.clone())
        };
        let all = |columns: &[Column]| columns.iter().map(get).collect::<Option<Vec<_>>>();
        let (Some(key), Some(clustering)) = (all(self.table.partition_key()), all(self.table.clustering()))
        else {
            return;
        };
        let Some(key) = Key::of_values(&key) else { return };
        let timestamp = self.now.micros();
        let place = Clustering::row(clustering, &self.table.order);
        let Some(row) = self.data.partition_mut(key).row_mut(Some(place), timestamp) else { return };
        row.insert(Liveness::new(timestamp, 0, self.now));
        for column in self.table.regulars() {
            if let Some(value) = get(column) {
                set(row, column, &value, self.now);
            }
        }
    }
}

fn set(row: &mut Row, column: &Column, value: &Bytes, now: Now) {
    let cell = |value: &[u8]| Cell::new(now.micros(), 0, now, value);
    if !column.is_multi_cell {
        return row.set(column.id, cell(value));
    }
    match &column.column_type {
        ColumnType::Set(_) => {
            for element in parts::split(value).into_iter().flatten().flatten() {
                row.set_part(column, &element, cell(&[]));
            }
        }
        ColumnType::Map(_) => {
            for (key, value) in parts::split_pairs(value).into_iter().flatten() {
                if let (Some(key), Some(value)) = (key, value) {
                    row.set_part(column, &key, cell(&value));
                }
            }
        }
        // There are no others in these tables.
        _ => {}
    }
}

pub(super) fn text(value: &str) -> Bytes {
    Bytes::copy_from_slice(value.as_bytes())
}

pub(super) fn boolean(value: bool) -> Bytes {
    Bytes::copy_from_slice(&[u8::from(value)])
}

pub(super) fn int(value: i32) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

pub(super) fn bigint(value: i64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

pub(super) fn double(value: f64) -> Bytes {
    Bytes::copy_from_slice(&value.to_be_bytes())
}

pub(super) fn uuid(value: Uuid) -> Bytes {
    Bytes::copy_from_slice(value.as_bytes())
}

/// A list or set.
pub(super) fn texts(values: impl IntoIterator<Item = impl AsRef<str>>) -> Bytes {
    let values: Vec<Bytes> = values.into_iter().map(|value| text(value.as_ref())).collect();
    parts::join(&values)
}

pub(super) fn map(pairs: &[(String, String)]) -> Bytes {
    let mut pairs: Vec<(Bytes, Bytes)> = pairs.iter().map(|(key, value)| (text(key), text(value))).collect();
    pairs.sort();
    parts::join_pairs(pairs.iter().map(|(key, value)| (key, value)))
}
