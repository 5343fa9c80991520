//! Writes whole frames: handshakes, servers, tests. A driver's hot path pushes parts to a [`crate::segment::Encoder`].

use super::{Flags, HEADER_SIZE, Header, MAX_BODY};
use crate::compression::{Compression, CompressionError, compress_body};
use crate::error::EncodeError;

/// Shorter bodies are sent as they are: compressing them saves less than it costs.
pub const COMPRESSION_THRESHOLD: usize = 128;

/// Appends one frame; the header's length is set to the body's.
///
/// With a compression (v3 and v4 only: v5 compresses segments, and this argument is then ignored) a body of at least
/// [`COMPRESSION_THRESHOLD`] bytes is compressed and flagged if that makes it smaller. On an error `out` is as it was.
///
/// # Errors
/// When the body is longer than [`MAX_BODY`] or this build has no such compression.
pub fn encode_frame(
    header: Header,
    body: &[u8],
    compression: Option<Compression>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let start = out.len();
    match compression {
        Some(compression) if header.version_number() < 5 && body.len() >= COMPRESSION_THRESHOLD => {
            out.extend_from_slice(&[0; HEADER_SIZE]);
            let compressed = compress_body(compression, body, out);
            let length = out.len().saturating_sub(start).saturating_sub(HEADER_SIZE);
            if compressed.is_ok() && length < body.len() {
                let header =
                    header.with_flags(header.flags | Flags::COMPRESSED).with_length(checked(length)?);
                if let Some(target) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
                    *target = header.encode();
                }
                return Ok(());
            }
            out.truncate(start);
            compressed.map_err(|error| match error {
                CompressionError::TooLong { length, limit } => {
                    EncodeError::TooLong { field: "frame body", length, limit }
                }
                _ => EncodeError::Invalid("this build has no such compression"),
            })?;
        }
        _ => {}
    }
    let header = header.with_length(checked(body.len())?);
    out.extend_from_slice(&header.encode());
    out.extend_from_slice(body);
    Ok(())
}

fn checked(length: usize) -> Result<u32, EncodeError> {
    match u32::try_from(length) {
        Ok(checked) if checked <= MAX_BODY => Ok(checked),
        _ => Err(EncodeError::TooLong { field: "frame body", length, limit: MAX_BODY as usize }),
    }
}
