//! ERROR: the server refuses, or failed.

use super::{ErrorCode, ErrorDetails};
use crate::error::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::Bytes;
use std::fmt;

/// An ERROR (v5 §4.2.1, §8).
///
/// ```
/// use cql_protocol::Consistency;
/// use cql_protocol::response::{ErrorCode, ErrorDetails, ServerError};
///
/// let details = ErrorDetails::Unavailable { consistency: Consistency::Quorum, required: 2, alive: 1 };
/// let error = ServerError::with_details("Cannot achieve consistency level QUORUM", details);
/// assert_eq!(error.code, ErrorCode::UNAVAILABLE);
/// assert_eq!(error.to_string(), "unavailable: Cannot achieve consistency level QUORUM");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerError {
    /// What kind of error it is.
    pub code: ErrorCode,
    /// The server's words.
    pub message: String,
    /// What else comes with that code.
    pub details: ErrorDetails,
}

impl ServerError {
    /// An error of a code that has no details.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        ServerError { code, message: message.into(), details: ErrorDetails::None }
    }

    /// An error with details, which tell the code. Details that belong to no code make it a server error.
    #[must_use]
    pub fn with_details(message: impl Into<String>, details: ErrorDetails) -> Self {
        let code = details.code().unwrap_or(ErrorCode::SERVER_ERROR);
        ServerError { code, message: message.into(), details }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short, or an address, text or count in it cannot be one.
    pub fn decode(version: ProtocolVersion, body: &Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        // "<code><message>[...]"
        let code = ErrorCode::from_code(reader.i32("error code")?);
        let message = reader.string("error message")?.to_owned();
        let details = ErrorDetails::decode(code, version, body, &mut reader)?;
        Ok(ServerError { code, message, details })
    }

    /// Appends the body.
    ///
    /// # Errors
    /// When the details do not belong to the code, the version has no such error, or a text is too long for its prefix.
    /// `out` may then hold a part.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_int(self.code.code());
        out.write_string(&self.message, "error message")?;
        self.details.encode(self.code, version, out)
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ServerError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::Consistency;
    use crate::response::testing::{both_ways, string};
    use crate::response::{FailureReason, Failures, Response, WriteType};
    use std::net::IpAddr;

    const ALL: &[ProtocolVersion] = ProtocolVersion::ALL;
    const FROM_V4: [ProtocolVersion; 2] = [ProtocolVersion::V4, ProtocolVersion::V5];
    const TO_V4: [ProtocolVersion; 2] = [ProtocolVersion::V3, ProtocolVersion::V4];
    const V4: [ProtocolVersion; 1] = [ProtocolVersion::V4];
    const V5: [ProtocolVersion; 1] = [ProtocolVersion::V5];

    /// Consistency QUORUM, received 1, block for 2.
    const RESPONSES: [u8; 10] = [0, 4, 0, 0, 0, 1, 0, 0, 0, 2];

    fn check(versions: &[ProtocolVersion], details: ErrorDetails, code: [u8; 4], tail: &[&[u8]]) {
        let error = ServerError::with_details("m", details);
        assert_eq!(error.code.code().to_be_bytes(), code);
        let bytes = [&code[..], &[0, 1, b'm'], &tail.concat()].concat();
        for version in versions {
            both_ways(*version, &Response::Error(error.clone()), &bytes);
        }
    }

    #[test]
    fn codes_without_fields_are_code_and_message() {
        for code in [0x0000, 0x000A, 0x0100, 0x1001, 0x1002, 0x1003, 0x2000, 0x2100, 0x2200, 0x2300] {
            let error = ServerError::new(ErrorCode::from_code(code), "m");
            assert!(error.code.name().is_some());
            let bytes = [&code.to_be_bytes()[..], &[0, 1, b'm']].concat();
            for &version in ALL {
                both_ways(version, &Response::Error(error.clone()), &bytes);
            }
        }
        let error = ServerError::new(ErrorCode::CDC_WRITE_FAILURE, "m");
        both_ways(ProtocolVersion::V4, &Response::Error(error), &[0, 0, 0x16, 0, 0, 1, b'm']);
    }

    #[test]
    fn unavailable_has_required_and_alive() {
        let details = ErrorDetails::Unavailable { consistency: Consistency::Quorum, required: 1, alive: 2 };
        check(ALL, details, [0, 0, 0x10, 0], &[&RESPONSES]);
    }

    fn write_timeout(write_type: WriteType, contentions: Option<u16>) -> ErrorDetails {
        ErrorDetails::WriteTimeout {
            consistency: Consistency::Quorum,
            received: 1,
            block_for: 2,
            write_type,
            contentions,
        }
    }

    #[test]
    fn write_timeout_has_a_write_type_and_for_cas_in_v5_contentions() {
        let code = [0, 0, 0x11, 0];
        check(ALL, write_timeout(WriteType::BATCH_LOG, None), code, &[&RESPONSES, &string("BATCH_LOG")]);
        check(ALL, write_timeout("NEW".into(), None), code, &[&RESPONSES, &string("NEW")]);
        check(&TO_V4, write_timeout(WriteType::CAS, None), code, &[&RESPONSES, &string("CAS")]);

        let bytes = [&code[..], &[0, 1, b'm'], &RESPONSES, &string("CAS"), &[0x01, 0x02]].concat();
        let error = ServerError::with_details("m", write_timeout(WriteType::CAS, Some(258)));
        let mut out = Vec::new();
        error.encode(ProtocolVersion::V5, &mut out).unwrap();
        assert_eq!(out, bytes);
        assert_eq!(ServerError::decode(ProtocolVersion::V5, &Bytes::from(bytes.clone())).unwrap(), error);
        // Before v5 the two bytes are not its own.
        let decoded = ServerError::decode(ProtocolVersion::V4, &Bytes::from(bytes.clone())).unwrap();
        assert_eq!(decoded.details, write_timeout(WriteType::CAS, None));
        // Without them, the rest is known all the same; with one of them the message is damaged.
        let decoded = |cut| ServerError::decode(ProtocolVersion::V5, &Bytes::copy_from_slice(&bytes[..cut]));
        assert_eq!(decoded(bytes.len() - 2).unwrap().details, write_timeout(WriteType::CAS, None));
        assert!(decoded(bytes.len() - 1).is_err());
    }

    #[test]
    fn contentions_that_are_not_known_are_written_as_none_where_v5_needs_them() {
        let error = ServerError::with_details("m", write_timeout(WriteType::CAS, None));
        let mut out = Vec::new();
        error.encode(ProtocolVersion::V5, &mut out).unwrap();
        assert_eq!(out, [&[0, 0, 0x11, 0, 0, 1, b'm'][..], &RESPONSES, &string("CAS"), &[0, 0]].concat());
    }

    #[test]
    fn read_timeout_tells_whether_data_was_present() {
        for data_present in [false, true] {
            let details = ErrorDetails::ReadTimeout {
                consistency: Consistency::Quorum,
                received: 1,
                block_for: 2,
                data_present,
            };
            check(ALL, details, [0, 0, 0x12, 0], &[&RESPONSES, &[data_present.into()]]);
        }
        let bytes = [&[0, 0, 0x12, 0, 0, 0][..], &RESPONSES, &[7]].concat();
        let error = ServerError::decode(ProtocolVersion::V4, &Bytes::from(bytes)).unwrap();
        assert!(matches!(error.details, ErrorDetails::ReadTimeout { data_present: true, .. }));
    }

    fn reasons() -> (Failures, Vec<u8>) {
        let v6 = IpAddr::from([0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        let failures = Failures::Reasons(vec![
            (IpAddr::from([10, 0, 0, 1]), FailureReason::from_code(1)),
            (v6, FailureReason::from_code(0x1234)),
        ]);
        let mut bytes = vec![0, 0, 0, 2, 4, 10, 0, 0, 1, 0, 1, 16];
        bytes.extend_from_slice(&[0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 0x34]);
        (failures, bytes)
    }

    #[test]
    fn failures_are_a_number_in_v4_and_a_map_in_v5() {
        let (failures, map) = reasons();
        assert_eq!(failures.count(), 2);
        for (versions, failures, bytes) in
            [(&V4, Failures::Count(2), &[0, 0, 0, 2][..]), (&V5, failures, &map)]
        {
            let details = ErrorDetails::ReadFailure {
                consistency: Consistency::Quorum,
                received: 1,
                block_for: 2,
                failures: failures.clone(),
                data_present: true,
            };
            check(versions, details, [0, 0, 0x13, 0], &[&RESPONSES, bytes, &[1]]);
            let details = ErrorDetails::WriteFailure {
                consistency: Consistency::Quorum,
                received: 1,
                block_for: 2,
                failures,
                write_type: WriteType::VIEW,
            };
            check(versions, details, [0, 0, 0x15, 0], &[&RESPONSES, bytes, &string("VIEW")]);
        }
    }

    #[test]
    fn a_lying_number_of_reasons_is_refused() {
        let bytes = [&[0, 0, 0x13, 0, 0, 0][..], &RESPONSES, &[0x7F, 0xFF, 0xFF, 0xFF, 4, 1, 2, 3, 4, 0, 0]];
        assert!(ServerError::decode(ProtocolVersion::V5, &Bytes::from(bytes.concat())).is_err());
    }

    #[test]
    fn the_other_codes_have_their_fields() {
        let details = ErrorDetails::FunctionFailure {
            keyspace: "ks".to_owned(),
            function: "f".to_owned(),
            arg_types: vec!["int".to_owned(), "text".to_owned()],
        };
        let tail = [string("ks"), string("f"), vec![0, 2], string("int"), string("text")].concat();
        check(&FROM_V4, details, [0, 0, 0x14, 0], &[&tail]);

        let details =
            ErrorDetails::CasWriteUnknown { consistency: Consistency::Quorum, received: 1, block_for: 2 };
        check(&V5, details, [0, 0, 0x17, 0], &[&RESPONSES]);

        let details = ErrorDetails::AlreadyExists { keyspace: "ks".to_owned(), table: String::new() };
        check(ALL, details, [0, 0, 0x24, 0], &[&string("ks"), &string("")]);

        let details = ErrorDetails::Unprepared { id: Bytes::from_static(&[1, 2]) };
        check(ALL, details, [0, 0, 0x25, 0], &[&[0, 2, 1, 2]]);
    }

    #[test]
    fn an_unknown_code_survives_with_what_follows() {
        let bytes = Bytes::from_static(&[0, 0, 0x77, 0, 0, 1, b'm', 9, 8]);
        let error = ServerError::decode(ProtocolVersion::V5, &bytes).unwrap();
        assert_eq!(error.code, ErrorCode::from_code(0x7700));
        assert_eq!(error.details, ErrorDetails::Other(Bytes::from_static(&[9, 8])));
        let mut out = Vec::new();
        error.encode(ProtocolVersion::V5, &mut out).unwrap();
        assert_eq!(out, bytes);
    }

    #[test]
    fn what_does_not_belong_together_is_not_encoded() {
        let encode = |version, error: ServerError| Response::Error(error).encode(version, &mut Vec::new());
        let invalid = |error| matches!(encode(ProtocolVersion::V5, error), Err(EncodeError::Invalid(_)));
        assert!(invalid(ServerError::new(ErrorCode::UNAVAILABLE, "")));
        let mut error = ServerError::with_details("", ErrorDetails::Unprepared { id: Bytes::new() });
        error.code = ErrorCode::INVALID;
        assert!(invalid(error));
        assert!(invalid(ServerError::with_details("", ErrorDetails::Other(Bytes::new()))));
        let unknown =
            ErrorDetails::CasWriteUnknown { consistency: Consistency::One, received: 0, block_for: 1 };
        let old = encode(ProtocolVersion::V4, ServerError::with_details("", unknown));
        assert!(matches!(old, Err(EncodeError::Unsupported { .. })));
        let failure = ErrorDetails::WriteFailure {
            consistency: Consistency::One,
            received: 0,
            block_for: 1,
            failures: Failures::Count(1),
            write_type: WriteType::SIMPLE,
        };
        assert!(invalid(ServerError::with_details("", failure)), "v5 needs to know who failed");
    }
}
