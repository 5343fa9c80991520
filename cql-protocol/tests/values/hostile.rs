//! Bytes that no server would send: nothing panics, and nothing asks for much more memory than the bytes have.

use crate::support::{any_type, columns, typed_value};
use allocation_counter::measure;
use cql_protocol::types::{ColumnType, UdtType};
use cql_protocol::value::{
    CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlValue, CqlVarint, Elements, FromCql, RawRow,
    RowIter, ToCql, Vector,
};
use cql_protocol::wire::Reader;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use uuid::Uuid;

/// Bytes allocated at once for each byte of input. The worst there is: an element of one byte becomes a `CqlValue` of
/// 32, and a vector that grows has one and a half times its new size for a moment.
const TIMES: u64 = 64;
/// And once more, for what does not depend on the input: errors hold the names and types they are about.
const BASE: u64 = 1024;

fn assert_modest(input: usize, what: &str, run: impl FnOnce()) {
    let info = measure(run);
    let limit = BASE + TIMES * u64::try_from(input).unwrap();
    assert!(info.bytes_max <= limit, "{what}: {} bytes for {input}", info.bytes_max);
}

/// Reads as `T` whether or not the type fits: what `from_cql` says for a type it did not accept is not defined, but it
/// must not panic.
fn read<'a, T: FromCql<'a>>(column_type: &'a ColumnType, bytes: &'a [u8]) {
    assert_modest(bytes.len(), std::any::type_name::<T>(), || drop(T::from_cql(column_type, Some(bytes))));
}

fn read_all<'a>(column_type: &'a ColumnType, bytes: &'a [u8]) {
    read::<CqlValue>(column_type, bytes);
    read::<Option<bool>>(column_type, bytes);
    read::<Option<i8>>(column_type, bytes);
    read::<i16>(column_type, bytes);
    read::<i32>(column_type, bytes);
    read::<i64>(column_type, bytes);
    read::<f32>(column_type, bytes);
    read::<f64>(column_type, bytes);
    read::<&str>(column_type, bytes);
    read::<String>(column_type, bytes);
    read::<Vec<u8>>(column_type, bytes);
    read::<[u8; 3]>(column_type, bytes);
    read::<Uuid>(column_type, bytes);
    read::<IpAddr>(column_type, bytes);
    read::<Ipv4Addr>(column_type, bytes);
    read::<CqlDate>(column_type, bytes);
    read::<CqlTime>(column_type, bytes);
    read::<CqlTimestamp>(column_type, bytes);
    read::<CqlDuration>(column_type, bytes);
    read::<CqlVarint>(column_type, bytes);
    read::<CqlDecimal>(column_type, bytes);
    read::<Vec<i32>>(column_type, bytes);
    read::<Vec<Option<String>>>(column_type, bytes);
    read::<Vec<[u8; 1000]>>(column_type, bytes);
    read::<Vec<Vec<Option<i64>>>>(column_type, bytes);
    read::<[f32; 2]>(column_type, bytes);
    read::<Vector<f32>>(column_type, bytes);
    read::<BTreeSet<Option<i32>>>(column_type, bytes);
    read::<HashSet<Option<i32>>>(column_type, bytes);
    read::<BTreeMap<Option<i32>, CqlValue>>(column_type, bytes);
    read::<HashMap<Option<i32>, Option<i32>>>(column_type, bytes);
    read::<(Option<i32>, CqlValue)>(column_type, bytes);
    read::<Elements<'_, CqlValue>>(column_type, bytes);
    if let Ok(elements) = Elements::<CqlValue>::from_cql(column_type, Some(bytes)) {
        assert_modest(bytes.len(), "elements", || drop(elements.last()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn values_of_random_bytes(column_type in any_type(), bytes: Vec<u8>) {
        read_all(&column_type, &bytes);
    }

    #[test]
    fn values_with_a_few_bytes_changed(
        (column_type, value) in typed_value(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = Vec::new();
        let _ = value.to_cql(&column_type, &mut bytes).unwrap();
        if bytes.is_empty() {
            return Ok(());
        }
        for (index, byte) in changes {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        read_all(&column_type, &bytes);
        bytes.truncate(cut.index(bytes.len()));
        read_all(&column_type, &bytes);
    }

    #[test]
    fn rows_of_random_bytes(types in vec(any_type(), 0..5), data: Vec<u8>, count: usize) {
        let columns = columns(types);
        assert_modest(data.len() + columns.len() * 32, "rows", || {
            for row in RowIter::<RawRow<'_>>::new(&columns, &data, count).unwrap() {
                let Ok(row) = row else { return };
                for index in 0..columns.len() {
                    drop(row.value_at::<CqlValue>(index));
                }
            }
        });
    }

    #[test]
    fn types_of_random_bytes(bytes: Vec<u8>) {
        assert_modest(bytes.len(), "type", || drop(ColumnType::decode(&mut Reader::new(&bytes))));
    }

    #[test]
    fn classes_of_random_text(
        class in "((Vector|List|Map|Tuple|User|Frozen|Int32|UTF8)Type|[(),: ]|[0-9a-f]{2}|x|é){0,30}",
    ) {
        assert_modest(class.len(), "class", || {
            let column_type = ColumnType::from_class(&class);
            drop(ColumnType::from_class(&column_type.class()));
            drop(column_type.to_string());
        });
    }

    #[test]
    fn literals_of_random_text(text in "[-+0-9a-zTZP:. µ]{0,24}") {
        drop(text.parse::<CqlDate>().map(|value| value.to_string()));
        drop(text.parse::<CqlTime>().map(|value| value.to_string()));
        drop(text.parse::<CqlTimestamp>().map(|value| value.to_string()));
        drop(text.parse::<CqlDuration>().map(|value| value.to_string()));
        drop(text.parse::<CqlVarint>().map(|value| value.to_string()));
        assert_modest(text.len(), "decimal", || {
            drop(text.parse::<CqlDecimal>().map(|value| value.to_string()));
        });
    }
}

#[test]
fn huge_counts_allocate_nothing() {
    let list = ColumnType::list(ColumnType::Blob);
    let map = ColumnType::map(ColumnType::Int, ColumnType::Int);
    for bytes in [i32::MAX.to_be_bytes(), [0x10, 0, 0, 0]] {
        read_all(&list, &bytes);
        read_all(&map, &bytes);
    }
    for element in [ColumnType::Float, ColumnType::Text, ColumnType::vector(ColumnType::Float, 0)] {
        let vector = ColumnType::vector(element, u32::MAX);
        read_all(&vector, &[0; 64]);
        read_all(&vector, &[]);
    }
}

#[test]
fn elements_of_one_byte_are_the_worst_case() {
    let vector = ColumnType::vector(ColumnType::list(ColumnType::Int), 10_000);
    let bytes = [0; 10_000];
    read_all(&vector, &bytes);
    let CqlValue::Vector(elements) = CqlValue::from_cql(&vector, Some(&bytes)).unwrap() else { panic!() };
    assert!(elements.iter().all(|element| *element == CqlValue::Empty) && elements.len() == 10_000);
}

#[test]
fn wide_types_do_not_multiply_small_values() {
    let wide = vec![ColumnType::Int; 65_535];
    let fields = wide.iter().map(|field| (String::new(), field.clone()));
    let udt = ColumnType::Udt(Arc::new(UdtType::new("ks", "wide", fields)));
    for inner in [ColumnType::tuple(wide.clone()), udt] {
        // A thousand elements whose only component is null.
        let element = [[0, 0, 0, 4], [0xFF; 4]].concat();
        let bytes = [&1000_i32.to_be_bytes()[..], &element.repeat(1000)].concat();
        let list = ColumnType::list(inner);
        assert_modest(bytes.len(), "list of wide values", || {
            drop(CqlValue::from_cql(&list, Some(&bytes)).unwrap());
        });
    }
}

#[test]
fn long_classes_and_deep_types_are_refused_cheaply() {
    for class in ["ListType(", "TupleType(a,", "UserType(k,61,", "x(", "VectorType("] {
        let class = class.repeat(65_535 / class.len());
        assert_modest(class.len(), "class", || drop(ColumnType::from_class(&class)));
    }
    let tuple = format!("TupleType({}a)", "a,".repeat(32_000));
    assert_modest(tuple.len(), "class", || drop(ColumnType::from_class(&tuple)));
    let nested = [[0, 0x31, 0xFF, 0xFF].repeat(100), vec![0; 70_000]].concat();
    assert_modest(nested.len(), "type", || drop(ColumnType::decode(&mut Reader::new(&nested))));
}
