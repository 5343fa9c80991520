//! Owned rows whose columns are not known when the program is written.

use super::cql_value::CqlValue;
use super::row::{FromRow, RowReader};
use super::row_error::{RowError, RowMismatch};
use crate::types::ColumnSpec;
use std::sync::Arc;

/// One row of any shape that owns its values. The rows of a result share the names of their columns.
///
/// ```
/// use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
/// use cql_protocol::value::{CqlRow, CqlValue, RowIter};
/// use std::sync::Arc;
///
/// let columns = [ColumnSpec::new(Arc::new(TableSpec::new("ks", "t")), "id", ColumnType::Int)];
/// let mut rows = RowIter::<CqlRow>::new(&columns, &[0, 0, 0, 4, 0, 0, 0, 7], 1)?;
/// let row = rows.next().expect("one row")?;
/// assert_eq!(row.value("id"), Some(&CqlValue::Int(7)));
/// assert_eq!(row.value_at(0), Some(&CqlValue::Int(7)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CqlRow {
    names: Arc<[Box<str>]>,
    values: Vec<CqlValue>,
}

impl CqlRow {
    /// The value of the column of that name; the first, should there be several.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&CqlValue> {
        let index = self.names.iter().position(|column| &**column == name)?;
        self.values.get(index)
    }

    /// The value of the column at `index`, counted from 0.
    #[must_use]
    pub fn value_at(&self, index: usize) -> Option<&CqlValue> {
        self.values.get(index)
    }

    /// The values, in the order of the columns.
    #[must_use]
    pub fn values(&self) -> &[CqlValue] {
        &self.values
    }

    /// The values, without the names.
    #[must_use]
    pub fn into_values(self) -> Vec<CqlValue> {
        self.values
    }

    /// Every column's name and value.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &CqlValue)> {
        self.names.iter().map(|name| &**name).zip(&self.values)
    }
}

impl<'a> FromRow<'a> for CqlRow {
    /// The names, for all rows together.
    type Plan = Arc<[Box<str>]>;

    fn plan(columns: &[ColumnSpec]) -> Result<Self::Plan, RowMismatch> {
        Ok(columns.iter().map(|column| column.name().into()).collect())
    }

    fn from_row(names: &Self::Plan, row: &mut RowReader<'a>) -> Result<Self, RowError> {
        let mut values = Vec::with_capacity(names.len());
        for _ in 0..names.len() {
            values.push(row.value()?);
        }
        Ok(CqlRow { names: Arc::clone(names), values })
    }
}
