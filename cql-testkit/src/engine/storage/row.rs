//! A row: cells by column.

use super::cell::{Cell, Deletion, Liveness};
use super::compaction::Compaction;
use crate::engine::clock::Now;
use crate::engine::schema::{Column, ColumnId};
use crate::engine::values::{self, parts};
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// A row, or the static columns of a partition.
#[derive(Debug, Default, Clone)]
pub(crate) struct Row {
    liveness: Option<Liveness>,
    deletion: Option<Deletion>,
    /// By column, in order.
    columns: Vec<(ColumnId, Data)>,
}

/// What a column has in a row.
#[derive(Debug, Clone)]
enum Data {
    Simple(Cell),
    /// A collection or user-defined type that is not frozen: its parts by element, key, list position or field.
    Parts {
        deletion: Option<Deletion>,
        parts: Vec<(Bytes, Cell)>,
    },
}

/// So many parts are written one by one.
const FEW: usize = 16;

impl Row {
    pub(super) const fn new() -> Self {
        Row { liveness: None, deletion: None, columns: Vec::new() }
    }

    /// Whether there is a row for who reads.
    pub(crate) fn is_live(&self, now: Now) -> bool {
        self.was_inserted(now)
            || self.columns.iter().any(|(_, data)| data.cells().any(|cell| cell.live(now).is_some()))
    }

    /// Whether it is there without its columns.
    pub(crate) fn was_inserted(&self, now: Now) -> bool {
        self.liveness.is_some_and(|liveness| liveness.is_live(now))
    }

    /// The cell of a column that has one: is not deleted, and its time not over.
    pub(crate) fn cell(&self, column: ColumnId, now: Now) -> Option<&Cell> {
        match self.data(column)? {
            Data::Simple(cell) => Some(cell).filter(|cell| cell.live(now).is_some()),
            Data::Parts { .. } => None,
        }
    }

    /// The live parts of a column in their order: by element, key, position (a time-based UUID) or field (two bytes).
    pub(crate) fn parts(&self, column: ColumnId, now: Now) -> impl Iterator<Item = (&Bytes, &Cell)> {
        self.all_parts(column).filter(move |(_, cell)| cell.live(now).is_some())
    }

    /// The same with those that were deleted, or whose time is over.
    pub(crate) fn all_parts(&self, column: ColumnId) -> impl Iterator<Item = (&Bytes, &Cell)> {
        let parts = match self.data(column) {
            Some(Data::Parts { parts, .. }) => parts.as_slice(),
            _ => &[],
        };
        parts.iter().map(|(path, cell)| (path, cell))
    }

    /// The value of a column; `None` is null, which an empty collection is too.
    pub(crate) fn value(&self, column: &Column, now: Now) -> Option<Bytes> {
        if !column.is_multi_cell {
            return self.cell(column.id, now)?.live(now).cloned();
        }
        let live = || self.parts(column.id, now).filter_map(|(path, cell)| Some((path, cell.live(now)?)));
        live().next()?;
        Some(match &column.column_type {
            ColumnType::Set(_) => parts::join(live().map(|(path, _)| path)),
            ColumnType::Map(_) => parts::join_pairs(live()),
            ColumnType::Udt(udt) => {
                let field = |at: usize| {
                    let path = u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes();
                    live().find(|(other, _)| ***other == path).map(|(_, value)| value)
                };
                parts::join_fields((0..udt.fields().len()).map(field))
            }
            _ => parts::join(live().map(|(_, value)| value)),
        })
    }

    fn data(&self, column: ColumnId) -> Option<&Data> {
        let at = self.columns.binary_search_by_key(&column, |(id, _)| *id).ok()?;
        self.columns.get(at).map(|(_, data)| data)
    }

    fn data_mut(&mut self, column: ColumnId, empty: impl FnOnce() -> Data) -> &mut Data {
        let at = match self.columns.binary_search_by_key(&column, |(id, _)| *id) {
            Ok(at) => at,
            Err(at) => {
                self.columns.insert(at, (column, empty()));
                at
            }
        };
        &mut self.columns[at].1
    }

    /// What deletes the whole row.
    pub(super) fn deletion(&self) -> Option<Deletion> {
        self.deletion
    }

    /// Makes room for so many columns.
    pub(crate) fn reserve(&mut self, columns: usize) {
        if self.columns.is_empty() {
            self.columns.reserve_exact(columns);
        }
    }

    /// Has the row be there, whatever its columns.
    pub(crate) fn insert(&mut self, liveness: Liveness) {
        if self.liveness.is_none_or(|old| liveness.wins_over(old)) {
            self.liveness = Some(liveness);
        }
    }

    pub(super) fn delete(&mut self, deletion: Deletion) {
        self.deletion = self.deletion.max(Some(deletion));
        self.remove(deletion);
    }

    /// Removes what a deletion of something larger covers.
    pub(super) fn remove(&mut self, deletion: Deletion) {
        self.liveness = self.liveness.filter(|liveness| !deletion.covers(liveness.timestamp));
        self.deletion = self.deletion.filter(|own| own.timestamp >= deletion.timestamp);
        self.columns.retain_mut(|(_, data)| data.remove(deletion.timestamp));
        self.give_back();
    }

    /// Forgets what is of no use any more.
    pub(super) fn compact(&mut self, compaction: &mut Compaction) {
        self.liveness = self.liveness.filter(|liveness| liveness.is_kept(compaction));
        self.deletion = self.deletion.filter(|deletion| compaction.keeps(*deletion));
        self.columns.retain_mut(|(_, data)| data.compact(compaction));
        self.give_back();
        compaction.count(usize::from(!self.is_empty()) + self.columns.len());
    }

    /// Gives the room of columns back when there are none: they may never be written again.
    fn give_back(&mut self) {
        if self.columns.is_empty() {
            self.columns = Vec::new();
        }
    }

    /// Whether nothing is left, deletions included.
    pub(super) fn is_empty(&self) -> bool {
        self.liveness.is_none() && self.deletion.is_none() && self.columns.is_empty()
    }

    /// Writes a column that is one cell.
    pub(crate) fn set(&mut self, column: ColumnId, cell: Cell) {
        let mut cell = Some(cell);
        let data = self.data_mut(column, || {
            Data::Simple(match cell.take() {
                Some(cell) => cell,
                None => unreachable!("it is taken once"),
            })
        });
        if let (Data::Simple(old), Some(cell)) = (data, cell)
            && cell.wins_over(old)
        {
            *old = cell;
        }
    }

    /// Writes a part of a column that has several: an element (its value is empty), an entry (path is the key), a list's
    /// element (path is a time-based UUID), or a field (path is its number in two bytes).
    pub(crate) fn set_part(&mut self, column: &Column, path: &[u8], cell: Cell) {
        let data = self.data_mut(column.id, || Data::Parts { deletion: None, parts: Vec::new() });
        let Data::Parts { deletion, parts } = data else { return };
        if deletion.is_some_and(|deletion| deletion.covers(cell.timestamp)) {
            return;
        }
        match parts.binary_search_by(|(other, _)| values::compare_paths(&column.column_type, other, path)) {
            Ok(at) => {
                let old = &mut parts[at].1;
                if cell.wins_over(old) {
                    *old = cell;
                }
            }
            Err(at) => parts.insert(at, (Bytes::copy_from_slice(path), cell)),
        }
    }

    /// Writes many parts of a column: each by itself would move those behind it.
    pub(crate) fn set_parts(&mut self, column: &Column, mut new: Vec<(Bytes, Cell)>) {
        // Those of one statement among many are few: to go through all for them would be worse.
        if new.len() < FEW {
            return new.into_iter().for_each(|(path, cell)| self.set_part(column, &path, cell));
        }
        let compare = |one: &Bytes, two: &Bytes| values::compare_paths(&column.column_type, one, two);
        let data = self.data_mut(column.id, || Data::Parts { deletion: None, parts: Vec::new() });
        let Data::Parts { deletion, parts } = data else { return };
        new.retain(|(_, cell)| !deletion.is_some_and(|deletion| deletion.covers(cell.timestamp)));
        // What was there stands before what is new.
        parts.append(&mut new);
        parts.sort_by(|(one, _), (two, _)| compare(one, two));
        parts.dedup_by(|(path, cell), (kept, old)| {
            let is_same = compare(path, kept).is_eq();
            if is_same && cell.wins_over(old) {
                std::mem::swap(cell, old);
            }
            is_same
        });
    }

    /// Deletes all parts of a column.
    pub(crate) fn delete_parts(&mut self, column: ColumnId, deletion: Deletion) {
        let data = self.data_mut(column, || Data::Parts { deletion: None, parts: Vec::new() });
        if let Data::Parts { deletion: own, .. } = data {
            *own = (*own).max(Some(deletion));
        }
        data.remove(deletion.timestamp);
    }

    /// Adds to a counter.
    pub(crate) fn add(&mut self, column: ColumnId, timestamp: i64, delta: i64, now: Now) {
        let zero = || Data::Simple(Cell::new(timestamp, 0, now, &0_i64.to_be_bytes()));
        if let Data::Simple(cell) = self.data_mut(column, zero) {
            cell.add(timestamp, delta);
        }
    }

    pub(super) fn drop_column(&mut self, column: ColumnId, until: i64) {
        self.columns.retain_mut(|(id, data)| *id != column || data.remove(until));
    }
}

impl Data {
    fn cells(&self) -> impl Iterator<Item = &Cell> {
        let (one, parts) = match self {
            Data::Simple(cell) => (Some(cell), &[][..]),
            Data::Parts { parts, .. } => (None, parts.as_slice()),
        };
        one.into_iter().chain(parts.iter().map(|(_, cell)| cell))
    }

    /// Removes what was written until then, in microseconds, and says whether anything is left.
    fn remove(&mut self, until: i64) -> bool {
        match self {
            Data::Simple(cell) => cell.timestamp > until,
            Data::Parts { deletion, parts } => {
                *deletion = deletion.filter(|own| own.timestamp >= until);
                parts.retain(|(_, cell)| cell.timestamp > until);
                deletion.is_some() || !parts.is_empty()
            }
        }
    }

    /// Forgets what is of no use any more, and says whether anything is left.
    fn compact(&mut self, compaction: &mut Compaction) -> bool {
        match self {
            Data::Simple(cell) => cell.compact(compaction),
            Data::Parts { deletion, parts } => {
                *deletion = deletion.filter(|own| compaction.keeps(*own));
                parts.retain_mut(|(_, cell)| cell.compact(compaction));
                compaction.count(parts.len());
                deletion.is_some() || !parts.is_empty()
            }
        }
    }
}
