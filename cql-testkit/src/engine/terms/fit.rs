//! Whether a term can be a value of a type.

use super::functions::{self, Argument};
use super::{Receiver, Scope, hint, text};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::{self, Literal};
use crate::engine::values::number::Decimal;
use cql_protocol::types::ColumnType;

/// How well a term or type fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Not,
    Weak,
    Exact,
}

impl Fit {
    pub(crate) fn fits(self) -> bool {
        self != Fit::Not
    }
}

/// Whether a value of a type can be received as another.
pub(crate) fn types(receiver: &ColumnType, value: &ColumnType) -> Fit {
    use ColumnType::{
        Ascii, BigInt, Blob, Date, Int, List, Map, Set, Text, Time, TimeUuid, Timestamp, Tuple, Uuid, Varint,
    };
    if receiver == value {
        return Fit::Exact;
    }
    let is_compatible = match (receiver, value) {
        (Blob, _)
        | (Text, Ascii)
        | (Uuid, TimeUuid)
        | (Varint, Int | BigInt | Timestamp)
        | (BigInt, Timestamp)
        | (Timestamp | Time, BigInt)
        | (Date, Int) => true,
        (List(receiver), List(value)) => types(receiver, value).fits(),
        (Set(receiver), Set(value)) => has_order_of(receiver, value),
        (Tuple(receiver), Tuple(value)) => {
            receiver.len() >= value.len()
                && receiver.iter().zip(value).all(|(one, two)| types(one, two).fits())
        }
        (Map(receiver), Map(value)) => {
            has_order_of(&receiver.0, &value.0) && types(&receiver.1, &value.1).fits()
        }
        _ => false,
    };
    if is_compatible { Fit::Weak } else { Fit::Not }
}

/// Whether the order of values of one type is that of the other, as elements of sets and keys of maps need it.
fn has_order_of(one: &ColumnType, other: &ColumnType) -> bool {
    use ColumnType::{Ascii, Blob, List, Map, Set, Text, Tuple};
    match (one, other) {
        (Blob, Text | Ascii) | (Text, Ascii) => true,
        (List(one), List(other)) | (Set(one), Set(other)) => has_order_of(one, other),
        (Map(one), Map(other)) => has_order_of(&one.0, &other.0) && has_order_of(&one.1, &other.1),
        (Tuple(one), Tuple(other)) => {
            one.len() >= other.len() && one.iter().zip(other).all(|(one, other)| has_order_of(one, other))
        }
        _ => one == other,
    }
}

/// Whether a term can be what a receiver expects. Fails where a server complains instead of saying no.
pub(crate) fn term(term: &ast::Term, receiver: &Receiver, scope: &Scope<'_>) -> Result<Fit> {
    let of = &receiver.column_type;
    match term {
        ast::Term::Null => Ok(if *of == ColumnType::Counter { Fit::Not } else { Fit::Weak }),
        ast::Term::Marker(..) => Ok(Fit::Weak),
        ast::Term::Literal(value) => Ok(literal(value, of)),
        ast::Term::List(elements) => match of {
            ColumnType::List(element) => each(elements, &receiver.value(element), scope),
            ColumnType::Vector(vector) if elements.len() == vector.dimensions() as usize => {
                each(elements, &receiver.value(vector.element()), scope)
            }
            ColumnType::Vector(_) => Ok(Fit::Not),
            _ => Err(no_list(receiver)),
        },
        ast::Term::Set(elements) => match of {
            ColumnType::Set(element) => each(elements, &receiver.value(element), scope),
            // There is no telling an empty map from an empty set.
            ColumnType::Map(_) if elements.is_empty() => Ok(Fit::Weak),
            _ => Ok(Fit::Not),
        },
        ast::Term::Map(entries) => match of {
            ColumnType::Map(pair) => {
                let (key, value) = (receiver.key(&pair.0), receiver.value(&pair.1));
                let keys = each(entries.iter().map(|(key, _)| key), &key, scope)?;
                Ok(keys.min(each(entries.iter().map(|(_, value)| value), &value, scope)?))
            }
            _ => Ok(Fit::Not),
        },
        ast::Term::Tuple(elements) => match of {
            ColumnType::Tuple(types) if elements.len() <= types.len() => {
                for (at, (element, of)) in elements.iter().zip(types).enumerate() {
                    if !self::term(element, &receiver.component(at, of), scope)?.fits() {
                        return Ok(Fit::Not);
                    }
                }
                Ok(Fit::Weak)
            }
            ColumnType::Tuple(_) => Ok(Fit::Not),
            _ => match elements.as_slice() {
                [only] => self::term(only, receiver, scope),
                _ => Ok(Fit::Not),
            },
        },
        ast::Term::UserType(fields) => match of {
            ColumnType::Udt(udt) => {
                for (at, (name, _)) in udt.fields().iter().enumerate() {
                    if let Some((_, value)) = fields.iter().find(|(field, _)| *field == **name)
                        && !self::term(value, &receiver.field(udt, at), scope)?.fits()
                    {
                        return Ok(Fit::Not);
                    }
                }
                Ok(Fit::Weak)
            }
            _ => Ok(Fit::Not),
        },
        ast::Term::Hint(hinted, _) => Ok(types(of, &hint::resolve_type(hinted, scope)?)),
        ast::Term::Call { .. } | ast::Term::Negative(_) | ast::Term::Arithmetic(..) => {
            Ok(call(term, receiver, scope))
        }
        ast::Term::Column(_) => Ok(Fit::Not),
    }
}

pub(super) fn no_list(receiver: &Receiver) -> cql_protocol::response::ServerError {
    let of = receiver.type_name();
    problem::invalid(format!("Unexpected receiver type '{of}'; only list and vector are expected"))
}

/// The worst of all.
fn each<'t>(
    terms: impl IntoIterator<Item = &'t ast::Term>,
    receiver: &Receiver,
    scope: &Scope<'_>,
) -> Result<Fit> {
    let mut least = Fit::Exact;
    for element in terms {
        least = least.min(term(element, receiver, scope)?);
    }
    Ok(least)
}

pub(super) fn literal(literal: &Literal, of: &ColumnType) -> Fit {
    use ColumnType::{
        Ascii, BigInt, Blob, Boolean, Counter, Date, Decimal, Double, Duration, Float, Inet, Int, SmallInt,
        Text, Time, TimeUuid, Timestamp, TinyInt, Uuid, Varint,
    };
    match of {
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => return Fit::Not,
        ColumnType::Udt(_) | ColumnType::Vector(_) => return Fit::Not,
        ColumnType::Tuple(_) | ColumnType::Custom(_) => return Fit::Weak,
        _ => {}
    }
    if preferred(literal).as_ref() == Some(of) {
        return Fit::Exact;
    }
    let is_of = match literal {
        Literal::Text(_) => matches!(of, Ascii | Text | Inet | Date | Time | Timestamp),
        Literal::Integer(_) => matches!(
            of,
            BigInt
                | Counter
                | Date
                | Decimal
                | Double
                | Duration
                | Float
                | Int
                | SmallInt
                | Time
                | Timestamp
                | TinyInt
                | Varint
        ),
        Literal::Uuid(_) => matches!(of, Uuid | TimeUuid),
        Literal::Float(_) => matches!(of, Decimal | Double | Float),
        Literal::Boolean(_) => *of == Boolean,
        Literal::Blob(_) => *of == Blob,
        Literal::Duration(_) => *of == Duration,
    };
    if is_of { Fit::Weak } else { Fit::Not }
}

/// The type a literal has where nothing else says one.
fn preferred(literal: &Literal) -> Option<ColumnType> {
    Some(match literal {
        Literal::Text(text) if text.is_ascii() => ColumnType::Ascii,
        Literal::Text(_) => ColumnType::Text,
        Literal::Integer(digits) if digits.parse::<i32>().is_ok() => ColumnType::Int,
        Literal::Integer(digits) if digits.parse::<i64>().is_ok() => ColumnType::BigInt,
        Literal::Integer(_) => ColumnType::Varint,
        Literal::Float(digits) if is_double(digits) => ColumnType::Double,
        Literal::Float(_) => ColumnType::Decimal,
        Literal::Boolean(_) => ColumnType::Boolean,
        Literal::Uuid(text) if text.get(14..15) == Some("1") => ColumnType::TimeUuid,
        Literal::Uuid(_) => ColumnType::Uuid,
        // Not a blob: that is what servers take it for.
        Literal::Blob(_) => ColumnType::TinyInt,
        Literal::Duration(_) => ColumnType::Duration,
    })
}

/// More letters than a `double` is written with, in full.
const LONGEST_DOUBLE: usize = 1100;

/// Whether a number is the same when it is read as a `double` and written as that.
fn is_double(digits: &str) -> bool {
    if digits.ends_with("NaN") || digits.ends_with("Infinity") {
        return true;
    }
    // No double has more digits than that, and to read long ones takes long.
    if digits.len() > LONGEST_DOUBLE {
        return false;
    }
    let Ok(double) = digits.parse::<f64>() else { return false };
    match (Decimal::parse(digits), Decimal::parse(&format!("{double:e}"))) {
        (Some(exact), Some(read)) => exact.compare(&read).is_eq(),
        _ => false,
    }
}

/// The one of several types that all others can be received as.
pub(super) fn common(types: impl Iterator<Item = ColumnType>) -> Option<ColumnType> {
    let mut different: Vec<ColumnType> = Vec::new();
    for of in types {
        if !different.contains(&of) {
            different.push(of);
        }
    }
    let receives_all = |of: &&ColumnType| different.iter().all(|other| self::types(of, other).fits());
    different.iter().find(receives_all).cloned()
}

/// The type of a term where it is known without a receiver.
pub(crate) fn compatible_type(term: &ast::Term, scope: &Scope<'_>) -> Option<ColumnType> {
    let type_of = |term| compatible_type(term, scope);
    match term {
        ast::Term::Literal(literal) => preferred(literal),
        ast::Term::Hint(of, _) => hint::resolve_type(of, scope).ok(),
        ast::Term::Set(elements) => common(elements.iter().filter_map(type_of)).map(ColumnType::set),
        ast::Term::Map(entries) => {
            let key = common(entries.iter().filter_map(|(key, _)| type_of(key)))?;
            let value = common(entries.iter().filter_map(|(_, value)| type_of(value)))?;
            Some(ColumnType::map(key, value))
        }
        // Other than in sets and maps, literals have no type in tuples.
        ast::Term::Tuple(elements) if elements.iter().any(|of| matches!(of, ast::Term::Literal(_))) => None,
        ast::Term::Tuple(elements) => {
            elements.iter().map(type_of).collect::<Option<Vec<_>>>().map(ColumnType::tuple)
        }
        ast::Term::Call { .. } | ast::Term::Negative(_) | ast::Term::Arithmetic(..) => {
            let key = scope.markers.words(|| in_words(term, scope))?;
            if let Some(known) = scope.markers.known_type(&key) {
                return known;
            }
            let (name, arguments) = functions::called(term)?;
            let arguments: Vec<Argument<'_>> = arguments.into_iter().map(Argument::Term).collect();
            let function = functions::resolve(&name, &arguments, None, scope).ok().flatten();
            let of = function.map(|function| function.returns.clone());
            scope.markers.set_type(key, of.clone());
            of
        }
        _ => None,
    }
}

/// A function that is unknown or cannot be called so fits everywhere: it is complained of when it is prepared.
fn call(term: &ast::Term, receiver: &Receiver, scope: &Scope<'_>) -> Fit {
    let of = &receiver.column_type;
    let Some((name, arguments)) = functions::called(term) else { return Fit::Not };
    let Some(words) = scope.markers.words(|| in_words(term, scope)) else { return Fit::Weak };
    let key = (words, of.clone());
    if let Some(known) = scope.markers.known_fit(&key) {
        return known;
    }
    let arguments: Vec<Argument<'_>> = arguments.into_iter().map(Argument::Term).collect();
    let fit = match functions::resolve(&name, &arguments, Some(receiver), scope) {
        Ok(Some(function)) if function.is_made_for_its_call => Fit::Weak,
        Ok(Some(function)) => types(of, &function.returns),
        Ok(None) | Err(_) => Fit::Weak,
    };
    scope.markers.set_fit(key, fit);
    fit
}

/// A term and the table that it is for, which decides what `token` is.
fn in_words(term: &ast::Term, scope: &Scope<'_>) -> String {
    format!("{}.{} {}", scope.table.keyspace(), scope.table.table(), text::text(term))
}

/// The text of a term, for those that only know this module.
pub(super) fn shown(term: &ast::Term) -> String {
    text::text(term)
}
