//! What a sequence is about: user-defined types, tables, indexes, made once for many sequences.

use super::types::{self, Type};
use super::values::pick;
use crate::step::Step;
use cql_driver::types::{ColumnType, UdtType};
use fastrand::Rng;
use std::sync::Arc;

/// Tables and types, and the statements that make them.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) setup: Vec<Step>,
    pub(crate) tables: Vec<Table>,
    pub(crate) udts: Vec<Arc<UdtType>>,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    pub(crate) is_counter: bool,
    /// Columns of the partition key come first in `columns`, then those of the clustering key.
    pub(crate) partition: usize,
    pub(crate) clustering: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) of: Type,
    pub(crate) is_static: bool,
    pub(crate) descends: bool,
    pub(crate) is_indexed: bool,
}

impl Table {
    pub(crate) fn partition_key(&self) -> &[Column] {
        &self.columns[..self.partition]
    }

    pub(crate) fn clustering_key(&self) -> &[Column] {
        &self.columns[self.partition..self.partition + self.clustering]
    }

    pub(crate) fn key(&self) -> &[Column] {
        &self.columns[..self.partition + self.clustering]
    }

    /// Those outside of the key.
    pub(crate) fn others(&self) -> &[Column] {
        &self.columns[self.partition + self.clustering..]
    }
}

impl World {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut world = World { setup: Vec::new(), tables: Vec::new(), udts: Vec::new() };
        for number in 0..rng.usize(..3) {
            world.add_type(rng, &format!("u{number}"));
        }
        for number in 0..rng.usize(1..4) {
            world.add_table(rng, &format!("t{number}"));
        }
        world
    }

    fn add_type(&mut self, rng: &mut Rng, name: &str) {
        let fields: Vec<(String, ColumnType)> = (0..rng.usize(1..4))
            .map(|number| {
                let of = if rng.u8(..5) == 0 {
                    Type { frozen: true, ..types::of_column(rng, &self.udts) }.of
                } else {
                    types::native(rng, true)
                };
                (format!("f{number}"), of)
            })
            .collect();
        let told = fields.iter().map(|(field, of)| format!("{field} {}", types::inner(of)));
        let text = format!("CREATE TYPE {name} ({})", told.collect::<Vec<_>>().join(", "));
        self.setup.push(Step::query(text));
        self.udts.push(Arc::new(UdtType::new("ks", name, fields)));
    }

    fn add_table(&mut self, rng: &mut Rng, name: &str) {
        let is_counter = rng.u8(..10) == 0;
        let partition = if rng.u8(..3) == 0 { 2 } else { 1 };
        let clustering = rng.usize(..4);
        let mut columns = Vec::new();
        let column = |name: String, of: Type| Column {
            name,
            of,
            is_static: false,
            descends: false,
            is_indexed: false,
        };
        for number in 0..partition {
            let of = if number == 0 { types::distinct(rng) } else { types::of_key(rng, &[]) };
            columns.push(column(format!("p{number}"), of));
        }
        for number in 0..clustering {
            let descends = rng.u8(..3) == 0;
            columns.push(Column { descends, ..column(format!("c{number}"), types::of_key(rng, &[])) });
        }
        let statics = if clustering > 0 && rng.bool() { rng.usize(1..3) } else { 0 };
        for number in 0..statics {
            let of = self.type_of_value(rng, is_counter);
            columns.push(Column { is_static: true, ..column(format!("s{number}"), of) });
        }
        for number in 0..rng.usize(if is_counter { 1..3 } else { 0..7 }) {
            let of = self.type_of_value(rng, is_counter);
            columns.push(column(format!("v{number}"), of));
        }
        let mut table = Table { name: name.to_owned(), columns, is_counter, partition, clustering };
        self.setup.push(Step::query(definition(rng, &table)));
        if rng.u8(..3) == 0 {
            self.add_index(rng, &mut table);
        }
        self.tables.push(table);
    }

    fn type_of_value(&self, rng: &mut Rng, is_counter: bool) -> Type {
        if is_counter {
            return Type { of: ColumnType::Counter, frozen: false };
        }
        types::of_column(rng, &self.udts)
    }

    fn add_index(&mut self, rng: &mut Rng, table: &mut Table) {
        let at = rng.usize(..table.columns.len());
        let text = index(rng, table, at);
        table.columns[at].is_indexed = true;
        self.setup.push(Step::query(text));
    }
}

/// CREATE INDEX on a column; it may be refused.
pub(crate) fn index(rng: &mut Rng, table: &Table, at: usize) -> String {
    let column = &table.columns[at];
    let frozen = column.of.frozen;
    let target = match column.of.of {
        ColumnType::Map(_) if !frozen => pick(rng, &["keys", "values", "entries", ""]),
        ColumnType::List(_) | ColumnType::Set(_) if !frozen => pick(rng, &["values", ""]),
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => "full",
        _ => "",
    };
    let name = &column.name;
    let target = if target.is_empty() { name.clone() } else { format!("{target}({name})") };
    let using = if rng.bool() { " USING 'sai'" } else { "" };
    format!("CREATE INDEX i{at}_{} ON {} ({target}){using}", table.name, table.name)
}

fn definition(rng: &mut Rng, table: &Table) -> String {
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let suffix = if column.is_static { " STATIC" } else { "" };
            format!("{} {}{suffix}", column.name, column.of.cql())
        })
        .collect();
    let names =
        |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>().join(", ");
    let partition = names(table.partition_key());
    let partition = if table.partition > 1 || rng.bool() { format!("({partition})") } else { partition };
    let clustering = table.clustering_key();
    if clustering.is_empty() {
        parts.push(format!("PRIMARY KEY ({partition})"));
    } else {
        parts.push(format!("PRIMARY KEY ({partition}, {})", names(clustering)));
    }
    let mut options = Vec::new();
    if clustering.iter().any(|column| column.descends) {
        let order = clustering
            .iter()
            .map(|column| format!("{} {}", column.name, if column.descends { "DESC" } else { "ASC" }));
        options.push(format!("CLUSTERING ORDER BY ({})", order.collect::<Vec<_>>().join(", ")));
    }
    if rng.u8(..12) == 0 {
        options.push("default_time_to_live = 100000".to_owned());
    }
    let with = if options.is_empty() { String::new() } else { format!(" WITH {}", options.join(" AND ")) };
    format!("CREATE TABLE {} ({}){with}", table.name, parts.join(", "))
}
