//! `SELECT` on system tables: columns, and conditions that compare a column with a text or a marker.

use crate::cql::{self, Token};
use crate::rows::{Cell, Rows};
use crate::topology::Topology;
use cql_protocol::response::{ErrorCode, ServerError};
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_protocol::wire::BoundValue;
use std::net::IpAddr;

/// The rows of a `SELECT` on a system table; `None` when the statement is none.
pub(crate) fn select(
    topology: &Topology,
    node: usize,
    (text, keyspace): (&str, Option<&str>),
    values: &[BoundValue<'_>],
) -> Option<Result<Rows, ServerError>> {
    let tokens = cql::tokens(text);
    if !tokens.first()?.is_word("select") {
        return None;
    }
    let (of, name, rest) = cql::table_name(cql::behind(&tokens, "from")?)?;
    let keyspace = of.or(keyspace)?;
    if !keyspace.starts_with("system") {
        return None;
    }
    let Some(table) = super::table(topology, node, keyspace, name) else {
        // 3.0 and newer name the table, older ones only say that it is unconfigured.
        return Some(Err(ServerError::new(ErrorCode::INVALID, format!("unconfigured table {name}"))));
    };
    Some(run(&table, &tokens, cql::behind(rest, "where").unwrap_or_default(), values))
}

fn run(
    table: &Rows,
    tokens: &[Token],
    conditions: &[Token],
    values: &[BoundValue<'_>],
) -> Result<Rows, ServerError> {
    let invalid = |message: String| ServerError::new(ErrorCode::INVALID, message);
    let index = |name: &str| {
        let at = table.columns().iter().position(|column| column.name() == name);
        at.ok_or_else(|| invalid(format!("Undefined column name {name}")))
    };
    let mut filters: Vec<(usize, Cell)> = Vec::new();
    let mut bound = values.iter();
    for condition in conditions.split(|token| token.is_word("and")) {
        let [Token::Word(name), Token::Symbol('='), value, ..] = condition else { continue };
        let at = index(name)?;
        let wanted = match (value, table.columns().get(at).map(ColumnSpec::column_type)) {
            (Token::Marker(_), _) => match bound.next() {
                Some(BoundValue::Set(bytes)) => Some(bytes.to_vec()),
                _ => return Err(invalid(format!("Invalid null value in condition for column {name}"))),
            },
            (Token::Text(text), Some(ColumnType::Inet)) => text.parse().ok().map(octets),
            (Token::Text(text), _) => Some(text.clone().into_bytes()),
            _ => continue,
        };
        filters.push((at, wanted));
    }
    let chosen: Vec<usize> = match tokens.get(1) {
        Some(Token::Symbol('*')) => (0..table.columns().len()).collect(),
        _ => {
            let end = tokens.iter().position(|token| token.is_word("from")).unwrap_or(tokens.len());
            let names = tokens.get(1..end).unwrap_or_default().iter().filter_map(Token::word);
            names.map(index).collect::<Result<_, _>>()?
        }
    };
    let matches = |row: &&Vec<Cell>| filters.iter().all(|(at, wanted)| row.get(*at) == Some(wanted));
    let project = |row: &Vec<Cell>| chosen.iter().filter_map(|at| row.get(*at).cloned()).collect();
    let cells = table.cells().iter().filter(matches).map(project).collect();
    let columns = chosen.iter().filter_map(|at| table.columns().get(*at).cloned()).collect();
    Ok(Rows::from_cells(columns, cells))
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}
