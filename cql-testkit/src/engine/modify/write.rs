//! What is to be written, evaluated and checked: putting it into the tables cannot fail.

use crate::engine::clock::Now;
use crate::engine::schema::{Column, ColumnId};
use crate::engine::storage::{Cell, Clustering, Deletion, Key, Liveness, Row, Store};
use bytes::Bytes;
use std::iter::Peekable;
use uuid::Uuid;

/// A write to a partition.
#[derive(Debug, Clone)]
pub(super) struct Write<'a> {
    pub(super) table: Uuid,
    pub(super) key: Key,
    pub(super) to: To<'a>,
}

/// What of a partition is written.
#[derive(Debug, Clone)]
pub(super) enum To<'a> {
    /// A row, or the static columns without a place.
    Row {
        place: Option<Clustering>,
        timestamp: i64,
        liveness: Option<Liveness>,
        changes: Vec<Change<'a>>,
    },
    DeletedRow(Clustering, Deletion),
    DeletedRange(Clustering, Clustering, Deletion),
    DeletedPartition(Deletion),
}

/// A change of a row.
#[derive(Debug, Clone)]
pub(super) enum Change<'a> {
    Set(ColumnId, Cell),
    /// A part of a column, by its path.
    SetPart(&'a Column, Bytes, Cell),
    DeleteParts(ColumnId, Deletion),
    /// To a counter.
    Add(ColumnId, i64),
}

/// What changes do to the parts of a column, in a row by itself.
pub(super) fn apply_to_parts(changes: &[Change<'_>], column: &Column, row: &mut Row) {
    let mut parts = Vec::new();
    for change in changes {
        match change {
            Change::SetPart(of, path, cell) if of.id == column.id => parts.push((path.clone(), cell.clone())),
            Change::DeleteParts(of, deletion) if *of == column.id => {
                row.set_parts(column, std::mem::take(&mut parts));
                row.delete_parts(*of, *deletion);
            }
            _ => {}
        }
    }
    row.set_parts(column, parts);
}

/// Leaves out what other writes, all of the same time, win over or delete (`CQL3CasRequest.makeUpdates` of the server puts
/// rows together before it gives them the time that they are written at). Deletions of more than a row are not among them.
pub(super) fn settle(writes: &mut [Write<'_>], now: Now) {
    let mut settled = Store::default();
    let of_rows = |write: &&Write<'_>| matches!(write.to, To::Row { .. } | To::DeletedRow(..));
    apply(writes.iter().filter(of_rows).cloned().collect(), &mut settled, now);
    for write in writes {
        let To::Row { place, liveness, changes, .. } = &mut write.to else { continue };
        let partition = settled.table(write.table).and_then(|table| table.partition(&write.key));
        let row = partition.and_then(|partition| match place {
            Some(place) => partition.row(place),
            None => Some(partition.statics()),
        });
        *liveness = liveness.filter(|_| row.is_some_and(|row| row.was_inserted(now)));
        changes.retain(|change| match change {
            Change::Set(column, cell) if !cell.is_deletion() => {
                row.is_some_and(|row| row.cell(*column, now) == Some(cell))
            }
            Change::SetPart(column, path, cell) if !cell.is_deletion() => {
                row.is_some_and(|row| row.parts(column.id, now).any(|part| part == (path, cell)))
            }
            _ => true,
        });
    }
}

/// Has deletions be of the moment before all else: of equal times they would win over what a conditional statement writes
/// beside them (`PartitionUpdate.withUpdatedTimestamps` of the server).
pub(super) fn delete_first(writes: &mut [Write<'_>], timestamp: i64) {
    let before = timestamp.saturating_sub(1);
    for write in writes {
        match &mut write.to {
            To::Row { changes, .. } => changes.iter_mut().for_each(|change| match change {
                Change::Set(_, cell) | Change::SetPart(_, _, cell) if cell.is_deletion() => {
                    cell.timestamp = before;
                }
                Change::DeleteParts(_, deletion) => deletion.timestamp = before,
                _ => {}
            }),
            To::DeletedRow(_, deletion)
            | To::DeletedRange(_, _, deletion)
            | To::DeletedPartition(deletion) => deletion.timestamp = before,
        }
    }
}

impl To<'_> {
    /// How many deletions and cells with a time to live it writes, and how many bytes are in these.
    fn fading(&self) -> (usize, usize) {
        let To::Row { liveness, changes, .. } = self else { return (1, 0) };
        let of_row = usize::from(liveness.is_some_and(Liveness::ends));
        changes.iter().fold((of_row, 0), |(count, bytes), change| match change {
            Change::Set(_, cell) | Change::SetPart(_, _, cell) if cell.ends() => {
                (count + 1, bytes + cell.len())
            }
            Change::DeleteParts(..) => (count + 1, bytes),
            _ => (count, bytes),
        })
    }
}

/// Writes everything.
pub(super) fn apply(writes: Vec<Write<'_>>, store: &mut Store, now: Now) {
    for Write { table: id, key, to } in writes {
        let fading = to.fading();
        if fading.0 > 0 {
            store.fades(id, fading);
        }
        let table = store.table_mut(id);
        match to {
            To::Row { place, timestamp, liveness, changes } => {
                if liveness.is_none() && changes.is_empty() {
                    continue;
                }
                let Some(row) = table.partition_mut(key).row_mut(place, timestamp) else { continue };
                if let Some(liveness) = liveness {
                    row.insert(liveness);
                }
                row.reserve(changes.len());
                let mut changes = changes.into_iter().peekable();
                while let Some(change) = changes.next() {
                    match change {
                        Change::Set(column, cell) => row.set(column, cell),
                        Change::SetPart(column, path, cell) => match changes.peek() {
                            Some(Change::SetPart(next, ..)) if next.id == column.id => {
                                row.set_parts(column, parts(column, (path, cell), &mut changes));
                            }
                            _ => row.set_part(column, &path, cell),
                        },
                        Change::DeleteParts(column, deletion) => row.delete_parts(column, deletion),
                        Change::Add(column, delta) => row.add(column, timestamp, delta, now),
                    }
                }
            }
            To::DeletedRow(place, deletion) => table.partition_mut(key).delete_row(place, deletion),
            To::DeletedRange(from, to, deletion) => table.partition_mut(key).delete_range(from, to, deletion),
            To::DeletedPartition(deletion) => table.partition_mut(key).delete(deletion),
        }
    }
}

/// The parts of a column that are written one after the other.
fn parts<'a>(
    column: &Column,
    first: (Bytes, Cell),
    changes: &mut Peekable<impl Iterator<Item = Change<'a>>>,
) -> Vec<(Bytes, Cell)> {
    let mut parts = vec![(Bytes::copy_from_slice(&first.0), first.1)];
    while let Some(Change::SetPart(_, path, cell)) =
        changes.next_if(|next| matches!(next, Change::SetPart(of, ..) if of.id == column.id))
    {
        parts.push((Bytes::copy_from_slice(&path), cell));
    }
    parts
}
