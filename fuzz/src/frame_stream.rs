//! All bytes of a connection before v5, in either direction.

use crate::{DECOMPRESSED, version_of};
use cql_protocol::ProtocolVersion;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Decoder, Direction, Frame, Prelude};
use cql_protocol::request::Request;
use cql_protocol::response::{CqlResult, Response};
use cql_protocol::value::{CqlRow, RowIter};
use cql_protocol::wire::Reader;

/// The first byte chooses the version (its third part that of the decoder: any, or that one), the second the direction,
/// compression and in which chunks the rest arrives.
pub fn frame_stream(data: &[u8]) {
    let [first, second, bytes @ ..] = data else { return };
    let direction = if second & 1 == 0 { Direction::Response } else { Direction::Request };
    let compression = if second & 2 == 0 { Compression::Lz4 } else { Compression::Snappy };
    let mut decoder = Decoder::new(direction, 1 << 20);
    let version = version_of(*first);
    decoder.set_version((first & 0x40 != 0).then_some(version));
    read(&mut decoder, bytes, usize::from(second >> 2), |frame| take(frame, version, Some(compression)));
}

/// Hands bytes to a decoder in chunks, and its frames on, until it has had enough of them.
pub(crate) fn read(decoder: &mut Decoder, mut bytes: &[u8], chunk: usize, mut each: impl FnMut(Frame)) {
    while !bytes.is_empty() {
        let buffer = decoder.buffer();
        let room = buffer.capacity() - buffer.len();
        assert!(room > 0, "no room for a read");
        let size = if chunk == 0 { room } else { chunk.min(room) };
        let (now, later) = bytes.split_at(size.min(bytes.len()));
        buffer.extend_from_slice(now);
        bytes = later;
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => each(frame),
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

/// What both sides do with a frame.
pub(crate) fn take(frame: Frame, version: ProtocolVersion, compression: Option<Compression>) {
    let header = frame.header;
    let version = header.version().unwrap_or(version);
    let Ok(body) = frame.into_body(compression, DECOMPRESSED) else { return };
    let mut fields = Reader::new(&body);
    let Ok(_) = Prelude::decode(&mut fields, &header) else { return };
    let message = body.slice(fields.offset()..);
    let _ = Request::decode(version, header.opcode, &message);
    if let Ok(Response::Result(CqlResult::Rows(rows))) = Response::decode(version, header.opcode, message) {
        read_rows(&rows);
    }
}

/// Reads rows as whoever knows nothing of their types does.
pub(crate) fn read_rows(rows: &cql_protocol::response::Rows) {
    let Some(columns) = &rows.metadata.columns else { return };
    if let Ok(rows) = RowIter::<CqlRow>::new(columns, &rows.data, rows.rows_count) {
        rows.for_each(drop);
    }
}
