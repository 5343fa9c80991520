//! Rows that a real server sent: `tests/golden/README.md` says where they come from.

use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Decoder, Direction, Opcode, Prelude};
use cql_protocol::response::CqlResult;
use cql_protocol::value::{CqlRow, CqlValue, Encoded, FromCql, RawRow, RowIter, ToCql};
use cql_protocol::wire::Reader;
use std::collections::BTreeSet;

const V4: &str = include_str!("../golden/v4.server.stream.hex");
const V5: &str = include_str!("../golden/v5.server.stream.hex");

/// The rows of every result that came with its columns.
fn pages(version: ProtocolVersion, hex: &str) -> Vec<cql_protocol::response::Rows> {
    let hex = hex.trim_end();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let mut decoder = Decoder::new(Direction::Response, 1 << 20);
    let mut pages = Vec::new();
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let buffer = decoder.buffer();
        let (now, later) = rest.split_at((buffer.capacity() - buffer.len()).min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        while let Some(frame) = decoder.next_frame().unwrap() {
            if frame.header.opcode == Opcode::READY && version.has_segments() {
                decoder.enable_segments(false);
            }
            if frame.header.opcode != Opcode::RESULT {
                continue;
            }
            let mut reader = Reader::new(&frame.body);
            let _ = Prelude::decode(&mut reader, &frame.header).unwrap();
            let body = frame.body.slice(reader.offset()..);
            if let CqlResult::Rows(rows) = CqlResult::decode(version, body).unwrap()
                && rows.metadata.columns.is_some()
            {
                pages.push(rows);
            }
        }
    }
    pages
}

#[test]
fn recorded_cells_are_read_and_written_again_to_the_same_bytes() {
    for (version, hex) in [(ProtocolVersion::V4, V4), (ProtocolVersion::V5, V5)] {
        let (mut cells, mut types) = (0, BTreeSet::new());
        for page in pages(version, hex) {
            let columns = page.metadata.columns.as_deref().unwrap();
            let rows = RowIter::<RawRow<'_>>::new(columns, &page.data, page.rows_count).unwrap();
            assert_eq!(rows.len(), page.rows_count);
            for row in rows {
                for (column, contents) in row.unwrap().iter() {
                    let column_type = column.column_type();
                    let value = CqlValue::from_cql(column_type, contents).unwrap();
                    assert_eq!(value == CqlValue::Null, contents.is_none());
                    let mut again = Vec::new();
                    let encoded = value.to_cql(column_type, &mut again).unwrap();
                    let again = (encoded == Encoded::Value).then_some(&*again);
                    assert_eq!(again, contents, "{version} {} {column_type} {value}", column.name());
                    cells += 1;
                    types.insert(column_type.to_string());
                }
            }
            let rows = RowIter::<CqlRow>::new(columns, &page.data, page.rows_count).unwrap();
            assert_eq!(rows.filter(Result::is_ok).count(), page.rows_count);
        }
        assert!(cells > 900, "{version}: {cells} cells");
        for column_type in ["duration", "vector<float, 3>", "vector<text, 2>", "tinyint", "varint", "decimal"]
        {
            assert!(types.contains(column_type), "{version}: no {column_type} in {types:?}");
        }
    }
}
