//! How long to wait before a lost connection is tried again.

use std::fmt;
use std::time::Duration;

/// Decides how long to wait before the next try, when a node or the whole cluster cannot be connected to.
///
/// A node that the cluster says is up is tried at once, whatever this says. Where trying again makes little sense, as
/// with credentials that were refused, the delay after endless failures is waited for.
pub trait ReconnectionPolicy: fmt::Debug + Send + Sync + 'static {
    /// The wait before the next try, after so many failures in a row, from 1; `u32::MAX` asks for the longest.
    fn delay(&self, failures: u32) -> Duration;

    /// Looks at itself when the cluster is built. By default anything goes.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// Waits twice as long after each failure, within bounds, ± 15 % so that clients of one cluster do not come back all at
/// once. The default, with 1 s and 60 s.
#[derive(Debug, Clone, Copy)]
pub struct ExponentialReconnection {
    first: Duration,
    longest: Duration,
}

impl ExponentialReconnection {
    /// From `first` to `longest`.
    #[must_use]
    pub fn new(first: Duration, longest: Duration) -> Self {
        ExponentialReconnection { first, longest }
    }
}

impl ReconnectionPolicy for ExponentialReconnection {
    fn delay(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
        doubled.min(self.longest).mul_f64(0.85 + 0.3 * fastrand::f64())
    }

    fn check(&self) -> Result<(), String> {
        match self.first.is_zero() || self.first > self.longest {
            true => Err("reconnection: the first wait must be above zero and not above the longest".into()),
            false => Ok(()),
        }
    }
}

/// Always waits the same time.
#[derive(Debug, Clone, Copy)]
pub struct ConstantReconnection {
    delay: Duration,
}

impl ConstantReconnection {
    /// That time.
    #[must_use]
    pub fn new(delay: Duration) -> Self {
        ConstantReconnection { delay }
    }
}

impl ReconnectionPolicy for ConstantReconnection {
    fn delay(&self, _: u32) -> Duration {
        self.delay
    }

    fn check(&self) -> Result<(), String> {
        if self.delay.is_zero() { Err("reconnection: the wait must be above zero".into()) } else { Ok(()) }
    }
}
