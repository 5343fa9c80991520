//! Values of few kinds, so that they meet again.

use cql_driver::types::ColumnType;
use cql_driver::value::{
    CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlUdt, CqlValue, CqlVarint, ToCql as _,
};
use fastrand::Rng;
use std::collections::BTreeSet;
use uuid::Uuid;

/// One of a few values of a type.
pub(crate) fn value(rng: &mut Rng, of: &ColumnType) -> CqlValue {
    if of.has_parts() {
        return with_parts(rng, of);
    }
    let rare = rng.u8(..12) == 0;
    let small = rng.i32(0..4);
    match of {
        ColumnType::Ascii => CqlValue::Ascii(text(rng, rare, false)),
        ColumnType::Text => CqlValue::Text(text(rng, rare, true)),
        ColumnType::BigInt | ColumnType::Counter => CqlValue::BigInt(if rare {
            pick(rng, &[-1, i64::MAX, i64::MIN, 1 << 40])
        } else {
            i64::from(small)
        }),
        ColumnType::Blob => CqlValue::Blob(pick(rng, &[vec![], vec![0], vec![0, 1], vec![0xff, 0x80]])),
        ColumnType::Boolean => CqlValue::Boolean(rng.bool()),
        ColumnType::Decimal => {
            // No two that are equal with different bytes: a server keeps whichever of them it meets first in a map.
            let (scale, number) =
                if rare { pick(rng, &[(5, -12345), (-3, 7), (20, 1)]) } else { (small, small * 11) };
            CqlValue::Decimal(CqlDecimal::new(scale, number))
        }
        ColumnType::Double => CqlValue::Double(if rare {
            pick(rng, &[-0.0, f64::NAN, f64::INFINITY, 1e300])
        } else {
            f64::from(small) / 2.0
        }),
        ColumnType::Float => CqlValue::Float(if rare {
            pick(rng, &[-0.0, f32::NAN, f32::NEG_INFINITY, 1e30])
        } else {
            pick(rng, &[0.0, 0.5, 1.0, 1.5, 0.1])
        }),
        ColumnType::Int => CqlValue::Int(if rare { pick(rng, &[-1, i32::MAX, i32::MIN]) } else { small }),
        ColumnType::Timestamp => CqlValue::Timestamp(CqlTimestamp(if rare {
            pick(rng, &[-1, 1_700_000_000_123, 253_402_300_800_000])
        } else {
            i64::from(small) * 86_400_000
        })),
        ColumnType::Uuid => CqlValue::Uuid(uuid(rng, if rare { 1 } else { 4 })),
        ColumnType::TimeUuid => CqlValue::TimeUuid(uuid(rng, 1)),
        ColumnType::Varint => {
            let number = if rare { pick(rng, &[i128::MAX, -129, 1 << 70]) } else { i128::from(small) };
            CqlValue::Varint(CqlVarint::from_be_bytes(&number.to_be_bytes()))
        }
        ColumnType::Inet => {
            let text = pick(rng, &["127.0.0.1", "10.0.0.1", "::1", "fe80::1", "0.0.0.0"]);
            CqlValue::Inet(text.parse().expect("an address"))
        }
        ColumnType::Date => {
            CqlValue::Date(CqlDate(if rare { pick(rng, &[-1, 20_000, -800_000]) } else { small }))
        }
        ColumnType::Time => {
            let nanoseconds = if rare { 86_399_999_999_999 } else { i64::from(small) * 1_000_000_007 };
            CqlValue::Time(CqlTime::from_nanoseconds(nanoseconds).expect("a time"))
        }
        ColumnType::SmallInt => {
            CqlValue::SmallInt(if rare { pick(rng, &[-1, i16::MAX, i16::MIN]) } else { rng.i16(0..4) })
        }
        ColumnType::TinyInt => {
            CqlValue::TinyInt(if rare { pick(rng, &[-1, i8::MAX, i8::MIN]) } else { rng.i8(0..4) })
        }
        ColumnType::Duration => {
            let sign = if rare { -1 } else { 1 };
            let nanoseconds = pick(rng, &[0, 3_600_000_000_000, 5_000_000_001]);
            let days = rng.i32(0..3) * sign;
            CqlValue::Duration(
                CqlDuration::new(small * sign, days, nanoseconds * i64::from(sign)).expect("one sign"),
            )
        }
        _ => CqlValue::Null,
    }
}

trait HasParts {
    fn has_parts(&self) -> bool;
}

impl HasParts for ColumnType {
    fn has_parts(&self) -> bool {
        use ColumnType::{List, Map, Set, Tuple, Udt, Vector};
        matches!(self, List(_) | Set(_) | Map(_) | Tuple(_) | Udt(_) | Vector(_))
    }
}

fn with_parts(rng: &mut Rng, of: &ColumnType) -> CqlValue {
    let count = rng.usize(..4);
    match of {
        ColumnType::List(element) => CqlValue::List((0..count).map(|_| value(rng, element)).collect()),
        ColumnType::Set(element) => {
            CqlValue::Set(distinct((0..count).map(|_| value(rng, element)).collect()))
        }
        ColumnType::Map(pair) => {
            let keys = distinct((0..count).map(|_| value(rng, &pair.0)).collect());
            CqlValue::Map(keys.into_iter().map(|key| (key, value(rng, &pair.1))).collect())
        }
        ColumnType::Tuple(parts) => {
            let shorter = rng.usize(..12) == 0;
            let count = parts.len() - usize::from(shorter && parts.len() > 1);
            CqlValue::Tuple(parts.iter().take(count).map(|part| part_value(rng, part)).collect())
        }
        ColumnType::Udt(udt) => {
            let values: Vec<CqlValue> =
                udt.fields().iter().map(|(_, field)| part_value(rng, field)).collect();
            CqlUdt::new(udt.clone(), values).map_or(CqlValue::Null, CqlValue::Udt)
        }
        ColumnType::Vector(vector) => {
            CqlValue::Vector((0..vector.dimensions()).map(|_| value(rng, vector.element())).collect())
        }
        _ => CqlValue::Null,
    }
}

/// A value of a tuple or of a user-defined type, which may lack some.
fn part_value(rng: &mut Rng, of: &ColumnType) -> CqlValue {
    if rng.u8(..8) == 0 { CqlValue::Null } else { value(rng, of) }
}

/// Without those that have the same letters as another: sets may be equal whatever their order, and of equal keys in a
/// literal a server takes any.
fn distinct(values: Vec<CqlValue>) -> Vec<CqlValue> {
    let mut found = BTreeSet::new();
    let letters = |value: &CqlValue| {
        let mut letters = value.to_string().into_bytes();
        letters.sort_unstable();
        letters
    };
    values.into_iter().filter(|value| found.insert(letters(value))).collect()
}

/// A value of a partition key's first column, for the partitions that only one sequence has.
pub(crate) fn key_value(rng: &mut Rng, of: &ColumnType, sequence: u32) -> CqlValue {
    let number = i32::try_from(sequence * 4).unwrap_or_default() + rng.i32(0..3);
    match of {
        ColumnType::Int => CqlValue::Int(number),
        ColumnType::BigInt => CqlValue::BigInt(i64::from(number)),
        ColumnType::Varint => CqlValue::Varint(number.into()),
        ColumnType::Text => CqlValue::Text(format!("k{number}")),
        ColumnType::Blob => CqlValue::Blob(number.to_be_bytes().to_vec()),
        ColumnType::Timestamp => CqlValue::Timestamp(CqlTimestamp(i64::from(number) * 1000)),
        other => value(rng, other),
    }
}

/// The bytes of a value; `None` of a null.
pub(crate) fn bytes(value: &CqlValue, of: &ColumnType) -> Option<Vec<u8>> {
    if value.is_null() {
        return None;
    }
    let mut out = Vec::new();
    value.to_cql(of, &mut out).ok().map(|_| out)
}

fn text(rng: &mut Rng, rare: bool, beyond_ascii: bool) -> String {
    let texts: &[&str] = match (rare, beyond_ascii) {
        (true, true) => &["", "it's", "Zürich ☃", "x y", "\u{10FFFF}"],
        (true, false) => &["", "it's", "x y"],
        _ => &["a", "b", "ab", "c"],
    };
    texts[rng.usize(..texts.len())].to_owned()
}

fn uuid(rng: &mut Rng, version: u8) -> Uuid {
    let mut bytes = pick(
        rng,
        &[
            *b"\x11\x11\x1d\x00\x9a\x80\x01\xe5\x80\0\0\0\0\0\0\0",
            *b"\x22\x22\x1d\x00\x9a\x80\x01\xe5\x80\0\0\0\0\0\0\0",
            *b"\x13\x81\x40\x00\x1d\xd2\x01\xb2\x80\0\0\0\0\0\0\0",
        ],
    );
    bytes[6] |= version << 4;
    bytes[15] = rng.u8(..2) * 0x81;
    Uuid::from_bytes(bytes)
}

pub(crate) fn pick<T: Clone>(rng: &mut Rng, of: &[T]) -> T {
    of[rng.usize(..of.len())].clone()
}
