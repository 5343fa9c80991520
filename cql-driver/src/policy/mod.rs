//! What an application can decide in the driver's place: when to try again, where, when to hedge, and by which clock.
//!
//! Each is a trait with implementations for the usual cases. What is not set follows the built-in rules, which cost no
//! dynamic call. A policy is asked from many tasks at once; it must not block.

mod load_balancing;
mod reconnection;
mod retry;
mod speculation;
mod throttle;
mod timestamp;

pub use load_balancing::{InTurn, LoadBalancingPolicy, PlanRequest, RemoteDatacenters};
pub use reconnection::{ConstantReconnection, ExponentialReconnection, ReconnectionPolicy};
pub(crate) use retry::decide as retry;
pub use retry::{DefaultRetry, DowngradingRetry, FailedAttempt, NeverRetry, RetryDecision, RetryPolicy};
pub use speculation::{ConstantSpeculation, PercentileSpeculation, SpeculativeExecutionPolicy};
pub(crate) use throttle::Gatekeeper;
pub use throttle::Throttle;
pub use timestamp::{MonotonicTimestamps, ServerTimestamps, TimestampGenerator};

use std::sync::Arc;

/// What a profile's policies are, where they are not the built-in ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policies {
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) speculation: Option<Arc<dyn SpeculativeExecutionPolicy>>,
    pub(crate) load_balancing: Option<Arc<dyn LoadBalancingPolicy>>,
}
