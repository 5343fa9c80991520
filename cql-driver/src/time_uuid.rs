//! Time-based UUIDs made by this process.

use cql_protocol::value::time_uuid;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// The last time that was used, in steps of 100 ns since 1970.
static LAST: AtomicU64 = AtomicU64::new(0);
/// Clock sequence and node, which tell this process from others.
static MAKER: OnceLock<(u16, [u8; 6])> = OnceLock::new();

/// A `timeuuid` of now, greater than those made before by this process and different from those of all others.
///
/// Many within 100 ns run ahead of the clock, as does a clock that was set back.
///
/// ```
/// use cql_driver::value::time_uuid;
///
/// let (first, second) = (time_uuid::now(), time_uuid::now());
/// assert!(time_uuid::unix_ticks_of(&first) < time_uuid::unix_ticks_of(&second));
/// ```
#[must_use]
pub fn now() -> Uuid {
    let (sequence, node) = *MAKER.get_or_init(|| {
        let mut node = [0; 6];
        fastrand::fill(&mut node);
        // Nobody's hardware address (RFC 4122 §4.5).
        node[0] |= 1;
        (fastrand::u16(..), node)
    });
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let clock = u64::try_from(clock.as_nanos() / 100).unwrap_or(u64::MAX / 100);
    let after = |last: u64| clock.max(last + 1);
    let last = LAST.fetch_update(Relaxed, Relaxed, |last| Some(after(last))).unwrap_or_default();
    // It fits until the year 5236.
    time_uuid::new(Duration::from_nanos(after(last).saturating_mul(100)), sequence, node).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn threads_never_make_the_same_one_twice() {
        let made: Vec<Vec<Uuid>> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..10_000).map(|_| now()).collect::<Vec<_>>())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for of_one in &made {
            assert!(
                of_one
                    .windows(2)
                    .all(|pair| time_uuid::unix_ticks_of(&pair[0]) < time_uuid::unix_ticks_of(&pair[1]))
            );
        }
        let all: HashSet<Uuid> = made.into_iter().flatten().collect();
        assert_eq!(all.len(), 40_000);
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let last = time_uuid::timestamp_of(&now()).unwrap().0;
        assert!((i128::from(last) - i128::try_from(clock).unwrap()).abs() < 10_000);
    }
}
