//! JSON to values.

use super::parse::{Json, parse};
use crate::engine::values::{compare, from_text, parts};
use bytes::Bytes;
use cql_protocol::types::{ColumnType, UdtType, VectorType};
use std::collections::HashSet;

/// What a JSON value is of a type: `None` for null. The error is the server's.
pub(crate) fn from_json(column_type: &ColumnType, json: &Json) -> Result<Option<Bytes>, String> {
    match json {
        Json::Null => Ok(None),
        other => value(column_type, other).map(Some),
    }
}

/// What the text of `INSERT JSON` has for each column: `None` where it is not named, null as `Some(None)`. The error is
/// the server's, for an answer of "invalid".
pub(crate) fn json_columns<'c>(
    text: &str,
    columns: impl IntoIterator<Item = (&'c str, &'c ColumnType)>,
) -> Result<Vec<Option<Option<Bytes>>>, String> {
    let no_map =
        |error: &str| format!("Could not decode JSON string as a map: {error}. (String was: {text})");
    let mut named = match parse(text).map_err(|error| no_map(&error))? {
        Json::Map(entries) => by_name(entries),
        Json::Null => return Err("Got null for INSERT JSON values".to_owned()),
        other => return Err(no_map(&format!("Cannot deserialize a map from a value of {}", other.class()))),
    };
    let mut values = Vec::new();
    for (name, of) in columns {
        values.push(match named.iter().position(|(key, _)| key == name) {
            Some(at) => {
                let (_, json) = named.swap_remove(at);
                let error = |error: String| match error.starts_with("Unable to convert") {
                    // What is wrong with a duration is another kind of error in servers.
                    true => error,
                    false => format!("Error decoding JSON value for {name}: {error}"),
                };
                Some(from_json(of, &json).map_err(error)?)
            }
            None => None,
        });
    }
    match named.first() {
        Some((name, _)) => Err(format!("JSON values map contains unrecognized column: {name}")),
        None => Ok(values),
    }
}

/// Names in lower case, unless they are within quotes of their own; each once.
fn by_name(entries: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let mut named: Vec<(String, Json)> = Vec::with_capacity(entries.len());
    let mut seen = HashSet::with_capacity(entries.len());
    // The last of a name counts.
    for (name, value) in entries.into_iter().rev() {
        let quoted = name.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name = quoted.map_or_else(|| name.to_lowercase(), str::to_owned);
        if seen.insert(name.clone()) {
            named.push((name, value));
        }
    }
    named.reverse();
    named
}

fn value(column_type: &ColumnType, json: &Json) -> Result<Bytes, String> {
    match column_type {
        ColumnType::List(_)
        | ColumnType::Set(_)
        | ColumnType::Map(_)
        | ColumnType::Tuple(_)
        | ColumnType::Udt(_)
        | ColumnType::Vector(_) => {
            // A text can hold the JSON of what is expected, as names of maps must.
            let decoded;
            let json = match json {
                Json::Text(text) => {
                    let error = |error| format!("Error decoding JSON string: {error}");
                    decoded = parse(text).map_err(error)?;
                    &decoded
                }
                other => other,
            };
            composite(column_type, json)
        }
        _ => native(column_type, json),
    }
}

fn native(column_type: &ColumnType, json: &Json) -> Result<Bytes, String> {
    let (class, shown) = (json.class(), json.shown());
    let expected = |what: &str| format!("Expected {what}, but got a {class}: {shown}");
    let is_number = matches!(json, Json::Integer(_) | Json::Double(_));
    match (column_type, json) {
        (ColumnType::Decimal | ColumnType::Varint, _) => {
            let refused =
                |_| format!("Value '{shown}' is not a valid representation of a {column_type} value");
            from_text(column_type, &shown).map_err(refused)
        }
        (ColumnType::Blob, json) => {
            let invalid = |why: &str| format!("Value '{shown}' is not a valid blob representation: {why}");
            let Json::Text(text) = json else {
                return Err(invalid(&format!("class {class} cannot be cast to class java.lang.String")));
            };
            let Some(digits) = text.strip_prefix("0x") else {
                let why = format!("String representation of blob is missing 0x prefix: {text}");
                return Err(invalid(&why));
            };
            from_text(column_type, digits).map_err(|error| invalid(&error))
        }
        (_, Json::Text(text)) => from_text(column_type, text),
        (ColumnType::SmallInt | ColumnType::TinyInt, _) if is_number => from_text(column_type, &shown),
        (ColumnType::Float | ColumnType::Double, _) if is_number => from_text(column_type, &shown),
        (ColumnType::Int, _) if class == "Integer" => from_text(column_type, &shown),
        (ColumnType::BigInt | ColumnType::Counter, _) if matches!(class, "Integer" | "Long") => {
            from_text(column_type, &shown)
        }
        // Smaller numbers are refused, as servers do.
        (ColumnType::Timestamp, _) if class == "Long" => from_text(column_type, &shown),
        (ColumnType::Boolean, Json::Boolean(value)) => Ok(Bytes::from(vec![u8::from(*value)])),
        (other, _) => Err(expected(expectation(other))),
    }
}

/// What a message says that a type wants.
fn expectation(column_type: &ColumnType) -> &'static str {
    match column_type {
        ColumnType::Text => "a UTF-8 string",
        ColumnType::Ascii => "an ascii string",
        ColumnType::Int => "an int value",
        ColumnType::BigInt | ColumnType::Counter => "a bigint value",
        ColumnType::SmallInt => "a short value",
        ColumnType::TinyInt => "a byte value",
        ColumnType::Float => "a float value",
        ColumnType::Double => "a double value",
        ColumnType::Boolean => "a boolean value",
        ColumnType::Timestamp => "a long or a datestring representation of a timestamp value",
        ColumnType::Date => "a string representation of a date value",
        ColumnType::Time => "a string representation of a time value",
        ColumnType::Duration => "a string representation of a duration",
        ColumnType::Uuid => "a string representation of a uuid",
        ColumnType::TimeUuid => "a string representation of a timeuuid",
        ColumnType::Inet => "a string representation of an inet value",
        _ => "another value",
    }
}

fn composite(column_type: &ColumnType, json: &Json) -> Result<Bytes, String> {
    let refused =
        |expected: &str| format!("Expected {expected}, but got a {}: {}", json.class(), json.shown());
    match (column_type, json) {
        (ColumnType::List(of), Json::List(elements)) => {
            Ok(parts::join(&each(of, elements, "Invalid null element in list")?))
        }
        (ColumnType::List(_), _) => Err(refused("a list")),
        (ColumnType::Set(of), Json::List(elements)) => {
            let mut elements = each(of, elements, "Invalid null element in set")?;
            elements.sort_by(|one, two| compare(of, one, two));
            elements.dedup_by(|one, two| compare(of, one, two).is_eq());
            Ok(parts::join(&elements))
        }
        (ColumnType::Set(_), _) => Err(refused("a list (representing a set)")),
        (ColumnType::Map(of), Json::Map(entries)) => map(of, entries),
        (ColumnType::Map(_), _) => Err(refused("a map")),
        (ColumnType::Tuple(types), Json::List(elements)) => tuple(types, elements, json),
        (ColumnType::Tuple(_), _) => Err(refused("a list representation of a tuple")),
        (ColumnType::Udt(udt), Json::Map(entries)) => user_type(udt, entries),
        (ColumnType::Udt(_), _) => Err(refused("a map")),
        (ColumnType::Vector(of), Json::List(elements)) => vector(of, elements, json),
        _ => Err(refused("a list")),
    }
}

fn each(of: &ColumnType, elements: &[Json], no_null: &str) -> Result<Vec<Bytes>, String> {
    elements.iter().map(|element| from_json(of, element)?.ok_or_else(|| no_null.to_owned())).collect()
}

fn map(of: &(ColumnType, ColumnType), json: &[(String, Json)]) -> Result<Bytes, String> {
    let mut entries = Vec::with_capacity(json.len());
    for (key, json) in json {
        let key = value(&of.0, &Json::Text(key.clone()))?;
        let json = from_json(&of.1, json)?.ok_or("Invalid null value in map")?;
        entries.push((key, json));
    }
    entries.reverse();
    entries.sort_by(|(one, _), (two, _)| compare(&of.0, one, two));
    entries.dedup_by(|(one, _), (two, _)| compare(&of.0, one, two).is_eq());
    Ok(parts::join_pairs(entries.iter().map(|(key, value)| (key, value))))
}

fn tuple(types: &[ColumnType], elements: &[Json], json: &Json) -> Result<Bytes, String> {
    let (expected, shown) = (types.len(), json.shown());
    if elements.len() > expected {
        return Err(format!("Tuple contains extra items (expected {expected}): {shown}"));
    }
    if elements.len() < expected {
        return Err(format!("Tuple is missing items (expected {expected}): {shown}"));
    }
    let fields: Result<Vec<_>, _> =
        types.iter().zip(elements).map(|(of, element)| from_json(of, element)).collect();
    Ok(parts::join_fields(fields?.iter().map(Option::as_ref)))
}

fn user_type(udt: &UdtType, json: &[(String, Json)]) -> Result<Bytes, String> {
    let named = by_name(json.to_vec());
    if let Some((name, _)) = named.iter().find(|(name, _)| udt.field_type(name).is_none()) {
        let of = udt.name();
        return Err(format!("Unknown field '{name}' in value of user defined type {of}"));
    }
    let mut fields = Vec::with_capacity(udt.fields().len());
    for (name, of) in udt.fields() {
        fields.push(match named.iter().find(|(other, _)| *other == **name) {
            Some((_, json)) => from_json(of, json)?,
            None => None,
        });
    }
    Ok(parts::join_fields(fields.iter().map(Option::as_ref)))
}

fn vector(of: &VectorType, elements: &[Json], json: &Json) -> Result<Bytes, String> {
    let (expected, found) = (of.dimensions(), elements.len());
    if found != expected as usize {
        let shown = json.shown();
        return Err(format!("List had incorrect size: expected {expected} but given {found}; {shown}"));
    }
    let elements = each(of.element(), elements, "Invalid null element in list")?;
    Ok(parts::join_vector(of, &elements))
}
