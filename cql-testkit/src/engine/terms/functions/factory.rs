//! Functions that take many types: made for the arguments they are called with.

use super::{Argument, Scalar, collections, json, masks, vectors};
use crate::engine::problem::{self, Result};
use crate::engine::syntax::ast::Term;
use crate::engine::terms::{Scope, fit};
use crate::engine::values;
use cql_protocol::types::ColumnType;

/// What an argument of such a function may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    /// Anything with a type.
    Any,
    /// The type of what receives the result, where nothing else is known.
    AnyOrReceived,
    /// One of these; the first where nothing else is known.
    Fixed(&'static [ColumnType]),
    /// The same, and it may be left out.
    Optional(&'static [ColumnType]),
    Collection,
    SetOrList,
    NumericSetOrList,
    Map,
    /// What the first argument is.
    LikeFirst,
    /// A vector of floats; what the argument at that place is where nothing else is known.
    VectorLike(usize),
}

/// A function that is made for its arguments.
pub(super) struct Maker {
    pub(super) parameters: &'static [Parameter],
    /// From its name, the types of its arguments and that of its receiver.
    pub(super) make: fn(&str, &[ColumnType], Option<&ColumnType>) -> Result<Scalar>,
}

/// The function of a name, made for its arguments.
pub(super) fn find(
    name: &str,
    arguments: &[Argument<'_>],
    receiver: Option<&ColumnType>,
    scope: &Scope<'_>,
) -> Result<Option<Scalar>> {
    let makers = [collections::maker, json::maker, masks::maker, vectors::maker];
    let Some(maker) = makers.iter().find_map(|maker| maker(name)) else { return Ok(None) };
    let shown = || {
        let parameters: Vec<String> = maker.parameters.iter().map(Parameter::text).collect();
        format!("system.{name}({})", parameters.join(", "))
    };
    let optional = |parameter: &&Parameter| matches!(parameter, Parameter::Optional(_));
    let most = maker.parameters.len();
    let least = most - maker.parameters.iter().filter(optional).count();
    if !(least..=most).contains(&arguments.len()) {
        let message = format!("Invalid number of arguments for function {}", shown());
        return Err(problem::invalid(message));
    }
    // At first each by itself, then with what is known of the others.
    let mut types: Vec<Option<ColumnType>> = Vec::with_capacity(arguments.len());
    for (parameter, argument) in maker.parameters.iter().zip(arguments) {
        types.push(parameter.infer(argument, (receiver, &[]), scope));
    }
    let mut known = Vec::with_capacity(arguments.len());
    for (at, (parameter, argument)) in maker.parameters.iter().zip(arguments).enumerate() {
        let Some(of) = parameter.infer(argument, (receiver, &types), scope) else {
            let argument = argument.text();
            return Err(problem::invalid(format!(
                "Cannot infer type of argument {argument} in call to function {}: use type casts to disambiguate",
                shown()
            )));
        };
        parameter.check(name, argument, &of)?;
        if let Some(inferred) = types.get_mut(at) {
            *inferred = Some(of.clone());
        }
        known.push(of);
    }
    (maker.make)(name, &known, receiver).map(Some)
}

impl Parameter {
    /// The type of an argument, given the types of the receiver and of the arguments as far as they are known.
    fn infer(
        self,
        argument: &Argument<'_>,
        (receiver, types): (Option<&ColumnType>, &[Option<ColumnType>]),
        scope: &Scope<'_>,
    ) -> Option<ColumnType> {
        let own = || argument.compatible_type(scope);
        let other = |at: usize| types.get(at).cloned().flatten();
        match self {
            Parameter::AnyOrReceived => own().or_else(|| receiver.cloned()),
            Parameter::Fixed(types) | Parameter::Optional(types) => own().or_else(|| types.first().cloned()),
            Parameter::LikeFirst => other(0).or_else(own).or_else(|| receiver.cloned()),
            Parameter::VectorLike(at) => {
                float_vector(argument).or_else(own).or_else(|| receiver.cloned()).or_else(|| other(at))
            }
            _ => own(),
        }
    }

    fn check(self, name: &str, argument: &Argument<'_>, of: &ColumnType) -> Result<()> {
        let element = |of: &ColumnType| match of {
            ColumnType::List(element) | ColumnType::Set(element) => Some(ColumnType::clone(element)),
            _ => None,
        };
        // A descending column is of no kind of type that a server would know.
        let is_known = !matches!(argument, Argument::Typed(typed) if typed.descends);
        let expected = match self {
            Parameter::Fixed(types) | Parameter::Optional(types) => {
                if types.iter().any(|wanted| fit::types(wanted, of).fits()) {
                    return Ok(());
                }
                format!("an argument of type {}", Parameter::Fixed(types).text())
            }
            Parameter::Collection
                if !is_known || (element(of).is_none() && !matches!(of, ColumnType::Map(_))) =>
            {
                "a collection argument".to_owned()
            }
            Parameter::SetOrList if !is_known || element(of).is_none() => "a set or list argument".to_owned(),
            Parameter::NumericSetOrList
                if !(is_known && element(of).is_some_and(|element| super::numbers::is_number(&element))) =>
            {
                "a numeric set/list argument".to_owned()
            }
            Parameter::Map if !(is_known && matches!(of, ColumnType::Map(_))) => "a map argument".to_owned(),
            Parameter::VectorLike(_) if !(is_known && is_float_vector(of)) => {
                "a float vector argument".to_owned()
            }
            _ => return Ok(()),
        };
        let is_plain =
            matches!(argument, Argument::Typed(_)) && !matches!(of, ColumnType::Tuple(_)) && is_known;
        let (argument, of) = (argument.text(), values::type_name(of, is_plain));
        Err(problem::invalid(format!(
            "Function system.{name} requires {expected}, but found argument {argument} of type {of}"
        )))
    }

    fn text(&self) -> String {
        match self {
            Parameter::Any | Parameter::AnyOrReceived | Parameter::LikeFirst => "any".to_owned(),
            // `varchar` is another name of what is there already.
            Parameter::Fixed([ColumnType::Text, ColumnType::Ascii]) => "[text|varchar|ascii]".to_owned(),
            Parameter::Fixed([of]) => of.to_string(),
            Parameter::Fixed(types) => {
                let names: Vec<String> = types.iter().map(ColumnType::to_string).collect();
                format!("[{}]", names.join("|"))
            }
            Parameter::Optional(types) => {
                let name = types.first().map(ColumnType::to_string).unwrap_or_default();
                format!("[{name}]")
            }
            Parameter::Collection => "collection".to_owned(),
            Parameter::SetOrList | Parameter::NumericSetOrList => "numeric_set_or_list".to_owned(),
            Parameter::Map => "map".to_owned(),
            Parameter::VectorLike(_) => "vector<float, n>".to_owned(),
        }
    }
}

fn is_float_vector(of: &ColumnType) -> bool {
    matches!(of, ColumnType::Vector(vector) if *vector.element() == ColumnType::Float)
}

/// A list in a selection is a vector where one is expected. Within values of statements it is not.
fn float_vector(argument: &Argument<'_>) -> Option<ColumnType> {
    match argument {
        Argument::Selected(Term::List(elements)) => of_floats(elements.len()),
        Argument::List(elements) => of_floats(elements.len()),
        _ => None,
    }
}

fn of_floats(dimensions: usize) -> Option<ColumnType> {
    let dimensions = u32::try_from(dimensions).ok().filter(|dimensions| *dimensions > 0)?;
    Some(ColumnType::vector(ColumnType::Float, dimensions))
}
