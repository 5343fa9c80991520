//! When a request that takes long is sent to another node as well.

use crate::metrics::{BUCKETS, bucket_of, micros, upper_bound};
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

/// Decides when an idempotent request that has no answer yet is sent to another node as well. The first answer wins.
///
/// Statements that are not marked as idempotent are never sent twice.
pub trait SpeculativeExecutionPolicy: fmt::Debug + Send + Sync + 'static {
    /// How long to wait for an answer after so many executions were begun, from 1, before the next is; `None`: no more.
    fn delay(&self, executions: u32) -> Option<Duration>;

    /// Takes note of how long a request took until its answer came.
    fn record(&self, latency: Duration) {
        let _ = latency;
    }
}

/// Begins another execution after a fixed time, up to a number of them.
#[derive(Debug, Clone, Copy)]
pub struct ConstantSpeculation {
    delay: Duration,
    further: u32,
}

impl ConstantSpeculation {
    /// At most `further` executions beside the first, `delay` apart.
    #[must_use]
    pub fn new(delay: Duration, further: u32) -> Self {
        ConstantSpeculation { delay, further }
    }
}

impl SpeculativeExecutionPolicy for ConstantSpeculation {
    fn delay(&self, executions: u32) -> Option<Duration> {
        (executions <= self.further).then_some(self.delay)
    }
}

/// Begins another execution when a request takes longer than most have lately.
///
/// Latencies are counted in buckets 1/8 apart, and old ones count for less and less. Until 100 have been seen there is
/// no further execution.
pub struct PercentileSpeculation {
    percentile: f64,
    further: u32,
    buckets: Box<[AtomicU32]>,
    count: AtomicU32,
}

const FEWEST: u32 = 100;
/// When so many are counted, all counts are halved.
const MOST: u32 = 10_000;
impl PercentileSpeculation {
    /// At most `further` executions beside the first, each after the time that `percentile` percent of requests need.
    /// The percentile is kept within 1 to 99.9.
    #[must_use]
    pub fn new(percentile: f64, further: u32) -> Self {
        let buckets = (0..BUCKETS).map(|_| AtomicU32::new(0)).collect();
        let percentile = if percentile.is_nan() { 99.0 } else { percentile.clamp(1.0, 99.9) };
        PercentileSpeculation { percentile, further, buckets, count: AtomicU32::new(0) }
    }

    /// The time that `percentile` percent need, if enough have been seen.
    fn at_percentile(&self) -> Option<Duration> {
        let count = self.count.load(Relaxed);
        if count < FEWEST {
            return None;
        }
        let mut left = f64::from(count) * self.percentile / 100.0;
        for (bucket, number) in self.buckets.iter().zip(0..) {
            left -= f64::from(bucket.load(Relaxed));
            if left <= 0.0 {
                return Some(Duration::from_micros(upper_bound(number)));
            }
        }
        None
    }

    fn halve(&self) {
        let mut count = 0_u32;
        for bucket in &self.buckets {
            let half = bucket.load(Relaxed) / 2;
            bucket.store(half, Relaxed);
            count = count.saturating_add(half);
        }
        self.count.store(count, Relaxed);
    }
}

impl SpeculativeExecutionPolicy for PercentileSpeculation {
    fn delay(&self, executions: u32) -> Option<Duration> {
        if executions <= self.further { self.at_percentile() } else { None }
    }

    fn record(&self, latency: Duration) {
        if let Some(bucket) = self.buckets.get(bucket_of(micros(latency))) {
            bucket.fetch_add(1, Relaxed);
        }
        if self.count.fetch_add(1, Relaxed) >= MOST {
            self.halve();
        }
    }
}

impl fmt::Debug for PercentileSpeculation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PercentileSpeculation")
            .field("percentile", &self.percentile)
            .field("further", &self.further)
            .field("delay", &self.at_percentile())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_what_most_requests_need() {
        let policy = PercentileSpeculation::new(90.0, 2);
        for _ in 0..90 {
            policy.record(Duration::from_millis(1));
        }
        assert_eq!(policy.delay(1), None, "too few are known");
        for _ in 0..10 {
            policy.record(Duration::from_millis(500));
        }
        let delay = policy.delay(1).unwrap();
        assert!((1000..1200).contains(&delay.as_micros()), "{delay:?}");
        assert_eq!(policy.delay(3), None);
        // All that was slow becomes usual, and what was fast is forgotten.
        for _ in 0..40_000 {
            policy.record(Duration::from_millis(20));
        }
        let delay = policy.delay(2).unwrap();
        assert!((20..23).contains(&delay.as_millis()), "{delay:?}");
    }
}
