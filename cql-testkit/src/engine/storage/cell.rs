//! A value with its time, and which of two wins.

use super::compaction::Compaction;
use crate::engine::clock::Now;
use bytes::Bytes;
use std::cmp::Reverse;
use std::num::NonZeroU32;

/// When what never dies does.
const NEVER: Second = Second(NonZeroU32::MAX);

/// A second since the epoch, in as many bytes as the server has for it: there is one in every cell. It is kept as the number
/// of the second, counted from one, so that nothing takes no room of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Second(NonZeroU32);

impl Second {
    /// That many, or the nearest one to it before [`NEVER`].
    fn new(seconds: i64) -> Self {
        let seconds = u32::try_from(seconds.max(0)).unwrap_or(u32::MAX).min(u32::MAX - 2);
        Second(NonZeroU32::MIN.saturating_add(seconds))
    }

    pub(super) fn seconds(self) -> i64 {
        i64::from(self.0.get()) - 1
    }

    fn is_after(self, now: Now) -> bool {
        self == NEVER || now.seconds() < self.seconds()
    }
}

/// A value of a column or of a part of one, with the time it was written; or that it was deleted then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Microseconds.
    pub(crate) timestamp: i64,
    /// Seconds; 0 for none.
    pub(crate) ttl: i32,
    /// When its time is over, or it was deleted.
    dies_at: Second,
    /// `None` for what was deleted. Null is that too.
    value: Option<Bytes>,
}

impl Cell {
    /// A value that lives for `ttl` seconds from now on, or for ever with 0.
    pub(crate) fn new(timestamp: i64, ttl: i32, now: Now, value: &[u8]) -> Self {
        // A copy: the bytes of a request are not held on to.
        Cell { timestamp, ttl, dies_at: dies_at(ttl, now), value: Some(Bytes::copy_from_slice(value)) }
    }

    pub(crate) fn tombstone(timestamp: i64, now: Now) -> Self {
        Cell { timestamp, ttl: 0, dies_at: Second::new(now.seconds()), value: None }
    }

    /// How long its value is.
    pub(crate) fn len(&self) -> usize {
        self.value.as_ref().map_or(0, Bytes::len)
    }

    /// Whether it says that there is no value.
    pub(crate) fn is_deletion(&self) -> bool {
        self.value.is_none()
    }

    /// Whether it will be of no use some time, as a deletion is at once.
    pub(crate) fn ends(&self) -> bool {
        self.dies_at != NEVER
    }

    /// The value, unless it is deleted or its time is over.
    pub(crate) fn live(&self, now: Now) -> Option<&Bytes> {
        self.value.as_ref().filter(|_| self.dies_at.is_after(now))
    }

    /// Seconds it has left, if it does not live for ever.
    pub(crate) fn seconds_left(&self, now: Now) -> Option<i32> {
        (self.ttl > 0).then(|| i32::try_from(self.dies_at.seconds() - now.seconds()).unwrap_or(i32::MAX))
    }

    /// Whether it replaces the other. Of equal times what ends wins, of these deletions, then what ends later, then what
    /// had less time to live, then the greater bytes (`Cells.reconcile` of the server).
    pub(crate) fn wins_over(&self, other: &Cell) -> bool {
        let rank = |cell: &Cell| {
            (cell.timestamp, cell.ends(), cell.value.is_none(), cell.dies_at, Reverse(cell.ttl))
        };
        let bytes = |cell: &Cell| cell.value.clone().unwrap_or_default();
        rank(self).cmp(&rank(other)).then_with(|| bytes(self).cmp(&bytes(other))).is_gt()
    }

    /// Adds to a counter: what is there, if anything, and `delta`. A counter that was deleted stays so.
    pub(crate) fn add(&mut self, timestamp: i64, delta: i64) {
        if let Some(value) = &self.value {
            let sum = value.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes)).wrapping_add(delta);
            self.value = Some(Bytes::copy_from_slice(&sum.to_be_bytes()));
            self.timestamp = self.timestamp.max(timestamp);
        }
    }

    /// Whether it is kept. When its time is over, its value is not: that it had one, and until when, is all that may matter. The
    /// cell is forgotten as if it had been deleted when it was written (`AbstractCell.purge` of the server).
    pub(super) fn compact(&mut self, compaction: &Compaction) -> bool {
        if self.dies_at.is_after(compaction.now) {
            return true;
        }
        if let Some(value) = &mut self.value {
            *value = Bytes::new();
        }
        !compaction.forgets(Second::new(self.dies_at.seconds() - i64::from(self.ttl)))
    }
}

/// A deletion of everything within something: all that is not newer is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deletion {
    /// Microseconds.
    pub(crate) timestamp: i64,
    /// When it was made.
    pub(super) at: Second,
}

impl Deletion {
    pub(crate) fn new(timestamp: i64, now: Now) -> Self {
        Deletion { timestamp, at: Second::new(now.seconds()) }
    }

    pub(crate) fn covers(self, timestamp: i64) -> bool {
        timestamp <= self.timestamp
    }
}

/// That a row was inserted: it is there also when all its columns are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Liveness {
    pub(crate) timestamp: i64,
    dies_at: Second,
}

impl Liveness {
    pub(crate) fn new(timestamp: i64, ttl: i32, now: Now) -> Self {
        Liveness { timestamp, dies_at: dies_at(ttl, now) }
    }

    /// Whether it has a time to live.
    pub(crate) fn ends(self) -> bool {
        self.dies_at != NEVER
    }

    pub(crate) fn is_live(self, now: Now) -> bool {
        self.dies_at.is_after(now)
    }

    /// Whether it replaces the other (`LivenessInfo.supersedes` of the server).
    pub(crate) fn wins_over(self, other: Liveness) -> bool {
        let rank = |it: Liveness| (it.timestamp, it.ends(), it.dies_at);
        rank(self) > rank(other)
    }

    pub(super) fn is_kept(self, compaction: &Compaction) -> bool {
        self.is_live(compaction.now) || !compaction.forgets(self.dies_at)
    }
}

fn dies_at(ttl: i32, now: Now) -> Second {
    if ttl > 0 { Second::new(now.seconds() + i64::from(ttl)) } else { NEVER }
}
