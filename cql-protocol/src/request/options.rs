//! OPTIONS: what can this server do? Also the heartbeat of an idle connection.

use super::EncodeRequest;
use crate::error::EncodeError;
use crate::frame::Opcode;
use crate::version::ProtocolVersion;

/// Asks for a SUPPORTED (v5 §4.1.3). The body is empty.
///
/// Cassandra refuses it between AUTHENTICATE and AUTH_SUCCESS, where only AUTH_RESPONSE is legal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::exhaustive_structs, reason = "the message has no body")]
pub struct Options;

impl EncodeRequest for Options {
    fn opcode(&self) -> Opcode {
        Opcode::OPTIONS
    }

    fn append(&self, _version: ProtocolVersion, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Request;

    #[test]
    fn the_body_is_empty() {
        let mut out = Vec::new();
        Options.encode(ProtocolVersion::V5, &mut out).unwrap();
        assert!(out.is_empty());
        assert_eq!(Request::decode(ProtocolVersion::V5, Opcode::OPTIONS, &[]), Ok(Request::Options));
        assert_eq!(Request::decode(ProtocolVersion::V3, Opcode::OPTIONS, &[1, 2]), Ok(Request::Options));
    }
}
