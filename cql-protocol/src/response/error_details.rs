//! What comes behind the message of an ERROR, by its code (v5 §8).

use super::ErrorCode;
use crate::consistency::Consistency;
use crate::error::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use crate::words::words;
use bytes::Bytes;
use std::fmt;
use std::net::IpAddr;

/// The fields of an ERROR beyond code and message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ErrorDetails {
    /// The code has no fields.
    #[default]
    None,
    /// Of [`ErrorCode::UNAVAILABLE`].
    Unavailable {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that the level needs.
        required: i32,
        /// Replicas that were alive.
        alive: i32,
    },
    /// Of [`ErrorCode::WRITE_TIMEOUT`].
    WriteTimeout {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas whose acknowledgement the level needs.
        block_for: i32,
        /// The step of the write that timed out.
        write_type: WriteType,
        /// How often a conditional write met another one (v5, [`WriteType::CAS`] only; there `None` is written as 0).
        contentions: Option<u16>,
    },
    /// Of [`ErrorCode::READ_TIMEOUT`]. `received` can reach `block_for` when `data_present` is false.
    ReadTimeout {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that answered.
        received: i32,
        /// Replicas whose answer the level needs.
        block_for: i32,
        /// Whether the replica that was asked for the data answered.
        data_present: bool,
    },
    /// Of [`ErrorCode::READ_FAILURE`].
    ReadFailure {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that answered.
        received: i32,
        /// Replicas whose answer the level needs.
        block_for: i32,
        /// Those that failed.
        failures: Failures,
        /// Whether the replica that was asked for the data answered.
        data_present: bool,
    },
    /// Of [`ErrorCode::FUNCTION_FAILURE`].
    FunctionFailure {
        /// The keyspace of the function.
        keyspace: String,
        /// Its name.
        function: String,
        /// The CQL types of its arguments.
        arg_types: Vec<String>,
    },
    /// Of [`ErrorCode::WRITE_FAILURE`].
    WriteFailure {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas whose acknowledgement the level needs.
        block_for: i32,
        /// Those that failed.
        failures: Failures,
        /// The step of the write that failed.
        write_type: WriteType,
    },
    /// Of [`ErrorCode::CAS_WRITE_UNKNOWN`] (v5).
    CasWriteUnknown {
        /// The level of the request.
        consistency: Consistency,
        /// Replicas that acknowledged.
        received: i32,
        /// Replicas whose acknowledgement the level needs.
        block_for: i32,
    },
    /// Of [`ErrorCode::ALREADY_EXISTS`].
    AlreadyExists {
        /// The keyspace that exists, or that of the table.
        keyspace: String,
        /// The table that exists; empty for a keyspace.
        table: String,
    },
    /// Of [`ErrorCode::UNPREPARED`].
    Unprepared {
        /// The id that the node does not know.
        id: Bytes,
    },
    /// What followed the message of a code this crate does not know.
    Other(Bytes),
}

words! {
    /// The step of a write that failed or timed out (v5 §8).
    WriteType {
        /// Neither a batch nor a counter.
        SIMPLE = "SIMPLE",
        /// A logged batch; its log had been written, so it will be applied.
        BATCH = "BATCH",
        /// An unlogged batch.
        UNLOGGED_BATCH = "UNLOGGED_BATCH",
        /// A counter, in a batch or not.
        COUNTER = "COUNTER",
        /// The log of a logged batch.
        BATCH_LOG = "BATCH_LOG",
        /// The Paxos phase of a conditional write.
        CAS = "CAS",
        /// The lock of a materialised view.
        VIEW = "VIEW",
        /// Change data capture had no space left.
        CDC = "CDC",
    }
}

/// Which replicas failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failures {
    /// How many (before v5).
    Count(i32),
    /// Which, and why (from v5 on).
    Reasons(Vec<(IpAddr, FailureReason)>),
}

/// Why a replica failed, as a number: Cassandra gives 7 and above other meanings from one release to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FailureReason(u16);

impl FailureReason {
    /// The reason of that number.
    #[must_use]
    pub const fn from_code(code: u16) -> Self {
        FailureReason(code)
    }

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// What the number means in Cassandra 5.0: a hint for humans.
    #[must_use]
    pub const fn hint(self) -> Option<&'static str> {
        match self.0 {
            0 => Some("unknown"),
            1 => Some("too many tombstones"),
            2 => Some("timeout"),
            3 => Some("incompatible schema"),
            4 => Some("read too large"),
            5 => Some("node down"),
            6 => Some("index not available"),
            7 => Some("too many indexes read"),
            _ => None,
        }
    }
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hint() {
            Some(hint) => write!(f, "{} ({hint})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Failures {
    /// How many replicas failed.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Failures::Count(count) => usize::try_from(*count).unwrap_or(0),
            Failures::Reasons(reasons) => reasons.len(),
        }
    }

    fn decode(reader: &mut Reader<'_>, version: ProtocolVersion) -> Result<Self, DecodeError> {
        if version < ProtocolVersion::V5 {
            return reader.i32("number of failures").map(Failures::Count);
        }
        // "an [int] n followed by n pairs of <endpoint><failurecode> where <endpoint> is an [inetaddr] and
        // <failurecode> is a [short]": at least 1 + 4 + 2 bytes.
        let count = reader.count(7, "failure reasons")?;
        (0..count)
            .map(|_| Ok((reader.inet_addr("failed replica")?, FailureReason(reader.u16("failure reason")?))))
            .collect::<Result<_, _>>()
            .map(Failures::Reasons)
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let count = match self {
            Failures::Count(count) => *count,
            Failures::Reasons(reasons) => i32::try_from(reasons.len()).map_err(|_| EncodeError::TooLong {
                field: "failure reasons",
                length: reasons.len(),
                limit: i32::MAX as usize,
            })?,
        };
        out.write_int(count);
        match self {
            _ if version < ProtocolVersion::V5 => Ok(()),
            Failures::Count(0) => Ok(()),
            Failures::Count(_) => Err(EncodeError::Invalid("from v5 on failures need addresses and reasons")),
            Failures::Reasons(reasons) => {
                for (address, reason) in reasons {
                    out.write_inet_addr(*address);
                    out.write_short(reason.0);
                }
                Ok(())
            }
        }
    }
}

impl ErrorDetails {
    /// The code that has such details; `None` for [`ErrorDetails::None`] and [`ErrorDetails::Other`], which many have.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            ErrorDetails::None | ErrorDetails::Other(_) => return None,
            ErrorDetails::Unavailable { .. } => ErrorCode::UNAVAILABLE,
            ErrorDetails::WriteTimeout { .. } => ErrorCode::WRITE_TIMEOUT,
            ErrorDetails::ReadTimeout { .. } => ErrorCode::READ_TIMEOUT,
            ErrorDetails::ReadFailure { .. } => ErrorCode::READ_FAILURE,
            ErrorDetails::FunctionFailure { .. } => ErrorCode::FUNCTION_FAILURE,
            ErrorDetails::WriteFailure { .. } => ErrorCode::WRITE_FAILURE,
            ErrorDetails::CasWriteUnknown { .. } => ErrorCode::CAS_WRITE_UNKNOWN,
            ErrorDetails::AlreadyExists { .. } => ErrorCode::ALREADY_EXISTS,
            ErrorDetails::Unprepared { .. } => ErrorCode::UNPREPARED,
        })
    }

    pub(super) fn decode(
        code: ErrorCode,
        version: ProtocolVersion,
        body: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        Ok(match code {
            ErrorCode::UNAVAILABLE => ErrorDetails::Unavailable {
                consistency: reader.consistency("consistency")?,
                required: reader.i32("required")?,
                alive: reader.i32("alive")?,
            },
            ErrorCode::WRITE_TIMEOUT => write_timeout(version, reader)?,
            ErrorCode::READ_TIMEOUT => {
                let (consistency, received, block_for) = responses(reader)?;
                let data_present = reader.u8("data present")? != 0;
                ErrorDetails::ReadTimeout { consistency, received, block_for, data_present }
            }
            ErrorCode::READ_FAILURE => {
                let (consistency, received, block_for) = responses(reader)?;
                let failures = Failures::decode(reader, version)?;
                let data_present = reader.u8("data present")? != 0;
                ErrorDetails::ReadFailure { consistency, received, block_for, failures, data_present }
            }
            ErrorCode::FUNCTION_FAILURE => ErrorDetails::FunctionFailure {
                keyspace: reader.string("keyspace")?.to_owned(),
                function: reader.string("function")?.to_owned(),
                arg_types: reader.string_list("argument types")?,
            },
            ErrorCode::WRITE_FAILURE => {
                let (consistency, received, block_for) = responses(reader)?;
                let failures = Failures::decode(reader, version)?;
                let write_type = reader.string("write type")?.into();
                ErrorDetails::WriteFailure { consistency, received, block_for, failures, write_type }
            }
            ErrorCode::CAS_WRITE_UNKNOWN => {
                let (consistency, received, block_for) = responses(reader)?;
                ErrorDetails::CasWriteUnknown { consistency, received, block_for }
            }
            ErrorCode::ALREADY_EXISTS => ErrorDetails::AlreadyExists {
                keyspace: reader.string("keyspace")?.to_owned(),
                table: reader.string("table")?.to_owned(),
            },
            ErrorCode::UNPREPARED => {
                ErrorDetails::Unprepared { id: body.slice_ref(reader.short_bytes("prepared statement id")?) }
            }
            known if known.name().is_some() => ErrorDetails::None,
            _ => ErrorDetails::Other(body.slice_ref(reader.rest())),
        })
    }

    pub(super) fn encode(
        &self,
        code: ErrorCode,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        check(self, code, version)?;
        match self {
            ErrorDetails::None => {}
            ErrorDetails::Unavailable { consistency, required, alive } => {
                write_responses(out, *consistency, *required, *alive);
            }
            ErrorDetails::WriteTimeout { consistency, received, block_for, write_type, contentions } => {
                write_responses(out, *consistency, *received, *block_for);
                out.write_string(write_type.as_str(), "write type")?;
                // Before v5 there is no place for it: Cassandra too leaves it out there.
                if has_contentions(version, write_type) {
                    out.write_short(contentions.unwrap_or(0));
                }
            }
            ErrorDetails::ReadTimeout { consistency, received, block_for, data_present } => {
                write_responses(out, *consistency, *received, *block_for);
                out.write_byte((*data_present).into());
            }
            ErrorDetails::ReadFailure { consistency, received, block_for, failures, data_present } => {
                write_responses(out, *consistency, *received, *block_for);
                failures.encode(version, out)?;
                out.write_byte((*data_present).into());
            }
            ErrorDetails::FunctionFailure { keyspace, function, arg_types } => {
                out.write_string(keyspace, "keyspace")?;
                out.write_string(function, "function")?;
                out.write_string_list(arg_types, "argument types")?;
            }
            ErrorDetails::WriteFailure { consistency, received, block_for, failures, write_type } => {
                write_responses(out, *consistency, *received, *block_for);
                failures.encode(version, out)?;
                out.write_string(write_type.as_str(), "write type")?;
            }
            ErrorDetails::CasWriteUnknown { consistency, received, block_for } => {
                write_responses(out, *consistency, *received, *block_for);
            }
            ErrorDetails::AlreadyExists { keyspace, table } => {
                out.write_string(keyspace, "keyspace")?;
                out.write_string(table, "table")?;
            }
            ErrorDetails::Unprepared { id } => out.write_short_bytes(id, "prepared statement id")?,
            ErrorDetails::Other(bytes) => out.extend_from_slice(bytes),
        }
        Ok(())
    }
}

/// "The field only presents when the <writeType> is CAS", and from v5 on.
fn has_contentions(version: ProtocolVersion, write_type: &WriteType) -> bool {
    version >= ProtocolVersion::V5 && *write_type == WriteType::CAS
}

fn write_timeout(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<ErrorDetails, DecodeError> {
    let (consistency, received, block_for) = responses(reader)?;
    let write_type = reader.string("write type")?.into();
    // A message that ends here has none: better to know the rest of the error than to fail on its least part.
    let contentions = match has_contentions(version, &write_type) && !reader.is_empty() {
        true => Some(reader.u16("contentions")?),
        false => None,
    };
    Ok(ErrorDetails::WriteTimeout { consistency, received, block_for, write_type, contentions })
}

/// `<cl><received><blockfor>`.
fn responses(reader: &mut Reader<'_>) -> Result<(Consistency, i32, i32), DecodeError> {
    Ok((reader.consistency("consistency")?, reader.i32("received")?, reader.i32("block for")?))
}

fn write_responses(out: &mut Vec<u8>, consistency: Consistency, first: i32, second: i32) {
    out.write_consistency(consistency);
    out.write_int(first);
    out.write_int(second);
}

/// Refuses details that belong to another code, and codes that the version does not have: a server of that version
/// sends something else instead (v5 §9, v4 §10).
fn check(details: &ErrorDetails, code: ErrorCode, version: ProtocolVersion) -> Result<(), EncodeError> {
    let has_fields = matches!(
        code,
        ErrorCode::UNAVAILABLE
            | ErrorCode::WRITE_TIMEOUT
            | ErrorCode::READ_TIMEOUT
            | ErrorCode::READ_FAILURE
            | ErrorCode::FUNCTION_FAILURE
            | ErrorCode::WRITE_FAILURE
            | ErrorCode::CAS_WRITE_UNKNOWN
            | ErrorCode::ALREADY_EXISTS
            | ErrorCode::UNPREPARED
    );
    let belongs = match details {
        ErrorDetails::None => !has_fields,
        ErrorDetails::Other(_) => code.name().is_none(),
        _ => details.code() == Some(code),
    };
    if !belongs {
        return Err(EncodeError::Invalid("the details of the error do not belong to its code"));
    }
    let since = match code {
        ErrorCode::READ_FAILURE
        | ErrorCode::WRITE_FAILURE
        | ErrorCode::FUNCTION_FAILURE
        | ErrorCode::CDC_WRITE_FAILURE => ProtocolVersion::V4,
        ErrorCode::CAS_WRITE_UNKNOWN => ProtocolVersion::V5,
        _ => ProtocolVersion::V3,
    };
    if version < since {
        return Err(EncodeError::Unsupported { feature: "this error code", version });
    }
    Ok(())
}
