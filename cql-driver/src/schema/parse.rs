//! Rows of `system_schema` (3.0 and newer) to objects. Rows that make no sense are skipped with a reason in the log.

use super::keyspace::{Aggregate, Function, Keyspace, UserType};
use super::reader::{Results, Source};
use super::table::{Column, ColumnKind, Index, Mask, OptionValue, Table, Trigger, View};
use cql_protocol::value::{CqlValue, FromCql, RawRow};
use std::collections::{BTreeMap, HashMap};

/// What a read found.
#[derive(Debug, Default)]
pub(super) struct Objects {
    pub(super) keyspaces: Vec<Keyspace>,
    pub(super) tables: Vec<Table>,
    pub(super) views: Vec<View>,
    pub(super) user_types: Vec<UserType>,
    pub(super) functions: Vec<Function>,
    pub(super) aggregates: Vec<Aggregate>,
    pub(super) skipped: Skipped,
}

/// Rows that were skipped. The log tells of the first of them only, as a server may have many.
#[derive(Debug, Default)]
pub(super) struct Skipped(pub(super) usize);

impl Skipped {
    const TOLD: usize = 8;

    /// What a row makes, unless it lacks something, which is then told.
    pub(super) fn unless<T>(&mut self, made: Result<T, String>) -> Option<T> {
        made.map_err(|reason| {
            self.0 += 1;
            if self.0 <= Self::TOLD {
                tracing::warn!(reason, "a row of the schema makes no sense, skipped");
            }
        })
        .ok()
    }
}

/// Reads a column that has to be there.
pub(super) fn must<'r, T: FromCql<'r>>(row: &RawRow<'r>, name: &str) -> Result<T, String> {
    row.value(name).map_err(|error| error.to_string())
}

/// Reads a column that may be missing or null.
pub(super) fn may<'r, T: FromCql<'r>>(row: &RawRow<'r>, name: &str) -> Option<T> {
    row.value::<Option<T>>(name).ok().flatten()
}

pub(super) type Key = (String, String);

/// What belongs to tables, by keyspace and name of the table.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) columns: HashMap<Key, Vec<Column>>,
    pub(super) indexes: HashMap<Key, BTreeMap<String, Index>>,
    pub(super) triggers: HashMap<Key, BTreeMap<String, Trigger>>,
}

impl Parts {
    /// Gives a table what belongs to it.
    pub(super) fn complete(&mut self, mut table: Table, flags: Option<&[String]>) -> Result<Table, String> {
        let key = (table.keyspace.clone(), table.name.clone());
        table.columns = self.columns.remove(&key).unwrap_or_default();
        table.indexes = self.indexes.remove(&key).unwrap_or_default();
        table.triggers = self.triggers.remove(&key).unwrap_or_default();
        if let Some(flags) = flags {
            let has = |flag| flags.iter().any(|known| known == flag);
            table.is_compact = has("dense") || has("super") || !has("compound");
            if table.is_compact && !has("dense") && !has("super") {
                show_static_columns(&mut table.columns);
            }
            // What stands for the values that a table without regular columns does not have.
            table
                .columns
                .retain(|column| column.kind != ColumnKind::Regular || column.column_type != "empty");
        }
        table.columns.sort_by(|a, b| (a.kind, a.position, &a.name).cmp(&(b.kind, b.position, &b.name)));
        check_key(&table).map_err(|problem| format!("table `{}.{}` {problem}", key.0, key.1))?;
        Ok(table)
    }
}

/// The columns that users of a compact table without clustering key see are kept as static ones, beside two that
/// nobody sees.
fn show_static_columns(columns: &mut Vec<Column>) {
    columns.retain(|column| matches!(column.kind, ColumnKind::PartitionKey | ColumnKind::Static));
    for column in columns.iter_mut().filter(|column| column.kind == ColumnKind::Static) {
        column.kind = ColumnKind::Regular;
    }
}

fn check_key(table: &Table) -> Result<(), &'static str> {
    let in_order = |columns: &mut dyn Iterator<Item = &Column>| {
        columns.enumerate().all(|(at, column)| column.position == at)
    };
    if table.partition_key().next().is_none() {
        return Err("has no partition key");
    }
    if !in_order(&mut table.partition_key()) || !in_order(&mut table.clustering_key()) {
        return Err("lacks a part of its key");
    }
    Ok(())
}

/// Everything that the rows tell.
pub(super) fn objects(results: &Results) -> Objects {
    let mut objects = Objects::default();
    let mut skipped = Skipped::default();
    for row in results.rows(Source::Keyspaces) {
        objects.keyspaces.extend(skipped.unless(keyspace(&row)));
    }
    let mut parts = parts(results, &mut skipped);
    for row in results.rows(Source::Tables) {
        let table = table(&row, "table_name").and_then(|table| {
            let flags: Vec<String> = may(&row, "flags").unwrap_or_default();
            parts.complete(table, Some(&flags))
        });
        objects.tables.extend(skipped.unless(table));
    }
    for row in results.rows(Source::Views) {
        objects.views.extend(skipped.unless(view(&row, &mut parts)));
    }
    for row in results.rows(Source::Types) {
        objects.user_types.extend(skipped.unless(user_type(&row)));
    }
    for row in results.rows(Source::Functions) {
        objects.functions.extend(skipped.unless(function(&row)));
    }
    for row in results.rows(Source::Aggregates) {
        objects.aggregates.extend(skipped.unless(aggregate(&row)));
    }
    virtual_objects(results, &mut objects, &mut skipped);
    objects.skipped = skipped;
    objects
}

fn virtual_objects(results: &Results, objects: &mut Objects, skipped: &mut Skipped) {
    for row in results.rows(Source::VirtualKeyspaces) {
        let keyspace = must(&row, "keyspace_name").map(|name| Keyspace {
            name,
            is_virtual: true,
            ..Keyspace::default()
        });
        objects.keyspaces.extend(skipped.unless(keyspace));
    }
    let mut parts = Parts::default();
    for row in results.rows(Source::VirtualColumns) {
        if let Some((key, column)) = skipped.unless(column(&row, &HashMap::new())) {
            parts.columns.entry(key).or_default().push(column);
        }
    }
    for row in results.rows(Source::VirtualTables) {
        let table = table(&row, "table_name").and_then(|table| parts.complete(table, None));
        objects.tables.extend(skipped.unless(table).map(|table| Table { is_virtual: true, ..table }));
    }
}

fn parts(results: &Results, skipped: &mut Skipped) -> Parts {
    let mut masks = HashMap::new();
    for row in results.rows(Source::Masks) {
        masks.extend(skipped.unless(mask(&row)));
    }
    let mut parts = Parts::default();
    for row in results.rows(Source::Columns) {
        if let Some((key, column)) = skipped.unless(column(&row, &masks)) {
            parts.columns.entry(key).or_default().push(column);
        }
    }
    for row in results.rows(Source::Indexes) {
        if let Some((key, index)) = skipped.unless(index(&row)) {
            parts.indexes.entry(key).or_default().insert(index.name.clone(), index);
        }
    }
    for row in results.rows(Source::Triggers) {
        if let Some((key, trigger)) = skipped.unless(trigger(&row)) {
            parts.triggers.entry(key).or_default().insert(trigger.name.clone(), trigger);
        }
    }
    parts
}

fn keyspace(row: &RawRow<'_>) -> Result<Keyspace, String> {
    Ok(Keyspace {
        name: must(row, "keyspace_name")?,
        replication: must(row, "replication")?,
        durable_writes: may(row, "durable_writes").unwrap_or(true),
        ..Keyspace::default()
    })
}

/// A table or what a view looks like, without its columns.
fn table(row: &RawRow<'_>, name: &str) -> Result<Table, String> {
    const NO_OPTIONS: [&str; 9] = [
        "keyspace_name",
        "table_name",
        "view_name",
        "id",
        "flags",
        "base_table_id",
        "base_table_name",
        "include_all_columns",
        "where_clause",
    ];
    let mut table =
        Table { keyspace: must(row, "keyspace_name")?, name: must(row, name)?, ..Table::default() };
    for column in row.columns().iter().filter(|column| !NO_OPTIONS.contains(&column.name())) {
        let value = row.value(column.name()).ok().and_then(option);
        table.options.extend(value.map(|value| (column.name().to_owned(), value)));
    }
    Ok(table)
}

/// `None` for null and what no option is like.
fn option(value: CqlValue) -> Option<OptionValue> {
    let text = |value| match value {
        CqlValue::Text(text) | CqlValue::Ascii(text) => Some(text),
        _ => None,
    };
    Some(match value {
        CqlValue::Text(text) | CqlValue::Ascii(text) => OptionValue::Text(text),
        CqlValue::Int(number) => OptionValue::Integer(number.into()),
        CqlValue::BigInt(number) => OptionValue::Integer(number),
        CqlValue::Double(number) => OptionValue::Float(number),
        CqlValue::Boolean(is) => OptionValue::Boolean(is),
        CqlValue::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Some((text(key)?, text(value)?)));
            OptionValue::Map(entries.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn view(row: &RawRow<'_>, parts: &mut Parts) -> Result<View, String> {
    let table = table(row, "view_name")?;
    Ok(View {
        base_table: must(row, "base_table_name")?,
        where_clause: must(row, "where_clause")?,
        includes_all_columns: may(row, "include_all_columns").unwrap_or_default(),
        table: parts.complete(table, None)?,
    })
}

type Masks = HashMap<(Key, String), Mask>;

fn column(row: &RawRow<'_>, masks: &Masks) -> Result<(Key, Column), String> {
    let key: Key = (must(row, "keyspace_name")?, must(row, "table_name")?);
    let name: String = must(row, "column_name")?;
    let kind = match must(row, "kind")? {
        "partition_key" => ColumnKind::PartitionKey,
        "clustering" => ColumnKind::Clustering,
        "static" => ColumnKind::Static,
        "regular" => ColumnKind::Regular,
        other => return Err(format!("column `{}.{}.{name}` is of kind `{other}`", key.0, key.1)),
    };
    let is_key = matches!(kind, ColumnKind::PartitionKey | ColumnKind::Clustering);
    let position = if is_key { must::<i32>(row, "position")? } else { 0 };
    let position = usize::try_from(position).map_err(|_| format!("column `{name}` is at {position}"))?;
    let is_descending = may(row, "clustering_order") == Some("desc");
    let place = (key, name);
    let mask = masks.get(&place).cloned();
    let (key, name) = place;
    Ok((key, Column { name, column_type: must(row, "type")?, kind, position, is_descending, mask }))
}

fn mask(row: &RawRow<'_>) -> Result<((Key, String), Mask), String> {
    let key: Key = (must(row, "keyspace_name")?, must(row, "table_name")?);
    let types: Vec<&str> = may(row, "function_argument_types").unwrap_or_default();
    let values: Vec<&str> = may(row, "function_argument_values").unwrap_or_default();
    let nulls: Vec<bool> = may(row, "function_argument_nulls").unwrap_or_default();
    let arguments = types.into_iter().zip(values).zip(nulls);
    let arguments =
        arguments.map(|((of, value), is_null)| if is_null { "null".into() } else { literal(of, value) });
    let mask = Mask {
        function_keyspace: must(row, "function_keyspace")?,
        function: must(row, "function_name")?,
        arguments: arguments.collect(),
    };
    Ok(((key, must(row, "column_name")?), mask))
}

/// The server keeps the bare value; texts and what is written like them need their quotes back.
fn literal(of: &str, value: &str) -> String {
    match of {
        "ascii" | "text" | "varchar" | "inet" | "date" | "time" | "timestamp" => {
            super::cql::Literal(value).to_string()
        }
        "blob" if !value.starts_with("0x") => format!("0x{value}"),
        _ => value.to_owned(),
    }
}

fn index(row: &RawRow<'_>) -> Result<(Key, Index), String> {
    let key: Key = (must(row, "keyspace_name")?, must(row, "table_name")?);
    let mut options: BTreeMap<String, String> = may(row, "options").unwrap_or_default();
    let name: String = must(row, "index_name")?;
    let target = options.remove("target").ok_or_else(|| format!("index `{name}` has no target"))?;
    Ok((key, Index { name, target, class: options.remove("class_name"), options }))
}

fn trigger(row: &RawRow<'_>) -> Result<(Key, Trigger), String> {
    let key: Key = (must(row, "keyspace_name")?, must(row, "table_name")?);
    let mut options: BTreeMap<String, String> = must(row, "options")?;
    let name: String = must(row, "trigger_name")?;
    let class = options.remove("class").ok_or_else(|| format!("trigger `{name}` has no class"))?;
    Ok((key, Trigger { name, class }))
}

fn user_type(row: &RawRow<'_>) -> Result<UserType, String> {
    Ok(UserType {
        keyspace: must(row, "keyspace_name")?,
        name: must(row, "type_name")?,
        fields: pairs(must(row, "field_names")?, must(row, "field_types")?)?,
    })
}

/// Names with their types.
pub(super) fn pairs(names: Vec<String>, types: Vec<String>) -> Result<Vec<(String, String)>, String> {
    if names.len() != types.len() {
        return Err(format!("{} names for {} types", names.len(), types.len()));
    }
    Ok(names.into_iter().zip(types).collect())
}

pub(super) fn function(row: &RawRow<'_>) -> Result<Function, String> {
    // Null when there are none.
    let list = |name| may(row, name).unwrap_or_default();
    Ok(Function {
        keyspace: must(row, "keyspace_name")?,
        name: must(row, "function_name")?,
        arguments: pairs(list("argument_names"), list("argument_types"))?,
        return_type: must(row, "return_type")?,
        language: must(row, "language")?,
        body: must(row, "body")?,
        called_on_null_input: must(row, "called_on_null_input")?,
    })
}

pub(super) fn aggregate(row: &RawRow<'_>) -> Result<Aggregate, String> {
    Ok(Aggregate {
        keyspace: must(row, "keyspace_name")?,
        name: must(row, "aggregate_name")?,
        argument_types: may(row, "argument_types").unwrap_or_default(),
        state_function: must(row, "state_func")?,
        state_type: must(row, "state_type")?,
        final_function: may(row, "final_func"),
        initial_condition: may(row, "initcond"),
        return_type: must(row, "return_type")?,
    })
}
