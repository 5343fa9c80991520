//! Types and values of every shape.

use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec, UdtType};
use cql_protocol::value::{
    CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlTuple, CqlUdt, CqlValue, CqlVarint,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::IpAddr;
use std::sync::Arc;
use uuid::Uuid;

/// The types without parameters.
pub(crate) const SIMPLE: [ColumnType; 20] = [
    ColumnType::Ascii,
    ColumnType::BigInt,
    ColumnType::Blob,
    ColumnType::Boolean,
    ColumnType::Counter,
    ColumnType::Decimal,
    ColumnType::Double,
    ColumnType::Float,
    ColumnType::Int,
    ColumnType::Text,
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

/// Any type, nested up to three times.
pub(crate) fn any_type() -> impl Strategy<Value = ColumnType> {
    let leaf = prop_oneof![
        20 => proptest::sample::select(&SIMPLE[..]),
        1 => Just(ColumnType::Custom("com.example.Money".into())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(ColumnType::list),
            inner.clone().prop_map(ColumnType::set),
            (inner.clone(), inner.clone()).prop_map(|(key, value)| ColumnType::map(key, value)),
            vec(inner.clone(), 1..4).prop_map(ColumnType::tuple),
            (inner.clone(), 1..4_u32).prop_map(|(element, size)| ColumnType::vector(element, size)),
            vec(("[a-zA-Zé]{1,3}", inner), 1..4)
                .prop_map(|fields| ColumnType::Udt(Arc::new(UdtType::new("ks", "Type", fields)))),
        ]
    })
}

/// A type and a value of it, which may be null at the top.
pub(crate) fn typed_value() -> impl Strategy<Value = (ColumnType, CqlValue)> {
    any_type().prop_flat_map(|column_type| {
        let value = prop_oneof![1 => Just(CqlValue::Null), 9 => any_value(&column_type)];
        (Just(column_type), value)
    })
}

/// A value of `column_type` that is not null.
pub(crate) fn any_value(column_type: &ColumnType) -> BoxedStrategy<CqlValue> {
    match column_type {
        ColumnType::Ascii => "[ -~]{0,8}".prop_map(CqlValue::Ascii).boxed(),
        ColumnType::BigInt => any::<i64>().prop_map(CqlValue::BigInt).boxed(),
        ColumnType::Boolean => any::<bool>().prop_map(CqlValue::Boolean).boxed(),
        ColumnType::Counter => any::<i64>().prop_map(CqlValue::Counter).boxed(),
        ColumnType::Decimal => (any::<i32>(), any_varint())
            .prop_map(|(scale, unscaled)| CqlValue::Decimal(CqlDecimal::new(scale, unscaled)))
            .boxed(),
        ColumnType::Double => (-1e300..1e300).prop_map(CqlValue::Double).boxed(),
        ColumnType::Float => (-1e30_f32..1e30).prop_map(CqlValue::Float).boxed(),
        ColumnType::Int => any::<i32>().prop_map(CqlValue::Int).boxed(),
        ColumnType::Text => ".{0,8}".prop_map(CqlValue::Text).boxed(),
        ColumnType::Timestamp => any::<i64>().prop_map(|ms| CqlTimestamp(ms).into()).boxed(),
        ColumnType::Uuid => any::<u128>().prop_map(|bits| Uuid::from_u128(bits).into()).boxed(),
        ColumnType::Varint => any_varint().prop_map(CqlValue::Varint).boxed(),
        ColumnType::TimeUuid => {
            any::<u128>().prop_map(|bits| CqlValue::TimeUuid(Uuid::from_u128(bits))).boxed()
        }
        ColumnType::Inet => any::<IpAddr>().prop_map(CqlValue::Inet).boxed(),
        ColumnType::Date => any::<i32>().prop_map(|days| CqlDate(days).into()).boxed(),
        ColumnType::Time => (0..86_400_000_000_000_i64)
            .prop_map(|nanoseconds| CqlTime::from_nanoseconds(nanoseconds).unwrap().into())
            .boxed(),
        ColumnType::SmallInt => any::<i16>().prop_map(CqlValue::SmallInt).boxed(),
        ColumnType::TinyInt => any::<i8>().prop_map(CqlValue::TinyInt).boxed(),
        ColumnType::Duration => (0..=i32::MAX, 0..=i32::MAX, 0..=i64::MAX, any::<bool>())
            .prop_map(|(months, days, nanoseconds, is_negative)| {
                let sign = if is_negative { -1 } else { 1 };
                CqlDuration::new(months * sign, days * sign, nanoseconds * i64::from(sign)).unwrap().into()
            })
            .boxed(),
        ColumnType::List(element) => vec(any_value(element), 0..4).prop_map(CqlValue::List).boxed(),
        ColumnType::Set(element) => vec(any_value(element), 0..4).prop_map(CqlValue::Set).boxed(),
        ColumnType::Map(pair) => {
            vec((any_value(&pair.0), any_value(&pair.1)), 0..4).prop_map(CqlValue::Map).boxed()
        }
        ColumnType::Tuple(types) => {
            let components: Vec<_> = types.iter().map(nullable).collect();
            components.prop_map(|values| CqlTuple::from(values).into()).boxed()
        }
        ColumnType::Udt(udt) => {
            let udt = Arc::clone(udt);
            let fields: Vec<_> = udt.fields().iter().map(|(_, field)| nullable(field)).collect();
            (fields, 1..4_usize)
                .prop_map(move |(mut values, length)| {
                    values.truncate(length);
                    CqlUdt::new(udt.clone(), values).unwrap().into()
                })
                .boxed()
        }
        ColumnType::Vector(vector) => {
            let size = usize::try_from(vector.dimensions()).unwrap();
            vec(any_value(vector.element()), size).prop_map(CqlValue::Vector).boxed()
        }
        _ => vec(any::<u8>(), 0..8).prop_map(CqlValue::Blob).boxed(),
    }
}

fn nullable(column_type: &ColumnType) -> BoxedStrategy<CqlValue> {
    prop_oneof![1 => Just(CqlValue::Null), 4 => any_value(column_type)].boxed()
}

fn any_varint() -> impl Strategy<Value = CqlVarint> {
    vec(any::<u8>(), 0..24).prop_map(|bytes| CqlVarint::from_be_bytes(&bytes))
}

/// Columns of these types, named c0, c1 …
pub(crate) fn columns(types: impl IntoIterator<Item = ColumnType>) -> Vec<ColumnSpec> {
    let table = Arc::new(TableSpec::new("ks", "t"));
    let column = |(index, column_type)| ColumnSpec::new(table.clone(), format!("c{index}"), column_type);
    types.into_iter().enumerate().map(column).collect()
}
