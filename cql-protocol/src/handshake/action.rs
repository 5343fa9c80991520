//! What the owner of the socket has to do next.

use super::HandshakeError;
use crate::compression::Compression;
use crate::frame::Opcode;
use crate::response::Supported;
use crate::version::ProtocolVersion;
use bytes::Bytes;
use std::fmt;

/// What follows from an answer of the server. `Debug` shows no tokens.
#[must_use = "the handshake goes on with it"]
#[non_exhaustive]
pub enum Action {
    /// Send this message and wait for its answer.
    Send {
        /// Of which kind it is.
        opcode: Opcode,
        /// Its body, to go out uncompressed.
        body: Vec<u8>,
    },
    /// The server wants the client to authenticate: hand the first token to [`Handshake::respond`], after switching to
    /// segments if [`Handshake::in_segments`] says so.
    ///
    /// [`Handshake::respond`]: super::Handshake::respond
    /// [`Handshake::in_segments`]: super::Handshake::in_segments
    Authenticate {
        /// The class of the server's authenticator.
        class: String,
    },
    /// The server wants another token: hand it to [`Handshake::respond`].
    ///
    /// [`Handshake::respond`]: super::Handshake::respond
    Challenge {
        /// The server's token; `None` is null.
        token: Option<Bytes>,
    },
    /// The connection is ready.
    Ready(Established),
    /// The server speaks only older versions: close this connection, open another and [start] it with `to`.
    ///
    /// [start]: super::Handshake::start
    Downgrade {
        /// The version to try.
        to: ProtocolVersion,
    },
    /// The connection cannot be used: close it.
    Fail(HandshakeError),
}

/// What a connection agreed on.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Established {
    /// The version.
    pub version: ProtocolVersion,
    /// The compression, if any.
    pub compression: Option<Compression>,
    /// What the server supports.
    pub supported: Supported,
    /// The class of the authenticator that the client satisfied, if it had to.
    pub authenticator: Option<String>,
    /// The authenticator's last word, for those that check the server in turn.
    pub auth_token: Option<Bytes>,
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Send { opcode, .. } => {
                f.debug_struct("Send").field("opcode", opcode).finish_non_exhaustive()
            }
            Action::Authenticate { class } => f.debug_struct("Authenticate").field("class", class).finish(),
            Action::Challenge { .. } => f.write_str("Challenge(redacted)"),
            Action::Ready(established) => f.debug_tuple("Ready").field(established).finish(),
            Action::Downgrade { to } => f.debug_struct("Downgrade").field("to", to).finish(),
            Action::Fail(error) => f.debug_tuple("Fail").field(error).finish(),
        }
    }
}

impl fmt::Debug for Established {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Established")
            .field("version", &self.version)
            .field("compression", &self.compression)
            .field("supported", &self.supported)
            .field("authenticator", &self.authenticator)
            .finish_non_exhaustive()
    }
}
