//! Collections, tuples, user-defined values and vectors of terms.

use super::{Bindings, Term};
use crate::engine::problem::{self, Result};
use crate::engine::values::{self, parts};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::{ColumnType, UdtType, VectorType};
use std::sync::Arc;

/// A value that is put together when a statement is executed.
#[derive(Debug)]
pub(crate) struct Composite {
    pub(super) kind: Kind,
    pub(super) column_type: ColumnType,
    /// Those of a map are keys and values in turn.
    pub(super) parts: Vec<Term>,
}

/// How parts are put together.
#[derive(Debug)]
pub(super) enum Kind {
    List,
    /// By the type of its elements.
    Set(ColumnType),
    /// By the type of its keys.
    Map(ColumnType),
    Tuple,
    /// And whether its fields are written by themselves.
    UserType(Arc<UdtType>, bool),
    Vector(Arc<VectorType>),
}

impl Composite {
    pub(super) fn evaluate(&self, bindings: Bindings<'_>) -> Result<Bound> {
        match &self.kind {
            Kind::List => self.list(bindings),
            Kind::Set(of) => self.set(of, bindings),
            Kind::Map(of) => self.map(of, bindings),
            Kind::Tuple => self.tuple(bindings),
            Kind::UserType(udt, is_multi_cell) => self.user_type(udt, *is_multi_cell, bindings),
            Kind::Vector(of) => self.vector(of, bindings),
        }
    }

    /// The parts; `None` when one is unset, and with it the whole.
    fn elements(&self, bindings: Bindings<'_>, within: &str) -> Result<Option<Vec<Bytes>>> {
        let mut elements = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part.evaluate(bindings)? {
                Bound::Value(bytes) => elements.push(bytes),
                Bound::Null => {
                    return Err(problem::invalid(format!("null is not supported inside {within}")));
                }
                Bound::Unset => return Ok(None),
            }
        }
        Ok(Some(elements))
    }

    fn list(&self, bindings: Bindings<'_>) -> Result<Bound> {
        let elements = self.elements(bindings, "collections")?;
        Ok(elements.map_or(Bound::Unset, |elements| Bound::Value(parts::join(&elements))))
    }

    fn set(&self, of: &ColumnType, bindings: Bindings<'_>) -> Result<Bound> {
        let Some(mut elements) = self.elements(bindings, "collections")? else { return Ok(Bound::Unset) };
        elements.sort_by(|one, two| values::compare(of, one, two));
        elements.dedup_by(|one, two| values::compare(of, one, two).is_eq());
        Ok(Bound::Value(parts::join(&elements)))
    }

    fn map(&self, of: &ColumnType, bindings: Bindings<'_>) -> Result<Bound> {
        let Some(elements) = self.elements(bindings, "collections")? else { return Ok(Bound::Unset) };
        let (pairs, _) = elements.as_chunks::<2>();
        let mut pairs: Vec<(&Bytes, &Bytes)> = pairs.iter().map(|[key, value]| (key, value)).collect();
        values::sort_entries(of, &mut pairs);
        Ok(Bound::Value(parts::join_pairs(pairs)))
    }

    fn tuple(&self, bindings: Bindings<'_>) -> Result<Bound> {
        let mut fields = Vec::with_capacity(self.parts.len());
        for (at, part) in self.parts.iter().enumerate() {
            fields.push(match part.evaluate(bindings)? {
                Bound::Value(bytes) => Some(bytes),
                Bound::Null => None,
                Bound::Unset => {
                    return Err(problem::invalid(format!("Invalid unset value for tuple field number {at}")));
                }
            });
        }
        Ok(Bound::Value(parts::join_fields(fields.iter().map(Option::as_ref))))
    }

    fn user_type(&self, udt: &UdtType, is_multi_cell: bool, bindings: Bindings<'_>) -> Result<Bound> {
        let mut fields = Vec::with_capacity(self.parts.len());
        for (part, (name, _)) in self.parts.iter().zip(udt.fields()) {
            fields.push(match part.evaluate(bindings)? {
                Bound::Value(bytes) => Some(bytes),
                Bound::Unset if !is_multi_cell => {
                    let of = udt.name();
                    return Err(problem::invalid(format!(
                        "Invalid unset value for field '{name}' of user defined type {of}"
                    )));
                }
                Bound::Null | Bound::Unset => None,
            });
        }
        Ok(Bound::Value(parts::join_fields(fields.iter().map(Option::as_ref))))
    }

    fn vector(&self, of: &VectorType, bindings: Bindings<'_>) -> Result<Bound> {
        let Some(elements) = self.elements(bindings, "vectors")? else {
            return Err(problem::invalid("null is not supported inside vectors"));
        };
        let bytes = parts::join_vector(of, &elements);
        values::validate(&self.column_type, &bytes).map_err(problem::invalid)?;
        Ok(Bound::Value(bytes))
    }
}
