//! What has to be changed so that models have their tables: shown first, then applied.

use super::create::{column_type, create, create_index, create_type, index_target, name, option_value};
use super::state::{KeyspaceState, OptionState, TableState, canonical, class};
use crate::error::Error;
use crate::mapper::Mapper;
use crate::model::{ColumnMeta, ColumnRole, ModelMeta, OptionDef};
use crate::value::UserTypeDef;
use std::collections::BTreeMap;
use std::fmt;

/// What is to be done about one thing of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The keyspace.
    pub keyspace: String,
    /// What it is about, and what is to be done, in words.
    pub subject: String,
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The statement, for what is applied.
    pub cql: Option<String>,
}

/// Kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChangeKind {
    /// Something is created or added: `+`.
    Add,
    /// An option is changed: `~`.
    Alter,
    /// The model and the schema contradict one another; nothing is applied before that is settled: `!`.
    Conflict,
    /// Something that no model knows, and that is left alone: `?`.
    Drift,
}

/// What has to be changed, from [`Schema::plan`](super::Schema::plan). Nothing is ever dropped, renamed, or given
/// another type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a plan changes nothing before it is applied"]
pub struct Plan {
    changes: Vec<Change>,
}

impl Plan {
    /// All changes, in the order in which they are applied.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether there is nothing to do: all models have their tables. What no model knows does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.kind == ChangeKind::Drift)
    }

    /// The statements that are to be executed.
    #[must_use]
    pub fn to_cql(&self) -> Vec<String> {
        self.changes.iter().filter_map(|change| change.cql.clone()).collect()
    }

    /// The plan, if no model contradicts the schema.
    ///
    /// # Errors
    /// [`Error::SchemaConflict`] for all that does.
    pub fn ensure_safe(self) -> Result<Self, Error> {
        let conflicts = self.changes.iter().filter(|change| change.kind == ChangeKind::Conflict);
        let conflicts: Vec<String> =
            conflicts.map(|change| format!("{}: {}", change.keyspace, change.subject)).collect();
        if conflicts.is_empty() { Ok(self) } else { Err(Error::SchemaConflict { conflicts }) }
    }

    /// Changes the schema, one statement after the other, each when all nodes have the one before.
    ///
    /// # Errors
    /// [`Error::SchemaConflict`] before the first statement when a model contradicts the schema;
    /// [`Error::SchemaDisagreement`] when nodes do not agree in time; otherwise see [`Error`]. Statements before the one
    /// that failed are applied, and a new plan goes on from there.
    ///
    /// # Cancel safety
    /// What was sent is applied; a new plan goes on from there.
    pub async fn apply(self, db: &Mapper) -> Result<(), Error> {
        let plan = self.ensure_safe()?;
        for cql in plan.to_cql() {
            let result = db.session().execute(&cql, ()).await;
            let result = result.map_err(|error| Error::Driver { cql: cql.clone(), error })?;
            if result.schema_agreed() == Some(false) {
                return Err(Error::SchemaDisagreement { cql });
            }
        }
        Ok(())
    }

    fn push(&mut self, keyspace: &str, kind: ChangeKind, subject: String, cql: Option<String>) {
        self.changes.push(Change { keyspace: keyspace.to_owned(), subject, kind, cql });
    }

    /// Compares a keyspace that is to be there.
    pub(super) fn keyspace(
        &mut self,
        keyspace: &str,
        replication: &BTreeMap<String, String>,
        state: Option<&KeyspaceState>,
    ) {
        let wanted: Vec<(&str, &str)> = replication.iter().map(|(key, value)| (&**key, &**value)).collect();
        let shown = super::create::texts(&wanted);
        let Some(state) = state else {
            let cql = format!("CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {shown}", name(keyspace));
            return self.push(keyspace, ChangeKind::Add, format!("keyspace {keyspace}"), Some(cql));
        };
        if !same_map(&wanted, &state.replication) {
            let subject = format!("replication is not {shown}: it is left as it is");
            self.push(keyspace, ChangeKind::Drift, subject, None);
        }
    }

    /// Compares a user-defined type.
    pub(super) fn user_type(&mut self, keyspace: &str, of: &'static UserTypeDef, state: &KeyspaceState) {
        let Some(fields) = state.types.get(of.name) else {
            let cql = create_type(of, keyspace);
            return self.push(keyspace, ChangeKind::Add, format!("type {}", of.name), Some(cql));
        };
        for (at, (field, type_def)) in of.fields.iter().enumerate() {
            let wanted = column_type(type_def);
            match fields.get(at) {
                Some((known, found)) if known == field && canonical(found) == canonical(&wanted) => {}
                Some((known, found)) if known == field => {
                    let subject = format!("field {}.{field} is {found}, and {wanted} in the model", of.name);
                    self.push(keyspace, ChangeKind::Conflict, subject, None);
                }
                Some((known, _)) => {
                    let subject =
                        format!("type {} has the field {known} where the model has {field}", of.name);
                    return self.push(keyspace, ChangeKind::Conflict, subject, None);
                }
                None => {
                    let cql = format!(
                        "ALTER TYPE {}.{} ADD {} {wanted}",
                        name(keyspace),
                        name(of.name),
                        name(field)
                    );
                    self.push(
                        keyspace,
                        ChangeKind::Add,
                        format!("field {}.{field} {wanted}", of.name),
                        Some(cql),
                    );
                }
            }
        }
        for (field, _) in fields.iter().skip(of.fields.len()) {
            let subject = format!("field {}.{field} is not in the model", of.name);
            self.push(keyspace, ChangeKind::Drift, subject, None);
        }
    }

    /// Compares a view. Nothing can be added to one: what differs is a conflict.
    pub(super) fn view(
        &mut self,
        keyspace: &str,
        meta: &'static ModelMeta,
        base: &'static ModelMeta,
        state: &KeyspaceState,
    ) {
        let Some((table, view)) = state.views.get(meta.table) else {
            let subject = format!("view {} of {}", meta.table, base.table);
            return self.push(keyspace, ChangeKind::Add, subject, Some(create(meta, keyspace)));
        };
        if table != base.table {
            let subject = format!("view {} is of {table}, and of {} in the model", meta.table, base.table);
            self.push(keyspace, ChangeKind::Conflict, subject, None);
        }
        self.keys(keyspace, meta, view);
        for (_, column) in meta.stored().filter(|(_, column)| !column.role.is_key()) {
            if view.columns.iter().any(|found| found.name == column.name) {
                self.column(keyspace, meta, column, view);
            } else {
                let subject = format!("view {} has no column {}: make it anew", meta.table, column.name);
                self.push(keyspace, ChangeKind::Conflict, subject, None);
            }
        }
    }

    /// Compares a table.
    pub(super) fn table(&mut self, keyspace: &str, meta: &'static ModelMeta, state: &KeyspaceState) {
        match state.tables.get(meta.table) {
            None => {
                let subject = format!("table {}", meta.table);
                self.push(keyspace, ChangeKind::Add, subject, Some(create(meta, keyspace)));
                self.indexes(keyspace, meta, &TableState::default());
            }
            Some(table) => {
                self.keys(keyspace, meta, table);
                self.columns(keyspace, meta, table);
                self.options(keyspace, meta, table);
                self.indexes(keyspace, meta, table);
            }
        }
    }

    fn keys(&mut self, keyspace: &str, meta: &'static ModelMeta, table: &TableState) {
        let column = |at: u16| meta.column(at).map_or("", |column| column.name);
        let partition: Vec<&str> = meta.partition_key.iter().map(|at| column(*at)).collect();
        let clustering: Vec<(String, bool)> =
            meta.clustering_key.iter().map(|(at, descends)| (column(*at).to_owned(), *descends)).collect();
        if partition != table.partition_key || clustering != table.clustering_key {
            let shown = |partition: &[String], clustering: &[(String, bool)]| {
                let order = |(name, descends): &(String, bool)| {
                    format!(", {name}{}", if *descends { " desc" } else { "" })
                };
                let rest: String = clustering.iter().map(order).collect();
                format!("(({}){rest})", partition.join(", "))
            };
            let partition: Vec<String> = partition.iter().map(|name| (*name).to_owned()).collect();
            let subject = format!(
                "the primary key of {} is {}, and {} in the model",
                meta.table,
                shown(&table.partition_key, &table.clustering_key),
                shown(&partition, &clustering)
            );
            self.push(keyspace, ChangeKind::Conflict, subject, None);
        }
    }

    fn columns(&mut self, keyspace: &str, meta: &'static ModelMeta, table: &TableState) {
        for (_, column) in meta.stored() {
            self.column(keyspace, meta, column, table);
        }
        for found in &table.columns {
            if !meta.stored().any(|(_, column)| column.name == found.name) {
                let subject =
                    format!("column {}.{} {} is not in the model", meta.table, found.name, found.column_type);
                self.push(keyspace, ChangeKind::Drift, subject, None);
            }
        }
    }

    fn column(
        &mut self,
        keyspace: &str,
        meta: &'static ModelMeta,
        column: &'static ColumnMeta,
        table: &TableState,
    ) {
        let wanted = column.type_def.cql(&name);
        let is_static = column.role == ColumnRole::Static;
        let fixed = if is_static { " static" } else { "" };
        match table.columns.iter().find(|found| found.name == column.name) {
            // A key that differs is told as a whole.
            None if column.role.is_key() => {}
            None => {
                let cql = format!(
                    "ALTER TABLE {}.{} ADD {} {wanted}{fixed}",
                    name(keyspace),
                    name(meta.table),
                    name(column.name)
                );
                let subject = format!("column {}.{} {wanted}{fixed}", meta.table, column.name);
                self.push(keyspace, ChangeKind::Add, subject, Some(cql));
            }
            Some(found) if canonical(&found.column_type) != canonical(&wanted) => {
                let subject = format!(
                    "column {}.{} is {}, and {wanted} in the model",
                    meta.table, column.name, found.column_type
                );
                self.push(keyspace, ChangeKind::Conflict, subject, None);
            }
            Some(found) if found.is_static != is_static => {
                let (is, in_model) =
                    if is_static { ("not static", "static") } else { ("static", "not static") };
                let subject =
                    format!("column {}.{} is {is}, and {in_model} in the model", meta.table, column.name);
                self.push(keyspace, ChangeKind::Conflict, subject, None);
            }
            Some(_) => {}
        }
    }

    fn options(&mut self, keyspace: &str, meta: &'static ModelMeta, table: &TableState) {
        for (option, wanted) in meta.options {
            let is_there = match (wanted, table.options.get(*option)) {
                (OptionDef::Text(text), Some(OptionState::Text(found))) => text == found,
                (OptionDef::Boolean(truth), Some(OptionState::Boolean(found))) => truth == found,
                #[allow(clippy::cast_precision_loss, reason = "options are small numbers")]
                (OptionDef::Integer(number), Some(OptionState::Number(found))) => {
                    is_close(*number as f64, *found)
                }
                (OptionDef::Float(number), Some(OptionState::Number(found))) => is_close(*number, *found),
                (OptionDef::Map(pairs), Some(OptionState::Map(found))) => contains_map(pairs, found),
                _ => false,
            };
            if !is_there {
                let value = option_value(wanted);
                let cql = format!(
                    "ALTER TABLE {}.{} WITH {} = {value}",
                    name(keyspace),
                    name(meta.table),
                    name(option)
                );
                let subject = format!("option {option} of {}: {value}", meta.table);
                self.push(keyspace, ChangeKind::Alter, subject, Some(cql));
            }
        }
    }

    fn indexes(&mut self, keyspace: &str, meta: &'static ModelMeta, table: &TableState) {
        let indexes = meta.stored().filter_map(|(_, column)| Some((column, column.index?)));
        for (column, index) in indexes.filter(|(_, index)| !index.is_external) {
            let target = index_target(column, index);
            let same_target = |found: &&(String, String)| {
                let plain = found.0.trim_start_matches("values(").trim_end_matches(')');
                canonical(&found.0) == canonical(&target) || name(plain) == target || plain == target
            };
            match table.indexes.iter().find(same_target) {
                None => {
                    let subject = format!("index on {}.{target}", meta.table);
                    let cql = create_index(meta, column, index, keyspace);
                    self.push(keyspace, ChangeKind::Add, subject, Some(cql));
                }
                Some((_, found)) if *found != class(index.class) => {
                    let subject =
                        format!("the index on {}.{target} is of another class: {found}", meta.table);
                    self.push(keyspace, ChangeKind::Drift, subject, None);
                }
                Some(_) => {}
            }
        }
    }
}

fn is_close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

/// Whether a map has these pairs; servers add more of their own, and give classes with their packages.
fn contains_map(pairs: &[(&str, &str)], found: &BTreeMap<String, String>) -> bool {
    pairs.iter().all(|(key, value)| {
        found.get(*key).is_some_and(|known| {
            known == value || (*key == "class" && class(Some(known)) == class(Some(value)))
        })
    })
}

fn same_map(pairs: &[(&str, &str)], found: &BTreeMap<String, String>) -> bool {
    pairs.len() == found.len() && contains_map(pairs, found)
}

/// As a list by keyspace: `+` is added, `~` changed, `!` a conflict, `?` left alone.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return f.write_str("nothing to change");
        }
        let mut keyspace = "";
        for (at, change) in self.changes.iter().enumerate() {
            if change.keyspace != keyspace || at == 0 {
                keyspace = &change.keyspace;
                writeln!(f, "{keyspace}")?;
            }
            let sign = match change.kind {
                ChangeKind::Add => '+',
                ChangeKind::Alter => '~',
                ChangeKind::Conflict => '!',
                ChangeKind::Drift => '?',
            };
            write!(f, "  {sign} {}", change.subject)?;
            if at + 1 < self.changes.len() {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
