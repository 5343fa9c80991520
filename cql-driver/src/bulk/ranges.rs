//! A ring cut into ranges that are read one by one.

use crate::routing::{Partitioner, Token};
use crate::topology::Topology;

/// Tokens after `start` up to `end`, which is in it; without one of them from the ring's beginning or to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: Option<Token>,
    pub(super) end: Option<Token>,
}

impl Range {
    const ALL: Range = Range { start: None, end: None };

    /// A token whose replicas are those of the range.
    pub(super) fn token(&self) -> Option<&Token> {
        self.end.as_ref().or(self.start.as_ref())
    }

    /// The condition on rows, and how many values it binds: the end first.
    pub(super) fn condition(&self, key: &str) -> String {
        match (&self.start, &self.end) {
            (None, None) => String::new(),
            (None, Some(_)) => format!(" WHERE token({key}) <= ?"),
            (Some(_), None) => format!(" WHERE token({key}) > ?"),
            (Some(_), Some(_)) => format!(" WHERE token({key}) > ? AND token({key}) <= ?"),
        }
    }

    /// Both halves, where there is something between its ends.
    fn halves(self) -> Vec<Range> {
        let middle = match (self.start.as_ref().map(number), self.end.as_ref().map(number)) {
            (Some(Some(start)), Some(Some(end))) if end - start >= 2 => start + (end - start) / 2,
            _ => return vec![self],
        };
        let partitioner = self.end.as_ref().map(Token::partitioner);
        let Some(middle) = partitioner.and_then(|partitioner| token_at(partitioner, middle)) else {
            return vec![self];
        };
        vec![
            Range { start: self.start, end: Some(middle.clone()) },
            Range { start: Some(middle), end: self.end },
        ]
    }
}

/// The ranges of all tokens, each with one set of replicas, and at least `count` of them where tokens are numbers.
pub(super) fn of_ring(topology: &Topology, count: usize) -> Vec<Range> {
    let tokens: Vec<Token> = topology.ring().iter().map(|(token, _)| token).collect();
    let Some(partitioner) = topology.partitioner().filter(|_| !tokens.is_empty()) else {
        return vec![Range::ALL];
    };
    // The owner of the first token has what comes after the last one as well. Both ends of the ring are known where
    // tokens are numbers, which lets those ranges be cut, too.
    let (least, greatest) = ends(partitioner);
    let starts = least.into_iter().map(Some).chain(tokens.iter().cloned().map(Some));
    let ends = tokens.iter().cloned().map(Some).chain([greatest]);
    let starts: Vec<Option<Token>> = match partitioner {
        Partitioner::Murmur3 | Partitioner::Random => starts.collect(),
        _ => std::iter::once(None).chain(starts).collect(),
    };
    let ranges = starts.into_iter().zip(ends).map(|(start, end)| Range { start, end });
    // A ring whose last token is the greatest has nothing behind it.
    let mut ranges: Vec<Range> =
        ranges.filter(|range| range.start.is_none() || range.start != range.end).collect();
    while ranges.len() < count {
        let before = ranges.len();
        ranges = ranges.into_iter().flat_map(Range::halves).collect();
        if ranges.len() == before {
            break;
        }
    }
    ranges
}

/// Just before the least token, and the greatest.
fn ends(partitioner: Partitioner) -> (Option<Token>, Option<Token>) {
    match partitioner {
        // No partition has the least number as its token: the server moves it to the greatest.
        Partitioner::Murmur3 => (Some(Token::murmur3(i64::MIN)), Some(Token::murmur3(i64::MAX))),
        // Its least token is 0, which no key has.
        Partitioner::Random => (Some(Token::random(0)), Some(Token::random(1 << 127))),
        _ => (None, None),
    }
}

/// A token as a number that keeps the order; of those partitioners whose tokens are numbers.
fn number(token: &Token) -> Option<i128> {
    match token.as_murmur3() {
        Some(number) => Some(number.into()),
        None => token.as_random().map(|number| i128::try_from(number >> 1).unwrap_or(i128::MAX)),
    }
}

fn token_at(partitioner: Partitioner, number: i128) -> Option<Token> {
    match partitioner {
        Partitioner::Murmur3 => i64::try_from(number).ok().map(Token::murmur3),
        Partitioner::Random => u128::try_from(number).ok().map(|number| Token::random(number << 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Node;
    use std::sync::Arc;
    use uuid::Uuid;

    fn topology(partitioner: Partitioner, tokens: Vec<Token>) -> Topology {
        let node = Node::builder(Uuid::nil(), ([127, 0, 0, 1], 9042).into()).tokens(tokens).build();
        Topology::builder().partitioner(partitioner).node(Arc::new(node)).build()
    }

    /// How many of the ranges a token is in.
    fn found_in(ranges: &[Range], token: &Token) -> usize {
        let after = |range: &Range| range.start.as_ref().is_none_or(|start| token > start);
        let before = |range: &Range| range.end.as_ref().is_none_or(|end| token <= end);
        ranges.iter().filter(|range| after(range) && before(range)).count()
    }

    #[test]
    fn every_token_is_in_one_range() {
        let murmur3: Vec<Token> = [i64::MIN + 1, -5, 0, 17, i64::MAX - 1].map(Token::murmur3).into();
        let random: Vec<Token> = [1, 17, 1 << 100, (1 << 127) - 1].map(Token::random).into();
        let ordered: Vec<Token> = [&b"a"[..], b"m", b"zz"].map(Token::byte_ordered).into();
        for (partitioner, own, probes) in [
            (Partitioner::Murmur3, vec![Token::murmur3(3)], murmur3.clone()),
            (Partitioner::Murmur3, murmur3.clone(), murmur3.clone()),
            (Partitioner::Murmur3, vec![Token::murmur3(i64::MAX)], murmur3),
            (Partitioner::Random, random.clone(), random),
            (Partitioner::ByteOrdered, ordered.clone(), ordered),
        ] {
            for count in [1, 7, 64, 1000] {
                let ranges = of_ring(&topology(partitioner, own.clone()), count);
                for probe in own.iter().chain(&probes) {
                    assert_eq!(found_in(&ranges, probe), 1, "{probe:?} of {count} ranges");
                }
                let numbers = partitioner != Partitioner::ByteOrdered;
                assert!(!numbers || ranges.len() >= count, "{} of {count}", ranges.len());
            }
        }
        assert_eq!(
            found_in(
                &of_ring(&topology(Partitioner::ByteOrdered, vec![Token::byte_ordered(*b"b")]), 4),
                &Token::byte_ordered(*b"")
            ),
            1
        );
    }

    #[test]
    fn ranges_do_not_cross_a_token_of_the_ring() {
        let own: Vec<Token> = (-10..10).map(|n| Token::murmur3(n * (i64::MAX / 11))).collect();
        for range in of_ring(&topology(Partitioner::Murmur3, own.clone()), 300) {
            let (start, end) = (range.start.unwrap(), range.end.unwrap());
            assert!(own.iter().all(|token| !(*token > start && *token < end)), "{start} {end}");
        }
    }
}
