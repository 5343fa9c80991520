//! INSERT and UPDATE.

use super::Generator;
use super::table::{Column, Table};
use super::values;
use cql_driver::types::ColumnType;
use cql_driver::value::CqlValue;

impl Generator {
    pub(super) fn insert(&mut self, table: &Table) -> String {
        if self.one_in(8) {
            return self.insert_json(table);
        }
        let statics_only = self.one_in(12) && table.others().iter().any(|column| column.is_static);
        let key = if statics_only { table.partition_key() } else { table.key() };
        let expires = self.one_in(10);
        let others = self.some(table.others(), if expires { 1 } else { 2 });
        let (mut names, mut terms) = (Vec::new(), Vec::new());
        for column in key {
            names.push(column.name.clone());
            terms.push(self.key_term(column));
        }
        for column in others.into_iter().filter(|column| !statics_only || column.is_static) {
            names.push(column.name.clone());
            terms.push(if expires { self.some_term(&column.of.of) } else { self.term(&column.of.of) });
        }
        let condition = if self.one_in(8) { " IF NOT EXISTS" } else { "" };
        let likely = if condition.is_empty() { 3 } else { 40 };
        // A row whose own time is over is there for a server, or not, by which of its older columns are asked for: all
        // are written anew.
        let using = self.using(expires, likely);
        let (names, terms) = (names.join(", "), terms.join(", "));
        format!("INSERT INTO {} ({names}) VALUES ({terms}){condition}{using}", table.name)
    }

    fn insert_json(&mut self, table: &Table) -> String {
        let others = self.some(table.others(), 2);
        let mut entries = Vec::new();
        for column in table.key() {
            let of = &column.of.of;
            let value = if column.name == "p0" {
                values::key_value(&mut self.rng, of, self.sequence)
            } else {
                values::value(&mut self.rng, of)
            };
            entries.push(format!("\"{}\": {}", column.name, json(&value)));
        }
        for column in others {
            let value = values::value(&mut self.rng, &column.of.of);
            let value = if self.one_in(12) { "null".to_owned() } else { json(&value) };
            entries.push(format!("\"{}\": {value}", column.name));
        }
        let text = format!("{{{}}}", entries.join(", "));
        let default = if self.one_in(3) {
            " DEFAULT UNSET"
        } else if self.one_in(8) {
            " DEFAULT NULL"
        } else {
            ""
        };
        let term = self.term_of(&CqlValue::Text(text), &ColumnType::Text);
        let condition = if self.one_in(8) { " IF NOT EXISTS" } else { "" };
        let using = self.using(false, 4);
        format!("INSERT INTO {} JSON {term}{default}{condition}{using}", table.name)
    }

    pub(super) fn update(&mut self, table: &Table) -> String {
        let conditional = self.one_in(if table.is_counter { 60 } else { 6 });
        let ttl = !table.is_counter || self.one_in(10);
        let using = self.using(ttl, if conditional || table.is_counter { 40 } else { 3 });
        let others = table.others();
        let (statics, regulars): (Vec<&Column>, Vec<&Column>) =
            others.iter().partition(|column| column.is_static);
        let statics_only = !statics.is_empty() && (regulars.is_empty() || self.one_in(4));
        let among = if statics_only {
            statics
        } else if self.one_in(3) {
            others.iter().collect()
        } else {
            regulars
        };
        let mut assignments = Vec::new();
        for _ in 0..self.rng.usize(1..4) {
            let Some(column) = (!among.is_empty()).then(|| among[self.rng.usize(..among.len())]) else {
                break;
            };
            if assignments.iter().any(|other: &String| other.starts_with(&column.name)) && !self.one_in(30) {
                continue;
            }
            assignments.push(self.assignment(column));
        }
        if assignments.is_empty() {
            assignments.push(format!("v0 = {}", self.rng.u8(..3)));
        }
        let mut conditions = self.whole_partition(table);
        if !statics_only || self.one_in(20) {
            conditions.extend(self.whole_clustering(table));
        }
        let condition = if conditional { self.condition(table, 1) } else { String::new() };
        let (set, conditions) = (assignments.join(", "), conditions.join(" AND "));
        format!("UPDATE {}{using} SET {set} WHERE {conditions}{condition}", table.name)
    }

    fn assignment(&mut self, column: &Column) -> String {
        let name = &column.name;
        let of = &column.of.of;
        if matches!(of, ColumnType::Counter) {
            let operator = self.pick(&["+", "-"]);
            let number = CqlValue::Counter(self.rng.i64(0..4));
            let term = self.term_of(&number, &ColumnType::Counter);
            return if self.one_in(3) {
                format!("{name} {operator}= {term}")
            } else {
                format!("{name} = {name} {operator} {term}")
            };
        }
        if !column.of.is_multi_cell() && !self.one_in(20) || self.one_in(4) {
            return format!("{name} = {}", self.term(of));
        }
        match of {
            ColumnType::List(element) => match self.rng.u8(..6) {
                0 => format!("{name} = {} + {name}", self.some_term(of)),
                1 => format!("{name} = {name} - {}", self.some_term(of)),
                2 | 3 => {
                    let index = i32::from(self.rng.u8(..4));
                    let index = if self.one_in(20) { -1 } else { index };
                    let index = self.term_of(&CqlValue::Int(index), &ColumnType::Int);
                    format!("{name}[{index}] = {}", self.term(element))
                }
                4 => format!("{name} += {}", self.some_term(of)),
                _ => format!("{name} = {name} + {}", self.some_term(of)),
            },
            ColumnType::Set(_) => {
                let operator = self.pick(&["+", "+", "-"]);
                if self.one_in(3) {
                    return format!("{name} {operator}= {}", self.some_term(of));
                }
                format!("{name} = {name} {operator} {}", self.some_term(of))
            }
            ColumnType::Map(pair) => match self.rng.u8(..4) {
                0 => format!("{name} = {name} + {}", self.some_term(of)),
                1 => {
                    let keys = ColumnType::set(pair.0.clone());
                    format!("{name} = {name} - {}", self.some_term(&keys))
                }
                _ => {
                    let key = self.some_term(&pair.0);
                    format!("{name}[{key}] = {}", self.term(&pair.1))
                }
            },
            ColumnType::Udt(udt) => {
                let (field, of) = &udt.fields()[self.rng.usize(..udt.fields().len())];
                format!("{name}.{field} = {}", self.term(of))
            }
            of => format!("{name} = {name} + {}", self.some_term(of)),
        }
    }
}

/// A value as JSON.
fn json(value: &CqlValue) -> String {
    let list = |values: &[CqlValue]| values.iter().map(json).collect::<Vec<_>>().join(", ");
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    match value {
        CqlValue::Null => "null".to_owned(),
        CqlValue::List(values) | CqlValue::Set(values) | CqlValue::Vector(values) => {
            format!("[{}]", list(values))
        }
        CqlValue::Tuple(tuple) => format!("[{}]", tuple.iter().map(json).collect::<Vec<_>>().join(", ")),
        CqlValue::Udt(udt) => {
            let fields = udt.iter().map(|(name, value)| format!("\"{name}\": {}", json(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        CqlValue::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let key = json(key);
                let key = if key.starts_with('"') { key } else { quoted(&key) };
                format!("{key}: {}", json(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        CqlValue::Text(text) | CqlValue::Ascii(text) => quoted(text),
        CqlValue::Blob(_) | CqlValue::Uuid(_) | CqlValue::TimeUuid(_) | CqlValue::Duration(_) => {
            quoted(&value.to_string())
        }
        CqlValue::Float(number) if !number.is_finite() => quoted(&value.to_string()),
        CqlValue::Double(number) if !number.is_finite() => quoted(&value.to_string()),
        other => {
            let text = other.to_string();
            match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
                Some(text) => quoted(text),
                None => text,
            }
        }
    }
}
