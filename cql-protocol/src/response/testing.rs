//! What the tests of responses share.

use super::Response;
use crate::version::ProtocolVersion;
use bytes::Bytes;

/// Checks that `response` and `bytes` are each other's encoding, and that no byte of it can be missed.
pub(super) fn both_ways(version: ProtocolVersion, response: &Response, bytes: &[u8]) {
    let mut out = Vec::new();
    response.encode(version, &mut out).unwrap();
    assert_eq!(out, bytes, "{version}: {response:?}");
    let body = Bytes::copy_from_slice(bytes);
    assert_eq!(
        Response::decode(version, response.opcode(), body.clone()).as_ref(),
        Ok(response),
        "{version}"
    );
    for cut in 0..bytes.len() {
        let decoded = Response::decode(version, response.opcode(), body.slice(..cut));
        assert!(decoded.is_err(), "{version} cut at {cut}: {decoded:?}");
    }
    let longer = Bytes::from([bytes, &[1, 2, 3]].concat());
    assert!(Response::decode(version, response.opcode(), longer).is_ok(), "trailing bytes are ignored");
}

/// `[string]`.
pub(super) fn string(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat()
}
