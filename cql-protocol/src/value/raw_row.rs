//! Rows whose columns are not known when the program is written, borrowed from the page.

use super::decode::FromCql;
use super::row::{FromRow, RowReader};
use super::row_error::{RowError, RowMismatch};
use crate::types::ColumnSpec;

/// One row of any shape, borrowed from the page: cells are found and read when asked for.
///
/// Reading a cell passes over those before it, so whoever reads most of a wide row should iterate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRow<'a> {
    columns: &'a [ColumnSpec],
    cells: &'a [u8],
}

impl<'a> RawRow<'a> {
    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &'a [ColumnSpec] {
        self.columns
    }

    /// Reads the column of that name; the first, should there be several.
    ///
    /// # Errors
    /// When there is no such column, its type cannot be read as `T`, or its bytes are no value of it.
    pub fn value<T: FromCql<'a>>(&self, name: &str) -> Result<T, RowError> {
        match self.columns.iter().position(|column| column.name() == name) {
            Some(index) => self.value_at(index),
            None => Err(RowError::no_name(name, self.columns)),
        }
    }

    /// Reads the column at `index`, counted from 0.
    ///
    /// # Errors
    /// As [`RawRow::value`].
    pub fn value_at<T: FromCql<'a>>(&self, index: usize) -> Result<T, RowError> {
        let Some((column, bytes)) = self.iter().nth(index) else {
            return Err(RowError::no_index(index, self.columns.len()));
        };
        let column_type = column.column_type();
        T::type_check(column_type).map_err(|mismatch| RowError::mismatch(index, column, mismatch))?;
        T::from_cql(column_type, bytes).map_err(|error| RowError::cell(index, column, error))
    }

    /// Every column with its contents, `None` being null.
    pub fn iter(&self) -> impl Iterator<Item = (&'a ColumnSpec, Option<&'a [u8]>)> + use<'a> {
        let mut row = RowReader::new(self.columns, self.cells);
        // Never an error before the end: the row was walked when it was made.
        std::iter::from_fn(move || row.next_cell().ok())
    }
}

impl<'a> FromRow<'a> for RawRow<'a> {
    type Plan = ();

    fn plan(_: &[ColumnSpec]) -> Result<(), RowMismatch> {
        Ok(())
    }

    #[inline]
    fn from_row((): &(), row: &mut RowReader<'a>) -> Result<Self, RowError> {
        let columns = row.columns_left();
        let start = row.rest();
        row.finish()?;
        let length = start.len().saturating_sub(row.rest().len());
        Ok(RawRow { columns, cells: start.get(..length).unwrap_or_default() })
    }
}
