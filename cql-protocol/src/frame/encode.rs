//! Writes whole frames: handshakes, servers, tests. A driver's hot path pushes parts to a [`crate::segment::Encoder`].

use super::{Flags, HEADER_SIZE, Header, MAX_BODY};
use crate::compression::{Compression, compress_body};
use crate::error::EncodeError;

/// Shorter bodies are sent as they are: compressing them saves less than it costs.
pub const COMPRESSION_THRESHOLD: usize = 128;

/// Appends one frame; the header's length is set to the body's.
///
/// With a compression (v3 and v4 only: v5 compresses segments, and this argument is then ignored) a body of at least
/// [`COMPRESSION_THRESHOLD`] bytes is compressed and flagged if that makes it smaller. On an error `out` is as it was.
///
/// # Errors
/// When the body is longer than [`MAX_BODY`], before any compression, or this build has no such compression.
pub fn encode_frame(
    header: Header,
    body: &[u8],
    compression: Option<Compression>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    // Whoever decompresses it has the same limit.
    let length = checked(body.len())?;
    let start = out.len();
    match compression {
        Some(compression) if header.version_number() < 5 && body.len() >= COMPRESSION_THRESHOLD => {
            out.extend_from_slice(&[0; HEADER_SIZE]);
            let compressed = compress_body(compression, body, out);
            let smaller = checked(out.len().saturating_sub(start).saturating_sub(HEADER_SIZE));
            if compressed.is_ok()
                && let Ok(smaller) = smaller
                && smaller < length
            {
                let header = header.with_flags(header.flags | Flags::COMPRESSED).with_length(smaller);
                if let Some(target) = out.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
                    *target = header.encode();
                }
                return Ok(());
            }
            out.truncate(start);
            // Within the limit there is no other reason.
            compressed.map_err(|_| EncodeError::Invalid("this build has no such compression"))?;
        }
        _ => {}
    }
    out.extend_from_slice(&header.with_length(length).encode());
    out.extend_from_slice(body);
    Ok(())
}

fn checked(length: usize) -> Result<u32, EncodeError> {
    match u32::try_from(length) {
        Ok(checked) if checked <= MAX_BODY => Ok(checked),
        _ => Err(EncodeError::TooLong { field: "frame body", length, limit: MAX_BODY as usize }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProtocolVersion;
    use crate::frame::{Direction, Opcode, StreamId};

    fn query(version: ProtocolVersion) -> Header {
        Header::new(version, Direction::Request, Opcode::QUERY, StreamId::new(258)).with_flags(Flags::TRACING)
    }

    #[test]
    fn a_frame_is_its_header_and_its_body() {
        let mut out = vec![0xEE];
        encode_frame(query(ProtocolVersion::V3), b"ab", None, &mut out).unwrap();
        assert_eq!(out, [0xEE, 3, 2, 1, 2, 7, 0, 0, 0, 2, b'a', b'b']);
    }

    #[test]
    fn a_body_above_the_limit_is_refused_before_it_is_compressed() {
        let body = vec![0; (256 << 20) + 1];
        for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
            let mut out = vec![0xEE];
            let capacity = out.capacity();
            let error = encode_frame(query(ProtocolVersion::V3), &body, compression, &mut out);
            assert!(matches!(
                error,
                Err(EncodeError::TooLong { length: 0x1000_0001, limit: 0x1000_0000, .. })
            ));
            assert_eq!((&out[..], out.capacity()), (&[0xEE][..], capacity));
        }
    }

    #[cfg(feature = "lz4")]
    #[test]
    fn only_bodies_worth_it_are_compressed() {
        let encode = |version, body: &[u8]| {
            let mut out = vec![0xEE];
            encode_frame(query(version), body, Some(Compression::Lz4), &mut out).unwrap();
            assert_eq!(out.len() - 10, usize::from(out[9]) | usize::from(out[8]) << 8, "length");
            (out[2], out.len() - 10)
        };
        assert_eq!(encode(ProtocolVersion::V4, &[7; 127]), (2, 127), "too short");
        let (flags, length) = encode(ProtocolVersion::V4, &[7; 128]);
        assert!(flags == 3 && length < 32, "{length} bytes");
        assert_eq!(encode(ProtocolVersion::V5, &[7; 128]), (2, 128), "the segment is compressed instead");
        let noise: Vec<u8> = (0..=255).collect();
        assert_eq!(encode(ProtocolVersion::V4, &noise), (2, 256), "no smaller");
    }

    #[cfg(not(feature = "lz4"))]
    #[test]
    fn a_missing_compression_is_an_error() {
        let mut out = vec![0xEE];
        let error = encode_frame(query(ProtocolVersion::V4), &[7; 128], Some(Compression::Lz4), &mut out);
        assert_eq!(error, Err(EncodeError::Invalid("this build has no such compression")));
        assert_eq!(out, [0xEE]);
    }
}
