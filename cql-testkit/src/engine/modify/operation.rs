//! Changes of columns: their terms typed when prepared, cells when executed.

use super::write::{self, Change};
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, ColumnId};
use crate::engine::storage::{Cell, Deletion, Row, Store};
use crate::engine::terms::functions::Scalar;
use crate::engine::terms::{Bindings, Term};
use crate::engine::values::parts;
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::response::ServerError;
use cql_protocol::types::ColumnType;
use std::collections::HashSet;

/// A change of a column.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) column: Column,
    pub(super) action: Action,
}

/// What is done to a column.
#[derive(Debug)]
pub(super) enum Action {
    Set(Term),
    /// An element of a list by its index, or an entry of a map.
    SetElement {
        key: Term,
        value: Term,
    },
    SetField(u16, Term),
    /// Elements to a set or behind a list, entries to a map, or to a counter.
    Add(Term),
    /// A number or text to what is there.
    AddToValue(Term, Box<Scalar>),
    /// Elements before a list.
    Prepend(Term),
    /// Elements from a list or set, entries from a map, or from a counter.
    Subtract(Term),
    Delete,
    DeleteElement(Term),
    DeleteField(u16),
}

/// What operations are evaluated with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) store: &'a Store,
    pub(super) bindings: Bindings<'a>,
    pub(super) timestamp: i64,
    pub(super) ttl: i32,
}

/// Changes of a row as they come to be.
struct Changes<'a, 'c> {
    context: &'c Context<'c>,
    current: Option<&'c Row>,
    changes: Vec<Change<'a>>,
    /// The list that was looked at last.
    list: Option<List>,
    /// Elements that were looked at, of all lists.
    looked_at: &'c mut usize,
}

/// A list as the operations before have left it.
struct List {
    column: ColumnId,
    row: Row,
    /// Those of its elements, in order.
    places: Vec<Bytes>,
}

/// The most elements that operations of a statement or a batch look at, each at all of its list.
const MOST_LOOKED_AT: usize = 5_000_000;

impl<'c> Context<'c> {
    /// What the operations do to the row that `current` finds, if they have to look at it.
    pub(super) fn changes<'a>(
        &'c self,
        operations: &'a [Operation],
        current: impl FnOnce() -> Option<&'c Row>,
        looked_at: &'c mut usize,
    ) -> Result<Vec<Change<'a>>> {
        let reads = operations.iter().any(Operation::reads);
        let current = if reads { current() } else { None };
        let mut changes = Changes {
            context: self,
            current,
            changes: Vec::with_capacity(operations.len()),
            list: None,
            looked_at,
        };
        for Operation { column, action } in operations {
            changes.add(column, action)?;
        }
        Ok(changes.changes)
    }
}

impl Operation {
    /// Whether it looks at what is there.
    pub(super) fn reads(&self) -> bool {
        match &self.action {
            Action::AddToValue(..) => true,
            Action::SetElement { .. } | Action::DeleteElement(_) | Action::Subtract(_) => {
                matches!(self.column.column_type, ColumnType::List(_))
            }
            _ => false,
        }
    }
}

impl<'a> Changes<'a, '_> {
    fn add(&mut self, column: &'a Column, action: &Action) -> Result<()> {
        match action {
            Action::Set(term) => match self.value(term)? {
                Bound::Unset => {}
                value if column.is_multi_cell => self.replace(column, value),
                Bound::Null => self.put(column, None),
                Bound::Value(value) => self.put(column, Some(&value)),
            },
            Action::SetElement { key, value } => self.set_element(column, key, value)?,
            Action::SetField(field, value) => match self.value(value)? {
                Bound::Unset => {}
                Bound::Null => self.part(column, path_of_field(*field), None),
                Bound::Value(value) => self.part(column, path_of_field(*field), Some(&value)),
            },
            Action::Add(term) if column.is_multi_cell => {
                if let Bound::Value(value) = self.value(term)? {
                    self.join(column, &value);
                }
            }
            Action::Add(term) => match self.value(term)? {
                Bound::Unset => {}
                Bound::Null => return Err(null_increment()),
                Bound::Value(value) => self.count(column, integer(&value)),
            },
            Action::AddToValue(term, sum) => self.add_to_value(column, term, sum)?,
            Action::Prepend(term) => {
                if let Bound::Value(value) = self.value(term)? {
                    for element in elements(&value).rev() {
                        let place = self.context.store.place_before(self.context.bindings.now);
                        self.part(column, Bytes::copy_from_slice(&place), Some(&element));
                    }
                }
            }
            Action::Subtract(term) => self.subtract(column, term)?,
            Action::Delete if column.is_multi_cell => {
                let deletion = Deletion::new(self.context.timestamp, self.context.bindings.now);
                self.push(column, Change::DeleteParts(column.id, deletion));
            }
            Action::Delete => self.put(column, None),
            Action::DeleteElement(key) => self.delete_element(column, key)?,
            Action::DeleteField(field) => self.part(column, path_of_field(*field), None),
        }
        Ok(())
    }

    fn value(&self, term: &Term) -> Result<Bound> {
        term.evaluate(self.context.bindings)
    }

    fn cell(&self, value: Option<&[u8]>) -> Cell {
        let Context { bindings, timestamp, ttl, .. } = *self.context;
        match value {
            Some(value) => Cell::new(timestamp, ttl, bindings.now, value),
            None => Cell::tombstone(timestamp, bindings.now),
        }
    }

    fn put(&mut self, column: &Column, value: Option<&[u8]>) {
        let cell = self.cell(value);
        self.changes.push(Change::Set(column.id, cell));
    }

    fn part(&mut self, column: &'a Column, path: Bytes, value: Option<&[u8]>) {
        let cell = self.cell(value);
        self.push(column, Change::SetPart(column, path, cell));
    }

    /// Adds a change of parts. A list that was looked at may be another then.
    fn push(&mut self, column: &Column, change: Change<'a>) {
        self.list.take_if(|list| list.column == column.id);
        self.changes.push(change);
    }

    /// The list as it is in the middle of the statement.
    fn list(&mut self, column: &Column) -> Result<&mut List> {
        if let Some(known) = self.list.take().filter(|list| list.column == column.id) {
            return Ok(self.list.insert(known));
        }
        let now = self.context.bindings.now;
        let mut row = Row::default();
        let current = self.current.into_iter().flat_map(|row| row.parts(column.id, now));
        row.set_parts(column, current.map(|(path, cell)| (path.clone(), cell.clone())).collect());
        write::apply_to_parts(&self.changes, column, &mut row);
        let places = row.parts(column.id, now).map(|(path, _)| path.clone()).collect::<Vec<_>>();
        *self.looked_at = self.looked_at.saturating_add(places.len()).saturating_add(self.changes.len());
        if *self.looked_at > MOST_LOOKED_AT {
            return Err(problem::unsupported("so many changes of long lists at once"));
        }
        Ok(self.list.insert(List { column: column.id, row, places }))
    }

    /// A number or text to what is there. To null nothing can be added.
    fn add_to_value(&mut self, column: &Column, term: &Term, sum: &Scalar) -> Result<()> {
        let Bound::Value(added) = self.value(term)? else { return Ok(()) };
        let now = self.context.bindings.now;
        let Some(old) = self.current.and_then(|row| row.value(column, now)) else { return Ok(()) };
        let sum = sum.call(&[Some(old), Some(added)], now)?;
        self.put(column, sum.as_deref());
        Ok(())
    }

    fn count(&mut self, column: &Column, delta: i64) {
        self.changes.push(Change::Add(column.id, delta));
    }

    /// All parts of a column by others: what was there before this moment is deleted.
    fn replace(&mut self, column: &'a Column, value: Bound) {
        let before = self.context.timestamp.saturating_sub(1);
        let deletion = Deletion::new(before, self.context.bindings.now);
        self.push(column, Change::DeleteParts(column.id, deletion));
        if let Bound::Value(value) = value {
            self.join(column, &value);
        }
    }

    /// All parts of a value to those that are there.
    fn join(&mut self, column: &'a Column, value: &Bytes) {
        match &column.column_type {
            ColumnType::Set(_) => elements(value).for_each(|element| self.part(column, element, Some(&[]))),
            ColumnType::Map(_) => {
                for (key, value) in parts::split_pairs(value).unwrap_or_default() {
                    if let Some(key) = key {
                        self.part(column, key, value.as_deref());
                    }
                }
            }
            ColumnType::Udt(_) => {
                let fields = parts::split_fields(value).unwrap_or_default();
                for (field, value) in (0..).zip(fields) {
                    if let Some(value) = value {
                        self.part(column, path_of_field(field), Some(&value));
                    }
                }
            }
            _ => {
                for element in elements(value) {
                    let place = self.context.store.place_behind(self.context.bindings.now);
                    self.part(column, Bytes::copy_from_slice(&place), Some(&element));
                }
            }
        }
    }

    fn set_element(&mut self, column: &'a Column, key: &Term, value: &Term) -> Result<()> {
        let key = self.value(key)?;
        if let ColumnType::List(_) = &column.column_type {
            let index = match key {
                Bound::Null => return Err(problem::invalid("Invalid null value for list index")),
                Bound::Unset => return Err(problem::invalid("Invalid unset value for list index")),
                Bound::Value(index) => index,
            };
            let value = self.value(value)?;
            let path = self.place(column, &index, "set an element on")?;
            match value {
                Bound::Unset => {}
                Bound::Null => self.part(column, path, None),
                Bound::Value(value) => {
                    // All elements stay where they are.
                    let cell = self.cell(Some(&value));
                    self.list(column)?.row.set_part(column, &path, cell.clone());
                    self.changes.push(Change::SetPart(column, path, cell));
                }
            }
            return Ok(());
        }
        let key = map_key(key)?;
        match self.value(value)? {
            Bound::Unset => {}
            Bound::Null => self.part(column, key, None),
            Bound::Value(value) => self.part(column, key, Some(&value)),
        }
        Ok(())
    }

    fn delete_element(&mut self, column: &'a Column, key: &Term) -> Result<()> {
        let key = self.value(key)?;
        let path = match (&column.column_type, key) {
            (ColumnType::List(_), Bound::Null) => {
                return Err(problem::invalid("Invalid null value for list index"));
            }
            (ColumnType::List(_), Bound::Value(index)) => {
                self.place(column, &index, "delete an element from")?
            }
            (ColumnType::Map(_), key) => map_key(key)?,
            (_, Bound::Value(element)) => element,
            (_, Bound::Null) => return Err(problem::invalid("Invalid null set element")),
            (_, Bound::Unset) => return Ok(()),
        };
        self.part(column, path, None);
        Ok(())
    }

    /// The place of the list's element of that index.
    fn place(&mut self, column: &Column, index: &Bytes, what: &str) -> Result<Bytes> {
        let index = (**index).try_into().map_or(0, i32::from_be_bytes);
        let places = &self.list(column)?.places;
        let size = places.len();
        if size == 0 {
            return Err(problem::invalid(format!("Attempted to {what} a list which is null")));
        }
        usize::try_from(index)
            .ok()
            .and_then(|index| places.get(index))
            .cloned()
            .ok_or_else(|| problem::invalid(format!("List index {index} out of bound, list has size {size}")))
    }

    fn subtract(&mut self, column: &'a Column, term: &Term) -> Result<()> {
        let value = match self.value(term)? {
            Bound::Value(value) => value,
            Bound::Null if !column.is_multi_cell => return Err(null_increment()),
            Bound::Null | Bound::Unset => return Ok(()),
        };
        match &column.column_type {
            ColumnType::Set(_) | ColumnType::Map(_) => {
                elements(&value).for_each(|element| self.part(column, element, None));
            }
            ColumnType::List(_) => {
                let gone = elements(&value).collect::<HashSet<_>>();
                let now = self.context.bindings.now;
                let is_gone = |cell: &Cell| cell.live(now).is_some_and(|value| gone.contains(value));
                let current = self.list(column)?.row.parts(column.id, now);
                let paths = current.filter(|(_, cell)| is_gone(cell)).map(|(path, _)| path.clone());
                for path in paths.collect::<Vec<_>>() {
                    self.part(column, path, None);
                }
            }
            _ => {
                let delta = integer(&value);
                let negated = delta.checked_neg().ok_or_else(|| {
                    let what = "overflows supported counter precision (signed 8 bytes integer)";
                    problem::invalid(format!("The negation of {delta} {what}"))
                })?;
                self.count(column, negated);
            }
        }
        Ok(())
    }
}

pub(super) fn null_increment() -> ServerError {
    problem::invalid("Invalid null value for counter increment/decrement")
}

fn map_key(key: Bound) -> Result<Bytes> {
    match key {
        Bound::Value(key) => Ok(key),
        Bound::Null => Err(problem::invalid("Invalid null map key")),
        Bound::Unset => Err(problem::invalid("Invalid unset map key")),
    }
}

/// The path of a user-defined type's field.
fn path_of_field(field: u16) -> Bytes {
    Bytes::copy_from_slice(&field.to_be_bytes())
}

fn integer(value: &Bytes) -> i64 {
    (**value).try_into().map_or(0, i64::from_be_bytes)
}

fn elements(value: &Bytes) -> impl DoubleEndedIterator<Item = Bytes> {
    parts::split(value).unwrap_or_default().into_iter().flatten()
}
