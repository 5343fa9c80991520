//! UPDATE and DELETE, prepared.

use super::attributes::Attributes;
use super::condition::Condition;
use super::operation::Operation;
use super::target::Target;
use super::{Kind, Plan, assignment, existing};
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::{self, Use};
use crate::engine::schema::Table;
use crate::engine::syntax::ast::{self, Part, Term};
use crate::engine::terms::Scope;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

pub(super) fn update(update: &ast::Update, table: &Arc<Table>, scope: &mut Scope<'_>) -> Result<Plan> {
    let attributes = Attributes::prepare(update.using.timestamp.as_ref(), update.using.ttl.as_ref(), scope)?;
    let condition = Condition::prepare(&update.condition, attributes.has_timestamp(), table, scope)?;
    let (mut regulars, mut statics) = (Vec::new(), Vec::new());
    for assignment in &update.assignments {
        let column = existing(table, &assignment.column)?;
        if column.is_key() {
            let message = format!("PRIMARY KEY part {} found in SET part", column.name);
            return Err(problem::invalid(message));
        }
        let operation = assignment::assignment(assignment, column, condition.is_some(), scope)?;
        if column.is_static() { &mut statics } else { &mut regulars }.push(operation);
    }
    let only_statics = regulars.is_empty() && !condition.has_regulars();
    let of = if only_statics { Use::UpdateStatics } else { Use::Update };
    let target = Target::Where(restrictions::prepare(&update.conditions, of, table, scope)?);
    let (table, kind) = (Arc::clone(table), Kind::Update);
    Ok(Plan { table, kind, attributes, target, regulars, statics, condition })
}

pub(super) fn delete(delete: &ast::Delete, table: &Arc<Table>, scope: &mut Scope<'_>) -> Result<Plan> {
    let attributes = Attributes::prepare(delete.timestamp.as_ref(), None, scope)?;
    let condition = Condition::prepare(&delete.condition, attributes.has_timestamp(), table, scope)?;
    let (mut regulars, mut statics) = (Vec::<Operation>::new(), Vec::new());
    for (name, part) in &delete.columns {
        let column = existing(table, name)?;
        if column.is_key() {
            let message = "for deletion (should not be a PRIMARY KEY part)";
            return Err(problem::invalid(format!("Invalid identifier {name} {message}")));
        }
        let operation = assignment::deletion(column, part.as_ref(), scope)?;
        if column.is_static() { &mut statics } else { &mut regulars }.push(operation);
    }
    // Without columns whole rows are deleted.
    let has_regulars = !regulars.is_empty() || statics.is_empty();
    let only_statics = !has_regulars && !condition.has_regulars();
    let of = if only_statics { Use::DeleteStatics } else { Use::Delete };
    let restrictions = restrictions::prepare(&delete.conditions, of, table, scope)?;
    if condition.is_some() && !restrictions.names_rows() {
        let message =
            "DELETE statements must restrict all PRIMARY KEY columns with equality relations in order to";
        if has_regulars {
            return Err(problem::invalid(format!("{message} delete non static columns")));
        }
        if condition.has_regulars() {
            return Err(problem::invalid(format!("{message} use IF condition on non static columns")));
        }
    }
    let target = Target::Where(restrictions);
    let (table, kind) = (Arc::clone(table), Kind::Delete);
    Ok(Plan { table, kind, attributes, target, regulars, statics, condition })
}

/// Refuses what sets a column twice.
pub(super) fn refuse_incompatible(assignments: &[ast::Assignment]) -> Result<()> {
    let is_whole = |it: &ast::Assignment| {
        let is_change = match &it.value {
            Term::Arithmetic(left, _, right) => {
                matches!(**left, Term::Column(_)) || matches!(**right, Term::Column(_))
            }
            _ => false,
        };
        it.part.is_none() && !is_change
    };
    // By column, whether one is of the whole of it.
    let mut seen: HashMap<&str, bool> = HashMap::new();
    let mut fields = HashSet::new();
    for it in assignments {
        let column = it.column.as_str();
        let is_whole = is_whole(it);
        let is_same_field = matches!(&it.part, Some(Part::Field(field)) if !fields.insert((column, field)));
        let before = seen.insert(column, is_whole);
        if is_same_field || before.is_some_and(|was_whole| was_whole || is_whole) {
            return Err(problem::syntax(format!("Multiple incompatible setting of column {column}")));
        }
    }
    Ok(())
}
