//! The start of a connection, without I/O: OPTIONS → SUPPORTED → STARTUP → READY, or AUTHENTICATE and tokens until
//! AUTH_SUCCESS (v5 §2.3, §4.1.1–4.1.3).
//!
//! [`Handshake`] is the client's side. It decides what is sent next and with which version; whoever owns the socket
//! sends it, waits for the one answer and opens a new connection when the server speaks only an older version. It holds
//! no credentials: tokens pass through.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod action;
mod config;
mod error;
#[cfg(test)]
mod tests;

pub use action::{Action, Established};
pub use config::{HandshakeConfig, Versions};
pub use error::HandshakeError;

use crate::compression::Compression;
use crate::error::DecodeError;
use crate::frame::{Frame, Header, Prelude};
use crate::request::{AuthResponse, EncodeRequest, Options, Startup};
use crate::response::{ErrorCode, Response, ServerError, Supported};
use crate::version::ProtocolVersion;
use crate::wire::Reader;
use bytes::Bytes;

/// The most a message of the handshake can decompress to. Cassandra itself refuses more than 128 KiB before a client is
/// authenticated.
const MAX_MESSAGE: usize = 1 << 20;

/// The direction bit of a version byte (v5 §2.4.1.1).
const RESPONSE: u8 = 0x80;

/// The client's side of the start of a connection.
///
/// Every answer leads to one [`Action`]. Requests go out uncompressed and one at a time, because a v5 server changes its
/// framing when it has answered STARTUP: see [`Handshake::in_segments`].
///
/// ```
/// use cql_protocol::ProtocolVersion;
/// use cql_protocol::frame::Opcode;
/// use cql_protocol::handshake::{Action, Handshake, HandshakeConfig};
/// use cql_protocol::response::{Response, Supported};
///
/// let mut handshake = Handshake::new(HandshakeConfig::default())?;
/// let version = handshake.first_version();
/// assert!(matches!(handshake.start(version), Action::Send { opcode: Opcode::OPTIONS, .. }));
///
/// // 0x85: a response of v5.
/// let action = handshake.on_response(0x85, Ok(Response::Supported(Supported::default())));
/// assert!(matches!(action, Action::Send { opcode: Opcode::STARTUP, .. }));
/// assert!(!handshake.in_segments());
///
/// let Action::Ready(established) = handshake.on_response(0x85, Ok(Response::Ready)) else { panic!() };
/// assert_eq!(established.version, ProtocolVersion::V5);
/// assert!(handshake.in_segments(), "from now on");
/// # Ok::<(), cql_protocol::handshake::HandshakeError>(())
/// ```
#[derive(Debug)]
pub struct Handshake {
    config: HandshakeConfig,
    version: ProtocolVersion,
    state: State,
    supported: Supported,
    authenticator: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No connection has begun.
    Idle,
    /// OPTIONS was sent.
    Options,
    /// STARTUP was sent.
    Startup,
    /// The server wants a token from the caller.
    Token,
    /// AUTH_RESPONSE was sent.
    Authentication,
    /// The connection is the caller's.
    Ready,
    /// The connection is of no use.
    Failed,
}

impl Handshake {
    /// Prepares for a server; good for all the connections it takes to find a version.
    ///
    /// # Errors
    /// When the configuration cannot work with any server: Snappy with v5, or a compression that this build does not
    /// have.
    pub fn new(config: HandshakeConfig) -> Result<Self, HandshakeError> {
        let version = config.versions.first();
        if let Some(compression) = config.compression {
            if !compression.is_available() {
                return Err(HandshakeError::CompressionNotBuilt { compression });
            }
            check_compression(compression, version)?;
        }
        let supported = Supported::default();
        Ok(Handshake { config, version, state: State::Idle, supported, authenticator: None })
    }

    /// The version to begin with: the newest that the configuration allows.
    #[must_use]
    pub fn first_version(&self) -> ProtocolVersion {
        self.config.versions.first()
    }

    /// Begins a new connection in `version`: the first, one known to be common to the cluster, or that of
    /// [`Action::Downgrade`]. The frame to send is of that version, as are all that follow.
    pub fn start(&mut self, version: ProtocolVersion) -> Action {
        if !self.config.versions.allow(version) {
            self.state = State::Failed;
            return Action::Fail(HandshakeError::VersionNotAllowed { version });
        }
        self.version = version;
        self.supported = Supported::default();
        self.authenticator = None;
        self.send(State::Options, &Options)
    }

    /// The version of this connection.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// What responses may be compressed with from now on: nothing until STARTUP was sent.
    #[must_use]
    pub fn compression(&self) -> Option<Compression> {
        match self.state {
            State::Idle | State::Options => None,
            _ => self.config.compression,
        }
    }

    /// Whether everything from now on, in both directions, travels in segments: on v5, once the server has answered
    /// STARTUP with READY or AUTHENTICATE. Look after each answer, before the next byte is sent or read.
    #[must_use]
    pub fn in_segments(&self) -> bool {
        let answered = matches!(self.state, State::Token | State::Authentication | State::Ready);
        answered && self.version.has_segments()
    }

    /// Takes the server's answer from its frame.
    pub fn on_frame(&mut self, frame: Frame) -> Action {
        let header = frame.header;
        let body = match frame.into_body(self.compression(), MAX_MESSAGE) {
            Ok(body) => body,
            Err(error) => return self.fail(HandshakeError::Compression(error)),
        };
        let response = decode(self.version, &header, &body);
        self.on_response(header.version_byte, response)
    }

    /// Takes the server's answer: the first byte of its frame, and its message as far as it could be decoded.
    pub fn on_response(&mut self, version_byte: u8, response: Result<Response, DecodeError>) -> Action {
        let response = match response {
            Ok(response) => response,
            Err(error) => return self.fail(HandshakeError::Undecodable(error)),
        };
        let negotiating = matches!(self.state, State::Options | State::Startup);
        // A refusal comes in any version: the server's own, or the one that it refuses.
        match response {
            Response::Error(error) if negotiating && is_refusal(&error) => self.refused(error),
            Response::Error(error) => self.server_error(error),
            _ if version_byte != RESPONSE | self.version.number() => {
                let answered = version_byte & !RESPONSE;
                self.fail(HandshakeError::WrongVersion { asked: self.version, answered })
            }
            response => self.advance(response),
        }
    }

    /// Answers [`Action::Authenticate`] or [`Action::Challenge`]; `None` is the null token.
    pub fn respond(&mut self, token: Option<&[u8]>) -> Action {
        if self.state != State::Token {
            return self.fail(HandshakeError::Unexpected { answer: "a token", state: self.waiting_for() });
        }
        self.send(State::Authentication, &AuthResponse::new(token))
    }

    fn advance(&mut self, response: Response) -> Action {
        match (self.state, response) {
            (State::Options, Response::Supported(supported)) => self.supported(supported),
            (State::Startup, Response::Ready) => self.ready(None),
            (State::Startup, Response::Authenticate { class }) if self.config.authenticates => {
                self.authenticator = Some(class.clone());
                self.state = State::Token;
                Action::Authenticate { class }
            }
            (State::Startup, Response::Authenticate { class }) => {
                self.fail(HandshakeError::AuthenticationRequired { class })
            }
            (State::Authentication, Response::AuthChallenge(token)) => {
                self.state = State::Token;
                Action::Challenge { token }
            }
            (State::Authentication, Response::AuthSuccess(token)) => self.ready(token),
            (_, other) => {
                let answer = other.opcode().name().unwrap_or("something else");
                self.fail(HandshakeError::Unexpected { answer, state: self.waiting_for() })
            }
        }
    }

    fn supported(&mut self, supported: Supported) -> Action {
        // A server that lists its versions without this one would refuse STARTUP, if it is not about to speak a beta.
        if supported.supports(self.version) == Some(false) {
            let listed = supported.option(Supported::PROTOCOL_VERSIONS).join(", ");
            return self.lower(|version| supported.supports(version) == Some(true), listed);
        }
        if let Some(wanted) = self.config.compression {
            if let Err(error) = check_compression(wanted, self.version) {
                return self.fail(error);
            }
            let offered = supported.compressions();
            if !offered.iter().any(|name| Compression::from_name(name) == Some(wanted)) {
                let offered = offered.to_vec();
                return self.fail(HandshakeError::CompressionNotOffered { wanted, offered });
            }
        }
        self.supported = supported;
        let startup = self.startup();
        self.send(State::Startup, &startup)
    }

    fn startup(&self) -> Startup {
        // Responses are decompressed by the configuration alone: the server must not be told otherwise.
        let startup = self.config.startup.clone().without(Startup::COMPRESSION);
        match self.config.compression {
            Some(compression) => startup.with(Startup::COMPRESSION, compression.name()),
            None => startup,
        }
    }

    fn refused(&mut self, error: ServerError) -> Action {
        self.lower(|_| true, error.message)
    }

    /// Goes to the newest older version that will do. Always below what was asked, never what the answer's header says:
    /// Cassandra 3.11 refuses v5, whose beta it knows, in v5.
    fn lower(&mut self, will_do: impl Fn(ProtocolVersion) -> bool, server: String) -> Action {
        let asked = self.version;
        let mut older = ProtocolVersion::ALL.iter().copied().filter(|version| *version < asked);
        match older.find(|version| self.config.versions.allow(*version) && will_do(*version)) {
            Some(to) => {
                self.state = State::Idle;
                Action::Downgrade { to }
            }
            None => {
                let allowed = self.config.versions;
                self.fail(HandshakeError::VersionRefused { asked, allowed, server })
            }
        }
    }

    fn server_error(&mut self, error: ServerError) -> Action {
        // Other codes tell of a server in trouble, not of a wrong password.
        let error = if error.code == ErrorCode::AUTHENTICATION_ERROR {
            let class = self.authenticator.take();
            HandshakeError::AuthenticationFailed { class, error: Box::new(error) }
        } else {
            HandshakeError::Server(Box::new(error))
        };
        self.fail(error)
    }

    fn ready(&mut self, auth_token: Option<Bytes>) -> Action {
        self.state = State::Ready;
        Action::Ready(Established {
            version: self.version,
            compression: self.config.compression,
            supported: std::mem::take(&mut self.supported),
            authenticator: self.authenticator.take(),
            auth_token,
        })
    }

    fn send(&mut self, next: State, request: &impl EncodeRequest) -> Action {
        let mut body = Vec::new();
        match request.encode(self.version, &mut body) {
            Ok(()) => {
                self.state = next;
                Action::Send { opcode: request.opcode(), body }
            }
            Err(error) => self.fail(HandshakeError::Encode(error)),
        }
    }

    fn fail(&mut self, error: HandshakeError) -> Action {
        self.state = State::Failed;
        Action::Fail(error)
    }

    fn waiting_for(&self) -> &'static str {
        match self.state {
            State::Idle => "the start of a connection",
            State::Options => "SUPPORTED",
            State::Startup => "READY or AUTHENTICATE",
            State::Token => "a token of the client",
            State::Authentication => "AUTH_CHALLENGE or AUTH_SUCCESS",
            State::Ready | State::Failed => "nothing more",
        }
    }
}

fn decode(version: ProtocolVersion, header: &Header, body: &Bytes) -> Result<Response, DecodeError> {
    let mut reader = Reader::new(body);
    Prelude::decode(&mut reader, header)?;
    Response::decode(version, header.opcode, body.slice_ref(reader.rest()))
}

fn check_compression(compression: Compression, version: ProtocolVersion) -> Result<(), HandshakeError> {
    // "Only LZ4 compression is currently supported for v5" (v5 §2.3.2).
    if version.has_segments() && compression != Compression::Lz4 {
        return Err(HandshakeError::CompressionNotInVersion { compression, version });
    }
    Ok(())
}

/// Whether the server does not speak the version, or only as a beta. Cassandra 2.1 calls it a server error. The texts
/// are all there is to know it by.
fn is_refusal(error: &ServerError) -> bool {
    matches!(error.code, ErrorCode::PROTOCOL_ERROR | ErrorCode::SERVER_ERROR)
        && ["Invalid or unsupported protocol version", "Beta version of the protocol used"]
            .iter()
            .any(|text| error.message.contains(text))
}
