//! Why a byte stream can no longer be cut into frames.

use super::Direction;
use crate::compression::CompressionError;
use crate::version::ProtocolVersion;

/// A broken byte stream: where the next frame starts is no longer known, so the connection must be closed.
///
/// What is wrong within one body is a [`crate::DecodeError`] and concerns that frame only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A body is declared longer than accepted.
    #[error("frame body of {length} bytes is above the limit of {limit}")]
    TooLarge {
        /// The declared length, in bytes.
        length: u32,
        /// The longest accepted.
        limit: u32,
    },
    /// A request where a response must come, or the reverse; usually the peer does not speak CQL at all.
    #[error("first byte of a frame is {found:#04x}, which is no {expected:?}")]
    WrongDirection {
        /// The direction being read.
        expected: Direction,
        /// The version byte.
        found: u8,
    },
    /// A version other than the connection's.
    #[error("frame of protocol version {found} on a connection of {expected}")]
    WrongVersion {
        /// The version of the connection.
        expected: ProtocolVersion,
        /// The number found.
        found: u8,
    },
    /// A version whose header has another layout (v1 and v2), or none.
    #[error("protocol version {found} has a header that cannot be read")]
    UnreadableVersion {
        /// The number found.
        found: u8,
    },
    /// A segment's header does not match its CRC24.
    #[error("segment header does not match its CRC24")]
    HeaderCrc,
    /// A segment's payload does not match its CRC32.
    #[error("segment payload does not match its CRC32")]
    PayloadCrc,
    /// A segment does not decompress.
    #[error("cannot decompress a segment")]
    Segment(#[from] CompressionError),
    /// A frame in a self-contained segment goes on beyond it.
    #[error("frame needs {needed} bytes of its self-contained segment, {left} are left")]
    FrameCrossesSegment {
        /// Bytes the frame takes, as far as known.
        needed: usize,
        /// Bytes left in the segment.
        left: usize,
    },
    /// The first slice of a large frame does not hold its header.
    #[error("first slice of a frame has {length} bytes, less than a header")]
    SliceTooShort {
        /// Bytes of the slice.
        length: usize,
    },
    /// The slices of a large frame hold more than it.
    #[error("slices hold {excess} bytes more than their frame")]
    SliceTooLong {
        /// Bytes behind the frame's end.
        excess: usize,
    },
    /// A self-contained segment between the slices of a large frame.
    #[error("self-contained segment between the slices of a frame")]
    SlicesInterrupted,
}
