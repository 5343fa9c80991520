//! Compression of frame bodies on v3 and v4 (v4 §5); v5 compresses segments instead, with the same LZ4 blocks.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

#[cfg(feature = "lz4")]
pub(crate) mod lz4;
#[cfg(feature = "snappy")]
mod snappy;

use std::fmt;

/// An algorithm that a connection can agree on in STARTUP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// LZ4 blocks; the only one of v5. Needs the cargo feature `lz4`.
    Lz4,
    /// Raw Snappy; v3 and v4 only. Needs the cargo feature `snappy`.
    Snappy,
}

impl Compression {
    /// Every algorithm.
    pub const ALL: [Compression; 2] = [Compression::Lz4, Compression::Snappy];

    /// The name in SUPPORTED and STARTUP.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Compression::Lz4 => "lz4",
            Compression::Snappy => "snappy",
        }
    }

    /// The algorithm of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Compression::ALL.into_iter().find(|compression| compression.name().eq_ignore_ascii_case(name))
    }

    /// Whether this build can do it: a matter of cargo features.
    #[must_use]
    pub const fn is_available(self) -> bool {
        match self {
            Compression::Lz4 => cfg!(feature = "lz4"),
            Compression::Snappy => cfg!(feature = "snappy"),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why bytes could not be compressed or decompressed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompressionError {
    /// This build, or this protocol version, has no such compression.
    #[error("{0} compression is not available here: wrong protocol version or missing cargo feature")]
    Unavailable(Compression),
    /// A compressed body on a connection that has agreed on no compression.
    #[error("body is compressed, but the connection has negotiated no compression")]
    NotNegotiated,
    /// More than the limit allows, or than the compressed bytes can possibly hold.
    #[error("declared uncompressed length {length} is above the limit of {limit}")]
    TooLong {
        /// The length, in bytes.
        length: usize,
        /// The largest accepted for these bytes.
        limit: usize,
    },
    /// The contents are not of the declared length.
    #[error("decompressed to {found} bytes, {declared} were declared")]
    WrongLength {
        /// The declared length, in bytes.
        declared: usize,
        /// The length found.
        found: usize,
    },
    /// The bytes are not what the algorithm writes.
    #[error("malformed {0} data")]
    Malformed(Compression),
}

/// Appends the compressed form of `body` to `out`. On an error `out` is as it was.
///
/// # Errors
/// When the algorithm is not available in this build, or the body is longer than 4 GiB.
pub fn compress_body(
    compression: Compression,
    body: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), CompressionError> {
    match compression {
        #[cfg(feature = "lz4")]
        Compression::Lz4 => lz4::compress_body(body, out),
        #[cfg(feature = "snappy")]
        Compression::Snappy => snappy::compress_body(body, out),
        #[cfg(not(all(feature = "lz4", feature = "snappy")))]
        other => unavailable(other, (body, out)).map(drop),
    }
}

/// The contents of a compressed body, of at most `limit` bytes.
///
/// The declared length is compared with the limit, and with what the algorithm can make of the bytes at hand, before
/// anything is allocated for it.
///
/// # Errors
/// When the algorithm is not available in this build, the contents are longer than the limit or malformed.
pub fn decompress_body(
    compression: Compression,
    body: &[u8],
    limit: usize,
) -> Result<Vec<u8>, CompressionError> {
    match compression {
        #[cfg(feature = "lz4")]
        Compression::Lz4 => lz4::decompress_body(body, limit),
        #[cfg(feature = "snappy")]
        Compression::Snappy => snappy::decompress_body(body, limit),
        #[cfg(not(all(feature = "lz4", feature = "snappy")))]
        other => unavailable(other, (body, limit)),
    }
}

/// Takes what is not used without the features.
#[cfg(not(all(feature = "lz4", feature = "snappy")))]
fn unavailable<T>(compression: Compression, _: T) -> Result<Vec<u8>, CompressionError> {
    Err(CompressionError::Unavailable(compression))
}

/// Compares a declared length with the limit and with the most that `compressed` bytes can expand to.
#[cfg(any(feature = "lz4", feature = "snappy"))]
fn check_declared(
    length: usize,
    limit: usize,
    compressed: usize,
    max_ratio: usize,
) -> Result<(), CompressionError> {
    let limit = limit.min(compressed.saturating_mul(max_ratio));
    if length > limit {
        return Err(CompressionError::TooLong { length, limit });
    }
    Ok(())
}
