//! What follows a failed attempt.

use crate::error::{Attempt, AttemptCause};
use cql_protocol::Consistency;
use cql_protocol::response::{ErrorCode, ErrorDetails, ServerError, WriteType};
use std::fmt;

/// Decides what follows an attempt that failed.
///
/// It is asked about errors of servers and about connections that were lost, not about timeouts of the whole call, and
/// not about statements that a node forgot, which are prepared again.
///
/// Whatever it says, a request that is not idempotent and may have taken effect is not sent again.
pub trait RetryPolicy: fmt::Debug + Send + Sync + 'static {
    /// What to do now.
    fn decide(&self, failed: &FailedAttempt<'_>) -> RetryDecision;
}

/// An attempt that failed, and what is known of its request.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// What went wrong.
    pub cause: &'a AttemptCause,
    /// Whether bytes of it may have reached the node.
    pub sent: bool,
    /// Whether the statement says that executing it twice does no harm.
    pub is_idempotent: bool,
    /// Whether it has an `IF`.
    pub is_conditional: bool,
    /// The level that was asked for.
    pub consistency: Consistency,
    /// The attempts before this one.
    pub before: &'a [Attempt],
}

impl FailedAttempt<'_> {
    /// The server's error, if it answered with one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        match self.cause {
            AttemptCause::Server(error) => Some(error),
            _ => None,
        }
    }

    /// Whether an earlier attempt ended in a server error of this kind.
    fn had(&self, is: impl Fn(&ErrorDetails) -> bool) -> bool {
        self.before.iter().any(|attempt| match &attempt.cause {
            AttemptCause::Server(error) => is(&error.details),
            _ => false,
        })
    }

    /// Whether sending the request again can do no harm: nothing was done by it, or it says so itself.
    pub(crate) fn may_repeat(&self) -> bool {
        if self.is_idempotent || !self.sent {
            return true;
        }
        self.server_error().is_some_and(|error| match &error.details {
            // Refused before anything was done, or a read.
            ErrorDetails::Unavailable { .. } | ErrorDetails::ReadTimeout { .. } => true,
            _ => error.code == ErrorCode::IS_BOOTSTRAPPING,
        })
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryDecision {
    /// The caller gets the error.
    Fail,
    /// Once more to the same node.
    SameNode,
    /// Once more to the same node, at another consistency level.
    SameNodeAt(Consistency),
    /// To a node that was not tried yet.
    NextNode,
    /// To a node that was not tried yet, at another consistency level.
    NextNodeAt(Consistency),
}

/// The built-in rules.
///
/// A node that did not take the request leads to the next one. A request that may have been executed is repeated only
/// if it is idempotent, or if the error says that repeating is harmless:
///
/// | error | what follows |
/// |---|---|
/// | read timeout with enough replicas but no data | once on the same node |
/// | write timeout of the batch log, if idempotent | once on the same node |
/// | unavailable | once on another node |
/// | bootstrapping, or not sent | other nodes |
/// | overloaded, server error, truncate error, connection lost, if idempotent | other nodes |
/// | all else | the error |
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has no state, now or later")]
pub struct DefaultRetry;

impl RetryPolicy for DefaultRetry {
    fn decide(&self, failed: &FailedAttempt<'_>) -> RetryDecision {
        decide(failed)
    }
}

/// [`DefaultRetry`], for those who do not need an object.
pub(crate) fn decide(failed: &FailedAttempt<'_>) -> RetryDecision {
    let Some(error) = failed.server_error() else {
        return match failed.cause {
            AttemptCause::Connection(_) if !failed.sent || failed.is_idempotent => RetryDecision::NextNode,
            _ => RetryDecision::Fail,
        };
    };
    match (error.code, &error.details) {
        (_, ErrorDetails::ReadTimeout { received, block_for, data_present, .. })
            // Enough replicas answered, only the one asked for the data did not: likely to be well next time.
            if received >= block_for && !data_present => once_on_same_node(failed),
        (_, ErrorDetails::WriteTimeout { write_type, .. })
            // The batch log was not written, so that nothing of the batch was.
            if *write_type == WriteType::BATCH_LOG && failed.is_idempotent => once_on_same_node(failed),
        // The coordinator may be cut off from the rest; another one sees for itself.
        (_, ErrorDetails::Unavailable { .. }) if !failed.had(is_unavailable) => RetryDecision::NextNode,
        (ErrorCode::IS_BOOTSTRAPPING, _) => RetryDecision::NextNode,
        // None of these proves that nothing was done.
        (ErrorCode::OVERLOADED | ErrorCode::SERVER_ERROR | ErrorCode::TRUNCATE_ERROR, _)
            if failed.is_idempotent => RetryDecision::NextNode,
        _ => RetryDecision::Fail,
    }
}

fn is_unavailable(details: &ErrorDetails) -> bool {
    matches!(details, ErrorDetails::Unavailable { .. })
}

fn is_timeout(details: &ErrorDetails) -> bool {
    matches!(details, ErrorDetails::ReadTimeout { .. } | ErrorDetails::WriteTimeout { .. })
}

fn once_on_same_node(failed: &FailedAttempt<'_>) -> RetryDecision {
    if failed.had(is_timeout) { RetryDecision::Fail } else { RetryDecision::SameNode }
}

/// Gives every error to the caller.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has no state, now or later")]
pub struct NeverRetry;

impl RetryPolicy for NeverRetry {
    fn decide(&self, _: &FailedAttempt<'_>) -> RetryDecision {
        RetryDecision::Fail
    }
}

/// The built-in rules, and once a lower consistency level where too few replicas are there for the one asked for.
///
/// It gives up what the level promised: what was read may be old, what was written may be on fewer replicas. The level
/// that was used is in [`QueryResult::downgraded_to`](crate::QueryResult::downgraded_to). Conditional statements and
/// reads at a serial level keep theirs.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::exhaustive_structs, reason = "it has no state, now or later")]
pub struct DowngradingRetry;

impl RetryPolicy for DowngradingRetry {
    fn decide(&self, failed: &FailedAttempt<'_>) -> RetryDecision {
        let there = match failed.server_error().map(|error| &error.details) {
            Some(ErrorDetails::Unavailable { alive, .. }) if !failed.is_conditional => *alive,
            Some(ErrorDetails::ReadTimeout { received, block_for, .. }) if received < block_for => *received,
            Some(ErrorDetails::WriteTimeout { received, write_type, .. })
                if *write_type == WriteType::UNLOGGED_BATCH =>
            {
                *received
            }
            _ => return decide(failed),
        };
        let keeps = matches!(failed.consistency, Consistency::Serial | Consistency::LocalSerial);
        match level_for(there) {
            Some(level)
                if !keeps && !failed.had(|details| is_unavailable(details) || is_timeout(details)) =>
            {
                RetryDecision::SameNodeAt(level)
            }
            _ => RetryDecision::Fail,
        }
    }
}

/// The highest level that so many replicas can satisfy.
fn level_for(replicas: i32) -> Option<Consistency> {
    match replicas {
        ..=0 => None,
        1 => Some(Consistency::One),
        2 => Some(Consistency::Two),
        _ => Some(Consistency::Three),
    }
}
