//! A row's columns, written one after the other.

use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, ToCql, Unset, ValuesWriter};

/// What becomes of `None` and of an empty collection when a whole row is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the protocol has these two")]
pub enum Nulls {
    /// The column keeps what it has: nothing is written, no tombstone.
    Keep,
    /// The column is set to null, which is a tombstone.
    Write,
}

/// Takes the columns of a row in order.
#[derive(Debug)]
pub struct RowWriter<'a, 'v> {
    values: &'a mut ValuesWriter<'v>,
    markers: std::slice::Iter<'a, ColumnSpec>,
    nulls: Nulls,
    /// Where columns that are null have no marker.
    skips_nulls: bool,
}

impl<'a, 'v> RowWriter<'a, 'v> {
    pub(crate) fn new(
        values: &'a mut ValuesWriter<'v>,
        markers: &'a [ColumnSpec],
        nulls: Nulls,
        skips_nulls: bool,
    ) -> Self {
        RowWriter { values, markers: markers.iter(), nulls, skips_nulls }
    }

    /// Writes a column that may be null.
    ///
    /// # Errors
    /// When the value does not fit.
    #[inline]
    pub fn column<T: ToCql + ?Sized>(&mut self, value: &T, is_null: bool) -> Result<(), BindError> {
        if is_null {
            return self.null();
        }
        match self.markers.next() {
            Some(marker) => self.values.value(value, marker),
            None => Ok(()),
        }
    }

    fn null(&mut self) -> Result<(), BindError> {
        if self.skips_nulls {
            return Ok(());
        }
        match (self.markers.next(), self.nulls) {
            (Some(marker), Nulls::Keep) => self.values.value(&Unset, marker),
            (Some(marker), Nulls::Write) => self.values.value(&None::<i32>, marker),
            (None, _) => Ok(()),
        }
    }
}
