//! How types are named, in messages and in the system's tables, and what they are of.

use cql_protocol::types::{ColumnType, Identifier};
use std::fmt::Write as _;

/// A type as `system_schema.columns` and messages print it. Only the outermost can be of many cells; all within it is
/// frozen.
pub(crate) fn type_name(column_type: &ColumnType, is_multi_cell: bool) -> String {
    let mut name = String::new();
    write_name(&mut name, column_type, is_multi_cell);
    name
}

fn write_name(out: &mut String, column_type: &ColumnType, is_multi_cell: bool) {
    let is_frozen = !is_multi_cell
        && matches!(
            column_type,
            ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) | ColumnType::Udt(_)
        )
        || matches!(column_type, ColumnType::Tuple(_));
    out.push_str(if is_frozen { "frozen<" } else { "" });
    match column_type {
        ColumnType::List(element) => write_parts(out, "list<", [&**element]),
        ColumnType::Set(element) => write_parts(out, "set<", [&**element]),
        ColumnType::Map(entry) => write_parts(out, "map<", [&entry.0, &entry.1]),
        ColumnType::Tuple(types) => write_parts(out, "tuple<", types),
        ColumnType::Udt(udt) => {
            let _ = write!(out, "{}", Identifier(udt.name()));
        }
        ColumnType::Vector(vector) => {
            out.push_str("vector<");
            write_name(out, vector.element(), false);
            let _ = write!(out, ", {}>", vector.dimensions());
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
    out.push_str(if is_frozen { ">" } else { "" });
}

fn write_parts<'t>(out: &mut String, open: &str, parts: impl IntoIterator<Item = &'t ColumnType>) {
    out.push_str(open);
    for (at, part) in parts.into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        write_name(out, part, false);
    }
    out.push('>');
}

/// A native type by its name.
pub(crate) fn native_type(name: &str) -> Option<ColumnType> {
    Some(match name {
        "ascii" => ColumnType::Ascii,
        "bigint" => ColumnType::BigInt,
        "blob" => ColumnType::Blob,
        "boolean" => ColumnType::Boolean,
        "counter" => ColumnType::Counter,
        "date" => ColumnType::Date,
        "decimal" => ColumnType::Decimal,
        "double" => ColumnType::Double,
        "duration" => ColumnType::Duration,
        "float" => ColumnType::Float,
        "inet" => ColumnType::Inet,
        "int" => ColumnType::Int,
        "smallint" => ColumnType::SmallInt,
        "text" | "varchar" => ColumnType::Text,
        "time" => ColumnType::Time,
        "timestamp" => ColumnType::Timestamp,
        "timeuuid" => ColumnType::TimeUuid,
        "tinyint" => ColumnType::TinyInt,
        "uuid" => ColumnType::Uuid,
        "varint" => ColumnType::Varint,
        _ => return None,
    })
}

/// Whether there are durations in values of a type, which have no order. The server does not look into vectors.
pub(crate) fn has_durations(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Duration => true,
        ColumnType::List(element) | ColumnType::Set(element) => has_durations(element),
        ColumnType::Map(entry) => has_durations(&entry.0) || has_durations(&entry.1),
        ColumnType::Tuple(fields) => fields.iter().any(has_durations),
        ColumnType::Udt(udt) => udt.fields().iter().any(|(_, field)| has_durations(field)),
        _ => false,
    }
}
