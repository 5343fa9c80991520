//! Values to JSON.

use crate::engine::values::parts::{Fields, vector_elements};
use crate::engine::values::text::{duration_text, timestamp_text};
use crate::engine::values::{hex, to_text};
use cql_protocol::types::ColumnType;
use std::fmt::Write as _;

/// A value as `SELECT JSON` writes it; null as `null`.
pub(crate) fn to_json(column_type: &ColumnType, bytes: Option<&[u8]>) -> String {
    let mut out = String::new();
    write(&mut out, column_type, bytes);
    out
}

/// A text within quotes.
pub(crate) fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    push_escaped(&mut out, text);
    out.push('"');
    out
}

/// The name of a column or field as JSON has it: one with capitals has quotes of its own within those of JSON.
pub(crate) fn json_name(name: &str) -> String {
    if name.to_lowercase() == name { json_text(name) } else { json_text(&format!("\"{name}\"")) }
}

fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04X}", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

fn write(out: &mut String, column_type: &ColumnType, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        out.push_str("null");
        return;
    };
    match column_type {
        ColumnType::Blob | ColumnType::Custom(_) | ColumnType::Unknown(_) => {
            let _ = write!(out, "\"0x{}\"", hex(bytes));
        }
        ColumnType::Tuple(types) => {
            let fields = types.iter().zip(Fields::new(bytes).chain(std::iter::repeat(None)));
            write_list(out, fields);
        }
        ColumnType::Udt(udt) => {
            out.push('{');
            let fields = Fields::new(bytes).chain(std::iter::repeat(None));
            for (at, ((name, of), field)) in udt.fields().iter().zip(fields).enumerate() {
                let separator = if at == 0 { "" } else { ", " };
                let _ = write!(out, "{separator}{}: ", json_name(name));
                write(out, of, field);
            }
            out.push('}');
        }
        // What is empty and has no empty value.
        of if bytes.is_empty() && !of.has_zero_length_values() => out.push_str("\"\""),
        ColumnType::Text | ColumnType::Ascii => out.push_str(&json_text(&to_text(column_type, bytes))),
        ColumnType::Float | ColumnType::Double => {
            let text = to_text(column_type, bytes);
            let is_finite = !text.ends_with("NaN") && !text.ends_with("Infinity");
            out.push_str(if is_finite { &text } else { "null" });
        }
        ColumnType::TinyInt
        | ColumnType::SmallInt
        | ColumnType::Int
        | ColumnType::BigInt
        | ColumnType::Counter
        | ColumnType::Varint
        | ColumnType::Decimal
        | ColumnType::Boolean => out.push_str(&to_text(column_type, bytes)),
        ColumnType::Timestamp => match bytes.try_into() {
            Ok(bytes) => out.push_str(&json_text(&timestamp_text(i64::from_be_bytes(bytes), ' '))),
            Err(_) => out.push_str("null"),
        },
        ColumnType::Duration => out.push_str(&json_text(&duration_text(bytes).unwrap_or_default())),
        ColumnType::List(of) | ColumnType::Set(of) => {
            write_list(out, Fields::of_collection(bytes).map(|element| (&**of, element)));
        }
        ColumnType::Vector(of) => {
            let elements = vector_elements(of, bytes).unwrap_or_default();
            write_list(out, elements.into_iter().map(|element| (of.element(), Some(element))));
        }
        ColumnType::Map(of) => write_map(out, of, bytes),
        other => out.push_str(&json_text(&to_text(other, bytes))),
    }
}

fn write_list<'v>(out: &mut String, parts: impl Iterator<Item = (&'v ColumnType, Option<&'v [u8]>)>) {
    out.push('[');
    for (at, (of, part)) in parts.enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        write(out, of, part);
    }
    out.push(']');
}

/// Keys that are no texts are texts of their JSON.
fn write_map(out: &mut String, of: &(ColumnType, ColumnType), bytes: &[u8]) {
    out.push('{');
    let mut parts = Fields::of_collection(bytes);
    let mut separator = "";
    while let Some(key) = parts.next() {
        let key = to_json(&of.0, key);
        out.push_str(separator);
        out.push_str(&if key.starts_with('"') { key } else { json_text(&key) });
        out.push_str(": ");
        write(out, &of.1, parts.next().flatten());
        separator = ", ";
    }
    out.push('}');
}
