//! What creates a model's table, and what it needs.

use crate::model::{ColumnMeta, ColumnRole, IndexDef, Model, ModelMeta, OptionDef};
use crate::value::{TypeDef, UserTypeDef};
use cql_driver::types::Identifier;
use std::fmt::Write as _;

/// The statements that create a model's table in a keyspace, where they are not there yet: its user-defined types, those
/// that others need first, then the table, then its indexes.
///
/// ```
/// use cql_mapper::prelude::*;
/// use cql_mapper::schema;
///
/// #[derive(Model)]
/// #[cql(table = "users")]
/// struct User {
///     #[cql(partition_key)]
///     id: i64,
///     #[cql(index)]
///     email: String,
/// }
///
/// assert_eq!(
///     schema::create_statements::<User>("app"),
///     [
///         "CREATE TABLE IF NOT EXISTS app.users (id bigint, email text, PRIMARY KEY ((id)))",
///         "CREATE INDEX IF NOT EXISTS users_email_idx ON app.users (email)",
///     ]
/// );
/// ```
#[must_use]
pub fn create_statements<M: Model>(keyspace: &str) -> Vec<String> {
    let meta = M::META;
    let mut types: Vec<&'static UserTypeDef> = Vec::new();
    // A view has the types of its table.
    for (_, column) in meta.stored().filter(|_| meta.base.is_none()) {
        column.type_def.user_types(&mut |of| {
            if !types.iter().any(|known| known.name == of.name) {
                types.push(of);
            }
        });
    }
    let mut statements: Vec<String> = types.iter().map(|of| create_type(of, keyspace)).collect();
    statements.push(create(meta, keyspace));
    let indexes = meta.stored().filter_map(|(_, column)| Some((column, column.index?)));
    statements.extend(
        indexes
            .filter(|(_, index)| !index.is_external)
            .map(|(column, index)| create_index(meta, column, index, keyspace)),
    );
    statements
}

pub(super) fn name(name: &str) -> String {
    Identifier(name).to_string()
}

/// A text as CQL has it.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(super) fn create_type(of: &UserTypeDef, keyspace: &str) -> String {
    let fields: Vec<String> = of
        .fields
        .iter()
        .map(|(field, type_def)| format!("{} {}", name(field), column_type(type_def)))
        .collect();
    format!("CREATE TYPE IF NOT EXISTS {}.{} ({})", name(keyspace), name(of.name), fields.join(", "))
}

/// The type of a field: user-defined types in one are frozen.
pub(super) fn column_type(type_def: &TypeDef) -> String {
    match type_def {
        TypeDef::Udt(_) => format!("frozen<{}>", type_def.cql(&name)),
        other => other.cql(&name),
    }
}

/// What creates a model's table, or its view.
pub(super) fn create(meta: &'static ModelMeta, keyspace: &str) -> String {
    match meta.base {
        Some(base) => create_view(meta, base, keyspace),
        None => create_table(meta, keyspace),
    }
}

fn create_table(meta: &'static ModelMeta, keyspace: &str) -> String {
    let columns: Vec<String> = meta
        .stored()
        .map(|(_, column)| {
            let fixed = if column.role == ColumnRole::Static { " static" } else { "" };
            format!("{} {}{fixed}", name(column.name), column.type_def.cql(&name))
        })
        .collect();
    format!(
        "CREATE TABLE IF NOT EXISTS {}.{} ({}, PRIMARY KEY ({})){}",
        name(keyspace),
        name(meta.table),
        columns.join(", "),
        primary_key(meta),
        with(meta)
    )
}

/// A view takes the rows that have all of its key.
fn create_view(meta: &'static ModelMeta, base: &'static ModelMeta, keyspace: &str) -> String {
    let columns: Vec<String> = meta.stored().map(|(_, column)| name(column.name)).collect();
    let key: Vec<String> =
        meta.primary_key().map(|at| format!("{} IS NOT NULL", column_name(meta, at))).collect();
    format!(
        "CREATE MATERIALIZED VIEW IF NOT EXISTS {}.{} AS SELECT {} FROM {}.{} WHERE {} PRIMARY KEY ({}){}",
        name(keyspace),
        name(meta.table),
        columns.join(", "),
        name(keyspace),
        name(base.table),
        key.join(" AND "),
        primary_key(meta),
        with(meta)
    )
}

fn column_name(meta: &'static ModelMeta, at: u16) -> String {
    meta.column(at).map_or_else(String::new, |column| name(column.name))
}

fn primary_key(meta: &'static ModelMeta) -> String {
    let partition: Vec<String> = meta.partition_key.iter().map(|at| column_name(meta, *at)).collect();
    let mut key = format!("({})", partition.join(", "));
    for (at, _) in meta.clustering_key {
        let _ = write!(key, ", {}", column_name(meta, *at));
    }
    key
}

/// The order of rows, where it is not the usual one, and the options.
fn with(meta: &'static ModelMeta) -> String {
    let mut options: Vec<String> = Vec::new();
    if meta.clustering_key.iter().any(|(_, descends)| *descends) {
        let order = |(at, descends): &(u16, bool)| {
            format!("{} {}", column_name(meta, *at), if *descends { "DESC" } else { "ASC" })
        };
        let order: Vec<String> = meta.clustering_key.iter().map(order).collect();
        options.push(format!("CLUSTERING ORDER BY ({})", order.join(", ")));
    }
    options.extend(
        meta.options.iter().map(|(option, value)| format!("{} = {}", name(option), option_value(value))),
    );
    if options.is_empty() { String::new() } else { format!(" WITH {}", options.join(" AND ")) }
}

pub(super) fn option_value(value: &OptionDef) -> String {
    match value {
        OptionDef::Text(of) => text(of),
        OptionDef::Integer(number) => number.to_string(),
        OptionDef::Float(number) => format!("{number:?}"),
        OptionDef::Boolean(truth) => truth.to_string(),
        OptionDef::Map(pairs) => texts(pairs),
    }
}

pub(super) fn texts(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{}: {}", text(key), text(value))).collect();
    format!("{{{}}}", pairs.join(", "))
}

pub(super) fn create_index(
    meta: &'static ModelMeta,
    column: &'static ColumnMeta,
    index: IndexDef,
    keyspace: &str,
) -> String {
    let own_name = index.name.map_or_else(|| format!("{}_{}_idx", meta.table, column.name), str::to_owned);
    let target = index_target(column, index);
    let custom = if index.class.is_some() { "CUSTOM " } else { "" };
    let mut statement = format!(
        "CREATE {custom}INDEX IF NOT EXISTS {} ON {}.{} ({target})",
        name(&own_name),
        name(keyspace),
        name(meta.table)
    );
    if let Some(class) = index.class {
        let _ = write!(statement, " USING {}", text(class));
    }
    if !index.options.is_empty() {
        let _ = write!(statement, " WITH OPTIONS = {}", texts(index.options));
    }
    statement
}

/// What an index is on.
pub(super) fn index_target(column: &ColumnMeta, index: IndexDef) -> String {
    match index.of {
        "" => name(column.name),
        of => format!("{of}({})", name(column.name)),
    }
}
