//! What a SELECT computes of a row, or of a group of rows.

use super::row::RowRef;
use super::times::{Part, Times};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Table;
use crate::engine::terms::functions::Scalar;
use crate::engine::terms::{Bindings, Term};
use crate::engine::values::{self, parts};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::response::ServerError;
use cql_protocol::types::ColumnType;
use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

/// An expression that has a type.
#[derive(Debug)]
pub(super) enum Expression {
    /// By its place in the table.
    Column(usize),
    Term(Term),
    Call(Arc<Scalar>, Vec<Expression>),
    /// The value of an aggregate, by its number.
    Aggregate(usize),
    Times(Times, usize, Part),
    Field(Box<Expression>, usize),
    /// An element of a set, by itself, or an entry of a map, by its key.
    Element(Box<Expression>, ColumnType, Term),
    /// What of a set or map is between two elements or keys.
    Slice(Box<Expression>, ColumnType, Option<Term>, Option<Term>),
    /// Also a user-defined value, by the places of its fields.
    Tuple(Vec<Expression>),
    /// A list, a set or a vector.
    Collection(ColumnType, Vec<Expression>),
    Map(ColumnType, Vec<(Expression, Expression)>),
}

/// What an expression is evaluated with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'c> {
    pub(super) table: &'c Table,
    pub(super) bindings: Bindings<'c>,
    /// The row, or the first one of a group; `None` when there are no rows.
    pub(super) row: Option<&'c RowRef<'c, 'c>>,
    pub(super) aggregates: &'c [Option<Bytes>],
    /// The bytes that were put together for the row.
    pub(super) spent: &'c Cell<usize>,
}

/// The bytes of values that are put together for one row, those within others again: long ones can be named many times.
const MOST_OF_ROW: usize = 64 << 20;

impl Context<'_> {
    /// Notes that a value was put together; fails when that is too much for one row.
    pub(super) fn spend(&self, bytes: usize) -> Result<()> {
        self.spent.set(self.spent.get().saturating_add(bytes));
        if self.spent.get() > MOST_OF_ROW {
            return Err(problem::unsupported(&format!("rows of more than {MOST_OF_ROW} bytes of values")));
        }
        Ok(())
    }
}

impl Expression {
    /// Its value; `None` is null.
    pub(super) fn evaluate(&self, context: Context<'_>) -> Result<Option<Bytes>> {
        let value = self.value(context)?;
        context.spend(value.as_ref().map_or(0, Bytes::len))?;
        Ok(value)
    }

    fn value(&self, context: Context<'_>) -> Result<Option<Bytes>> {
        let all = |expressions: &[Expression]| {
            expressions.iter().map(|one| one.evaluate(context)).collect::<Result<Vec<_>>>()
        };
        match self {
            Expression::Column(at) => {
                let column = context.table.columns.get(*at);
                Ok(context.row.zip(column).and_then(|(row, column)| row.value(column)))
            }
            Expression::Term(term) => match term.evaluate(context.bindings)? {
                Bound::Value(value) => Ok(Some(value)),
                Bound::Null => Ok(None),
                // A server takes what is not set for a value of no bytes.
                Bound::Unset => Ok(Some(Bytes::new())),
            },
            Expression::Call(function, arguments) => function.call(&all(arguments)?, context.bindings.now),
            Expression::Aggregate(number) => Ok(context.aggregates.get(*number).cloned().flatten()),
            Expression::Times(times, at, part) => match context.table.columns.get(*at) {
                Some(column) => times.of(column, part, context),
                None => Ok(None),
            },
            Expression::Field(of, at) => {
                let value = of.evaluate(context)?;
                let fields = value.as_ref().and_then(parts::split_fields).unwrap_or_default();
                Ok(fields.into_iter().nth(*at).flatten())
            }
            Expression::Element(of, column_type, key) => {
                let (Some(value), Bound::Value(key)) =
                    (of.evaluate(context)?, key.evaluate(context.bindings)?)
                else {
                    return Ok(None);
                };
                Ok(element(column_type, &value, &key))
            }
            Expression::Slice(of, column_type, from, to) => {
                let bound = |term: &Option<Term>| {
                    let value = term.as_ref().map(|term| term.evaluate(context.bindings)).transpose()?;
                    Ok(value.and_then(|value| match value {
                        Bound::Value(value) => Some(value),
                        Bound::Null | Bound::Unset => None,
                    }))
                };
                let Some(value) = of.evaluate(context)? else { return Ok(None) };
                let found = slice(column_type, &value, bound(from)?.as_ref(), bound(to)?.as_ref());
                // Nothing of a column whose parts are written by themselves is null.
                let is_multi_cell = match &**of {
                    Expression::Column(at) => {
                        context.table.columns.get(*at).is_some_and(|it| it.is_multi_cell)
                    }
                    _ => false,
                };
                Ok(found.filter(|found| !is_multi_cell || !found.starts_with(&[0; 4])))
            }
            Expression::Tuple(elements) => {
                let fields = all(elements)?;
                Ok(Some(parts::join_fields(fields.iter().map(Option::as_ref))))
            }
            Expression::Collection(of, elements) => collection(of, &all(elements)?).map(Some),
            Expression::Map(of, entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = key.evaluate(context)?.ok_or_else(no_null)?;
                    Ok((key, value.evaluate(context)?))
                });
                map(of, entries.collect::<Result<_>>()?).map(Some)
            }
        }
    }
}

impl Expression {
    /// Checks what is bound within it, which a server does before it reads a row.
    pub(super) fn check(&self, table: &Table, bindings: Bindings<'_>) -> Result<()> {
        let given = |term: &Term, what: &str, may_be_unset: bool| {
            let wrong = match term.evaluate(bindings)? {
                Bound::Null => "null",
                Bound::Unset if !may_be_unset => "unset",
                _ => return Ok(()),
            };
            let name = self.column(table);
            Err(problem::invalid(format!("Invalid {wrong} value for {what} selection on {name}")))
        };
        match self {
            Expression::Times(_, _, Part::OfWhole(part)) => part.check(table, bindings),
            Expression::Column(_) | Expression::Aggregate(_) | Expression::Times(..) => Ok(()),
            Expression::Term(term) => term.evaluate(bindings).map(drop),
            Expression::Call(function, arguments) => arguments.iter().try_for_each(|argument| {
                if let Expression::Term(term) = argument
                    && term.evaluate(bindings)? == Bound::Unset
                {
                    let name = &function.name;
                    let message = format!("Invalid unset value for argument in call to function {name}");
                    return Err(problem::invalid(message));
                }
                argument.check(table, bindings)
            }),
            Expression::Field(of, _) => of.check(table, bindings),
            Expression::Element(of, _, key) => {
                of.check(table, bindings)?;
                given(key, "element", false)
            }
            Expression::Slice(of, _, from, to) => {
                of.check(table, bindings)?;
                let mut bounds = [from, to].into_iter().flatten();
                bounds.try_for_each(|bound| given(bound, "slice", true))
            }
            Expression::Tuple(elements) | Expression::Collection(_, elements) => {
                elements.iter().try_for_each(|one| one.check(table, bindings))
            }
            Expression::Map(_, entries) => entries.iter().try_for_each(|(key, value)| {
                key.check(table, bindings)?;
                value.check(table, bindings)
            }),
        }
    }

    /// The column that it is of.
    fn column<'t>(&self, table: &'t Table) -> &'t str {
        match self {
            Expression::Column(at) => table.columns.get(*at).map_or("", |column| &column.name),
            Expression::Field(of, _) | Expression::Element(of, ..) | Expression::Slice(of, ..) => {
                of.column(table)
            }
            _ => "",
        }
    }

    /// The places of the columns it reads, each once.
    pub(super) fn columns(&self, found: &mut Vec<usize>) {
        match self {
            Expression::Column(at) | Expression::Times(_, at, _) => {
                if !found.contains(at) {
                    found.push(*at);
                }
            }
            Expression::Term(_) | Expression::Aggregate(_) => {}
            Expression::Field(of, _) | Expression::Element(of, ..) | Expression::Slice(of, ..) => {
                of.columns(found);
            }
            Expression::Tuple(all) | Expression::Call(_, all) | Expression::Collection(_, all) => {
                all.iter().for_each(|one| one.columns(found));
            }
            Expression::Map(_, entries) => entries.iter().for_each(|(key, value)| {
                key.columns(found);
                value.columns(found);
            }),
        }
    }
}

/// A list, which may have nulls, a set in its order, or a vector.
fn collection(of: &ColumnType, elements: &[Option<Bytes>]) -> Result<Bytes> {
    if let ColumnType::Vector(vector) = of {
        let elements = elements.iter().cloned().collect::<Option<Vec<_>>>().ok_or_else(no_null)?;
        return Ok(parts::join_vector(vector, &elements));
    }
    let bytes = counted(elements.len(), elements.iter().map(Option::as_ref));
    if !matches!(of, ColumnType::Set(_)) {
        return Ok(bytes);
    }
    if elements.contains(&None) {
        return Err(no_null());
    }
    Ok(values::in_order(of, &bytes))
}

/// A map in the order of its keys, whose values may be null.
fn map(of: &ColumnType, mut entries: Vec<(Bytes, Option<Bytes>)>) -> Result<Bytes> {
    let ColumnType::Map(types) = of else { return Err(no_null()) };
    values::sort_entries(&types.0, &mut entries);
    Ok(counted(entries.len(), entries.iter().flat_map(|(key, value)| [Some(key), value.as_ref()])))
}

/// A count and what it is of, nulls among it.
fn counted<'a>(count: usize, parts: impl Iterator<Item = Option<&'a Bytes>>) -> Bytes {
    let count = i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes();
    [&count, &*parts::join_fields(parts)].concat().into()
}

fn no_null() -> ServerError {
    problem::server("java.lang.NullPointerException")
}

/// An element of a set or the value of a map's entry. It is not looked for behind what is greater, as in a server: values
/// of descending columns need not be in order.
fn element(of: &ColumnType, value: &Bytes, key: &Bytes) -> Option<Bytes> {
    match of {
        ColumnType::Set(of) => {
            let elements = parts::split(value).unwrap_or_default();
            let mut elements = elements.into_iter().flatten();
            elements
                .find(|element| values::compare(of, element, key).is_ge())
                .filter(|element| values::compare(of, element, key).is_eq())
        }
        ColumnType::Map(entry) => {
            let pairs = parts::split_pairs(value).unwrap_or_default();
            let mut pairs = pairs.into_iter().filter_map(|(other, value)| Some((other?, value)));
            let found = pairs.find(|(other, _)| values::compare(&entry.0, other, key).is_ge());
            found
                .filter(|(other, _)| values::compare(&entry.0, other, key).is_eq())
                .and_then(|(_, value)| value)
        }
        _ => None,
    }
}

/// What of a set or map is between two elements or keys: from the first that is not less, to the first that is not less.
fn slice(of: &ColumnType, value: &Bytes, from: Option<&Bytes>, to: Option<&Bytes>) -> Option<Bytes> {
    let is_before = |key: &Bytes| from.is_some_and(|from| values::compare_paths(of, key, from).is_lt());
    match of {
        ColumnType::Set(_) => {
            let elements = parts::split(value).unwrap_or_default().into_iter().flatten();
            let found = elements.skip_while(is_before);
            Some(parts::join(&until(found, of, to, |element| element)))
        }
        ColumnType::Map(_) => {
            let pairs = parts::split_pairs(value).unwrap_or_default().into_iter();
            let pairs = pairs.filter_map(|(key, value)| Some((key?, value?)));
            let pairs = until(pairs.skip_while(|(key, _)| is_before(key)), of, to, |(key, _)| key);
            Some(parts::join_pairs(pairs.iter().map(|(key, value)| (key, value))))
        }
        _ => None,
    }
}

/// Those up to the first whose key is not less, that one too if its key is equal.
fn until<T>(
    all: impl Iterator<Item = T>,
    of: &ColumnType,
    to: Option<&Bytes>,
    key: impl Fn(&T) -> &Bytes,
) -> Vec<T> {
    let mut found = Vec::new();
    for one in all {
        match to.map(|to| values::compare_paths(of, key(&one), to)) {
            Some(Ordering::Greater) => break,
            Some(Ordering::Equal) => {
                found.push(one);
                break;
            }
            _ => found.push(one),
        }
    }
    found
}
