//! What statements write, and what they answer: as a server of 5.0 does.

mod batches;
mod bound;
mod collections;
mod conditions;
mod json;
mod rows;

use crate::engine::testing::Bench;
use crate::engine::values;
use cql_protocol::response::{CqlResult, ErrorCode, Rows};

/// Executes the statements of a script. Behind each, indented, stands what is answered: rows; with the names of its
/// columns where there is `[applied]`; an error; a warning.
fn check(script: &str) {
    let bench = Bench::new();
    let (mut statement, mut expected) = ("", Vec::new());
    let mut wrong = Vec::new();
    for line in script.lines().chain(["end"]).filter(|line| !line.is_empty() && !line.starts_with("--")) {
        if let Some(answer) = line.strip_prefix("    ") {
            expected.push(answer.to_owned());
            continue;
        }
        if !statement.is_empty() {
            let answer = answer(&bench, statement);
            if answer != expected {
                wrong.push(format!("{statement}\n  server: {expected:#?}\n  engine: {answer:#?}"));
            }
        }
        (statement, expected) = (line, Vec::new());
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn answer(bench: &Bench, statement: &str) -> Vec<String> {
    let outcome = match bench.outcome(statement, &[]) {
        Ok(outcome) => outcome,
        Err(error) if error.code == ErrorCode::INVALID => return vec![format!("! {}", error.message)],
        Err(error) => return vec![format!("! {:04x} {}", error.code.code(), error.message)],
    };
    let mut lines = Vec::new();
    if let CqlResult::Rows(rows) = &outcome.result {
        lines.extend(lines_of(rows));
    }
    lines.extend(outcome.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines
}

fn lines_of(rows: &Rows) -> Vec<String> {
    let columns = rows.metadata.columns.clone().unwrap();
    let mut lines = Vec::new();
    let names = columns.iter().map(|column| column.name()).collect::<Vec<_>>();
    if names[0] == "[applied]" {
        lines.push(format!("= {}", names.join(" | ")));
    }
    let mut reader = cql_protocol::wire::Reader::new(&rows.data);
    for _ in 0..rows.rows_count {
        let cells = columns.iter().map(|column| {
            let bytes = reader.opt_bytes("cell").unwrap();
            values::to_json(column.column_type(), bytes)
        });
        lines.push(cells.collect::<Vec<_>>().join(" | "));
    }
    lines
}

#[test]
fn rows_are_written_as_by_a_server() {
    check(rows::SCRIPT);
}

#[test]
fn collections_are_written_as_by_a_server() {
    check(collections::SCRIPT);
}

#[test]
fn conditions_are_answered_as_by_a_server() {
    check(conditions::SCRIPT);
}

#[test]
fn batches_are_executed_as_by_a_server() {
    check(batches::SCRIPT);
}

#[test]
fn json_is_inserted_as_by_a_server() {
    check(json::SCRIPT);
}
