//! The rows of a partition in order: few in a vector, since most partitions have few and a tree begins large; many in a
//! tree.

use super::clustering::Clustering;
use super::row::Row;
use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;
use std::slice;

/// So many are few.
const FEW: usize = 24;

/// Rows by their place.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    Few(Vec<(Clustering, Row)>),
    Many(BTreeMap<Clustering, Row>),
}

/// Some rows, in order from both ends.
#[derive(Debug)]
pub(super) enum Iter<'a> {
    Few(slice::Iter<'a, (Clustering, Row)>),
    Many(btree_map::Range<'a, Clustering, Row>),
}

impl Default for Rows {
    fn default() -> Self {
        Rows::Few(Vec::new())
    }
}

impl Rows {
    /// Those between two bounds, which are in order.
    pub(super) fn range(&self, bounds: (Bound<&Clustering>, Bound<&Clustering>)) -> Iter<'_> {
        match self {
            Rows::Few(rows) => Iter::Few(rows.get(within(rows, bounds)).unwrap_or_default().iter()),
            Rows::Many(rows) => Iter::Many(rows.range::<Clustering, _>(bounds)),
        }
    }

    pub(super) fn all(&self) -> Iter<'_> {
        self.range((Bound::Unbounded, Bound::Unbounded))
    }

    pub(super) fn get(&self, place: &Clustering) -> Option<(&Clustering, &Row)> {
        match self {
            Rows::Few(rows) => {
                let at = rows.binary_search_by(|(other, _)| other.cmp(place)).ok()?;
                rows.get(at).map(|(place, row)| (place, row))
            }
            Rows::Many(rows) => rows.get_key_value(place),
        }
    }

    /// The row of that place, an empty one if there is none yet.
    pub(super) fn entry(&mut self, place: Clustering) -> &mut Row {
        if let Rows::Few(rows) = self
            && rows.len() == FEW
        {
            *self = Rows::Many(std::mem::take(rows).into_iter().collect());
        }
        match self {
            Rows::Few(rows) => {
                let at = match rows.binary_search_by(|(other, _)| other.cmp(&place)) {
                    Ok(at) => at,
                    Err(at) => {
                        if rows.is_empty() {
                            rows.reserve_exact(1);
                        }
                        rows.insert(at, (place, Row::default()));
                        at
                    }
                };
                &mut rows[at].1
            }
            Rows::Many(rows) => rows.entry(place).or_default(),
        }
    }

    /// Changes the rows between two places, and forgets those that are empty then.
    pub(super) fn change_range(
        &mut self,
        from: &Clustering,
        to: &Clustering,
        mut change: impl FnMut(&mut Row),
    ) {
        match self {
            Rows::Few(rows) => {
                rows.retain_mut(|(place, row)| {
                    if !(from..=to).contains(&&*place) {
                        return true;
                    }
                    change(row);
                    !row.is_empty()
                });
                give_back(rows);
            }
            Rows::Many(rows) => {
                let mut emptied = Vec::new();
                for (place, row) in rows.range_mut(from..=to) {
                    change(row);
                    if row.is_empty() {
                        emptied.push(place.clone());
                    }
                }
                emptied.iter().for_each(|place| drop(rows.remove(place)));
            }
        }
    }

    /// Changes all rows, and forgets those that are empty then.
    pub(super) fn change_all(&mut self, mut change: impl FnMut(&mut Row)) {
        let mut keeps = |row: &mut Row| {
            change(row);
            !row.is_empty()
        };
        match self {
            Rows::Few(rows) => {
                rows.retain_mut(|(_, row)| keeps(row));
                give_back(rows);
            }
            Rows::Many(rows) => rows.retain(|_, row| keeps(row)),
        }
    }
}

/// Gives back the room of rows when none is left: a partition that was deleted may never be written again.
fn give_back(rows: &mut Vec<(Clustering, Row)>) {
    if rows.is_empty() {
        *rows = Vec::new();
    }
}

/// Where rows between two bounds are.
fn within(
    rows: &[(Clustering, Row)],
    (from, to): (Bound<&Clustering>, Bound<&Clustering>),
) -> std::ops::Range<usize> {
    let start = match from {
        Bound::Unbounded => 0,
        Bound::Included(from) => rows.partition_point(|(place, _)| place < from),
        Bound::Excluded(from) => rows.partition_point(|(place, _)| place <= from),
    };
    let end = match to {
        Bound::Unbounded => rows.len(),
        Bound::Included(to) => rows.partition_point(|(place, _)| place <= to),
        Bound::Excluded(to) => rows.partition_point(|(place, _)| place < to),
    };
    start..end
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Clustering, &'a Row);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Few(rows) => rows.next().map(|(place, row)| (place, row)),
            Iter::Many(rows) => rows.next(),
        }
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Iter::Few(rows) => rows.next_back().map(|(place, row)| (place, row)),
            Iter::Many(rows) => rows.next_back(),
        }
    }
}
