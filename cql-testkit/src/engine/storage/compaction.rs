//! Compaction: what nobody can ask for any more is forgotten, by the rules of a server's.
//!
//! A deletion is kept for the table's `gc_grace_seconds`: until then a write that is older than it, and arrives later, must
//! not be seen. What a deletion covers, and the value of a cell whose time is over, are of no use to anyone.

use super::cell::{Deletion, Second};
use crate::engine::clock::Now;

/// One compaction of a table.
#[derive(Debug)]
pub(crate) struct Compaction {
    pub(super) now: Now,
    /// How long deletions are kept, in seconds.
    grace: i64,
    /// How much it left: partitions, rows and cells.
    kept: usize,
}

impl Compaction {
    /// What is deleted is kept for `grace` seconds.
    pub(crate) fn new(now: Now, grace: i32) -> Self {
        Compaction { now, grace: i64::from(grace), kept: 0 }
    }

    /// Whether what ended in that second needs to be remembered no longer.
    pub(super) fn forgets(&self, ended: Second) -> bool {
        ended.seconds() + self.grace < self.now.seconds()
    }

    pub(super) fn keeps(&self, deletion: Deletion) -> bool {
        !self.forgets(deletion.at)
    }

    pub(super) fn count(&mut self, kept: usize) {
        self.kept += kept;
    }

    pub(super) fn kept(&self) -> usize {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::super::clustering::{Edge, Order};
    use super::super::{Cell, Clustering, Key, Liveness, Partition, Store};
    use super::*;
    use crate::engine::schema::{Column, ColumnId, Kind};
    use bytes::Bytes;
    use cql_protocol::types::ColumnType;
    use uuid::Uuid;

    const TABLE: Uuid = Uuid::from_u128(1);
    const V: ColumnId = ColumnId(7);

    fn at(seconds: i64) -> Now {
        Now::from_micros(seconds * 1_000_000)
    }

    fn place() -> Clustering {
        Clustering::row([Bytes::from_static(b"a")], &order())
    }

    fn order() -> Order {
        [(ColumnType::Blob, false)].into()
    }

    fn delete_range(partition: &mut Partition, deletion: Deletion) {
        let edge = |edge| Clustering::edge([], edge, &order());
        partition.delete_range(edge(Edge::Before), edge(Edge::Behind), deletion);
    }

    /// Whether anything is left of a partition, when compacted at that second with a grace of ten.
    fn is_left(write: impl Fn(&mut Partition), second: i64) -> bool {
        let mut partition = Partition::default();
        write(&mut partition);
        partition.compact(&mut Compaction::new(at(second), 10))
    }

    #[test]
    fn a_deletion_is_kept_for_its_grace() {
        let set = Column {
            id: V,
            name: "v".into(),
            column_type: ColumnType::Set(Box::new(ColumnType::Blob)),
            is_multi_cell: true,
            kind: Kind::Regular,
        };
        let deletion = || Deletion::new(5, at(100));
        let tombstone = || Cell::tombstone(5, at(100));
        let writes: [&dyn Fn(&mut Partition); 7] = [
            &|partition| partition.delete(deletion()),
            &|partition| partition.delete_row(place(), deletion()),
            &|partition| delete_range(partition, deletion()),
            &|partition| partition.row_mut(None, 5).unwrap().set(V, tombstone()),
            &|partition| partition.row_mut(Some(place()), 5).unwrap().set(V, tombstone()),
            &|partition| partition.row_mut(Some(place()), 5).unwrap().delete_parts(V, deletion()),
            &|partition| partition.row_mut(Some(place()), 5).unwrap().set_part(&set, b"x", tombstone()),
        ];
        for (number, write) in writes.into_iter().enumerate() {
            assert!(is_left(write, 110), "deletion {number}");
            assert!(!is_left(write, 111), "deletion {number}");
        }
    }

    #[test]
    fn what_lives_is_kept_and_what_lived_until_it_had_been_forgotten_as_a_deletion() {
        let written = |ttl| {
            move |partition: &mut Partition| {
                let row = partition.row_mut(Some(place()), 5).unwrap();
                row.set(V, Cell::new(5, ttl, at(100), b"x"));
            }
        };
        assert!(is_left(written(0), 1_000_000));
        // A time to live that is shorter than the grace, and one that is longer.
        assert!(is_left(written(3), 110) && !is_left(written(3), 111));
        assert!(is_left(written(30), 129) && !is_left(written(30), 130));
        // That a row was inserted is kept for the grace after its time.
        let inserted = |ttl| {
            move |partition: &mut Partition| {
                partition.row_mut(Some(place()), 5).unwrap().insert(Liveness::new(5, ttl, at(100)));
            }
        };
        assert!(is_left(inserted(0), 1_000_000));
        assert!(is_left(inserted(3), 113) && !is_left(inserted(3), 114));
    }

    #[test]
    fn of_a_value_whose_time_is_over_no_bytes_are_kept_but_that_it_was() {
        let mut partition = Partition::default();
        let write = |partition: &mut Partition, cell: Cell| {
            partition.row_mut(Some(place()), cell.timestamp).unwrap().set(V, cell);
        };
        write(&mut partition, Cell::new(5, 3, at(100), b"x"));
        let compact = |partition: &mut Partition, second| {
            assert!(partition.compact(&mut Compaction::new(at(second), 10)));
        };
        compact(&mut partition, 102);
        let value = |partition: &Partition, second| {
            let cell = partition.row(&place())?.cell(V, at(second))?.clone();
            cell.live(at(second)).cloned()
        };
        assert_eq!(value(&partition, 102).unwrap(), "x");
        compact(&mut partition, 103);
        assert_eq!(value(&partition, 102).unwrap(), "", "its bytes are gone");
        // What it won over it still wins over.
        write(&mut partition, Cell::new(5, 0, at(100), b"y"));
        assert_eq!(value(&partition, 103), None);
        write(&mut partition, Cell::new(6, 0, at(100), b"z"));
        assert_eq!(value(&partition, 103).unwrap(), "z");
    }

    #[test]
    fn tables_hold_on_to_little_more_than_what_their_grace_asks_for() {
        let (mut store, mut most, mut compactions) = (Store::default(), 0, 0);
        for number in 0..200_000_u32 {
            let now = at(i64::from(number / 1000));
            store.fades(TABLE, (1, 0));
            let key = Key::new(Bytes::copy_from_slice(&number.to_be_bytes()));
            store.table_mut(TABLE).partition_mut(key).delete(Deletion::new(1, now));
            if let Some(due) = store.due() {
                store.compact(due, Compaction::new(now, 10));
                compactions += 1;
            }
            most = most.max(store.table(TABLE).map_or(0, |table| table.partitions().len()));
        }
        // Those of ten seconds, and as many as are left alone, or as were kept.
        assert!(most < 11_000 + 22_000, "{most} partitions");
        assert!((9..=14).contains(&compactions), "{compactions} compactions");
    }
}
