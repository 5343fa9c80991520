//! Execution profiles: how requests are executed where the statement does not say.

use crate::error::{Error, ErrorKind};
use crate::policy::{LoadBalancingPolicy, Policies, RetryPolicy, SpeculativeExecutionPolicy};
use cql_protocol::{Consistency, SerialConsistency};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How requests are executed, unless a statement says otherwise.
///
/// A cluster has a default profile and any number of named ones
/// ([`ClusterBuilder::profile`](crate::ClusterBuilder::profile)), which statements choose by name; a session can replace
/// them at run time. What a statement sets itself comes first, then its profile.
///
/// ```
/// use cql_driver::{Consistency, ExecutionProfile};
/// use std::time::Duration;
///
/// let profile = ExecutionProfile::builder()
///     .consistency(Consistency::LocalQuorum)
///     .request_timeout(Duration::from_secs(2))
///     .build()?;
/// let patient = profile.to_builder().request_timeout(Duration::from_secs(60)).build()?;
/// # Ok::<(), cql_driver::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ExecutionProfile {
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: SerialConsistency,
    pub(crate) request_timeout: Duration,
    pub(crate) page_size: Option<i32>,
    /// `None`: the built-in ones.
    pub(crate) policies: Option<Arc<Policies>>,
}

impl Default for ExecutionProfile {
    fn default() -> Self {
        ExecutionProfile {
            consistency: Consistency::LocalOne,
            serial_consistency: SerialConsistency::Serial,
            request_timeout: Duration::from_secs(10),
            page_size: Some(5000),
            policies: None,
        }
    }
}

impl ExecutionProfile {
    /// Starts from the defaults: LOCAL_ONE, SERIAL, 10 s, pages of 5000 rows, the built-in policies.
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

    /// What follows a failed attempt. Default: [`DefaultRetry`](crate::policy::DefaultRetry).
    pub fn retry(mut self, policy: impl RetryPolicy) -> Self {
        self.policies().retry = Some(Arc::new(policy));
        self
    }

    /// When idempotent requests are sent to a second node without waiting for the first. Default: never.
    pub fn speculation(mut self, policy: impl SpeculativeExecutionPolicy) -> Self {
        self.policies().speculation = Some(Arc::new(policy));
        self
    }

    /// In which order nodes are tried. Default: local replicas first, the less busy of two taken at random.
    pub fn load_balancing(mut self, policy: impl LoadBalancingPolicy) -> Self {
        self.policies().load_balancing = Some(Arc::new(policy));
        self
    }

    fn policies(&mut self) -> &mut Policies {
        Arc::make_mut(self.profile.policies.get_or_insert_default())
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

/// A session's profiles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profiles {
    pub(crate) default: ExecutionProfile,
    pub(crate) named: BTreeMap<Arc<str>, ExecutionProfile>,
}

impl Profiles {
    /// The profile of that name, or an error that lists those there are.
    pub(crate) fn named(&self, name: &str) -> Result<&ExecutionProfile, Error> {
        self.named.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.named.keys().map(|name| &**name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Error::new(ErrorKind::UnknownProfile { name: name.into(), known })
        })
    }
}
