//! The data: tables of partitions of rows of cells, reconciled when they are written.
//!
//! There is one copy of everything, whichever node is asked. What a deletion, older or newer, does to data is done when
//! either arrives, so that what reads has to think of nothing but cells whose time is over. Compaction forgets these, and
//! deletions, when nobody can ask for them any more.

mod cell;
mod clustering;
mod compaction;
mod moments;
mod partition;
mod ranges;
mod row;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use cell::{Cell, Deletion, Liveness};
pub(crate) use clustering::{Clustering, Edge};
pub(crate) use compaction::Compaction;
pub(crate) use partition::Partition;
pub(crate) use row::Row;

use crate::engine::clock::Now;
use crate::engine::schema::ColumnId;
use bytes::Bytes;
use cql_protocol::murmur3::Murmur3;
use moments::Moments;
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// All tables' data, by the tables' ids.
#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    tables: HashMap<Uuid, TableData>,
    moments: Moments,
    /// Tables that should be compacted.
    due: Vec<Uuid>,
}

/// The partitions of a table, in the order of the ring.
#[derive(Debug, Default, Clone)]
pub(crate) struct TableData {
    partitions: BTreeMap<Key, Partition>,
    /// Bytes that were written since the last compaction, of what is of no use some time.
    fading: usize,
    /// How much the last compaction left: partitions, rows and cells.
    kept: usize,
}

/// So many bytes of what is of no use some time are left alone.
const LITTLE: usize = 1 << 20;
/// Bytes that a deletion, a row or a cell take without values, roughly.
const EACH: usize = 64;

/// A partition's place in the ring: its token, and its key as it is serialized.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub(crate) token: i64,
    pub(crate) bytes: Bytes,
}

impl Key {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Key { token: Murmur3::token(&bytes), bytes }
    }

    /// The key of these values, one for each column of the partition key. `None` when one is too long for a key.
    pub(crate) fn of_values(values: &[Bytes]) -> Option<Self> {
        let fits = |value: &Bytes| u16::try_from(value.len()).ok();
        if let [only] = values {
            fits(only)?;
            return Some(Key::new(only.clone()));
        }
        let mut bytes = Vec::with_capacity(values.iter().map(|value| value.len() + 3).sum());
        for value in values {
            bytes.extend_from_slice(&fits(value)?.to_be_bytes());
            bytes.extend_from_slice(value);
            bytes.push(0);
        }
        Some(Key::new(bytes.into()))
    }

    /// The same, holding on to nothing but its own bytes.
    pub(crate) fn detached(&self) -> Self {
        Key { token: self.token, bytes: Bytes::copy_from_slice(&self.bytes) }
    }

    /// The values of a key with so many columns.
    pub(crate) fn values(&self, columns: usize) -> Vec<Bytes> {
        if columns == 1 {
            return vec![self.bytes.clone()];
        }
        let (mut values, mut at) = (Vec::with_capacity(columns), 0);
        while let Some([high, low]) = self.bytes.get(at..at + 2) {
            let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low]));
            values.push(self.bytes.slice(at + 2..end.min(self.bytes.len())));
            at = end + 1;
        }
        values
    }
}

impl Store {
    /// `None` when nothing was ever written.
    pub(crate) fn table(&self, id: Uuid) -> Option<&TableData> {
        self.tables.get(&id)
    }

    pub(crate) fn table_mut(&mut self, id: Uuid) -> &mut TableData {
        self.tables.entry(id).or_default()
    }

    /// A time to write at, in microseconds: later than all before.
    pub(crate) fn timestamp(&self, now: Now) -> i64 {
        self.moments.timestamp(now)
    }

    /// A place in a list behind all that were appended until now: a time-based UUID.
    pub(crate) fn place_behind(&self, now: Now) -> [u8; 16] {
        self.moments.place_behind(now)
    }

    /// A place in a list before all that were prepended until now, and before all that were appended.
    pub(crate) fn place_before(&self, now: Now) -> [u8; 16] {
        self.moments.place_before(now)
    }

    /// How many tables anything was written to.
    #[cfg(test)]
    pub(crate) fn size(&self) -> usize {
        self.tables.len()
    }

    /// Notes that so many deletions or cells with a time to live, of values of so many bytes together, were written.
    pub(crate) fn fades(&mut self, id: Uuid, (count, bytes): (usize, usize)) {
        let table = self.table_mut(id);
        table.fading = table.fading.saturating_add(count * EACH + bytes);
        // As much as what it has to go through for them: each write pays for no more than a few steps of compactions.
        if table.fading >= LITTLE.max(table.kept * EACH) && !self.due.contains(&id) {
            self.due.push(id);
        }
    }

    /// A table that should be compacted, told once.
    pub(crate) fn due(&mut self) -> Option<Uuid> {
        self.due.pop()
    }

    /// Forgets what is of no use any more.
    pub(crate) fn compact(&mut self, id: Uuid, mut compaction: Compaction) {
        let Some(table) = self.tables.get_mut(&id) else { return };
        table.partitions.retain(|_, partition| partition.compact(&mut compaction));
        (table.fading, table.kept) = (0, compaction.kept());
    }

    /// Forgets a table, or empties it.
    pub(crate) fn forget(&mut self, id: Uuid) {
        self.tables.remove(&id);
    }
}

impl TableData {
    /// In the order of the ring.
    pub(crate) fn partitions(&self) -> &BTreeMap<Key, Partition> {
        &self.partitions
    }

    pub(crate) fn partition(&self, key: &Key) -> Option<&Partition> {
        self.partitions.get(key)
    }

    /// The partition of that key, an empty one if there is none yet. What is kept must not hold on to the request that
    /// its key came by: the key is a detached one.
    pub(crate) fn partition_mut(&mut self, key: Key) -> &mut Partition {
        self.partitions.entry(key).or_default()
    }

    /// Removes what was written to a column until then, in microseconds.
    pub(crate) fn drop_column(&mut self, column: ColumnId, until: i64) {
        self.partitions.values_mut().for_each(|partition| partition.drop_column(column, until));
    }
}
