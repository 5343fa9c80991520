//! Texts of which one token is most.

use super::COLUMNS;
use crate::engine::hostile::{listed, nested};

/// Tokens that are as long as the text.
pub(super) fn tokens(length: usize) -> Vec<String> {
    let x = "x".repeat(length);
    let nines = "9".repeat(length);
    vec![
        x.clone(),
        format!("SELECT {x} FROM {x} WHERE {x} = {x}"),
        format!("SELECT \"{x}\" FROM types"),
        format!("SELECT \"{}\" FROM types", "\"\"".repeat(length / 2)),
        format!("SELECT p AS \"{x}\" FROM types"),
        format!("SELECT JSON p AS \"{x}\", p AS {x} FROM types"),
        format!("SELECT p FROM types WHERE t = :{x} ALLOW FILTERING"),
        format!("CREATE TABLE {x} (p int PRIMARY KEY)"),
        format!("CREATE TABLE n ({x} int PRIMARY KEY)"),
        format!("CREATE TABLE n (p int PRIMARY KEY) WITH comment = '{x}'"),
        format!("CREATE TABLE n (p int PRIMARY KEY, v {x}, w '{x}')"),
        format!("CREATE TYPE {x} ({x} int)"),
        format!("CREATE KEYSPACE {x} WITH replication = {{'class': '{x}', '{x}': '{x}'}}"),
        format!("CREATE INDEX {x} ON types (t)"),
        format!("ALTER TABLE types RENAME k TO {x}"),
        format!("ALTER TABLE types ADD {x} int"),
        format!("USE \"{x}\""),
        format!("SELECT p -- {x}"),
        format!("SELECT p /* {x} */ FROM types"),
        format!("SELECT p /* {x}"),
        format!("SELECT {} p FROM types", "/**/".repeat(length / 4)),
        format!("SELECT {} p FROM types", "--\n".repeat(length / 3)),
        format!("SELECT{}p FROM types WHERE", " \n".repeat(length / 2)),
        "$".repeat(length),
        format!("SELECT '{x}"),
        "'".repeat(length | 1),
        "?".repeat(length),
        "-".repeat(length),
        "- ".repeat(length / 2),
        "/*".repeat(length / 2),
        "((".repeat(length / 2),
        "<".repeat(length),
        ":a".repeat(length / 2),
        "\u{10FFFF}".repeat(length / 4),
        "P1Y".repeat(length / 3),
        format!("SELECT p FROM types LIMIT {nines}"),
        format!("SELECT p FROM types PER PARTITION LIMIT {nines}"),
        format!("INSERT INTO types (p, k) VALUES (1, 1) USING TTL {nines} AND TIMESTAMP -{nines}"),
        format!("CREATE TABLE n (p int PRIMARY KEY, v vector<float, {nines}>)"),
        format!("CREATE TABLE n (p int PRIMARY KEY, v 'VectorType(FloatType, {nines})')"),
        format!("UPDATE parts SET l[{nines}] = {nines}, m['{x}'] = 1 WHERE p = 1"),
        format!("SELECT m['{x}'], m['{x}'..'{x}'] FROM parts"),
        format!(
            "SELECT t + '{x}', mask_inner(t, 1, 1, '{x}'), mask_replace(t, '{x}'), mask_hash(t, '{x}') FROM types"
        ),
        format!(
            "SELECT p FROM types WHERE token(p) > {nines} AND t LIKE '{}' ALLOW FILTERING",
            "%".repeat(length)
        ),
        format!(
            "SELECT cast('{x}' AS int), blob_as_text(0x{}), text_as_blob('{x}') FROM types",
            "78".repeat(length / 2)
        ),
    ]
}

/// Values of every form, for columns of every type.
pub(super) fn values(length: usize) -> Vec<String> {
    let x = "x".repeat(length);
    let nines = "9".repeat(length);
    let mut texts = Vec::new();
    let literals = [
        nines.clone(),
        format!("-{nines}"),
        format!("0.{nines}"),
        format!("{nines}e{nines}"),
        format!("1e-{nines}"),
        format!("1e{}", "0".repeat(length)),
        format!("0x{}", "f".repeat(length & !1)),
        format!("0x{}", "f".repeat(length | 1)),
        format!("{nines}ns"),
        "1y".repeat(length / 2),
        format!("P{nines}Y"),
        format!("PT{}", "1H".repeat(length / 2)),
        format!("'{x}'"),
        format!("'{nines}'"),
        format!("'{}'", "''".repeat(length / 2)),
        format!("$${x}$$"),
        format!("'{}'", "\u{E9}".repeat(length / 2)),
        format!("'{}'", ":".repeat(length)),
        format!("'{}'", "1-".repeat(length / 2)),
        format!("'2020-01-01T00:00:00.{nines}'"),
        format!("'{nines}:{nines}:{nines}'"),
    ];
    for literal in literals {
        texts.extend(
            COLUMNS
                .iter()
                .map(|column| format!("INSERT INTO types (p, k, {column}) VALUES (1, 3, {literal})")),
        );
        texts.push(format!(
            "SELECT {literal}, b + {literal}, (varint) {literal} * v, (decimal) {literal} / e FROM types"
        ));
        texts.push(format!("SELECT p FROM types WHERE p = {literal}"));
        texts.push(format!(
            "SELECT p FROM types WHERE e > {literal} AND v < {literal} AND t = {literal} ALLOW FILTERING"
        ));
    }
    texts
}

pub(super) fn long_json(size: usize, length: usize) -> Vec<String> {
    let x = "x".repeat(length);
    let nines = "9".repeat(length);
    let numbers = listed(size, |at| at.to_string());
    let documents = [
        nested("[", size, "", "]"),
        nested("{\"a\":", size, "1", "}"),
        format!("{{\"p\": 1, \"l\": [{numbers}], \"fl\": [{numbers}], \"fs\": [{numbers}]}}"),
        format!("{{\"p\": 1, \"l\": {}}}", nested("[", size, "", "]")),
        format!("{{\"p\": 1, \"u\": {}}}", nested("{\"a\": ", size, "1", "}")),
        format!("{{\"p\": 1, \"m\": {{{}}}}}", listed(size, |at| format!("\"{at}\": {at}"))),
        format!("{{\"p\": 1, \"m\": {{{}}}}}", listed(size, |_| "\"same\": 1".to_owned())),
        format!("{{{}}}", listed(size, |at| format!("\"p\": {at}"))),
        format!("{{{}}}", listed(size, |at| format!("\"p{at}\": {at}"))),
        format!("{{\"p\": 1, \"s\": [\"{x}\"]}}"),
        format!("{{\"p\": 1, \"fs\": [{nines}, \"{nines}\", 1e{nines}, 0.{nines}]}}"),
        format!("{{\"p\": {nines}}}"),
        format!("{{\"p\": \"{nines}\"}}"),
        format!("{{\"{x}\": 1}}"),
        format!("{{\"p\": 1, \"s\": [\"{}\"]}}", "\\u0000".repeat(length / 6)),
        format!("{{\"p\": 1, \"s\": [\"{}\"]}}", "\\ud800".repeat(length / 6)),
        format!("{{\"p\": 1, \"s\": [\"{}", "\\".repeat(length)),
        format!("{{\"p\": 1{}", " ".repeat(length)),
        ",".repeat(length),
        nines.clone(),
    ];
    let mut texts = Vec::new();
    for document in documents {
        texts.push(format!("INSERT INTO parts JSON '{document}'"));
        texts.push(format!("INSERT INTO parts (p, fm, t, u) VALUES (1, from_json('{document}'), from_json('{document}'), from_json('{document}'))"));
    }
    texts.push(format!(
        "INSERT INTO types JSON '{{\"p\": 1, \"k\": 1, \"c\": \"0x{}\", \"v\": {nines}}}'",
        "f".repeat(length)
    ));
    texts
}
