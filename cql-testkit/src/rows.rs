//! Rows to answer with, of any types.

use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::request::Values;
use cql_protocol::response;
use cql_protocol::response::ResultMetadata;
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use cql_protocol::value::{BindRow, ToCql, ValuesWriter, write_value};
use cql_protocol::wire::{BoundValue, Write};
use std::fmt;
use std::sync::Arc;

/// Rows of a result, their values in the column's types.
///
/// ```
/// use cql_testkit::{ColumnType, Rows};
///
/// let rows = Rows::new([("id", ColumnType::Int), ("name", ColumnType::Text)])
///     .row((1, "one"))
///     .row((2, None::<&str>));
/// assert_eq!(rows.len(), 2);
/// ```
#[derive(Clone, PartialEq)]
pub struct Rows {
    columns: Arc<[ColumnSpec]>,
    cells: Vec<Vec<Cell>>,
}

/// A value as its bytes; `None` is null.
pub(crate) type Cell = Option<Vec<u8>>;

impl Rows {
    /// No rows yet, of these columns, from the table `ks.t`.
    #[must_use]
    pub fn new<N: Into<Box<str>>>(columns: impl IntoIterator<Item = (N, ColumnType)>) -> Self {
        Rows::of_table("ks", "t", columns)
    }

    /// No rows yet, of these columns of a table.
    #[must_use]
    pub fn of_table<N: Into<Box<str>>>(
        keyspace: &str,
        table: &str,
        columns: impl IntoIterator<Item = (N, ColumnType)>,
    ) -> Self {
        let table = Arc::new(TableSpec::new(keyspace, table));
        let column = |(name, column_type)| ColumnSpec::new(Arc::clone(&table), name, column_type);
        Rows { columns: columns.into_iter().map(column).collect(), cells: Vec::new() }
    }

    pub(crate) fn from_cells(columns: Arc<[ColumnSpec]>, cells: Vec<Vec<Cell>>) -> Self {
        Rows { columns, cells }
    }

    /// With another row: a tuple, a slice, a map by name.
    ///
    /// # Panics
    /// When a value does not fit its column, or is missing.
    #[must_use]
    #[track_caller]
    pub fn row(mut self, values: impl BindRow) -> Self {
        let mut encoded = Vec::new();
        // v3 has no unset, so that a missing value is an error.
        let mut writer = ValuesWriter::new(&mut encoded, ProtocolVersion::V3);
        if let Err(error) = values.bind(&self.columns, &mut writer) {
            refuse(&error);
        }
        let _ = writer.finish();
        let cell = |value| match value {
            Ok((_, BoundValue::Set(bytes))) => Some(bytes.to_vec()),
            _ => None,
        };
        self.cells.push(Values::positional(&encoded).iter().map(cell).collect());
        self
    }

    /// With one value replaced.
    ///
    /// # Panics
    /// When there is no such row or column, or the value does not fit.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, row: usize, column: &str, value: impl ToCql) -> Self {
        let Some(index) = self.columns.iter().position(|spec| spec.name() == column) else {
            refuse(&format_args!("there is no column `{column}`"));
        };
        let mut encoded = Vec::new();
        if let Err(error) = write_value(&value, self.columns[index].column_type(), &mut encoded) {
            refuse(&error);
        }
        let Some(cell) = self.cells.get_mut(row).and_then(|cells| cells.get_mut(index)) else {
            refuse(&format_args!("there is no row {row}"));
        };
        let is_null = encoded.first_chunk().is_none_or(|length| i32::from_be_bytes(*length) < 0);
        *cell = if is_null { None } else { encoded.get(4..).map(<[u8]>::to_vec) };
        self
    }

    /// Without the row of that number.
    #[must_use]
    pub fn without(mut self, row: usize) -> Self {
        if row < self.cells.len() {
            self.cells.remove(row);
        }
        self
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &Arc<[ColumnSpec]> {
        &self.columns
    }

    pub(crate) fn cells(&self) -> &[Vec<Cell>] {
        &self.cells
    }

    /// The message, its columns told.
    pub(crate) fn to_response(&self) -> response::Rows {
        let mut data = Vec::new();
        for cell in self.cells.iter().flatten() {
            if data.write_opt_bytes(cell.as_deref(), "cell").is_err() {
                data.write_int(-1);
            }
        }
        response::Rows::new(
            ResultMetadata::new(Arc::clone(&self.columns)),
            self.cells.len(),
            Bytes::from(data),
        )
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.columns.iter().map(ColumnSpec::name).collect();
        write!(f, "Rows({} of {})", self.cells.len(), names.join(", "))
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "a test that says what cannot be is told so where it says it")]
fn refuse(problem: &dyn fmt::Display) -> ! {
    panic!("not a row of these columns: {problem}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_typed_by_their_columns() {
        let rows = Rows::new([("a", ColumnType::Int), ("b", ColumnType::Text)])
            .row((1, "x"))
            .row((2, None::<&str>))
            .with(0, "a", 7);
        let response = rows.to_response();
        assert_eq!(response.rows_count, 2);
        assert_eq!(
            &response.data[..],
            [0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, b'x', 0, 0, 0, 4, 0, 0, 0, 2, 255, 255, 255, 255]
        );
        assert_eq!(rows.without(0).len(), 1);
    }

    #[test]
    #[should_panic(expected = "cannot be written as int")]
    fn a_value_of_another_type_is_refused() {
        let _ = Rows::new([("a", ColumnType::Int)]).row(("x",));
    }

    #[test]
    #[should_panic(expected = "not a row of these columns")]
    fn a_missing_value_is_refused() {
        let _ = Rows::new([("a", ColumnType::Int), ("b", ColumnType::Int)]).row((1,));
    }
}
