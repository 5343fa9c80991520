//! How long things took, in buckets an eighth apart.

use super::micros;
use std::fmt;
use std::time::Duration;

/// Buckets per octave of microseconds.
const STEPS: u32 = 8;
/// Up to 71 minutes.
pub(crate) const BUCKETS: usize = 32 * STEPS as usize;

/// Octave and eighth of it.
pub(crate) fn bucket_of(micros: u64) -> usize {
    let micros = micros.clamp(u64::from(STEPS), u64::from(u32::MAX));
    let octave = micros.ilog2();
    let eighth = (micros >> (octave - 3)) & 7;
    (octave * STEPS) as usize + usize::try_from(eighth).unwrap_or(7)
}

/// Microseconds above all that are counted in a bucket.
pub(crate) fn upper_bound(bucket: usize) -> u64 {
    let (octave, eighth) = (bucket / STEPS as usize, (bucket % STEPS as usize) as u64);
    ((8 + eighth + 1) << octave) >> 3
}

/// How long responses took: a histogram whose buckets are an eighth apart, from 8 µs to 71 minutes.
///
/// ```
/// use cql_driver::metrics::Latencies;
///
/// let latencies = Latencies::default();
/// assert_eq!((latencies.count(), latencies.quantile(0.99)), (0, None));
/// ```
#[derive(Clone)]
pub struct Latencies {
    buckets: Box<[u64]>,
    sum_micros: u64,
}

impl Default for Latencies {
    fn default() -> Self {
        Latencies { buckets: vec![0; BUCKETS].into(), sum_micros: 0 }
    }
}

impl Latencies {
    #[inline]
    pub(crate) fn record(&mut self, micros: u64) {
        if let Some(count) = self.buckets.get_mut(bucket_of(micros)) {
            *count += 1;
        }
        self.sum_micros = self.sum_micros.saturating_add(micros);
    }

    pub(crate) fn add(&mut self, other: &Latencies) {
        for (count, other) in self.buckets.iter_mut().zip(&other.buckets) {
            *count += other;
        }
        self.sum_micros = self.sum_micros.saturating_add(other.sum_micros);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// Their mean; `None` without any.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.sum_micros.checked_div(self.count()).map(Duration::from_micros)
    }

    /// The time that this part of them took at most, to an eighth: 0.5 is the median, 0.99 all but a hundredth. `None`
    /// without any.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let count = self.count();
        let wanted = (count as f64 * part.clamp(0.0, 1.0)).ceil().max(1.0);
        let mut seen = 0;
        for (bucket, found) in self.buckets.iter().enumerate() {
            seen += found;
            if *found > 0 && seen as f64 >= wanted {
                return Some(Duration::from_micros(upper_bound(bucket)));
            }
        }
        None
    }

    /// The buckets that hold any, by their upper bounds, with how many each holds.
    pub fn buckets(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let filled = self.buckets.iter().enumerate().filter(|(_, count)| **count > 0);
        filled.map(|(bucket, count)| (Duration::from_micros(upper_bound(bucket)), *count))
    }

    /// Those that came since `earlier` was taken.
    #[must_use]
    pub fn since(&self, earlier: &Latencies) -> Latencies {
        let pairs = self.buckets.iter().zip(&earlier.buckets);
        Latencies {
            buckets: pairs.map(|(now, before)| now.saturating_sub(*before)).collect(),
            sum_micros: self.sum_micros.saturating_sub(earlier.sum_micros),
        }
    }
}

impl Extend<Duration> for Latencies {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        times.into_iter().for_each(|time| self.record(micros(time)));
    }
}

impl fmt::Debug for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latencies")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_within_an_eighth() {
        for micros in (1..100_000).chain([1 << 31, u64::MAX]) {
            let upper = upper_bound(bucket_of(micros));
            let micros = micros.clamp(8, u64::from(u32::MAX));
            assert!(upper > micros && upper <= micros + micros / 8 + 1, "{micros} {upper}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_times() {
        let mut latencies = Latencies::default();
        latencies.extend((1..=1000).map(Duration::from_millis));
        assert_eq!(latencies.count(), 1000);
        assert_eq!(latencies.mean(), Some(Duration::from_micros(500_500)));
        for (part, millis) in [(0.5, 500), (0.9, 900), (0.99, 990), (1.0, 1000), (0.0, 1)] {
            let found = latencies.quantile(part).unwrap().as_millis();
            assert!((millis..=millis + millis / 8 + 1).contains(&found), "{part}: {found}");
        }
        let earlier = latencies.clone();
        latencies.extend([Duration::from_secs(2)]);
        assert_eq!(latencies.since(&earlier).count(), 1);
        assert_eq!(latencies.buckets().map(|(_, count)| count).sum::<u64>(), 1001);
    }
}
