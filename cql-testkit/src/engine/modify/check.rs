//! Tests of IF: their values bound, and whether a row passes.

use super::condition::{Comparison, Subject, Test};
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::words;
use crate::engine::schema::Column;
use crate::engine::storage::Row;
use crate::engine::syntax::ast::Operator;
use crate::engine::terms::{Bindings, Term};
use crate::engine::values::{self, parts};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use std::cmp::Ordering;

/// A test with its values.
#[derive(Debug)]
pub(super) struct BoundTest<'a> {
    column: &'a Column,
    subject: BoundSubject,
    relation: Relation,
    /// One of them must do.
    values: Vec<Option<Bytes>>,
    /// Whether its value is not set: that is wrong when it is looked at.
    is_unset: bool,
}

#[derive(Debug)]
enum BoundSubject {
    Whole,
    Element(Bound),
    Field(u16),
}

#[derive(Debug, Clone, Copy)]
enum Relation {
    Compared(Operator),
    Contains,
    ContainsKey,
}

impl<'a> BoundTest<'a> {
    pub(super) fn new(test: &'a Test, bindings: Bindings<'_>) -> Result<Self> {
        let subject = match &test.subject {
            Subject::Whole => BoundSubject::Whole,
            Subject::Field(at) => BoundSubject::Field(*at),
            Subject::Element(key) => BoundSubject::Element(key.evaluate(bindings)?),
        };
        let mut is_unset = false;
        let mut one = |term: &Term| {
            Ok(match term.evaluate(bindings)? {
                Bound::Value(value) => vec![Some(value)],
                Bound::Null => vec![None],
                Bound::Unset => {
                    is_unset = true;
                    Vec::new()
                }
            })
        };
        let (relation, values) = match &test.tested {
            Comparison::Compared(operator, term) => (Relation::Compared(*operator), one(term)?),
            Comparison::Contains { of_key: true, value } => (Relation::ContainsKey, one(value)?),
            Comparison::Contains { of_key: false, value } => (Relation::Contains, one(value)?),
            Comparison::In(terms) => {
                let mut values = Vec::with_capacity(terms.len());
                for term in terms {
                    match term.evaluate(bindings)? {
                        Bound::Value(value) => values.push(Some(value)),
                        Bound::Null => values.push(None),
                        Bound::Unset => {}
                    }
                }
                (Relation::Compared(Operator::Equal), values)
            }
            Comparison::InList(list) => {
                let values = match list.evaluate(bindings)? {
                    Bound::Value(list) => parts::split(&list).unwrap_or_default(),
                    Bound::Null => return Err(problem::invalid("Invalid null list in IN condition")),
                    Bound::Unset => return Err(unset()),
                };
                (Relation::Compared(Operator::Equal), values)
            }
        };
        Ok(BoundTest { column: &test.column, subject, relation, values, is_unset })
    }

    /// Whether a row passes. One that does not exist has null everywhere.
    pub(super) fn passes(&self, row: Option<&Row>, now: Now) -> Result<bool> {
        if self.is_unset {
            return Err(unset());
        }
        let column_type = &self.column.column_type;
        let is_collection =
            matches!(column_type, ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_));
        if matches!(self.subject, BoundSubject::Whole) && is_collection && self.column.is_multi_cell {
            return self.passes_collection(row, now);
        }
        let (of, value) = self.subject(row, now)?;
        self.any(|bound| self.relation.holds(of, value.as_ref(), bound))
    }

    fn any(&self, mut test: impl FnMut(Option<&Bytes>) -> Result<bool>) -> Result<bool> {
        for value in &self.values {
            if test(value.as_ref())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What is tested, with its type.
    fn subject(&self, row: Option<&Row>, now: Now) -> Result<(&'a ColumnType, Option<Bytes>)> {
        let column = self.column;
        let whole = || row.and_then(|row| row.value(column, now));
        Ok(match (&self.subject, &column.column_type) {
            (BoundSubject::Element(key), ColumnType::Map(entry)) => {
                let key = match key {
                    Bound::Value(key) => key,
                    Bound::Null => return Err(null_access("map")),
                    // No entry has such a key.
                    Bound::Unset => return Ok((&entry.0, None)),
                };
                let pairs = whole().and_then(|map| parts::split_pairs(&map)).unwrap_or_default();
                let is_it = |other: &Option<Bytes>| {
                    other.as_ref().is_some_and(|other| values::compare(&entry.0, other, key).is_eq())
                };
                // Values are compared in the order of keys: so does a server of 5.0.
                (&entry.0, pairs.into_iter().find(|(other, _)| is_it(other)).and_then(|(_, value)| value))
            }
            (BoundSubject::Element(key), ColumnType::List(element)) => {
                let Bound::Value(key) = key else { return Err(null_access("list")) };
                let index = (**key).try_into().map_or(0, i32::from_be_bytes);
                let Ok(index) = usize::try_from(index) else {
                    return Err(problem::invalid(format!("Invalid negative list index {index}")));
                };
                let elements = whole().and_then(|list| parts::split(&list)).unwrap_or_default();
                (element, elements.into_iter().nth(index).flatten())
            }
            (BoundSubject::Field(at), ColumnType::Udt(udt)) => {
                let fields = whole().and_then(|value| parts::split_fields(&value)).unwrap_or_default();
                let field_type = udt.fields().get(usize::from(*at)).map(|(_, field)| field);
                let value = fields.into_iter().nth(usize::from(*at)).flatten();
                (field_type.unwrap_or(&column.column_type), value)
            }
            _ => (&column.column_type, whole()),
        })
    }

    /// A collection whose parts are cells: an empty one is null, and is not compared.
    fn passes_collection(&self, row: Option<&Row>, now: Now) -> Result<bool> {
        let of = &self.column.column_type;
        let value = row.and_then(|row| row.value(self.column, now));
        self.any(|bound| {
            let Relation::Compared(operator) = self.relation else {
                return self.relation.holds(of, value.as_ref(), bound);
            };
            let is_empty = |bytes: &Bytes| bytes.iter().take(4).all(|byte| *byte == 0);
            if let Some(bound) = bound.filter(|bound| !is_empty(bound)) {
                let Some(value) = &value else { return Ok(operator == Operator::NotEqual) };
                return Ok(satisfies(operator, values::compare(of, value, bound)));
            }
            match operator {
                Operator::Equal => Ok(value.is_none()),
                Operator::NotEqual => Ok(value.is_some()),
                _ if bound.is_none() => Err(null_comparison(words::operator(operator))),
                _ => {
                    let kind = match of {
                        ColumnType::List(_) => "list",
                        ColumnType::Set(_) => "set",
                        _ => "map",
                    };
                    let operator = words::operator(operator);
                    let message =
                        format!("Invalid comparison with an empty {kind} for operator \"{operator}\"");
                    Err(problem::invalid(message))
                }
            }
        })
    }
}

impl Relation {
    /// Whether a value stands so to the one that is bound.
    fn holds(self, of: &ColumnType, value: Option<&Bytes>, bound: Option<&Bytes>) -> Result<bool> {
        let Some(bound) = bound else {
            return match self {
                Relation::Compared(Operator::Equal) => Ok(value.is_none()),
                Relation::Compared(Operator::NotEqual) => Ok(value.is_some()),
                Relation::Compared(operator) => Err(null_comparison(words::operator(operator))),
                Relation::Contains => Err(null_comparison("CONTAINS")),
                Relation::ContainsKey => Err(null_comparison("CONTAINS KEY")),
            };
        };
        let Some(value) = value else {
            return Ok(matches!(self, Relation::Compared(Operator::NotEqual)));
        };
        Ok(match self {
            Relation::Compared(operator) => satisfies(operator, values::compare(of, value, bound)),
            Relation::Contains | Relation::ContainsKey => {
                let of_key = matches!(self, Relation::ContainsKey);
                contains(of, value, bound, of_key)
            }
        })
    }
}

fn contains(of: &ColumnType, value: &Bytes, bound: &Bytes, of_key: bool) -> bool {
    let is_it = |of: &ColumnType, part: Option<Bytes>| {
        part.is_some_and(|part| values::compare(of, &part, bound).is_eq())
    };
    match of {
        ColumnType::Map(entry) => {
            let pairs = parts::split_pairs(value).unwrap_or_default();
            pairs.into_iter().any(
                |(key, value)| {
                    if of_key { is_it(&entry.0, key) } else { is_it(&entry.1, value) }
                },
            )
        }
        ColumnType::List(element) | ColumnType::Set(element) => {
            parts::split(value).unwrap_or_default().into_iter().any(|part| is_it(element, part))
        }
        _ => false,
    }
}

fn satisfies(operator: Operator, ordering: Ordering) -> bool {
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::NotEqual => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    }
}

fn unset() -> cql_protocol::response::ServerError {
    problem::invalid("Invalid 'unset' value in condition")
}

fn null_access(kind: &str) -> cql_protocol::response::ServerError {
    problem::invalid(format!("Invalid null value for {kind} element access"))
}

fn null_comparison(operator: &str) -> cql_protocol::response::ServerError {
    problem::invalid(format!("Invalid comparison with null for operator \"{operator}\""))
}
