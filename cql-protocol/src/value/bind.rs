//! All values of a statement, in the form of QUERY, EXECUTE and BATCH (v5 §4.1.4): a `[short]` count, then each value.

use super::bind_error::BindError;
use super::encode::{Encoded, ToCql, patch, write_value};
use crate::types::{ColumnSpec, ColumnType};
use crate::version::ProtocolVersion;
use crate::wire::Write;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

/// The values of one statement: tuples, slices and arrays in the order of the markers, maps by the markers' names.
///
/// Fewer values than markers leave the rest unset (protocol version 4 and newer); more are an error.
///
/// ```
/// use cql_protocol::ProtocolVersion;
/// use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
/// use cql_protocol::value::{BindRow, ValuesWriter};
/// use std::sync::Arc;
///
/// let table = Arc::new(TableSpec::new("ks", "t"));
/// let markers = [
///     ColumnSpec::new(table.clone(), "id", ColumnType::Int),
///     ColumnSpec::new(table, "name", ColumnType::Text),
/// ];
/// let mut out = Vec::new();
/// let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
/// (7, "x").bind(&markers, &mut values)?;
/// assert_eq!(values.finish().count, 2);
/// assert_eq!(out, [0, 2, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 1, b'x']);
///
/// let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
/// let error = ("x",).bind(&markers, &mut values).unwrap_err();
/// assert_eq!(error.to_string(), "cannot bind `id` (index 0): `str` cannot be written as int");
/// # Ok::<(), cql_protocol::value::BindError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be bound to a statement",
    label = "not a tuple, slice, map or BindRow struct",
    note = "a single value is written as a tuple of one: `(value,)`"
)]
pub trait BindRow {
    /// Appends the values of a prepared statement, whose markers are `columns`, in their order.
    ///
    /// # Errors
    /// When a value does not fit its marker, or their numbers or names do not match. `values` is then of no use.
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError>;

    /// Appends the values of a statement sent unprepared: each in its natural type, and with its name where it has one.
    ///
    /// # Errors
    /// When a value cannot be written, or there are too many.
    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError>;
}

/// Appends values to a request, counting them. The count is written by [`ValuesWriter::finish`].
///
/// After an error, and when it is dropped unfinished, what it appended is incomplete: the caller truncates.
#[derive(Debug)]
pub struct ValuesWriter<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    count: u16,
    named: bool,
    version: ProtocolVersion,
}

/// What a [`ValuesWriter`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BoundValues {
    /// How many values.
    pub count: u16,
    /// Whether each is preceded by its name: the request needs flag 0x40, and a BATCH cannot carry them.
    pub named: bool,
}

impl<'a> ValuesWriter<'a> {
    /// Reserves the count at the end of `out`.
    #[must_use]
    #[inline]
    pub fn new(out: &'a mut Vec<u8>, version: ProtocolVersion) -> Self {
        let start = out.len();
        out.write_short(0);
        ValuesWriter { out, start, count: 0, named: false, version }
    }

    /// The protocol version the values are for.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// How many values have been written.
    #[must_use]
    pub fn count(&self) -> u16 {
        self.count
    }

    /// Checks the number of values against the number of markers. Implementations of [`BindRow`] that go by position
    /// call it first.
    ///
    /// # Errors
    /// When there are more values than markers; on protocol version 3, which cannot leave any unset, also when there
    /// are fewer.
    #[inline]
    pub fn check_count(&self, given: usize, markers: usize) -> Result<(), BindError> {
        if given == markers || (given < markers && self.version.has_unset()) {
            Ok(())
        } else {
            Err(BindError::count(given, markers, self.version))
        }
    }

    /// Appends a value for the marker `column`.
    ///
    /// # Errors
    /// When the value does not fit the marker, or is unset and the protocol version has no such thing.
    #[inline]
    pub fn value<T: ToCql + ?Sized>(&mut self, value: &T, column: &ColumnSpec) -> Result<(), BindError> {
        match write_value(value, column.column_type(), self.out) {
            Ok(Encoded::Unset) if !self.version.has_unset() => {
                Err(BindError::unset(self.count, Some(column.name()), self.version))
            }
            Ok(_) => self.advance(),
            Err(error) => Err(BindError::value(self.count, Some(column.name()), error)),
        }
    }

    /// Appends `count` values that are encoded already, each a `[value]`: its length, then its bytes.
    ///
    /// What they are is the caller's to know: neither their types nor their number is checked.
    ///
    /// # Errors
    /// When there are more values than a statement can have.
    #[inline]
    pub fn encoded(&mut self, count: u16, values: &[u8]) -> Result<(), BindError> {
        self.out.extend_from_slice(values);
        match self.count.checked_add(count) {
            Some(count) => {
                self.count = count;
                Ok(())
            }
            None => Err(BindError::too_many()),
        }
    }

    /// Leaves the markers `columns` unset: those for which no value was given.
    ///
    /// # Errors
    /// When the protocol version cannot.
    #[inline]
    pub fn unset(&mut self, columns: &[ColumnSpec]) -> Result<(), BindError> {
        for column in columns {
            if !self.version.has_unset() {
                return Err(BindError::unset(self.count, Some(column.name()), self.version));
            }
            self.out.write_int(-2);
            self.advance()?;
        }
        Ok(())
    }

    /// Appends a value in its natural type, without a name.
    ///
    /// # Errors
    /// As [`ValuesWriter::value`], and when named values were written before.
    pub fn untyped<T: ToCql + ?Sized>(&mut self, value: &T) -> Result<(), BindError> {
        if self.named {
            return Err(BindError::mixed_names());
        }
        self.natural(value, None)
    }

    /// Appends a value in its natural type, after its name.
    ///
    /// # Errors
    /// As [`ValuesWriter::value`], and when values without names were written before.
    pub fn named<T: ToCql + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), BindError> {
        if !self.named && self.count > 0 {
            return Err(BindError::mixed_names());
        }
        self.named = true;
        self.out.write_string(name, "name of a value").map_err(|_| BindError::too_long_name())?;
        self.natural(value, Some(name))
    }

    fn natural<T: ToCql + ?Sized>(&mut self, value: &T, name: Option<&str>) -> Result<(), BindError> {
        // Without a natural type it is null or unset, which look the same in any type.
        let column_type = value.natural_type().unwrap_or(ColumnType::Blob);
        match write_value(value, &column_type, self.out) {
            Ok(Encoded::Unset) if !self.version.has_unset() => {
                Err(BindError::unset(self.count, name, self.version))
            }
            Ok(_) => self.advance(),
            Err(error) => Err(BindError::value(self.count, name, error)),
        }
    }

    #[inline]
    fn advance(&mut self) -> Result<(), BindError> {
        match self.count.checked_add(1) {
            Some(count) => {
                self.count = count;
                Ok(())
            }
            None => Err(BindError::too_many()),
        }
    }

    /// Writes the count into its place.
    #[inline]
    #[must_use = "a request with named values needs a flag"]
    pub fn finish(self) -> BoundValues {
        patch(self.out, self.start, self.count.to_be_bytes());
        BoundValues { count: self.count, named: self.named }
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<T: BindRow + ?Sized> BindRow for $pointer {
            #[inline]
            fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
                (**self).bind(columns, values)
            }

            fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
                (**self).bind_untyped(values)
            }
        }
    )*};
}
through!(&T, Box<T>, Arc<T>);

impl BindRow for () {
    #[inline]
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        values.check_count(0, columns.len())?;
        values.unset(columns)
    }

    fn bind_untyped(&self, _: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Ok(())
    }
}

impl<T: ToCql> BindRow for [T] {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        values.check_count(self.len(), columns.len())?;
        for (value, column) in self.iter().zip(columns) {
            values.value(value, column)?;
        }
        values.unset(columns.get(self.len()..).unwrap_or_default())
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.iter().try_for_each(|value| values.untyped(value))
    }
}

impl<T: ToCql> BindRow for Vec<T> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.as_slice().bind(columns, values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.as_slice().bind_untyped(values)
    }
}

impl<T: ToCql, const N: usize> BindRow for [T; N] {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.as_slice().bind(columns, values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.as_slice().bind_untyped(values)
    }
}

impl<K: Borrow<str> + Ord, V: ToCql> BindRow for BTreeMap<K, V> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        check_names(self.keys().map(Borrow::borrow), columns)?;
        columns.iter().try_for_each(|column| bind_named(self.get(column.name()), column, values))
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.iter().try_for_each(|(name, value)| values.named(name.borrow(), value))
    }
}

impl<K: Borrow<str> + Hash + Eq, V: ToCql, S: BuildHasher> BindRow for HashMap<K, V, S> {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        check_names(self.keys().map(Borrow::borrow), columns)?;
        columns.iter().try_for_each(|column| bind_named(self.get(column.name()), column, values))
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.iter().try_for_each(|(name, value)| values.named(name.borrow(), value))
    }
}

fn check_names<'n>(
    mut names: impl Iterator<Item = &'n str>,
    columns: &[ColumnSpec],
) -> Result<(), BindError> {
    match names.find(|name| !columns.iter().any(|column| column.name() == *name)) {
        Some(unknown) => Err(BindError::unknown_name(unknown, columns)),
        None => Ok(()),
    }
}

fn bind_named<V: ToCql>(
    value: Option<&V>,
    column: &ColumnSpec,
    values: &mut ValuesWriter<'_>,
) -> Result<(), BindError> {
    match value {
        Some(value) => values.value(value, column),
        None => values.unset(std::slice::from_ref(column)),
    }
}

macro_rules! bind_tuples {
    ($(($count:literal: $($name:ident $index:tt),+))*) => {$(
        impl<$($name: ToCql),+> BindRow for ($($name,)+) {
            #[inline]
            fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
                values.check_count($count, columns.len())?;
                let mut markers = columns.iter();
                $(if let Some(marker) = markers.next() {
                    values.value(&self.$index, marker)?;
                })+
                values.unset(markers.as_slice())
            }

            fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
                $(values.untyped(&self.$index)?;)+
                Ok(())
            }
        }
    )*};
}
super::tuples!(bind_tuples);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TableSpec;
    use crate::value::Unset;
    use crate::value::testing::unhex;

    /// `k`, `v0` and `v1` of scenario P11, all int.
    fn markers() -> Vec<ColumnSpec> {
        let table = Arc::new(TableSpec::new("ks", "t"));
        ["k", "v0", "v1"].map(|name| ColumnSpec::new(table.clone(), name, ColumnType::Int)).into()
    }

    fn bound(row: &dyn BindRow, version: ProtocolVersion) -> Result<Vec<u8>, String> {
        let mut out = vec![0xEE];
        let mut values = ValuesWriter::new(&mut out, version);
        row.bind(&markers(), &mut values).map_err(|error| error.to_string())?;
        assert_eq!(values.finish(), BoundValues { count: 3, named: false });
        Ok(out.split_off(1))
    }

    #[test]
    fn p11_values_go_by_position_or_name_and_the_rest_is_unset() {
        let v4 = ProtocolVersion::V4;
        let unset = unhex("0003 00000004 00000000 00000004 00000001 fffffffe");
        assert_eq!(bound(&(0, 1), v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&(0, 1, Unset), v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&[0, 1], v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&vec![0, 1], v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&&[0, 1][..], v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&[&0 as &dyn ToCql, &1, &Unset], v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&(Box::new((0, 1)) as Box<dyn BindRow>), v4).as_ref(), Ok(&unset));
        assert_eq!(bound(&BTreeMap::from([("v0", 1), ("k", 0)]), v4).as_ref(), Ok(&unset));
        assert_eq!(
            bound(&HashMap::from([("v0".to_owned(), 1), ("k".to_owned(), 0)]), v4).as_ref(),
            Ok(&unset)
        );
        let by_name = bound(&BTreeMap::from([("k", 0), ("v1", 1)]), v4);
        assert_eq!(by_name, Ok(unhex("0003 00000004 00000000 fffffffe 00000004 00000001")));
        let nulls = bound(&(0, None::<i32>, None::<i32>), v4);
        assert_eq!(nulls, Ok(unhex("0003 00000004 00000000 ffffffff ffffffff")));
        assert_eq!(bound(&(), v4), Ok(unhex("0003 fffffffe fffffffe fffffffe")));
    }

    #[test]
    fn version_3_cannot_leave_anything_unset() {
        let v3 = ProtocolVersion::V3;
        assert!(bound(&(0, 1, 2), v3).is_ok());
        assert_eq!(
            bound(&(0, 1), v3).unwrap_err(),
            "2 values for 3 bind markers: protocol v3 cannot leave the rest unset"
        );
        let message =
            "cannot leave `v1` (index 2) unset: protocol v3 has no unset values, bind null or a value";
        assert_eq!(bound(&(0, 1, Unset), v3).unwrap_err(), message);
        assert_eq!(bound(&BTreeMap::from([("k", 0), ("v0", 1)]), v3).unwrap_err(), message);
    }

    #[test]
    fn what_does_not_fit_names_the_marker_and_not_the_value() {
        let v5 = ProtocolVersion::V5;
        assert_eq!(bound(&(0, 1, 2, 3), v5).unwrap_err(), "4 values for 3 bind markers");
        assert_eq!(
            bound(&(0, "secret"), v5).unwrap_err(),
            "cannot bind `v0` (index 1): `str` cannot be written as int"
        );
        let unknown = BTreeMap::from([("k", 0), ("v2", 1)]);
        assert_eq!(
            bound(&unknown, v5).unwrap_err(),
            "no bind marker is named `v2`, the statement has k, v0, v1"
        );
        let mut out = Vec::new();
        let error = (0, 1_i64).bind(&markers(), &mut ValuesWriter::new(&mut out, v5)).unwrap_err();
        assert_eq!((error.index(), error.name()), (Some(1), Some("v0")));
        assert!(error.value_error().is_some());
    }

    #[test]
    fn unprepared_values_have_their_natural_types_and_names() {
        let mut out = Vec::new();
        let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
        (1, "a", None::<i32>, vec![true]).bind_untyped(&mut values).unwrap();
        assert_eq!(values.finish(), BoundValues { count: 4, named: false });
        assert_eq!(out, unhex("0004 00000004 00000001 00000001 61 ffffffff 00000009 00000001 00000001 01"));

        let mut out = Vec::new();
        let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
        BTreeMap::from([("a", 1)]).bind_untyped(&mut values).unwrap();
        let error = (1,).bind_untyped(&mut values).unwrap_err();
        assert_eq!(error.to_string(), "values with names and values without in one statement");
        assert_eq!(values.finish(), BoundValues { count: 1, named: true });
        assert_eq!(out, unhex("0001 0001 61 00000004 00000001"));
    }

    #[test]
    fn a_statement_has_at_most_65535_values() {
        let mut out = Vec::new();
        let mut values = ValuesWriter::new(&mut out, ProtocolVersion::V4);
        vec![true; 65_535].bind_untyped(&mut values).unwrap();
        let error = (true,).bind_untyped(&mut values).unwrap_err();
        assert_eq!(error.to_string(), "more than 65535 values in one statement");
        assert_eq!(values.finish().count, 65_535);
        assert_eq!(out[..2], [0xFF, 0xFF]);
    }

    #[test]
    fn errors_are_one_pointer_wide() {
        assert!(size_of::<Result<(), BindError>>() <= 8);
        assert!(size_of::<crate::value::ValueError>() <= 8);
    }
}
