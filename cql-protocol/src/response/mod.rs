//! What a server sends (v5 §4.2), in both directions: the driver decodes, a test server or a proxy encodes.
//!
//! A message is the body of a frame without its prelude (tracing id, warnings, custom payload), which belongs to
//! [`crate::frame`]. Bytes of a decoded message are slices of the body, not copies.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod error_code;
mod error_details;
mod event;
mod result;
mod schema_change;
mod server_error;
mod supported;
#[cfg(test)]
mod testing;

pub use error_code::ErrorCode;
pub use error_details::{ErrorDetails, FailureReason, Failures, WriteType};
pub use event::{Event, StatusChangeKind, TopologyChangeKind};
pub use result::{BindMetadata, CqlResult, Prepared, ResultMetadata, Rows};
pub use schema_change::{SchemaChange, SchemaChangeKind, SchemaTarget};
pub use server_error::ServerError;
pub use supported::Supported;

use crate::error::{DecodeError, EncodeError, Problem};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::Bytes;
use std::fmt;

/// Any response. `Debug` shows neither tokens nor cells.
///
/// ```
/// use bytes::Bytes;
/// use cql_protocol::ProtocolVersion;
/// use cql_protocol::frame::Opcode;
/// use cql_protocol::response::{CqlResult, Response};
///
/// let body = Bytes::from_static(b"\0\0\0\x03\0\x06system");
/// let response = Response::decode(ProtocolVersion::V4, Opcode::RESULT, body)?;
/// assert_eq!(response, Response::Result(CqlResult::SetKeyspace("system".to_owned())));
/// # Ok::<(), cql_protocol::DecodeError>(())
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// The request failed (§4.2.1).
    Error(ServerError),
    /// The connection is ready (§4.2.2).
    Ready,
    /// The server wants the client to authenticate (§4.2.3).
    Authenticate {
        /// The class of its authenticator.
        class: String,
    },
    /// What the server supports (§4.2.4).
    Supported(Supported),
    /// What a request brought (§4.2.5).
    Result(CqlResult),
    /// Something happened in the cluster (§4.2.6).
    Event(Event),
    /// The authenticator asks for another token (§4.2.7); `None` is null.
    AuthChallenge(Option<Bytes>),
    /// The client is who it says it is (§4.2.8); `None` is null.
    AuthSuccess(Option<Bytes>),
}

impl Response {
    /// Reads the body of a response frame; bytes after the message are ignored.
    ///
    /// # Errors
    /// When `opcode` is no response's, the body is cut short or contradicts itself, or a result is of a kind that is not
    /// known. Only the request that it answers fails by that.
    pub fn decode(version: ProtocolVersion, opcode: Opcode, body: Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&body);
        Ok(match opcode {
            Opcode::ERROR => Response::Error(ServerError::decode(version, &body)?),
            Opcode::READY => Response::Ready,
            Opcode::AUTHENTICATE => {
                Response::Authenticate { class: reader.string("authenticator class")?.to_owned() }
            }
            Opcode::SUPPORTED => Response::Supported(Supported::decode(&body)?),
            Opcode::RESULT => Response::Result(CqlResult::decode(version, body)?),
            Opcode::EVENT => Response::Event(Event::decode(&body)?),
            Opcode::AUTH_CHALLENGE => Response::AuthChallenge(token(&body, &mut reader)?),
            Opcode::AUTH_SUCCESS => Response::AuthSuccess(token(&body, &mut reader)?),
            other => return Err(reader.error("opcode of a response", Problem::Unknown(other.code().into()))),
        })
    }

    /// The opcode of the frame.
    #[must_use]
    pub fn opcode(&self) -> Opcode {
        match self {
            Response::Error(_) => Opcode::ERROR,
            Response::Ready => Opcode::READY,
            Response::Authenticate { .. } => Opcode::AUTHENTICATE,
            Response::Supported(_) => Opcode::SUPPORTED,
            Response::Result(_) => Opcode::RESULT,
            Response::Event(_) => Opcode::EVENT,
            Response::AuthChallenge(_) => Opcode::AUTH_CHALLENGE,
            Response::AuthSuccess(_) => Opcode::AUTH_SUCCESS,
        }
    }

    /// Appends the body for `version`.
    ///
    /// # Errors
    /// When the version has no place for something the message says, something is longer than its length prefix can say,
    /// or the message contradicts itself. `out` is then as it was.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let result = match self {
            Response::Error(error) => error.encode(version, out),
            Response::Ready => Ok(()),
            Response::Authenticate { class } => out.write_string(class, "authenticator class"),
            Response::Supported(supported) => supported.encode(out),
            Response::Result(result) => result.encode(version, out),
            Response::Event(event) => event.encode(version, out),
            Response::AuthChallenge(token) | Response::AuthSuccess(token) => {
                out.write_opt_bytes(token.as_deref(), "token")
            }
        };
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Response::Error(error) => f.debug_tuple("Error").field(error).finish(),
            Response::Ready => f.write_str("Ready"),
            Response::Authenticate { class } => f.debug_struct("Authenticate").field("class", class).finish(),
            Response::Supported(supported) => f.debug_tuple("Supported").field(supported).finish(),
            Response::Result(result) => f.debug_tuple("Result").field(result).finish(),
            Response::Event(event) => f.debug_tuple("Event").field(event).finish(),
            Response::AuthChallenge(_) => f.write_str("AuthChallenge(redacted)"),
            Response::AuthSuccess(_) => f.write_str("AuthSuccess(redacted)"),
        }
    }
}

/// "The body of this message is a single [bytes] token"; it may be null.
fn token(body: &Bytes, reader: &mut Reader<'_>) -> Result<Option<Bytes>, DecodeError> {
    Ok(reader.opt_bytes("token")?.map(|token| body.slice_ref(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_messages_have_their_bytes() {
        let token = Some(Bytes::from_static(b"t"));
        let authenticate = Response::Authenticate { class: "a.B".to_owned() };
        for (response, bytes) in [
            (Response::Ready, &[][..]),
            (authenticate, b"\0\x03a.B"),
            (Response::AuthChallenge(token.clone()), b"\0\0\0\x01t"),
            (Response::AuthChallenge(None), &[0xFF; 4]),
            (Response::AuthSuccess(token), b"\0\0\0\x01t"),
            (Response::AuthSuccess(Some(Bytes::new())), &[0; 4]),
        ] {
            for &version in ProtocolVersion::ALL {
                let mut out = Vec::new();
                response.encode(version, &mut out).unwrap();
                assert_eq!(out, bytes);
                let body = Bytes::copy_from_slice(bytes);
                assert_eq!(
                    Response::decode(version, response.opcode(), body.clone()).as_ref(),
                    Ok(&response)
                );
                for cut in 0..bytes.len() {
                    assert!(Response::decode(version, response.opcode(), body.slice(..cut)).is_err());
                }
            }
        }
    }

    #[test]
    fn an_opcode_of_a_request_is_refused() {
        let error = Response::decode(ProtocolVersion::V4, Opcode::QUERY, Bytes::new()).unwrap_err();
        assert_eq!(error.problem(), &Problem::Unknown(7));
    }

    #[test]
    fn debug_hides_tokens() {
        let response = Response::AuthChallenge(Some(Bytes::from_static(b"secret")));
        assert_eq!(format!("{response:?}"), "AuthChallenge(redacted)");
    }
}
