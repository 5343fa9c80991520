//! Bytes that no well-meaning peer sends: nothing panics, and what is allocated follows from what has arrived.

use crate::support::{MIB, connected, connections, encoder, read, result};
use allocation_counter::measure;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Decoder, Direction, FrameError};
use cql_protocol::segment::{crc24, crc32};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::{prop_assert, proptest};

/// What a decoder may hold at most after so many bytes, apart from the frames it gave out: while a vector grows by
/// doubling there are both, and 1 MiB is taken ahead in each of two buffers.
fn allowance(received: usize) -> u64 {
    u64::try_from(4 * received + 5 * MIB / 2).unwrap()
}

/// The most that was allocated at once while `bytes` were read, and how it ended.
fn peak(decoder: impl FnOnce() -> Decoder, bytes: &[u8]) -> (u64, Result<(), FrameError>) {
    let mut outcome = Ok(());
    let info = measure(|| {
        let mut decoder = decoder();
        outcome = read(&mut decoder, bytes, |_, _| {});
        let again = decoder.next_frame();
        assert_eq!(again.is_err(), outcome.is_err(), "an error stays, and does not come late");
        // What the owner does next is to ask for room.
        decoder.buffer();
    });
    (info.bytes_max, outcome)
}

fn segment(payload: &[u8], self_contained: bool) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap() | u32::from(self_contained) << 17;
    let header = &length.to_le_bytes()[..3];
    let crc = &crc24(header).to_le_bytes()[..3];
    [header, crc, payload, &crc32(payload).to_le_bytes()].concat()
}

/// A segment of LZ4 connections whose payload says it decompresses to `length` bytes.
#[cfg(feature = "lz4")]
fn lz4_segment(payload: &[u8], length: u64, self_contained: bool) -> Vec<u8> {
    let lengths = u64::try_from(payload.len()).unwrap() | length << 17 | u64::from(self_contained) << 34;
    let header = &lengths.to_le_bytes()[..5];
    let crc = &crc24(header).to_le_bytes()[..3];
    [header, crc, payload, &crc32(payload).to_le_bytes()].concat()
}

#[test]
fn a_declared_length_alone_costs_next_to_nothing() {
    let header = result(ProtocolVersion::V4, 1, 256 << 20).encode();
    let (peak, outcome) = peak(|| connected(ProtocolVersion::V4, false), &header);
    assert_eq!(outcome, Ok(()));
    assert!(peak <= 66 << 10, "{peak} bytes for a header");
}

#[test]
fn a_declared_giant_that_has_begun_costs_a_mebibyte() {
    let mut bytes = result(ProtocolVersion::V4, 1, 256 << 20).encode().to_vec();
    bytes.resize(60_000, 7);
    let (peak, outcome) = peak(|| connected(ProtocolVersion::V4, false), &bytes);
    assert_eq!(outcome, Ok(()));
    assert!(peak <= (1 << 20) + (130 << 10), "{peak} bytes for 60,000");
}

#[test]
fn the_first_slice_of_a_declared_giant_costs_a_mebibyte() {
    let header = result(ProtocolVersion::V5, 1, 256 << 20).encode();
    let (peak, outcome) = peak(|| connected(ProtocolVersion::V5, false), &segment(&header, false));
    assert_eq!(outcome, Ok(()));
    assert!(peak <= (1 << 20) + (66 << 10), "{peak} bytes for a slice");
}

#[test]
fn a_giant_is_refused_before_its_body() {
    for (length, limit) in [(65, 64), ((256 << 20) + 1, u32::MAX), (u32::MAX, u32::MAX)] {
        let decoder = || Decoder::new(Direction::Response, limit);
        let (peak, outcome) = peak(decoder, &result(ProtocolVersion::V4, 1, length).encode());
        assert_eq!(outcome, Err(FrameError::TooLarge { length, limit: limit.min(256 << 20) }));
        assert!(peak <= 66 << 10, "{peak} bytes");
    }
}

#[cfg(feature = "lz4")]
#[test]
fn a_segment_cannot_claim_more_than_lz4_can_hold() {
    use cql_protocol::compression::CompressionError;

    let bytes = lz4_segment(&[0x1F, 0, 1, 0, 255, 255], 131_071, true);
    let (peak, outcome) = peak(|| connected(ProtocolVersion::V5, true), &bytes);
    let limit = 6 * 255;
    assert_eq!(outcome, Err(FrameError::Segment(CompressionError::TooLong { length: 131_071, limit })));
    assert!(peak <= 66 << 10, "{peak} bytes");
}

/// Random content behind checksums that are right, or frames with a few bytes changed.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let frames = vec((0..400_u32, any::<bool>()), 1..8).prop_map(|frames| {
        let mut bytes = Vec::new();
        for (length, large) in frames {
            let length = if large { length } else { length % 12 };
            bytes.extend_from_slice(&result(ProtocolVersion::V5, 1, length).encode());
            bytes.extend((0..length).map(|n| n.to_le_bytes()[0]));
        }
        bytes
    });
    let mutated = (frames, vec((any::<Index>(), any::<u8>()), 0..4)).prop_map(|(mut bytes, changes)| {
        for (index, value) in changes {
            *index.get_mut(&mut bytes) = value;
        }
        bytes
    });
    prop_oneof![vec(any::<u8>(), 0..200), mutated]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_panic_or_allocate_much(bytes in vec(any::<u8>(), 0..4096), first in any::<bool>()) {
        for (version, lz4) in connections() {
            let mut bytes = bytes.clone();
            if let (true, Some(byte)) = (first, bytes.first_mut()) {
                *byte = version.number() | 0x80;
            }
            let (peak, _) = peak(|| connected(version, lz4), &bytes);
            prop_assert!(peak <= allowance(bytes.len()), "{peak} bytes after {}", bytes.len());
        }
        let _ = peak(|| Decoder::new(Direction::Request, u32::MAX), &bytes);
    }

    #[test]
    fn no_mutated_frames_panic_or_allocate_much(bytes in payload(), at in any::<Index>(), bit in 0..8_u8) {
        for (version, lz4) in connections() {
            let (mut encoder, mut out) = (encoder(version, lz4), Vec::new());
            encoder.push_frame(&mut out, &[&bytes]);
            encoder.seal(&mut out);
            if !out.is_empty() {
                *at.get_mut(&mut out) ^= 1 << bit;
            }
            let (peak, outcome) = peak(|| connected(version, lz4), &out);
            prop_assert!(peak <= allowance(out.len()), "{peak} bytes after {}", out.len());
            let checksum = matches!(outcome, Err(FrameError::HeaderCrc | FrameError::PayloadCrc) | Ok(()));
            prop_assert!(!version.has_segments() || checksum, "{outcome:?}");
        }
    }

    #[test]
    fn no_checksummed_rubbish_panics_or_allocates_much(
        segments in vec((payload(), any::<bool>()), 1..6),
    ) {
        let bytes: Vec<u8> = segments.iter().flat_map(|(payload, alone)| segment(payload, *alone)).collect();
        let (peak, _) = peak(|| connected(ProtocolVersion::V5, false), &bytes);
        prop_assert!(peak <= allowance(bytes.len()), "{peak} bytes after {}", bytes.len());
    }
}

#[cfg(feature = "lz4")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_compressed_rubbish_panics_or_allocates_much(
        segments in vec((payload(), 0..131_072_u64, any::<bool>()), 1..6),
    ) {
        let bytes: Vec<u8> = segments
            .iter()
            .flat_map(|(payload, length, alone)| lz4_segment(payload, *length, *alone))
            .collect();
        let (peak, _) = peak(|| connected(ProtocolVersion::V5, true), &bytes);
        prop_assert!(peak <= allowance(bytes.len()), "{peak} bytes after {}", bytes.len());
    }
}
