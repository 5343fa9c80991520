//! Rows that a SELECT asks for, one after the other.

use super::paging::Position;
use super::row::RowRef;
use crate::engine::clock::Now;
use crate::engine::problem::Result;
use crate::engine::restrictions::{Filter, Slice};
use crate::engine::schema::Table;
use crate::engine::storage::{Clustering, Key, Partition, TableData};
use bytes::Bytes;
use std::ops::Bound;

/// What is to come after a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    NextRow,
    NextPartition,
    Stop,
}

/// What is read, and from where on.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) data: &'a TableData,
    pub(super) table: &'a Table,
    pub(super) partitions: Partitions,
    pub(super) slices: Vec<Slice>,
    pub(super) filter: Filter<'a>,
    pub(super) descends: bool,
    /// Whether a partition without rows is told by its static columns.
    pub(super) returns_static_rows: bool,
    /// What was read before.
    pub(super) after: Option<&'a Position>,
    pub(super) now: Now,
}

/// Which partitions are read.
#[derive(Debug)]
pub(super) enum Partitions {
    Keys(Vec<Key>),
    /// From a token to another one, in the order of the ring; or none.
    Ring(Option<(i64, i64)>),
}

/// Who is told of rows.
pub(super) type Visit<'v, 'a> = dyn FnMut(&RowRef<'a, '_>) -> Result<Then> + 'v;

impl<'a> Reading<'a> {
    /// Tells of all rows until it is said to stop.
    pub(super) fn visit(&'a self, visit: &mut Visit<'_, 'a>) -> Result<()> {
        let partitions = self.data.partitions();
        match &self.partitions {
            Partitions::Keys(keys) => {
                let done = self.after.and_then(|after| keys.iter().position(|key| *key == after.key));
                for key in keys.iter().skip(done.unwrap_or_default()) {
                    let Some((key, partition)) = partitions.get_key_value(key) else { continue };
                    if self.partition(key, partition, visit)? == Then::Stop {
                        break;
                    }
                }
            }
            Partitions::Ring(None) => {}
            Partitions::Ring(Some((first, last))) => {
                let before = |token: i64| Key { token, bytes: Bytes::new() };
                let mut from = before(*first);
                if let Some(after) = self.after {
                    from = from.max(after.key.clone());
                }
                let to = last.checked_add(1).map_or(Bound::Unbounded, |next| Bound::Excluded(before(next)));
                // Bounds that are not in order would be no range: a position may lie behind what is asked for.
                if from.token > *last {
                    return Ok(());
                }
                for (key, partition) in partitions.range((Bound::Included(from), to)) {
                    if self.partition(key, partition, visit)? == Then::Stop {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether no partition is read after the one with that key.
    pub(super) fn is_last(&self, key: &Key) -> bool {
        matches!(&self.partitions, Partitions::Keys(keys) if keys.last() == Some(key))
    }

    fn partition(
        &'a self,
        key: &'a Key,
        partition: &'a Partition,
        visit: &mut Visit<'_, 'a>,
    ) -> Result<Then> {
        let after = self.after.filter(|after| after.key == *key);
        let place = match after {
            // All of it was read.
            Some(after) if after.place.is_none() => return Ok(Then::NextPartition),
            Some(after) => after.place.as_ref(),
            None => None,
        };
        let several;
        let key_values = match self.table.partition_key() {
            [_] => std::slice::from_ref(&key.bytes),
            columns => {
                several = key.values(columns.len());
                several.as_slice()
            }
        };
        let statics = partition.statics();
        if !self.filter.accepts_partition(key_values, statics, self.now) {
            return Ok(Then::NextPartition);
        }
        let none = RowRef { key, key_values, place: None, statics, row: None, now: self.now };
        let mut rows = Rows { reading: self, partition, none, seen: false, visit };
        let then = rows.all(place)?;
        if rows.seen || after.is_some() || then == Then::Stop || !self.returns_static_rows {
            return Ok(then);
        }
        if self.filter.needs_rows() || !statics.is_live(self.now) {
            return Ok(then);
        }
        visit(&none)
    }
}

/// The rows of a partition.
struct Rows<'r, 'v, 'a, 'k> {
    reading: &'a Reading<'a>,
    partition: &'a Partition,
    /// What all rows have in common.
    none: RowRef<'a, 'k>,
    /// Whether there was a row.
    seen: bool,
    visit: &'r mut Visit<'v, 'a>,
}

impl<'a> Rows<'_, '_, 'a, '_> {
    /// All rows behind a place.
    fn all(&mut self, after: Option<&Clustering>) -> Result<Then> {
        let reading = self.reading;
        if reading.descends {
            for slice in reading.slices.iter().rev() {
                if let Some(bounds) = clip(slice, after, true) {
                    for (place, row) in self.partition.rows(bounds).rev() {
                        let then = self.one(place, row)?;
                        if then != Then::NextRow {
                            return Ok(then);
                        }
                    }
                }
            }
        } else {
            for slice in &reading.slices {
                if let Some(bounds) = clip(slice, after, false) {
                    for (place, row) in self.partition.rows(bounds) {
                        let then = self.one(place, row)?;
                        if then != Then::NextRow {
                            return Ok(then);
                        }
                    }
                }
            }
        }
        Ok(Then::NextRow)
    }

    fn one(&mut self, place: &'a Clustering, row: &'a crate::engine::storage::Row) -> Result<Then> {
        let now = self.reading.now;
        if !row.is_live(now) || !self.reading.filter.accepts_row(place.values(), row, now) {
            return Ok(Then::NextRow);
        }
        self.seen = true;
        (self.visit)(&RowRef { place: Some(place), row: Some(row), ..self.none })
    }
}

/// What of a slice is behind a place, in the direction of reading.
fn clip<'s>(
    slice: &'s Slice,
    after: Option<&'s Clustering>,
    descends: bool,
) -> Option<(Bound<&'s Clustering>, Bound<&'s Clustering>)> {
    let (from, to) = match slice {
        Slice::Row(row) => (row, row),
        Slice::Range(from, to) => (from, to),
    };
    let whole = (Bound::Included(from), Bound::Included(to));
    let Some(after) = after else { return (from <= to).then_some(whole) };
    if descends {
        match () {
            () if after <= from => None,
            () if after <= to => Some((whole.0, Bound::Excluded(after))),
            () => Some(whole),
        }
    } else {
        match () {
            () if after >= to => None,
            () if after >= from => Some((Bound::Excluded(after), whole.1)),
            () => Some(whole),
        }
    }
}
