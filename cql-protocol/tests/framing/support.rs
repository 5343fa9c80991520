//! What every test needs: a connection's reading side and bytes to read.

use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Decoder, Direction, Frame, FrameError, Header, Opcode, StreamId};
use cql_protocol::segment::Encoder;

pub(crate) const MIB: usize = 1 << 20;

/// Reads `bytes` like a socket's owner: never more at once than the buffer has room for.
pub(crate) fn read(
    decoder: &mut Decoder,
    mut bytes: &[u8],
    mut each: impl FnMut(&mut Decoder, Frame),
) -> Result<(), FrameError> {
    while !bytes.is_empty() {
        let buffer = decoder.buffer();
        let room = buffer.capacity() - buffer.len();
        assert!(room > 0, "no room for a read");
        let (now, later) = bytes.split_at(room.min(bytes.len()));
        buffer.extend_from_slice(now);
        bytes = later;
        while let Some(frame) = decoder.next_frame()? {
            each(decoder, frame);
        }
    }
    Ok(())
}

/// A decoder past the handshake.
pub(crate) fn connected(version: ProtocolVersion, lz4: bool) -> Decoder {
    let mut decoder = Decoder::new(Direction::Response, 256 << 20);
    decoder.set_version(Some(version));
    if version.has_segments() {
        decoder.enable_segments(lz4);
    }
    decoder
}

/// The writing side of the same connection.
pub(crate) fn encoder(version: ProtocolVersion, lz4: bool) -> Encoder {
    match (version.has_segments(), lz4) {
        (false, _) => Encoder::plain(),
        (true, false) => Encoder::segments(None).unwrap(),
        (true, true) => Encoder::segments(Some(cql_protocol::compression::Compression::Lz4)).unwrap(),
    }
}

pub(crate) fn result(version: ProtocolVersion, stream: i16, length: u32) -> Header {
    Header::new(version, Direction::Response, Opcode::RESULT, StreamId::new(stream)).with_length(length)
}

/// Every connection past the handshake that this build can have.
pub(crate) fn connections() -> Vec<(ProtocolVersion, bool)> {
    let mut all = vec![(ProtocolVersion::V4, false), (ProtocolVersion::V5, false)];
    if cfg!(feature = "lz4") {
        all.push((ProtocolVersion::V5, true));
    }
    all
}
