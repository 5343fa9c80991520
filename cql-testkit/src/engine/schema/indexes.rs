//! CREATE and DROP INDEX.

use super::names::{is_plain, parts, unless};
use super::table::{Column, Index, Table};
use super::types::{self, is_collection};
use super::{Changed, Keyspace, Schema, attached, of_table, properties};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{CreateIndex, IndexTarget, Name, TargetOf};
use cql_protocol::response::{SchemaChange, SchemaChangeKind};
use cql_protocol::types::{ColumnType, Identifier};

/// What an ordinary index is called where classes of indexes are named.
const ORDINARY: &str = "legacy_local_table";

pub(super) fn create(schema: &mut Schema, create: &CreateIndex) -> Result<Changed> {
    let class = class(create);
    let options = options(create, class)?;
    let (keyspace_name, table_name) = parts(&create.table)?;
    let keyspace = schema.keyspace(keyspace_name)?;
    let missing = || problem::invalid(format!("Table '{table_name}' doesn't exist"));
    let table = keyspace.tables.get(table_name).ok_or_else(missing)?;
    if let Some(name) = create.name.as_deref().filter(|name| has_index(keyspace, name)) {
        let known = unless(create.if_not_exists, || format!("Index '{name}' already exists"));
        return known.map(Changed::from);
    }
    if table.is_counter() {
        return Err(problem::invalid("Secondary indexes on counter tables aren't supported"));
    }
    check_number(create, class)?;
    let targets =
        create.targets.iter().map(|target| check_target(table, target)).collect::<Result<Vec<_>>>()?;
    let name = match &create.name {
        Some(name) => name.clone(),
        None => default_name(keyspace, table_name, &create.targets),
    };
    if !is_plain(&name) {
        return Err(problem::configuration(format!("Illegal index name {name}")));
    }
    let target = match (targets.as_slice(), class) {
        ([target], _) => target.clone(),
        ([], _) => return Err(problem::invalid("Failed to retrieve target column for: ")),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|target| target.column.as_str()).collect();
            return Err(problem::invalid(format!(
                "A storage-attached index cannot be created over multiple columns: {}",
                names.join(", ")
            )));
        }
    };
    let index = Index { name, target, class: class.map(str::to_owned), options };
    if let Some(equal) = table.indexes.iter().find(|other| is_equal(other, &index)) {
        let (new, old) = (&index.name, &equal.name);
        let message = || format!("Index {new} is a duplicate of existing index {old}");
        return unless(create.if_not_exists, message).map(Changed::from);
    }
    if class.is_some() {
        attached::check(table, &index)?;
    }
    let mut table = Table::clone(table);
    table.indexes.push(index);
    let change = Some(of_table(SchemaChangeKind::UPDATED, &table));
    let warnings = if class.is_some() { attached::warnings(&table) } else { Vec::new() };
    schema.put(table);
    Ok(Changed { change, warnings })
}

/// The class as it was written; `None` for an ordinary index.
fn class(create: &CreateIndex) -> Option<&str> {
    match create.class.as_deref() {
        Some(ORDINARY) if !create.is_custom => None,
        None if create.is_custom => Some(ORDINARY),
        other => other,
    }
}

fn options(create: &CreateIndex, class: Option<&str>) -> Result<Vec<(String, String)>> {
    properties::check_names(&create.options, &["options"])?;
    let options = properties::map(&create.options, "options")?;
    if class.is_none() && options.is_some() {
        return Err(problem::invalid("Cannot specify options for a non-CUSTOM index"));
    }
    let options = options.unwrap_or_default();
    for reserved in ["class_name", "target"] {
        if options.iter().any(|(name, _)| name == reserved) {
            let message = format!("Cannot specify {reserved} as a CUSTOM option");
            return Err(problem::invalid(message));
        }
    }
    Ok(options)
}

fn has_index(keyspace: &Keyspace, name: &str) -> bool {
    keyspace.tables.values().any(|table| table.indexes.iter().any(|index| index.name == name))
}

fn check_number(create: &CreateIndex, class: Option<&str>) -> Result<()> {
    if class.is_none() && create.targets.is_empty() {
        let message = "Only CUSTOM indexes can be created without specifying a target column";
        return Err(problem::invalid(message));
    }
    if class.is_none() && create.targets.len() > 1 {
        return Err(problem::invalid("Only CUSTOM indexes support multiple columns"));
    }
    for (at, target) in create.targets.iter().enumerate() {
        let before = create.targets.iter().take(at);
        if before.into_iter().any(|other| other.column == target.column) {
            let message = format!("Duplicate column '{}' in index target list", target.column);
            return Err(problem::invalid(message));
        }
    }
    Ok(())
}

/// The target as the server keeps it: a collection without a word is of its values.
fn check_target(table: &Table, target: &IndexTarget) -> Result<IndexTarget> {
    let name = &target.column;
    let Some(column) = table.column(name) else {
        return Err(problem::invalid(format!(
            "Undefined column name {name} in table {}.{}",
            table.keyspace(),
            table.name()
        )));
    };
    check_durations(column)?;
    if column.is_partition_key() && table.partition_key().len() == 1 {
        let message = format!("Cannot create secondary index on the only partition key column {name}");
        return Err(problem::invalid(message));
    }
    let of = match target.of {
        TargetOf::Plain if is_collection(&column.column_type) => TargetOf::Values,
        of => of,
    };
    check_part(column, of)?;
    Ok(IndexTarget { of, column: name.clone() })
}

fn check_durations(column: &Column) -> Result<()> {
    if !types::has_duration(&column.column_type) {
        return Ok(());
    }
    let what = match &column.column_type {
        ColumnType::Duration => "duration columns",
        ColumnType::Tuple(_) => "tuples containing durations",
        ColumnType::Udt(_) => "UDTs containing durations",
        _ => "collections containing durations",
    };
    Err(problem::invalid(format!("Secondary indexes are not supported on {what}")))
}

fn check_part(column: &Column, of: TargetOf) -> Result<()> {
    let name = &column.name;
    let word = word(of);
    let is_collection = is_collection(&column.column_type);
    let is_frozen_collection = is_collection && !column.is_multi_cell;
    if is_frozen_collection && of != TargetOf::Full {
        return Err(problem::invalid(format!(
            "Cannot create {word}() index on frozen column {name}. Frozen collections are immutable and must be fully \
             indexed by using the 'full({name})' modifier"
        )));
    }
    if of == TargetOf::Full && !is_frozen_collection {
        return Err(problem::invalid("full() indexes can only be created on frozen collections"));
    }
    if !is_collection && of != TargetOf::Plain {
        return Err(problem::invalid(format!(
            "Cannot create {word}() index on {name}. Non-collection columns only support simple indexes"
        )));
    }
    let is_map = matches!(column.column_type, ColumnType::Map(_));
    if matches!(of, TargetOf::Keys | TargetOf::Entries) && !is_map {
        return Err(problem::invalid(format!(
            "Cannot create index on {word} of column {name} with non-map type"
        )));
    }
    if column.is_multi_cell && !is_collection {
        return Err(problem::invalid(format!("Cannot create index on non-frozen UDT column {name}")));
    }
    Ok(())
}

/// How a target is written; nothing for a column as it is.
fn word(of: TargetOf) -> &'static str {
    match of {
        TargetOf::Plain => "",
        TargetOf::Values => "values",
        TargetOf::Keys => "keys",
        TargetOf::Entries => "entries",
        TargetOf::Full => "full",
    }
}

impl Index {
    /// The target as `system_schema.indexes` tells it.
    pub(super) fn target_text(&self) -> String {
        let column = Identifier(&self.target.column);
        match word(self.target.of) {
            "" => column.to_string(),
            word => format!("{word}({column})"),
        }
    }
}

/// `table_column_idx`, with a number where that is taken.
fn default_name(keyspace: &Keyspace, table: &str, targets: &[IndexTarget]) -> String {
    let column: String = match targets {
        [only] => only.column.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '_').collect(),
        _ => String::new(),
    };
    let base = if column.is_empty() { format!("{table}_idx") } else { format!("{table}_{column}_idx") };
    let numbered = |number: u32| if number == 0 { base.clone() } else { format!("{base}_{number}") };
    (0..u32::MAX).map(numbered).find(|name| !has_index(keyspace, name)).unwrap_or(base)
}

fn is_equal(one: &Index, two: &Index) -> bool {
    let sorted = |index: &Index| {
        let mut options = index.options.clone();
        options.sort();
        options
    };
    (&one.target, &one.class) == (&two.target, &two.class) && sorted(one) == sorted(two)
}

pub(super) fn drop(schema: &mut Schema, name: &Name, if_exists: bool) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(name)?;
    let tables = schema.keyspaces.get(keyspace_name).into_iter().flat_map(|found| found.tables.values());
    let mut with = tables.filter(|table| table.indexes.iter().any(|index| index.name == name));
    let Some(table) = with.next() else {
        return unless(if_exists, || format!("Index '{keyspace_name}.{name}' doesn't exist'"));
    };
    let mut table = Table::clone(table);
    table.indexes.retain(|index| index.name != name);
    let change = of_table(SchemaChangeKind::UPDATED, &table);
    schema.put(table);
    Ok(Some(change))
}
