//! Random frames through encoder and decoder of every kind of connection, cut anywhere.

use crate::support::{connected, connections, encoder, read};
use bytes::Bytes;
use cql_protocol::frame::{Direction, Flags, Frame, Header, Opcode, StreamId};
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::{prop_assert_eq, proptest};

/// Random bytes, or repetitive ones; lengths from nothing to several segments.
fn body() -> impl Strategy<Value = Bytes> {
    let length = prop_oneof![
        20 => 0..300_usize,
        4 => 300..20_000_usize,
        2 => prop_oneof![Just(131_061), Just(131_062), Just(131_063), Just(131_071), Just(131_072)],
        1 => 131_000..450_000_usize,
    ];
    (length, any::<u64>(), 0..4_u8).prop_map(|(length, seed, dullness)| {
        let mut state = seed | 1;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3] >> (dullness * 2)
        };
        (0..length).map(|_| byte()).collect()
    })
}

fn frame() -> impl Strategy<Value = Frame> {
    (body(), any::<i16>(), any::<u8>(), any::<u8>()).prop_map(|(body, stream, opcode, flags)| {
        let version = cql_protocol::ProtocolVersion::V5;
        let header =
            Header::new(version, Direction::Response, Opcode::from_code(opcode), StreamId::new(stream))
                .with_flags(Flags::from_bits(flags))
                .with_length(u32::try_from(body.len()).unwrap());
        Frame::new(header, body)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn frames_come_back_from_any_chunks(
        frames in vec(frame(), 0..12),
        batch in 1..12_usize,
        chunks in vec(prop_oneof![1..40_usize, 1..100_000_usize], 1..20),
    ) {
        for (version, lz4) in connections() {
            let mut frames = frames.clone();
            for frame in &mut frames {
                frame.header.version_byte = version.number() | 0x80;
            }
            let (mut encoder, mut bytes) = (encoder(version, lz4), Vec::new());
            for batch in frames.chunks(batch) {
                for frame in batch {
                    let (start, end) = frame.body.split_at(frame.body.len() / 2);
                    encoder.push_frame(&mut bytes, &[&frame.header.encode(), start, end]);
                }
                encoder.seal(&mut bytes);
            }
            let (mut decoder, mut decoded) = (connected(version, lz4), Vec::new());
            let (mut rest, mut sizes) = (&bytes[..], chunks.iter().cycle());
            while !rest.is_empty() {
                let (chunk, behind) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
                read(&mut decoder, chunk, |_, frame| decoded.push(frame)).unwrap();
                rest = behind;
            }
            prop_assert_eq!(decoder.pending(), 0);
            prop_assert_eq!(&decoded, &frames);
        }
    }
}
