//! All bytes of a connection of v5, in segments.

use crate::frame_stream::{read, take};
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Decoder, Direction};
use cql_protocol::segment::{crc24, crc32};

/// The first byte chooses direction, LZ4, and whether the rest is on the wire as it is, or made sound: a sequence of
/// lengths and payloads around which headers and checksums are put, so that more than one in 2^24 gets past them.
pub fn segment_stream(data: &[u8]) {
    let [first, chunk, bytes @ ..] = data else { return };
    let (lz4, sound) = (first & 2 != 0, first & 4 != 0);
    let direction = if first & 1 == 0 { Direction::Response } else { Direction::Request };
    let mut decoder = Decoder::new(direction, 1 << 20);
    decoder.set_version(Some(ProtocolVersion::V5));
    decoder.enable_segments(lz4);
    let made = if sound { segments(bytes, lz4) } else { bytes.to_vec() };
    read(&mut decoder, &made, usize::from(*chunk), |frame| take(frame, ProtocolVersion::V5, None));
}

/// Segments with the payloads that two bytes of length, and with LZ4 three of uncompressed length, stand before. The
/// highest bit of the first says that whole frames are in it.
fn segments(mut bytes: &[u8], lz4: bool) -> Vec<u8> {
    let mut out = Vec::new();
    while let [high, low, rest @ ..] = bytes {
        let whole = u64::from(high >> 7);
        let length = usize::from(u16::from_be_bytes([high & 0x7F, *low]));
        let (uncompressed, rest) = match rest {
            [a, b, c, rest @ ..] if lz4 => (u64::from(u32::from_be_bytes([0, *a, *b, *c]) & 0x1_FFFF), rest),
            rest => (0, rest),
        };
        let (payload, rest) = rest.split_at(length.min(rest.len()));
        bytes = rest;
        let size = payload.len() as u64;
        let (value, width) = match lz4 {
            true => (size | uncompressed << 17 | whole << 34, 5),
            false => (size | whole << 17, 3),
        };
        let header = value.to_le_bytes();
        let header = header.get(..width).unwrap_or_default();
        out.extend_from_slice(header);
        out.extend_from_slice(crc24(header).to_le_bytes().get(..3).unwrap_or_default());
        out.extend_from_slice(payload);
        out.extend_from_slice(&crc32(payload).to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use cql_protocol::compression::Compression;
    use cql_protocol::segment::Encoder;

    #[test]
    fn sound_segments_are_those_of_the_encoder() {
        let payload = [7_u8; 300];
        let input = [&[0x80 | 1, 44][..], &payload].concat();
        let mut out = Vec::new();
        let mut encoder = Encoder::segments(None).unwrap();
        encoder.push_frame(&mut out, &[&payload]);
        encoder.seal(&mut out);
        assert_eq!(segments(&input, false), out);
        let mut out = Vec::new();
        let mut encoder = Encoder::segments(Some(Compression::Lz4)).unwrap();
        encoder.push_frame(&mut out, &[&payload]);
        encoder.seal(&mut out);
        let (head, compressed) = (out.len() - 4, &out[8..out.len() - 4]);
        let input = [&[0x80, u8::try_from(head - 8).unwrap(), 0, 1, 44][..], compressed].concat();
        assert_eq!(segments(&input, true), out);
    }
}
