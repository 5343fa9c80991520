//! How types are named in messages and in the system's tables.

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
