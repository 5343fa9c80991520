//! Why a connection could not be started.

use super::Versions;
use crate::compression::{Compression, CompressionError};
use crate::error::{DecodeError, EncodeError};
use crate::response::ServerError;
use crate::version::ProtocolVersion;

/// Why a connection could not be started.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The server speaks none of the versions that the client allows.
    #[error("the server refuses protocol {asked}, and the client allows {allowed}: {server}")]
    VersionRefused {
        /// The version asked for last.
        asked: ProtocolVersion,
        /// What the client allows.
        allowed: Versions,
        /// The server's words, or the versions it lists.
        server: String,
    },
    /// The caller began a connection with a version that its configuration forbids.
    #[error("protocol {version} is not among the versions that the configuration allows")]
    VersionNotAllowed {
        /// That version.
        version: ProtocolVersion,
    },
    /// The server answers in another version than it is asked in.
    #[error("the server answers in protocol version {answered} to a request in {asked}")]
    WrongVersion {
        /// The version of the request.
        asked: ProtocolVersion,
        /// The number in the answer.
        answered: u8,
    },
    /// The server does not have the compression.
    #[error("the server does not offer {wanted} compression, it offers: {}", list(.offered))]
    CompressionNotOffered {
        /// The compression asked for.
        wanted: Compression,
        /// What the server has.
        offered: Vec<String>,
    },
    /// The version does not have the compression.
    #[error("protocol {version} has no {compression} compression: use lz4 or protocol v4")]
    CompressionNotInVersion {
        /// The compression asked for.
        compression: Compression,
        /// The version.
        version: ProtocolVersion,
    },
    /// This build does not have the compression.
    #[error("{compression} compression needs the cargo feature `{compression}`")]
    CompressionNotBuilt {
        /// The compression asked for.
        compression: Compression,
    },
    /// The server wants the client to authenticate, and the client has nothing to do it with.
    #[error("the server asks for authentication by {class}, but no credentials are configured")]
    AuthenticationRequired {
        /// The class of the server's authenticator.
        class: String,
    },
    /// The server does not believe that the client is who it says it is.
    #[error("authentication{} failed: {}", by(.class), .error.message)]
    AuthenticationFailed {
        /// The class of the server's authenticator; a server that goes by the client's certificate does not tell.
        class: Option<String>,
        /// What the server said.
        error: Box<ServerError>,
    },
    /// The server refuses for another reason.
    #[error("the server refuses the connection: {0}")]
    Server(Box<ServerError>),
    /// The server's answer makes no sense at this point.
    #[error("got {answer} where {state} was expected")]
    Unexpected {
        /// What came.
        answer: &'static str,
        /// What could have come.
        state: &'static str,
    },
    /// The server's answer could not be decoded.
    #[error("cannot understand the server's answer")]
    Undecodable(#[source] DecodeError),
    /// The server's answer could not be decompressed.
    #[error("cannot decompress the server's answer")]
    Compression(#[source] CompressionError),
    /// A request could not be encoded: an option or a token is too long.
    #[error("cannot encode a request of the handshake")]
    Encode(#[source] EncodeError),
}

impl HandshakeError {
    /// Whether credentials are missing or wrong: trying again with the same ones will not help.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        matches!(self, Self::AuthenticationRequired { .. } | Self::AuthenticationFailed { .. })
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn by(class: &Option<String>) -> String {
    class.as_ref().map_or_else(String::new, |class| format!(" by {class}"))
}
