//! Bytes that no well-meaning peer sends: nothing panics, and what is allocated is a small multiple of what came.

use crate::recorded::{Recorded, frames};
use allocation_counter::measure;
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::Opcode;
use cql_protocol::request::Request;
use cql_protocol::response::Response;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::{prop_assert, proptest};
use std::sync::LazyLock;

/// What a message may cost in memory, for each of its bytes. The worst is a list of empty strings or a tuple of small
/// types: two bytes that become 24, twice while a vector grows or becomes a box.
const PER_BYTE: usize = 40;

/// And besides, for an error or a first small vector.
const BESIDES: usize = 512;

/// Decodes as both sides would and says what was allocated at most at a time.
fn peak(version: ProtocolVersion, opcode: Opcode, bytes: &[u8]) -> u64 {
    let body = Bytes::copy_from_slice(bytes);
    // As it comes out of a read buffer: already shared.
    let _buffer = body.clone();
    let request = measure(|| drop(Request::decode(version, opcode, bytes)));
    let response = measure(|| drop(Response::decode(version, opcode, body.clone())));
    request.bytes_max.max(response.bytes_max)
}

fn allowance(bytes: &[u8]) -> u64 {
    u64::try_from(PER_BYTE * bytes.len() + BESIDES).unwrap()
}

fn version() -> impl Strategy<Value = ProtocolVersion> {
    select(ProtocolVersion::ALL)
}

fn opcode() -> impl Strategy<Value = Opcode> {
    prop_oneof![9 => (0..=0x10_u8).prop_map(Opcode::from_code), 1 => any::<u8>().prop_map(Opcode::from_code)]
}

/// Bytes with the look of fields: small and huge counts, kinds, codes, words.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let int = |values: &'static [i32]| select(values).prop_map(|value| value.to_be_bytes().to_vec());
    let short = select(&[0_u16, 1, 2, 9, 0x20, 0x21, 0x30, 0x31, 300, 0xFFFF][..]);
    let word =
        select(&["", "a", "CAS", "TABLE", "CREATED", "STATUS_CHANGE", "SCHEMA_CHANGE", "FUNCTION"][..]);
    let field = prop_oneof![
        int(&[0, 1, 2, 3, 4, 5, 8, 11, 1000, -1, -2, i32::MAX, i32::MIN]),
        int(&[0x1000, 0x1100, 0x1200, 0x1300, 0x1400, 0x1500, 0x1700, 0x2400, 0x2500]),
        short.prop_map(|value| value.to_be_bytes().to_vec()),
        word.prop_map(|text| [&[0, text.len().to_le_bytes()[0]], text.as_bytes()].concat()),
        vec(any::<u8>(), 0..6),
        vec(Just(0_u8), 0..40),
    ];
    vec(field, 0..30).prop_map(|fields| fields.concat())
}

static FRAMES: LazyLock<Vec<Recorded>> = LazyLock::new(frames);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn no_bytes_panic_or_allocate_much(
        version in version(),
        opcode in opcode(),
        bytes in prop_oneof![fields(), vec(any::<u8>(), 0..300)],
    ) {
        let peak = peak(version, opcode, &bytes);
        prop_assert!(peak <= allowance(&bytes), "{peak} bytes for {}", bytes.len());
    }

    #[test]
    fn no_mutated_message_panics_or_allocates_much(
        frame in any::<Index>(),
        changes in vec((any::<Index>(), any::<u8>()), 1..5),
        other in version(),
    ) {
        let frame = frame.get(&FRAMES);
        let mut bytes = frame.message.to_vec();
        if !bytes.is_empty() {
            for (index, value) in changes {
                *index.get_mut(&mut bytes) = value;
            }
        }
        for version in [frame.version, other] {
            let peak = peak(version, frame.header.opcode, &bytes);
            prop_assert!(peak <= allowance(&bytes), "{peak} bytes for {}", bytes.len());
        }
    }
}

/// As many of the smallest items as a count can promise truthfully.
fn many(head: &[&[u8]], item: &[u8], count: usize) -> Vec<u8> {
    [&head.concat()[..], &item.repeat(count)].concat()
}

#[test]
fn the_smallest_items_cost_the_most_and_not_much() {
    let count = 60_000;
    let short = &60_000_u16.to_be_bytes()[..];
    let int = &60_000_i32.to_be_bytes()[..];
    let rows = &[0, 0, 0, 2][..];
    let global = &[0, 0, 0, 1][..];
    let not_global = &[0; 4][..];
    let names = &[0, 0, 0, 0][..];
    let tuple = [rows, global, &[0, 0, 0, 1], names, &[0, 0], &[0, 0x31], short];
    let udt = [rows, global, &[0, 0, 0, 1], names, &[0, 0], &[0, 0x30, 0, 0, 0, 0], short];
    let list = [rows, global, &[0, 0, 0, 1], names, &[0, 0]];
    let class = b"org.apache.cassandra.db.marshal.TupleType(";
    let length = &u16::try_from(class.len() + 2 * 30_000).unwrap().to_be_bytes()[..];
    let classes = [rows, global, &[0, 0, 0, 1], names, &[0, 0], &[0, 0], length, class];
    let reasons = [&[0, 0, 0x13, 0, 0, 0][..], &[0; 10], int];
    for (what, opcode, bytes) in [
        ("options", Opcode::SUPPORTED, many(&[short], &[0, 0, 0, 0], count)),
        ("values of an option", Opcode::SUPPORTED, many(&[&[0, 1, 0, 0], short], &[0, 0], count)),
        ("options of STARTUP", Opcode::STARTUP, many(&[short], &[0, 0, 0, 0], count)),
        ("events", Opcode::REGISTER, many(&[short], &[0, 0], count)),
        ("statements", Opcode::BATCH, many(&[&[0], short], &[1, 0, 0, 0, 0], count)),
        ("values", Opcode::QUERY, many(&[&[0, 0, 0, 0, 0, 1, 0, 0, 0, 1], short], &[0; 4], count)),
        ("columns", Opcode::RESULT, many(&[rows, global, int, names], &[0, 0, 0, 9], count)),
        (
            "columns of tables",
            Opcode::RESULT,
            many(&[rows, not_global, int], &[0, 0, 0, 0, 0, 0, 0, 9], count),
        ),
        ("components", Opcode::RESULT, many(&tuple, &[0, 9], count)),
        ("components of a class", Opcode::RESULT, [&many(&classes, b"a,", 29_999)[..], b"a)"].concat()),
        ("fields", Opcode::RESULT, many(&udt, &[0, 0, 0, 9], count)),
        ("nested lists", Opcode::RESULT, many(&list, &[0, 0x20], count)),
        ("reasons", Opcode::ERROR, many(&reasons, &[4, 0, 0, 0, 0, 0, 0], count)),
        ("rows", Opcode::RESULT, many(&[rows, &[0, 0, 0, 4, 0, 0, 0, 1], int], &[0; 4], count)),
    ] {
        for &version in ProtocolVersion::ALL {
            let peak = peak(version, opcode, &bytes);
            let ratio = peak / u64::try_from(bytes.len()).unwrap();
            assert!(peak <= allowance(&bytes), "{what} in {version}: {ratio} bytes for each");
        }
    }
}
