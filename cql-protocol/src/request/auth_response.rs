//! AUTH_RESPONSE: a token for the server's authenticator.

use super::EncodeRequest;
use crate::error::{DecodeError, EncodeError};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use std::fmt;

/// Answers AUTHENTICATE or AUTH_CHALLENGE (v5 §4.1.2). `Debug` does not show the token.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct AuthResponse<'a>(Option<&'a [u8]>);

impl<'a> AuthResponse<'a> {
    /// A response with that token; `None` is the null token, which differs from an empty one.
    #[must_use]
    pub fn new(token: Option<&'a [u8]>) -> Self {
        AuthResponse(token)
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Option<&'a [u8]> {
        self.0
    }

    /// Reads the body, which is the same in every version.
    ///
    /// # Errors
    /// When it is cut short.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        Reader::new(body).opt_bytes("AUTH_RESPONSE token").map(AuthResponse)
    }
}

impl EncodeRequest for AuthResponse<'_> {
    fn opcode(&self) -> Opcode {
        Opcode::AUTH_RESPONSE
    }

    fn append(&self, _version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_opt_bytes(self.0, "AUTH_RESPONSE token")
    }
}

impl fmt::Debug for AuthResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not even the length: with PLAIN it tells the length of the password.
        f.write_str(if self.0.is_some() { "AuthResponse(redacted)" } else { "AuthResponse(null)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bytes_and_none_is_null() {
        for (token, bytes) in [
            (Some(&b"\0u\0p"[..]), &[0, 0, 0, 4, 0, b'u', 0, b'p'][..]),
            (Some(&[]), &[0, 0, 0, 0]),
            (None, &[0xFF, 0xFF, 0xFF, 0xFF]),
        ] {
            let mut out = Vec::new();
            AuthResponse::new(token).encode(ProtocolVersion::V4, &mut out).unwrap();
            assert_eq!(out, bytes);
            assert_eq!(AuthResponse::decode(bytes), Ok(AuthResponse::new(token)));
        }
        assert!(AuthResponse::decode(&[0, 0, 0, 1]).is_err());
    }

    #[test]
    fn debug_hides_the_token() {
        let text = format!("{:?}", AuthResponse::new(Some(b"secret")));
        assert_eq!(text, "AuthResponse(redacted)");
    }
}
