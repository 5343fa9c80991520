//! When columns and their parts were written, and how long they live.

use super::expression::{Context, Expression};
use super::row::{RowRef, write_cell};
use crate::engine::problem::Result;
use crate::engine::schema::Column;
use crate::engine::storage::Cell;
use crate::engine::terms::Term;
use crate::engine::values;
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// What is asked of when a column was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    WriteTime,
    MaxWriteTime,
    Ttl,
}

/// Of which part of the column, where its parts are written by themselves.
#[derive(Debug)]
pub(super) enum Part {
    Whole,
    /// Of a column that is written as one: each part has the time of the whole, and its terms are checked all the same.
    OfWhole(Box<Expression>),
    /// By its number.
    Field(usize),
    Element(Term),
    Slice(Option<Term>, Option<Term>),
}

impl Times {
    /// The type of what is said of a column: a list where its parts are written by themselves.
    pub(super) fn result(self, column: &Column, part: &Part) -> ColumnType {
        let of = if self == Times::Ttl { ColumnType::Int } else { ColumnType::BigInt };
        let is_one = !column.is_multi_cell || matches!(part, Part::Field(_) | Part::Element(_));
        if is_one || self == Times::MaxWriteTime { of } else { ColumnType::list(of) }
    }

    pub(super) fn function(self) -> &'static str {
        match self {
            Times::WriteTime => "writetime",
            Times::MaxWriteTime => "maxwritetime",
            Times::Ttl => "ttl",
        }
    }

    /// What is said of a part of a column.
    pub(super) fn of(self, column: &Column, part: &Part, context: Context<'_>) -> Result<Option<Bytes>> {
        let Some(row) = context.row else { return Ok(None) };
        let Some(stored) = row.stored(column) else { return Ok(None) };
        let now = row.now;
        if !column.is_multi_cell {
            return Ok(stored.cell(column.id, now).and_then(|cell| self.of_cell(cell, row)));
        }
        let value = |term: &Option<Term>| {
            let value = term.as_ref().map(|term| term.evaluate(context.bindings)).transpose()?;
            Ok(value.and_then(|value| match value {
                Bound::Value(value) => Some(value),
                Bound::Null | Bound::Unset => None,
            }))
        };
        let find = |path: &[u8]| {
            let is = |other: &Bytes| values::compare_paths(&column.column_type, other, path).is_eq();
            stored.parts(column.id, now).find(|(other, _)| is(other)).map(|(_, cell)| cell)
        };
        let cells: Vec<Option<&Cell>> = match part {
            Part::Field(at) => {
                return Ok(find(&field_path(*at)).and_then(|cell| self.of_cell(cell, row)));
            }
            Part::Element(key) => {
                let Bound::Value(key) = key.evaluate(context.bindings)? else { return Ok(None) };
                return Ok(find(&key).and_then(|cell| self.of_cell(cell, row)));
            }
            Part::Slice(from, to) => {
                let (from, to) = (value(from)?, value(to)?);
                let parts = stored.parts(column.id, now);
                let is_in = |path: &Bytes| is_between(&column.column_type, path, from.as_ref(), to.as_ref());
                parts.filter(|(path, _)| is_in(path)).map(|(_, cell)| Some(cell)).collect()
            }
            // A user-defined type has a place for each field, also for those that are null.
            Part::Whole | Part::OfWhole(_) => match &column.column_type {
                ColumnType::Udt(udt) => (0..udt.fields().len()).map(|at| find(&field_path(at))).collect(),
                _ => stored.parts(column.id, now).map(|(_, cell)| Some(cell)).collect(),
            },
        };
        Ok(self.of_cells(&cells, row))
    }

    fn of_cells(self, cells: &[Option<&Cell>], row: &RowRef<'_, '_>) -> Option<Bytes> {
        let latest = cells.iter().flatten().map(|cell| cell.timestamp).max()?;
        if self == Times::MaxWriteTime {
            return Some(Bytes::copy_from_slice(&latest.to_be_bytes()));
        }
        let count = i32::try_from(cells.len()).unwrap_or(i32::MAX);
        let mut list = count.to_be_bytes().to_vec();
        for cell in cells {
            write_cell(&mut list, cell.and_then(|cell| self.of_cell(cell, row)).as_ref());
        }
        Some(list.into())
    }

    fn of_cell(self, cell: &Cell, row: &RowRef<'_, '_>) -> Option<Bytes> {
        match self {
            Times::WriteTime | Times::MaxWriteTime => {
                Some(Bytes::copy_from_slice(&cell.timestamp.to_be_bytes()))
            }
            Times::Ttl => cell.seconds_left(row.now).map(|left| Bytes::copy_from_slice(&left.to_be_bytes())),
        }
    }
}

fn field_path(at: usize) -> [u8; 2] {
    u16::try_from(at).unwrap_or(u16::MAX).to_be_bytes()
}

/// Whether an element or a key is between two others, which belong to what is between them.
fn is_between(of: &ColumnType, key: &[u8], from: Option<&Bytes>, to: Option<&Bytes>) -> bool {
    from.is_none_or(|from| values::compare_paths(of, key, from).is_ge())
        && to.is_none_or(|to| values::compare_paths(of, key, to).is_le())
}
