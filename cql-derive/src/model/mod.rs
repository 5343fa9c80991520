//! `Model`, `View`, `Columns`, `PolymorphicModel` and `Projection` of `cql-mapper`.

mod attributes;
mod columns;
mod expand;
mod field;
mod input;
mod polymorphic;
mod projection;
mod row;

pub(crate) use expand::{expand, expand_columns, expand_view};
pub(crate) use polymorphic::expand as expand_polymorphic;
pub(crate) use projection::expand as expand_projection;
