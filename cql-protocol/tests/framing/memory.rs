//! What well-meant traffic allocates: nothing in the steady state, and each byte once.

use crate::support::{MIB, connected, connections, encoder, read, result};
use allocation_counter::measure;
use cql_protocol::ProtocolVersion;

/// A read's worth of small responses.
fn responses(version: ProtocolVersion, lz4: bool) -> Vec<u8> {
    let (mut encoder, mut bytes) = (encoder(version, lz4), Vec::new());
    for stream in 0..100 {
        encoder.push_frame(&mut bytes, &[&result(version, stream, 170).encode(), &[7; 170]]);
        // The server often sends a segment for each response.
        encoder.seal(&mut bytes);
    }
    bytes
}

#[test]
fn small_responses_allocate_nothing_in_the_long_run() {
    for (version, lz4) in connections() {
        let bytes = responses(version, lz4);
        let mut decoder = connected(version, lz4);
        let mut count = 0;
        let mut rounds = |rounds: usize| {
            for _ in 0..rounds {
                read(&mut decoder, &bytes, |_, frame| count += frame.body.len()).unwrap();
            }
        };
        rounds(10);
        let info = measure(|| rounds(100));
        assert_eq!(info.count_total, 0, "{version} lz4: {lz4}");
        assert_eq!(count, 110 * 100 * 170);
    }
}

#[test]
fn responses_kept_for_a_batch_share_their_allocations() {
    for (version, lz4) in connections() {
        let bytes = responses(version, lz4);
        let mut decoder = connected(version, lz4);
        let mut batch = Vec::with_capacity(200);
        let mut rounds = |rounds: usize| {
            for _ in 0..rounds {
                read(&mut decoder, &bytes, |_, frame| batch.push(frame)).unwrap();
                assert_eq!(batch.len(), 100);
                batch.clear();
            }
        };
        rounds(10);
        let info = measure(|| rounds(100));
        assert!(info.count_total < 100, "{version} lz4 {lz4}: {} for 10,000 frames", info.count_total);
    }
}

#[test]
fn requests_allocate_nothing_in_the_long_run() {
    for (version, lz4) in connections() {
        let (mut encoder, mut out) = (encoder(version, lz4), Vec::new());
        let header = result(version, 1, 50).encode();
        let mut rounds = |rounds: usize| {
            for _ in 0..rounds {
                out.clear();
                for _ in 0..100 {
                    encoder.push_frame(&mut out, &[&header, &[1; 30], &[2; 20]]);
                }
                encoder.seal(&mut out);
            }
        };
        rounds(10);
        let info = measure(|| rounds(100));
        assert_eq!(info.count_total, 0, "{version} lz4: {lz4}");
    }
}

#[test]
fn a_large_frame_leaves_no_large_buffer_behind() {
    for (version, lz4) in connections() {
        let length = 20 * MIB;
        let body: Vec<u8> = (0..length).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
        let (mut encoder, mut bytes) = (encoder(version, lz4), Vec::new());
        let header = result(version, 1, u32::try_from(length).unwrap()).encode();
        encoder.push_frame(&mut bytes, &[&header, &body]);
        encoder.push_frame(&mut bytes, &[&result(version, 2, 0).encode()]);
        encoder.seal(&mut bytes);
        let mut decoder = None;
        let info = measure(|| {
            let decoder = decoder.insert(connected(version, lz4));
            let mut streams = 0;
            read(decoder, &bytes, |_, frame| {
                assert!(frame.body.is_empty() || frame.body == body);
                streams += frame.header.stream.get();
            })
            .unwrap();
            assert_eq!(streams, 1 + 2);
        });
        assert!(info.bytes_current < 600 << 10, "{version} lz4 {lz4}: {} bytes kept", info.bytes_current);
        assert!(info.bytes_max < 70 << 20, "{version} lz4 {lz4}: {} bytes at once", info.bytes_max);
        assert!(info.count_total < 400, "{version} lz4 {lz4}: {} allocations", info.count_total);
    }
}

#[test]
fn a_frame_up_to_a_mebibyte_is_put_together_in_one_allocation() {
    let version = ProtocolVersion::V5;
    let (mut encoder, mut bytes) = (encoder(version, false), Vec::new());
    encoder.push_frame(&mut bytes, &[&result(version, 1, 1_000_000).encode(), &[3; 1_000_000]]);
    encoder.seal(&mut bytes);
    let mut decoder = connected(version, false);
    // The read buffer has its size for a segment after the first one.
    read(&mut decoder, &bytes, |_, _| {}).unwrap();
    let info =
        measure(|| read(&mut decoder, &bytes, |_, frame| assert_eq!(frame.body.len(), 1_000_000)).unwrap());
    assert_eq!((info.count_total, info.bytes_total), (1, 1_000_009));
}
