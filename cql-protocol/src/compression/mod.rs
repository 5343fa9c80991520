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
    pub const ALL: &'static [Compression] = &[Compression::Lz4, Compression::Snappy];

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
        Compression::ALL.iter().copied().find(|compression| compression.name().eq_ignore_ascii_case(name))
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
        other => {
            let _ = (body, out);
            Err(CompressionError::Unavailable(other))
        }
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
        other => {
            let _ = (body, limit);
            Err(CompressionError::Unavailable(other))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_startup() {
        assert_eq!(Compression::from_name("LZ4"), Some(Compression::Lz4));
        assert_eq!(Compression::from_name(Compression::Snappy.name()), Some(Compression::Snappy));
        assert_eq!(Compression::from_name("zstd"), None);
    }

    #[test]
    fn what_is_not_compiled_in_says_so() {
        for &compression in Compression::ALL {
            let mut out = Vec::new();
            let unavailable = Err(CompressionError::Unavailable(compression));
            assert_eq!(
                compress_body(compression, b"x", &mut out) == unavailable,
                !compression.is_available()
            );
            assert_eq!(
                decompress_body(compression, &out, 9),
                if compression.is_available() { Ok(b"x".to_vec()) } else { unavailable.map(|()| vec![]) }
            );
        }
    }
}

#[cfg(all(test, feature = "lz4", feature = "snappy"))]
mod codec_tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::{any, prop_oneof};
    use proptest::{prop_assert_eq, proptest};

    /// "abcd" nine times between two texts. What a compressor makes of it is its own business: only the
    /// decompressors have bytes to agree on.
    const TEXT: &[u8] = b"-abcdabcdabcdabcdabcdabcdabcdabcdabcd-tail";

    #[test]
    fn lz4_bodies_have_their_bytes() {
        // Length 42; five literals, a match of 32 four bytes back; five literals.
        let bytes = b"\0\0\0\x2A\x5F-abcd\x04\0\x0D\x50-tail";
        assert_eq!(decompress_body(Compression::Lz4, bytes, 100).unwrap(), TEXT);
        let mut out = b"before".to_vec();
        compress_body(Compression::Lz4, TEXT, &mut out).unwrap();
        assert_eq!(out[..10], *b"before\0\0\0\x2A");
        assert_eq!(decompress_body(Compression::Lz4, &out[6..], 42).unwrap(), TEXT);
    }

    #[test]
    fn snappy_bodies_have_their_bytes() {
        // Length 42; five literals, a copy of 32 four bytes back; five literals.
        let bytes = b"\x2A\x10-abcd\x7E\x04\0\x10-tail";
        assert_eq!(decompress_body(Compression::Snappy, bytes, 100).unwrap(), TEXT);
        let mut out = b"before".to_vec();
        compress_body(Compression::Snappy, TEXT, &mut out).unwrap();
        assert_eq!(out[..7], *b"before\x2A");
        assert_eq!(decompress_body(Compression::Snappy, &out[6..], 42).unwrap(), TEXT);
    }

    #[test]
    fn empty_bodies_are_legal() {
        for &compression in Compression::ALL {
            let mut out = Vec::new();
            compress_body(compression, b"", &mut out).unwrap();
            assert_eq!(decompress_body(compression, &out, 0), Ok(vec![]));
            assert_eq!(decompress_body(compression, b"", 9), Err(CompressionError::Malformed(compression)));
        }
        assert_eq!(decompress_body(Compression::Lz4, &[0; 4], 0), Ok(vec![]));
        assert_eq!(
            decompress_body(Compression::Lz4, &[0, 0, 0, 0, 0x10, 7], 9),
            Err(CompressionError::Malformed(Compression::Lz4)),
            "a byte where none is declared"
        );
    }

    #[test]
    fn a_declared_length_must_be_the_real_one() {
        let lz4 = |length: u8| decompress_body(Compression::Lz4, &[0, 0, 0, length, 0x20, b'a', b'b'], 100);
        assert_eq!(lz4(2), Ok(b"ab".to_vec()));
        assert_eq!(lz4(1), Err(CompressionError::Malformed(Compression::Lz4)));
        assert_eq!(lz4(3), Err(CompressionError::WrongLength { declared: 3, found: 2 }));
        let snappy = |length: u8| decompress_body(Compression::Snappy, &[length, 0x04, b'a', b'b'], 100);
        assert_eq!(snappy(2), Ok(b"ab".to_vec()));
        assert_eq!(snappy(1), Err(CompressionError::Malformed(Compression::Snappy)));
        assert_eq!(snappy(3), Err(CompressionError::Malformed(Compression::Snappy)));
    }

    #[test]
    #[cfg_attr(miri, ignore = "megabytes take too long there")]
    fn bombs_are_refused_by_limit_and_by_ratio() {
        let zeros = vec![0; 1 << 20];
        for &compression in Compression::ALL {
            let mut bomb = Vec::new();
            compress_body(compression, &zeros, &mut bomb).unwrap();
            let limit = zeros.len() - 1;
            let error = CompressionError::TooLong { length: zeros.len(), limit };
            assert_eq!(decompress_body(compression, &bomb, limit), Err(error));
            assert_eq!(
                decompress_body(compression, &bomb, zeros.len()).as_ref(),
                Ok(&zeros),
                "the ratio allows it"
            );
        }
        let (length, limit) = (256 << 20, 6 * 255);
        assert_eq!(
            decompress_body(Compression::Lz4, &[0x10, 0, 0, 0, 0x1F, 0, 1, 0, 255, 255], usize::MAX),
            Err(CompressionError::TooLong { length, limit })
        );
        assert_eq!(
            decompress_body(Compression::Snappy, &[0x80, 0x80, 0x80, 0x80, 0x01, 0, 0, 0, 0, 0], usize::MAX),
            Err(CompressionError::TooLong { length, limit: 10 * 22 })
        );
    }

    proptest! {
        #[test]
        fn bodies_round_trip(body in prop_oneof![vec(any::<u8>(), 0..2000), vec(0..2_u8, 0..10_000)]) {
            for &compression in Compression::ALL {
                let mut out = Vec::new();
                compress_body(compression, &body, &mut out).unwrap();
                prop_assert_eq!(decompress_body(compression, &out, body.len()), Ok(body.clone()));
            }
        }
    }
}
