//! Sets and maps that were bound are brought into the order that they are kept in.

use super::compare;
use super::parts;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// The value with its sets and maps in order, each element and key once.
pub(crate) fn in_order(column_type: &ColumnType, bytes: &Bytes) -> Bytes {
    ordered(column_type, bytes).unwrap_or_else(|| bytes.clone())
}

/// A user-defined value whose nulls have the length that nulls have; any length below 0 is one.
pub(crate) fn with_nulls(bytes: &Bytes) -> Bytes {
    let fields = parts::split_fields(bytes);
    fields.map_or_else(|| bytes.clone(), |fields| parts::join_fields(fields.iter().map(Option::as_ref)))
}

/// `None` when it is in order already.
fn ordered(column_type: &ColumnType, bytes: &Bytes) -> Option<Bytes> {
    match column_type {
        ColumnType::List(of) if has_order(of) => {
            let elements = parts::split(bytes)?;
            let elements: Option<Vec<Bytes>> =
                elements.into_iter().map(|element| Some(in_order(of, &element?))).collect();
            Some(parts::join(&elements?))
        }
        ColumnType::Set(of) => {
            if !has_order(of) && is_ascending(of, bytes, 1) {
                return None;
            }
            let elements = parts::split(bytes)?.into_iter();
            let mut elements: Vec<Bytes> = elements.flatten().map(|element| in_order(of, &element)).collect();
            elements.sort_by(|one, two| compare(of, one, two));
            elements.dedup_by(|one, two| compare(of, one, two).is_eq());
            Some(parts::join(&elements))
        }
        ColumnType::Map(of) => {
            if !has_order(&of.0) && !has_order(&of.1) && is_ascending(&of.0, bytes, 2) {
                return None;
            }
            let entries = parts::split_pairs(bytes)?.into_iter();
            let mut entries: Vec<(Bytes, Bytes)> = entries
                .filter_map(|(key, value)| Some((in_order(&of.0, &key?), in_order(&of.1, &value?))))
                .collect();
            sort_entries(&of.0, &mut entries);
            Some(parts::join_pairs(entries.iter().map(|(key, value)| (key, value))))
        }
        _ => None,
    }
}

/// Sorts entries by their keys. Of those with equal keys, whose bytes need not be the same, the first key and the last value
/// stay, as in the sorted map of a server.
pub(crate) fn sort_entries<K: AsRef<[u8]>, V>(of: &ColumnType, entries: &mut Vec<(K, V)>) {
    entries.sort_by(|(one, _), (two, _)| compare(of, one.as_ref(), two.as_ref()));
    entries.dedup_by(|(key, value), (kept, last)| {
        let is_same = compare(of, key.as_ref(), kept.as_ref()).is_eq();
        if is_same {
            std::mem::swap(value, last);
        }
        is_same
    });
}

/// Whether values of the type are, or have within, sets or maps.
fn has_order(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::List(of) => has_order(of),
        ColumnType::Set(_) | ColumnType::Map(_) => true,
        _ => false,
    }
}

/// Whether every part at a step is greater than the one before.
fn is_ascending(of: &ColumnType, bytes: &[u8], step: usize) -> bool {
    let mut last: Option<&[u8]> = None;
    for part in parts::Fields::of_collection(bytes).step_by(step) {
        let Some(part) = part else { return false };
        if last.is_some_and(|last| !compare(of, last, part).is_lt()) {
            return false;
        }
        last = Some(part);
    }
    true
}
