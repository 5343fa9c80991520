//! Errors of the codec. They hold what failed and the numbers needed to act, never bytes or values.

use crate::version::ProtocolVersion;

/// Why bytes could not be decoded.
///
/// One pointer wide: decoders of values return it beside small numbers, and a wide error would be carried, as space
/// and moves, by every result that holds none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot decode {} at byte {}: {}", .0.field, .0.offset, .0.problem)]
pub struct DecodeError(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    field: &'static str,
    offset: usize,
    problem: Problem,
}

impl DecodeError {
    /// An error in `field`, found `offset` bytes into the message (or the value).
    #[cold]
    #[must_use]
    pub fn new(field: &'static str, offset: usize, problem: Problem) -> Self {
        DecodeError(Box::new(Parts { field, offset, problem }))
    }

    /// The part of the message that failed.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.0.field
    }

    /// How far into the message or the value it failed, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// What was wrong.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.0.problem
    }
}

/// What was wrong with the bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The message ends before the field does.
    #[error("needs {needed} bytes, {left} are left")]
    TooShort {
        /// Bytes the field needs.
        needed: usize,
        /// Bytes that are left.
        left: usize,
    },
    /// A length or a count is negative where it cannot be.
    #[error("negative length {0}")]
    Negative(i64),
    /// A length or a count is above the limit.
    #[error("length {length} is above the limit of {limit}")]
    TooLong {
        /// The length given.
        length: u64,
        /// The largest accepted.
        limit: u64,
    },
    /// Text is not UTF-8 (or not ASCII where it must be).
    #[error("not valid text")]
    NotText,
    /// A value has the wrong number of bytes for its type.
    #[error("expected {expected} bytes, found {found}")]
    WrongSize {
        /// The size of the type.
        expected: usize,
        /// The size found.
        found: usize,
    },
    /// Types are nested deeper than the limit.
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
    /// A null where the target has no place for one.
    #[error("null, but the Rust type has no null: use Option")]
    UnexpectedNull,
    /// A number of the message, not of a value, outside of its range.
    #[error("value {0} is out of range")]
    OutOfRange(i64),
    /// An enumeration has no such member, where one is needed to go on.
    #[error("unknown code {0:#x}")]
    Unknown(i64),
    /// What tells variants apart is none of those that the Rust type has.
    #[error("no variant is {0}")]
    UnknownTag(Box<str>),
    /// The Rust type cannot hold the CQL value.
    #[error("{0}")]
    Unrepresentable(&'static str),
    /// Anything else.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Why a message could not be encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A string, value or list is longer than its length prefix can say.
    #[error("{field} has length {length}, the protocol's limit is {limit}")]
    TooLong {
        /// The part of the message.
        field: &'static str,
        /// Its length.
        length: usize,
        /// The largest length.
        limit: usize,
    },
    /// The protocol version has no such thing.
    #[error("{feature} needs a newer protocol version than {version}")]
    Unsupported {
        /// What was asked for.
        feature: &'static str,
        /// The version of the connection.
        version: ProtocolVersion,
    },
    /// A combination that the protocol or the server refuses.
    #[error("{0}")]
    Invalid(&'static str),
}
