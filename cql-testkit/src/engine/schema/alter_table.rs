//! ALTER TABLE.

use super::create_table::{check_count, check_nested, statics_without_clustering};
use super::names::{parts, unless};
use super::table::{self, Column, ColumnId, DroppedColumn, Kind, Table};
use super::types;
use super::{Keyspace, Schema, of_table, options};
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::storage::Store;
use crate::engine::syntax::ast::{AlterTable, ColumnDefinition, Name};
use crate::engine::values::type_name;
use cql_protocol::response::{SchemaChange, SchemaChangeKind, ServerError};
use cql_protocol::types::ColumnType;

pub(super) fn alter(
    (schema, store): (&mut Schema, &mut Store),
    name: &Name,
    if_exists: bool,
    change: &AlterTable,
    now: Now,
) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(name)?;
    let found = schema.keyspaces.get(keyspace_name);
    let Some((keyspace, old)) = found.and_then(|found| Some((found, found.tables.get(name)?))) else {
        return unless(if_exists, || format!("Table '{keyspace_name}.{name}' doesn't exist"));
    };
    let mut table = Table::clone(old);
    let mut dropped = Vec::new();
    match change {
        AlterTable::Add { if_not_exists, columns } => {
            check_count(table.columns.len() + columns.len())?;
            columns.iter().try_for_each(|column| add(&mut table, keyspace, column, *if_not_exists))?;
        }
        AlterTable::Drop { if_exists, columns, timestamp } => {
            let at = timestamp.unwrap_or_else(|| store.timestamp(now));
            for column in columns {
                dropped.extend(drop(&mut table, column, *if_exists, at)?.map(|column| (column, at)));
            }
        }
        AlterTable::Rename { columns, .. } => {
            columns.iter().try_for_each(|(from, to)| rename(&mut table, old, from, to))?;
        }
        AlterTable::ChangeType { .. } => {
            return Err(problem::invalid("Altering column types is no longer supported"));
        }
        AlterTable::With(said) => {
            if options::id(said)?.is_some() {
                return Err(problem::configuration("Cannot alter table id."));
            }
            table.options = options::merge(&table.options, said)?;
            if table.is_counter() && table.options.default_time_to_live > 0 {
                return Err(problem::invalid("Cannot set default_time_to_live on a table with counters"));
            }
        }
    }
    check_counters(old, &table)?;
    if table == **old {
        return Ok(None);
    }
    for (column, until) in dropped {
        store.table_mut(table.id).drop_column(column, until);
    }
    let change = of_table(SchemaChangeKind::UPDATED, &table);
    schema.put(table);
    Ok(Some(change))
}

/// As `keyspace.table`.
fn whole_name(table: &Table) -> String {
    format!("{}.{}", table.keyspace(), table.name())
}

fn undefined(table: &Table, column: &str) -> ServerError {
    problem::invalid(format!("Undefined column name {column} in table {}", whole_name(table)))
}

fn add(table: &mut Table, keyspace: &Keyspace, column: &ColumnDefinition, if_not_exists: bool) -> Result<()> {
    let name = &column.name;
    let resolved = types::resolve(&column.of, table.keyspace(), keyspace)?;
    if table.column(name).is_some() {
        return unless(if_not_exists, || format!("Column with name '{name}' already exists")).map(drop_none);
    }
    if column.is_static && table.clustering().is_empty() {
        return Err(statics_without_clustering());
    }
    check_nested(&resolved, keyspace)?;
    let kind = if column.is_static { Kind::Static } else { Kind::Regular };
    let mut added = Column {
        id: ColumnId(table.next_column),
        name: name.as_str().into(),
        column_type: resolved.column_type,
        is_multi_cell: resolved.is_multi_cell,
        kind,
    };
    if let Some(DroppedColumn { column: previous, .. }) = table.dropped.get(name) {
        check_again(table, &added, previous)?;
        added.id = previous.id;
    } else {
        table.next_column = table.next_column.saturating_add(1);
    }
    table.columns.push(added);
    table::sort(&mut table.columns);
    Ok(())
}

fn drop_none(_: Option<SchemaChange>) {}

/// A column that was dropped can be added again when its data could still be read.
fn check_again(table: &Table, added: &Column, previous: &Column) -> Result<()> {
    let name = &added.name;
    if !is_compatible(added, previous) {
        return Err(problem::invalid(format!(
            "Cannot add a column '{name}' of type {}, incompatible with previously dropped column '{name}' of type {}",
            type_name(&added.column_type, added.is_multi_cell),
            type_name(&without_user_types(&previous.column_type), previous.is_multi_cell),
        )));
    }
    let word = |kind| if kind == Kind::Static { "STATIC" } else { "REGULAR" };
    if added.kind != previous.kind {
        return Err(problem::invalid(format!(
            "Cannot re-add previously dropped column '{name}' of kind {}, incompatible with previous kind {}",
            word(added.kind),
            word(previous.kind),
        )));
    }
    if table.is_counter() {
        return Err(problem::invalid(format!("Cannot re-add previously dropped counter column {name}")));
    }
    Ok(())
}

fn is_compatible(added: &Column, previous: &Column) -> bool {
    let previous_type = without_user_types(&previous.column_type);
    added.is_multi_cell == previous.is_multi_cell && can_read(&added.column_type, &previous_type, false)
}

/// Whether bytes of a type are values of another one, and `in_order` whether they sort as well.
fn can_read(new: &ColumnType, old: &ColumnType, in_order: bool) -> bool {
    use ColumnType as T;
    match (new, old) {
        (T::Text, T::Ascii) | (T::Blob, T::Ascii | T::Text) => true,
        // Those that have no fixed size where the server stores them.
        (T::Blob, old) => {
            let has_size = old.fixed_size().is_some() || !types::children(old).is_empty();
            *old == T::Blob || (!in_order && !has_size && *old != T::Counter)
        }
        (T::BigInt, T::Timestamp) | (T::Timestamp, T::BigInt) | (T::Uuid, T::TimeUuid) => !in_order,
        (T::List(new), T::List(old)) => can_read(new, old, in_order),
        (T::Set(new), T::Set(old)) => can_read(new, old, true),
        (T::Map(new), T::Map(old)) => can_read(&new.0, &old.0, true) && can_read(&new.1, &old.1, in_order),
        (T::Tuple(new), T::Tuple(old)) => {
            new.len() >= old.len() && new.iter().zip(old).all(|(new, old)| can_read(new, old, in_order))
        }
        (new, old) => new == old,
    }
}

/// The type with tuples in place of user-defined types, as the server keeps those of columns that were dropped: the types
/// may be dropped next.
pub(super) fn without_user_types(column_type: &ColumnType) -> ColumnType {
    let inner = without_user_types;
    match column_type {
        ColumnType::List(element) => ColumnType::list(inner(element)),
        ColumnType::Set(element) => ColumnType::set(inner(element)),
        ColumnType::Map(entry) => ColumnType::map(inner(&entry.0), inner(&entry.1)),
        ColumnType::Tuple(fields) => ColumnType::tuple(fields.iter().map(inner)),
        ColumnType::Udt(udt) => ColumnType::tuple(udt.fields().iter().map(|(_, field)| inner(field))),
        ColumnType::Vector(vector) => ColumnType::vector(inner(vector.element()), vector.dimensions()),
        other => other.clone(),
    }
}

fn drop(table: &mut Table, name: &str, if_exists: bool, at: i64) -> Result<Option<ColumnId>> {
    let Some(index) = table.columns.iter().position(|column| &*column.name == name) else {
        if if_exists {
            return Ok(None);
        }
        let message = format!("Column {name} was not found in table '{}'", whole_name(table));
        return Err(problem::invalid(message));
    };
    let column = &table.columns[index];
    if column.is_key() {
        return Err(problem::invalid(format!("Cannot drop PRIMARY KEY column {name}")));
    }
    if let ColumnType::Udt(udt) = &column.column_type
        && column.is_multi_cell
    {
        let message = format!("Cannot drop non-frozen column {name} of user type {}", udt.name());
        return Err(problem::invalid(message));
    }
    let dependent = dependent_indexes(table, name);
    if !dependent.is_empty() {
        return Err(problem::invalid(format!(
            "Cannot drop column {name} because it has dependent secondary indexes ({dependent})"
        )));
    }
    let column = table.columns.remove(index);
    let id = column.id;
    table.dropped.insert(name.to_owned(), DroppedColumn { column, at });
    Ok(Some(id))
}

/// The names of the indexes on a column.
fn dependent_indexes(table: &Table, column: &str) -> String {
    let of_column = table.indexes.iter().filter(|index| index.target.column == column);
    of_column.map(|index| index.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Names are those before the statement, where it renames several. The server does not tolerate that one is missing,
/// whatever IF EXISTS says.
fn rename(table: &mut Table, old: &Table, from: &str, to: &str) -> Result<()> {
    let Some(index) = old.columns.iter().position(|column| &*column.name == from) else {
        return Err(undefined(old, from));
    };
    if !old.columns[index].is_key() {
        return Err(problem::invalid(format!("Cannot rename non PRIMARY KEY column {from}")));
    }
    if old.column(to).is_some() || table.column(to).is_some() {
        return Err(problem::invalid(format!(
            "Cannot rename column {from} to {to} in table '{}'; another column with that name already exists",
            whole_name(old)
        )));
    }
    let dependent = dependent_indexes(old, from);
    if !dependent.is_empty() {
        return Err(problem::invalid(format!(
            "Can't rename column {from} because it has dependent secondary indexes ({dependent})"
        )));
    }
    // Columns of the key stay where they are.
    table.columns[index].name = to.into();
    Ok(())
}

/// Counters stay among themselves.
fn check_counters(old: &Table, new: &Table) -> Result<()> {
    for column in new.columns.iter().filter(|column| !column.is_key()) {
        let is_counter = column.column_type == ColumnType::Counter;
        let (with, without) = match (old.is_counter(), is_counter) {
            (true, false) => ("non counter", "counter"),
            (false, true) => ("counter", "non counter"),
            _ => continue,
        };
        return Err(problem::configuration(format!(
            "{}: Cannot have a {with} column (\"{}\") in a {without} table",
            whole_name(new),
            column.name
        )));
    }
    Ok(())
}
