//! What a server's error means for a request.

use cql_protocol::response::{ErrorCode, ErrorDetails, ServerError, WriteType};

/// Where to go after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    SameNode,
    NextNode,
    Fail,
}

/// What a call has used up of its second chances.
#[derive(Debug, Clone)]
pub(super) struct RetryState {
    same_node: bool,
    unavailable: bool,
    preparations: usize,
}

impl RetryState {
    pub(super) fn new() -> Self {
        RetryState { same_node: false, unavailable: false, preparations: 0 }
    }

    /// Whether a statement of a request with so many of them may be prepared once more: twice each, because a node
    /// that forgets faster than that will never execute it.
    pub(super) fn may_prepare(&mut self, statements: usize) -> bool {
        self.preparations += 1;
        self.preparations <= 2 * statements
    }

    /// The default policy. A node that did not take the request leads to the next one; a request that may have been
    /// executed is repeated only if it is idempotent, or if the error says that repeating is harmless.
    pub(super) fn decide(&mut self, error: &ServerError, idempotent: bool) -> Decision {
        match (error.code, &error.details) {
            (_, ErrorDetails::ReadTimeout { received, block_for, data_present, .. })
                // Enough replicas answered, only the one asked for the data did not: likely to be well next time.
                if received >= block_for && !data_present => self.once_on_same_node(),
            (_, ErrorDetails::WriteTimeout { write_type, .. })
                // The batch log was not written, so that nothing of the batch was.
                if *write_type == WriteType::BATCH_LOG && idempotent => self.once_on_same_node(),
            (_, ErrorDetails::Unavailable { .. }) if !std::mem::replace(&mut self.unavailable, true) => {
                // The coordinator may be cut off from the rest; another one sees for itself.
                Decision::NextNode
            }
            (ErrorCode::IS_BOOTSTRAPPING, _) => Decision::NextNode,
            // None of these proves that nothing was done.
            (ErrorCode::OVERLOADED | ErrorCode::SERVER_ERROR | ErrorCode::TRUNCATE_ERROR, _) if idempotent => {
                Decision::NextNode
            }
            _ => Decision::Fail,
        }
    }

    fn once_on_same_node(&mut self) -> Decision {
        match std::mem::replace(&mut self.same_node, true) {
            false => Decision::SameNode,
            true => Decision::Fail,
        }
    }
}
