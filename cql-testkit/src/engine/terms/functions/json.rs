//! `to_json` and `from_json`.

use super::Scalar;
use super::factory::{Maker, Parameter};
use crate::engine::problem;
use crate::engine::values;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

pub(super) fn maker(name: &str) -> Option<Maker> {
    match name {
        "tojson" | "to_json" => Some(Maker {
            parameters: &[Parameter::Any],
            make: |name, types, _| {
                let (of, name) = (types.first().cloned().unwrap_or(ColumnType::Blob), name.to_owned());
                Ok(Scalar::new(name, [of.clone()], ColumnType::Text, move |arguments, _| {
                    // A server takes no bytes for null, where they are no value.
                    let is_value = |bytes: &&[u8]| !bytes.is_empty() || of.has_zero_length_values();
                    let bytes = arguments.first().and_then(Option::as_deref).filter(is_value);
                    Ok(Some(Bytes::from(values::to_json(&of, bytes))))
                }))
            },
        }),
        "fromjson" | "from_json" => Some(Maker {
            parameters: &[Parameter::Fixed(&[ColumnType::Text])],
            make: |name, _, receiver| {
                let Some(of) = receiver.cloned() else {
                    return Err(problem::invalid(format!(
                        "{name}() cannot be used in the selection clause of a SELECT statement"
                    )));
                };
                let (shown, returns) = (name.to_owned(), of.clone());
                Ok(Scalar::new(name, [ColumnType::Text], returns, move |arguments, _| {
                    let Some(Some(bytes)) = arguments.first() else { return Ok(None) };
                    read(&shown, &of, bytes)
                }))
            },
        }),
        _ => None,
    }
}

fn read(name: &str, of: &ColumnType, bytes: &[u8]) -> problem::Result<Option<Bytes>> {
    let failed = |message| problem::function_failure(name, &[ColumnType::Text], message);
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let json = values::parse_json(text).map_err(|error| {
        failed(format!(
            "execution of 'system.{name}[text]' failed: Could not decode JSON string '{text}': {error}"
        ))
    })?;
    values::from_json(of, &json)
        .map_err(|error| failed(format!("org.apache.cassandra.serializers.MarshalException: {error}")))
}
