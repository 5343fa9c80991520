//! Execution profiles: how requests are executed where the statement does not say.

use crate::error::Error;
use cql_protocol::{Consistency, SerialConsistency};
use std::time::Duration;

/// How requests are executed, unless a statement says otherwise.
///
/// ```
/// use cql_driver::{Consistency, ExecutionProfile};
/// use std::time::Duration;
///
/// let profile = ExecutionProfile::builder()
///     .consistency(Consistency::LocalQuorum)
///     .request_timeout(Duration::from_secs(2))
///     .build()?;
/// # Ok::<(), cql_driver::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionProfile {
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: SerialConsistency,
    pub(crate) request_timeout: Duration,
    pub(crate) page_size: Option<i32>,
}

impl Default for ExecutionProfile {
    fn default() -> Self {
        ExecutionProfile {
            consistency: Consistency::LocalOne,
            serial_consistency: SerialConsistency::Serial,
            request_timeout: Duration::from_secs(10),
            page_size: Some(5000),
        }
    }
}

impl ExecutionProfile {
    /// Starts from the defaults: LOCAL_ONE, SERIAL, 10 s, pages of 5000 rows.
    pub fn builder() -> ExecutionProfileBuilder {
        ExecutionProfile::default().to_builder()
    }

    /// Starts from this profile.
    pub fn to_builder(&self) -> ExecutionProfileBuilder {
        ExecutionProfileBuilder { profile: self.clone() }
    }
}

/// Builds an [`ExecutionProfile`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ExecutionProfileBuilder {
    profile: ExecutionProfile,
}

impl ExecutionProfileBuilder {
    /// How many replicas must answer. Default: LOCAL_ONE.
    pub fn consistency(mut self, level: Consistency) -> Self {
        self.profile.consistency = level;
        self
    }

    /// Consistency of the Paxos phase of conditional statements. Default: SERIAL.
    pub fn serial_consistency(mut self, level: SerialConsistency) -> Self {
        self.profile.serial_consistency = level;
        self
    }

    /// How long a whole call may take, retries included; measured in steps of 10 ms and never cut short. Default: 10 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.profile.request_timeout = timeout;
        self
    }

    /// Rows a page; 0 counts as 1. Default: 5000.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.profile.page_size = Some(i32::try_from(rows).unwrap_or(i32::MAX).max(1));
        self
    }

    /// Fetches all rows at once.
    pub fn unpaged(mut self) -> Self {
        self.profile.page_size = None;
        self
    }

    /// The profile.
    ///
    /// # Errors
    /// When the timeout is zero.
    pub fn build(self) -> Result<ExecutionProfile, Error> {
        if self.profile.request_timeout.is_zero() {
            return Err(Error::invalid("request_timeout must not be zero"));
        }
        Ok(self.profile)
    }
}
