//! What is warned of in batches, and what is refused: their size as a server counts it, and how many partitions they
//! are of.

use super::write::{Change, To, Write};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Table;
use crate::engine::storage::{Clustering, Key};
use bytes::Bytes;
use cql_protocol::request::BatchKind;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Bytes from which a server warns (`batch_size_warn_threshold`).
const WARNED_SIZE: usize = 5 * 1024;

/// Bytes from which a server refuses (`batch_size_fail_threshold`).
const REFUSED_SIZE: usize = 50 * 1024;

/// Bytes that a statement or a batch may write: a value is written to each of the rows that IN makes.
const MOST_WRITTEN: usize = 64 << 20;

/// More partitions than that in an unlogged batch are warned of (`unlogged_batch_across_partitions_warn_threshold`).
const MANY_PARTITIONS: usize = 10;

/// Bytes of a row without its columns: a time and a deletion.
const ROW: usize = 8 + 13;

/// Bytes of a cell without its value and path: times and a time to live.
const CELL: usize = 8 + 4 + 8;

/// Bytes of a partition without its rows: its deletion.
const PARTITION: usize = 8;

/// The rows of a partition and their sizes; static columns have no place.
type Rows<'a> = BTreeMap<Option<&'a Clustering>, usize>;

/// What there is to warn of.
pub(super) fn warnings(kind: BatchKind, tables: &[&Table], writes: &[Write<'_>]) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    if kind == BatchKind::LOGGED {
        let soon = tables.iter().filter(|table| table.options.gc_grace_seconds == 0);
        let soon = names(soon.copied());
        if !soon.is_empty() {
            warnings.push(format!(
                "Executing a LOGGED BATCH on {}, configured with a gc_grace_seconds of 0. The gc_grace_seconds is used \
                 to TTL batchlog entries, so setting gc_grace_seconds too low on tables involved in an atomic batch \
                 might cause batchlog entries to expire before being replayed.",
                of_tables(&soon)
            ));
        }
    }
    if writes.len() < 2 {
        return Ok(warnings);
    }
    let partitions = partitions(writes);
    if partitions.len() < 2 {
        return Ok(warnings);
    }
    let size = partitions.values().map(|(size, rows)| size + rows.values().sum::<usize>()).sum::<usize>();
    if size > REFUSED_SIZE {
        return Err(problem::invalid("Batch too large"));
    }
    let names = || names(tables.iter().copied());
    if size > WARNED_SIZE {
        let (names, over) = (names().join(", "), size - WARNED_SIZE);
        warnings.push(format!(
            "Batch for [{names}] is of size {size}, exceeding specified threshold of {WARNED_SIZE} by {over}."
        ));
    }
    if kind != BatchKind::LOGGED && partitions.len() > MANY_PARTITIONS {
        warnings.push(format!(
            "Unlogged batch covering {} partitions detected against {}. You should use a logged batch for atomicity, or \
             asynchronous writes for performance.",
            partitions.len(),
            of_tables(&names())
        ));
    }
    Ok(warnings)
}

/// What a statement or a batch writes, and what it took to know it.
#[derive(Debug, Default)]
pub(super) struct Writes<'a> {
    pub(super) all: Vec<Write<'a>>,
    bytes: usize,
    /// Elements of lists that were looked at.
    pub(super) looked_at: usize,
}

impl<'a> Writes<'a> {
    /// Adds what is written, unless it is too much.
    pub(super) fn push(&mut self, write: Write<'a>) -> Result<()> {
        if let To::Row { changes, .. } = &write.to {
            self.bytes += changes.iter().map(of_change).sum::<usize>();
        }
        if self.bytes > MOST_WRITTEN {
            return Err(problem::unsupported(&format!("writes of more than {MOST_WRITTEN} bytes")));
        }
        self.all.push(write);
        Ok(())
    }
}

/// Partitions: the sizes of themselves, and of their rows.
fn partitions<'a>(writes: &'a [Write<'_>]) -> BTreeMap<(Uuid, &'a Key), (usize, Rows<'a>)> {
    let mut partitions = BTreeMap::new();
    for write in writes {
        let empty = || (PARTITION, Rows::from([(None, ROW)]));
        let (own, rows) = partitions.entry((write.table, &write.key)).or_insert_with(empty);
        match &write.to {
            To::Row { place, liveness, changes, .. } => {
                let row = rows.entry(place.as_ref()).or_insert_with(|| ROW + of_place(place.as_ref()));
                let expires = liveness.is_some_and(|liveness| liveness.ends());
                *row += if expires { 12 } else { 0 } + changes.iter().map(of_change).sum::<usize>();
            }
            To::DeletedRow(place, _) => {
                rows.entry(Some(place)).or_insert_with(|| ROW + of_place(Some(place)));
            }
            To::DeletedRange(from, to, _) => *own += 4 + of_place(Some(from)) + of_place(Some(to)) + 12,
            To::DeletedPartition(_) => {}
        }
    }
    partitions
}

fn of_place(place: Option<&Clustering>) -> usize {
    place.map_or(0, |place| place.values().iter().map(Bytes::len).sum())
}

fn of_change(change: &Change<'_>) -> usize {
    match change {
        Change::Set(_, cell) => CELL + cell.len(),
        Change::SetPart(_, path, cell) => CELL + path.len() + cell.len(),
        Change::DeleteParts(..) => 12,
        // A counter is told with the node that counts.
        Change::Add(..) => CELL + 34,
    }
}

/// Each once, in order.
fn names<'a>(tables: impl Iterator<Item = &'a Table>) -> Vec<String> {
    let mut names = tables.map(|table| format!("{}.{}", table.keyspace(), table.name())).collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names
}

fn of_tables(names: &[String]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("table{plural} [{}]", names.join(", "))
}
