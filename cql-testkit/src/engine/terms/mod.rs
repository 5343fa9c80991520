//! Terms: values as they are written in statements, given a type when they are prepared and evaluated when executed.

mod composite;
mod fit;
pub(crate) mod functions;
mod hint;
mod markers;
mod prepare;
mod receiver;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use fit::Fit;
pub(crate) use hint::resolve_type;
pub(crate) use markers::Markers;
pub(crate) use prepare::prepare;
pub(crate) use receiver::Receiver;
pub(crate) use text::{symbol, text, type_text};

use super::clock::Now;
use super::problem::{self, Result};
use super::schema::Schema;
use super::values;
use crate::request::Bound;
use bytes::Bytes;
use composite::Composite;
use cql_protocol::types::{ColumnType, TableSpec};
use functions::Scalar;
use std::sync::Arc;

/// What preparing a statement has at hand.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) schema: &'a Schema,
    /// The keyspace that functions and types are looked up in: that of the statement's table.
    pub(crate) table: Arc<TableSpec>,
    pub(crate) markers: Markers,
}

/// What an execution brings along for terms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bindings<'a> {
    /// By the number of the marker.
    pub(crate) values: &'a [Bound],
    pub(crate) now: Now,
}

impl<'a> Bindings<'a> {
    /// The value of a marker.
    fn of(self, index: usize) -> Result<&'a Bound> {
        self.values.get(index).ok_or_else(|| problem::invalid("Invalid amount of bind variables"))
    }
}

/// A term that has a type.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Value(Bound),
    /// By its number, with the type that its values have.
    Marker(usize, ColumnType),
    /// The same, of a value that stays as it was bound.
    Raw(usize, ColumnType),
    /// A collection, tuple, user-defined value or vector with parts that are known at execution alone.
    Composite(Arc<Composite>),
    Call(Arc<Call>),
}

/// A function and what it is called with.
#[derive(Debug)]
pub(crate) struct Call {
    function: Arc<Scalar>,
    arguments: Vec<Term>,
}

impl Term {
    /// Its value: checked to be of its type.
    pub(crate) fn evaluate(&self, bindings: Bindings<'_>) -> Result<Bound> {
        match self {
            Term::Value(value) => Ok(value.clone()),
            Term::Marker(index, column_type) => match bindings.of(*index)? {
                Bound::Value(bytes) => bound(column_type, bytes).map(Bound::Value),
                other => Ok(other.clone()),
            },
            Term::Raw(index, column_type) => match bindings.of(*index)? {
                Bound::Value(bytes) => raw(column_type, bytes).map(Bound::Value),
                other => Ok(other.clone()),
            },
            Term::Composite(composite) => composite.evaluate(bindings),
            Term::Call(call) => call.evaluate(bindings),
        }
    }

    /// Whether its value is known before any execution.
    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Term::Value(_))
    }
}

impl Call {
    fn evaluate(&self, bindings: Bindings<'_>) -> Result<Bound> {
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            arguments.push(match argument.evaluate(bindings)? {
                Bound::Value(bytes) => Some(bytes),
                Bound::Null => None,
                Bound::Unset => {
                    let name = &self.function.name;
                    let message = format!("Invalid unset value for argument in call to function {name}");
                    return Err(problem::invalid(message));
                }
            });
        }
        Ok(self.function.call(&arguments, bindings.now)?.map_or(Bound::Null, Bound::Value))
    }
}

/// Checks a value that was bound, and brings sets and maps into their order.
fn bound(column_type: &ColumnType, bytes: &Bytes) -> Result<Bytes> {
    match column_type {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => {
            values::validate_bound_collection(column_type, bytes).map_err(problem::invalid)?;
            Ok(values::in_order(column_type, bytes))
        }
        // A server does not expect such a value to be wrong, and says so.
        ColumnType::Udt(_) => match values::validate(column_type, bytes) {
            Ok(()) => Ok(values::with_nulls(bytes)),
            Err(error) => {
                Err(problem::server(format!("org.apache.cassandra.serializers.MarshalException: {error}")))
            }
        },
        _ => raw(column_type, bytes),
    }
}

/// Checks a value that was bound.
fn raw(column_type: &ColumnType, bytes: &Bytes) -> Result<Bytes> {
    match values::validate_unread(column_type, bytes) {
        Ok(()) => Ok(bytes.clone()),
        Err(error) => Err(problem::invalid(error)),
    }
}
