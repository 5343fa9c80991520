//! Rows of a result (v5 §4.2.5.2), read one after the other from the bytes of a page.

use super::decode::FromCql;
use super::row_error::{RowError, RowMismatch};
use crate::types::ColumnSpec;
use crate::wire::Reader;
use std::fmt;
use std::iter::FusedIterator;

/// A Rust type that rows can be read as: tuples by position, [`RawRow`](super::RawRow) for any row.
///
/// ```
/// use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
/// use cql_protocol::value::RowIter;
/// use std::sync::Arc;
///
/// let table = Arc::new(TableSpec::new("ks", "t"));
/// let columns = [
///     ColumnSpec::new(table.clone(), "id", ColumnType::Int),
///     ColumnSpec::new(table, "name", ColumnType::Text),
/// ];
/// let page = [0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, b'x'];
///
/// for row in RowIter::<(i32, &str)>::new(&columns, &page, 1)? {
///     assert_eq!(row?, (7, "x"));
/// }
/// let mismatch = RowIter::<(String, &str)>::new(&columns, &page, 1).unwrap_err();
/// assert_eq!(mismatch.to_string(), "column `id` is int, which `String` cannot read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a row",
    note = "a row of one column is read as a tuple of one: `(T,)`"
)]
pub trait FromRow<'a>: Sized {
    /// What is worked out once per result: where a named field's column is. `()` where there is nothing to work out.
    type Plan;

    /// Checks the columns of a result against this type.
    ///
    /// # Errors
    /// When a column is missing, left over or of a type that its place cannot hold.
    fn plan(columns: &[ColumnSpec]) -> Result<Self::Plan, RowMismatch>;

    /// Reads one row. `row` stands before its first cell; cells that are not read are passed over.
    ///
    /// # Errors
    /// When a cell's bytes are no value of its type, or null where the target has no null.
    fn from_row(plan: &Self::Plan, row: &mut RowReader<'a>) -> Result<Self, RowError>;
}

/// A cursor over the cells of one row.
#[derive(Debug, Clone)]
pub struct RowReader<'a> {
    columns: &'a [ColumnSpec],
    next: &'a [ColumnSpec],
    cells: Reader<'a>,
}

impl<'a> RowReader<'a> {
    /// Stands before the first of `cells`, which has a `[bytes]` for each of `columns`.
    #[must_use]
    #[inline]
    pub fn new(columns: &'a [ColumnSpec], cells: &'a [u8]) -> Self {
        RowReader { columns, next: columns, cells: Reader::new(cells) }
    }

    /// The columns of the result.
    #[must_use]
    pub fn columns(&self) -> &'a [ColumnSpec] {
        self.columns
    }

    /// The index of the cell that comes next.
    #[must_use]
    #[inline]
    pub fn index(&self) -> usize {
        self.columns.len().saturating_sub(self.next.len())
    }

    /// The next cell's column and contents, `None` being null.
    ///
    /// # Errors
    /// When the row has no more cells, or the bytes end before the cell does.
    #[inline]
    pub fn next_cell(&mut self) -> Result<(&'a ColumnSpec, Option<&'a [u8]>), RowError> {
        let Some((column, rest)) = self.next.split_first() else {
            return Err(RowError::no_index(self.columns.len(), self.columns.len()));
        };
        match self.cells.opt_bytes("cell") {
            Ok(bytes) => {
                self.next = rest;
                Ok((column, bytes))
            }
            Err(error) => Err(RowError::cell(self.index(), column, error)),
        }
    }

    /// Reads the next cell.
    ///
    /// # Errors
    /// As [`RowReader::next_cell`], and when the contents cannot be read as `T`.
    #[inline]
    pub fn value<T: FromCql<'a>>(&mut self) -> Result<T, RowError> {
        let (column, bytes) = self.next_cell()?;
        match T::from_cql(column.column_type(), bytes) {
            Ok(value) => Ok(value),
            Err(error) => Err(RowError::cell(self.index().saturating_sub(1), column, error)),
        }
    }

    /// Passes over the cells not yet read.
    ///
    /// # Errors
    /// When the bytes end before the row does.
    #[inline]
    pub fn finish(&mut self) -> Result<(), RowError> {
        while !self.next.is_empty() {
            self.next_cell()?;
        }
        Ok(())
    }

    /// The bytes from here to the end of the page.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.cells.rest()
    }
}

/// Iterates over the rows of a page, reading each as `R`.
///
/// After an error it ends: the rows behind a damaged one cannot be found. It allocates nothing itself.
pub struct RowIter<'a, R: FromRow<'a>> {
    row: RowReader<'a>,
    remaining: usize,
    plan: R::Plan,
}

impl<'a, R: FromRow<'a>> RowIter<'a, R> {
    /// Checks `columns` against `R` and stands before the first of `rows_count` rows in `data`.
    ///
    /// `rows_count` may be what a peer claims: the length of this iterator never exceeds what `data` can hold by more
    /// than one row, and that one is an error. Rows without columns hold nothing; none are yielded.
    ///
    /// # Errors
    /// When `R` cannot be read from these columns.
    pub fn new(columns: &'a [ColumnSpec], data: &'a [u8], rows_count: usize) -> Result<Self, RowMismatch> {
        let plan = R::plan(columns)?;
        let smallest_row = columns.len().saturating_mul(4);
        let possible = data.len().checked_div(smallest_row).map_or(0, |rows| rows.saturating_add(1));
        Ok(RowIter { row: RowReader::new(columns, data), remaining: rows_count.min(possible), plan })
    }
}

impl<'a, R: FromRow<'a>> Iterator for RowIter<'a, R> {
    type Item = Result<R, RowError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        self.row.next = self.row.columns;
        let read = match R::from_row(&self.plan, &mut self.row) {
            Ok(row) => self.row.finish().map(|()| row),
            Err(error) => Err(error),
        };
        if read.is_err() {
            self.remaining = 0;
        }
        Some(read)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl<'a, R: FromRow<'a>> ExactSizeIterator for RowIter<'a, R> {}

impl<'a, R: FromRow<'a>> FusedIterator for RowIter<'a, R> {}

impl<'a, R: FromRow<'a>> fmt::Debug for RowIter<'a, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowIter").field("remaining", &self.remaining).finish_non_exhaustive()
    }
}

macro_rules! row_tuples {
    ($(($count:literal: $($name:ident $index:tt),+))*) => {$(
        impl<'a, $($name: FromCql<'a>),+> FromRow<'a> for ($($name,)+) {
            type Plan = ();

            fn plan(columns: &[ColumnSpec]) -> Result<(), RowMismatch> {
                RowMismatch::check_count::<Self>($count, columns)?;
                $(RowMismatch::check_column::<$name>($index, columns)?;)+
                Ok(())
            }

            #[inline]
            fn from_row((): &(), row: &mut RowReader<'a>) -> Result<Self, RowError> {
                Ok(($(row.value::<$name>()?,)+))
            }
        }
    )*};
}
super::tuples!(row_tuples);
