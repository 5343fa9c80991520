//! Rows of a result (v5 §4.2.5.2), read one after the other from the bytes of a page.

use super::decode::FromCql;
use super::row_error::{RowError, RowMismatch};
use crate::types::ColumnSpec;
use crate::wire::Reader;
use std::fmt;
use std::iter::FusedIterator;

/// A Rust type that rows can be read as: tuples by position, [`RawRow`](super::RawRow) and [`CqlRow`](super::CqlRow)
/// for any row.
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

    /// The columns of the cells that were not read yet.
    pub(super) fn columns_left(&self) -> &'a [ColumnSpec] {
        self.next
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

    /// The bytes of the rows that have not been read, by which whoever stops can go on later.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.row.rest()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{ColumnType, TableSpec};
    use crate::value::testing::unhex;
    use crate::value::{CqlRow, CqlValue, RawRow};
    use std::sync::Arc;

    fn columns() -> Vec<ColumnSpec> {
        let table = Arc::new(TableSpec::new("ks", "t"));
        vec![
            ColumnSpec::new(table.clone(), "id", ColumnType::Int),
            ColumnSpec::new(table, "name", ColumnType::Text),
        ]
    }

    const TWO_ROWS: &str = "00000004 00000001 00000001 61  00000004 00000002 ffffffff";

    #[test]
    fn rows_are_read_as_tuples_borrowed_and_owned() {
        let (columns, page) = (columns(), unhex(TWO_ROWS));
        let rows = RowIter::<(i32, Option<&str>)>::new(&columns, &page, 2).unwrap();
        assert_eq!((rows.len(), rows.rest().len()), (2, page.len()));
        assert_eq!(rows.map(Result::unwrap).collect::<Vec<_>>(), [(1, Some("a")), (2, None)]);
        let mut rows = RowIter::<(i32, String)>::new(&columns, &page, 2).unwrap();
        assert_eq!(rows.next(), Some(Ok((1, "a".into()))));
        let error = rows.next().unwrap().unwrap_err();
        let message = "column `name` (index 1): cannot decode text at byte 0: null, but the Rust type has no null: use Option";
        assert_eq!(error.to_string(), message);
        assert_eq!((error.column(), error.index()), (Some("name"), Some(1)));
        assert!(rows.next().is_none(), "ended by the error");
    }

    #[test]
    fn columns_that_do_not_fit_are_told_before_the_first_row() {
        let columns = columns();
        let message = |mismatch: RowMismatch| mismatch.to_string();
        let error = RowIter::<(i32,)>::new(&columns, &[], 0).map_err(message).unwrap_err();
        assert_eq!(error, "the row has 2 columns, `(i32,)` takes 1");
        let error = RowIter::<(i32, i64)>::new(&columns, &[], 0).map_err(message).unwrap_err();
        assert_eq!(error, "column `name` is text, which `i64` cannot read");
        let error = RowMismatch::find_column::<u8, i32>("age", &columns).map_err(message).unwrap_err();
        assert_eq!(error, "`u8` needs a column `age`, the row has id, name");
        assert_eq!(RowMismatch::find_column::<u8, String>("name", &columns), Ok(1));
    }

    #[test]
    fn rows_of_any_shape_are_read_by_name_and_position() {
        let (columns, page) = (columns(), unhex(TWO_ROWS));
        let rows: Vec<RawRow<'_>> =
            RowIter::new(&columns, &page, 2).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows[0].value::<&str>("name"), Ok("a"));
        assert_eq!(rows[1].value_at::<i32>(0), Ok(2));
        assert_eq!(
            rows[1].iter().map(|(_, cell)| cell.map(<[u8]>::len)).collect::<Vec<_>>(),
            [Some(4), None]
        );
        let message = |error: RowError| error.to_string();
        assert_eq!(
            rows[0].value::<i32>("name").map_err(message).unwrap_err(),
            "column `name` is text, which `i32` cannot read"
        );
        assert_eq!(
            rows[0].value::<i32>("age").map_err(message).unwrap_err(),
            "no column is named `age`, the row has id, name"
        );
        assert_eq!(
            rows[0].value_at::<i32>(2).map_err(message).unwrap_err(),
            "no column has index 2, the row has 2 columns"
        );
        let rows: Vec<CqlRow> = RowIter::new(&columns, &page, 2).unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows[0].values(), [CqlValue::Int(1), CqlValue::Text("a".into())]);
        assert_eq!(rows[1].value("name"), Some(&CqlValue::Null));
    }

    #[test]
    fn a_claimed_number_of_rows_is_no_more_than_the_bytes_can_hold() {
        let (columns, page) = (columns(), unhex(TWO_ROWS));
        let rows = RowIter::<(i32, Option<&str>)>::new(&columns, &page, usize::MAX).unwrap();
        assert!(rows.len() < 5);
        let read: Vec<_> = rows.collect();
        assert_eq!(read.len(), 3);
        assert!(read[2].is_err(), "the missing rows are an error");
        assert_eq!(RowIter::<RawRow<'_>>::new(&[], &page, usize::MAX).unwrap().count(), 0);
    }

    #[test]
    fn cells_that_are_not_read_are_passed_over() {
        let (columns, page) = (columns(), unhex(TWO_ROWS));
        let mut row = RowReader::new(&columns, &page);
        assert_eq!(row.value::<i32>(), Ok(1));
        assert_eq!(row.index(), 1);
        row.finish().unwrap();
        assert!(row.next_cell().is_err(), "the row has ended");
        let mut cut = RowReader::new(&columns, &page[..10]);
        assert!(cut.finish().is_err());
    }
}
