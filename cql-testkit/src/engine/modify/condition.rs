//! IF: what must hold for a statement to be applied.

use super::assignment::{field_receiver, index_of};
use super::existing;
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::words;
use crate::engine::schema::{Column, Table};
use crate::engine::syntax::ast::{self, InValues, Operator, Part, Tested};
use crate::engine::terms::{self, Receiver, Scope, Term};
use crate::engine::values::has_durations;
use cql_protocol::types::ColumnType;

/// A condition, its terms typed.
#[derive(Debug)]
pub(super) enum Condition {
    Always,
    NotExists,
    Exists,
    Tests { regulars: Vec<Test>, statics: Vec<Test> },
}

/// A test of a column.
#[derive(Debug)]
pub(super) struct Test {
    pub(super) column: Column,
    pub(super) subject: Subject,
    pub(super) tested: Comparison,
}

/// What of the column is tested.
#[derive(Debug)]
pub(super) enum Subject {
    Whole,
    Element(Term),
    Field(u16),
}

/// How it is tested.
#[derive(Debug)]
pub(super) enum Comparison {
    Compared(Operator, Term),
    In(Vec<Term>),
    /// All values in one list.
    InList(Term),
    Contains {
        of_key: bool,
        value: Term,
    },
}

impl Condition {
    pub(super) fn prepare(
        condition: &ast::If,
        has_timestamp: bool,
        table: &Table,
        scope: &mut Scope<'_>,
    ) -> Result<Self> {
        let tests = match condition {
            ast::If::Always => return Ok(Condition::Always),
            ast::If::NotExists => return Ok(Condition::NotExists),
            ast::If::Exists => return Ok(Condition::Exists),
            ast::If::Conditions(tests) => tests,
        };
        if has_timestamp {
            return Err(problem::invalid("Cannot provide custom timestamp for conditional updates"));
        }
        let (mut regulars, mut statics) = (Vec::new(), Vec::new());
        for test in tests {
            let column = existing(table, &test.column)?;
            let prepared = Test::prepare(test, column, scope)?;
            if column.is_key() {
                let message = format!("PRIMARY KEY column '{}' cannot have IF conditions", column.name);
                return Err(problem::invalid(message));
            }
            if column.is_static() { &mut statics } else { &mut regulars }.push(prepared);
        }
        Ok(Condition::Tests { regulars, statics })
    }

    pub(super) fn is_some(&self) -> bool {
        !matches!(self, Condition::Always)
    }

    /// Whether it is of columns of rows.
    pub(super) fn has_regulars(&self) -> bool {
        matches!(self, Condition::Tests { regulars, .. } if !regulars.is_empty())
    }

    /// The columns that it names, in the order that they are told.
    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        let (regulars, statics) = match self {
            Condition::Tests { regulars, statics } => (regulars.as_slice(), statics.as_slice()),
            _ => (&[][..], &[][..]),
        };
        regulars.iter().chain(statics).map(|test| &test.column)
    }
}

impl Test {
    fn prepare(test: &ast::Test, column: &Column, scope: &mut Scope<'_>) -> Result<Self> {
        let name = &column.name;
        if column.column_type == ColumnType::Counter {
            return Err(problem::invalid("Conditions on counters are not supported"));
        }
        let (subject, receiver) = match &test.part {
            None => (Subject::Whole, Receiver::of(column)),
            Some(Part::Element(key)) => {
                let (key_receiver, value_type) = match &column.column_type {
                    ColumnType::List(element) => (index_of(column), &**element),
                    ColumnType::Map(entry) => {
                        (Receiver::new(format!("key({name})"), entry.0.clone()), &entry.1)
                    }
                    ColumnType::Set(_) => {
                        let message = format!("Invalid element access syntax for set column {name}");
                        return Err(problem::invalid(message));
                    }
                    _ => {
                        let message = "Invalid element access syntax for non-collection column";
                        return Err(problem::invalid(format!("{message} {name}")));
                    }
                };
                let receiver = Receiver::new(format!("value({name})"), value_type.clone());
                (Subject::Element(terms::prepare(key, &key_receiver, scope)?), receiver)
            }
            Some(Part::Field(field)) => {
                let Some((at, receiver)) = field_receiver(column, field) else {
                    return Err(problem::invalid(format!("Unknown field {field} for column {name}")));
                };
                (Subject::Field(at), receiver)
            }
        };
        let tested = Comparison::prepare(&test.test, &receiver, name, scope)?;
        Ok(Test { column: column.clone(), subject, tested })
    }
}

impl Comparison {
    fn prepare(tested: &Tested, receiver: &Receiver, column: &str, scope: &mut Scope<'_>) -> Result<Self> {
        Ok(match tested {
            Tested::Compared(operator, value) => {
                refuse_durations(*operator, &receiver.column_type)?;
                Comparison::Compared(*operator, terms::prepare(value, receiver, scope)?)
            }
            Tested::In(InValues::Terms(values)) => {
                let values = values.iter().map(|value| terms::prepare(value, receiver, scope));
                Comparison::In(values.collect::<Result<_>>()?)
            }
            Tested::In(InValues::Marker(at, name)) => {
                let list = ColumnType::List(Box::new(receiver.column_type.clone()));
                let receiver = Receiver::new(format!("in({})", receiver.name), list);
                let marker = ast::Term::Marker(*at, name.clone());
                Comparison::InList(terms::prepare(&marker, &receiver, scope)?)
            }
            Tested::Contains { of_key, value } => {
                let (name, element) = match (&receiver.column_type, of_key) {
                    (ColumnType::Map(entry), true) => ("key", &entry.0),
                    (_, true) => {
                        let message = format!("Cannot use CONTAINS KEY on non-map column {column}");
                        return Err(problem::invalid(message));
                    }
                    (ColumnType::List(element) | ColumnType::Set(element), false) => ("value", &**element),
                    (ColumnType::Map(entry), false) => ("value", &entry.1),
                    _ => {
                        let message = format!("Cannot use CONTAINS on non-collection column {column}");
                        return Err(problem::invalid(message));
                    }
                };
                let receiver = Receiver::new(format!("{name}({})", receiver.name), element.clone());
                let value = terms::prepare(value, &receiver, scope)?;
                Comparison::Contains { of_key: *of_key, value }
            }
        })
    }
}

/// Durations have no order.
fn refuse_durations(operator: Operator, column_type: &ColumnType) -> Result<()> {
    if matches!(operator, Operator::Equal | Operator::NotEqual) || !has_durations(column_type) {
        return Ok(());
    }
    let within = match column_type {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => "collections",
        ColumnType::Tuple(_) => "tuples",
        ColumnType::Udt(_) => "UDTs",
        _ => {
            let operator = words::operator(operator);
            let message = format!("Slice conditions ( {operator} ) are not supported on durations");
            return Err(problem::invalid(message));
        }
    };
    Err(problem::invalid(format!("Slice conditions are not supported on {within} containing durations")))
}
