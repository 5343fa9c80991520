//! From a shape to CQL. Names come from the model's constants, values are markers: nothing that a caller passes at run
//! time gets into a text.

use super::shape::{Bound, Clause, Columns, Op, Shape, Term, Verb};
use crate::model::{ColumnMeta, ColumnRole};
use crate::value::{Native, TypeDef};
use cql_driver::types::Identifier;
use std::fmt::Write as _;

/// A statement's text, and what its markers are.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) cql: String,
    pub(crate) markers: Vec<Marker>,
}

/// What stands for a `?`.
#[derive(Debug, Clone)]
pub(crate) struct Marker {
    /// The column, or what CQL calls the others: `[limit]`, `[ttl]`.
    pub(crate) name: &'static str,
    /// What the model takes it for; `None` where the server alone knows.
    pub(crate) type_def: Option<MarkerType>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum MarkerType {
    Of(TypeDef),
    /// `IN ?` of such.
    ListOf(TypeDef),
    /// What is added to or removed from a set, or a map, as a set of its keys.
    SetOf(TypeDef),
}

impl MarkerType {
    /// Whether a value of this type may be sent as that one.
    pub(crate) fn fits(&self, column_type: &cql_driver::types::ColumnType) -> bool {
        use cql_driver::types::ColumnType;
        match (self, column_type) {
            (MarkerType::Of(of), other) => of.fits(other),
            (MarkerType::ListOf(of), ColumnType::List(element)) => of.fits(element),
            (MarkerType::SetOf(of), ColumnType::Set(element)) => of.fits(element),
            _ => false,
        }
    }
}

#[cfg(feature = "mock")]
impl MarkerType {
    /// The type on the wire, of a table in `keyspace`.
    pub(crate) fn column_type(&self, keyspace: &str) -> cql_driver::types::ColumnType {
        use cql_driver::types::ColumnType;
        match self {
            MarkerType::Of(of) => of.column_type(keyspace),
            MarkerType::ListOf(of) => ColumnType::list(of.column_type(keyspace)),
            MarkerType::SetOf(of) => ColumnType::set(of.column_type(keyspace)),
        }
    }
}

impl std::fmt::Display for MarkerType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MarkerType::Of(of) => of.fmt(f),
            MarkerType::ListOf(of) => write!(f, "list<{of}>"),
            MarkerType::SetOf(of) => write!(f, "set<{of}>"),
        }
    }
}

impl Text {
    /// The text of a shape for a table in `keyspace`.
    pub(crate) fn of(shape: &Shape, keyspace: Option<&str>) -> Text {
        let mut text = Text { cql: String::with_capacity(128), markers: Vec::new() };
        let mut table = String::new();
        if let Some(keyspace) = keyspace {
            let _ = write!(table, "{}.", Identifier(keyspace));
        }
        table.push_str(&Identifier(shape.meta.table).to_string());
        match shape.verb {
            Verb::Select => text.select(shape, &table),
            Verb::Insert(_) => text.insert(shape, &table),
            Verb::Update => text.update(shape, &table),
            Verb::Delete => text.delete(shape, &table),
        }
        text
    }

    fn select(&mut self, shape: &Shape, table: &str) {
        let name = |column: &ColumnMeta| match column.role {
            ColumnRole::WriteTime(of) => {
                format!("writetime({}) AS {}", Identifier(of), Identifier(column.name))
            }
            ColumnRole::Ttl(of) => format!("ttl({}) AS {}", Identifier(of), Identifier(column.name)),
            _ => Identifier(column.name).to_string(),
        };
        let names: Vec<String> = match shape.columns {
            Columns::Count => vec!["count(*)".to_owned()],
            _ => shape.selected().into_iter().map(name).collect(),
        };
        let distinct = if shape.columns == Columns::Partitions { "DISTINCT " } else { "" };
        let _ = write!(self.cql, "SELECT {distinct}{} FROM {table}", names.join(", "));
        if let Some(raw) = shape.raw {
            let _ = write!(self.cql, " {raw}");
            return;
        }
        self.conditions(shape);
        let mut separator = " ORDER BY ";
        for (_, term) in shape.terms_of(Clause::Order) {
            let name = Identifier(name_of(shape, term));
            let _ = match term.op {
                Op::Desc => write!(self.cql, "{separator}{name} DESC"),
                Op::Ann => write!(self.cql, "{separator}{name} ANN OF ?"),
                _ => write!(self.cql, "{separator}{name} ASC"),
            };
            if term.op == Op::Ann {
                self.mark(shape, term);
            }
            separator = ", ";
        }
        for (clause, words, name) in [
            (Clause::PartitionLimit, " PER PARTITION LIMIT ?", "[per_partition_limit]"),
            (Clause::Limit, " LIMIT ?", "[limit]"),
        ] {
            if shape.terms_of(clause).next().is_some() {
                self.cql.push_str(words);
                self.number(name, Native::Int);
            }
        }
        if shape.allow_filtering {
            self.cql.push_str(" ALLOW FILTERING");
        }
    }

    fn insert(&mut self, shape: &Shape, table: &str) {
        let mut names: Vec<String> = Vec::new();
        let mut push = |column: &'static ColumnMeta, markers: &mut Vec<Marker>| {
            names.push(Identifier(column.name).to_string());
            markers.push(marker_of(column));
        };
        // Either a whole row, or the columns that are given.
        if shape.terms_of(Clause::Assign).next().is_some() {
            for (_, term) in shape.terms_of(Clause::Assign) {
                if let Some(column) = shape.meta.column(term.column) {
                    push(column, &mut self.markers);
                }
            }
        } else {
            for (at, column) in shape.meta.stored().filter(|(at, _)| shape.left_out >> at & 1 == 0) {
                let _ = at;
                push(column, &mut self.markers);
            }
        }
        let marks = vec!["?"; names.len()].join(", ");
        let _ = write!(self.cql, "INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
        if shape.if_exists {
            self.cql.push_str(" IF NOT EXISTS");
        }
        self.using(shape);
    }

    fn update(&mut self, shape: &Shape, table: &str) {
        let _ = write!(self.cql, "UPDATE {table}");
        self.using(shape);
        let mut separator = " SET ";
        for (_, term) in shape.terms_of(Clause::Assign) {
            self.cql.push_str(separator);
            self.assignment(shape, term);
            separator = ", ";
        }
        self.conditions(shape);
        self.tests(shape);
    }

    fn delete(&mut self, shape: &Shape, table: &str) {
        self.cql.push_str("DELETE");
        let mut separator = " ";
        for (_, term) in shape.terms_of(Clause::Assign) {
            let _ = write!(self.cql, "{separator}{}", Identifier(name_of(shape, term)));
            separator = ", ";
        }
        let _ = write!(self.cql, " FROM {table}");
        self.using(shape);
        self.conditions(shape);
        self.tests(shape);
    }

    fn using(&mut self, shape: &Shape) {
        let mut separator = " USING";
        for (clause, word, name, native) in [
            (Clause::Timestamp, "TIMESTAMP", "[timestamp]", Native::BigInt),
            (Clause::Ttl, "TTL", "[ttl]", Native::Int),
        ] {
            if shape.terms_of(clause).next().is_some() {
                let _ = write!(self.cql, "{separator} {word} ?");
                self.number(name, native);
                separator = " AND";
            }
        }
    }

    fn assignment(&mut self, shape: &Shape, term: Term) {
        let name = Identifier(name_of(shape, term)).to_string();
        let _ = match term.op {
            Op::Add => write!(self.cql, "{name} = {name} + ?"),
            Op::Remove => write!(self.cql, "{name} = {name} - ?"),
            Op::Prepend => write!(self.cql, "{name} = ? + {name}"),
            Op::Put => write!(self.cql, "{name}[?] = ?"),
            Op::Field(at) => write!(self.cql, "{name}.{} = ?", Identifier(field_name(shape, term, at))),
            _ => write!(self.cql, "{name} = ?"),
        };
        self.mark(shape, term);
    }

    fn conditions(&mut self, shape: &Shape) {
        let mut separator = " WHERE ";
        for (_, term) in shape.terms_of(Clause::Where) {
            self.cql.push_str(separator);
            self.condition(shape, term);
            separator = " AND ";
        }
    }

    fn tests(&mut self, shape: &Shape) {
        if shape.if_exists {
            self.cql.push_str(" IF EXISTS");
            return;
        }
        let mut separator = " IF ";
        for (_, term) in shape.terms_of(Clause::If) {
            self.cql.push_str(separator);
            self.condition(shape, term);
            separator = " AND ";
        }
    }

    fn condition(&mut self, shape: &Shape, term: Term) {
        match term.op {
            Op::Slice(bound, count) => return self.slice(shape, term, bound, count),
            Op::Token(bound) => {
                let _ = write!(self.cql, "{} {} ?", token(shape), bound.operator());
                return self.number("partition key token", Native::BigInt);
            }
            Op::AfterTokenOf => {
                let marks = vec!["?"; shape.meta.partition_key.len()].join(", ");
                let _ = write!(self.cql, "{} > token({marks})", token(shape));
                let columns = shape.meta.partition_key.iter().filter_map(|at| shape.meta.column(*at));
                return self.markers.extend(columns.map(marker_of));
            }
            _ => {}
        }
        let name = Identifier(name_of(shape, term)).to_string();
        let (left, operator) = match term.op {
            Op::In => (name, "IN"),
            Op::NotEq => (name, "!="),
            Op::Gt => (name, ">"),
            Op::Ge => (name, ">="),
            Op::Lt => (name, "<"),
            Op::Le => (name, "<="),
            Op::Contains => (name, "CONTAINS"),
            Op::ContainsKey => (name, "CONTAINS KEY"),
            Op::Like => (name, "LIKE"),
            Op::Entry => (format!("{name}[?]"), "="),
            _ => (name, "="),
        };
        let _ = write!(self.cql, "{left} {operator} ?");
        self.mark(shape, term);
    }

    fn slice(&mut self, shape: &Shape, term: Term, bound: Bound, count: u8) {
        let from = shape.meta.clustering_key.iter().skip_while(|(at, _)| *at != term.column);
        let columns: Vec<_> = from.take(count.into()).filter_map(|(at, _)| shape.meta.column(*at)).collect();
        let names: Vec<String> = columns.iter().map(|column| Identifier(column.name).to_string()).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let _ = write!(self.cql, "({}) {} ({marks})", names.join(", "), bound.operator());
        self.markers.extend(columns.into_iter().map(marker_of));
    }

    fn number(&mut self, name: &'static str, native: Native) {
        let type_def = Some(MarkerType::Of(TypeDef::Native(native)));
        self.markers.push(Marker { name, type_def });
    }

    /// Adds the markers of a term.
    fn mark(&mut self, shape: &Shape, term: Term) {
        let Some(column) = shape.meta.column(term.column) else { return };
        let name = column.name;
        let of = column.type_def;
        let parts: &[Option<MarkerType>] = match (term.op, of.thawed()) {
            (Op::In, _) => &[Some(MarkerType::ListOf(of))],
            (Op::Contains, TypeDef::List(element) | TypeDef::Set(element) | TypeDef::Map(_, element)) => {
                &[Some(MarkerType::Of(**element))]
            }
            (Op::ContainsKey, TypeDef::Map(key, _)) => &[Some(MarkerType::Of(**key))],
            (Op::Entry | Op::Put, TypeDef::Map(key, value)) => {
                &[Some(MarkerType::Of(**key)), Some(MarkerType::Of(**value))]
            }
            (Op::Put, TypeDef::List(element)) => {
                &[Some(MarkerType::Of(TypeDef::Native(Native::Int))), Some(MarkerType::Of(**element))]
            }
            (Op::Remove, TypeDef::Map(key, _)) => &[Some(MarkerType::SetOf(**key))],
            (Op::Field(at), TypeDef::Udt(udt)) => {
                let field = udt.fields.get(usize::from(at)).map(|(_, field)| MarkerType::Of(*field));
                self.markers.push(Marker { name, type_def: field });
                return;
            }
            // The server takes a number there, whatever it says the type is.
            (Op::Add | Op::Remove, _) if of.is_counter() => &[None],
            _ => &[Some(MarkerType::Of(of))],
        };
        self.markers.extend(parts.iter().map(|type_def| Marker { name, type_def: *type_def }));
    }
}

fn marker_of(column: &'static ColumnMeta) -> Marker {
    Marker { name: column.name, type_def: Some(MarkerType::Of(column.type_def)) }
}

/// The token of a row's partition.
fn token(shape: &Shape) -> String {
    let columns = shape.meta.partition_key.iter().filter_map(|at| shape.meta.column(*at));
    let names: Vec<String> = columns.map(|column| Identifier(column.name).to_string()).collect();
    format!("token({})", names.join(", "))
}

fn name_of(shape: &Shape, term: Term) -> &'static str {
    shape.meta.column(term.column).map_or("", |column| column.name)
}

fn field_name(shape: &Shape, term: Term, at: u16) -> &'static str {
    match shape.meta.column(term.column).map(|column| column.type_def.thawed()) {
        Some(TypeDef::Udt(udt)) => udt.fields.get(usize::from(at)).map_or("", |(name, _)| name),
        _ => "",
    }
}
