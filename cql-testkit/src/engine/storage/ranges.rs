//! Deletions of ranges of rows: of each place the newest, so that ranges are beside one another and one is found in time.

use super::cell::Deletion;
use super::clustering::Clustering;
use super::compaction::Compaction;
use std::collections::BTreeMap;

/// By their first edge: their last edge and deletion. Edges are no rows, so that two ranges may share one.
#[derive(Debug, Default, Clone)]
pub(super) struct Ranges(BTreeMap<Clustering, (Clustering, Deletion)>);

impl Ranges {
    /// Whether what is written there with that timestamp is deleted.
    pub(super) fn cover(&self, place: &Clustering, timestamp: i64) -> bool {
        let before = self.0.range(..place).next_back();
        before.is_some_and(|(_, (to, deletion))| place < to && deletion.covers(timestamp))
    }

    /// Adds a deletion. Those that it meets and that are newer stay as they are; of others what is beside it is left.
    pub(super) fn add(&mut self, from: Clustering, to: Clustering, deletion: Deletion) {
        let met = self.0.range(..&to).rev().take_while(|(_, (end, _))| *end > from);
        let mut met: Vec<Clustering> = met.map(|(start, _)| start.clone()).collect();
        met.reverse();
        let mut pieces = Pieces(Vec::new());
        let mut at = from.clone();
        for start in met {
            let Some((end, old)) = self.0.remove(&start) else { continue };
            let (within_from, within_to) = ((&start).max(&from).clone(), (&end).min(&to).clone());
            pieces.push(start, from.clone(), old);
            pieces.push(at, within_from.clone(), deletion);
            pieces.push(within_from, within_to.clone(), old.max(deletion));
            pieces.push(to.clone(), end, old);
            at = within_to;
        }
        pieces.push(at, to, deletion);
        self.0.extend(pieces.0.into_iter().map(|(from, to, deletion)| (from, (to, deletion))));
    }

    /// Forgets those that a deletion of everything makes needless.
    pub(super) fn forget(&mut self, deletion: Deletion) {
        self.0.retain(|_, (_, own)| *own > deletion);
    }

    /// Forgets those that are of no use any more.
    pub(super) fn compact(&mut self, compaction: &mut Compaction) {
        self.0.retain(|_, (_, own)| compaction.keeps(*own));
        compaction.count(self.0.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(super) fn deletions(&self) -> impl Iterator<Item = Deletion> {
        self.0.values().map(|(_, deletion)| *deletion)
    }
}

/// Ranges in order, beside one another: those of the same deletion that touch are one.
struct Pieces(Vec<(Clustering, Clustering, Deletion)>);

impl Pieces {
    fn push(&mut self, from: Clustering, to: Clustering, deletion: Deletion) {
        if from >= to {
            return;
        }
        match self.0.last_mut() {
            Some((_, end, last)) if *end == from && *last == deletion => *end = to,
            _ => self.0.push((from, to, deletion)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clustering::{Edge, Order};
    use super::*;
    use crate::engine::clock::Now;
    use bytes::Bytes;
    use cql_protocol::types::ColumnType;

    fn order() -> Order {
        [(ColumnType::TinyInt, false)].into()
    }

    fn edge(number: usize) -> Clustering {
        let edge = if number.is_multiple_of(2) { Edge::Before } else { Edge::Behind };
        Clustering::edge([value(number / 2)], edge, &order())
    }

    fn value(number: usize) -> Bytes {
        vec![u8::try_from(number).unwrap()].into()
    }

    /// Against a list of all that was added, in which everything is looked for.
    #[test]
    fn of_each_place_the_newest_deletion_is_known() {
        let mut random = crate::Random::new(7);
        for _ in 0..500 {
            let (mut ranges, mut all) = (Ranges::default(), Vec::new());
            for _ in 0..random.below(12) {
                let from = random.below(20);
                let to = from + 1 + random.below(20);
                let deletion = Deletion::new(i64::try_from(random.below(5)).unwrap(), Now::from_micros(0));
                ranges.add(edge(from), edge(to), deletion);
                all.push((edge(from), edge(to), deletion));
            }
            for place in (0..20).map(|at| Clustering::row([value(at)], &order())) {
                for timestamp in 0..5 {
                    let covers = |(from, to, deletion): &(Clustering, Clustering, Deletion)| {
                        *from <= place && place <= *to && deletion.covers(timestamp)
                    };
                    assert_eq!(ranges.cover(&place, timestamp), all.iter().any(covers), "{all:?}");
                }
            }
            assert!(ranges.0.len() <= 2 * all.len());
        }
    }
}
