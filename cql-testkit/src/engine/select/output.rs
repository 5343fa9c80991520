//! Rows as the bytes of a response.

use super::expression::{Context, Expression};
use super::ordering::Sort;
use super::row::{RowRef, write_cell};
use super::{Output, Plan};
use crate::engine::problem::{self, Result};
use crate::engine::terms::Bindings;
use crate::engine::values;
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::{ColumnSpec, ColumnType};
use std::cell::Cell;
use std::cmp::Ordering;

/// The bytes that a page may have: those of the largest frame.
const MOST_BYTES: usize = 256 << 20;

/// What a row takes, unless it is large.
const FEW_BYTES: usize = 256;

/// Rows that were written, and what they are to be sorted by.
#[derive(Debug)]
pub(super) struct Rows<'p> {
    plan: &'p Plan,
    bindings: Bindings<'p>,
    pub(super) data: Vec<u8>,
    pub(super) count: u32,
    sorted: Vec<Sorted>,
    /// The vector that others are compared with.
    near: Option<Bytes>,
}

/// A row that is to be sorted: where it is in the data, and by what.
#[derive(Debug)]
struct Sorted {
    by: By,
    start: usize,
    end: usize,
}

#[derive(Debug)]
enum By {
    Values(Vec<Option<Bytes>>),
    Similarity(f32),
}

impl<'p> Rows<'p> {
    pub(super) fn new(plan: &'p Plan, bindings: Bindings<'p>) -> Result<Self> {
        let near = match &plan.sort {
            Some(Sort::Near(near)) => match near.to.evaluate(bindings)? {
                Bound::Value(vector) => Some(vector),
                Bound::Null | Bound::Unset => {
                    let name = plan.table.columns.get(near.column).map_or("", |column| &column.name);
                    return Err(problem::invalid(format!("Unsupported null value for column {name}")));
                }
            },
            _ => None,
        };
        Ok(Rows { plan, bindings, data: Vec::with_capacity(FEW_BYTES), count: 0, sorted: Vec::new(), near })
    }

    /// Whether all rows are read before the first is known.
    pub(super) fn sorts(&self) -> bool {
        self.plan.sort.is_some()
    }

    /// Writes a row; of a group its first row, and its aggregates. Says whether there is one: rows without a vector are
    /// near to nothing.
    pub(super) fn write(
        &mut self,
        row: Option<&RowRef<'_, '_>>,
        aggregates: &[Option<Bytes>],
    ) -> Result<bool> {
        let by = match &self.plan.sort {
            None => None,
            Some(sort) => match self.by(sort, row) {
                Some(by) => Some(by),
                None => return Ok(false),
            },
        };
        let start = self.data.len();
        let spent = Cell::new(0);
        let context =
            Context { table: &self.plan.table, bindings: self.bindings, row, aggregates, spent: &spent };
        match &self.plan.output {
            Output::Columns(columns) => {
                for at in columns {
                    match (row, self.plan.table.columns.get(*at)) {
                        (Some(row), Some(column)) => row.write(column, &mut self.data),
                        _ => write_cell(&mut self.data, None),
                    }
                    self.check()?;
                }
            }
            Output::Computed(expressions) => {
                for expression in expressions {
                    write_cell(&mut self.data, expression.evaluate(context)?.as_ref());
                    self.check()?;
                }
            }
            Output::Json(expressions, specs) => {
                let json = json(expressions, specs, context)?;
                write_cell(&mut self.data, Some(&json));
                self.check()?;
            }
        }
        self.count += 1;
        if let Some(by) = by {
            self.sorted.push(Sorted { by, start, end: self.data.len() });
        }
        Ok(true)
    }

    /// Refuses what no client would read: a long value can be selected many times.
    fn check(&self) -> Result<()> {
        if self.data.len() > MOST_BYTES {
            return Err(problem::unsupported(&format!("pages of more than {MOST_BYTES} bytes")));
        }
        Ok(())
    }

    fn by(&self, sort: &Sort, row: Option<&RowRef<'_, '_>>) -> Option<By> {
        let value = |at: usize| row?.value(self.plan.table.columns.get(at)?);
        match sort {
            Sort::Columns(columns) => Some(By::Values(columns.iter().map(|at| value(*at)).collect())),
            Sort::Near(near) => {
                let similarity = near.similarity.between(&value(near.column)?, self.near.as_ref()?);
                Some(By::Similarity(similarity))
            }
        }
    }

    /// Sorts the rows and leaves so many of them.
    pub(super) fn sort(&mut self, limit: u32) {
        let Some(sort) = &self.plan.sort else { return };
        let plan = self.plan;
        self.sorted.sort_by(|one, two| match (&one.by, &two.by) {
            (By::Values(one), By::Values(two)) => {
                let ordering = compare(plan, sort, one, two);
                if plan.descends { ordering.reverse() } else { ordering }
            }
            (By::Similarity(one), By::Similarity(two)) => two.total_cmp(one),
            _ => Ordering::Equal,
        });
        self.sorted.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let mut data = Vec::with_capacity(self.data.len());
        for row in &self.sorted {
            data.extend_from_slice(self.data.get(row.start..row.end).unwrap_or_default());
        }
        self.count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        self.data = data;
    }
}

/// In the order of clustering columns; null comes first.
fn compare(plan: &Plan, sort: &Sort, one: &[Option<Bytes>], two: &[Option<Bytes>]) -> Ordering {
    let Sort::Columns(columns) = sort else { return Ordering::Equal };
    let first = plan.table.partition_key().len();
    for ((at, one), two) in columns.iter().zip(one).zip(two) {
        let ordering = match (one, two, at.checked_sub(first).and_then(|at| plan.table.order.get(at))) {
            (Some(one), Some(two), Some((column_type, descends))) => {
                let ordering = values::compare(column_type, one, two);
                if *descends { ordering.reverse() } else { ordering }
            }
            (one, two, _) => one.is_some().cmp(&two.is_some()),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    Ordering::Equal
}

/// A row as one text.
fn json(expressions: &[Expression], specs: &[ColumnSpec], context: Context<'_>) -> Result<Bytes> {
    let mut text = String::from("{");
    for (expression, spec) in expressions.iter().zip(specs) {
        if text.len() > 1 {
            text.push_str(", ");
        }
        let name = spec.name();
        let name = if name.chars().any(char::is_uppercase) { format!("\"{name}\"") } else { name.to_owned() };
        text.push_str(&values::to_json(&ColumnType::Text, Some(name.as_bytes())));
        text.push_str(": ");
        let value = expression.evaluate(context)?;
        let before = text.len();
        text.push_str(&values::to_json(spec.column_type(), value.as_deref()));
        context.spend(text.len() - before)?;
    }
    text.push('}');
    Ok(text.into())
}
