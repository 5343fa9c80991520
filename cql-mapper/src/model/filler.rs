//! Values for columns that a statement leaves out.

use super::tag::Tag;
use crate::value::{CqlType, TypeDef, write_as};
use cql_driver::value::ValueError;
use std::fmt;

/// What kind of statement leaves columns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "derives match on it")]
pub enum Fill {
    /// A row is made: `default` says what the columns get.
    Create,
    /// A row is changed: `on_update` says it.
    Update,
}

/// Takes them.
pub struct Filler<'a> {
    is_given: &'a dyn Fn(u16) -> bool,
    pub(crate) filled: Vec<(u16, Result<Vec<u8>, ValueError>)>,
}

impl fmt::Debug for Filler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filler").field("filled", &self.filled.len()).finish_non_exhaustive()
    }
}

impl<'a> Filler<'a> {
    /// For a statement that gives columns itself.
    pub(crate) fn new(is_given: &'a dyn Fn(u16) -> bool) -> Self {
        Filler { is_given, filled: Vec::new() }
    }

    /// Gives a column a value, unless it has one.
    pub fn column<T: CqlType>(&mut self, column: u16, value: impl FnOnce() -> T) {
        if (self.is_given)(column) {
            return;
        }
        let value = value();
        if !value.is_null() {
            let mut bytes = Vec::new();
            let written = write_as::<T, _>(&value, &mut bytes);
            self.filled.push((column, written.map(|()| bytes)));
        }
    }

    /// Says which of several models a row is of.
    pub fn tag(&mut self, column: u16, type_def: &TypeDef, tag: &Tag) {
        self.filled.push((column, tag.encode(type_def)));
    }
}
