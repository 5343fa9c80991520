//! Prepared: what it takes to execute a statement, and what that brings.

use super::metadata::{column_count, columns_flag, decode_columns, encode_columns};
use super::{ResultMetadata, write_count};
use crate::error::{DecodeError, EncodeError, Problem};
use crate::types::ColumnSpec;
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::Bytes;
use std::sync::Arc;

/// The answer to PREPARE (v5 §4.2.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prepared {
    /// The id to execute it by, on any connection to the node that gave it.
    pub id: Bytes,
    /// The id of the result's metadata: from v5 on, and only there.
    pub result_metadata_id: Option<Bytes>,
    /// The bind markers.
    pub bind: BindMetadata,
    /// The columns of the result; left out, with 0 columns, for what is not a SELECT.
    pub result: ResultMetadata,
}

/// The bind markers of a prepared statement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BindMetadata {
    /// Name and type of each.
    pub columns: Arc<[ColumnSpec]>,
    /// Which marker binds the first partition key column, which the second and so on. Empty if not all of them are bound
    /// by markers, and always in v3. Each is less than the number of markers.
    pub partition_key_indexes: Box<[u16]>,
}

impl Prepared {
    /// A prepared statement; give it a `result_metadata_id` for v5.
    #[must_use]
    pub fn new(id: Bytes, bind: BindMetadata, result: ResultMetadata) -> Self {
        Prepared { id, result_metadata_id: None, bind, result }
    }

    pub(super) fn decode(
        version: ProtocolVersion,
        body: &Bytes,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        // "<id><result_metadata_id><metadata><result_metadata>"
        let id = body.slice_ref(reader.short_bytes("prepared statement id")?);
        let result_metadata_id = match version.has_result_metadata_id() {
            true => Some(body.slice_ref(reader.short_bytes("result metadata id")?)),
            false => None,
        };
        let bind = BindMetadata::decode(version, reader)?;
        let result = ResultMetadata::decode(version, body, reader)?;
        Ok(Prepared { id, result_metadata_id, bind, result })
    }

    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_short_bytes(&self.id, "prepared statement id")?;
        match (version.has_result_metadata_id(), &self.result_metadata_id) {
            (true, Some(id)) => out.write_short_bytes(id, "result metadata id")?,
            (false, None) => {}
            (true, None) => {
                return Err(EncodeError::Invalid("from v5 on a Prepared needs a result metadata id"));
            }
            (false, Some(_)) => {
                return Err(EncodeError::Unsupported { feature: "a result metadata id", version });
            }
        }
        self.bind.encode(version, out)?;
        self.result.encode(version, out)
    }
}

impl BindMetadata {
    /// Bind markers, and which of them make the partition key.
    #[must_use]
    pub fn new(columns: impl Into<Arc<[ColumnSpec]>>, partition_key_indexes: impl Into<Box<[u16]>>) -> Self {
        BindMetadata { columns: columns.into(), partition_key_indexes: partition_key_indexes.into() }
    }

    fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        // Of the flags only Global_tables_spec means something here.
        let flags = reader.i32("bind metadata flags")?;
        let count = column_count(reader)?;
        let partition_key_indexes = match version.has_partition_key_indexes() {
            true => decode_indexes(reader, count)?,
            false => Box::default(),
        };
        Ok(BindMetadata { columns: decode_columns(reader, flags, count)?, partition_key_indexes })
    }

    fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.write_int(columns_flag(&self.columns));
        write_count(self.columns.len(), "bind markers", out)?;
        // v3 has no place for the indexes; its servers know them and keep them to themselves.
        if version.has_partition_key_indexes() {
            if self.partition_key_indexes.iter().any(|index| usize::from(*index) >= self.columns.len()) {
                return Err(EncodeError::Invalid("a partition key index without its bind marker"));
            }
            write_count(self.partition_key_indexes.len(), "partition key indexes", out)?;
            for index in &self.partition_key_indexes {
                out.write_short(*index);
            }
        }
        encode_columns(&self.columns, version, out)
    }
}

fn decode_indexes(reader: &mut Reader<'_>, markers: usize) -> Result<Box<[u16]>, DecodeError> {
    let count = reader.count(2, "partition key indexes")?;
    (0..count)
        .map(|_| match reader.u16("partition key index")? {
            index if usize::from(index) < markers => Ok(index),
            index => Err(reader.error("partition key index", Problem::OutOfRange(index.into()))),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::testing::{both_ways, string};
    use crate::response::{CqlResult, Response};
    use crate::types::{ColumnType, TableSpec};

    fn prepared() -> (Prepared, [Vec<u8>; 3]) {
        let t = Arc::new(TableSpec::new("ks", "t"));
        let markers = [
            ColumnSpec::new(Arc::clone(&t), "v", ColumnType::Text),
            ColumnSpec::new(Arc::clone(&t), "k", ColumnType::Int),
        ];
        let result = ResultMetadata::new([ColumnSpec::new(t, "r", ColumnType::Uuid)]);
        let prepared = Prepared::new(Bytes::from_static(&[1, 2, 3]), BindMetadata::new(markers, [1]), result);
        let global = [string("ks"), string("t")].concat();
        let head = vec![0, 0, 0, 1, 0, 0, 0, 2];
        let bind = [&global[..], &string("v"), &[0, 0x0D], &string("k"), &[0, 9]].concat();
        let result = [&[0, 0, 0, 1, 0, 0, 0, 1], &global[..], &string("r"), &[0, 0x0C]].concat();
        (prepared, [head, bind, result])
    }

    fn check(version: ProtocolVersion, prepared: Prepared, bytes: &[&[u8]]) {
        let bytes = [&[0, 0, 0, 4], &bytes.concat()[..]].concat();
        both_ways(version, &Response::Result(CqlResult::Prepared(prepared)), &bytes);
    }

    #[test]
    fn v3_has_no_partition_key_indexes() {
        let (mut prepared, [head, bind, result]) = prepared();
        prepared.bind.partition_key_indexes = Box::default();
        check(ProtocolVersion::V3, prepared, &[&[0, 3, 1, 2, 3], &head, &bind, &result]);
    }

    #[test]
    fn v4_has_partition_key_indexes_behind_the_count() {
        let (prepared, [head, bind, result]) = prepared();
        let indexes = [0, 0, 0, 1, 0, 1];
        check(ProtocolVersion::V4, prepared, &[&[0, 3, 1, 2, 3], &head, &indexes, &bind, &result]);
    }

    #[test]
    fn v5_has_a_result_metadata_id_behind_the_id() {
        let (mut prepared, [head, bind, result]) = prepared();
        let missing = prepared.encode(ProtocolVersion::V5, &mut Vec::new());
        assert!(matches!(missing, Err(EncodeError::Invalid(_))));
        prepared.result_metadata_id = Some(Bytes::from_static(&[8]));
        let old = prepared.encode(ProtocolVersion::V4, &mut Vec::new());
        assert!(matches!(old, Err(EncodeError::Unsupported { .. })));
        let ids = [0, 3, 1, 2, 3, 0, 1, 8];
        let indexes = [0, 0, 0, 1, 0, 1];
        check(ProtocolVersion::V5, prepared, &[&ids, &head, &indexes, &bind, &result]);
    }

    #[test]
    fn a_statement_without_markers_and_result_is_small() {
        let prepared = Prepared::new(
            Bytes::from_static(&[1]),
            BindMetadata::new([], []),
            ResultMetadata::without_columns(0),
        );
        let bytes = [&[0, 1, 1][..], &[0; 12], &[0, 0, 0, 4, 0, 0, 0, 0]];
        check(ProtocolVersion::V4, prepared, &bytes);
    }

    #[test]
    fn an_index_without_its_marker_is_refused_both_ways() {
        let (mut prepared, [head, bind, result]) = prepared();
        let bytes = [&[0, 0, 0, 4, 0, 0][..], &head, &[0, 0, 0, 1, 0, 2], &bind, &result].concat();
        assert!(CqlResult::decode(ProtocolVersion::V4, Bytes::from(bytes)).is_err());
        prepared.bind.partition_key_indexes = Box::new([2]);
        assert!(prepared.encode(ProtocolVersion::V4, &mut Vec::new()).is_err());
    }
}
