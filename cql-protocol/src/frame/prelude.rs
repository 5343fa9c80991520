//! What precedes the message in a body: tracing id, warnings, custom payload (v4 §2.2).

use super::{Direction, Flags, Header};
use crate::error::{DecodeError, EncodeError};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::Bytes;
use std::collections::BTreeMap;
use uuid::Uuid;

/// The part of a body that the header's flags announce; usually there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Prelude {
    /// The id of the trace; responses only.
    pub tracing_id: Option<Uuid>,
    /// The server's warnings; responses of v4 and newer only.
    pub warnings: Vec<String>,
    /// What client and server agreed to hand each other, `[bytes map]`; v4 and newer only.
    pub custom_payload: Option<BTreeMap<String, Option<Bytes>>>,
}

impl Prelude {
    /// Reads what the header announces and leaves the reader at the message.
    ///
    /// The tracing flag of a request adds nothing to its body, and v3 has no other flag.
    ///
    /// # Errors
    /// When it is cut short or has text that is not UTF-8.
    #[inline]
    pub fn decode(reader: &mut Reader<'_>, header: &Header) -> Result<Self, DecodeError> {
        let any = Flags::TRACING | Flags::WARNING | Flags::CUSTOM_PAYLOAD;
        if header.flags.bits() & any.bits() == 0 {
            return Ok(Prelude::default());
        }
        Self::decode_announced(reader, header)
    }

    #[cold]
    fn decode_announced(reader: &mut Reader<'_>, header: &Header) -> Result<Self, DecodeError> {
        let response = header.direction() == Direction::Response;
        let since_v4 = header.version_number() >= ProtocolVersion::V4.number();
        let has = |flag| header.flags.contains(flag);
        let mut prelude = Prelude::default();
        if response && has(Flags::TRACING) {
            prelude.tracing_id = Some(reader.uuid("tracing id")?);
        }
        if response && since_v4 && has(Flags::WARNING) {
            prelude.warnings = reader.string_list("warnings")?;
        }
        if since_v4 && has(Flags::CUSTOM_PAYLOAD) {
            prelude.custom_payload = Some(bytes_map(reader, "custom payload")?);
        }
        Ok(prelude)
    }

    /// Appends what a body of that version and direction starts with, and returns the flags that announce it. On an
    /// error `out` may hold a part of it.
    ///
    /// # Errors
    /// When the version or a request cannot carry it, or something is too long for its prefix.
    pub fn encode(
        &self,
        version: ProtocolVersion,
        direction: Direction,
        out: &mut Vec<u8>,
    ) -> Result<Flags, EncodeError> {
        if direction == Direction::Request && (self.tracing_id.is_some() || !self.warnings.is_empty()) {
            return Err(EncodeError::Invalid("a request carries neither tracing id nor warnings"));
        }
        if !version.has_custom_payload() && (self.custom_payload.is_some() || !self.warnings.is_empty()) {
            return Err(EncodeError::Unsupported { feature: "a custom payload or warnings", version });
        }
        let mut flags = Flags::EMPTY;
        if let Some(id) = self.tracing_id {
            out.extend_from_slice(id.as_bytes());
            flags = flags | Flags::TRACING;
        }
        if !self.warnings.is_empty() {
            out.write_string_list(&self.warnings, "warnings")?;
            flags = flags | Flags::WARNING;
        }
        if let Some(payload) = &self.custom_payload {
            out.write_short_count(payload.len(), "custom payload")?;
            for (key, value) in payload {
                out.write_string(key, "custom payload")?;
                out.write_opt_bytes(value.as_deref(), "custom payload")?;
            }
            flags = flags | Flags::CUSTOM_PAYLOAD;
        }
        Ok(flags)
    }
}

/// A `[bytes map]`: its values are copied, as they are small and outlive the read buffer.
fn bytes_map(
    reader: &mut Reader<'_>,
    field: &'static str,
) -> Result<BTreeMap<String, Option<Bytes>>, DecodeError> {
    let count = reader.short_count(6, field)?;
    (0..count)
        .map(|_| {
            let key = reader.string(field)?.to_owned();
            Ok((key, reader.opt_bytes(field)?.map(Bytes::copy_from_slice)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Opcode, StreamId};

    const ALL: [u8; 48] = *b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\
        \0\x02\0\x02w1\0\x02w2\0\x02\0\x01k\0\0\0\x02vv\0\x01n\xFF\xFF\xFF\xFFrest";

    fn all() -> Prelude {
        let payload = [("n".to_owned(), None), ("k".to_owned(), Some(Bytes::from_static(b"vv")))];
        Prelude {
            tracing_id: Some(Uuid::from_u128(0x0102_0304_0506_0708_090A_0B0C_0D0E_0F10)),
            warnings: vec!["w1".to_owned(), "w2".to_owned()],
            custom_payload: Some(BTreeMap::from(payload)),
        }
    }

    fn decode(
        bytes: &[u8],
        version: ProtocolVersion,
        direction: Direction,
        flags: Flags,
    ) -> Result<(Prelude, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        let header = Header::new(version, direction, Opcode::RESULT, StreamId::new(0)).with_flags(flags);
        let prelude = Prelude::decode(&mut reader, &header)?;
        Ok((prelude, reader.offset()))
    }

    #[test]
    fn a_response_has_id_then_warnings_then_payload() {
        let (v5, response) = (ProtocolVersion::V5, Direction::Response);
        let mut out = Vec::new();
        let flags = all().encode(v5, response, &mut out).unwrap();
        assert_eq!(flags.bits(), 0x0E);
        assert_eq!(out, ALL[..44]);
        assert_eq!(decode(&ALL, v5, response, Flags::from_bits(0xFF)).unwrap(), (all(), 44));
        for cut in 0..44 {
            assert!(decode(&ALL[..cut], v5, response, flags).is_err(), "cut at {cut}");
        }
        assert_eq!(decode(&ALL, v5, response, Flags::from_bits(0xF1)).unwrap(), (Prelude::default(), 0));
    }

    #[test]
    fn a_request_has_a_payload_only() {
        let (v4, request) = (ProtocolVersion::V4, Direction::Request);
        let prelude = Prelude { custom_payload: all().custom_payload, ..Prelude::default() };
        let mut out = Vec::new();
        assert_eq!(prelude.encode(v4, request, &mut out), Ok(Flags::CUSTOM_PAYLOAD));
        assert_eq!(out, ALL[26..44]);
        let flags = Flags::TRACING | Flags::WARNING | Flags::CUSTOM_PAYLOAD;
        assert_eq!(decode(&ALL[26..], v4, request, flags).unwrap(), (prelude, 18));
        assert!(matches!(all().encode(v4, request, &mut out), Err(EncodeError::Invalid(_))));
    }

    #[test]
    fn v3_has_a_tracing_id_only() {
        let (v3, response) = (ProtocolVersion::V3, Direction::Response);
        let prelude = Prelude { tracing_id: all().tracing_id, ..Prelude::default() };
        assert_eq!(decode(&ALL, v3, response, Flags::from_bits(0xFF)).unwrap(), (prelude, 16));
        assert!(matches!(all().encode(v3, response, &mut Vec::new()), Err(EncodeError::Unsupported { .. })));
    }

    #[test]
    fn a_payload_cannot_promise_more_than_is_there() {
        let flags = Flags::CUSTOM_PAYLOAD;
        let error = decode(&[0xFF, 0xFF, 0, 0], ProtocolVersion::V4, Direction::Response, flags).unwrap_err();
        assert_eq!(error.field(), "custom payload");
    }
}
