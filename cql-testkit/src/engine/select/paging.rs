//! Where the next page begins, as clients carry it from page to page.

use crate::engine::problem::Result;
use crate::engine::schema::{Column, Table};
use crate::engine::storage::{Clustering, Key};
use crate::engine::values;
use bytes::Bytes;
use cql_protocol::response::{ErrorCode, ServerError};

/// The form of what is below. Others are refused.
const VERSION: u8 = 1;

/// The last row that was read, and what may still come.
#[derive(Debug, Clone)]
pub(super) struct Position {
    pub(super) key: Key,
    /// `None` when nothing more of the partition is to come.
    pub(super) place: Option<Clustering>,
    /// How many rows are left of LIMIT and of PER PARTITION LIMIT.
    pub(super) limit: u32,
    pub(super) in_partition: u32,
}

impl Position {
    pub(super) fn encode(&self) -> Bytes {
        let mut out = vec![VERSION];
        out.extend(self.limit.to_be_bytes());
        out.extend(self.in_partition.to_be_bytes());
        push(&mut out, &self.key.bytes);
        if let Some(place) = &self.place {
            place.values().iter().for_each(|value| push(&mut out, value));
            out.push(1);
        } else {
            out.push(0);
        }
        out.into()
    }

    /// Reads what a client sent, which may be anything.
    pub(super) fn decode(bytes: &Bytes, table: &Table) -> Result<Position> {
        let refused = || ServerError::new(ErrorCode::PROTOCOL_ERROR, "Invalid value for the paging state");
        Self::read(bytes, table).ok_or_else(refused)
    }

    fn read(bytes: &Bytes, table: &Table) -> Option<Position> {
        let (has_place, rest) = match bytes.split_last()? {
            (0, rest) => (false, rest),
            (1, rest) => (true, rest),
            _ => return None,
        };
        let (head, mut rest) = rest.split_first_chunk::<9>()?;
        let [version, head @ ..] = head;
        let (limit, in_partition) = head.split_first_chunk::<4>()?;
        let key = Key::new(Bytes::copy_from_slice(pull(&mut rest)?));
        if *version != VERSION || !is_key(&key, table) {
            return None;
        }
        let mut values = Vec::new();
        for column in table.clustering().iter().filter(|_| has_place) {
            let value = pull(&mut rest)?;
            values::validate(&column.column_type, value).ok()?;
            values.push(Bytes::copy_from_slice(value));
        }
        let (limit, in_partition) = (u32::from_be_bytes(*limit), in_partition.first_chunk()?);
        let in_partition = u32::from_be_bytes(*in_partition);
        // Nothing is left where no page would have been begun.
        let is_over = limit == 0 || (has_place && in_partition == 0);
        let place = has_place.then(|| Clustering::row(values, &table.order));
        (rest.is_empty() && !is_over).then_some(Position { key, place, limit, in_partition })
    }
}

/// Whether it can be the key of a partition.
fn is_key(key: &Key, table: &Table) -> bool {
    let columns = table.partition_key();
    let values = key.values(columns.len());
    values.len() == columns.len()
        && Key::of_values(&values).is_some_and(|again| again == *key)
        && Column::check_values(columns, &values).is_ok()
}

fn push(out: &mut Vec<u8>, value: &[u8]) {
    out.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(value);
}

fn pull<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (value, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(value)
}
