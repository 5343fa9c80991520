//! Bodies of the answers that are measured, made ready once for each way of speaking.

use super::Options;
use crate::failure::Failure;
use crate::statements::{A, B, C, GET, HUNDRED, HUNDRED_ROWS, SCAN, T, WIDE, WIDE_TEXTS, columns};
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

/// The answers to everything that is measured.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) void: Body,
    selected: Vec<Selected>,
}

/// The answers to one statement.
#[derive(Debug)]
pub(super) struct Selected {
    /// Page after page; each tells the number of the next as its paging state.
    with_columns: Vec<Body>,
    without_columns: Vec<Body>,
}

/// A SELECT that is measured.
pub(super) struct Select {
    pub(super) text: &'static str,
    pub(super) columns: fn() -> Arc<[ColumnSpec]>,
    pub(super) has_key: bool,
    rows: fn(&Options) -> usize,
    pages: fn(&Options) -> usize,
}

pub(super) const SELECTS: [Select; 4] = [
    Select { text: GET, columns, has_key: true, rows: |_| 1, pages: |_| 1 },
    Select {
        text: SCAN,
        columns,
        has_key: false,
        rows: |options| options.page_rows,
        pages: |options| options.pages,
    },
    Select { text: HUNDRED, columns, has_key: false, rows: |_| HUNDRED_ROWS, pages: |_| 1 },
    Select { text: WIDE, columns: wide_columns, has_key: true, rows: |_| 1, pages: |_| 1 },
];

impl Answers {
    /// Those of a version; `lz4`: with compressed bodies.
    pub(super) fn new(version: ProtocolVersion, lz4: bool, options: &Options) -> Result<Self, Failure> {
        let encoder = BodyEncoder { version, lz4 };
        let selected = SELECTS.iter().map(|select| Selected::new(select, &encoder, options));
        Ok(Answers {
            void: encoder.body(CqlResult::Void, Bytes::new())?,
            selected: selected.collect::<Result<_, _>>()?,
        })
    }

    /// The answers to one of [`SELECTS`].
    #[inline]
    pub(super) fn selected(&self, select: usize) -> Option<&Selected> {
        self.selected.get(select)
    }
}

impl Selected {
    fn new(select: &Select, encoder: &BodyEncoder, options: &Options) -> Result<Self, Failure> {
        let (columns, rows) = ((select.columns)(), (select.rows)(options));
        let last = (select.pages)(options).max(1);
        let page = cells(&columns, rows)?;
        let pages = |metadata: ResultMetadata| {
            let page = |next| {
                let mut metadata = metadata.clone();
                metadata.paging_state = (next < last).then(|| paging_state(next));
                encoder.rows(metadata, rows, &page)
            };
            (1..=last).map(page).collect::<Result<Vec<_>, _>>()
        };
        Ok(Selected {
            without_columns: pages(ResultMetadata::without_columns(columns.len()))?,
            with_columns: pages(ResultMetadata::new(columns))?,
        })
    }

    /// The page that a paging state leads to; the first without one, or with one of somebody else's.
    #[inline]
    pub(super) fn page(&self, skip_metadata: bool, paging_state: Option<&[u8]>) -> Option<&Body> {
        let pages = if skip_metadata { &self.without_columns } else { &self.with_columns };
        let number =
            paging_state.and_then(|state| state.first_chunk()).map_or(0, |state| u32::from_be_bytes(*state));
        pages.get(number as usize).or(pages.first())
    }
}

fn paging_state(page: usize) -> Bytes {
    Bytes::copy_from_slice(&u32::try_from(page).unwrap_or(u32::MAX).to_be_bytes())
}

/// The columns of `bench.wide`.
fn wide_columns() -> Arc<[ColumnSpec]> {
    let table = Arc::new(TableSpec::new("bench", "wide"));
    let key = [ColumnSpec::new(Arc::clone(&table), "id", ColumnType::BigInt)];
    let texts = (1..=WIDE_TEXTS)
        .map(|number| ColumnSpec::new(Arc::clone(&table), format!("t{number}"), ColumnType::Text));
    key.into_iter().chain(texts).collect()
}

/// That many rows of these columns.
fn cells(columns: &[ColumnSpec], rows: usize) -> Result<Bytes, Failure> {
    let mut cells = Vec::new();
    for id in 0..i64::try_from(rows)? {
        for column in columns {
            let of_type = column.column_type();
            let _ = match column.name() {
                "id" => write_value(&id, of_type, &mut cells)?,
                "a" => write_value(A, of_type, &mut cells)?,
                "b" => write_value(B, of_type, &mut cells)?,
                "c" => write_value(&C, of_type, &mut cells)?,
                _ => write_value(T, of_type, &mut cells)?,
            };
        }
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
