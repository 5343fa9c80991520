//! What the columns of a result are, and how it goes on.

use super::write_count;
use crate::error::{DecodeError, EncodeError, Problem};
use crate::types::{ColumnSpec, ColumnType, TableSpec};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

pub(super) const GLOBAL_TABLES_SPEC: i32 = 0x01;
const HAS_MORE_PAGES: i32 = 0x02;
const NO_METADATA: i32 = 0x04;
const METADATA_CHANGED: i32 = 0x08;

/// The `<metadata>` of rows (v5 §4.2.5.2).
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ResultMetadata {
    /// Where the next page begins; `None` on the last.
    pub paging_state: Option<Bytes>,
    /// The id of the columns here, if they are not those the client knew when it executed the statement (v5).
    pub new_metadata_id: Option<Bytes>,
    /// The columns; `None` if the server left them out.
    pub columns: Option<Arc<[ColumnSpec]>>,
    /// How many columns there are, also where they are left out. Without rows it is the server's bare word.
    pub column_count: usize,
}

impl ResultMetadata {
    /// Metadata with those columns.
    #[must_use]
    pub fn new(columns: impl Into<Arc<[ColumnSpec]>>) -> Self {
        let columns = columns.into();
        ResultMetadata { column_count: columns.len(), columns: Some(columns), ..Self::default() }
    }

    /// Metadata of that many columns, which are left out.
    #[must_use]
    pub fn without_columns(column_count: usize) -> Self {
        ResultMetadata { column_count, ..Self::default() }
    }

    #[inline]
    pub(super) fn decode(
        version: ProtocolVersion,
        body: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let flags = reader.i32("metadata flags")?;
        let known = match version.has_result_metadata_id() {
            true => GLOBAL_TABLES_SPEC | HAS_MORE_PAGES | NO_METADATA | METADATA_CHANGED,
            false => GLOBAL_TABLES_SPEC | HAS_MORE_PAGES | NO_METADATA,
        };
        // What an unknown flag adds would be taken for something else.
        if flags & !known != 0 {
            return Err(reader.error("metadata flags", Problem::Unknown(flags.into())));
        }
        // "If Metadata_changed is set, the No_metadata flag has to be unset."
        if flags & METADATA_CHANGED != 0 && flags & NO_METADATA != 0 {
            return Err(reader.error("metadata flags", Problem::Malformed("new metadata left out")));
        }
        let column_count = column_count(reader)?;
        // The paging state comes first: so say specification and server, although the server's own decoder reads the
        // two in the other order.
        let paging_state = match flags & HAS_MORE_PAGES {
            0 => None,
            // Without it the page would be taken for the last, and the rest of the rows be lost unseen.
            _ => match reader.opt_bytes("paging state")? {
                Some(state) => Some(body.slice_ref(state)),
                None => {
                    let problem = Problem::Malformed("more pages without a paging state");
                    return Err(reader.error("paging state", problem));
                }
            },
        };
        let new_metadata_id = match flags & METADATA_CHANGED {
            0 => None,
            _ => Some(body.slice_ref(reader.short_bytes("new metadata id")?)),
        };
        let columns = match flags & NO_METADATA {
            0 => Some(decode_columns(reader, flags, column_count)?),
            _ => None,
        };
        Ok(ResultMetadata { paging_state, new_metadata_id, columns, column_count })
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let mut flags = self.columns.as_deref().map_or(NO_METADATA, columns_flag);
        if self.paging_state.is_some() {
            flags |= HAS_MORE_PAGES;
        }
        if self.new_metadata_id.is_some() {
            if !version.has_result_metadata_id() {
                return Err(EncodeError::Unsupported { feature: "a result metadata id", version });
            }
            if self.columns.is_none() {
                return Err(EncodeError::Invalid("new metadata cannot be left out"));
            }
            flags |= METADATA_CHANGED;
        }
        if self.columns.as_ref().is_some_and(|columns| columns.len() != self.column_count) {
            return Err(EncodeError::Invalid("the number of columns contradicts the columns"));
        }
        out.write_int(flags);
        write_count(self.column_count, "columns", out)?;
        if let Some(state) = &self.paging_state {
            out.write_bytes(state, "paging state")?;
        }
        if let Some(id) = &self.new_metadata_id {
            out.write_short_bytes(id, "new metadata id")?;
        }
        self.columns.as_deref().map_or(Ok(()), |columns| encode_columns(columns, version, out))
    }
}

impl fmt::Debug for ResultMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultMetadata")
            // The state holds the partition key.
            .field("paging_state_bytes", &self.paging_state.as_ref().map(Bytes::len))
            .field("new_metadata_id", &self.new_metadata_id)
            .field("columns", &self.columns)
            .field("column_count", &self.column_count)
            .finish()
    }
}

/// `<columns_count>`, not yet compared with what follows.
pub(super) fn column_count(reader: &mut Reader<'_>) -> Result<usize, DecodeError> {
    let count = reader.i32("columns")?;
    usize::try_from(count).map_err(|_| reader.error("columns", Problem::Negative(count.into())))
}

/// `<global_table_spec>?<col_spec_1>...<col_spec_n>`.
pub(super) fn decode_columns(
    reader: &mut Reader<'_>,
    flags: i32,
    count: usize,
) -> Result<Arc<[ColumnSpec]>, DecodeError> {
    let global = match flags & GLOBAL_TABLES_SPEC {
        0 => None,
        _ => Some(Arc::new(decode_table(reader)?)),
    };
    // Name and type of a column take two bytes each at least, keyspace and table another two each.
    let least = if global.is_some() { 4 } else { 8 };
    let needed = count.saturating_mul(least);
    if needed > reader.rest().len() {
        return Err(reader.error("columns", Problem::TooShort { needed, left: reader.rest().len() }));
    }
    let mut columns: Vec<ColumnSpec> = Vec::with_capacity(count);
    for _ in 0..count {
        let table = match &global {
            Some(table) => Arc::clone(table),
            None => {
                let table = decode_table(reader)?;
                match columns.last() {
                    Some(previous) if **previous.table_spec() == table => Arc::clone(previous.table_spec()),
                    _ => Arc::new(table),
                }
            }
        };
        let name = reader.string("name of a column")?;
        columns.push(ColumnSpec::new(table, name, ColumnType::decode(reader)?));
    }
    Ok(columns.into())
}

fn decode_table(reader: &mut Reader<'_>) -> Result<TableSpec, DecodeError> {
    Ok(TableSpec::new(reader.string("keyspace of a column")?, reader.string("table of a column")?))
}

/// The flag that [`encode_columns`] needs: as Cassandra does, global where all columns are of one table.
pub(super) fn columns_flag(columns: &[ColumnSpec]) -> i32 {
    match columns {
        [first, rest @ ..] if rest.iter().all(|column| same_table(first, column)) => GLOBAL_TABLES_SPEC,
        _ => 0,
    }
}

fn same_table(a: &ColumnSpec, b: &ColumnSpec) -> bool {
    Arc::ptr_eq(a.table_spec(), b.table_spec()) || a.table_spec() == b.table_spec()
}

pub(super) fn encode_columns(
    columns: &[ColumnSpec],
    version: ProtocolVersion,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let global = columns_flag(columns) == GLOBAL_TABLES_SPEC;
    if let (true, Some(first)) = (global, columns.first()) {
        encode_table(first, out)?;
    }
    for column in columns {
        if !global {
            encode_table(column, out)?;
        }
        out.write_string(column.name(), "name of a column")?;
        column.column_type().encode(version, out)?;
    }
    Ok(())
}

fn encode_table(column: &ColumnSpec, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.write_string(column.keyspace(), "keyspace of a column")?;
    out.write_string(column.table(), "table of a column")
}
