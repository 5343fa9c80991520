//! Types for columns.

use cql_driver::types::{ColumnType, UdtType};
use fastrand::Rng;
use std::sync::Arc;

/// A type and whether it is frozen, if it can be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Type {
    pub(crate) of: ColumnType,
    pub(crate) frozen: bool,
}

const NATIVES: &[ColumnType] = &[
    ColumnType::Int,
    ColumnType::Text,
    ColumnType::BigInt,
    ColumnType::Ascii,
    ColumnType::Blob,
    ColumnType::Boolean,
    ColumnType::Decimal,
    ColumnType::Double,
    ColumnType::Float,
    ColumnType::Timestamp,
    ColumnType::Uuid,
    ColumnType::Varint,
    ColumnType::TimeUuid,
    ColumnType::Inet,
    ColumnType::Date,
    ColumnType::Time,
    ColumnType::SmallInt,
    ColumnType::TinyInt,
    ColumnType::Duration,
];

/// Those whose values can be told apart by the sequence that they are of.
const DISTINCT: &[ColumnType] = &[
    ColumnType::Int,
    ColumnType::Text,
    ColumnType::BigInt,
    ColumnType::Varint,
    ColumnType::Blob,
    ColumnType::Timestamp,
];

pub(crate) fn native(rng: &mut Rng, ordered: bool) -> ColumnType {
    let count = NATIVES.len() - usize::from(ordered);
    // The ordinary ones more often.
    let count = if rng.bool() { 3 } else { count };
    NATIVES[rng.usize(..count)].clone()
}

pub(crate) fn distinct(rng: &mut Rng) -> Type {
    let count = if rng.bool() { 2 } else { DISTINCT.len() };
    Type { of: DISTINCT[rng.usize(..count)].clone(), frozen: false }
}

/// For a column of a primary key.
pub(crate) fn of_key(rng: &mut Rng, udts: &[Arc<UdtType>]) -> Type {
    match rng.u8(..16) {
        0 => Type { of: nested(rng, udts, true, 1), frozen: true },
        _ => Type { of: native(rng, true), frozen: false },
    }
}

pub(crate) fn of_column(rng: &mut Rng, udts: &[Arc<UdtType>]) -> Type {
    match rng.u8(..10) {
        0..4 => Type { of: native(rng, false), frozen: false },
        4..9 => {
            let of = nested(rng, udts, false, 1);
            let frozen = rng.u8(..4) == 0;
            Type { of, frozen }
        }
        _ => Type { of: nested(rng, udts, false, 2), frozen: true },
    }
}

/// A type of types.
fn nested(rng: &mut Rng, udts: &[Arc<UdtType>], ordered: bool, depth: usize) -> ColumnType {
    let part = |rng: &mut Rng, ordered| {
        if depth > 1 && rng.bool() { nested(rng, udts, true, depth - 1) } else { native(rng, ordered) }
    };
    match rng.u8(..7) {
        0 | 1 => ColumnType::list(part(rng, ordered)),
        2 => ColumnType::set(part(rng, true)),
        3 | 4 => {
            let key = part(rng, true);
            ColumnType::map(key, part(rng, ordered))
        }
        5 if !udts.is_empty() && !ordered => ColumnType::Udt(Arc::clone(&udts[rng.usize(..udts.len())])),
        5 => {
            let element = if rng.bool() { ColumnType::Float } else { native(rng, ordered) };
            ColumnType::vector(element, rng.u32(1..4))
        }
        _ => {
            let parts: Vec<ColumnType> = (0..rng.usize(1..4)).map(|_| part(rng, ordered)).collect();
            ColumnType::tuple(parts)
        }
    }
}

impl Type {
    /// As it is written in a definition.
    pub(crate) fn cql(&self) -> String {
        let text = spelled(&self.of);
        if self.frozen && self.can_freeze() { format!("frozen<{text}>") } else { text }
    }

    fn can_freeze(&self) -> bool {
        !matches!(self.of, ColumnType::Vector(_)) && is_of_parts(&self.of)
    }

    /// Whether its parts have cells of their own.
    pub(crate) fn is_multi_cell(&self) -> bool {
        let collection = matches!(
            self.of,
            ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) | ColumnType::Udt(_)
        );
        collection && !self.frozen
    }
}

fn is_of_parts(of: &ColumnType) -> bool {
    use ColumnType::{List, Map, Set, Tuple, Udt};
    matches!(of, List(_) | Map(_) | Set(_) | Tuple(_) | Udt(_))
}

pub(crate) fn spelled(of: &ColumnType) -> String {
    match of {
        ColumnType::List(element) => format!("list<{}>", inner(element)),
        ColumnType::Set(element) => format!("set<{}>", inner(element)),
        ColumnType::Map(pair) => format!("map<{}, {}>", inner(&pair.0), inner(&pair.1)),
        ColumnType::Tuple(parts) => {
            format!("tuple<{}>", parts.iter().map(inner).collect::<Vec<_>>().join(", "))
        }
        ColumnType::Vector(vector) => format!("vector<{}, {}>", inner(vector.element()), vector.dimensions()),
        ColumnType::Udt(udt) => udt.name().to_owned(),
        simple => simple.to_string(),
    }
}

pub(crate) fn inner(of: &ColumnType) -> String {
    if is_of_parts(of) { format!("frozen<{}>", spelled(of)) } else { spelled(of) }
}
