//! What a real server and a real client said to each other decodes without loss and encodes to the same bytes.

use crate::recorded::{Recorded, frames};
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::request::{EncodeRequest, Request};
use cql_protocol::response::{CqlResult, Response, Rows};
use cql_protocol::wire::Reader;
use std::collections::BTreeSet;

/// Flags that stand for something in the body of a response.
fn announced(frame: &Recorded) -> Flags {
    let asks_for_trace = frame.is_request() && frame.header.flags.contains(Flags::TRACING);
    if asks_for_trace { Flags::EMPTY } else { frame.header.flags }
}

#[test]
fn every_frame_encodes_to_the_bytes_it_was_decoded_from() {
    let frames = frames();
    assert!(frames.len() > 400);
    for frame in &frames {
        let mut out = Vec::new();
        let direction = frame.header.direction();
        let flags = frame.prelude.encode(frame.version, direction, &mut out).unwrap();
        assert_eq!(flags, announced(frame), "{}", frame.name);
        if frame.is_request() {
            let request = Request::decode(frame.version, frame.header.opcode, &frame.message).unwrap();
            assert_eq!(request.opcode(), frame.header.opcode);
            request.encode(frame.version, &mut out).unwrap();
        } else {
            let response =
                Response::decode(frame.version, frame.header.opcode, frame.message.clone()).unwrap();
            assert_eq!(response.opcode(), frame.header.opcode);
            response.encode(frame.version, &mut out).unwrap();
        }
        assert!(frame.body.starts_with(&out), "{}", frame.name);
        assert_eq!(frame.body[out.len()..], *trailing(frame), "{}", frame.name);
    }
}

/// What Cassandra adds to a message although it says nothing: in v3 a change of a function is that of its keyspace, and
/// behind the keyspace comes an empty name.
fn trailing(frame: &Recorded) -> &'static [u8] {
    let is_v3_change = frame.version == ProtocolVersion::V3 && frame.header.opcode == Opcode::EVENT;
    if is_v3_change && frame.body.ends_with(b"\0\0") { &[0, 0] } else { &[] }
}

#[test]
fn every_message_that_a_node_without_authentication_has_is_among_them() {
    let opcodes: BTreeSet<_> = frames().iter().map(|frame| frame.header.opcode).collect();
    for opcode in (0..=0x10).map(Opcode::from_code).filter(|opcode| opcode.name().is_some()) {
        let authentication = matches!(
            opcode,
            Opcode::AUTHENTICATE | Opcode::AUTH_CHALLENGE | Opcode::AUTH_RESPONSE | Opcode::AUTH_SUCCESS
        );
        let missing = authentication || opcode == Opcode::REGISTER;
        assert_eq!(opcodes.contains(&opcode), !missing, "{opcode}");
    }
}

fn rows(frame: &Recorded) -> Option<Rows> {
    match Response::decode(frame.version, frame.header.opcode, frame.message.clone()) {
        Ok(Response::Result(CqlResult::Rows(rows))) => Some(rows),
        _ => None,
    }
}

#[test]
fn the_cells_of_every_page_are_as_many_as_announced() {
    let mut cells = 0;
    for frame in frames() {
        let Some(rows) = rows(&frame) else { continue };
        let mut reader = Reader::new(&rows.data);
        for _ in 0..rows.rows_count * rows.metadata.column_count {
            reader.opt_bytes("cell").unwrap();
            cells += 1;
        }
        assert!(reader.is_empty(), "{}", frame.name);
    }
    assert!(cells > 10_000, "{cells}");
}

#[test]
fn a_message_cut_anywhere_is_an_error_not_a_panic() {
    for frame in frames() {
        let is_page = rows(&frame).is_some();
        let needed = frame.message.len() - trailing(&frame).len();
        for cut in 0..needed {
            let bytes = frame.message.slice(..cut);
            let decoded = if frame.is_request() {
                Request::decode(frame.version, frame.header.opcode, &bytes).is_ok()
            } else {
                Response::decode(frame.version, frame.header.opcode, bytes.clone()).is_ok()
            };
            // The cells of a page are read later: its counts are held against four bytes a cell, no more.
            assert!(!decoded || is_page, "{} cut at {cut}", frame.name);
        }
    }
}

/// Bytes of a message that are looked at closely when they are changed; most of those behind are cells.
const HEAD: usize = 256;

#[test]
fn a_message_with_any_byte_changed_never_panics() {
    for frame in frames() {
        let mut bytes = frame.message.to_vec();
        for at in 0..bytes.len() {
            let changes = if at < HEAD { &[0x01, 0x80, 0xFF][..] } else { &[0xFF] };
            for change in changes {
                bytes[at] ^= change;
                if frame.is_request() {
                    check_request(&frame, &bytes);
                } else {
                    check_response(&frame, &Bytes::copy_from_slice(&bytes), at < HEAD);
                }
                bytes[at] ^= change;
            }
        }
    }
}

/// If the bytes are a request, what they say encodes to bytes that say the same.
fn check_request(frame: &Recorded, bytes: &[u8]) {
    if let Ok(request) = Request::decode(frame.version, frame.header.opcode, bytes) {
        let mut out = Vec::new();
        request.encode(frame.version, &mut out).unwrap();
        let again = Request::decode(frame.version, frame.header.opcode, &out);
        assert_eq!(again.as_ref(), Ok(&request), "{}", frame.name);
    }
}

/// The same for a response, if asked for.
fn check_response(frame: &Recorded, bytes: &Bytes, and_back: bool) {
    let Ok(response) = Response::decode(frame.version, frame.header.opcode, bytes.clone()) else { return };
    let mut out = Vec::new();
    // A type can be one that the version cannot say.
    if and_back && response.encode(frame.version, &mut out).is_ok() {
        let again = Response::decode(frame.version, frame.header.opcode, Bytes::from(out));
        assert!(again.as_ref() == Ok(&response), "{}: {again:?} is not {response:?}", frame.name);
    }
}
