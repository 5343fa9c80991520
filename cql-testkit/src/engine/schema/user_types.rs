//! CREATE, ALTER and DROP TYPE.

use super::names::{parts, unless};
use super::types::{self, Resolved};
use super::{Keyspace, Schema, Table};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{AlterType, Name, Type};
use cql_protocol::response::{SchemaChange, SchemaChangeKind, SchemaTarget};
use cql_protocol::types::{ColumnType, UdtType};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The name and the type of a field.
type Field = (Box<str>, ColumnType);

pub(super) fn create(
    schema: &mut Schema,
    name: &Name,
    if_not_exists: bool,
    fields: &[(String, Type)],
) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(name)?;
    let keyspace = schema.keyspace(keyspace_name)?;
    if keyspace.types.contains_key(name) {
        return unless(if_not_exists, || format!("A user type with name '{name}' already exists"));
    }
    let mut seen = BTreeSet::new();
    for (field, _) in fields {
        if !seen.insert(field) {
            let message = format!("Duplicate field name '{field}' in type '{name}'");
            return Err(problem::invalid(message));
        }
    }
    fields.iter().try_for_each(|(_, of)| check_field(of))?;
    let (mut resolved, mut multi_cell) = (Vec::<Field>::new(), Vec::new());
    for (field, of) in fields {
        let Resolved { column_type, is_multi_cell } = types::resolve(of, keyspace_name, keyspace)?;
        resolved.push((field.as_str().into(), column_type));
        multi_cell.push(is_multi_cell);
    }
    let udt = Arc::new(UdtType::new(keyspace_name, name, resolved));
    check_size(&udt)?;
    if let Some(keyspace) = schema.keyspaces.get_mut(keyspace_name) {
        keyspace.types.insert(name.to_owned(), udt);
        keyspace.multi_cell_fields.insert(name.to_owned(), multi_cell);
    }
    Ok(Some(changed(SchemaChangeKind::CREATED, keyspace_name, name)))
}

fn changed(kind: SchemaChangeKind, keyspace: &str, name: &str) -> SchemaChange {
    let (keyspace, name) = (keyspace.to_owned(), name.to_owned());
    SchemaChange::new(kind, SchemaTarget::Type { keyspace, name })
}

/// What no field may be.
fn check_field(of: &Type) -> Result<()> {
    if types::is_counter(of) {
        return Err(problem::invalid("A user type cannot contain counters"));
    }
    if types::is_unfrozen_user_type(of) {
        return Err(problem::invalid("A user type cannot contain non-frozen UDTs"));
    }
    Ok(())
}

fn check_size(udt: &Arc<UdtType>) -> Result<()> {
    types::check_size(&ColumnType::Udt(Arc::clone(udt)))
}

pub(super) fn alter(
    schema: &mut Schema,
    name: &Name,
    if_exists: bool,
    change: &AlterType,
) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(name)?;
    let found = schema.keyspaces.get(keyspace_name);
    let Some((keyspace, udt)) = found.and_then(|found| Some((found, found.types.get(name)?))) else {
        return unless(if_exists, || format!("Type {keyspace_name}.{name} doesn't exist"));
    };
    let mut multi_cell = keyspace.multi_cell_fields.get(name).cloned().unwrap_or_default();
    let fields = match change {
        AlterType::Add { if_not_exists, fields } => {
            add(udt, keyspace, (*if_not_exists, fields), &mut multi_cell)?
        }
        AlterType::Rename { if_exists, fields } => rename(udt, *if_exists, fields)?,
        AlterType::ChangeType { .. } => {
            return Err(problem::invalid("Altering field types is no longer supported"));
        }
    };
    if *fields == *udt.fields() {
        return Ok(None);
    }
    let udt = Arc::new(UdtType::new(keyspace_name, name, fields));
    let mut keyspace = keyspace.clone();
    keyspace.multi_cell_fields.insert(name.to_owned(), multi_cell);
    replace(&mut keyspace, &udt)?;
    schema.keyspaces.insert(keyspace_name.to_owned(), keyspace);
    Ok(Some(changed(SchemaChangeKind::UPDATED, keyspace_name, name)))
}

fn add(
    udt: &UdtType,
    keyspace: &Keyspace,
    (if_not_exists, added): (bool, &[(String, Type)]),
    multi_cell: &mut Vec<bool>,
) -> Result<Vec<Field>> {
    let whole_name = format!("{}.{}", udt.keyspace(), udt.name());
    let mut fields = udt.fields().to_vec();
    for (field, of) in added {
        check_field(of)?;
        if fields.iter().any(|(known, _)| **known == **field) {
            if if_not_exists {
                continue;
            }
            return Err(problem::invalid(format!(
                "Cannot add field {field} to type {whole_name}: a field with name {field} already exists"
            )));
        }
        let Resolved { column_type, is_multi_cell } = types::resolve(of, udt.keyspace(), keyspace)?;
        let refuse = |why: String| {
            let text = types::with_keyspace(of, false, Some(udt.keyspace()));
            let what = format!("Cannot add new field {field} of type {text} to user type {whole_name} as");
            Err(problem::invalid(format!("{what} {why}")))
        };
        if types::uses(&column_type, udt.name()) {
            return refuse("it would create a circular reference".to_owned());
        }
        let in_key = |table: &&Arc<Table>| {
            table.partition_key().iter().any(|column| types::uses(&column.column_type, udt.name()))
        };
        let tables: Vec<String> = keyspace
            .tables
            .values()
            .filter(in_key)
            .map(|table| format!("{}.{}", table.keyspace(), table.name()))
            .collect();
        if !tables.is_empty() {
            let why = "the type is being used in partition key by the following tables:";
            return refuse(format!("{why} {}", tables.join(", ")));
        }
        fields.push((field.as_str().into(), column_type));
        multi_cell.push(is_multi_cell);
    }
    Ok(fields)
}

fn rename(udt: &UdtType, if_exists: bool, renames: &[(String, String)]) -> Result<Vec<Field>> {
    let whole_name = format!("{}.{}", udt.keyspace(), udt.name());
    let mut fields = udt.fields().to_vec();
    for (from, to) in renames {
        // Names are those before the statement, so that two can be exchanged.
        let at = udt.fields().iter().position(|(known, _)| **known == **from);
        match at.and_then(|at| fields.get_mut(at)) {
            Some((name, _)) => *name = to.as_str().into(),
            None if if_exists => {}
            None => {
                return Err(problem::invalid(format!("Unkown field {from} in user type {whole_name}")));
            }
        }
    }
    let mut seen = BTreeSet::new();
    match fields.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => {
            // The server names the keyspace alone.
            let keyspace = udt.keyspace();
            Err(problem::invalid(format!("Duplicate field name {name} in type {keyspace}")))
        }
        None => Ok(fields),
    }
}

/// Puts a type in place of the one of its name, in all types and columns that use it.
fn replace(keyspace: &mut Keyspace, udt: &Arc<UdtType>) -> Result<()> {
    keyspace.types.insert(udt.name().to_owned(), Arc::clone(udt));
    for other in keyspace.types.values_mut() {
        if other.name() != udt.name() {
            *other = types::replace_fields(other, udt);
        }
        check_size(other)?;
    }
    for table in keyspace.tables.values_mut() {
        let columns = table.columns.iter();
        if !columns.into_iter().any(|column| types::uses(&column.column_type, udt.name())) {
            continue;
        }
        let table = Arc::make_mut(table);
        for column in &mut table.columns {
            column.column_type = types::replace(&column.column_type, udt);
            types::check_size(&column.column_type)?;
        }
        table.order = super::table::order(&table.columns);
    }
    Ok(())
}

pub(super) fn drop(schema: &mut Schema, name: &Name, if_exists: bool) -> Result<Option<SchemaChange>> {
    let (keyspace_name, name) = parts(name)?;
    let found = schema.keyspaces.get_mut(keyspace_name);
    let Some(keyspace) = found.filter(|found| found.types.contains_key(name)) else {
        return unless(if_exists, || format!("Type '{keyspace_name}.{name}' doesn't exist"));
    };
    let refuse = |what: &str, names: &[&str]| {
        let names = names.join(", ");
        Err(problem::invalid(format!(
            "Cannot drop user type '{keyspace_name}.{name}' as it is still used by {what} {names}"
        )))
    };
    let uses = |of: &ColumnType| types::uses(of, name);
    let others = keyspace.types.values().filter(|other| other.name() != name);
    let others: Vec<&str> = others
        .filter(|other| other.fields().iter().any(|(_, of)| uses(of)))
        .map(|other| other.name())
        .collect();
    if !others.is_empty() {
        return refuse("user types", &others);
    }
    let uses = |table: &&Arc<Table>| table.columns.iter().any(|column| uses(&column.column_type));
    let tables: Vec<&str> = keyspace.tables.values().filter(uses).map(|table| table.name()).collect();
    if !tables.is_empty() {
        return refuse("tables", &tables);
    }
    keyspace.types.remove(name);
    keyspace.multi_cell_fields.remove(name);
    Ok(Some(changed(SchemaChangeKind::DROPPED, keyspace_name, name)))
}
