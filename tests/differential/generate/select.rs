//! SELECT.

use super::Generator;
use super::table::{Column, Table};
use cql_driver::types::ColumnType;
use cql_driver::value::CqlValue;

impl Generator {
    pub(super) fn select(&mut self, table: &Table) -> String {
        if self.one_in(60) {
            return self.select_system(table);
        }
        let distinct = self.one_in(20);
        let group = !distinct && self.one_in(10);
        let selectors = if distinct {
            let statics: Vec<&Column> = table.others().iter().filter(|column| column.is_static).collect();
            let mut names: Vec<String> =
                table.partition_key().iter().map(|column| column.name.clone()).collect();
            names.extend(statics.into_iter().filter(|_| self.rng.bool()).map(|column| column.name.clone()));
            format!("DISTINCT {}", names.join(", "))
        } else {
            self.selectors(table, group)
        };
        let (conditions, of_partition) = self.restrictions(table, distinct);
        let mut text = format!("SELECT {selectors} FROM {}", table.name);
        if !conditions.is_empty() {
            text += &format!(" WHERE {}", conditions.join(" AND "));
        }
        if group {
            let count = self.rng.usize(1..=table.key().len());
            let names: Vec<&str> = table.key()[..count].iter().map(|column| column.name.as_str()).collect();
            text += &format!(" GROUP BY {}", names.join(", "));
        }
        if of_partition && self.one_in(5) || self.one_in(60) {
            text += &self.order(table);
        }
        if self.one_in(if distinct || group { 60 } else { 8 }) {
            text += &format!(" PER PARTITION LIMIT {}", self.limit());
        }
        if self.one_in(5) {
            text += &format!(" LIMIT {}", self.limit());
        }
        let filters = text.contains(" CONTAINS ")
            || conditions.iter().any(|condition| condition.starts_with(['v', 's']));
        if filters && !self.one_in(10) || self.one_in(12) {
            text += " ALLOW FILTERING";
        }
        text
    }

    fn limit(&mut self) -> String {
        let limit = if self.one_in(20) { self.pick(&[0, -1, i32::MAX]) } else { self.rng.i32(1..6) };
        self.term_of(&CqlValue::Int(limit), &ColumnType::Int)
    }

    fn order(&mut self, table: &Table) -> String {
        let columns = table.clustering_key();
        if columns.is_empty() {
            return format!(" ORDER BY {} ASC", self.any_column(table).name);
        }
        let reversed = self.rng.bool();
        let count = self.rng.usize(1..=columns.len());
        let terms: Vec<String> = columns[..count]
            .iter()
            .map(|column| {
                let descends = column.descends != (reversed != self.one_in(20));
                format!("{}{}", column.name, if descends { " DESC" } else { "" })
            })
            .collect();
        format!(" ORDER BY {}", terms.join(", "))
    }

    /// Conditions, and whether they name partitions.
    fn restrictions(&mut self, table: &Table, distinct: bool) -> (Vec<String>, bool) {
        match self.rng.u8(..20) {
            0 | 1 => (Vec::new(), false),
            2 => (self.tokens(table), false),
            3 | 4 => {
                let mut conditions: Vec<String> = (0..self.rng.usize(1..3))
                    .map(|_| {
                        let column = self.any_column(table);
                        self.filter(&column)
                    })
                    .collect();
                if self.one_in(3) {
                    conditions.extend(self.whole_partition(table));
                }
                (conditions, false)
            }
            5 => match table.columns.iter().find(|column| column.is_indexed) {
                Some(column) => (vec![self.filter(column)], false),
                None => (self.whole_partition(table), true),
            },
            _ => {
                let mut conditions = self.whole_partition(table);
                if !distinct || self.one_in(10) {
                    conditions.extend(self.clustering_slice(table));
                }
                if self.one_in(8) {
                    let others = table.others();
                    let column = if others.is_empty() { self.any_column(table) } else { self.pick(others) };
                    conditions.push(self.filter(&column));
                }
                (conditions, true)
            }
        }
    }

    pub(super) fn any_column(&mut self, table: &Table) -> Column {
        table.columns[self.rng.usize(..table.columns.len())].clone()
    }

    /// What the server says of the table.
    fn select_system(&mut self, table: &Table) -> String {
        let of_table = format!("keyspace_name = '$ks' AND table_name = '{}'", table.name);
        match self.rng.u8(..5) {
            0 => format!("SELECT * FROM system_schema.columns WHERE {of_table}"),
            1 => "SELECT * FROM system_schema.types WHERE keyspace_name = '$ks'".to_owned(),
            2 => format!("SELECT index_name, kind, options FROM system_schema.indexes WHERE {of_table}"),
            3 => "SELECT keyspace_name, durable_writes, replication FROM system_schema.keyspaces WHERE keyspace_name = '$ks'".to_owned(),
            _ => format!("SELECT default_time_to_live, gc_grace_seconds, comment, flags, compaction FROM system_schema.tables WHERE {of_table}"),
        }
    }
}
