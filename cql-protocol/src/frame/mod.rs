//! Frames: what a message travels in (v5 §2 calls them envelopes). The [`Decoder`] cuts them out of what a socket
//! gives; [`encode_frame`] and [`crate::segment::Encoder`] make the bytes of the other way.
//!
//! Nothing here looks into a body beyond its [`Prelude`].
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod decoder;
mod encode;
mod error;
mod flags;
mod header;
mod opcode;
mod prelude;
mod segments;
mod stream_id;

pub use decoder::Decoder;
pub use encode::{COMPRESSION_THRESHOLD, encode_frame};
pub use error::FrameError;
pub use flags::Flags;
pub use header::{Direction, HEADER_SIZE, Header, MAX_BODY};
pub use opcode::Opcode;
pub use prelude::Prelude;
pub use stream_id::StreamId;

use crate::compression::{Compression, CompressionError, decompress_body};
use bytes::Bytes;

/// One frame: its header and its body, as they were on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The header.
    pub header: Header,
    /// The body, compressed if the header says so. Usually a slice of the read buffer (64 KiB), which lives as long as
    /// the slice does: copy what is to be kept.
    pub body: Bytes,
}

impl Frame {
    /// A frame of these parts.
    #[must_use]
    pub const fn new(header: Header, body: Bytes) -> Self {
        Frame { header, body }
    }

    /// The body, decompressed if need be with what the connection has negotiated; of at most `limit` bytes.
    ///
    /// On v5 segments are compressed, not bodies, and the flag means nothing (v5 §2.2).
    ///
    /// # Errors
    /// When the body is compressed and nothing was negotiated, or it does not decompress within the limit.
    #[inline]
    pub fn into_body(
        self,
        compression: Option<Compression>,
        limit: usize,
    ) -> Result<Bytes, CompressionError> {
        if !self.header.flags.contains(Flags::COMPRESSED) || self.header.version_number() >= 5 {
            return Ok(self.body);
        }
        let compression = compression.ok_or(CompressionError::NotNegotiated)?;
        decompress_body(compression, &self.body, limit).map(Bytes::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProtocolVersion;

    fn flagged(version: ProtocolVersion) -> Frame {
        let header = Header::new(version, Direction::Response, Opcode::RESULT, StreamId::new(1));
        Frame::new(header.with_flags(Flags::COMPRESSED), Bytes::from_static(&[0, 0, 0, 0, 0]))
    }

    #[test]
    fn a_compressed_body_without_negotiation_is_refused() {
        let error = flagged(ProtocolVersion::V4).into_body(None, 100).unwrap_err();
        assert_eq!(error, CompressionError::NotNegotiated);
    }

    #[test]
    fn the_flag_means_nothing_on_v5() {
        let body = flagged(ProtocolVersion::V5).into_body(None, 100).unwrap();
        assert_eq!(&body[..], [0; 5]);
    }

    #[test]
    fn a_frame_is_small() {
        assert!(size_of::<Frame>() <= 48, "frames move through vectors and slots");
    }
}
