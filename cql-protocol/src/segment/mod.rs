//! Segments: the checksummed outer framing of v5 (§2.3, where they are called frames). [`Encoder`] makes them;
//! [`crate::frame::Decoder`] takes frames out of them.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod crc;
mod encoder;
mod header;

pub use crc::{crc24, crc32};
pub use encoder::Encoder;
pub(crate) use header::{Format, Header};

/// The longest payload of a segment, in bytes, compressed or not.
pub const MAX_PAYLOAD: usize = 131_071;

/// Bytes of the CRC32 behind a payload.
pub(crate) const TRAILER_SIZE: usize = 4;
