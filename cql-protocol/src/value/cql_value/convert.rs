//! Rust values to [`CqlValue`].

use super::{CqlTuple, CqlUdt, CqlValue};
use crate::value::{Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlVarint, Vector};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::Uuid;

macro_rules! from_values {
    ($($rust:ty => $variant:ident),* $(,)?) => {$(
        impl From<$rust> for CqlValue {
            fn from(value: $rust) -> Self {
                CqlValue::$variant(value.into())
            }
        }
    )*};
}

from_values! {
    bool => Boolean,
    i8 => TinyInt,
    i16 => SmallInt,
    i32 => Int,
    i64 => BigInt,
    f32 => Float,
    f64 => Double,
    String => Text,
    &str => Text,
    Box<str> => Text,
    Vec<u8> => Blob,
    &[u8] => Blob,
    Bytes => Blob,
    Uuid => Uuid,
    IpAddr => Inet,
    Ipv4Addr => Inet,
    Ipv6Addr => Inet,
    CqlTimestamp => Timestamp,
    CqlDate => Date,
    CqlTime => Time,
    CqlDuration => Duration,
    CqlVarint => Varint,
    CqlDecimal => Decimal,
    CqlTuple => Tuple,
    CqlUdt => Udt,
}

impl From<Counter> for CqlValue {
    fn from(count: Counter) -> Self {
        CqlValue::Counter(count.0)
    }
}

impl<T: Into<CqlValue>> From<Option<T>> for CqlValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(CqlValue::Null, Into::into)
    }
}

impl<T: Into<CqlValue>> From<Vec<T>> for CqlValue {
    /// A list.
    fn from(elements: Vec<T>) -> Self {
        CqlValue::List(elements.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<CqlValue>> From<Vector<T>> for CqlValue {
    fn from(elements: Vector<T>) -> Self {
        CqlValue::Vector(elements.0.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<CqlValue>> From<BTreeSet<T>> for CqlValue {
    fn from(elements: BTreeSet<T>) -> Self {
        CqlValue::Set(elements.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<CqlValue>, S> From<HashSet<T, S>> for CqlValue {
    fn from(elements: HashSet<T, S>) -> Self {
        CqlValue::Set(elements.into_iter().map(Into::into).collect())
    }
}

impl<K: Into<CqlValue>, V: Into<CqlValue>> From<BTreeMap<K, V>> for CqlValue {
    fn from(entries: BTreeMap<K, V>) -> Self {
        CqlValue::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl<K: Into<CqlValue>, V: Into<CqlValue>, S> From<HashMap<K, V, S>> for CqlValue {
    fn from(entries: HashMap<K, V, S>) -> Self {
        CqlValue::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
