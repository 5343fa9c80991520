//! `Model` and `Projection` of `cql-mapper`.

mod attributes;
mod expand;
mod input;
mod projection;

pub(crate) use expand::expand;
pub(crate) use projection::expand as expand_projection;
