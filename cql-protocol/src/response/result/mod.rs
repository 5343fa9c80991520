//! RESULT: what a request brought.

mod metadata;
mod prepared;
mod rows;

pub use metadata::ResultMetadata;
pub use prepared::{BindMetadata, Prepared};
pub use rows::Rows;

use super::SchemaChange;
use crate::error::{DecodeError, EncodeError, Problem};
use crate::version::ProtocolVersion;
use crate::wire::{Reader, Write};
use bytes::{Buf, Bytes};

const VOID: i32 = 1;
const ROWS: i32 = 2;
const SET_KEYSPACE: i32 = 3;
const PREPARED: i32 = 4;
const SCHEMA_CHANGE: i32 = 5;

/// A RESULT (v5 §4.2.5).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum CqlResult {
    /// Nothing to tell.
    Void,
    /// Rows, one page of them.
    Rows(Rows),
    /// The answer to USE: the keyspace from now on.
    SetKeyspace(String),
    /// The answer to PREPARE.
    Prepared(Prepared),
    /// The answer to DDL.
    SchemaChange(SchemaChange),
}

impl CqlResult {
    /// Reads the body.
    ///
    /// # Errors
    /// When it is cut short or contradicts itself, or the kind is not known.
    #[inline]
    pub fn decode(version: ProtocolVersion, body: Bytes) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&body);
        // "The first element of the body of a RESULT message is an [int] representing the `kind` of result."
        match reader.i32("kind of result")? {
            VOID => Ok(CqlResult::Void),
            ROWS => {
                let (metadata, rows_count) = Rows::decode_head(version, &body, &mut reader)?;
                let start = reader.offset();
                // The body itself: a clone of it would cost two atomic operations.
                let mut data = body;
                data.advance(start);
                Ok(CqlResult::Rows(Rows { metadata, rows_count, data }))
            }
            SET_KEYSPACE => reader.string("keyspace").map(|name| CqlResult::SetKeyspace(name.to_owned())),
            PREPARED => Prepared::decode(version, &body, &mut reader).map(CqlResult::Prepared),
            SCHEMA_CHANGE => SchemaChange::decode(&body, &mut reader).map(CqlResult::SchemaChange),
            other => Err(reader.error("kind of result", Problem::Unknown(other.into()))),
        }
    }

    /// Appends the body.
    ///
    /// # Errors
    /// When the version has no place for something it says, a count or a text is too long for its prefix, or it
    /// contradicts itself. `out` may then hold a part.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            CqlResult::Void => {
                out.write_int(VOID);
                Ok(())
            }
            CqlResult::Rows(rows) => {
                out.write_int(ROWS);
                rows.encode(version, out)
            }
            CqlResult::SetKeyspace(name) => {
                out.write_int(SET_KEYSPACE);
                out.write_string(name, "keyspace")
            }
            CqlResult::Prepared(prepared) => {
                out.write_int(PREPARED);
                prepared.encode(version, out)
            }
            CqlResult::SchemaChange(change) => {
                out.write_int(SCHEMA_CHANGE);
                change.encode(version, out)
            }
        }
    }
}

/// An `[int]` count.
fn write_count(count: usize, field: &'static str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let Ok(int) = i32::try_from(count) else {
        return Err(EncodeError::TooLong { field, length: count, limit: i32::MAX as usize });
    };
    out.write_int(int);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::Response;
    use crate::response::testing::both_ways;

    #[test]
    fn void_and_set_keyspace_have_their_bytes() {
        for &version in ProtocolVersion::ALL {
            both_ways(version, &Response::Result(CqlResult::Void), &[0, 0, 0, 1]);
            let use_ks = CqlResult::SetKeyspace("ks".to_owned());
            both_ways(version, &Response::Result(use_ks), &[0, 0, 0, 3, 0, 2, b'k', b's']);
        }
    }

    #[test]
    fn an_unknown_kind_is_an_error() {
        let error = CqlResult::decode(ProtocolVersion::V5, Bytes::from_static(&[0, 0, 0, 6])).unwrap_err();
        assert_eq!((error.field(), error.problem()), ("kind of result", &Problem::Unknown(6)));
    }
}
