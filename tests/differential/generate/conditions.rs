//! WHERE and IF.

use super::Generator;
use super::table::{Column, Table};
use super::types;
use cql_driver::types::ColumnType;

impl Generator {
    /// `p0 = .. AND p1 = ..`
    pub(super) fn whole_partition(&mut self, table: &Table) -> Vec<String> {
        table
            .partition_key()
            .iter()
            .map(|column| {
                if self.one_in(12) {
                    return self.in_list(column);
                }
                format!("{} = {}", column.name, self.key_term(column))
            })
            .collect()
    }

    fn in_list(&mut self, column: &Column) -> String {
        let terms: Vec<String> = (0..self.rng.usize(..4)).map(|_| self.key_term(column)).collect();
        format!("{} IN ({})", column.name, terms.join(", "))
    }

    /// All of the clustering key.
    pub(super) fn whole_clustering(&mut self, table: &Table) -> Vec<String> {
        let columns = table.clustering_key();
        if columns.len() > 1 && self.one_in(10) {
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
            let tuple = self.tuple(columns);
            return vec![format!("({}) = {tuple}", names.join(", "))];
        }
        let condition = |this: &mut Self, column: &Column| {
            if this.one_in(12) {
                return this.in_list(column);
            }
            format!("{} = {}", column.name, this.key_term(column))
        };
        columns.iter().map(|column| condition(self, column)).collect()
    }

    fn tuple(&mut self, columns: &[Column]) -> String {
        let terms: Vec<String> = columns.iter().map(|column| self.key_term(column)).collect();
        format!("({})", terms.join(", "))
    }

    /// A part of a partition: a prefix of the clustering key, with a range behind it.
    pub(super) fn clustering_slice(&mut self, table: &Table) -> Vec<String> {
        let columns = table.clustering_key();
        let prefix = self.rng.usize(..=columns.len());
        let mut found = Vec::new();
        for column in &columns[..prefix] {
            found.push(if self.one_in(6) {
                self.in_list(column)
            } else {
                format!("{} = {}", column.name, self.key_term(column))
            });
        }
        let rest = &columns[prefix..];
        match self.rng.u8(..6) {
            _ if rest.is_empty() => {}
            0 | 1 => {
                let operator = self.pick(&["<", "<=", ">", ">="]);
                found.push(format!("{} {operator} {}", rest[0].name, self.key_term(&rest[0])));
            }
            2 => {
                let (from, to) = (self.pick(&[">", ">="]), self.pick(&["<", "<="]));
                found.push(format!("{} {from} {}", rest[0].name, self.key_term(&rest[0])));
                found.push(format!("{} {to} {}", rest[0].name, self.key_term(&rest[0])));
            }
            3 => {
                let of = &rest[..self.rng.usize(1..=rest.len())];
                let names: Vec<&str> = of.iter().map(|column| column.name.as_str()).collect();
                let names = names.join(", ");
                if self.one_in(3) {
                    let tuples: Vec<String> = (0..self.rng.usize(1..4)).map(|_| self.tuple(of)).collect();
                    found.push(format!("({names}) IN ({})", tuples.join(", ")));
                } else {
                    let operator = self.pick(&["<", "<=", ">", ">=", "="]);
                    let tuple = self.tuple(of);
                    found.push(format!("({names}) {operator} {tuple}"));
                }
            }
            _ => {}
        }
        found
    }

    /// A range of tokens.
    pub(super) fn tokens(&mut self, table: &Table) -> Vec<String> {
        let names: Vec<&str> = table.partition_key().iter().map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let end = |this: &mut Self| {
            if this.one_in(2) {
                let terms: Vec<String> =
                    table.partition_key().iter().map(|column| this.key_term(column)).collect();
                format!("token({})", terms.join(", "))
            } else {
                this.pick(&["0", "-9223372036854775808", "9223372036854775807", "1000000000000000000"])
                    .to_owned()
            }
        };
        let mut found = Vec::new();
        let operator = self.pick(&[">", ">=", "="]);
        found.push(format!("token({names}) {operator} {}", end(self)));
        if operator != "=" && self.one_in(2) {
            let operator = self.pick(&["<", "<="]);
            found.push(format!("token({names}) {operator} {}", end(self)));
        }
        found
    }

    /// A condition on any column, as filters and indexes take.
    pub(super) fn filter(&mut self, column: &Column) -> String {
        let name = &column.name;
        let of = &column.of.of;
        match (of, self.rng.u8(..4)) {
            (ColumnType::List(element) | ColumnType::Set(element), 0..3) => {
                format!("{name} CONTAINS {}", self.term(element))
            }
            (ColumnType::Map(pair), 0) => format!("{name} CONTAINS {}", self.term(&pair.1)),
            (ColumnType::Map(pair), 1) => format!("{name} CONTAINS KEY {}", self.term(&pair.0)),
            (ColumnType::Map(pair), 2) => {
                let key = self.term(&pair.0);
                format!("{name}[{key}] = {}", self.term(&pair.1))
            }
            (_, 0) => {
                let operator = self.pick(&["<", "<=", ">", ">="]);
                format!("{name} {operator} {}", self.term(of))
            }
            (_, 1) if self.one_in(4) => {
                let terms: Vec<String> = (0..self.rng.usize(..3)).map(|_| self.term(of)).collect();
                format!("{name} IN ({})", terms.join(", "))
            }
            _ => format!("{name} = {}", self.term(of)),
        }
    }

    /// ` IF ...`, or nothing.
    pub(super) fn condition(&mut self, table: &Table, likely: u32) -> String {
        let others = table.others();
        if !self.one_in(likely) {
            return String::new();
        }
        if others.is_empty() || self.one_in(4) {
            return " IF EXISTS".to_owned();
        }
        let tests: Vec<String> = (0..self.rng.usize(1..3))
            .map(|_| {
                let column = &others[self.rng.usize(..others.len())];
                self.test(column)
            })
            .collect();
        format!(" IF {}", tests.join(" AND "))
    }

    fn test(&mut self, column: &Column) -> String {
        let name = &column.name;
        let operator = if self.one_in(2) { "=" } else { self.pick(&["!=", "<", "<=", ">", ">="]) };
        let whole = |this: &mut Self, of: &ColumnType| {
            let term = if this.one_in(8) { "null".to_owned() } else { this.term(of) };
            format!("{name} {operator} {term}")
        };
        match &column.of.of {
            ColumnType::Map(pair) if self.one_in(2) => {
                let key = self.some_term(&pair.0);
                format!("{name}[{key}] {operator} {}", self.term(&pair.1))
            }
            ColumnType::List(element) if self.one_in(2) => {
                let index = self.rng.u8(..3);
                format!("{name}[{index}] {operator} {}", self.term(element))
            }
            ColumnType::Udt(udt) if self.one_in(2) => {
                let (field, of) = &udt.fields()[self.rng.usize(..udt.fields().len())];
                format!("{name}.{field} {operator} {}", self.term(of))
            }
            of if self.one_in(6) => {
                let terms: Vec<String> = (0..self.rng.usize(1..3)).map(|_| self.term(of)).collect();
                format!("{name} IN ({})", terms.join(", "))
            }
            of => whole(self, of),
        }
    }

    /// A type that is named in a cast or a hint.
    pub(super) fn type_name(&mut self) -> String {
        types::spelled(&types::native(&mut self.rng, false))
    }
}
