//! Functions of the server: found by name and arguments, called on bytes.

mod arithmetic;
mod blobs;
mod candidates;
mod casts;
mod collections;
mod factory;
mod floats;
mod floor;
mod json;
mod masks;
mod math;
mod numbers;
mod powers;
mod sha256;
pub(super) mod time;
mod token;
mod vectors;

pub(crate) use arithmetic::{NEGATION, arithmetic, function_of};

use super::fit::{self, Fit};
use super::{Receiver, Scope, text};
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{self, Name, Term};
use crate::engine::values;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use std::fmt;
use std::sync::Arc;

/// What a function does with its arguments; null is `None`.
type Body = Box<dyn Fn(&[Option<Bytes>], Now) -> Result<Option<Bytes>> + Send + Sync>;

/// The bytes that a result may have. Functions within one another can make each twice as long as the one before.
const MAX_RESULT: usize = 16 << 20;

/// A function with its types.
pub(crate) struct Scalar {
    /// Without the keyspace, which is always `system`.
    pub(crate) name: String,
    pub(crate) arguments: Vec<ColumnType>,
    pub(crate) returns: ColumnType,
    /// Whether its types were found for what it is called with, not declared.
    pub(crate) is_made_for_its_call: bool,
    body: Body,
}

/// What a function is called with.
#[derive(Debug, Clone)]
pub(crate) enum Argument<'a> {
    /// A term of a statement's values.
    Term(&'a Term),
    /// A term of a selection.
    Selected(&'a Term),
    Typed(Typed),
    /// Several in parentheses.
    Tuple(Vec<Argument<'a>>),
    List(Vec<Argument<'a>>),
    Set(Vec<Argument<'a>>),
    /// Or a user-defined value.
    Map(Vec<Entry<'a>>),
    /// One in parentheses, which might be a tuple: its type is known by what it is for alone.
    Enclosed(Box<Argument<'a>>),
}

/// Of a map or a user-defined value.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// Whether the key may be a field's name.
    pub(crate) is_name: bool,
    /// The key as messages show it.
    pub(crate) text: String,
    /// `None` where it is a field's name and nothing else.
    pub(crate) key: Option<Argument<'a>>,
    pub(crate) value: Argument<'a>,
}

/// What has a type already.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    /// As messages show it.
    pub(crate) text: String,
    pub(crate) column_type: ColumnType,
    /// Whether it is a column whose parts are written by themselves.
    pub(crate) is_multi_cell: bool,
    /// Whether it is a clustering column in descending order: functions of collections and vectors do not take those.
    pub(crate) descends: bool,
}

impl Scalar {
    fn new(
        name: impl Into<String>,
        arguments: impl Into<Vec<ColumnType>>,
        returns: ColumnType,
        body: impl Fn(&[Option<Bytes>], Now) -> Result<Option<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        let (name, arguments) = (name.into(), arguments.into());
        Scalar { name, arguments, returns, is_made_for_its_call: false, body: Box::new(body) }
    }

    /// A function that is null when an argument is null or empty.
    fn strict(
        name: impl Into<String>,
        arguments: impl Into<Vec<ColumnType>>,
        returns: ColumnType,
        body: impl Fn(&[Bytes]) -> Result<Option<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        let arguments = arguments.into();
        let may_be_empty: Vec<bool> = arguments.iter().map(ColumnType::has_zero_length_values).collect();
        Scalar::new(name, arguments, returns, move |arguments, _| {
            let mut given = Vec::with_capacity(arguments.len());
            for (at, argument) in arguments.iter().enumerate() {
                match argument {
                    Some(bytes) if !bytes.is_empty() || may_be_empty.get(at) == Some(&true) => {
                        given.push(bytes.clone());
                    }
                    _ => return Ok(None),
                }
            }
            body(&given)
        })
    }

    /// The same, made for its call.
    fn made(self) -> Self {
        Scalar { is_made_for_its_call: true, ..self }
    }

    /// Its value for arguments that are valid.
    pub(crate) fn call(&self, arguments: &[Option<Bytes>], now: Now) -> Result<Option<Bytes>> {
        let result = (self.body)(arguments, now)?;
        if result.as_ref().is_some_and(|bytes| bytes.len() > MAX_RESULT) {
            return Err(problem::unsupported(&format!(
                "results of functions of more than {MAX_RESULT} bytes"
            )));
        }
        Ok(result)
    }

    /// What an argument is for.
    pub(crate) fn receiver(&self, at: usize) -> Receiver {
        let of = self.arguments.get(at).cloned().unwrap_or(ColumnType::Blob);
        Receiver::new(format!("arg{at}(system.{})", self.name), of)
    }

    /// Whether its value cannot be written to a collection of many cells: so it is in servers.
    pub(crate) fn returns_frozen(&self) -> bool {
        matches!(self.name.as_str(), "map_keys" | "map_values")
    }

    /// As messages show what is called so.
    fn signature(&self) -> String {
        let names = |types: &[ColumnType]| {
            types.iter().map(|of| values::type_name(of, false)).collect::<Vec<_>>().join(", ")
        };
        let name = match self.name.starts_with('_') {
            true => format!("\"{}\"", self.name),
            false => self.name.clone(),
        };
        let returns = values::type_name(&self.returns, false);
        format!("system.{name} : ({}) -> {returns}", names(&self.arguments))
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.signature())
    }
}

impl Argument<'_> {
    /// As messages show it.
    pub(crate) fn text(&self) -> String {
        match self {
            Argument::Term(term) | Argument::Selected(term) => text::text(term),
            Argument::Typed(typed) => typed.text.clone(),
            Argument::Tuple(elements) => format!("({})", texts(elements)),
            Argument::List(elements) => format!("[{}]", texts(elements)),
            Argument::Set(elements) => format!("{{{}}}", texts(elements)),
            Argument::Map(entries) => {
                let entry = |entry: &Entry<'_>| format!("{}: {}", entry.text, entry.value.text());
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            Argument::Enclosed(of) => format!("({})", of.text()),
        }
    }

    /// How well it fits.
    pub(crate) fn fit(&self, receiver: &Receiver, scope: &Scope<'_>) -> Result<Fit> {
        match self {
            Argument::Term(term) | Argument::Selected(term) => fit::term(term, receiver, scope),
            Argument::Typed(typed) => Ok(fit::types(&receiver.column_type, &typed.column_type)),
            Argument::Tuple(elements) => tuple(elements, receiver, scope),
            Argument::List(elements) => match &receiver.column_type {
                ColumnType::List(of) => each(elements, &receiver.value(of), scope),
                ColumnType::Vector(of) if elements.len() == of.dimensions() as usize => {
                    each(elements, &receiver.value(of.element()), scope)
                }
                _ => Ok(Fit::Not),
            },
            Argument::Set(elements) => match &receiver.column_type {
                ColumnType::Set(of) => each(elements, &receiver.value(of), scope),
                _ => Ok(Fit::Not),
            },
            Argument::Map(entries) => entries_fit(entries, receiver, scope),
            Argument::Enclosed(of) if matches!(receiver.column_type, ColumnType::Tuple(_)) => {
                tuple(std::slice::from_ref(&**of), receiver, scope)
            }
            Argument::Enclosed(of) => of.fit(receiver, scope),
        }
    }

    /// Its type, if it is known without what it is for.
    pub(crate) fn compatible_type(&self, scope: &Scope<'_>) -> Option<ColumnType> {
        match self {
            Argument::Term(term) => fit::compatible_type(term, scope),
            Argument::Selected(term) => selected_type(term, scope),
            Argument::Typed(typed) => Some(typed.column_type.clone()),
            Argument::Tuple(elements) => {
                let types = elements.iter().map(|element| element.compatible_type(scope));
                types.collect::<Option<Vec<_>>>().map(ColumnType::tuple)
            }
            Argument::List(elements) => common_type(elements, scope).map(ColumnType::list),
            Argument::Set(elements) => common_type(elements, scope).map(ColumnType::set),
            Argument::Enclosed(_) | Argument::Map(_) => None,
        }
    }

    fn is_marker(&self) -> bool {
        matches!(self, Argument::Term(Term::Marker(..)) | Argument::Selected(Term::Marker(..)))
    }
}

fn texts(elements: &[Argument<'_>]) -> String {
    elements.iter().map(Argument::text).collect::<Vec<_>>().join(", ")
}

fn common_type(elements: &[Argument<'_>], scope: &Scope<'_>) -> Option<ColumnType> {
    fit::common(elements.iter().filter_map(|element| element.compatible_type(scope)))
}

/// The type of a term in a selection, where it is known without a receiver: there lists have one, too.
fn selected_type(term: &Term, scope: &Scope<'_>) -> Option<ColumnType> {
    let types = |elements: &[Term]| fit::common(elements.iter().filter_map(|one| selected_type(one, scope)));
    match term {
        Term::List(elements) => types(elements).map(ColumnType::list),
        Term::Set(elements) => types(elements).map(ColumnType::set),
        Term::Tuple(elements) => {
            let types = elements.iter().map(|one| selected_type(one, scope));
            types.collect::<Option<Vec<_>>>().map(ColumnType::tuple)
        }
        // It may be meant for a user-defined type.
        Term::Map(_) => None,
        other => fit::compatible_type(other, scope),
    }
}

/// The worst of all.
fn each(elements: &[Argument<'_>], receiver: &Receiver, scope: &Scope<'_>) -> Result<Fit> {
    let mut least = Fit::Exact;
    for element in elements {
        least = least.min(element.fit(receiver, scope)?);
    }
    Ok(least)
}

fn entries_fit(entries: &[Entry<'_>], receiver: &Receiver, scope: &Scope<'_>) -> Result<Fit> {
    for Entry { is_name, text, key, value } in entries {
        let fits = match &receiver.column_type {
            ColumnType::Map(types) => {
                // A name that is no column's is told of later.
                let key =
                    key.as_ref().map_or(Ok(Fit::Weak), |key| key.fit(&receiver.key(&types.0), scope))?;
                key.fits() && value.fit(&receiver.value(&types.1), scope)?.fits()
            }
            // So is what is no field.
            ColumnType::Udt(udt) if *is_name => {
                match udt.fields().iter().position(|(field, _)| **field == **text) {
                    Some(at) => value.fit(&receiver.field(udt, at), scope)?.fits(),
                    None => true,
                }
            }
            ColumnType::Udt(_) => true,
            _ => false,
        };
        if !fits {
            return Ok(Fit::Not);
        }
    }
    Ok(Fit::Weak)
}

/// Whether what is in parentheses can be a tuple of that type.
fn tuple(elements: &[Argument<'_>], receiver: &Receiver, scope: &Scope<'_>) -> Result<Fit> {
    let ColumnType::Tuple(types) = &receiver.column_type else { return Ok(Fit::Not) };
    if elements.len() > types.len() {
        return Ok(Fit::Not);
    }
    for (at, (element, of)) in elements.iter().zip(types).enumerate() {
        // What is in a tuple is frozen.
        let is_multi_cell = matches!(element, Argument::Typed(typed) if typed.is_multi_cell);
        if is_multi_cell || !element.fit(&receiver.component(at, of), scope)?.fits() {
            return Ok(Fit::Not);
        }
    }
    Ok(Fit::Weak)
}

/// The function that a term calls and what with: arithmetic is calls, too.
pub(crate) fn called(term: &Term) -> Option<(Name, Vec<&Term>)> {
    let native = |name: &str| Name { keyspace: None, name: name.to_owned() };
    match term {
        Term::Call { function, arguments } => Some((function.clone(), arguments.iter().collect())),
        Term::Negative(term) => Some((native(arithmetic::NEGATION), vec![&**term])),
        Term::Arithmetic(left, operator, right) => {
            Some((native(arithmetic::function_of(*operator)), vec![&**left, &**right]))
        }
        _ => None,
    }
}

/// The operator that a function is behind.
pub(crate) fn operator_of(name: &str) -> Option<char> {
    arithmetic::operator_of(name).map(text::symbol)
}

/// Finds the function of a name that takes these arguments, and returns what the receiver can be. `None` when no
/// function has that name.
pub(crate) fn resolve(
    name: &Name,
    arguments: &[Argument<'_>],
    receiver: Option<&Receiver>,
    scope: &Scope<'_>,
) -> Result<Option<Arc<Scalar>>> {
    if name.keyspace.as_deref().is_some_and(|keyspace| keyspace != "system") {
        return Ok(None);
    }
    scope.markers.check_words()?;
    let mut candidates =
        candidates::of(&name.name, arguments, receiver.map(|receiver| &receiver.column_type), scope)?;
    if candidates.len() > 1 {
        return pick(name, candidates, arguments, receiver, scope).map(|found| Some(Arc::new(found)));
    }
    let Some(only) = candidates.pop() else { return Ok(None) };
    let (expected, found) = (only.arguments.len(), arguments.len());
    if expected != found {
        let name = &only.name;
        return Err(problem::invalid(format!(
            "Invalid number of arguments in call to function system.{name}: {expected} required but {found} provided"
        )));
    }
    for (at, argument) in arguments.iter().enumerate() {
        let receiver = only.receiver(at);
        if !argument.fit(&receiver, scope)?.fits() {
            let (argument, name, of) = (argument.text(), &only.name, receiver.type_name());
            return Err(problem::invalid(format!(
                "Type error: {argument} cannot be passed as argument {at} of function system.{name} of type {of}"
            )));
        }
    }
    Ok(Some(Arc::new(only)))
}

/// The one of several functions with a name: the first whose types are exactly those, or the only one that can be called.
fn pick(
    name: &Name,
    candidates: Vec<Scalar>,
    arguments: &[Argument<'_>],
    receiver: Option<&Receiver>,
    scope: &Scope<'_>,
) -> Result<Scalar> {
    let (mut compatible, mut others) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let returns =
            receiver.is_none_or(|receiver| fit::types(&receiver.column_type, &candidate.returns).fits());
        match if returns { fit_all(&candidate, arguments, scope)? } else { Fit::Not } {
            Fit::Exact => return Ok(candidate),
            Fit::Weak => compatible.push(candidate),
            Fit::Not => others.push(candidate),
        }
    }
    let operator = operator_of(&name.name);
    let shown = |at: usize| arguments.get(at).map(Argument::text).unwrap_or_default();
    if compatible.is_empty() {
        let message = match operator {
            Some(operator) => {
                format!("the '{operator}' operation is not supported between {} and {}", shown(0), shown(1))
            }
            None => format!(
                "Invalid call to function {}, none of its type signatures match (known type signatures: {})",
                shown_name(name),
                signatures(&others)
            ),
        };
        return Err(problem::invalid(message));
    }
    if compatible.len() == 1 {
        return Ok(compatible.remove(0));
    }
    if let Some(operator) = operator {
        // For a descending column a server does not know those of its type.
        if let Some(receiver) = receiver.filter(|receiver| !receiver.descends)
            && !arguments.iter().any(Argument::is_marker)
            && let Some(at) =
                compatible.iter().position(|of| of.arguments.iter().all(|of| *of == receiver.column_type))
        {
            return Ok(compatible.remove(at));
        }
        return Err(problem::invalid(format!(
            "Ambiguous '{operator}' operation with args {} and {}: use type hint to disambiguate, example '(int) ?'",
            shown(0),
            shown(1)
        )));
    }
    if name.name == arithmetic::NEGATION {
        return Err(problem::invalid("Ambiguous negation: use type casts to disambiguate"));
    }
    Err(problem::invalid(format!(
        "Ambiguous call to function {} (can be matched by following signatures: {}): use type casts to disambiguate",
        shown_name(name),
        signatures(&compatible)
    )))
}

fn fit_all(function: &Scalar, arguments: &[Argument<'_>], scope: &Scope<'_>) -> Result<Fit> {
    if function.arguments.len() != arguments.len() {
        return Ok(Fit::Not);
    }
    let mut least = Fit::Exact;
    for (at, argument) in arguments.iter().enumerate() {
        least = least.min(argument.fit(&function.receiver(at), scope)?);
        if least == Fit::Not {
            break;
        }
    }
    Ok(least)
}

fn shown_name(name: &Name) -> String {
    // Those that operators and casts stand for are named in full.
    if name.name == arithmetic::NEGATION || name.name.starts_with("cast_as_") {
        format!("system.{}", name.name)
    } else {
        text::name(name)
    }
}

fn signatures(functions: &[Scalar]) -> String {
    functions.iter().map(Scalar::signature).collect::<Vec<_>>().join(", ")
}

/// Whether a function of that name is one over many rows.
pub(crate) fn is_aggregate(name: &Name) -> bool {
    name.keyspace.as_deref().is_none_or(|keyspace| keyspace == "system")
        && matches!(name.name.as_str(), "avg" | "count" | "max" | "min" | "sum" | "countrows")
}

/// For functions over the arithmetic operators of the grammar.
pub(crate) type Operator = ast::Arithmetic;
