//! The statements that are measured, and the rows they are about: whoever compares drivers uses these for all of them.

use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use std::sync::Arc;

/// Reads one row by its key.
pub const GET: &str = "SELECT id, a, b, c FROM bench.kv WHERE id = ?";

/// Writes one row.
pub const PUT: &str = "INSERT INTO bench.kv (id, a, b, c) VALUES (?, ?, ?, ?)";

/// Reads all rows, page after page.
pub const SCAN: &str = "SELECT id, a, b, c FROM bench.kv";

/// Reads [`HUNDRED_ROWS`] rows, wherever they are.
pub const HUNDRED: &str = "SELECT id, a, b, c FROM bench.kv LIMIT 100";

/// Reads one wide row by its key.
pub const WIDE: &str = "SELECT id, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15 \
                        FROM bench.wide WHERE id = ?";

/// Writes one wide row; the key comes last.
pub const PUT_WIDE: &str = "UPDATE bench.wide SET t1 = ?, t2 = ?, t3 = ?, t4 = ?, t5 = ?, t6 = ?, t7 = ?, t8 = ?, \
                            t9 = ?, t10 = ?, t11 = ?, t12 = ?, t13 = ?, t14 = ?, t15 = ? WHERE id = ?";

/// What a server that stores things needs before any of them, apart from rows.
pub const SCHEMA: [&str; 3] = [
    "CREATE KEYSPACE IF NOT EXISTS bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    "CREATE TABLE IF NOT EXISTS bench.kv (id bigint PRIMARY KEY, a text, b blob, c double)",
    "CREATE TABLE IF NOT EXISTS bench.wide (id bigint PRIMARY KEY, t1 text, t2 text, t3 text, t4 text, t5 text, \
     t6 text, t7 text, t8 text, t9 text, t10 text, t11 text, t12 text, t13 text, t14 text, t15 text)",
];

/// Rows of a page.
pub const PAGE_ROWS: usize = 5000;

/// Rows that [`HUNDRED`] returns.
pub const HUNDRED_ROWS: usize = 100;

/// Texts of a wide row.
pub const WIDE_TEXTS: usize = 15;

/// Column `a`.
pub const A: &str = "twenty characters ok";

/// Column `b`.
pub const B: &[u8] = &[0xAB; 100];

/// Column `c`.
pub const C: f64 = 1.5;

/// Each text of a wide row.
pub const T: &str = "a text of a wide row, which has fifty characters..";

/// A row, owned.
pub type Row = (i64, String, Vec<u8>, f64);

/// A row that borrows from its page.
pub type BorrowedRow<'p> = (i64, &'p str, &'p [u8], f64);

/// A wide row of texts `T`.
pub type WideRow<T> = (i64, T, T, T, T, T, T, T, T, T, T, T, T, T, T, T);

/// The columns of `bench.kv`.
#[must_use]
pub fn columns() -> Arc<[ColumnSpec]> {
    let table = Arc::new(TableSpec::new("bench", "kv"));
    let columns = [
        ("id", ColumnType::BigInt),
        ("a", ColumnType::Text),
        ("b", ColumnType::Blob),
        ("c", ColumnType::Double),
    ];
    columns.into_iter().map(|(name, of_type)| ColumnSpec::new(Arc::clone(&table), name, of_type)).collect()
}
