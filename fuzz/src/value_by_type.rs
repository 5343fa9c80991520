//! Values, by types that the input names.

use cql_protocol::types::ColumnType;
use cql_protocol::value::{
    CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlValue, CqlVarint, Elements, FromCql, Vector,
    write_value,
};
use cql_protocol::wire::Reader;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use uuid::Uuid;

/// A type as an option of the wire, then a value: as bytes of anything it could be in Rust. What is read without regard to
/// the Rust type is written and read again.
pub fn value_by_type(data: &[u8]) {
    let mut reader = Reader::new(data);
    let Ok(column_type) = ColumnType::decode(&mut reader) else { return };
    let bytes = reader.rest();
    read_typed(&column_type, bytes);
    let Ok(value) = CqlValue::from_cql(&column_type, Some(bytes)) else { return };
    let _ = format!("{value:?}");
    let mut once = Vec::new();
    if write_value(&value, &column_type, &mut once).is_err() {
        return;
    }
    let written = once.get(4..).expect("a length stands before it");
    let again = CqlValue::from_cql(&column_type, Some(written)).expect("what was written is read");
    let mut twice = Vec::new();
    let _ = write_value(&again, &column_type, &mut twice).expect("what was read is written");
    // By their bytes: NaN is not equal to itself.
    assert_eq!(once, twice, "{value:?} of {column_type} became {again:?}");
}

fn read_typed(column_type: &ColumnType, bytes: &[u8]) {
    macro_rules! read {
        ($($rust:ty),* $(,)?) => {$(drop(<$rust>::from_cql(column_type, Some(bytes)));)*};
    }
    read!(
        Option<bool>, i8, i16, i32, i64, f32, f64, &str, String, Vec<u8>, [u8; 3], Uuid, IpAddr, CqlDate, CqlTime,
        CqlTimestamp, CqlDuration, CqlVarint, CqlDecimal, Vec<Option<String>>, Vec<Vec<i64>>, [f32; 2],
        Vector<f32>, BTreeSet<i32>, HashMap<i32, Option<String>>, BTreeMap<String, CqlValue>,
        (Option<i32>, CqlValue),
    );
    if let Ok(elements) = Elements::<CqlValue>::from_cql(column_type, Some(bytes)) {
        elements.for_each(drop);
    }
}
