//! INSERT, prepared.

use super::attributes::Attributes;
use super::condition::Condition;
use super::json::JsonValues;
use super::operation::{Action, Operation};
use super::target::{Target, Values};
use super::{Kind, Plan, existing};
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Table};
use crate::engine::syntax::ast::{self, InsertValues};
use crate::engine::terms::{self, Receiver, Scope, Term};
use std::sync::Arc;

pub(super) fn prepare(insert: &ast::Insert, table: &Arc<Table>, scope: &mut Scope<'_>) -> Result<Plan> {
    let ast::Insert { values, condition, using, .. } = insert;
    let attributes = Attributes::prepare(using.timestamp.as_ref(), using.ttl.as_ref(), scope)?;
    let condition = Condition::prepare(condition, attributes.has_timestamp(), table, scope)?;
    if table.is_counter() {
        let message = "INSERT statements are not allowed on counter tables, use UPDATE instead";
        return Err(problem::invalid(message));
    }
    let (mut terms, json) = match values {
        InsertValues::Columns(names, values) => (of_columns(names, values, table, scope)?, None),
        InsertValues::Json { value, default_unset } => {
            let json = JsonValues::prepare(value, *default_unset, table, scope)?;
            (json.terms(table), Some(json))
        }
    };
    let others = terms.extract_if(.., |(column, _)| !column.is_key());
    let others = others.map(|(column, term)| Operation { column: column.clone(), action: Action::Set(term) });
    let (statics, regulars) = others.partition::<Vec<_>, _>(|operation| operation.column.is_static());

    let mut missing = Vec::new();
    let has_clustering = terms.iter().any(|(column, _)| column.is_clustering());
    let partition = terms_of(table.partition_key(), &mut terms, &mut missing);
    refuse_missing("partition key parts", &missing)?;
    // Static columns are written without a row, when nothing else is said.
    let has_row = has_clustering || statics.is_empty() || !regulars.is_empty();
    let clustering = has_row.then(|| terms_of(table.clustering(), &mut terms, &mut missing));
    refuse_missing("clustering keys", &missing)?;
    let target = Target::Values(Values { partition, clustering, json });
    let (table, kind) = (Arc::clone(table), Kind::Insert);
    Ok(Plan { table, kind, attributes, target, regulars, statics, condition })
}

/// The columns that are named, with their terms.
fn of_columns<'a>(
    names: &[String],
    values: &[ast::Term],
    table: &'a Table,
    scope: &mut Scope<'_>,
) -> Result<Vec<(&'a Column, Term)>> {
    if names.len() != values.len() {
        return Err(problem::invalid("Unmatched column names/values"));
    }
    let mut sorted = names.iter().collect::<Vec<_>>();
    sorted.sort();
    if sorted.is_sorted_by(|one, two| one < two) {
        let prepare = |(name, value): (&String, _)| {
            let column = existing(table, name)?;
            Ok((column, terms::prepare(value, &Receiver::of(column), scope)?))
        };
        return names.iter().zip(values).map(prepare).collect();
    }
    Err(problem::invalid("The column names contains duplicates"))
}

/// Takes the columns' terms, and notes what has none.
fn terms_of<'a>(
    columns: &'a [Column],
    terms: &mut Vec<(&Column, Term)>,
    missing: &mut Vec<&'a str>,
) -> Vec<Term> {
    let mut found = Vec::with_capacity(columns.len());
    for column in columns {
        match terms.iter().position(|(other, _)| other.id == column.id) {
            Some(at) => found.push(terms.swap_remove(at).1),
            None => missing.push(&column.name),
        }
    }
    found
}

fn refuse_missing(what: &str, missing: &[&str]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(problem::invalid(format!("Some {what} are missing: {}", missing.join(", "))))
}
