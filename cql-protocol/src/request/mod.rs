//! What a client sends (v5 §4.1), in both directions: the driver encodes, a server decodes.
//!
//! A message is the body of a frame; the header before it and a custom payload are the business of [`crate::frame`].
//! Decoded messages borrow from the body. `Debug` of a message shows neither bound values nor tokens.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod auth_response;
mod batch;
mod batch_writer;
mod execute;
mod options;
mod parameters;
mod prepare;
mod query;
mod register;
mod startup;
mod values;

pub use auth_response::AuthResponse;
pub use batch::{Batch, BatchKind, BatchParameters, BatchStatement, BatchText};
pub use batch_writer::BatchWriter;
pub use execute::Execute;
pub use options::Options;
pub use parameters::Parameters;
pub use prepare::Prepare;
pub use query::Query;
pub use register::Register;
pub use startup::Startup;
pub use values::{Values, ValuesIter, ValuesShape};

use crate::error::{DecodeError, EncodeError, Problem};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::Reader;

/// A message that can be the body of a request frame.
pub trait EncodeRequest {
    /// The opcode of the frame.
    fn opcode(&self) -> Opcode;

    /// Appends the body. Callers use [`EncodeRequest::encode`], which also cleans up after a failure.
    ///
    /// # Errors
    /// As [`EncodeRequest::encode`]; `out` may then hold a part of the body.
    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Appends the body for `version`.
    ///
    /// # Errors
    /// When the version has no place for something the message says, something is longer than its length prefix can say,
    /// or the server is known to refuse it. `out` is then as it was.
    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        let result = self.append(version, out);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

/// Any request, borrowed from the body it was decoded from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Request<'a> {
    /// Begins the conversation (§4.1.1).
    Startup(Startup),
    /// Asks what the server supports (§4.1.3).
    Options,
    /// A token of the authentication (§4.1.2).
    AuthResponse(AuthResponse<'a>),
    /// A statement as text (§4.1.4).
    Query(Query<'a>),
    /// A statement to be prepared (§4.1.5).
    Prepare(Prepare<'a>),
    /// A prepared statement with its values (§4.1.6).
    Execute(Execute<'a>),
    /// Several statements at once (§4.1.7).
    Batch(Batch<'a>),
    /// Asks for events (§4.1.8).
    Register(Register),
}

impl<'a> Request<'a> {
    /// Reads the body of a request frame; bytes after the message are ignored.
    ///
    /// # Errors
    /// When `opcode` is no request's, the body is cut short, or the server would refuse what it says. A server answers
    /// with PROTOCOL_ERROR.
    pub fn decode(version: ProtocolVersion, opcode: Opcode, body: &'a [u8]) -> Result<Self, DecodeError> {
        match opcode {
            Opcode::STARTUP => Startup::decode(body).map(Request::Startup),
            Opcode::OPTIONS => Ok(Request::Options),
            Opcode::AUTH_RESPONSE => AuthResponse::decode(body).map(Request::AuthResponse),
            Opcode::QUERY => Query::decode(version, body).map(Request::Query),
            Opcode::PREPARE => Prepare::decode(version, body).map(Request::Prepare),
            Opcode::EXECUTE => Execute::decode(version, body).map(Request::Execute),
            Opcode::BATCH => Batch::decode(version, body).map(Request::Batch),
            Opcode::REGISTER => Register::decode(body).map(Request::Register),
            other => {
                Err(Reader::new(body).error("opcode of a request", Problem::Unknown(other.code().into())))
            }
        }
    }
}

impl EncodeRequest for Request<'_> {
    fn opcode(&self) -> Opcode {
        match self {
            Request::Startup(message) => message.opcode(),
            Request::Options => Options.opcode(),
            Request::AuthResponse(message) => message.opcode(),
            Request::Query(message) => message.opcode(),
            Request::Prepare(message) => message.opcode(),
            Request::Execute(message) => message.opcode(),
            Request::Batch(message) => message.opcode(),
            Request::Register(message) => message.opcode(),
        }
    }

    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Request::Startup(message) => message.append(version, out),
            Request::Options => Options.append(version, out),
            Request::AuthResponse(message) => message.append(version, out),
            Request::Query(message) => message.append(version, out),
            Request::Prepare(message) => message.append(version, out),
            Request::Execute(message) => message.append(version, out),
            Request::Batch(message) => message.append(version, out),
            Request::Register(message) => message.append(version, out),
        }
    }
}
