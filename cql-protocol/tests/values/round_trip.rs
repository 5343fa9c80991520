//! What is written is read back.

use crate::support::{any_type, columns, typed_value};
use cql_protocol::ProtocolVersion;
use cql_protocol::types::ColumnType;
use cql_protocol::value::{
    BindRow, Counter, CqlRow, CqlValue, CqlVarint, Encoded, FromCql, RowIter, ToCql, ValuesWriter,
    write_value,
};
use cql_protocol::wire::Reader;
use proptest::collection::{btree_map, btree_set, hash_map, hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use std::collections::HashMap;
use std::fmt::Debug;
use uuid::Uuid;

fn check<T>(value: T, column_type: &ColumnType)
where
    T: ToCql + for<'a> FromCql<'a> + PartialEq + Debug,
{
    T::type_check(column_type).unwrap();
    let mut bytes = Vec::new();
    let encoded = value.to_cql(column_type, &mut bytes).unwrap();
    let contents = (encoded == Encoded::Value).then_some(&*bytes);
    assert_eq!(T::from_cql(column_type, contents).as_ref(), Ok(&value));
    // The dynamic form of the same bytes writes the same bytes.
    let dynamic = CqlValue::from_cql(column_type, contents).unwrap();
    let mut again = Vec::new();
    assert_eq!(dynamic.to_cql(column_type, &mut again), Ok(encoded));
    assert_eq!(again, bytes);
}

proptest! {
    #[test]
    fn types_survive_every_version(column_type in any_type()) {
        for &version in ProtocolVersion::ALL {
            let mut out = Vec::new();
            column_type.encode(version, &mut out).unwrap();
            let mut reader = Reader::new(&out);
            let decoded = ColumnType::decode(&mut reader).unwrap();
            prop_assert_eq!(&decoded, &column_type);
            prop_assert!(reader.is_empty());
        }
        prop_assert_eq!(ColumnType::from_class(&column_type.class()), column_type);
    }

    #[test]
    fn dynamic_values_survive((column_type, value) in typed_value()) {
        let mut bytes = Vec::new();
        let encoded = value.to_cql(&column_type, &mut bytes).unwrap();
        let contents = (encoded == Encoded::Value).then_some(&*bytes);
        let read = CqlValue::from_cql(&column_type, contents).unwrap();
        let mut again = Vec::new();
        prop_assert_eq!(read.to_cql(&column_type, &mut again), Ok(encoded));
        prop_assert_eq!(&again, &bytes);
        // A user-defined value without fields has length 0, as the legacy "empty" has: the two look alike.
        prop_assert_eq!(read.to_string(), value.to_string());
        prop_assert_eq!(read, value);
    }

    #[test]
    fn rows_survive(cells in vec(typed_value(), 1..6), rows in 1..4_usize) {
        let (types, values): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        let columns = columns(types);
        let mut page = Vec::new();
        for _ in 0..rows {
            for (value, column) in values.iter().zip(&columns) {
                let _ = write_value(value, column.column_type(), &mut page).unwrap();
            }
        }
        let read: Vec<CqlRow> =
            RowIter::new(&columns, &page, rows).unwrap().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read.len(), rows);
        for row in read {
            prop_assert_eq!(row.values(), &values[..]);
        }
    }

    #[test]
    fn bound_values_are_those_of_the_markers(cells in vec(typed_value(), 0..6)) {
        let (types, values): (Vec<_>, Vec<_>) = cells.into_iter().unzip();
        let columns = columns(types);
        let mut out = Vec::new();
        let mut writer = ValuesWriter::new(&mut out, ProtocolVersion::V4);
        values.bind(&columns, &mut writer).unwrap();
        prop_assert_eq!(usize::from(writer.finish().count), columns.len());
        let by_name: HashMap<&str, &CqlValue> =
            columns.iter().map(|column| column.name()).zip(&values).collect();
        let mut named = Vec::new();
        let mut writer = ValuesWriter::new(&mut named, ProtocolVersion::V3);
        by_name.bind(&columns, &mut writer).unwrap();
        let _ = writer.finish();
        prop_assert_eq!(named, out);
    }

    #[test]
    fn integers_and_floats_survive(wide: i64, double in -1e300..1e300_f64, flag: bool) {
        let bytes = wide.to_be_bytes();
        check(i8::from_be_bytes([bytes[7]]), &ColumnType::TinyInt);
        check(i16::from_be_bytes([bytes[6], bytes[7]]), &ColumnType::SmallInt);
        check(i32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]), &ColumnType::Int);
        check(wide, &ColumnType::BigInt);
        check(Counter(wide), &ColumnType::Counter);
        check(double, &ColumnType::Double);
        check(flag, &ColumnType::Boolean);
    }

    #[test]
    fn big_numbers_survive(number: i128) {
        let varint = CqlVarint::from(number);
        prop_assert_eq!(varint.to_string(), number.to_string());
        let parsed: CqlVarint = number.to_string().parse().unwrap();
        prop_assert_eq!(&parsed, &varint);
        prop_assert_eq!(i128::try_from(&varint), Ok(number));
        check(varint, &ColumnType::Varint);
    }

    #[test]
    fn text_and_bytes_survive(text in ".*", ascii in "[\\x00-\\x7F]*", bytes: Vec<u8>, uuid: u128) {
        check(text.clone(), &ColumnType::Text);
        check(Box::<str>::from(text), &ColumnType::Text);
        check(ascii, &ColumnType::Ascii);
        check(bytes::Bytes::from(bytes.clone()), &ColumnType::Blob);
        check(bytes, &ColumnType::Blob);
        check(Uuid::from_u128(uuid), &ColumnType::Uuid);
        check(uuid.to_be_bytes(), &ColumnType::Blob);
    }

    #[test]
    fn nested_values_survive(
        list in vec(vec(".{0,3}", 0..4), 0..4),
        map in btree_map(any::<i32>(), hash_map(".{0,3}", any::<i64>(), 0..4), 0..4),
        set in btree_set((any::<i32>(), option::of(".{0,3}")), 0..4),
        words in hash_set(".{0,3}", 0..4),
        tuple in (option::of(any::<i8>()), option::of((any::<i16>(), ".{0,3}")), vec(any::<i32>(), 0..4)),
    ) {
        let list_of = ColumnType::list;
        check(list, &list_of(list_of(ColumnType::Text)));
        let inner = ColumnType::map(ColumnType::Text, ColumnType::BigInt);
        check(map, &ColumnType::map(ColumnType::Int, inner));
        let pair = ColumnType::tuple([ColumnType::Int, ColumnType::Text]);
        check(set, &ColumnType::set(pair));
        check(words, &ColumnType::set(ColumnType::Text));
        let inner = ColumnType::tuple([ColumnType::SmallInt, ColumnType::Text]);
        check(tuple, &ColumnType::tuple([ColumnType::TinyInt, inner, list_of(ColumnType::Int)]));
    }

    #[test]
    fn vectors_survive(floats: [i32; 3], words: [String; 2], pairs: [[i64; 2]; 2]) {
        check(floats, &ColumnType::vector(ColumnType::Int, 3));
        check(floats.to_vec(), &ColumnType::vector(ColumnType::Int, 3));
        check(words, &ColumnType::vector(ColumnType::Text, 2));
        check(pairs, &ColumnType::vector(ColumnType::vector(ColumnType::BigInt, 2), 2));
    }
}

#[test]
fn tuples_of_sixteen_are_values_rows_and_bindings() {
    let tuple = (1_i32, 2_i32, 3_i32, 4_i32, 5_i32, 6_i32, 7_i32, 8_i32, 9_i32, 10_i32, 11_i32, 12_i32);
    let (a, b, c, d, e, f, g, h, i, j, k, l) = tuple;
    let tuple = (a, b, c, d, e, f, g, h, i, j, k, l, 13_i64, "x".to_owned(), true, None::<Uuid>);
    let mut types = vec![ColumnType::Int; 12];
    types.extend([ColumnType::BigInt, ColumnType::Text, ColumnType::Boolean, ColumnType::Uuid]);
    let columns = columns(types.clone());

    let mut page = Vec::new();
    let mut values = ValuesWriter::new(&mut page, ProtocolVersion::V5);
    tuple.bind(&columns, &mut values).unwrap();
    assert_eq!(values.finish().count, 16);
    type Sixteen =
        (i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i32, i64, String, bool, Option<Uuid>);
    let row = RowIter::<Sixteen>::new(&columns, &page[2..], 1).unwrap().next().unwrap();
    assert_eq!(row.as_ref().map(|row| row.13.as_str()), Ok("x"));
    let mut bytes = Vec::new();
    let _ = tuple.to_cql(&ColumnType::tuple(types), &mut bytes).unwrap();
    assert_eq!(bytes, page[2..]);
}
