//! Write timestamps: microseconds, never the same twice in one session.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

/// The clock of a session's writes. When the system's clock stands still or steps back, it goes on by one microsecond
/// at a time, so that of two writes of one session the later one wins.
#[derive(Debug, Default)]
pub(crate) struct Timestamps {
    last: AtomicI64,
}

impl Timestamps {
    pub(crate) fn next(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        self.after(i64::try_from(now).unwrap_or(i64::MAX))
    }

    fn after(&self, now: i64) -> i64 {
        let mut last = self.last.load(Relaxed);
        loop {
            let next = now.max(last.saturating_add(1));
            match self.last.compare_exchange_weak(last, next, Relaxed, Relaxed) {
                Ok(_) => return next,
                Err(seen) => last = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn a_clock_that_stands_still_or_goes_back_gives_rising_timestamps() {
        let timestamps = Timestamps::default();
        assert_eq!([timestamps.after(100), timestamps.after(100), timestamps.after(100)], [100, 101, 102]);
        assert_eq!(timestamps.after(50), 103);
        assert_eq!(timestamps.after(200), 200);
    }

    #[test]
    fn threads_never_get_the_same_timestamp() {
        let timestamps = Timestamps::default();
        let all: Vec<i64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..10_000).map(|_| timestamps.next()).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 40_000);
    }
}
