//! Statements as text: as much CQL as it takes to read system tables.

use super::Options;
use super::catalog::{self, Table};
use bytes::Bytes;
use cql_protocol::response::{
    BindMetadata, CqlResult, ErrorCode, Response, ResultMetadata, Rows, ServerError,
};
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use cql_protocol::value::{CqlValue, write_value};
use std::net::SocketAddr;
use std::sync::Arc;

/// In lower case, with single spaces.
pub(super) fn normalized(text: &str) -> String {
    let words: Vec<&str> = text.trim_end_matches(';').split_whitespace().collect();
    words.join(" ").to_ascii_lowercase()
}

/// The bind markers of a statement about system tables, of which all that drivers send are text.
pub(super) fn markers(text: &str) -> BindMetadata {
    let table = Arc::new(TableSpec::new("system", "local"));
    let marker = |_| ColumnSpec::new(Arc::clone(&table), "marker", ColumnType::Text);
    BindMetadata::new(text.matches('?').map(marker).collect::<Arc<[_]>>(), [])
}

/// Whole system tables, whatever condition there is; "done" to all that is no SELECT.
pub(super) fn query(text: &str, options: &Options, address: SocketAddr) -> Response {
    let text = normalized(text);
    if let Some(keyspace) = text.strip_prefix("use ") {
        return Response::Result(CqlResult::SetKeyspace(keyspace.trim_matches('"').to_owned()));
    }
    let Some(selection) = text.strip_prefix("select ") else { return Response::Result(CqlResult::Void) };
    let Some((selectors, rest)) = selection.split_once(" from ") else {
        return invalid("no FROM".to_owned());
    };
    let name = rest.split(' ').next().unwrap_or_default();
    let Some(table) = catalog::table(name, options, address) else {
        return invalid(format!("unconfigured table {name}"));
    };
    match rows(name, &table, selectors.trim()) {
        Ok(rows) => Response::Result(CqlResult::Rows(rows)),
        Err(problem) => invalid(problem),
    }
}

fn invalid(message: String) -> Response {
    Response::Error(ServerError::new(ErrorCode::INVALID, message))
}

/// A column of the result: its name, the column of the table, and whether as JSON.
struct Selector<'a> {
    name: &'a str,
    column: usize,
    json: bool,
}

fn rows(name: &str, table: &Table, selectors: &str) -> Result<Rows, String> {
    let selectors: Vec<Selector<'_>> = match selectors {
        "*" => (0..)
            .zip(&table.columns)
            .map(|(column, (name, _))| Selector { name, column, json: false })
            .collect(),
        list => list.split(',').map(|text| selector(text.trim(), table)).collect::<Result<_, _>>()?,
    };
    let type_of = |selector: &Selector<'_>| match table.columns.get(selector.column) {
        Some((_, of_type)) if !selector.json => of_type.clone(),
        _ => ColumnType::Text,
    };
    let (keyspace, name) = name.split_once('.').unwrap_or_default();
    let spec = Arc::new(TableSpec::new(keyspace, name));
    let columns: Vec<ColumnSpec> =
        selectors.iter().map(|s| ColumnSpec::new(Arc::clone(&spec), s.name, type_of(s))).collect();
    let mut cells = Vec::new();
    for row in &table.rows {
        for (selector, column) in selectors.iter().zip(&columns) {
            let value = row.get(selector.column).unwrap_or(&CqlValue::Null);
            let json = selector.json.then(|| CqlValue::Text(json(value)));
            let _ = write_value(json.as_ref().unwrap_or(value), column.column_type(), &mut cells)
                .map_err(|error| error.to_string())?;
        }
    }
    Ok(Rows::new(ResultMetadata::new(columns), table.rows.len(), Bytes::from(cells)))
}

/// `column`, `toJson(column)`, either `AS name`.
fn selector<'a>(text: &'a str, table: &Table) -> Result<Selector<'a>, String> {
    let (expression, name) = text.split_once(" as ").unwrap_or((text, text));
    let inner = expression.strip_prefix("tojson(").and_then(|inner| inner.strip_suffix(')'));
    let column = inner.unwrap_or(expression).trim().trim_matches('"');
    let at = table.columns.iter().position(|(name, _)| *name == column);
    let at = at.ok_or_else(|| format!("undefined column name {column}"))?;
    Ok(Selector { name, column: at, json: inner.is_some() })
}

/// Maps of plain texts, which is what drivers read as JSON.
fn json(value: &CqlValue) -> String {
    let CqlValue::Map(entries) = value else { return "null".to_owned() };
    let entries: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            (CqlValue::Text(key), CqlValue::Text(value)) => format!("\"{key}\": \"{value}\""),
            _ => "\"\": null".to_owned(),
        })
        .collect();
    format!("{{{}}}", entries.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cql_protocol::value::RowIter;

    fn ask(text: &str) -> Response {
        let options = Options { tokens: 3, ..Options::default() };
        query(text, &options, SocketAddr::from(([127, 0, 0, 1], 19042)))
    }

    fn rows_of(text: &str) -> Rows {
        match ask(text) {
            Response::Result(CqlResult::Rows(rows)) => rows,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn columns_are_those_asked_for() {
        let rows = rows_of("SELECT Release_Version,\n host_id AS h FROM system.local WHERE key = 'local';");
        let columns = rows.metadata.columns.unwrap();
        assert_eq!(columns.iter().map(ColumnSpec::name).collect::<Vec<_>>(), ["release_version", "h"]);
        let mut decoded = RowIter::<(&str, uuid::Uuid)>::new(&columns, &rows.data, rows.rows_count).unwrap();
        assert_eq!(decoded.next().unwrap().unwrap().0, "5.0.2");
    }

    #[test]
    fn the_ring_has_as_many_tokens_as_wanted() {
        let rows = rows_of("SELECT tokens FROM system.local");
        let columns = rows.metadata.columns.unwrap();
        let mut decoded = RowIter::<(Vec<String>,)>::new(&columns, &rows.data, rows.rows_count).unwrap();
        let (tokens,) = decoded.next().unwrap().unwrap();
        assert_eq!(tokens, ["-9223372036854775807", "-3074457345618258602", "3074457345618258603"]);
    }

    #[test]
    fn replication_can_be_read_as_json() {
        let rows =
            rows_of("SELECT keyspace_name, toJson(replication) AS replication FROM system_schema.keyspaces");
        let columns = rows.metadata.columns.unwrap();
        let mut decoded = RowIter::<(&str, &str)>::new(&columns, &rows.data, rows.rows_count).unwrap();
        let (keyspace, replication) = decoded.next().unwrap().unwrap();
        assert_eq!(keyspace, "bench");
        assert_eq!(
            replication,
            r#"{"class": "org.apache.cassandra.locator.SimpleStrategy", "replication_factor": "1"}"#
        );
    }

    #[test]
    fn what_is_not_there_is_invalid() {
        for text in ["SELECT x FROM system.local", "SELECT * FROM system.nothing", "SELECT 1"] {
            assert!(
                matches!(ask(text), Response::Error(error) if error.code == ErrorCode::INVALID),
                "{text}"
            );
        }
    }
}
