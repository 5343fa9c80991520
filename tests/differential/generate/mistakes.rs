//! Statements made wrong: names, literals and operators in the place of others, words left out, values of another type.

use super::Generator;
use super::table::Table;
use crate::step::{Bound, Step, Value};

const WORDS: &[&str] = &[
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "!=",
    "IN",
    "CONTAINS",
    "CONTAINS KEY",
    "LIKE",
    "+",
    "-",
    "1",
    "-1",
    "0",
    "'a'",
    "''",
    "1.5",
    "true",
    "null",
    "0x00",
    "[1]",
    "{1}",
    "{'a': 1}",
    "(1, 2)",
    "[]",
    "{}",
    "1h",
    "NaN",
    "?",
    "nothing",
    "IF EXISTS",
    "ALLOW FILTERING",
    "ASC",
    "count(*)",
    "11111111-1111-11e5-8000-000000000000",
    "99999999999",
    "'1970-01-01'",
    "'127.0.0.1'",
    "token(p0)",
    "v0.f0",
];

impl Generator {
    pub(super) fn spoil(&mut self, step: &mut Step, table: &Table) {
        let at = self.rng.usize(..step.statements.len());
        let bound = &mut step.statements[at];
        if !bound.values.is_empty() && self.one_in(2) {
            self.spoil_value(bound);
        } else {
            self.spoil_text(bound, table);
        }
    }

    fn spoil_value(&mut self, bound: &mut Bound) {
        let at = self.rng.usize(..bound.values.len());
        let mut value = || {
            let length = self.rng.usize(..10);
            Value::Bytes((0..length).map(|_| self.rng.u8(..)).collect())
        };
        match value() {
            Value::Bytes(bytes) if bytes.len() == 9 => drop(bound.values.remove(at)),
            Value::Bytes(bytes) if bytes.len() == 8 => bound.values.push(Value::Null),
            Value::Bytes(bytes) if bytes.len() == 7 => bound.values[at] = Value::Null,
            Value::Bytes(bytes) if bytes.len() == 6 => bound.values[at] = Value::Unset,
            other => bound.values[at] = other,
        }
    }

    fn spoil_text(&mut self, bound: &mut Bound, table: &Table) {
        // The keyspace's name is another one on either side, and must not get into messages.
        if bound.text.contains("$ks") {
            return;
        }
        let mut pieces = pieces(&bound.text);
        let places: Vec<usize> = (1..pieces.len()).filter(|at| !pieces[*at].trim().is_empty()).collect();
        if places.is_empty() {
            return;
        }
        let at = places[self.rng.usize(..places.len())];
        match self.rng.u8(..8) {
            0 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at]),
            2 => {
                let other = places[self.rng.usize(..places.len())];
                pieces.swap(at, other);
            }
            3 | 4 => pieces[at] = self.pick(WORDS),
            _ => pieces[at] = &table.columns[self.rng.usize(..table.columns.len())].name,
        }
        bound.text = pieces.concat();
    }
}

/// Words, literals, symbols and what is between them.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '$');
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            letter if is_word(letter) => rest.find(|next| !is_word(next)).unwrap_or(rest.len()),
            '<' | '>' | '!' if rest[1..].starts_with('=') => 2,
            other => other.len_utf8(),
        };
        let (piece, behind) = rest.split_at(length);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
