//! Terms are given types.

use super::composite::{Composite, Kind};
use super::functions::{self, Argument};
use super::{Call, Receiver, Scope, Term, fit, hint, text};
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{self, Literal};
use crate::engine::values;
use crate::request::Bound;
use cql_protocol::types::{ColumnType, UdtType, VectorType};
use std::sync::Arc;

/// Gives a term the type of what receives it; its markers are noted in the scope.
pub(crate) fn prepare(term: &ast::Term, receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    match term {
        ast::Term::Marker(index, name) => {
            scope.markers.set(*index, name.as_deref(), receiver, &scope.table);
            let column_type = receiver.column_type.clone();
            Ok(if receiver.descends {
                Term::Raw(*index, column_type)
            } else {
                Term::Marker(*index, column_type)
            })
        }
        ast::Term::Null if receiver.column_type == ColumnType::Counter => {
            Err(problem::invalid("Invalid null value for counter increment/decrement"))
        }
        ast::Term::Null => Ok(Term::Value(Bound::Null)),
        ast::Term::Hint(of, term) => hinted(of, term, receiver, scope),
        ast::Term::Call { .. } | ast::Term::Negative(_) | ast::Term::Arithmetic(..) => {
            call(term, receiver, scope)
        }
        ast::Term::Tuple(elements) => match elements.as_slice() {
            [only] if !matches!(receiver.column_type, ColumnType::Tuple(_)) => prepare(only, receiver, scope),
            _ => tuple(elements, receiver, scope),
        },
        ast::Term::Literal(value) => literal(value, receiver),
        ast::Term::List(elements) => match receiver.column_type.clone() {
            ColumnType::List(of) => list(elements, &of, receiver, scope),
            ColumnType::Vector(of) => vector(elements, &of, receiver, scope),
            _ => Err(fit::no_list(receiver)),
        },
        ast::Term::Set(elements) => set(elements, receiver, scope),
        ast::Term::Map(entries) => map(entries, receiver, scope),
        ast::Term::UserType(fields) => user_type(fields, receiver, scope),
        ast::Term::Column(name) => Err(problem::unsupported(&format!("the column {name} as a value"))),
    }
}

fn literal(literal: &Literal, receiver: &Receiver) -> Result<Term> {
    let raw = text::raw(literal);
    if !fit::literal(literal, &receiver.column_type).fits() {
        let kind = match literal {
            Literal::Text(_) => "STRING",
            Literal::Integer(_) => "INTEGER",
            Literal::Float(_) => "FLOAT",
            Literal::Boolean(_) => "BOOLEAN",
            Literal::Uuid(_) => "UUID",
            Literal::Blob(_) => "HEX",
            Literal::Duration(_) => "DURATION",
        };
        let raw = if kind == "HEX" { format!("0x{raw}") } else { raw.to_owned() };
        let (name, of) = (&receiver.name, receiver.type_name());
        return Err(problem::invalid(format!("Invalid {kind} constant ({raw}) for \"{name}\" of type {of}")));
    }
    // Where others than blobs take constants in hexadecimal, a server does not look at what they hold.
    let is_bytes = matches!(literal, Literal::Blob(_));
    let of = if is_bytes { &ColumnType::Blob } else { &receiver.column_type };
    let value = values::from_text(of, raw).map_err(problem::invalid)?;
    Ok(Term::Value(Bound::Value(value)))
}

/// `(type) term`
fn hinted(of: &ast::Type, term: &ast::Term, receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let hinted = hint::resolve_type(of, scope)?;
    let is_multi_cell = !matches!(of, ast::Type::Frozen(_));
    let cast = Receiver { is_multi_cell, ..Receiver::new(receiver.name.clone(), hinted.clone()) };
    if !fit::term(term, &cast, scope)?.fits() {
        let (value, of) = (text::text(term), text::type_text(of, Some(scope.table.keyspace())));
        return Err(problem::invalid(format!("Cannot cast value {value} to type {of}")));
    }
    let is_frozen = receiver.is_multi_cell && !is_multi_cell;
    let may_be_frozen =
        matches!(hinted, ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) | ColumnType::Udt(_));
    let should_be_frozen = receiver.is_column && !receiver.is_multi_cell && is_multi_cell && may_be_frozen;
    if is_frozen || should_be_frozen || !fit::types(&receiver.column_type, &hinted).fits() {
        let value = format!("({}){}", text::type_text(of, Some(scope.table.keyspace())), text::text(term));
        let (name, of) = (&receiver.name, receiver.type_name());
        return Err(problem::invalid(format!("Cannot assign value {value} to {name} of type {of}")));
    }
    prepare(term, receiver, scope)
}

fn call(term: &ast::Term, receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let Some((name, terms)) = functions::called(term) else {
        return Err(problem::unsupported("this term"));
    };
    if functions::is_aggregate(&name) {
        return Err(problem::invalid("Aggregation function are not supported in the where clause"));
    }
    let arguments: Vec<Argument<'_>> = terms.iter().copied().map(Argument::Term).collect();
    let function = functions::resolve(&name, &arguments, Some(receiver), scope)?
        .ok_or_else(|| problem::invalid(format!("Unknown function {} called", text::name(&name))))?;
    let is_frozen = receiver.is_multi_cell && function.returns_frozen();
    if is_frozen || !fit::types(&receiver.column_type, &function.returns).fits() {
        let what = match functions::operator_of(&function.name) {
            Some(operator) => format!("operation {operator}"),
            None => format!("function system.{}", function.name),
        };
        let returns = values::type_name(&function.returns, false);
        let (name, of) = (&receiver.name, receiver.type_name());
        return Err(problem::invalid(format!(
            "Type error: cannot assign result of {what} (type {returns}) to {name} (type {of})"
        )));
    }
    let mut arguments = Vec::with_capacity(terms.len());
    for (at, term) in terms.into_iter().enumerate() {
        arguments.push(prepare(term, &function.receiver(at), scope)?);
    }
    Ok(Term::Call(Arc::new(Call { function, arguments })))
}

fn tuple(elements: &[ast::Term], receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let (name, of) = (&receiver.name, receiver.type_name());
    let ColumnType::Tuple(types) = &receiver.column_type else {
        return Err(problem::invalid(format!("Invalid tuple type literal for {name} of type {of}")));
    };
    let mut parts = Vec::with_capacity(elements.len());
    for (at, element) in elements.iter().enumerate() {
        let Some(component) = types.get(at) else {
            let (expected, found) = (types.len(), elements.len());
            return Err(problem::invalid(format!(
                "Invalid tuple literal for {name}: too many elements. Type {of} expects {expected} but got {found}"
            )));
        };
        let component = receiver.component(at, component);
        if !fit::term(element, &component, scope)?.fits() {
            let of = component.type_name();
            return Err(problem::invalid(format!(
                "Invalid tuple literal for {name}: component {at} is not of type {of}"
            )));
        }
        parts.push(component);
    }
    let parts = elements.iter().zip(&parts).map(|(element, component)| prepare(element, component, scope));
    finish(Kind::Tuple, receiver, parts.collect::<Result<_>>()?)
}

fn list(elements: &[ast::Term], of: &ColumnType, receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let value = receiver.value(of);
    check_parts("list", "value", elements.iter(), (receiver, &value), scope)?;
    let parts = prepare_parts("list", elements.iter(), (receiver, &value), scope)?;
    finish(Kind::List, receiver, parts)
}

fn set(elements: &[ast::Term], receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    match receiver.column_type.clone() {
        ColumnType::Set(of) => {
            let value = receiver.value(&of);
            check_parts("set", "value", elements.iter(), (receiver, &value), scope)?;
            let parts = prepare_parts("set", elements.iter(), (receiver, &value), scope)?;
            finish(Kind::Set(*of), receiver, parts)
        }
        // `{}` was read as a set, and may have been meant as a map.
        ColumnType::Map(of) if elements.is_empty() => finish(Kind::Map(of.0), receiver, Vec::new()),
        _ => Err(no_such("set", receiver)),
    }
}

fn map(entries: &[(ast::Term, ast::Term)], receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let ColumnType::Map(of) = receiver.column_type.clone() else { return Err(no_such("map", receiver)) };
    let (key, value) = (receiver.key(&of.0), receiver.value(&of.1));
    for (one, other) in entries {
        check_parts("map", "key", [one], (receiver, &key), scope)?;
        check_parts("map", "value", [other], (receiver, &value), scope)?;
    }
    let mut parts = Vec::with_capacity(entries.len() * 2);
    for (one, other) in entries {
        parts.extend(prepare_parts("map", [one], (receiver, &key), scope)?);
        parts.extend(prepare_parts("map", [other], (receiver, &value), scope)?);
    }
    finish(Kind::Map(of.0), receiver, parts)
}

fn vector(
    elements: &[ast::Term],
    of: &Arc<VectorType>,
    receiver: &Receiver,
    scope: &mut Scope<'_>,
) -> Result<Term> {
    if elements.len() != of.dimensions() as usize {
        let (name, type_name) = (&receiver.name, receiver.type_name());
        let (expected, found) = (of.dimensions(), elements.len());
        return Err(problem::invalid(format!(
            "Invalid vector literal for {name} of type {type_name}; expected {expected} elements, but given {found}"
        )));
    }
    let value = receiver.value(of.element());
    check_parts("vector", "value", elements.iter(), (receiver, &value), scope)?;
    let parts: Result<_> = elements.iter().map(|element| prepare(element, &value, scope)).collect();
    finish(Kind::Vector(Arc::clone(of)), receiver, parts?)
}

fn user_type(fields: &[(String, ast::Term)], receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Term> {
    let ColumnType::Udt(udt) = receiver.column_type.clone() else {
        return Err(no_such("user type", receiver));
    };
    // Where a field is named twice, the last counts.
    let find = |name: &str| fields.iter().rfind(|(field, _)| field == name).map(|(_, value)| value);
    for (at, (name, _)) in udt.fields().iter().enumerate() {
        let field = receiver.field(&udt, at);
        if let Some(value) = find(name)
            && !fit::term(value, &field, scope)?.fits()
        {
            let (receiver, of) = (&receiver.name, field.type_name());
            return Err(problem::invalid(format!(
                "Invalid user type literal for {receiver}: field {name} is not of type {of}"
            )));
        }
    }
    let mut parts = Vec::with_capacity(udt.fields().len());
    for (at, (name, _)) in udt.fields().iter().enumerate() {
        let field = receiver.field(&udt, at);
        parts.push(prepare(find(name).unwrap_or(&ast::Term::Null), &field, scope)?);
    }
    check_fields(fields, &udt)?;
    finish(Kind::UserType(udt, receiver.is_multi_cell), receiver, parts)
}

fn check_fields(fields: &[(String, ast::Term)], udt: &UdtType) -> Result<()> {
    match fields.iter().find(|(name, _)| udt.field_type(name).is_none()) {
        Some((name, _)) => {
            let of = udt.name();
            Err(problem::invalid(format!("Unknown field '{name}' in value of user defined type {of}")))
        }
        None => Ok(()),
    }
}

fn no_such(kind: &str, receiver: &Receiver) -> cql_protocol::response::ServerError {
    let (name, of) = (&receiver.name, receiver.type_name());
    problem::invalid(format!("Invalid {kind} literal for {name} of type {of}"))
}

/// Whether elements can be what they are for: the collection's receiver and theirs.
fn check_parts<'t>(
    kind: &str,
    part: &str,
    terms: impl IntoIterator<Item = &'t ast::Term>,
    (receiver, of): (&Receiver, &Receiver),
    scope: &Scope<'_>,
) -> Result<()> {
    for term in terms {
        if !fit::term(term, of, scope)?.fits() {
            let (name, value, of) = (&receiver.name, fit::shown(term), of.type_name());
            return Err(problem::invalid(format!(
                "Invalid {kind} literal for {name}: {part} {value} is not of type {of}"
            )));
        }
    }
    Ok(())
}

/// Prepares the parts of a list, set or map. They cannot be markers, nor have any within.
fn prepare_parts<'t>(
    kind: &str,
    terms: impl IntoIterator<Item = &'t ast::Term>,
    (receiver, of): (&Receiver, &Receiver),
    scope: &mut Scope<'_>,
) -> Result<Vec<Term>> {
    let mut parts = Vec::new();
    for term in terms {
        let part = prepare(term, of, scope)?;
        if part.has_marker() {
            let name = &receiver.name;
            return Err(problem::invalid(format!(
                "Invalid {kind} literal for {name}: bind variables are not supported inside collection literals"
            )));
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Puts parts together at once when they are known.
fn finish(kind: Kind, receiver: &Receiver, parts: Vec<Term>) -> Result<Term> {
    let is_constant = parts.iter().all(Term::is_constant);
    let composite = Composite { kind, column_type: receiver.column_type.clone(), parts };
    if is_constant {
        let bindings = super::Bindings { values: &[], now: Now::from_micros(0) };
        return composite.evaluate(bindings).map(Term::Value);
    }
    Ok(Term::Composite(Arc::new(composite)))
}

impl Term {
    /// Whether a marker is it or in it.
    fn has_marker(&self) -> bool {
        match self {
            Term::Value(_) => false,
            Term::Marker(..) | Term::Raw(..) => true,
            Term::Composite(composite) => composite.parts.iter().any(Term::has_marker),
            Term::Call(call) => call.arguments.iter().any(Term::has_marker),
        }
    }
}
