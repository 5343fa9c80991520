//! CPU time of this process.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use std::io;

/// User and system time that this process has taken so far, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct CpuTime {
    user: i64,
    system: i64,
}

impl CpuTime {
    /// That of all threads until now.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn now() -> io::Result<Self> {
        let usage = getrusage(UsageWho::RUSAGE_SELF)?;
        let micros = |time: TimeVal| time.num_microseconds();
        Ok(CpuTime { user: micros(usage.user_time()), system: micros(usage.system_time()) })
    }

    /// User and system microseconds since `earlier` for each of `operations`.
    #[must_use]
    pub fn per_operation(self, earlier: CpuTime, operations: u64) -> (f64, f64) {
        let each = |micros: i64| micros as f64 / operations.max(1) as f64;
        (each(self.user - earlier.user), each(self.system - earlier.system))
    }
}
