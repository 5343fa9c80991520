//! What SET and DELETE say of columns, prepared.

use super::operation::{Action, Operation};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Column;
use crate::engine::syntax::ast::{Arithmetic, Assignment, Part, Term as Written};
use crate::engine::terms::functions;
use crate::engine::terms::{self, Receiver, Scope, Term};
use cql_protocol::types::ColumnType;

/// Prepares an assignment. `reads`: whether what is there is read anyway, so that numbers and texts can be added to.
pub(super) fn assignment(
    assignment: &Assignment,
    column: &Column,
    reads: bool,
    scope: &mut Scope<'_>,
) -> Result<Operation> {
    let value = &assignment.value;
    let action = match (&assignment.part, value) {
        (Some(Part::Element(key)), _) => element(column, key, value, scope)?,
        (Some(Part::Field(name)), _) => field(column, name, value, scope)?,
        (None, Written::Arithmetic(left, operator, right)) => match (&**left, operator, &**right) {
            (Written::Column(_), Arithmetic::Add, added) => addition(column, added, reads, scope)?,
            (Written::Column(_), Arithmetic::Subtract, gone) => subtraction(column, gone, scope)?,
            (before, Arithmetic::Add, Written::Column(_)) => prepend(column, before, scope)?,
            _ => Action::Set(whole(column, value, scope)?),
        },
        (None, _) => {
            let term = whole(column, value, scope)?;
            if column.column_type == ColumnType::Counter {
                return Err(problem::invalid(format!(
                    "Cannot set the value of counter column {} (counters can only be incremented/decremented, not set)",
                    column.name
                )));
            }
            Action::Set(term)
        }
    };
    Ok(Operation { column: column.clone(), action })
}

/// Prepares the deletion of a column or a part of it.
pub(super) fn deletion(column: &Column, part: Option<&Part>, scope: &mut Scope<'_>) -> Result<Operation> {
    let name = &column.name;
    let action = match part {
        None => Action::Delete,
        Some(Part::Element(key)) => {
            let receiver = match &column.column_type {
                ColumnType::List(_) => index_of(column),
                ColumnType::Set(element) => Receiver::new(format!("value({name})"), (**element).clone()),
                ColumnType::Map(entry) => Receiver::new(format!("key({name})"), entry.0.clone()),
                _ => {
                    let message = "Invalid deletion operation for non collection column";
                    return Err(problem::invalid(format!("{message} {name}")));
                }
            };
            if !column.is_multi_cell {
                let message = "Invalid deletion operation for frozen collection column";
                return Err(problem::invalid(format!("{message} {name}")));
            }
            Action::DeleteElement(terms::prepare(key, &receiver, scope)?)
        }
        Some(Part::Field(field)) => {
            let ColumnType::Udt(_) = &column.column_type else {
                let message = "Invalid field deletion operation for non-UDT column";
                return Err(problem::invalid(format!("{message} {name}")));
            };
            if !column.is_multi_cell {
                let message = format!("Frozen UDT column {name} does not support field deletions");
                return Err(problem::invalid(message));
            }
            Action::DeleteField(field_of(column, field)?.0)
        }
    };
    Ok(Operation { column: column.clone(), action })
}

/// What `idx(l)` receives.
pub(super) fn index_of(column: &Column) -> Receiver {
    Receiver::new(format!("idx({})", column.name), ColumnType::Int)
}

/// What receives a field of a user-defined type, and the field's number.
pub(super) fn field_receiver(column: &Column, name: &str) -> Option<(u16, Receiver)> {
    let ColumnType::Udt(udt) = &column.column_type else { return None };
    let at = udt.fields().iter().position(|(field, _)| **field == *name)?;
    let (_, field_type) = udt.fields().get(at)?;
    let receiver = Receiver::new(format!("{}.{name}", column.name), field_type.clone());
    Some((u16::try_from(at).ok()?, receiver))
}

fn field_of(column: &Column, name: &str) -> Result<(u16, Receiver)> {
    field_receiver(column, name).ok_or_else(|| {
        problem::invalid(format!("UDT column {} does not have a field named {name}", column.name))
    })
}

fn element(column: &Column, key: &Written, value: &Written, scope: &mut Scope<'_>) -> Result<Action> {
    let name = &column.name;
    let refuse = |of: &str| {
        let text = format!("{name}[{}] = {}", terms::text(key), terms::text(value));
        Err(problem::invalid(format!("Invalid operation ({text}) for {of} column {name}")))
    };
    let (key_receiver, value_type) = match &column.column_type {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) if !column.is_multi_cell => {
            return refuse("frozen collection");
        }
        ColumnType::Set(_) => return refuse("set"),
        ColumnType::List(element) => (index_of(column), &**element),
        ColumnType::Map(entry) => (Receiver::new(format!("key({name})"), entry.0.clone()), &entry.1),
        _ => return refuse("non collection"),
    };
    let key = terms::prepare(key, &key_receiver, scope)?;
    let value_receiver = Receiver::new(format!("value({name})"), value_type.clone());
    Ok(Action::SetElement { key, value: terms::prepare(value, &value_receiver, scope)? })
}

fn field(column: &Column, field: &str, value: &Written, scope: &mut Scope<'_>) -> Result<Action> {
    let name = &column.name;
    let refuse = |of: &str| {
        let text = format!("{name}.{field} = {}", terms::text(value));
        Err(problem::invalid(format!("Invalid operation ({text}) for {of} column {name}")))
    };
    let ColumnType::Udt(_) = &column.column_type else { return refuse("non-UDT") };
    if !column.is_multi_cell {
        return refuse("frozen UDT");
    }
    let (at, receiver) = field_of(column, field)?;
    Ok(Action::SetField(at, terms::prepare(value, &receiver, scope)?))
}

fn addition(column: &Column, added: &Written, reads: bool, scope: &mut Scope<'_>) -> Result<Action> {
    let name = &column.name;
    let refuse = |of: &str| {
        let text = format!("{name} = {name} + {}", terms::text(added));
        Err(problem::invalid(format!("Invalid operation ({text}) for {of} {name}")))
    };
    match &column.column_type {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) if !column.is_multi_cell => {
            return refuse("frozen collection column");
        }
        ColumnType::Map(_) if matches!(added, Written::Set(elements) if !elements.is_empty()) => {
            let message = "Value for a map addition has to be a map, but was:";
            return Err(problem::invalid(format!("{message} '{}'", terms::text(added))));
        }
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) | ColumnType::Counter => {}
        ColumnType::Tuple(_) | ColumnType::Udt(_) => return refuse("tuple column"),
        of if reads => {
            let sum = functions::arithmetic(Arithmetic::Add, of, of).filter(|sum| sum.returns == *of);
            let Some(sum) = sum else { return refuse("non-numeric and non-text type") };
            return Ok(Action::AddToValue(whole(column, added, scope)?, Box::new(sum)));
        }
        _ => return refuse("non counter column"),
    }
    Ok(Action::Add(whole(column, added, scope)?))
}

fn prepend(column: &Column, before: &Written, scope: &mut Scope<'_>) -> Result<Action> {
    let name = &column.name;
    let refuse = |of: &str| {
        // With a minus, as servers have it.
        let text = format!("{name} = {} - {name}", terms::text(before));
        Err(problem::invalid(format!("Invalid operation ({text}) for {of} column {name}")))
    };
    match &column.column_type {
        ColumnType::List(_) if column.is_multi_cell => Ok(Action::Prepend(whole(column, before, scope)?)),
        ColumnType::List(_) => refuse("frozen list"),
        _ => refuse("non list"),
    }
}

fn subtraction(column: &Column, gone: &Written, scope: &mut Scope<'_>) -> Result<Action> {
    let name = &column.name;
    let refuse = |of: &str| {
        let text = format!("{name} = {name} - {}", terms::text(gone));
        Err(problem::invalid(format!("Invalid operation ({text}) for {of} column {name}")))
    };
    match &column.column_type {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) if !column.is_multi_cell => {
            refuse("frozen collection")
        }
        ColumnType::Map(_) if matches!(gone, Written::Map(_)) => {
            let message = "Value for a map substraction has to be a set, but was:";
            Err(problem::invalid(format!("{message} '{}'", terms::text(gone))))
        }
        ColumnType::Map(entry) => {
            let keys = Receiver::new(&**name, ColumnType::Set(Box::new(entry.0.clone())));
            Ok(Action::Subtract(terms::prepare(gone, &keys, scope)?))
        }
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Counter => {
            Ok(Action::Subtract(whole(column, gone, scope)?))
        }
        _ => refuse("non counter"),
    }
}

/// A term for the column itself.
fn whole(column: &Column, term: &Written, scope: &mut Scope<'_>) -> Result<Term> {
    if column.column_type == ColumnType::Counter && *term == Written::Null {
        return Err(super::operation::null_increment());
    }
    terms::prepare(term, &Receiver::of(column), scope)
}
