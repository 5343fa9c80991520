//! DELETE.

use super::Generator;
use super::table::{Column, Table};
use cql_driver::types::ColumnType;
use cql_driver::value::CqlValue;

impl Generator {
    pub(super) fn delete(&mut self, table: &Table) -> String {
        let conditional = self.one_in(if table.is_counter { 60 } else { 6 });
        // What a conditional batch writes into a partition that it also deletes stays in a server, which is no rule.
        if self.in_batch && table.clustering == 0 {
            return self.update(table);
        }
        let whole = self.one_in(2) || table.others().is_empty();
        let mut parts = Vec::new();
        let mut statics_only = !whole;
        if !whole {
            for _ in 0..self.rng.usize(1..3) {
                let column = &table.others()[self.rng.usize(..table.others().len())];
                statics_only &= column.is_static;
                parts.push(self.part(column));
            }
        }
        let using = self.using(false, if conditional { 40 } else { 3 });
        let mut conditions = self.whole_partition(table);
        if !whole {
            if !statics_only || self.one_in(20) {
                conditions.extend(self.whole_clustering(table));
            }
        } else if self.in_batch || self.one_in(2) {
            conditions.extend(self.whole_clustering(table));
        } else {
            conditions.extend(self.clustering_slice(table));
        }
        let condition = if conditional { self.condition(table, 1) } else { String::new() };
        let parts = if parts.is_empty() { String::new() } else { format!("{} ", parts.join(", ")) };
        format!("DELETE {parts}FROM {}{using} WHERE {}{condition}", table.name, conditions.join(" AND "))
    }

    /// A column or a part of it.
    fn part(&mut self, column: &Column) -> String {
        let name = &column.name;
        if !self.one_in(2) || !column.of.is_multi_cell() && !self.one_in(10) {
            return name.clone();
        }
        match &column.of.of {
            ColumnType::Map(pair) => format!("{name}[{}]", self.some_term(&pair.0)),
            ColumnType::Set(element) => format!("{name}[{}]", self.some_term(element)),
            ColumnType::List(_) => {
                let index = CqlValue::Int(i32::from(self.rng.u8(..3)));
                format!("{name}[{}]", self.term_of(&index, &ColumnType::Int))
            }
            ColumnType::Udt(udt) => {
                format!("{name}.{}", udt.fields()[self.rng.usize(..udt.fields().len())].0)
            }
            _ => name.clone(),
        }
    }
}
