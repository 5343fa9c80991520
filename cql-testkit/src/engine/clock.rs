//! The time that statements see: tokio's clock, so that a test that pauses it can let years pass.

use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Now {
    micros: i64,
    seconds: i64,
}

impl Now {
    pub(crate) const fn from_micros(micros: i64) -> Self {
        Now { micros, seconds: micros.div_euclid(1_000_000) }
    }

    /// The same moment, but for how long things live, which is said by seconds.
    pub(crate) fn at_second(self, seconds: i64) -> Self {
        Now { seconds, ..self }
    }

    /// Microseconds since the epoch.
    pub(crate) fn micros(self) -> i64 {
        self.micros
    }

    /// Seconds since the epoch.
    pub(crate) fn seconds(self) -> i64 {
        self.seconds
    }
}

/// Begins with the system's time and goes on with tokio's.
#[derive(Debug)]
pub(crate) struct Clock {
    began: Instant,
    micros: i64,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { began: Instant::now(), micros: i64::try_from(since.as_micros()).unwrap_or(i64::MAX) }
    }

    pub(crate) fn now(&self) -> Now {
        let passed = i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX);
        Now::from_micros(self.micros.saturating_add(passed))
    }
}
