//! What stands behind WITH, as values: how all statements read their options.

use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{OptionValue, Options};

/// Refuses options that are not known. The name that is told is the first in the order of the alphabet.
pub(super) fn check_names(options: &Options, known: &[&str]) -> Result<()> {
    let unknown = options.iter().map(|(name, _)| name).filter(|name| !known.contains(&name.as_str()));
    match unknown.min() {
        Some(name) => Err(problem::syntax(format!("Unknown property '{name}'"))),
        None => Ok(()),
    }
}

fn get<'a>(options: &'a Options, name: &str) -> Option<&'a OptionValue> {
    options.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

pub(super) fn text<'a>(options: &'a Options, name: &str) -> Result<Option<&'a str>> {
    match get(options, name) {
        Some(OptionValue::Plain(value)) => Ok(Some(value)),
        Some(OptionValue::Map(_)) => {
            Err(problem::syntax(format!("Invalid value for property '{name}'. It should be a string")))
        }
        None => Ok(None),
    }
}

/// The pairs, the last of each key.
pub(super) fn map(options: &Options, name: &str) -> Result<Option<Vec<(String, String)>>> {
    match get(options, name) {
        Some(OptionValue::Map(pairs)) => {
            let mut unique: Vec<(String, String)> = Vec::with_capacity(pairs.len());
            for (key, value) in pairs {
                unique.retain(|(known, _)| known != key);
                unique.push((key.clone(), value.clone()));
            }
            Ok(Some(unique))
        }
        Some(OptionValue::Plain(_)) => {
            Err(problem::syntax(format!("Invalid value for property '{name}'. It should be a map.")))
        }
        None => Ok(None),
    }
}

pub(super) fn boolean(options: &Options, name: &str) -> Result<Option<bool>> {
    let Some(value) = text(options, name)? else { return Ok(None) };
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Ok(Some(true)),
        "0" | "false" | "no" => Ok(Some(false)),
        _ => Err(problem::syntax(format!(
            "Invalid boolean value {value} for '{name}'. Positive values can be '1', 'true' or 'yes'. Negative values can \
             be '0', 'false' or 'no'."
        ))),
    }
}

pub(super) fn integer(options: &Options, name: &str) -> Result<Option<i32>> {
    let Some(value) = text(options, name)? else { return Ok(None) };
    let invalid = |_| problem::syntax(format!("Invalid integer value {value} for '{name}'"));
    value.parse().map(Some).map_err(invalid)
}

pub(super) fn double(options: &Options, name: &str) -> Result<Option<f64>> {
    let Some(value) = text(options, name)? else { return Ok(None) };
    let invalid = |_| problem::syntax(format!("Invalid double value {value} for '{name}'"));
    value.parse().map(Some).map_err(invalid)
}
