//! Indexes that are attached to the tables' own files (SAI): what can be in one.

use super::table::{Column, Index, Table};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::TargetOf;
use crate::engine::values::type_name;
use cql_protocol::types::{ColumnType, VectorType};

/// Checks an index that is attached to the tables' own files, which is the only custom one there is.
pub(super) fn check(table: &Table, index: &Index) -> Result<()> {
    let class = index.class.as_deref().unwrap_or_default();
    match class.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "sai" | "storageattachedindex" => {}
        "sasiindex" => return Err(problem::unsupported("SASI indexes")),
        _ => {
            let message = format!("Unable to find custom indexer class '{class}'");
            return Err(problem::configuration(message));
        }
    }
    check_names(index)?;
    let is_attached = |other: &&Index| other.class.is_some() && other.target == index.target;
    if table.indexes.iter().any(|other| is_attached(&other)) {
        let column = &index.target.column;
        return Err(problem::invalid(format!(
            "Cannot create more than one storage-attached index on the same column: {column}"
        )));
    }
    match table.column(&index.target.column) {
        Some(column) => check_indexed(column, index),
        None => Ok(()),
    }
}

const ANALYZERS: &[&str] = &["ascii", "case_sensitive", "normalize"];
const VECTORS: &[&str] = &["construction_beam_width", "maximum_node_connections", "similarity_function"];

fn check_names(index: &Index) -> Result<()> {
    let is_known = |name: &str| ANALYZERS.contains(&name) || VECTORS.contains(&name);
    let unknown: Vec<&str> =
        index.options.iter().map(|(name, _)| name.as_str()).filter(|name| !is_known(name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let unknown = unknown.join(", ");
    Err(problem::configuration(format!(
        "Properties specified [{unknown}] are not understood by StorageAttachedIndex"
    )))
}

/// What of a column can be in such an index, and with which options.
fn check_indexed(column: &Column, index: &Index) -> Result<()> {
    let of: Vec<&ColumnType> = match (&column.column_type, index.target.of) {
        (whole, TargetOf::Plain | TargetOf::Full) => vec![whole],
        (ColumnType::List(element) | ColumnType::Set(element), _) => vec![element],
        (ColumnType::Map(entry), TargetOf::Keys) => vec![&entry.0],
        (ColumnType::Map(entry), TargetOf::Values) => vec![&entry.1],
        (ColumnType::Map(entry), _) => vec![&entry.0, &entry.1],
        (whole, _) => vec![whole],
    };
    for of in &of {
        if matches!(of, ColumnType::Blob | ColumnType::Duration | ColumnType::Counter) {
            let text = type_name(of, false);
            return Err(problem::invalid(format!("Unsupported type: {text}")));
        }
    }
    let [of] = of.as_slice() else { return Ok(()) };
    let text = type_name(of, false);
    let first = |names: &[&str]| index.options.iter().find(|(name, _)| names.contains(&name.as_str()));
    if let Some((name, value)) = first(ANALYZERS) {
        if !matches!(of, ColumnType::Ascii | ColumnType::Text) {
            return Err(problem::invalid(format!("CQL type {text} cannot be analyzed.")));
        }
        if !matches!(value.to_ascii_lowercase().as_str(), "true" | "false") {
            let message = format!("Illegal value for boolean option '{name}': {value}");
            return Err(problem::invalid(message));
        }
    }
    match of {
        ColumnType::Vector(vector) if index.target.of == TargetOf::Plain => check_vector(vector, index),
        _ if first(VECTORS).is_some() => {
            Err(problem::invalid(format!("CQL type {text} cannot have vector options")))
        }
        _ => Ok(()),
    }
}

fn check_vector(vector: &VectorType, index: &Index) -> Result<()> {
    let said = |name: &str| index.options.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    for (name, words) in [
        ("maximum_node_connections", "Maximum node connections"),
        ("construction_beam_width", "Construction beam width"),
    ] {
        if said(name).is_some() {
            return Err(problem::invalid(format!(
                "{words} cannot be set without enabling SAI_VECTOR_ALLOW_CUSTOM_PARAMETERS"
            )));
        }
    }
    let function = said("similarity_function").map_or("COSINE".to_owned(), |name| name.to_ascii_uppercase());
    if !matches!(function.as_str(), "EUCLIDEAN" | "DOT_PRODUCT" | "COSINE") {
        return Err(problem::invalid(format!(
            "Similarity function {function} was not recognized for index null. Valid values are: EUCLIDEAN, DOT_PRODUCT, \
             COSINE"
        )));
    }
    if *vector.element() != ColumnType::Float {
        let message = "SAI ANN indexes are only allowed on vector columns with float elements";
        return Err(problem::invalid(message));
    }
    if vector.dimensions() == 1 && function == "COSINE" {
        return Err(problem::invalid("Cosine similarity is not supported for single-dimension vectors"));
    }
    Ok(())
}

/// What is to be said of a table's indexes on vectors when it gets an index that is attached.
pub(super) fn warnings(table: &Table) -> Vec<String> {
    let is_of_vector = |index: &Index| {
        let column = table.column(&index.target.column);
        index.class.is_some() && column.is_some_and(|it| matches!(it.column_type, ColumnType::Vector(_)))
    };
    if !table.indexes.iter().any(is_of_vector) {
        return Vec::new();
    }
    let warning = "SAI ANN indexes on vector columns are experimental and are not recommended for production use.\n\
                   They don't yet support SELECT queries with:\n \
                   * Consistency level higher than ONE/LOCAL_ONE.\n \
                   * Paging.\n \
                   * No LIMIT clauses.\n \
                   * PER PARTITION LIMIT clauses.\n \
                   * GROUP BY clauses.\n \
                   * Aggregation functions.\n \
                   * Filters on columns without a SAI index.";
    vec![warning.to_owned()]
}
