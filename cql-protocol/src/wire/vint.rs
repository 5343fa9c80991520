//! Variable-length integers (v5 §3 `[unsigned vint]`, `[vint]`): the number of leading one bits of the first byte is the
//! number of bytes that follow.

use super::Reader;
use crate::error::DecodeError;

/// Appends an `[unsigned vint]`: 1 to 9 bytes.
pub fn write_unsigned_vint(value: u64, out: &mut Vec<u8>) {
    // Seven payload bits a byte; the ninth byte holds eight because no bit of the first is left for it.
    let bits = 64 - (value | 1).leading_zeros();
    let extra = ((bits - 1) / 7).min(8);
    let bytes = value.to_be_bytes();
    if extra == 8 {
        out.push(0xFF);
        out.extend_from_slice(&bytes);
        return;
    }
    let marker = !(0xFF_u8 >> extra);
    let (_, tail) = bytes.split_at(7 - extra as usize);
    if let Some((first, rest)) = tail.split_first() {
        out.push(first | marker);
        out.extend_from_slice(rest);
    }
}

/// Reads an `[unsigned vint]`.
///
/// # Errors
/// When the bytes end before the number does.
pub fn read_unsigned_vint(reader: &mut Reader<'_>, field: &'static str) -> Result<u64, DecodeError> {
    let first = reader.u8(field)?;
    let extra = first.leading_ones();
    let mut value = if extra >= 8 { 0 } else { u64::from(first & (0xFF >> extra)) };
    for byte in reader.bytes(extra as usize, field)? {
        value = (value << 8) | u64::from(*byte);
    }
    Ok(value)
}

/// Maps small negative numbers to small unsigned ones: 0, -1, 1, -2 … to 0, 1, 2, 3 …
#[must_use]
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

/// The inverse of [`zigzag`].
#[must_use]
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_vints_have_the_specified_bytes() {
        for (value, bytes) in [
            (0, &[0x00][..]),
            (127, &[0x7F]),
            (128, &[0x80, 0x80]),
            (16383, &[0xBF, 0xFF]),
            (16384, &[0xC0, 0x40, 0x00]),
            (256_000, &[0xC3, 0xE8, 0x00]),
            (1 << 56, &[0xFF, 0x01, 0, 0, 0, 0, 0, 0, 0]),
            (u64::MAX, &[0xFF; 9]),
        ] {
            let mut out = Vec::new();
            write_unsigned_vint(value, &mut out);
            assert_eq!(out, bytes, "{value}");
            let mut reader = Reader::new(bytes);
            assert_eq!(read_unsigned_vint(&mut reader, "v"), Ok(value));
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn every_length_round_trips_at_its_edges() {
        for bit in 0..64 {
            for value in [1_u64 << bit, (1 << bit) - 1, (1 << bit) | 1] {
                let mut out = Vec::new();
                write_unsigned_vint(value, &mut out);
                assert_eq!(read_unsigned_vint(&mut Reader::new(&out), "v"), Ok(value));
                for cut in 0..out.len() {
                    assert!(read_unsigned_vint(&mut Reader::new(&out[..cut]), "v").is_err());
                }
            }
        }
        for value in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }
}
