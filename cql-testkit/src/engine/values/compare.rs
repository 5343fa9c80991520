//! The order of values.

use super::number::{Decimal, compare_varints};
use super::parts::{Fields, vector_elements};
use cql_protocol::types::ColumnType;
use std::cmp::Ordering;

/// The server's order of two values of a type. Both are valid; empty ones come first.
#[inline]
pub(crate) fn compare(column_type: &ColumnType, one: &[u8], two: &[u8]) -> Ordering {
    match column_type {
        ColumnType::Int => signed::<4>(one, two),
        ColumnType::BigInt | ColumnType::Counter | ColumnType::Timestamp => signed::<8>(one, two),
        ColumnType::Text
        | ColumnType::Ascii
        | ColumnType::Blob
        | ColumnType::Inet
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Duration
        | ColumnType::Custom(_)
        | ColumnType::Unknown(_) => one.cmp(two),
        other => compare_rarer(other, one, two),
    }
}

/// The order of two parts of a collection or user-defined type: elements, keys, positions or fields.
pub(crate) fn compare_paths(column_type: &ColumnType, one: &[u8], two: &[u8]) -> Ordering {
    match column_type {
        ColumnType::Set(element) => compare(element, one, two),
        ColumnType::Map(entry) => compare(&entry.0, one, two),
        ColumnType::List(_) => compare(&ColumnType::TimeUuid, one, two),
        _ => one.cmp(two),
    }
}

fn compare_rarer(column_type: &ColumnType, one: &[u8], two: &[u8]) -> Ordering {
    // What is empty goes before all else, whatever the type.
    if one.is_empty() || two.is_empty() {
        return two.is_empty().cmp(&one.is_empty());
    }
    match column_type {
        ColumnType::TinyInt => first_byte(one).cmp(&first_byte(two)),
        ColumnType::SmallInt => signed::<2>(one, two),
        ColumnType::Boolean => is_true(one).cmp(&is_true(two)),
        ColumnType::Float => floats(f32_of(one), f32_of(two), || one.cmp(two)),
        ColumnType::Double => floats(f64_of(one), f64_of(two), || one.cmp(two)),
        ColumnType::Varint => compare_varints(one, two),
        ColumnType::Decimal => match (Decimal::read(one), Decimal::read(two)) {
            (Some(one), Some(two)) => one.compare(&two),
            _ => one.cmp(two),
        },
        ColumnType::Uuid => compare_uuids(one, two),
        ColumnType::TimeUuid => compare_time_uuids(one, two),
        ColumnType::List(element) | ColumnType::Set(element) => compare_collections(one, two, |_| element),
        ColumnType::Map(entry) => {
            compare_collections(one, two, |at| if at % 2 == 0 { &entry.0 } else { &entry.1 })
        }
        ColumnType::Tuple(types) => compare_fields(types.iter(), one, two),
        ColumnType::Udt(udt) => compare_fields(udt.fields().iter().map(|(_, of)| of), one, two),
        ColumnType::Vector(vector) => match (vector_elements(vector, one), vector_elements(vector, two)) {
            (Ok(ones), Ok(twos)) => ones
                .iter()
                .zip(&twos)
                .map(|(one, two)| compare(vector.element(), one, two))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal),
            _ => one.cmp(two),
        },
        _ => one.cmp(two),
    }
}

/// Big-endian signed numbers of a length.
#[inline]
fn signed<const N: usize>(one: &[u8], two: &[u8]) -> Ordering {
    match (<&[u8; N]>::try_from(one), <&[u8; N]>::try_from(two)) {
        (Ok(one), Ok(two)) => flipped(one).cmp(&flipped(two)),
        // As values of another type are that a server compares in the order of this one; empty ones first.
        _ => first_byte(one).cmp(&first_byte(two)).then_with(|| one.cmp(two)),
    }
}

fn first_byte(bytes: &[u8]) -> Option<i8> {
    bytes.first().map(|byte| byte.cast_signed())
}

/// The bytes of a signed number, so that they are ordered as bytes are.
#[inline]
fn flipped<const N: usize>(bytes: &[u8; N]) -> [u8; N] {
    let mut bytes = *bytes;
    if let Some(first) = bytes.first_mut() {
        *first ^= 0x80;
    }
    bytes
}

fn is_true(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| *byte != 0)
}

fn f32_of(bytes: &[u8]) -> Option<f64> {
    bytes.first_chunk().map(|bytes| f64::from(f32::from_be_bytes(*bytes)))
}

fn f64_of(bytes: &[u8]) -> Option<f64> {
    bytes.first_chunk().map(|bytes| f64::from_be_bytes(*bytes))
}

/// Java's order: -0.0 before 0.0, all NaN alike and last.
fn floats(one: Option<f64>, two: Option<f64>, otherwise: impl Fn() -> Ordering) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => match (one.is_nan(), two.is_nan()) {
            (false, false) => one.total_cmp(&two),
            (one, two) => one.cmp(&two),
        },
        _ => otherwise(),
    }
}

/// By version; those of version 1 by time, others by their bytes. What has another length is no UUID, all alike and first.
fn compare_uuids(one: &[u8], two: &[u8]) -> Ordering {
    let (Some((high_one, low_one)), Some((high_two, low_two))) = (halves(one), halves(two)) else {
        return (one.len() == 16).cmp(&(two.len() == 16));
    };
    let version = |high: u64| (high >> 12) & 0xF;
    version(high_one).cmp(&version(high_two)).then_with(|| {
        let highs = if version(high_one) == 1 {
            time_of(high_one).cmp(&time_of(high_two))
        } else {
            high_one.cmp(&high_two)
        };
        highs.then(low_one.cmp(&low_two))
    })
}

/// By time, then by bytes that are taken for signed ones.
fn compare_time_uuids(one: &[u8], two: &[u8]) -> Ordering {
    let (Some((high_one, low_one)), Some((high_two, low_two))) = (halves(one), halves(two)) else {
        return one.cmp(two);
    };
    // The sign bits of all bytes turned over: then an unsigned order of the whole is a signed order of each.
    let low = |low: u64| low ^ 0x8080_8080_8080_8080;
    time_of(high_one).cmp(&time_of(high_two)).then_with(|| low(low_one).cmp(&low(low_two)))
}

fn halves(bytes: &[u8]) -> Option<(u64, u64)> {
    let whole = u128::from_be_bytes(bytes.try_into().ok()?);
    let (low, high) = (whole & u128::from(u64::MAX), whole >> 64);
    Some((u64::try_from(high).ok()?, u64::try_from(low).ok()?))
}

/// The parts of the time in their order, the version in front.
fn time_of(high: u64) -> i64 {
    ((high << 48) | ((high << 16) & 0xFFFF_0000_0000) | (high >> 32)).cast_signed()
}

/// Part by part, then by how many there are.
fn compare_collections<'t>(one: &[u8], two: &[u8], type_at: impl Fn(usize) -> &'t ColumnType) -> Ordering {
    let (ones, twos) = (Fields::of_collection(one), Fields::of_collection(two));
    for (at, (one, two)) in ones.zip(twos).enumerate() {
        let order = match (one, two) {
            (Some(one), Some(two)) => compare(type_at(at), one, two),
            (one, two) => one.is_some().cmp(&two.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
    one.get(..4).cmp(&two.get(..4))
}

/// Field by field: null first. Fields that are not there are null.
fn compare_fields<'t>(types: impl Iterator<Item = &'t ColumnType>, one: &[u8], two: &[u8]) -> Ordering {
    let (mut ones, mut twos) = (Fields::new(one), Fields::new(two));
    for of in types {
        let order = match (ones.next().flatten(), twos.next().flatten()) {
            (Some(one), Some(two)) => compare(of, one, two),
            (one, two) => one.is_some().cmp(&two.is_some()),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}
