//! Statements as data: what is to be done with a model's table, and the values. Nothing here knows the model's type.

mod cql;
mod rules;
mod shape;

pub(crate) use cql::{Marker, Text};
pub(crate) use shape::{Bound, Clause, Columns, Op, Query, Shape, Term, Verb};
