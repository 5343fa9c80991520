//! The header of a segment: lengths, whether it stands alone, CRC24 (v5 §2.3.1). All of it little-endian.

use super::{MAX_PAYLOAD, TRAILER_SIZE, crc24};

const LENGTH_BITS: u32 = 17;
const LENGTH_MASK: u64 = 0x1_FFFF;

/// Which of the two layouts a connection uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One length, six bytes.
    Uncompressed,
    /// Two lengths, eight bytes.
    Lz4,
}

impl Format {
    /// Bytes of a header with its CRC.
    #[inline]
    pub(crate) const fn header_size(self) -> usize {
        match self {
            Format::Uncompressed => 6,
            Format::Lz4 => 8,
        }
    }
}

/// A segment's header without its CRC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// Bytes of the payload on the wire.
    pub(crate) length: usize,
    /// Bytes it decompresses to; 0: it is not compressed.
    pub(crate) uncompressed_length: usize,
    /// Whether the payload is whole frames rather than a slice of one.
    pub(crate) self_contained: bool,
}

impl Header {
    /// Bytes of the whole segment whose header `bytes` starts with, its CRC not checked: enough to size a buffer.
    #[inline]
    pub(crate) fn peek_size(format: Format, bytes: &[u8]) -> Option<usize> {
        let [a, b, c] = *bytes.first_chunk::<3>()?;
        let length = u32::from_le_bytes([a, b, c, 0]) as usize & MAX_PAYLOAD;
        Some(length.saturating_add(format.header_size()).saturating_add(TRAILER_SIZE))
    }

    /// Reads the header that `bytes` starts with. `None`: too few bytes. `Some(None)`: the CRC does not match.
    ///
    /// Padding bits are not looked at, like the server does.
    #[inline]
    pub(crate) fn decode(format: Format, bytes: &[u8]) -> Option<Option<Self>> {
        let (content, crc, value) = match format {
            Format::Uncompressed => {
                let [a, b, c, crc @ ..] = bytes.first_chunk::<6>()?;
                (&[*a, *b, *c][..], crc, u64::from_le_bytes([*a, *b, *c, 0, 0, 0, 0, 0]))
            }
            Format::Lz4 => {
                let [a, b, c, d, e, crc @ ..] = bytes.first_chunk::<8>()?;
                (&[*a, *b, *c, *d, *e][..], crc, u64::from_le_bytes([*a, *b, *c, *d, *e, 0, 0, 0]))
            }
        };
        let [c0, c1, c2] = *crc;
        if crc24(content) != u32::from_le_bytes([c0, c1, c2, 0]) {
            return Some(None);
        }
        let (uncompressed_length, flag) = match format {
            Format::Uncompressed => (0, value >> LENGTH_BITS),
            Format::Lz4 => (length_of(value >> LENGTH_BITS), value >> (2 * LENGTH_BITS)),
        };
        Some(Some(Header { length: length_of(value), uncompressed_length, self_contained: flag & 1 == 1 }))
    }

    /// Writes the header to the start of `target`, which has room for it.
    #[inline]
    pub(crate) fn encode(self, format: Format, target: &mut [u8]) {
        debug_assert!(self.length <= MAX_PAYLOAD && self.uncompressed_length <= MAX_PAYLOAD);
        let (length, flag) = (self.length as u64, u64::from(self.self_contained));
        match format {
            Format::Uncompressed => {
                let [a, b, c, ..] = (length | (flag << LENGTH_BITS)).to_le_bytes();
                let [c0, c1, c2, _] = crc24(&[a, b, c]).to_le_bytes();
                if let Some(target) = target.first_chunk_mut() {
                    *target = [a, b, c, c0, c1, c2];
                }
            }
            Format::Lz4 => {
                let uncompressed = self.uncompressed_length as u64;
                let value = length | (uncompressed << LENGTH_BITS) | (flag << (2 * LENGTH_BITS));
                let [a, b, c, d, e, ..] = value.to_le_bytes();
                let [c0, c1, c2, _] = crc24(&[a, b, c, d, e]).to_le_bytes();
                if let Some(target) = target.first_chunk_mut() {
                    *target = [a, b, c, d, e, c0, c1, c2];
                }
            }
        }
    }
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "masked to 17 bits")]
const fn length_of(value: u64) -> usize {
    (value & LENGTH_MASK) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: Format, length: usize, uncompressed_length: usize, self_contained: bool, bytes: &[u8]) {
        let header = Header { length, uncompressed_length, self_contained };
        let mut encoded = vec![0; format.header_size()];
        header.encode(format, &mut encoded);
        assert_eq!(encoded, bytes);
        assert_eq!(Header::decode(format, bytes), Some(Some(header)));
        assert_eq!(Header::peek_size(format, bytes), Some(length + bytes.len() + 4));
        for cut in 0..bytes.len() {
            assert_eq!(Header::decode(format, &bytes[..cut]), None);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Header::decode(format, &flipped), Some(None), "bit {bit}");
        }
    }

    #[test]
    fn uncompressed_headers_have_their_bytes() {
        let check = |length, alone, bytes: [u8; 6]| check(Format::Uncompressed, length, 0, alone, &bytes);
        check(0, true, [0x00, 0x00, 0x02, 0x6A, 0x36, 0xC4]);
        check(1, true, [0x01, 0x00, 0x02, 0x72, 0x56, 0xAC]);
        check(9, true, [0x09, 0x00, 0x02, 0xA4, 0xC8, 0xC1]);
        check(50, true, [0x32, 0x00, 0x02, 0xA5, 0xFF, 0xEE]);
        check(131_071, true, [0xFF, 0xFF, 0x03, 0x25, 0x40, 0x47]);
        check(131_071, false, [0xFF, 0xFF, 0x01, 0x38, 0x91, 0xFE]);
        check(5, false, [0x05, 0x00, 0x00, 0x04, 0x48, 0x23]);
        check(1, false, [0x01, 0x00, 0x00, 0x6F, 0x87, 0x15]);
    }

    #[test]
    fn lz4_headers_have_their_bytes() {
        check(Format::Lz4, 1, 0, true, &[0x01, 0x00, 0x00, 0x00, 0x04, 0x06, 0xA5, 0x87]);
        check(Format::Lz4, 12, 64, true, &[0x0C, 0x00, 0x80, 0x00, 0x04, 0x51, 0x83, 0xD1]);
        check(Format::Lz4, 131_071, 131_071, false, &[0xFF, 0xFF, 0xFF, 0xFF, 0x03, 0xA2, 0x88, 0xB3]);
    }
}
