//! Times that are given to writes: each later than the one before.

use crate::engine::clock::Now;
use std::cell::Cell;

/// 100 ns from 1582-10-15, where time-based UUIDs begin to count, to 1970.
const GREGORIAN: i64 = 0x01b2_1dd2_1381_4000;

/// 2010-01-01 in units of 100 ns since 1970. What is prepended to a list counts down from there.
const REFERENCE: i64 = 12_623_040_000_000_000;

/// The rest of a time-based UUID: variant, and a clock sequence and node like any other.
const NODE: [u8; 8] = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80];

/// The last moments that were given.
#[derive(Debug, Default, Clone)]
pub(super) struct Moments {
    /// Microseconds.
    timestamp: Cell<i64>,
    /// 100 ns.
    behind: Cell<i64>,
    /// 100 ns before the reference.
    before: Cell<i64>,
}

impl Moments {
    pub(super) fn timestamp(&self, now: Now) -> i64 {
        next(&self.timestamp, now.micros())
    }

    pub(super) fn place_behind(&self, now: Now) -> [u8; 16] {
        uuid(next(&self.behind, now.micros().saturating_mul(10)))
    }

    pub(super) fn place_before(&self, now: Now) -> [u8; 16] {
        let since = now.micros().saturating_mul(10).saturating_sub(REFERENCE);
        uuid(REFERENCE.saturating_sub(next(&self.before, since)))
    }
}

fn next(last: &Cell<i64>, now: i64) -> i64 {
    let next = now.max(last.get().saturating_add(1));
    last.set(next);
    next
}

/// A time-based UUID of that many 100 ns since 1970.
fn uuid(ticks: i64) -> [u8; 16] {
    let [high @ .., a, b, c, d] = ticks.saturating_add(GREGORIAN).to_be_bytes();
    let [e, f, g, h] = high;
    let [i, j, k, l, m, n, o, p] = NODE;
    [a, b, c, d, g, h, 0x10 | (e & 0x0f), f, i, j, k, l, m, n, o, p]
}
