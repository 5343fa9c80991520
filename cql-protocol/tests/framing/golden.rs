//! Recorded connections, cut everywhere: `tests/golden/README.md` says what they are.

use crate::support::read;
use cql_protocol::ProtocolVersion;
#[cfg(feature = "lz4")]
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Decoder, Direction, Frame, Opcode, encode_frame};
use cql_protocol::segment::Encoder;
use std::ops::Range;

/// Frames of each direction of each connection, counted by other means: the client asked the same things of all.
const FRAMES: usize = 199;

/// One direction of a recorded connection.
struct Stream {
    name: &'static str,
    direction: Direction,
    version: ProtocolVersion,
    lz4: bool,
    hex: &'static str,
}

macro_rules! stream {
    ($name:literal, $side:literal, $direction:ident, $version:ident, $lz4:literal) => {
        Stream {
            name: concat!($name, ".", $side),
            direction: Direction::$direction,
            version: ProtocolVersion::$version,
            lz4: $lz4,
            hex: include_str!(concat!("../golden/", $name, ".", $side, ".stream.hex")),
        }
    };
}

const STREAMS: [Stream; 8] = [
    stream!("v4", "client", Request, V4, false),
    stream!("v4", "server", Response, V4, false),
    stream!("v4-lz4", "client", Request, V4, true),
    stream!("v4-lz4", "server", Response, V4, true),
    stream!("v5", "client", Request, V5, false),
    stream!("v5", "server", Response, V5, false),
    stream!("v5-lz4", "client", Request, V5, true),
    stream!("v5-lz4", "server", Response, V5, true),
];

/// The streams this build can read to the end.
fn streams() -> impl Iterator<Item = &'static Stream> {
    STREAMS.iter().filter(|stream| !stream.lz4 || cfg!(feature = "lz4"))
}

impl Stream {
    fn bytes(&self) -> Vec<u8> {
        let hex = self.hex.trim_end();
        assert!(hex.len().is_multiple_of(2) && hex.is_ascii());
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    /// The frame after which the segments of v5 begin.
    fn ends_handshake(&self, opcode: Opcode) -> bool {
        self.version.has_segments()
            && matches!(opcode, Opcode::STARTUP | Opcode::READY | Opcode::AUTHENTICATE)
    }

    /// All frames of bytes that start with the connection.
    fn replay<'a>(&self, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
        self.replay_on(Decoder::new(self.direction, 1 << 20), chunks)
    }

    fn replay_on<'a>(&self, mut decoder: Decoder, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frame> {
        let mut frames = Vec::new();
        for chunk in chunks {
            read(&mut decoder, chunk, |decoder, frame| {
                if self.ends_handshake(frame.header.opcode) {
                    decoder.enable_segments(self.lz4);
                }
                decoder.set_version(Some(self.version));
                frames.push(frame);
            })
            .unwrap();
        }
        assert_eq!(decoder.pending(), 0, "{}: all of it is frames", self.name);
        frames
    }

    /// Where the bare frames and the segments lie, and whether they are segments; found without the decoder.
    fn units(&self, bytes: &[u8]) -> Vec<(Range<usize>, bool)> {
        let (mut units, mut start, mut segmented) = (Vec::new(), 0, false);
        while start < bytes.len() {
            let unit = &bytes[start..];
            let size = if segmented {
                let around = if self.lz4 { 8 + 4 } else { 6 + 4 };
                around + (usize::from(unit[0]) | usize::from(unit[1]) << 8 | usize::from(unit[2] & 1) << 16)
            } else {
                9 + u32::from_be_bytes(*unit[5..].first_chunk().unwrap()) as usize
            };
            units.push((start..start + size, segmented));
            segmented |= self.ends_handshake(Opcode::from_code(unit[4]));
            start += size;
        }
        units
    }

    /// The frames that are bare on v5.
    fn handshake<'a>(&self, frames: &'a [Frame]) -> &'a [Frame] {
        let last = frames.iter().position(|frame| self.ends_handshake(frame.header.opcode)).unwrap();
        &frames[..=last]
    }
}

#[test]
fn whole_streams_have_all_their_frames() {
    for stream in streams() {
        let frames = stream.replay([&stream.bytes()[..]]);
        assert_eq!(frames.len(), FRAMES, "{}", stream.name);
        for frame in &frames {
            let opcode = frame.header.opcode;
            assert_eq!(opcode.is_request(), stream.direction == Direction::Request, "{opcode}");
            assert_eq!(frame.header.version(), Some(stream.version));
        }
    }
}

/// Between two units a decoder has no state but the framing, so what surrounds a cut is enough to replay.
#[test]
fn every_cut_gives_the_same_frames() {
    for stream in streams() {
        let bytes = stream.bytes();
        for units in stream.units(&bytes).windows(3) {
            let [(first, segmented), (second, _), (third, _)] = units else { unreachable!() };
            let replay = |chunks: [&[u8]; 2]| {
                let mut decoder = Decoder::new(stream.direction, 1 << 20);
                if *segmented {
                    decoder.enable_segments(stream.lz4);
                }
                stream.replay_on(decoder, chunks)
            };
            let window = &bytes[first.start..third.end];
            let expected = replay([window, &[]]);
            let from = if first.start == 0 { 0 } else { second.start };
            let to = if third.end == bytes.len() { third.end } else { second.end };
            for cut in from..=to {
                let (before, after) = window.split_at(cut - first.start);
                assert_eq!(replay([before, after]), expected, "{} cut at {cut}", stream.name);
            }
        }
    }
}

#[test]
fn whole_streams_cut_here_and_there_give_the_same_frames() {
    for stream in streams() {
        let bytes = stream.bytes();
        let expected = stream.replay([&bytes[..]]);
        for cut in (0..=bytes.len()).step_by(97) {
            let (before, after) = bytes.split_at(cut);
            assert_eq!(stream.replay([before, after]), expected, "{} cut at {cut}", stream.name);
        }
    }
}

#[test]
fn single_bytes_give_the_same_frames() {
    for stream in streams() {
        let bytes = stream.bytes();
        assert_eq!(stream.replay(bytes.chunks(1)), stream.replay([&bytes[..]]), "{}", stream.name);
    }
}

#[test]
fn bare_frames_are_encoded_to_the_same_bytes() {
    for stream in streams().filter(|stream| stream.version == ProtocolVersion::V4) {
        let bytes = stream.bytes();
        let mut encoded = Vec::new();
        for frame in stream.replay([&bytes[..]]) {
            encode_frame(frame.header, &frame.body, None, &mut encoded).unwrap();
        }
        assert!(encoded == bytes, "{}", stream.name);
    }
}

#[test]
fn uncompressed_segments_are_encoded_to_the_same_bytes() {
    for stream in streams().filter(|stream| stream.version.has_segments() && !stream.lz4) {
        let bytes = stream.bytes();
        let frames = stream.replay([&bytes[..]]);
        let mut frames = frames.iter().skip(stream.handshake(&frames).len());
        let mut encoder = Encoder::segments(None).unwrap();
        for (segment, _) in stream.units(&bytes).into_iter().filter(|(_, segmented)| *segmented) {
            let (mut out, mut left) = (Vec::new(), segment.len() - 6 - 4);
            while left > 0 {
                let frame = frames.next().unwrap();
                encoder.push_frame(&mut out, &[&frame.header.encode(), &frame.body]);
                left -= 9 + frame.body.len();
            }
            encoder.seal(&mut out);
            assert_eq!(out, bytes[segment], "{}", stream.name);
        }
        assert!(frames.next().is_none());
    }
}

#[cfg(feature = "lz4")]
#[test]
fn compressed_bodies_round_trip() {
    use cql_protocol::frame::Flags;

    for stream in streams().filter(|stream| stream.version == ProtocolVersion::V4 && stream.lz4) {
        let frames = stream.replay([&stream.bytes()[..]]);
        assert!(frames.iter().any(|frame| frame.header.flags.contains(Flags::COMPRESSED)));
        for frame in frames {
            let header = frame.header;
            let body = frame.into_body(Some(Compression::Lz4), 1 << 20).unwrap();
            let mut again = Vec::new();
            let bare = header.with_flags(header.flags.difference(Flags::COMPRESSED));
            encode_frame(bare, &body, Some(Compression::Lz4), &mut again).unwrap();
            let mut decoder = Decoder::new(stream.direction, 1 << 20);
            decoder.buffer().extend_from_slice(&again);
            let frame = decoder.next_frame().unwrap().unwrap();
            assert_eq!(frame.into_body(Some(Compression::Lz4), 1 << 20).unwrap(), body);
        }
    }
}

#[cfg(feature = "lz4")]
#[test]
fn compressed_segments_round_trip() {
    for stream in streams().filter(|stream| stream.version.has_segments()) {
        let bytes = stream.bytes();
        let frames = stream.replay([&bytes[..]]);
        let bare = stream.handshake(&frames);
        let mut out = Vec::new();
        for frame in bare {
            encode_frame(frame.header, &frame.body, None, &mut out).unwrap();
        }
        let mut encoder = Encoder::segments(Some(Compression::Lz4)).unwrap();
        for frame in &frames[bare.len()..] {
            encoder.push_frame(&mut out, &[&frame.header.encode(), &frame.body]);
        }
        encoder.seal(&mut out);
        assert!(out.len() < bytes.len(), "{}: packed and compressed", stream.name);
        let compressed = Stream { lz4: true, ..*stream };
        assert_eq!(compressed.replay([&out[..]]), frames, "{}", stream.name);
    }
}
