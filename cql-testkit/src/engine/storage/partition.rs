//! A partition: rows in order, static columns, and what was deleted of them.

use super::cell::Deletion;
use super::clustering::Clustering;
use super::compaction::Compaction;
use super::ranges::Ranges;
use super::row::Row;
use super::rows::Rows;
use crate::engine::schema::ColumnId;
use std::ops::Bound;

/// A partition.
#[derive(Debug, Default, Clone)]
pub(crate) struct Partition {
    rows: Rows,
    /// In a box since few partitions have any of it, and there may be a million.
    rare: Option<Box<Rare>>,
}

/// What is in a partition beside its rows.
#[derive(Debug, Default, Clone)]
struct Rare {
    deletion: Option<Deletion>,
    statics: Row,
    ranges: Ranges,
}

static NO_STATICS: Row = Row::new();

impl Partition {
    pub(crate) fn statics(&self) -> &Row {
        self.rare.as_ref().map_or(&NO_STATICS, |rare| &rare.statics)
    }

    /// Rows between two bounds, in order; those that are not live among them. The bounds must be in order too.
    pub(crate) fn rows(
        &self,
        bounds: (Bound<&Clustering>, Bound<&Clustering>),
    ) -> impl DoubleEndedIterator<Item = (&Clustering, &Row)> {
        self.rows.range(bounds)
    }

    /// All rows, in order.
    pub(crate) fn all_rows(&self) -> impl DoubleEndedIterator<Item = (&Clustering, &Row)> {
        self.rows.all()
    }

    pub(crate) fn row(&self, clustering: &Clustering) -> Option<&Row> {
        self.rows.get(clustering).map(|(_, row)| row)
    }

    /// The row, and its place as it is kept.
    pub(crate) fn row_at(&self, clustering: &Clustering) -> Option<(&Clustering, &Row)> {
        self.rows.get(clustering)
    }

    /// The row to write to with that timestamp, or the static columns without a place; `None` when something deletes what
    /// is written then. What is kept must not hold on to a request: the place is a detached one.
    pub(crate) fn row_mut(&mut self, place: Option<Clustering>, timestamp: i64) -> Option<&mut Row> {
        let covers = |deletion: Option<Deletion>| deletion.is_some_and(|it| it.covers(timestamp));
        if covers(self.deletion()) {
            return None;
        }
        let Some(clustering) = place else { return Some(&mut self.rare.get_or_insert_default().statics) };
        if self.rare.as_ref().is_some_and(|rare| rare.ranges.cover(&clustering, timestamp)) {
            return None;
        }
        Some(self.rows.entry(clustering)).filter(|row| !covers(row.deletion()))
    }

    pub(crate) fn delete_row(&mut self, clustering: Clustering, deletion: Deletion) {
        if let Some(row) = self.row_mut(Some(clustering), deletion.timestamp) {
            row.delete(deletion);
        }
    }

    /// Deletes all rows between two edges.
    pub(crate) fn delete_range(&mut self, from: Clustering, to: Clustering, deletion: Deletion) {
        if from >= to || self.deletion().is_some_and(|own| own >= deletion) {
            return;
        }
        self.rows.change_range(&from, &to, |row| row.remove(deletion));
        self.rare.get_or_insert_default().ranges.add(from, to, deletion);
    }

    /// Deletes everything, static columns too.
    pub(crate) fn delete(&mut self, deletion: Deletion) {
        if self.deletion().is_some_and(|own| own >= deletion) {
            return;
        }
        let rare = self.rare.get_or_insert_default();
        rare.deletion = Some(deletion);
        rare.ranges.forget(deletion);
        rare.statics.remove(deletion);
        self.rows.change_all(|row| row.remove(deletion));
    }

    /// Forgets what is of no use any more, and says whether anything is left.
    pub(super) fn compact(&mut self, compaction: &mut Compaction) -> bool {
        if let Some(rare) = &mut self.rare {
            rare.deletion = rare.deletion.filter(|deletion| compaction.keeps(*deletion));
            rare.statics.compact(compaction);
            rare.ranges.compact(compaction);
        }
        self.rare
            .take_if(|rare| rare.deletion.is_none() && rare.statics.is_empty() && rare.ranges.is_empty());
        self.rows.change_all(|row| row.compact(compaction));
        let is_left = self.rare.is_some() || self.rows.all().next().is_some();
        compaction.count(usize::from(is_left));
        is_left
    }

    fn deletion(&self) -> Option<Deletion> {
        self.rare.as_ref()?.deletion
    }

    /// The deletions of ranges that are kept.
    #[cfg(test)]
    pub(super) fn deleted_ranges(&self) -> impl Iterator<Item = Deletion> {
        self.rare.iter().flat_map(|rare| rare.ranges.deletions())
    }

    pub(super) fn drop_column(&mut self, column: ColumnId, until: i64) {
        if let Some(rare) = &mut self.rare {
            rare.statics.drop_column(column, until);
        }
        self.rows.change_all(|row| row.drop_column(column, until));
    }
}
