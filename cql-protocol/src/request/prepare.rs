//! PREPARE: a statement to be prepared.

use super::EncodeRequest;
use crate::error::{DecodeError, EncodeError, Problem};
use crate::frame::Opcode;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};

/// "With keyspace" (v5 §4.1.5).
const KEYSPACE: i32 = 0x01;

/// A statement to be prepared (v5 §4.1.5); answered with a Prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepare<'a> {
    /// The statement.
    pub text: &'a str,
    /// Keyspace of unqualified names (v5). Cassandra warns in its log about every use; qualified names do without.
    pub keyspace: Option<&'a str>,
}

impl<'a> Prepare<'a> {
    /// Prepares `text` in the keyspace of the connection.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Prepare { text, keyspace: None }
    }

    /// Prepares it in that keyspace (v5).
    #[must_use]
    pub const fn in_keyspace(self, keyspace: &'a str) -> Self {
        Prepare { keyspace: Some(keyspace), ..self }
    }

    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short, not text, or has a flag that is not known.
    pub fn decode(version: ProtocolVersion, body: &'a [u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        let text = reader.long_string("query")?;
        if !version.has_int_flags() {
            return Ok(Prepare::new(text));
        }
        let flags = reader.i32("flags")?;
        match flags & !KEYSPACE {
            0 => {}
            unknown => return Err(reader.error("flags", Problem::Unknown(unknown.into()))),
        }
        let keyspace = if flags & KEYSPACE != 0 { Some(reader.string("keyspace")?) } else { None };
        Ok(Prepare { text, keyspace })
    }
}

impl EncodeRequest for Prepare<'_> {
    fn opcode(&self) -> Opcode {
        Opcode::PREPARE
    }

    fn append(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_long_string(self.text, "query")?;
        // v3 and v4 have neither flags nor keyspace: "the body of the message must be: <query>" (v4 §4.1.5).
        if self.keyspace.is_some() && !version.has_keyspace_per_request() {
            return Err(EncodeError::Unsupported { feature: "a keyspace per request", version });
        }
        if version.has_int_flags() {
            out.write_int(if self.keyspace.is_some() { KEYSPACE } else { 0 });
        }
        if let Some(keyspace) = self.keyspace {
            out.write_string(keyspace, "keyspace")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_keyspace_come_with_v5() {
        for (version, prepare, bytes) in [
            (ProtocolVersion::V3, Prepare::new("Q"), &[0, 0, 0, 1, b'Q'][..]),
            (ProtocolVersion::V4, Prepare::new("Q"), &[0, 0, 0, 1, b'Q']),
            (ProtocolVersion::V5, Prepare::new("Q"), &[0, 0, 0, 1, b'Q', 0, 0, 0, 0]),
            (
                ProtocolVersion::V5,
                Prepare::new("Q").in_keyspace("k"),
                &[0, 0, 0, 1, b'Q', 0, 0, 0, 1, 0, 1, b'k'],
            ),
        ] {
            let mut out = Vec::new();
            prepare.encode(version, &mut out).unwrap();
            assert_eq!(out, bytes);
            assert_eq!(Prepare::decode(version, bytes), Ok(prepare));
            for cut in 0..bytes.len() {
                assert!(Prepare::decode(version, &bytes[..cut]).is_err());
            }
        }
    }

    #[test]
    fn a_keyspace_before_v5_is_refused_and_leaves_nothing_behind() {
        let mut out = Vec::new();
        let error = Prepare::new("Q").in_keyspace("k").encode(ProtocolVersion::V4, &mut out);
        assert!(matches!(error, Err(EncodeError::Unsupported { .. })));
        assert!(out.is_empty());
        assert!(
            Prepare::decode(ProtocolVersion::V5, &[0, 0, 0, 1, b'Q', 0, 0, 0, 2]).is_err(),
            "unknown flag"
        );
    }
}
