//! [`CqlValue`]: a value whose type is known only when the program runs.

mod convert;
mod display;
mod read;
mod tuple;
mod write;

pub use tuple::{CqlTuple, CqlUdt};

use super::decimal::CqlDecimal;
use super::temporal::{CqlDate, CqlDuration, CqlTime, CqlTimestamp};
use super::varint::CqlVarint;
use std::net::IpAddr;
use uuid::Uuid;

/// A value of any CQL type, read without knowing the type beforehand.
///
/// It is shown as a CQL literal. The bytes of types this crate does not know are a [`CqlValue::Blob`].
///
/// ```
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::{CqlValue, FromCql, ToCql};
///
/// let column = ColumnType::map(ColumnType::Text, ColumnType::list(ColumnType::Int));
/// let value = CqlValue::Map(vec![("it's".into(), vec![1, 2].into())]);
/// assert_eq!(value.to_string(), "{'it''s': [1, 2]}");
///
/// let mut bytes = Vec::new();
/// let _ = value.to_cql(&column, &mut bytes)?;
/// assert_eq!(CqlValue::from_cql(&column, Some(&bytes)), Ok(value));
/// # Ok::<(), cql_protocol::value::ValueError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum CqlValue {
    /// No value.
    #[default]
    Null,
    /// The legacy value of length 0 of a type that is neither text nor bytes.
    Empty,
    /// `ascii`.
    Ascii(String),
    /// `bigint`.
    BigInt(i64),
    /// `blob`, and types this crate does not know.
    Blob(Vec<u8>),
    /// `boolean`.
    Boolean(bool),
    /// `counter`.
    Counter(i64),
    /// `decimal`.
    Decimal(CqlDecimal),
    /// `double`.
    Double(f64),
    /// `float`.
    Float(f32),
    /// `int`.
    Int(i32),
    /// `text`, `varchar`.
    Text(String),
    /// `timestamp`.
    Timestamp(CqlTimestamp),
    /// `uuid`.
    Uuid(Uuid),
    /// `varint`.
    Varint(CqlVarint),
    /// `timeuuid`.
    TimeUuid(Uuid),
    /// `inet`.
    Inet(IpAddr),
    /// `date`.
    Date(CqlDate),
    /// `time`.
    Time(CqlTime),
    /// `smallint`.
    SmallInt(i16),
    /// `tinyint`.
    TinyInt(i8),
    /// `duration`.
    Duration(CqlDuration),
    /// `list`.
    List(Vec<CqlValue>),
    /// `set`, in the order of the server.
    Set(Vec<CqlValue>),
    /// `map`, in the order of the server.
    Map(Vec<(CqlValue, CqlValue)>),
    /// `tuple`.
    Tuple(CqlTuple),
    /// A user-defined type.
    Udt(CqlUdt),
    /// `vector`.
    Vector(Vec<CqlValue>),
}

impl CqlValue {
    /// What a missing component or field is read as.
    pub(super) const NULL: &'static CqlValue = &CqlValue::Null;

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, CqlValue::Null)
    }
}

// A page's worth of them is held at once, and a hostile element of few bytes becomes one.
const _: () = assert!(size_of::<CqlValue>() <= 32);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ColumnType, UdtType};
    use crate::value::testing::{both_ways, encoded, refused, unhex};
    use crate::value::{FromCql, Vector};
    use std::sync::Arc;
    use uuid::uuid;

    fn address() -> Arc<UdtType> {
        Arc::new(UdtType::new("ks", "address", [("city", ColumnType::Text), ("Zip", ColumnType::Int)]))
    }

    #[test]
    fn values_are_shown_as_literals() {
        let udt = CqlUdt::new(address(), ["Oslo".into()]).unwrap();
        for (value, shown) in [
            (CqlValue::Null, "NULL"),
            ("it's".into(), "'it''s'"),
            (1_i64.into(), "1"),
            (1.0_f64.into(), "1.0"),
            (f32::NEG_INFINITY.into(), "-Infinity"),
            (f64::NAN.into(), "NaN"),
            (true.into(), "true"),
            (vec![0_u8, 255].into(), "0x00ff"),
            (CqlValue::Inet([127, 0, 0, 1].into()), "'127.0.0.1'"),
            (CqlTimestamp(0).into(), "'1970-01-01T00:00:00.000Z'"),
            (CqlDate(0).into(), "'1970-01-01'"),
            (CqlTime::default().into(), "'00:00:00.000000000'"),
            (CqlDuration::new(1, 2, 3).unwrap().into(), "1mo2d3ns"),
            (uuid!("6ba7b810-9dad-41d1-80b4-00c04fd430c8").into(), "6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
            (vec![1, 2].into(), "[1, 2]"),
            (Vector(vec![1.5_f32]).into(), "[1.5]"),
            (CqlValue::Set(vec![1.into()]), "{1}"),
            (CqlValue::Map(vec![(1.into(), true.into())]), "{1: true}"),
            (CqlTuple::from_iter([CqlValue::Int(1), CqlValue::Null]).into(), "(1, NULL)"),
            (udt.into(), "{city: 'Oslo', \"Zip\": NULL}"),
        ] {
            assert_eq!(value.to_string(), shown);
        }
    }

    #[test]
    fn missing_components_and_fields_are_null() {
        let tuple = ColumnType::tuple([ColumnType::Int, ColumnType::Text]);
        let short = CqlValue::from_cql(&tuple, Some(&unhex("00000004 00000001"))).unwrap();
        assert_eq!(short, CqlTuple::from_iter([CqlValue::Int(1), CqlValue::Null]).into());
        assert_eq!(encoded(&short, &tuple), unhex("00000004 00000001"), "it stays short");
        let udt = ColumnType::Udt(address());
        both_ways(&CqlValue::from(CqlUdt::new(address(), ["x".into()]).unwrap()), &udt, "00000001 78");
        let long = unhex("00000001 78 ffffffff 00000001 79");
        let CqlValue::Udt(value) = CqlValue::from_cql(&udt, Some(&long)).unwrap() else { panic!() };
        assert_eq!(value.iter().count(), 2, "fields the type does not have are ignored");
        assert!(CqlUdt::new(address(), vec![CqlValue::Null; 3]).is_err());
        let message = "tuple<int, text> has 2 components, the value has 3";
        refused(&CqlValue::from(CqlTuple::from_iter([1, 2, 3])), &tuple, message);
    }

    #[test]
    fn user_values_are_written_by_field_name() {
        let newer = [("added", ColumnType::Int), ("Zip", ColumnType::Int), ("city", ColumnType::Text)];
        let newer = ColumnType::Udt(Arc::new(UdtType::new("ks", "address", newer)));
        let value = CqlUdt::new(address(), ["x".into(), 7.into()]).unwrap();
        assert_eq!(encoded(&value, &newer), unhex("ffffffff 00000004 00000007 00000001 78"));
        let other = ColumnType::Udt(Arc::new(UdtType::new("ks", "a", [("city", ColumnType::Text)])));
        refused(&value, &other, "ks.a has no field `Zip`, it has city");
    }

    #[test]
    fn null_empty_and_unknown_types_are_kept_apart() {
        assert_eq!(CqlValue::from_cql(&ColumnType::Int, None), Ok(CqlValue::Null));
        assert_eq!(CqlValue::from_cql(&ColumnType::Int, Some(&[])), Ok(CqlValue::Empty));
        assert_eq!(CqlValue::from_cql(&ColumnType::Text, Some(&[])), Ok("".into()));
        assert_eq!(encoded(&CqlValue::Empty, &ColumnType::Int), []);
        let vector = ColumnType::vector(ColumnType::Int, 1);
        let message = "element 0: an empty value cannot be stored in a collection or vector";
        refused(&vec![CqlValue::Empty], &vector, message);
        refused(&vec![CqlValue::Empty], &ColumnType::vector(ColumnType::SmallInt, 1), message);
        both_ways(&CqlValue::Blob(vec![1]), &ColumnType::Custom("x".into()), "01");
    }
}
