//! Bytes in, frames out: the read half of a connection without its socket.

use super::segments::Segments;
use super::{Direction, Frame, FrameError, HEADER_SIZE, Header, MAX_BODY};
use crate::version::ProtocolVersion;
use bytes::{Buf, Bytes, BytesMut};

/// The read buffer's size: smaller ones cost more reads, larger ones cost cache.
pub(super) const READ_BUFFER: usize = 64 << 10;

/// What the buffer grows to where reads fill it: answers of some 10 KiB are cut off by its end otherwise, and moved.
const MAX_READ_BUFFER: usize = 256 << 10;

/// With less room than this the buffer is reclaimed or grown before a read.
const LOW_ROOM: usize = READ_BUFFER / 4;

/// What a declared length can make us allocate ahead of the bytes; beyond it the buffer at most doubles.
pub(super) const STEP: usize = 1 << 20;

/// Cuts frames out of what a socket gives.
///
/// The owner reads into [`Decoder::buffer`], then takes frames until there are no more. Bodies are slices of the
/// buffer, which is reused when they are gone. The decoder starts with bare frames of any version, as connections do.
///
/// After an error nothing more comes out but that error.
///
/// ```
/// use cql_protocol::frame::{Decoder, Direction, Opcode};
///
/// let mut decoder = Decoder::new(Direction::Response, 1 << 20);
/// decoder.buffer().extend_from_slice(&[0x84, 0, 0, 7, 0x02, 0, 0, 0, 0, 0x84, 0]);
/// let ready = decoder.next_frame()?.expect("READY");
/// assert_eq!((ready.header.opcode, ready.header.stream.get()), (Opcode::READY, 7));
/// assert!(decoder.next_frame()?.is_none(), "two bytes of the next frame");
/// # Ok::<(), cql_protocol::frame::FrameError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    buffer: BytesMut,
    /// The buffer's size, frames and segments that are larger left aside.
    size: usize,
    rules: Rules,
    framing: Framing,
}

#[derive(Debug)]
enum Framing {
    Plain,
    Segmented(Segments),
    Failed(FrameError),
}

/// What a header must say to be accepted.
#[derive(Debug)]
pub(super) struct Rules {
    direction: Direction,
    version: Option<ProtocolVersion>,
    /// The one acceptable first byte; 0, which is none, while the version is open.
    version_byte: u8,
    max_body: u32,
}

impl Decoder {
    /// Reads frames of that direction with bodies of at most `max_body` bytes (more than [`MAX_BODY`] counts as that).
    #[must_use]
    pub fn new(direction: Direction, max_body: u32) -> Self {
        let rules = Rules { direction, version: None, version_byte: 0, max_body: max_body.min(MAX_BODY) };
        Decoder { buffer: BytesMut::new(), size: READ_BUFFER, rules, framing: Framing::Plain }
    }

    /// Accepts frames of this version only; `None`: of any that has the header of v3, because a server refuses a
    /// version in one of its own choice.
    pub fn set_version(&mut self, version: Option<ProtocolVersion>) {
        self.rules.version = version;
        self.rules.version_byte = version.map_or(0, |version| self.rules.direction.version_byte(version));
    }

    /// From the next byte on frames come in segments: call it as soon as READY or AUTHENTICATE of a v5 connection was
    /// taken (a server: STARTUP was), before the next frame is. `lz4`: the connection has agreed on LZ4.
    pub fn enable_segments(&mut self, lz4: bool) {
        if matches!(self.framing, Framing::Plain) {
            self.framing = Framing::Segmented(Segments::new(lz4));
        }
    }

    /// The buffer to append what was read to, with room for the next read: 16 KiB at least, and the whole of a frame
    /// or segment that has begun, unless that is above 1 MiB, when room grows with what arrives. It has 64 KiB, and 256
    /// where reads have filled it.
    #[inline]
    pub fn buffer(&mut self) -> &mut BytesMut {
        self.make_room();
        &mut self.buffer
    }

    /// Bytes that were read and not given out yet: a connection that ends with some was cut off within a frame.
    #[must_use]
    pub fn pending(&self) -> usize {
        let inside = match &self.framing {
            Framing::Segmented(segments) => segments.pending(),
            _ => 0,
        };
        self.buffer.len().saturating_add(inside)
    }

    /// The next frame, or `None` when it has not arrived in full.
    ///
    /// # Errors
    /// When the byte stream is broken or not acceptable; the connection must then be closed.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let error = match &mut self.framing {
            Framing::Plain => match next_plain(&mut self.buffer, &self.rules) {
                Ok(frame) => return Ok(frame),
                Err(error) => error,
            },
            Framing::Segmented(segments) => match segments.next_frame(&mut self.buffer, &self.rules) {
                Ok(frame) => return Ok(frame),
                Err(error) => error,
            },
            Framing::Failed(error) => return Err(error.clone()),
        };
        self.framing = Framing::Failed(error.clone());
        Err(error)
    }

    #[inline]
    fn make_room(&mut self) {
        let filled = self.buffer.len();
        let whole = match &self.framing {
            Framing::Plain => peek_size(&self.buffer),
            Framing::Segmented(segments) => segments.peek_size(&self.buffer),
            Framing::Failed(_) => 0,
        };
        let missing = whole.saturating_sub(filled);
        let room = self.buffer.capacity().saturating_sub(filled);
        if room < LOW_ROOM || (room < missing && missing <= STEP) {
            if room == 0 && filled > 0 && self.size < MAX_READ_BUFFER {
                self.grow();
            }
            // To that size in all, not by that size: only then does BytesMut move the rest to the front, not grow.
            let total = self.size.saturating_sub(filled);
            self.buffer.reserve(missing.min(filled.max(STEP)).max(total).max(LOW_ROOM));
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.size = MAX_READ_BUFFER;
        // BytesMut would grow with the room in front of it, which frames have left.
        let mut grown = BytesMut::with_capacity(self.size);
        grown.extend_from_slice(&self.buffer);
        self.buffer = grown;
    }
}

impl Rules {
    /// # Errors
    /// When the frame of this header is not acceptable.
    #[inline]
    pub(super) fn check(&self, header: &Header) -> Result<(), FrameError> {
        if header.version_byte != self.version_byte {
            self.check_version(header.version_byte)?;
        }
        if header.length > self.max_body {
            return Err(FrameError::TooLarge { length: header.length, limit: self.max_body });
        }
        Ok(())
    }

    /// The slow half of [`Rules::check`].
    #[cold]
    fn check_version(&self, byte: u8) -> Result<(), FrameError> {
        if Direction::of(byte) != self.direction {
            return Err(FrameError::WrongDirection { expected: self.direction, found: byte });
        }
        let number = byte & 0x7F;
        match self.version {
            Some(expected) if number != expected.number() => {
                Err(FrameError::WrongVersion { expected, found: number })
            }
            None if number < ProtocolVersion::V3.number() => {
                Err(FrameError::UnreadableVersion { found: number })
            }
            _ => Ok(()),
        }
    }
}

/// Bytes of the frame at the front, if its header is there; unchecked.
#[inline]
fn peek_size(bytes: &[u8]) -> usize {
    match bytes.first_chunk() {
        Some(header) => (Header::decode(header).length as usize).saturating_add(HEADER_SIZE),
        None => 0,
    }
}

#[inline]
fn next_plain(buffer: &mut BytesMut, rules: &Rules) -> Result<Option<Frame>, FrameError> {
    let Some(header) = buffer.first_chunk() else {
        // A peer that is no CQL server may never send nine bytes (a TLS alert has seven): the first one tells.
        return match buffer.first() {
            Some(byte) => rules.check_version(*byte).map(|()| None),
            None => Ok(None),
        };
    };
    let header = Header::decode(header);
    rules.check(&header)?;
    if buffer.len().saturating_sub(HEADER_SIZE) < header.length as usize {
        return Ok(None);
    }
    let frame = cut(buffer, header);
    if header.length as usize > STEP && buffer.len() <= READ_BUFFER {
        // A large frame takes its allocation with it: reclaimed, it would stay for the life of the connection.
        *buffer = BytesMut::from(&buffer[..]);
    }
    Ok(Some(frame))
}

/// Takes the frame at the front; the caller has seen that all of it is there. Out of line it costs 5 ns a frame more.
#[inline(always)]
pub(super) fn cut(buffer: &mut BytesMut, header: Header) -> Frame {
    buffer.advance(HEADER_SIZE);
    let body = match header.length as usize {
        0 => Bytes::new(),
        length => buffer.split_to(length).freeze(),
    };
    Frame::new(header, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Opcode, StreamId, encode_frame};
    use crate::segment::Encoder;

    fn response(stream: i16, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let header =
            Header::new(ProtocolVersion::V5, Direction::Response, Opcode::RESULT, StreamId::new(stream));
        encode_frame(header, body, None, &mut out).unwrap();
        out
    }

    fn decoder(bytes: &[u8]) -> Decoder {
        let mut decoder = Decoder::new(Direction::Response, 1 << 20);
        decoder.buffer().extend_from_slice(bytes);
        decoder
    }

    fn segmented(bytes: &[u8]) -> Decoder {
        let mut decoder = decoder(bytes);
        decoder.set_version(Some(ProtocolVersion::V5));
        decoder.enable_segments(false);
        decoder
    }

    fn segments(frames: &[&[u8]]) -> Vec<u8> {
        let (mut encoder, mut out) = (Encoder::segments(None).unwrap(), Vec::new());
        frames.iter().for_each(|frame| encoder.push_frame(&mut out, &[frame]));
        encoder.seal(&mut out);
        out
    }

    fn drain(decoder: &mut Decoder) -> Result<Vec<(i16, Vec<u8>)>, FrameError> {
        let mut frames = Vec::new();
        while let Some(frame) = decoder.next_frame()? {
            frames.push((frame.header.stream.get(), frame.body.to_vec()));
        }
        assert_eq!(decoder.pending(), 0);
        Ok(frames)
    }

    #[test]
    fn the_buffer_grows_once_where_a_read_fills_it() {
        let mut decoder = Decoder::new(Direction::Response, 1 << 20);
        let frame = response(1, &[0; 10_000]);
        let mut left_over = 0;
        for _ in 0..20 {
            let buffer = decoder.buffer();
            let room = buffer.capacity() - buffer.len();
            // As much of a stream of these frames as there is room for.
            let stream = frame.iter().cycle().skip(left_over % frame.len()).take(room).copied();
            buffer.extend(stream.collect::<Vec<u8>>());
            left_over += room;
            assert!(buffer.capacity() <= MAX_READ_BUFFER, "{} bytes", buffer.capacity());
            while decoder.next_frame().unwrap().is_some() {}
        }
        let buffer = decoder.buffer();
        assert_eq!(buffer.capacity(), MAX_READ_BUFFER);
    }

    #[test]
    fn what_is_buffered_when_segments_begin_is_segments() {
        let mut bytes = response(1, b"");
        bytes.extend(segments(&[&response(2, b"two"), &response(3, b"")]));
        let mut decoder = decoder(&bytes);
        assert_eq!(decoder.next_frame().unwrap().unwrap().header.stream.get(), 1);
        decoder.enable_segments(false);
        assert_eq!(drain(&mut decoder).unwrap(), [(2, b"two".to_vec()), (3, vec![])]);
        assert_eq!(decoder.pending(), 0);
    }

    #[test]
    fn any_flipped_bit_of_a_segment_is_found() {
        let bytes = segments(&[&response(2, &[b'b'; 50])]);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut decoder = segmented(&flipped);
            let expected = if bit < 6 * 8 { FrameError::HeaderCrc } else { FrameError::PayloadCrc };
            assert_eq!(decoder.next_frame(), Err(expected.clone()), "bit {bit}");
            assert_eq!(decoder.next_frame(), Err(expected), "it stays broken");
        }
    }

    #[test]
    fn slices_become_one_frame() {
        let body: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let bytes = segments(&[&response(1, b"a"), &response(2, &body), &response(3, b"c")]);
        let expected = [(1, b"a".to_vec()), (2, body), (3, b"c".to_vec())];
        assert_eq!(drain(&mut segmented(&bytes)).unwrap(), expected);
    }

    /// One segment of any content, sealed by hand.
    fn segment(payload: &[u8], self_contained: bool) -> Vec<u8> {
        let mut out = vec![0; 6];
        let header = crate::segment::Header { length: payload.len(), uncompressed_length: 0, self_contained };
        header.encode(crate::segment::Format::Uncompressed, &mut out);
        out.extend_from_slice(payload);
        out.extend_from_slice(&crate::segment::crc32(payload).to_le_bytes());
        out
    }

    #[test]
    fn a_self_contained_segment_holds_whole_frames_only() {
        let frame = response(1, b"abc");
        for cut in 1..frame.len() {
            let mut payload = response(7, b"whole");
            payload.extend_from_slice(&frame[..cut]);
            let mut decoder = segmented(&segment(&payload, true));
            assert!(decoder.next_frame().unwrap().is_some());
            let needed = if cut < HEADER_SIZE { HEADER_SIZE } else { frame.len() };
            assert_eq!(
                decoder.next_frame(),
                Err(FrameError::FrameCrossesSegment { needed, left: cut }),
                "cut at {cut}"
            );
        }
        let bytes = [segment(&[], true), segment(&frame, true), segment(&[], true)].concat();
        assert_eq!(drain(&mut segmented(&bytes)).unwrap(), [(1, b"abc".to_vec())]);
    }

    #[test]
    fn slices_hold_one_frame_and_nothing_else() {
        let frame = response(1, b"abcdef");
        let (head, rest) = frame.split_at(10);
        let error = drain(&mut segmented(&segment(&frame[..8], false))).unwrap_err();
        assert_eq!(error, FrameError::SliceTooShort { length: 8 });

        let bytes = [segment(head, false), segment(&[rest, b"x"].concat(), false)].concat();
        assert_eq!(drain(&mut segmented(&bytes)).unwrap_err(), FrameError::SliceTooLong { excess: 1 });

        let bytes = [segment(head, false), segment(&frame, true)].concat();
        assert_eq!(drain(&mut segmented(&bytes)).unwrap_err(), FrameError::SlicesInterrupted);

        let bytes = [segment(head, false), segment(&[], false), segment(rest, false)].concat();
        assert_eq!(drain(&mut segmented(&bytes)).unwrap(), [(1, b"abcdef".to_vec())]);
    }

    #[test]
    fn headers_are_held_to_direction_version_and_limit() {
        let error = |byte: u8, version| {
            let mut decoder = decoder(&[byte]);
            decoder.set_version(version);
            decoder.next_frame()
        };
        let (v4, v5) = (ProtocolVersion::V4, ProtocolVersion::V5);
        for byte in [0x83, 0x84, 0x85, 0x86, 0xC2] {
            assert_eq!(error(byte, None), Ok(None), "{byte:#x} while negotiating");
        }
        assert_eq!(error(0x82, None), Err(FrameError::UnreadableVersion { found: 2 }));
        assert_eq!(error(0x85, Some(v4)), Err(FrameError::WrongVersion { expected: v4, found: 5 }));
        assert_eq!(error(0x85, Some(v5)), Ok(None));
        let expected = Direction::Response;
        assert_eq!(error(0x15, None), Err(FrameError::WrongDirection { expected, found: 0x15 }), "TLS alert");
        assert_eq!(error(0x05, Some(v5)), Err(FrameError::WrongDirection { expected, found: 5 }));

        let mut short = Decoder::new(Direction::Response, 3);
        short.buffer().extend_from_slice(&response(1, b"abc"));
        short.buffer().extend_from_slice(&response(1, b"abcd")[..9]);
        assert!(short.next_frame().unwrap().is_some());
        assert_eq!(short.next_frame(), Err(FrameError::TooLarge { length: 4, limit: 3 }));
    }
}
