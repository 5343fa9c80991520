//! Values in JSON: `SELECT JSON`, `INSERT JSON`, `to_json` and `from_json`.

mod parse;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use parse::parse as parse_json;
pub(crate) use read::{from_json, json_columns};
pub(crate) use write::to_json;
