//! What well-meant traffic allocates: nothing but what the targets own.

use crate::support::columns;
use allocation_counter::measure;
use cql_protocol::ProtocolVersion;
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_protocol::value::{BindRow, Elements, RawRow, RowIter, ValuesWriter, write_value};

const ROWS: usize = 1000;

fn four_columns() -> Vec<ColumnSpec> {
    columns([ColumnType::BigInt, ColumnType::Text, ColumnType::Blob, ColumnType::Double])
}

fn page() -> Vec<u8> {
    let mut page = Vec::new();
    for _ in 0..ROWS {
        let mut row = Vec::new();
        let mut values = ValuesWriter::new(&mut row, ProtocolVersion::V4);
        (1_i64, "name", &[1_u8, 2][..], 0.5_f64).bind(&four_columns(), &mut values).unwrap();
        assert_eq!(values.finish().count, 4);
        page.extend_from_slice(&row[2..]);
    }
    page
}

#[test]
fn borrowed_rows_allocate_nothing() {
    let (columns, page) = (four_columns(), page());
    let info = measure(|| {
        let rows = RowIter::<(i64, &str, &[u8], f64)>::new(&columns, &page, ROWS).unwrap();
        assert_eq!(rows.map(|row| row.unwrap().1.len()).sum::<usize>(), ROWS * 4);
    });
    assert_eq!(info.count_total, 0);
    let info = measure(|| {
        let rows = RowIter::<RawRow<'_>>::new(&columns, &page, ROWS).unwrap();
        assert_eq!(rows.map(|row| row.unwrap().value::<&str>("c1").unwrap().len()).sum::<usize>(), ROWS * 4);
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn owned_rows_allocate_what_they_own() {
    let (columns, page) = (four_columns(), page());
    let info = measure(|| {
        let rows = RowIter::<(i64, String, Vec<u8>, f64)>::new(&columns, &page, ROWS).unwrap();
        assert_eq!(rows.map(|row| row.unwrap().2.len()).sum::<usize>(), ROWS * 2);
    });
    assert_eq!(info.count_total, 2 * 1000, "a string and a vector each");
}

#[test]
fn binding_allocates_nothing_in_the_long_run() {
    let columns = four_columns();
    let mut out = Vec::with_capacity(1 << 10);
    let info = measure(|| {
        for _ in 0..ROWS {
            out.clear();
            let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
            (1_i64, "name", &[1_u8, 2][..], 0.5_f64).bind(&columns, &mut values).unwrap();
            assert_eq!(values.finish().count, 4);
        }
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn elements_are_read_without_a_collection() {
    let list = columns([ColumnType::list(ColumnType::Text)]);
    let mut page = Vec::new();
    let _ = write_value(&vec!["ab"; 100], list[0].column_type(), &mut page).unwrap();
    let info = measure(|| {
        let mut rows = RowIter::<(Elements<'_, &str>,)>::new(&list, &page, 1).unwrap();
        let (elements,) = rows.next().unwrap().unwrap();
        assert_eq!(elements.map(|element| element.unwrap().len()).sum::<usize>(), 200);
    });
    assert_eq!(info.count_total, 0);
}

#[test]
fn a_collection_is_allocated_once() {
    let list = columns([ColumnType::list(ColumnType::Int)]);
    let mut page = Vec::new();
    let _ = write_value(&vec![7; 1000], list[0].column_type(), &mut page).unwrap();
    let info = measure(|| {
        let mut rows = RowIter::<(Vec<i32>,)>::new(&list, &page, 1).unwrap();
        assert_eq!(rows.next().unwrap().unwrap().0.len(), 1000);
    });
    assert_eq!((info.count_total, info.bytes_total), (1, 4000));
}
