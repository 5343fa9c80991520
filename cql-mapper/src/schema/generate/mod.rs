//! Models from the schema of a cluster, as the text of a program.

mod names;
mod rust_type;

use super::state::class;
use cql_driver::schema::{Column, ColumnKind, Index, Keyspace, OptionValue, Table, View};
use names::{Names, field_name, struct_name};
use rust_type::{RustType, Types};
use std::fmt::Write as _;

/// The source of models for all tables, views and user-defined types of a keyspace: where an application that has tables
/// already starts from. It is written once, by hand put into the program, and changed there.
///
/// Columns that are no part of the key become `Option`s, as any of them may be null. What has no type in Rust (a set of
/// numbers with fractions, a type of the server's own) is left as a comment.
///
/// ```no_run
/// # async fn example(db: cql_mapper::Mapper) -> Result<(), Box<dyn std::error::Error>> {
/// let schema = db.session().refresh_schema().await?;
/// if let Some(keyspace) = schema.keyspace("iot") {
///     println!("{}", cql_mapper::schema::generate(keyspace));
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn generate(keyspace: &Keyspace) -> String {
    let mut names = Names::default();
    let types = Types::new(keyspace, &mut names);
    let tables: Vec<(&Table, String)> =
        keyspace.tables().map(|table| (table, names.unique(struct_name(&table.name)))).collect();
    let mut text = format!("//! Models of the keyspace {}.\n\nuse cql_mapper::prelude::*;\n", keyspace.name);
    for of in keyspace.user_types() {
        user_type(&mut text, &types, &of.name, &of.fields);
    }
    for (table, name) in &tables {
        let attributes =
            format!("keyspace = {:?}, table = {:?}{}", keyspace.name, table.name, options(table));
        model(&mut text, &types, (table, "Model", name), &attributes);
    }
    for view in keyspace.views() {
        let base = tables.iter().find(|(table, _)| table.name == view.base_table);
        let Some((_, base)) = base else { continue };
        let name = names.unique(struct_name(&view.table.name));
        view_of(&mut text, &types, view, &name, base);
    }
    text
}

fn view_of(text: &mut String, types: &Types, view: &View, name: &str, base: &str) {
    let attributes = format!("base = {base}, view = {:?}", view.table.name);
    model(text, types, (&view.table, "View", name), &attributes);
}

fn user_type(text: &mut String, types: &Types, name: &str, fields: &[(String, String)]) {
    let Some(rust_name) = types.name(name) else { return };
    let _ = write!(
        text,
        "\n#[derive(UserType, Debug, Clone, PartialEq)]\n#[cql(type_name = {name:?})]\npub struct {rust_name} {{\n"
    );
    let mut names = Names::default();
    for (field, of) in fields {
        let Some(rust) = types.rust(of) else {
            let _ = writeln!(text, "    // {field} {of}: no type in Rust stands for it");
            continue;
        };
        let (rust_field, rename) = field_name(field, &mut names);
        let mut attributes: Vec<String> =
            rename.into_iter().map(|name| format!("rename = {name:?}")).collect();
        if rust.is_collection && rust.is_frozen {
            attributes.push("frozen".to_owned());
        }
        push_field(text, &attributes, &rust_field, &rust.nullable());
    }
    text.push_str("}\n");
}

fn model(text: &mut String, types: &Types, (table, derive, name): (&Table, &str, &str), attributes: &str) {
    let unknown = |column: &&Column| column.kind.is_key() && types.rust(&column.column_type).is_none();
    if let Some(column) = table.columns().iter().find(unknown) {
        let _ = writeln!(
            text,
            "\n// {}: no type in Rust stands for its key's {} {}",
            table.name, column.name, column.column_type
        );
        return;
    }
    let _ = write!(
        text,
        "\n#[derive({derive}, Debug, Clone, PartialEq)]\n#[cql({attributes})]\npub struct {name} {{\n"
    );
    let mut names = Names::default();
    for column in table.columns() {
        let Some(rust) = types.rust(&column.column_type) else {
            let _ = writeln!(
                text,
                "    // {} {}: no type in Rust stands for it",
                column.name, column.column_type
            );
            continue;
        };
        let (field, rename) = field_name(&column.name, &mut names);
        let mut attributes = role(column);
        attributes.extend(rename.map(|name| format!("rename = {name:?}")));
        attributes.extend(kind_of(column, &rust));
        let indexes = table.indexes.values().filter_map(|index| index_on(index, column));
        attributes.extend(indexes.take(1).filter(|_| derive == "Model"));
        let ty = if column.kind.is_key() || rust.is_counter() { rust.text } else { rust.nullable() };
        push_field(text, &attributes, &field, &ty);
    }
    text.push_str("}\n");
}

fn push_field(text: &mut String, attributes: &[String], name: &str, ty: &str) {
    if !attributes.is_empty() {
        let _ = writeln!(text, "    #[cql({})]", attributes.join(", "));
    }
    let _ = writeln!(text, "    pub {name}: {ty},");
}

fn role(column: &Column) -> Vec<String> {
    let role = match column.kind {
        ColumnKind::PartitionKey => "partition_key",
        ColumnKind::Clustering if column.is_descending => "clustering_key(desc)",
        ColumnKind::Clustering => "clustering_key",
        ColumnKind::Static => "static",
        _ => return Vec::new(),
    };
    vec![role.to_owned()]
}

/// What the type in Rust does not say of the column's.
fn kind_of(column: &Column, rust: &RustType) -> Option<String> {
    match rust {
        RustType { native: Some(native), .. } => Some(format!("type = {native:?}")),
        _ if column.kind.is_key() => None,
        RustType { is_collection: true, is_frozen: true, .. } => Some("frozen".to_owned()),
        RustType { is_user_type: true, is_frozen: false, .. } => Some("unfrozen".to_owned()),
        _ => None,
    }
}

/// The attribute of an index, if it is on that column.
fn index_on(index: &Index, column: &Column) -> Option<String> {
    let target = &index.target;
    let (of, name) = match target.split_once('(') {
        Some((of, rest)) if !target.starts_with('"') => (of, rest.trim_end_matches(')')),
        _ => ("", target.as_str()),
    };
    let plain = name.trim_matches('"').replace("\"\"", "\"");
    if plain != column.name {
        return None;
    }
    let class_name = class(index.class.as_deref());
    let is_sai = class_name == "sai";
    let mut parts = vec![format!("name = {:?}", index.name)];
    parts.extend(["keys", "entries", "full"].into_iter().filter(|known| *known == of).map(str::to_owned));
    if !is_sai && let Some(class) = &index.class {
        parts.push(format!("custom = {class:?}"));
    }
    let mut options: Vec<String> = Vec::new();
    for (key, value) in &index.options {
        match key.as_str() {
            "similarity_function" if is_sai => parts.push(format!("similarity = {:?}", value.to_lowercase())),
            "class_name" | "target" => {}
            _ => options.push(format!("{key} = {value:?}")),
        }
    }
    if !options.is_empty() {
        parts.push(format!("options = {{ {} }}", options.join(", ")));
    }
    Some(format!("{}({})", if is_sai { "sai" } else { "index" }, parts.join(", ")))
}

/// The options that say something of the rows, where they are not as usual.
fn options(table: &Table) -> String {
    let mut options = Vec::new();
    match table.options.get("default_time_to_live") {
        Some(OptionValue::Integer(seconds)) if *seconds > 0 => {
            options.push(format!("default_time_to_live = {seconds}"));
        }
        _ => {}
    }
    match table.options.get("comment") {
        Some(OptionValue::Text(comment)) if !comment.is_empty() => {
            options.push(format!("comment = {comment:?}"))
        }
        _ => {}
    }
    if options.is_empty() { String::new() } else { format!(", options({})", options.join(", ")) }
}

/// Whether a column is part of the primary key.
trait IsKey {
    fn is_key(&self) -> bool;
}

impl IsKey for ColumnKind {
    fn is_key(&self) -> bool {
        matches!(self, ColumnKind::PartitionKey | ColumnKind::Clustering)
    }
}
