//! What is given to functions, hints and collections of a selection: some of it has a type only by what it is for.

use super::expression::Expression;
use super::selection::{Typed, cannot_infer};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast;
use crate::engine::terms::functions::{self, Argument, Entry};
use crate::engine::terms::{self, Receiver, Scope};
use crate::engine::values::type_name;
use crate::request::Bound;
use cql_protocol::response::ServerError;
use cql_protocol::types::{ColumnType, UdtType};

pub(super) enum Given<'a> {
    Term(&'a ast::Term),
    Typed(Typed),
    Tuple(Vec<Given<'a>>),
    /// Or a vector.
    List(Vec<Given<'a>>),
    Set(Vec<Given<'a>>),
    /// Or a user-defined value.
    Map(Vec<(Key<'a>, Given<'a>)>),
    Enclosed(Box<Given<'a>>),
}

pub(super) enum Key<'a> {
    /// A field, or a column if there is one of that name.
    Name(&'a str, Result<Given<'a>>),
    Value(Given<'a>),
}

impl Given<'_> {
    pub(super) fn argument(&self) -> Argument<'_> {
        match self {
            Given::Term(term) => Argument::Selected(term),
            Given::Typed(typed) => Argument::Typed(functions::Typed {
                text: typed.name.clone(),
                column_type: typed.column_type.clone(),
                is_multi_cell: typed.is_multi_cell,
                descends: typed.descends,
            }),
            Given::Tuple(elements) => Argument::Tuple(elements.iter().map(Given::argument).collect()),
            Given::List(elements) => Argument::List(elements.iter().map(Given::argument).collect()),
            Given::Set(elements) => Argument::Set(elements.iter().map(Given::argument).collect()),
            Given::Map(entries) => {
                Argument::Map(entries.iter().map(|(key, value)| key.entry(value)).collect())
            }
            Given::Enclosed(of) => Argument::Enclosed(Box::new(of.argument())),
        }
    }

    /// What is within all parentheses.
    pub(super) fn enclosed(&self) -> &Self {
        match self {
            Given::Enclosed(of) => of.enclosed(),
            other => other,
        }
    }

    /// Whether a column whose parts are written by themselves is within it.
    pub(super) fn holds_multi_cell(&self) -> bool {
        match self {
            Given::Term(_) => false,
            Given::Typed(typed) => typed.is_multi_cell,
            Given::Tuple(elements) | Given::List(elements) | Given::Set(elements) => {
                elements.iter().any(Given::holds_multi_cell)
            }
            Given::Map(entries) => entries.iter().any(|(key, value)| {
                let (Key::Name(_, Ok(key)) | Key::Value(key)) = key else { return value.holds_multi_cell() };
                key.holds_multi_cell() || value.holds_multi_cell()
            }),
            Given::Enclosed(of) => of.holds_multi_cell(),
        }
    }

    /// Its type, unless it is that of what it is for.
    pub(super) fn exact_type(&self) -> Option<ColumnType> {
        match self {
            // One in parentheses may be a tuple of one, or that one; a map may be a user-defined value.
            Given::Term(_) | Given::Enclosed(_) | Given::Map(_) => None,
            Given::Typed(typed) => Some(typed.column_type.clone()),
            Given::Tuple(elements) => {
                elements.iter().map(Given::exact_type).collect::<Option<Vec<_>>>().map(ColumnType::tuple)
            }
            Given::List(elements) => elements.iter().find_map(Given::exact_type).map(ColumnType::list),
            Given::Set(elements) => elements.iter().find_map(Given::exact_type).map(ColumnType::set),
        }
    }

    pub(super) fn expression(self, receiver: &Receiver, scope: &mut Scope<'_>) -> Result<Expression> {
        let of = &receiver.column_type;
        let mut all = |elements: Vec<Given<'_>>, of: &ColumnType| {
            let receiver = Receiver::new(&*receiver.name, of.clone());
            elements.into_iter().map(|one| one.expression(&receiver, scope)).collect::<Result<Vec<_>>>()
        };
        match (self, of) {
            (Given::Term(term), _) => terms::prepare(term, receiver, scope).map(Expression::Term),
            (Given::Typed(typed), _) => Ok(typed.expression),
            (Given::Tuple(elements), ColumnType::Tuple(types)) => {
                let of = |at: usize| types.get(at).unwrap_or(&ColumnType::Blob);
                let elements = elements.into_iter().enumerate();
                let elements = elements
                    .map(|(at, one)| one.expression(&Receiver::new(&*receiver.name, of(at).clone()), scope));
                elements.collect::<Result<_>>().map(Expression::Tuple)
            }
            (Given::List(elements), ColumnType::List(element)) => {
                Ok(Expression::Collection(of.clone(), all(elements, element)?))
            }
            (Given::List(elements), ColumnType::Vector(vector)) => {
                let (expected, found) = (vector.dimensions() as usize, elements.len());
                if expected != found {
                    return Err(problem::invalid(format!(
                        "Unable to create a vector selector of type {of} from {found} elements"
                    )));
                }
                Ok(Expression::Collection(of.clone(), all(elements, vector.element())?))
            }
            (Given::Set(_), ColumnType::Set(element)) if **element == ColumnType::Duration => {
                Err(no_durations("inside sets", of))
            }
            (Given::Map(_), ColumnType::Map(types)) if types.0 == ColumnType::Duration => {
                Err(no_durations("as map keys", of))
            }
            (Given::Set(elements), ColumnType::Set(element)) => {
                Ok(Expression::Collection(of.clone(), all(elements, element)?))
            }
            (Given::Map(entries), ColumnType::Map(types)) => {
                let of_part = |of: &ColumnType| Receiver::new(&*receiver.name, of.clone());
                let (of_key, of_value) = (of_part(&types.0), of_part(&types.1));
                let entries = entries.into_iter().map(|(key, value)| {
                    let key = match key {
                        Key::Name(_, key) => key?,
                        Key::Value(key) => key,
                    };
                    Ok((key.expression(&of_key, scope)?, value.expression(&of_value, scope)?))
                });
                Ok(Expression::Map(of.clone(), entries.collect::<Result<_>>()?))
            }
            (Given::Map(entries), ColumnType::Udt(udt)) => user_type(entries, udt, receiver, scope),
            (Given::Enclosed(only), ColumnType::Tuple(_)) => {
                Given::Tuple(vec![*only]).expression(receiver, scope)
            }
            (Given::Enclosed(only), _) => only.expression(receiver, scope),
            (other, _) => Err(cannot_infer(&other.name())),
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Given::Term(term) => terms::text(term),
            Given::Typed(typed) => typed.name.clone(),
            Given::Tuple(elements) => format!("({})", names(elements)),
            Given::List(elements) => format!("[{}]", names(elements)),
            Given::Set(elements) => format!("{{{}}}", names(elements)),
            Given::Map(entries) => {
                let entry = |(key, value): &(Key<'_>, Given<'_>)| format!("{}: {}", key.text(), value.name());
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
            Given::Enclosed(of) => format!("({})", of.name()),
        }
    }
}

impl Key<'_> {
    fn entry<'k>(&'k self, value: &'k Given<'_>) -> Entry<'k> {
        let key = match self {
            Key::Name(_, given) => given.as_ref().ok().map(Given::argument),
            Key::Value(given) => Some(given.argument()),
        };
        Entry { is_name: matches!(self, Key::Name(..)), text: self.text(), key, value: value.argument() }
    }

    fn text(&self) -> String {
        match self {
            Key::Name(name, _) => (*name).to_owned(),
            Key::Value(given) => given.name(),
        }
    }
}

fn names(elements: &[Given<'_>]) -> String {
    elements.iter().map(Given::name).collect::<Vec<_>>().join(", ")
}

fn no_durations(of: &str, column_type: &ColumnType) -> ServerError {
    problem::invalid(format!("Durations are not allowed {of}: {}", type_name(column_type, false)))
}

/// A user-defined value; fields that are not named are null.
fn user_type(
    entries: Vec<(Key<'_>, Given<'_>)>,
    udt: &UdtType,
    receiver: &Receiver,
    scope: &mut Scope<'_>,
) -> Result<Expression> {
    let null = || Expression::Term(terms::Term::Value(Bound::Null));
    let mut fields: Vec<Expression> = udt.fields().iter().map(|_| null()).collect();
    for (key, value) in entries {
        let Key::Name(name, _) = key else {
            let (key, of) = (key.text(), udt.name());
            return Err(problem::invalid(format!("{key} is not a valid field identifier of type {of}")));
        };
        let mut all = udt.fields().iter().enumerate();
        let Some((at, (_, of))) = all.find(|(_, (field, _))| **field == *name) else {
            let message = format!("Unknown field '{name}' in value of user defined type {}", udt.name());
            return Err(problem::invalid(message));
        };
        let value = value.expression(&Receiver::new(&*receiver.name, of.clone()), scope)?;
        if let Some(field) = fields.get_mut(at) {
            *field = value;
        }
    }
    Ok(Expression::Tuple(fields))
}
