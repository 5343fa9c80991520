//! Packs frames into segments within the caller's buffer. Frames are pushed while the buffer is shared, which must be
//! short; checksums and compression wait for [`Encoder::seal`], when it is the writer's alone.

use super::{Format, Header, MAX_PAYLOAD, TRAILER_SIZE, crc32};
#[cfg(feature = "lz4")]
use crate::compression::lz4;
use crate::compression::{Compression, CompressionError};
use std::fmt;

/// Puts frames into an output buffer the way a connection wants them: as they are on v3 and v4, in segments on v5.
///
/// One encoder belongs to one buffer between a first [`Encoder::push_frame`] and its [`Encoder::seal`]; nothing else
/// may change the buffer in between. Both keep their capacity, so that a connection that swaps two pairs allocates
/// nothing in the long run.
///
/// ```
/// use cql_protocol::segment::Encoder;
///
/// let options = [5, 0, 0, 0, 5, 0, 0, 0, 0]; // OPTIONS of v5 on stream 0
/// let mut encoder = Encoder::segments(None)?;
/// let mut out = Vec::new();
/// encoder.push_frame(&mut out, &[&options]);
/// encoder.seal(&mut out);
/// assert_eq!(out[..6], [0x09, 0x00, 0x02, 0xA4, 0xC8, 0xC1]);
/// assert_eq!(out[6..15], options);
/// assert_eq!(out[15..], [0x10, 0x86, 0x28, 0x4D]);
/// # Ok::<(), cql_protocol::compression::CompressionError>(())
/// ```
#[derive(Default)]
pub struct Encoder {
    packing: Packing,
    /// The segments begun in the buffer. Each reaches to the next one's start, the last to the buffer's end; room for
    /// its header is there, for its trailer when the next one is begun.
    begun: Vec<Begun>,
}

#[derive(Default)]
enum Packing {
    #[default]
    Plain,
    Uncompressed,
    #[cfg(feature = "lz4")]
    Lz4(Box<Lz4>),
}

/// What sealing needs over and over.
#[cfg(feature = "lz4")]
#[derive(Default)]
struct Lz4 {
    compressor: lz4::Compressor,
    sealed: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Begun {
    start: usize,
    self_contained: bool,
}

impl Encoder {
    /// Puts frames one behind the other: v3, v4, and v5 before its segments begin.
    #[must_use]
    pub fn plain() -> Self {
        Encoder::default()
    }

    /// Puts frames into segments, compressed or not.
    ///
    /// # Errors
    /// When v5 has no such compression (it has LZ4 only), or this build has not.
    pub fn segments(compression: Option<Compression>) -> Result<Self, CompressionError> {
        let packing = match compression {
            None => Packing::Uncompressed,
            #[cfg(feature = "lz4")]
            Some(Compression::Lz4) => Packing::Lz4(Box::default()),
            Some(other) => return Err(CompressionError::Unavailable(other)),
        };
        Ok(Encoder { packing, begun: Vec::new() })
    }

    /// Appends one frame, given as consecutive parts.
    ///
    /// Copies and, now and then, leaves room for a header: no checksum, no compression.
    #[inline]
    pub fn push_frame(&mut self, out: &mut Vec<u8>, parts: &[&[u8]]) {
        if let Some(format) = self.packing.format() {
            let length = parts.iter().fold(0_usize, |length, part| length.saturating_add(part.len()));
            if length > MAX_PAYLOAD {
                return self.push_slices(format, out, parts);
            }
            if !self.has_room(format, out.len(), length) {
                self.begin(format, out, true);
            }
        }
        for part in parts {
            out.extend_from_slice(part);
        }
    }

    /// Finishes every segment in `out`: headers, checksums and, with LZ4, compression where it makes a payload smaller.
    /// The encoder is then ready for another buffer.
    pub fn seal(&mut self, out: &mut Vec<u8>) {
        if self.begun.is_empty() {
            return;
        }
        out.extend_from_slice(&[0; TRAILER_SIZE]);
        match &mut self.packing {
            Packing::Plain => {}
            Packing::Uncompressed => seal_in_place(&self.begun, out),
            #[cfg(feature = "lz4")]
            Packing::Lz4(lz4) => lz4.seal(&self.begun, out),
        }
        self.begun.clear();
    }

    /// Forgets what was pushed and not sealed, for a buffer that was thrown away.
    pub fn clear(&mut self) {
        self.begun.clear();
    }

    /// Whether the last segment takes another `length` bytes.
    #[inline]
    fn has_room(&self, format: Format, end: usize, length: usize) -> bool {
        let Some(last) = self.begun.last() else { return false };
        let used = end.saturating_sub(last.start).saturating_sub(format.header_size());
        last.self_contained && used.saturating_add(length) <= MAX_PAYLOAD
    }

    #[inline]
    fn begin(&mut self, format: Format, out: &mut Vec<u8>, self_contained: bool) {
        if !self.begun.is_empty() {
            out.extend_from_slice(&[0; TRAILER_SIZE]);
        }
        self.begun.push(Begun { start: out.len(), self_contained });
        match format {
            Format::Uncompressed => out.extend_from_slice(&[0; Format::Uncompressed.header_size()]),
            Format::Lz4 => out.extend_from_slice(&[0; Format::Lz4.header_size()]),
        }
    }

    /// A frame longer than a segment: slices, which share their segments with no other frame.
    #[cold]
    fn push_slices(&mut self, format: Format, out: &mut Vec<u8>, parts: &[&[u8]]) {
        let mut room = 0;
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                if room == 0 {
                    self.begin(format, out, false);
                    room = MAX_PAYLOAD;
                }
                let (slice, behind) = rest.split_at_checked(room).unwrap_or((rest, &[]));
                out.extend_from_slice(slice);
                room = room.saturating_sub(slice.len());
                rest = behind;
            }
        }
    }
}

impl Packing {
    #[inline]
    fn format(&self) -> Option<Format> {
        match self {
            Packing::Plain => None,
            Packing::Uncompressed => Some(Format::Uncompressed),
            #[cfg(feature = "lz4")]
            Packing::Lz4(_) => Some(Format::Lz4),
        }
    }
}

/// Start and end of each segment, room for header and trailer included.
fn bounds(begun: &[Begun], end: usize) -> impl Iterator<Item = (Begun, usize)> {
    let ends = begun.iter().skip(1).map(|next| next.start).chain([end]);
    begun.iter().copied().zip(ends)
}

fn seal_in_place(begun: &[Begun], out: &mut [u8]) {
    for (Begun { start, self_contained }, end) in bounds(begun, out.len()) {
        let segment = out.get_mut(start..end).unwrap_or_default();
        let Some((header, rest)) = segment.split_at_mut_checked(Format::Uncompressed.header_size()) else {
            debug_assert!(false, "the buffer was changed behind the encoder");
            return;
        };
        if let Some((payload, trailer)) = rest.split_last_chunk_mut::<TRAILER_SIZE>() {
            let fields = Header { length: payload.len(), uncompressed_length: 0, self_contained };
            fields.encode(Format::Uncompressed, header);
            *trailer = crc32(payload).to_le_bytes();
        }
    }
}

#[cfg(feature = "lz4")]
impl Lz4 {
    /// A scratch buffer larger than this is not kept.
    const KEPT: usize = 1 << 20;

    /// Compresses into the scratch buffer, then swaps it with `out`: what is shorter cannot be moved up in place
    /// without a copy of what is not.
    fn seal(&mut self, begun: &[Begun], out: &mut Vec<u8>) {
        let before = begun.first().and_then(|first| out.get(..first.start)).unwrap_or_default();
        self.sealed.clear();
        self.sealed.extend_from_slice(before);
        for (Begun { start, self_contained }, end) in bounds(begun, out.len()) {
            let segment = out.get(start..end).unwrap_or_default();
            let payload = segment
                .split_at_checked(Format::Lz4.header_size())
                .and_then(|(_, rest)| rest.split_last_chunk::<TRAILER_SIZE>())
                .map(|(payload, _)| payload);
            debug_assert!(payload.is_some(), "the buffer was changed behind the encoder");
            self.append(payload.unwrap_or_default(), self_contained);
        }
        std::mem::swap(out, &mut self.sealed);
        if self.sealed.capacity() > Self::KEPT {
            self.sealed = Vec::new();
        }
    }

    fn append(&mut self, payload: &[u8], self_contained: bool) {
        let sealed = &mut self.sealed;
        let start = sealed.len();
        let payload_start = start.saturating_add(Format::Lz4.header_size());
        sealed.resize(payload_start, 0);
        let mut uncompressed_length = payload.len();
        if !self.compressor.compress_if_smaller(payload, sealed) {
            sealed.extend_from_slice(payload);
            uncompressed_length = 0;
        }
        let length = sealed.len().saturating_sub(payload_start);
        let crc = crc32(sealed.get(payload_start..).unwrap_or_default());
        let fields = Header { length, uncompressed_length, self_contained };
        fields.encode(Format::Lz4, sealed.get_mut(start..).unwrap_or_default());
        sealed.extend_from_slice(&crc.to_le_bytes());
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("format", &self.packing.format())
            .field("begun", &self.begun.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(encoder: &mut Encoder, frames: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for frame in frames {
            let (head, rest) = frame.split_at(frame.len() / 3);
            encoder.push_frame(&mut out, &[head, &[], rest]);
        }
        encoder.seal(&mut out);
        out
    }

    fn uncompressed() -> Encoder {
        Encoder::segments(None).unwrap()
    }

    #[test]
    fn plain_frames_lie_one_behind_the_other() {
        assert_eq!(sealed(&mut Encoder::plain(), &[b"abc", b"", b"defg"]), b"abcdefg");
    }

    #[test]
    fn a_short_payload_has_its_bytes() {
        let out = sealed(&mut uncompressed(), &[&[b'b'; 50]]);
        assert_eq!(out[..6], [0x32, 0x00, 0x02, 0xA5, 0xFF, 0xEE]);
        assert_eq!(out[6..56], [b'b'; 50]);
        assert_eq!(out[56..], [0x7A, 0xAE, 0xEB, 0x7C]);
    }

    #[test]
    fn an_empty_payload_has_its_bytes() {
        let out = sealed(&mut uncompressed(), &[b""]);
        assert_eq!(out, [0x00, 0x00, 0x02, 0x6A, 0x36, 0xC4, 0xD3, 0x7E, 0x77, 0x44]);
    }

    #[test]
    fn options_in_a_segment_has_its_bytes() {
        let out = sealed(&mut uncompressed(), &[&[5, 0, 0, 0, 5, 0, 0, 0, 0]]);
        assert_eq!(
            out,
            [9, 0, 2, 0xA4, 0xC8, 0xC1, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0x86, 0x28, 0x4D],
            "header, frame, trailer"
        );
    }

    #[test]
    fn a_frame_above_the_longest_payload_becomes_slices() {
        let out = sealed(&mut uncompressed(), &[&vec![b'b'; MAX_PAYLOAD + 1]]);
        assert_eq!(out[..6], [0xFF, 0xFF, 0x01, 0x38, 0x91, 0xFE]);
        let second = 6 + MAX_PAYLOAD + 4;
        assert_eq!(out[second - 4..second], crc32(&vec![b'b'; MAX_PAYLOAD]).to_le_bytes());
        assert_eq!(out[second..second + 6], [0x01, 0x00, 0x00, 0x6F, 0x87, 0x15]);
        assert_eq!(out[second + 6], b'b');
        assert_eq!(out.len(), second + 6 + 1 + 4);
    }

    #[test]
    fn frames_share_a_segment_up_to_the_longest_payload() {
        let (long, short) = (vec![1; MAX_PAYLOAD - 10], [2; 10]);
        let out = sealed(&mut uncompressed(), &[&long, &short]);
        assert_eq!(out[..6], [0xFF, 0xFF, 0x03, 0x25, 0x40, 0x47], "131,071 bytes, self-contained");
        assert_eq!(out.len(), 6 + MAX_PAYLOAD + 4);
        let whole = sealed(&mut uncompressed(), &[&vec![1; MAX_PAYLOAD]]);
        assert_eq!(whole[..6], out[..6], "nor is one frame of that length a slice");
        let out = sealed(&mut uncompressed(), &[&long, &short, &[3; 1]]);
        assert_eq!(out.len(), 6 + MAX_PAYLOAD + 4 + 6 + 1 + 4);
    }

    #[test]
    fn no_frame_shares_the_last_slice_of_another() {
        let out = sealed(&mut uncompressed(), &[&[1; 9], &vec![2; MAX_PAYLOAD + 9], &[3; 9]]);
        let at = |offset: usize| Header::decode(Format::Uncompressed, &out[offset..]).unwrap().unwrap();
        let mut found = Vec::new();
        let mut offset = 0;
        while offset < out.len() {
            let header = at(offset);
            found.push((header.length, header.self_contained));
            offset += 6 + header.length + 4;
        }
        assert_eq!(found, [(9, true), (MAX_PAYLOAD, false), (9, false), (9, true)]);
    }

    #[test]
    fn what_precedes_the_first_frame_stays() {
        let mut out = b"rest".to_vec();
        let mut encoder = uncompressed();
        encoder.push_frame(&mut out, &[&[b'b'; 50]]);
        encoder.seal(&mut out);
        assert_eq!(out[..10], [b'r', b'e', b's', b't', 0x32, 0x00, 0x02, 0xA5, 0xFF, 0xEE]);
        encoder.seal(&mut out);
        assert_eq!(out.len(), 64, "sealing twice adds nothing");
    }

    #[test]
    fn v5_has_no_snappy() {
        let error = Encoder::segments(Some(Compression::Snappy)).unwrap_err();
        assert_eq!(error, CompressionError::Unavailable(Compression::Snappy));
    }

    #[cfg(feature = "lz4")]
    #[test]
    fn lz4_segments_say_both_lengths_and_check_what_is_sent() {
        let mut encoder = Encoder::segments(Some(Compression::Lz4)).unwrap();
        let out = sealed(&mut encoder, &[&[b'b'; 32], &[b'b'; 32]]);
        let (payload, trailer) = out[8..].split_last_chunk::<4>().unwrap();
        let fields = Header { length: payload.len(), uncompressed_length: 64, self_contained: true };
        assert_eq!(Header::decode(Format::Lz4, &out), Some(Some(fields)));
        assert_eq!(*trailer, crc32(payload).to_le_bytes());
        assert!(payload.len() < 20, "{} bytes", payload.len());
        let mut unpacked = [0; 64];
        lz4::decompress_into(payload, &mut unpacked).unwrap();
        assert_eq!(unpacked, [b'b'; 64]);
    }

    #[cfg(feature = "lz4")]
    #[test]
    fn what_lz4_makes_no_smaller_stays_as_it_is() {
        let mut encoder = Encoder::segments(Some(Compression::Lz4)).unwrap();
        let out = sealed(&mut encoder, &[&[1]]);
        assert_eq!(out, [1, 0, 0, 0, 4, 0x06, 0xA5, 0x87, 1, 0x0B, 0x2B, 0x9B, 0xBA]);
        let out = sealed(&mut encoder, &[b""]);
        assert_eq!((&out[..5], &out[8..]), (&[0, 0, 0, 0, 4][..], &[0xD3, 0x7E, 0x77, 0x44][..]));
    }
}
