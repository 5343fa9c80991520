//! Write timestamps: microseconds, never the same twice in one session.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives writes their timestamps, by which the later of two writes of a cell is told.
pub trait TimestampGenerator: fmt::Debug + Send + Sync + 'static {
    /// Microseconds since the epoch for the next write; `None` leaves it to the server.
    fn next_timestamp(&self) -> Option<i64>;
}

/// Leaves timestamps to the servers, whose clocks differ: of two writes of one session the earlier one may win.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has no state, now or later")]
pub struct ServerTimestamps;

impl TimestampGenerator for ServerTimestamps {
    fn next_timestamp(&self) -> Option<i64> {
        None
    }
}

/// The clock of a session's writes, and the default. When the system's clock stands still or steps back, it goes on by
/// one microsecond at a time, so that of two writes of one session the later one wins.
///
/// When it is more than a second ahead of the system's clock, it warns, every ten seconds at most.
#[derive(Debug, Default)]
pub struct MonotonicTimestamps {
    last: AtomicI64,
    warned: AtomicI64,
}

/// Microseconds that it may be ahead unmentioned.
const DRIFT: i64 = 1_000_000;
const WARN_EVERY: i64 = 10_000_000;

impl MonotonicTimestamps {
    pub(crate) fn next(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        self.after(i64::try_from(now).unwrap_or(i64::MAX))
    }

    fn after(&self, now: i64) -> i64 {
        let mut last = self.last.load(Relaxed);
        loop {
            let next = now.max(last.saturating_add(1));
            match self.last.compare_exchange_weak(last, next, Relaxed, Relaxed) {
                Ok(_) => {
                    if next - now > DRIFT && self.is_due(next) {
                        tracing::warn!(
                            ahead_us = next - now,
                            "write timestamps run ahead of the system's clock, which stepped back"
                        );
                    }
                    return next;
                }
                Err(seen) => last = seen,
            }
        }
    }

    /// Whether a warning is due, by this clock, which never goes back; one caller is told so.
    #[cold]
    fn is_due(&self, at: i64) -> bool {
        let warned = self.warned.load(Relaxed);
        (warned == 0 || at - warned >= WARN_EVERY)
            && self.warned.compare_exchange(warned, at, Relaxed, Relaxed).is_ok()
    }
}

impl TimestampGenerator for MonotonicTimestamps {
    fn next_timestamp(&self) -> Option<i64> {
        Some(self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn p10_a_clock_that_stands_still_or_goes_back_gives_rising_timestamps() {
        let timestamps = MonotonicTimestamps::default();
        assert_eq!([timestamps.after(100), timestamps.after(100), timestamps.after(100)], [100, 101, 102]);
        assert_eq!(timestamps.after(50), 103);
        assert_eq!(timestamps.after(200), 200);
    }

    #[test]
    fn p10_a_clock_far_behind_is_told_of_once_in_a_while() {
        let timestamps = MonotonicTimestamps::default();
        timestamps.after(20_000_000);
        assert_eq!(timestamps.warned.load(Relaxed), 0);
        timestamps.after(18_000_000);
        assert_eq!(timestamps.warned.load(Relaxed), 20_000_001);
        timestamps.after(18_000_000);
        assert_eq!(timestamps.warned.load(Relaxed), 20_000_001, "not again at once");
        timestamps.after(40_000_000);
        assert_eq!(timestamps.warned.load(Relaxed), 20_000_001, "there is nothing to tell");
        timestamps.after(30_000_000);
        assert_eq!(timestamps.warned.load(Relaxed), 40_000_001);
    }

    #[test]
    fn p10_threads_never_get_the_same_timestamp() {
        let timestamps = MonotonicTimestamps::default();
        let all: Vec<i64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..25_000).map(|_| timestamps.next()).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 100_000);
    }
}
