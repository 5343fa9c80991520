//! `timeuuid`s: made from a time, the bounds of a time, and the time of one.
//!
//! This crate knows no clock and no network card: time, clock sequence and node are arguments.

use super::temporal::CqlTimestamp;
use std::time::Duration;
use uuid::Uuid;

/// Steps of 100 ns from 1582-10-15, where UUIDs of version 1 begin, to 1970-01-01.
const TICKS_TO_EPOCH: i64 = 0x01B2_1DD2_1381_4000;
const TICKS_PER_MILLISECOND: i64 = 10_000;
/// A version 1 UUID has 60 bits of time: it ends in the year 5236.
const TICK_BITS: u32 = 60;

/// The smallest and the largest clock sequence and node, in the signed order by which the server compares them.
const MIN_TAIL: u64 = 0x8080_8080_8080_8080;
const MAX_TAIL: u64 = 0x7F7F_7F7F_7F7F_7F7F;

/// A version 1 UUID for the time `since_epoch` after 1970-01-01T00:00:00Z, with a precision of 100 ns.
///
/// `clock_sequence` (14 bits of it are used) and `node` tell makers apart. Without a hardware address `node` is
/// random, with the lowest bit of its first byte set (RFC 4122 §4.5). One maker must not use a time twice.
///
/// `None` for times after the year 5236.
///
/// ```
/// use cql_protocol::value::{CqlTimestamp, time_uuid};
/// use std::time::Duration;
///
/// let id = time_uuid::new(Duration::from_millis(1_577_934_245_678), 7, [1, 2, 3, 4, 5, 6]).unwrap();
/// assert_eq!(time_uuid::timestamp_of(&id), Some(CqlTimestamp(1_577_934_245_678)));
/// ```
#[must_use]
pub fn new(since_epoch: Duration, clock_sequence: u16, node: [u8; 6]) -> Option<Uuid> {
    let ticks = i64::try_from(since_epoch.as_nanos() / 100).ok()?;
    let [a, b, c, d, e, f] = node;
    let [high, low] = (clock_sequence & 0x3FFF | 0x8000).to_be_bytes();
    assemble(ticks.checked_add(TICKS_TO_EPOCH)?, u64::from_be_bytes([high, low, a, b, c, d, e, f]))
}

/// The smallest `timeuuid` of that millisecond: CQL's `minTimeuuid`. Its node is no one's: a bound, not an id.
///
/// `None` for times before 1582-10-15 or after the year 5236.
#[must_use]
pub fn min_for(timestamp: CqlTimestamp) -> Option<Uuid> {
    assemble(first_tick(timestamp)?, MIN_TAIL)
}

/// The largest `timeuuid` of that millisecond: CQL's `maxTimeuuid`. Its node is no one's: a bound, not an id.
///
/// `None` for times before 1582-10-15 or after the year 5236.
#[must_use]
pub fn max_for(timestamp: CqlTimestamp) -> Option<Uuid> {
    assemble(first_tick(timestamp)?.checked_add(TICKS_PER_MILLISECOND - 1)?, MAX_TAIL)
}

/// The millisecond a version 1 UUID was made in; `None` for other versions.
#[must_use]
pub fn timestamp_of(uuid: &Uuid) -> Option<CqlTimestamp> {
    let ticks = ticks_of(uuid)?.checked_sub(TICKS_TO_EPOCH)?;
    Some(CqlTimestamp(ticks.div_euclid(TICKS_PER_MILLISECOND)))
}

/// The time of a version 1 UUID in steps of 100 ns since 1970-01-01, which may be negative; `None` for other versions.
#[must_use]
pub fn unix_ticks_of(uuid: &Uuid) -> Option<i64> {
    ticks_of(uuid)?.checked_sub(TICKS_TO_EPOCH)
}

fn first_tick(timestamp: CqlTimestamp) -> Option<i64> {
    timestamp.0.checked_mul(TICKS_PER_MILLISECOND)?.checked_add(TICKS_TO_EPOCH)
}

fn assemble(ticks: i64, tail: u64) -> Option<Uuid> {
    let ticks = u64::try_from(ticks).ok().filter(|ticks| ticks >> TICK_BITS == 0)?;
    // time_low, time_mid, version and time_high (RFC 4122 §4.1.2).
    let head = ticks << 32 | (ticks >> 16 & 0xFFFF_0000) | 0x1000 | ticks >> 48;
    Some(Uuid::from_u64_pair(head, tail))
}

fn ticks_of(uuid: &Uuid) -> Option<i64> {
    // The variant is not asked: that of `max_for` is another one.
    if uuid.get_version_num() != 1 {
        return None;
    }
    let (head, _) = uuid.as_u64_pair();
    i64::try_from((head & 0xFFF) << 48 | (head & 0xFFFF_0000) << 16 | head >> 32).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{Variant, uuid};

    #[test]
    fn bounds_span_the_millisecond() {
        let timestamp: CqlTimestamp = "2013-01-01T00:05Z".parse().unwrap();
        assert_eq!(min_for(timestamp), Some(uuid!("e23f1e00-53a6-11e2-8080-808080808080")));
        assert_eq!(max_for(timestamp), Some(uuid!("e23f450f-53a6-11e2-7f7f-7f7f7f7f7f7f")));
        for bound in [min_for(timestamp), max_for(timestamp)] {
            assert_eq!(bound.as_ref().and_then(timestamp_of), Some(timestamp));
        }
    }

    #[test]
    fn times_before_the_epoch_and_out_of_range() {
        let before = CqlTimestamp(-1);
        assert_eq!(min_for(before).as_ref().and_then(timestamp_of), Some(before));
        assert_eq!(max_for(before).as_ref().and_then(timestamp_of), Some(before));
        for outside in [i64::MIN, -12_219_292_800_001, 103_072_857_660_685, i64::MAX] {
            assert_eq!(min_for(CqlTimestamp(outside)), None);
        }
        assert!(min_for(CqlTimestamp(-12_219_292_800_000)).is_some());
        assert_eq!(new(Duration::MAX, 0, [0; 6]), None);
    }

    #[test]
    fn made_ids_are_version_1_and_keep_100_ns() {
        let id = new(Duration::from_nanos(1_577_934_245_678_901_234), 0xFFFF, [1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!((id.get_version_num(), id.get_variant()), (1, Variant::RFC4122));
        assert_eq!(unix_ticks_of(&id), Some(15_779_342_456_789_012));
        assert_eq!(id.get_node_id(), Some([1, 2, 3, 4, 5, 6]));
        assert_eq!(timestamp_of(&uuid!("6ba7b810-9dad-41d1-80b4-00c04fd430c8")), None);
    }
}
