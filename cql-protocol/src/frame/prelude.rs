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
