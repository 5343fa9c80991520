//! Rows: one page of a result, its cells still bytes.

use super::{ResultMetadata, write_count};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::version::ProtocolVersion;
use crate::wire::Reader;
use bytes::Bytes;
use std::fmt;

/// One page of rows (v5 §4.2.5.2). Cells are decoded when they are asked for; `Debug` shows how many bytes they are.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Rows {
    /// The columns, and where the next page begins.
    pub metadata: ResultMetadata,
    /// How many rows this page has.
    pub rows_count: usize,
    /// The cells: row by row, column by column, each a `[bytes]`.
    pub data: Bytes,
}

impl Rows {
    /// A page of `rows_count` rows whose cells are in `data`.
    #[must_use]
    pub fn new(metadata: ResultMetadata, rows_count: usize, data: Bytes) -> Self {
        Rows { metadata, rows_count, data }
    }

    /// Whether another page follows. It may be empty, as this one may be.
    #[must_use]
    pub fn has_more_pages(&self) -> bool {
        self.metadata.paging_state.is_some()
    }

    /// Reads all but the cells, which follow.
    #[inline]
    pub(super) fn decode_head(
        version: ProtocolVersion,
        body: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<(ResultMetadata, usize), DecodeError> {
        // "<metadata><rows_count><rows_content>"
        let metadata = ResultMetadata::decode(version, body, reader)?;
        let count = reader.i32("rows")?;
        let Ok(rows_count) = usize::try_from(count) else {
            return Err(reader.error("rows", Problem::Negative(count.into())));
        };
        let left = reader.rest().len();
        // A cell is a [bytes]: four bytes at least. What the counts promise must be there, so that whoever sets memory
        // aside for them is not lied to.
        let needed = rows_count.saturating_mul(metadata.column_count).saturating_mul(4);
        if needed > left {
            return Err(reader.error("rows", Problem::TooShort { needed, left }));
        }
        if metadata.column_count == 0 && rows_count > 0 {
            return Err(reader.error("rows", Problem::Malformed("rows without columns")));
        }
        Ok((metadata, rows_count))
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.metadata.encode(version, out)?;
        write_count(self.rows_count, "rows", out)?;
        out.extend_from_slice(&self.data);
        Ok(())
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("metadata", &self.metadata)
            .field("rows_count", &self.rows_count)
            .field("data_bytes", &self.data.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::testing::string;
    use crate::response::{CqlResult, Response};
    use crate::types::{ColumnSpec, ColumnType, TableSpec};
    use std::sync::Arc;

    fn table(name: &str) -> Arc<TableSpec> {
        Arc::new(TableSpec::new("ks", name))
    }

    fn rows(metadata: ResultMetadata) -> Response {
        let data = Bytes::from_static(&[0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF]);
        Response::Result(CqlResult::Rows(Rows::new(metadata, 1, data)))
    }

    fn check(versions: &[ProtocolVersion], metadata: ResultMetadata, metadata_bytes: &[u8]) {
        let cells = [0, 0, 0, 1, 0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF];
        let bytes = [&[0, 0, 0, 2], metadata_bytes, &cells].concat();
        for version in versions {
            // What follows the cells is kept with them: whoever reads cells stops after the last.
            let response = rows(metadata.clone());
            let mut out = Vec::new();
            response.encode(*version, &mut out).unwrap();
            assert_eq!(out, bytes, "{version}");
            let body = Bytes::from(bytes.clone());
            assert_eq!(
                Response::decode(*version, response.opcode(), body.clone()),
                Ok(response),
                "{version}"
            );
            for cut in 0..bytes.len() {
                let decoded = CqlResult::decode(*version, body.slice(..cut));
                // A cell may be cut: its bytes are read later. The counts are compared with four bytes a cell.
                assert!(decoded.is_err() || cut >= bytes.len() - 1, "{version} cut at {cut}");
            }
        }
    }

    #[test]
    fn columns_of_one_table_name_it_once() {
        let t = table("t");
        let columns = [
            ColumnSpec::new(Arc::clone(&t), "a", ColumnType::Int),
            ColumnSpec::new(t, "b", ColumnType::list(ColumnType::Text)),
        ];
        let bytes = [
            &[0, 0, 0, 1, 0, 0, 0, 2][..],
            &string("ks"),
            &string("t"),
            &string("a"),
            &[0, 9],
            &string("b"),
            &[0, 0x20, 0, 0x0D],
        ];
        check(ProtocolVersion::ALL, ResultMetadata::new(columns), &bytes.concat());
    }

    #[test]
    fn columns_of_several_tables_name_each() {
        let columns = [
            ColumnSpec::new(table("t"), "a", ColumnType::Int),
            ColumnSpec::new(table("u"), "b", ColumnType::Blob),
        ];
        let bytes = [
            &[0, 0, 0, 0, 0, 0, 0, 2][..],
            &string("ks"),
            &string("t"),
            &string("a"),
            &[0, 9],
            &string("ks"),
            &string("u"),
            &string("b"),
            &[0, 3],
        ];
        check(ProtocolVersion::ALL, ResultMetadata::new(columns), &bytes.concat());
    }

    #[test]
    fn metadata_can_be_left_out_and_the_count_stays() {
        let mut metadata = ResultMetadata::without_columns(2);
        check(ProtocolVersion::ALL, metadata.clone(), &[0, 0, 0, 4, 0, 0, 0, 2]);
        metadata.paging_state = Some(Bytes::from_static(&[9]));
        check(ProtocolVersion::ALL, metadata, &[0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 1, 9]);
    }

    #[test]
    fn the_paging_state_comes_before_the_new_metadata_id() {
        let t = table("t");
        let columns =
            [ColumnSpec::new(Arc::clone(&t), "a", ColumnType::Int), ColumnSpec::new(t, "b", ColumnType::Int)];
        let mut metadata = ResultMetadata::new(columns);
        metadata.paging_state = Some(Bytes::from_static(&[0xAA, 0xBB]));
        metadata.new_metadata_id = Some(Bytes::from_static(&[0xCC]));
        let bytes = [
            &[0, 0, 0, 0xB, 0, 0, 0, 2][..],
            &[0, 0, 0, 2, 0xAA, 0xBB],
            &[0, 1, 0xCC],
            &string("ks"),
            &string("t"),
            &string("a"),
            &[0, 9],
            &string("b"),
            &[0, 9],
        ];
        check(&[ProtocolVersion::V5], metadata.clone(), &bytes.concat());
        let old = rows(metadata.clone()).encode(ProtocolVersion::V4, &mut Vec::new());
        assert!(matches!(old, Err(EncodeError::Unsupported { .. })));
        metadata.columns = None;
        let hidden = rows(metadata).encode(ProtocolVersion::V5, &mut Vec::new());
        assert!(matches!(hidden, Err(EncodeError::Invalid(_))));
    }

    fn decode(version: ProtocolVersion, bytes: &[u8]) -> Result<CqlResult, DecodeError> {
        CqlResult::decode(version, Bytes::from([&[0, 0, 0, 2], bytes].concat()))
    }

    #[test]
    fn counts_that_promise_more_than_is_there_are_refused() {
        let max = [0x7F, 0xFF, 0xFF, 0xFF];
        for &version in ProtocolVersion::ALL {
            let columns = [&[0, 0, 0, 1][..], &max, &string("ks"), &string("t"), &[0; 64]].concat();
            assert!(decode(version, &columns).is_err(), "columns");
            let rows = [&[0, 0, 0, 4][..], &max, &max, &[0; 64]].concat();
            assert!(decode(version, &rows).is_err(), "rows");
            let empty = [&[0, 0, 0, 4, 0, 0, 0, 0][..], &max, &[0; 64]].concat();
            assert!(decode(version, &empty).is_err(), "rows without columns");
            assert!(decode(version, &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]).is_ok(), "no rows at all");
            let negative = [&[0, 0, 0, 4, 0, 0, 0, 1][..], &[0xFF; 4], &[0; 64]].concat();
            assert!(decode(version, &negative).is_err(), "negative");
        }
    }

    #[test]
    fn flags_that_contradict_or_are_not_known_are_refused() {
        let rest = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let with = |version, flags| decode(version, &[&[0, 0, 0, flags], &rest[..]].concat());
        assert!(with(ProtocolVersion::V4, 0).is_ok());
        assert!(with(ProtocolVersion::V4, 8).is_err(), "v4 has no Metadata_changed");
        assert!(with(ProtocolVersion::V5, 8).is_ok());
        assert!(with(ProtocolVersion::V5, 12).is_err(), "new metadata left out");
        assert!(with(ProtocolVersion::V5, 16).is_err());
    }

    #[test]
    fn more_pages_need_a_paging_state() {
        for &version in ProtocolVersion::ALL {
            let with =
                |state: &[u8]| decode(version, &[&[0, 0, 0, 6, 0, 0, 0, 0], state, &[0, 0, 0, 0]].concat());
            assert!(with(&[0, 0, 0, 1, 9]).is_ok());
            let error = with(&[0xFF; 4]).unwrap_err();
            assert_eq!(error.problem(), &Problem::Malformed("more pages without a paging state"));
        }
    }

    #[test]
    fn debug_shows_neither_cells_nor_paging_state() {
        let mut metadata = ResultMetadata::without_columns(1);
        metadata.paging_state = Some(Bytes::from_static(&[211]));
        let rows = Rows::new(metadata, 1, Bytes::from_static(&[0, 0, 0, 1, 213]));
        let text = format!("{rows:?}");
        assert!(!text.contains("xd5") && !text.contains("xd3"), "{text}");
        assert!(rows.has_more_pages());
    }
}
