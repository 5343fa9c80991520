//! The statements that are measured, and the row they are about: whoever compares drivers uses these for all of them.

/// Reads one row by its key.
pub const GET: &str = "SELECT id, a, b, c FROM bench.kv WHERE id = ?";

/// Writes one row.
pub const PUT: &str = "INSERT INTO bench.kv (id, a, b, c) VALUES (?, ?, ?, ?)";

/// Reads all rows, page after page.
pub const SCAN: &str = "SELECT id, a, b, c FROM bench.kv";

/// Rows of a page.
pub const PAGE_ROWS: usize = 5000;

/// Column `a`.
pub const A: &str = "twenty characters ok";

/// Column `b`.
pub const B: &[u8] = &[0xAB; 100];

/// Column `c`.
pub const C: f64 = 1.5;

/// A row, owned.
pub type Row = (i64, String, Vec<u8>, f64);

/// A row that borrows from its page.
pub type BorrowedRow<'p> = (i64, &'p str, &'p [u8], f64);
