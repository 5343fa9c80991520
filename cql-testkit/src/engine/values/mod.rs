//! Values as bytes: their order, whether they are such of a type, their names and texts.

mod compare;
mod json;
pub(super) mod literal;
mod names;
pub(crate) mod number;
mod order;
pub(crate) mod parts;
#[cfg(test)]
mod tests;
mod text;
mod times;
mod validate;

pub(crate) use compare::{compare, compare_paths};
pub(crate) use json::{from_json, json_columns, parse_json, to_json};
pub(crate) use literal::from_text;
pub(crate) use names::{has_durations, native_type, type_name};
pub(crate) use order::{in_order, sort_entries, with_nulls};
pub(crate) use text::{add_months, double_text, float_text, hex, to_text};
pub(crate) use validate::{validate, validate_bound_collection, validate_unread};
