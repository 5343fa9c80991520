//! Bodies of the answers that are measured, made ready once for each way of speaking.

use super::Options;
use crate::failure::Failure;
use crate::statements::{A, B, C};
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::compression::{Compression, compress_body};
use cql_protocol::frame::Flags;
use cql_protocol::response::{CqlResult, Response, ResultMetadata, Rows};
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use cql_protocol::value::write_value;
use std::sync::Arc;

/// A body in two parts, of which all pages of a scan share the second.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) flags: Flags,
    pub(super) head: Bytes,
    pub(super) rest: Bytes,
}

#[derive(Debug)]
pub(super) struct Answers {
    pub(super) void: Body,
    with_columns: Selected,
    without_columns: Selected,
}

#[derive(Debug)]
pub(super) struct Selected {
    pub(super) row: Body,
    /// Page after page; each tells the number of the next as its paging state.
    pub(super) pages: Vec<Body>,
}

impl Answers {
    /// Those of a version; `lz4`: with compressed bodies.
    pub(super) fn new(version: ProtocolVersion, lz4: bool, options: &Options) -> Result<Self, Failure> {
        let one = cells(1)?;
        let page = cells(options.page_rows)?;
        let encoder = BodyEncoder { version, lz4 };
        let selected = |metadata: ResultMetadata| -> Result<Selected, Failure> {
            let pages = (1..=options.pages.max(1)).map(|next| {
                let mut metadata = metadata.clone();
                metadata.paging_state = (next < options.pages).then(|| paging_state(next));
                encoder.rows(metadata, options.page_rows, &page)
            });
            Ok(Selected {
                pages: pages.collect::<Result<_, _>>()?,
                row: encoder.rows(metadata.clone(), 1, &one)?,
            })
        };
        let columns = columns();
        Ok(Answers {
            void: encoder.body(CqlResult::Void, Bytes::new())?,
            without_columns: selected(ResultMetadata::without_columns(columns.len()))?,
            with_columns: selected(ResultMetadata::new(columns))?,
        })
    }

    pub(super) fn selected(&self, skip_metadata: bool) -> &Selected {
        if skip_metadata { &self.without_columns } else { &self.with_columns }
    }
}

impl Selected {
    /// The page that a paging state leads to; the first without one, or with one of somebody else's.
    pub(super) fn page(&self, paging_state: Option<&[u8]>) -> &Body {
        let number =
            paging_state.and_then(|state| state.first_chunk()).map_or(0, |state| u32::from_be_bytes(*state));
        let page = usize::try_from(number).ok().and_then(|number| self.pages.get(number));
        page.or(self.pages.first()).unwrap_or(&self.row)
    }
}

fn paging_state(page: usize) -> Bytes {
    Bytes::copy_from_slice(&u32::try_from(page).unwrap_or(u32::MAX).to_be_bytes())
}

/// The columns of `bench.kv`.
pub(super) fn columns() -> Arc<[ColumnSpec]> {
    let table = Arc::new(TableSpec::new("bench", "kv"));
    let columns = [
        ("id", ColumnType::BigInt),
        ("a", ColumnType::Text),
        ("b", ColumnType::Blob),
        ("c", ColumnType::Double),
    ];
    columns.into_iter().map(|(name, of_type)| ColumnSpec::new(Arc::clone(&table), name, of_type)).collect()
}

/// That many rows.
fn cells(rows: usize) -> Result<Bytes, Failure> {
    let mut cells = Vec::new();
    for id in 0..i64::try_from(rows)? {
        let _ = write_value(&id, &ColumnType::BigInt, &mut cells)?;
        let _ = write_value(A, &ColumnType::Text, &mut cells)?;
        let _ = write_value(B, &ColumnType::Blob, &mut cells)?;
        let _ = write_value(&C, &ColumnType::Double, &mut cells)?;
    }
    Ok(cells.into())
}

struct BodyEncoder {
    version: ProtocolVersion,
    lz4: bool,
}

impl BodyEncoder {
    fn rows(&self, metadata: ResultMetadata, count: usize, cells: &Bytes) -> Result<Body, Failure> {
        // The cells are what comes last.
        self.body(CqlResult::Rows(Rows::new(metadata, count, Bytes::new())), cells.clone())
    }

    fn body(&self, result: CqlResult, rest: Bytes) -> Result<Body, Failure> {
        let mut head = Vec::new();
        Response::Result(result).encode(self.version, &mut head)?;
        if !self.lz4 {
            return Ok(Body { flags: Flags::EMPTY, head: head.into(), rest });
        }
        head.extend_from_slice(&rest);
        let mut compressed = Vec::new();
        compress_body(Compression::Lz4, &head, &mut compressed)?;
        if compressed.len() >= head.len() {
            return Ok(Body { flags: Flags::EMPTY, head: head.into(), rest: Bytes::new() });
        }
        Ok(Body { flags: Flags::COMPRESSED, head: compressed.into(), rest: Bytes::new() })
    }
}
