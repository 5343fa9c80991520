//! The body of a response.

use crate::frame_stream::read_rows;
use crate::version_of;
use bytes::Bytes;
use cql_protocol::frame::Opcode;
use cql_protocol::response::{CqlResult, Response};
use cql_protocol::value::RowIter;
use std::collections::BTreeMap;

/// The first byte chooses the version, the second is the opcode. What decodes is encoded and decoded again.
pub fn response_body(data: &[u8]) {
    let [version, opcode, body @ ..] = data else { return };
    let (version, opcode) = (version_of(*version), Opcode::from_code(*opcode));
    let Ok(response) = Response::decode(version, opcode, Bytes::copy_from_slice(body)) else { return };
    if let Response::Result(CqlResult::Rows(rows)) = &response {
        read_rows(rows);
        read_typed(rows);
    }
    let mut encoded = Vec::new();
    // A message may say more than this version can, or contradict itself.
    if response.encode(version, &mut encoded).is_ok() {
        let again =
            Response::decode(version, opcode, Bytes::from(encoded)).expect("what was encoded decodes");
        assert!(again == response, "{response:?} became {again:?}");
    }
}

/// Reads rows as applications do, whether or not these are the types.
fn read_typed(rows: &cql_protocol::response::Rows) {
    let Some(columns) = &rows.metadata.columns else { return };
    macro_rules! read {
        ($($row:ty),* $(,)?) => {$(
            if let Ok(rows) = RowIter::<$row>::new(columns, &rows.data, rows.rows_count) {
                rows.for_each(drop);
            }
        )*};
    }
    read!(
        (Option<i32>,),
        (i64, String),
        (Option<&str>, Option<&[u8]>),
        (uuid::Uuid, Vec<i32>, BTreeMap<String, Option<i64>>),
    );
}
