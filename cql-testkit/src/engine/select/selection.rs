//! What is selected: expressions looked up, typed and named.

use super::aggregate;
use super::expression::Expression;
use super::given::{Given, Key};
use super::times::{Part, Times};
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::existing;
use crate::engine::schema::Table;
use crate::engine::syntax::ast::{self, Selector};
use crate::engine::terms::functions::{self, Scalar};
use crate::engine::terms::{self, Receiver, Scope};
use crate::engine::values::type_name;
use cql_protocol::response::ServerError;
use cql_protocol::types::ColumnType;
use std::sync::Arc;

/// An aggregate and what it is of.
#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) kind: aggregate::Kind,
    pub(super) of: ColumnType,
    /// `None` for rows themselves.
    pub(super) argument: Option<Expression>,
}

/// An expression with its type.
#[derive(Debug)]
pub(super) struct Typed {
    pub(super) expression: Expression,
    pub(super) column_type: ColumnType,
    /// How results and messages name it.
    pub(super) name: String,
    /// Whether it is a column whose parts are written by themselves.
    pub(super) is_multi_cell: bool,
    /// Whether it is a clustering column in descending order.
    pub(super) descends: bool,
}

/// Prepares selected expressions of a table.
pub(super) struct Preparing<'p, 's> {
    pub(super) table: &'p Table,
    pub(super) scope: &'p mut Scope<'s>,
    /// All aggregates so far.
    pub(super) aggregates: Vec<Aggregate>,
    /// Whether the expression is within an aggregate.
    pub(super) in_aggregate: bool,
}

impl Preparing<'_, '_> {
    pub(super) fn prepare(&mut self, selector: &Selector) -> Result<Typed> {
        match selector {
            Selector::Column(name) => {
                let (at, column) = existing(self.table, name)?;
                let (is_multi_cell, descends) = (column.is_multi_cell, column.descends());
                let typed = Typed::new(Expression::Column(at), column.column_type.clone(), name.clone());
                Ok(Typed { is_multi_cell, descends, ..typed })
            }
            Selector::CountAll => self.aggregate(aggregate::Kind::CountAll, None),
            Selector::Call { function, arguments } => self.call(function, arguments),
            Selector::WriteTime(column) => self.times(Times::WriteTime, column),
            Selector::MaxWriteTime(column) => self.times(Times::MaxWriteTime, column),
            Selector::Ttl(column) => self.times(Times::Ttl, column),
            Selector::Field(of, field) => self.field(of, field),
            Selector::Element(of, key) => self.element(of, key),
            Selector::Slice(of, from, to) => self.slice(of, from.as_ref(), to.as_ref()),
            Selector::Term(_)
            | Selector::Enclosed(_)
            | Selector::Tuple(_)
            | Selector::List(_)
            | Selector::Set(_)
            | Selector::Map(_) => self.composed(selector),
            Selector::Hint(of, selector) => self.hint(of, selector),
            Selector::Cast(of, to) => self.cast(of, to),
            Selector::Arithmetic(left, operator, right) => {
                let called = self.resolve_operator(functions::function_of(*operator), &[left, right])?;
                let [left_name, right_name] = called.names.as_slice() else {
                    return Err(no_function(&called.function.name));
                };
                let name = format!("{left_name} {} {right_name}", terms::symbol(*operator));
                Ok(called.named(name))
            }
            Selector::Negative(of) => {
                let called = self.resolve_operator(functions::NEGATION, &[of])?;
                let name = called.names.first().map(|name| format!("-{name}")).unwrap_or_default();
                Ok(called.named(name))
            }
        }
    }

    fn aggregate(&mut self, kind: aggregate::Kind, argument: Option<Typed>) -> Result<Typed> {
        if self.in_aggregate {
            let message = "aggregate functions cannot be used as arguments of aggregate functions";
            return Err(problem::invalid(message));
        }
        let name = match &argument {
            Some(argument) => format!("system.{}({})", kind.name(), argument.name),
            None => "count".to_owned(),
        };
        let (argument, of) = match argument {
            Some(argument) => (Some(argument.expression), argument.column_type),
            None => (None, ColumnType::BigInt),
        };
        let column_type = kind.result(&of);
        self.aggregates.push(Aggregate { kind, of, argument });
        Ok(Typed::new(Expression::Aggregate(self.aggregates.len() - 1), column_type, name))
    }

    fn call(&mut self, function: &ast::Name, arguments: &[Selector]) -> Result<Typed> {
        let is_native = function.keyspace.as_deref().is_none_or(|keyspace| keyspace == "system");
        if let Some(kind) = aggregate::Kind::of(&function.name).filter(|_| is_native) {
            return self.aggregate_call(kind, arguments);
        }
        let given = self.all_given(arguments)?;
        let called = self.resolve(function, given)?;
        let called = called.ok_or_else(|| no_function(&name_text(function)))?;
        let name = format!("system.{}({})", called.function.name, called.names.join(", "));
        Ok(called.named(name))
    }

    fn aggregate_call(&mut self, kind: aggregate::Kind, arguments: &[Selector]) -> Result<Typed> {
        let [argument] = arguments else {
            return Err(problem::invalid(wrong_number(kind, arguments.len())));
        };
        if self.in_aggregate {
            return self.aggregate(kind, None);
        }
        // A constant is in every row.
        if let (aggregate::Kind::Count, Selector::Term(ast::Term::Literal(_))) = (kind, argument) {
            return self.aggregate(aggregate::Kind::CountAll, None);
        }
        self.in_aggregate = true;
        let argument = self.aggregated(kind, argument);
        self.in_aggregate = false;
        let argument = argument?;
        if kind.needs_numbers() && !aggregate::is_number(&argument.column_type) {
            return Err(problem::invalid(no_signature(kind)));
        }
        self.aggregate(kind, Some(argument))
    }

    /// What an aggregate is of. A term has the type that fits it best.
    fn aggregated(&mut self, kind: aggregate::Kind, selector: &Selector) -> Result<Typed> {
        let given = self.given(selector)?;
        let name = given.name();
        let of_any = matches!(kind, aggregate::Kind::Min | aggregate::Kind::Max);
        let known = match given.enclosed() {
            // It might be a tuple, of which there is a least and a greatest too.
            _ if of_any && matches!(given, Given::Enclosed(_)) => None,
            // A server counts bytes, which these are not; null is nothing to count.
            Given::Tuple(_)
            | Given::Set(_)
            | Given::Map(_)
            | Given::Term(ast::Term::Set(_) | ast::Term::Null)
                if kind == aggregate::Kind::Count =>
            {
                Some(ColumnType::Blob)
            }
            other => other.argument().compatible_type(self.scope),
        };
        let Some(column_type) = known else {
            let function = kind.name();
            return Err(problem::invalid(format!(
                "Cannot infer type of argument {name} in call to function system.{function}(any): use type casts to disambiguate"
            )));
        };
        let receiver = Receiver::new(SELECTION, column_type.clone());
        if !given.argument().fit(&receiver, self.scope)?.fits() {
            let (function, of) = (kind.name(), receiver.type_name());
            return Err(problem::invalid(format!(
                "Type error: {name} cannot be passed as argument 0 of function system.{function} of type {of}"
            )));
        }
        let expression = given.expression(&receiver, self.scope)?;
        Ok(Typed::new(expression, column_type, name))
    }

    /// An argument: what has no type by itself is given one by the function.
    fn given<'a>(&mut self, selector: &'a Selector) -> Result<Given<'a>> {
        match selector {
            Selector::Term(term) => Ok(Given::Term(term)),
            Selector::Enclosed(of) => Ok(Given::Enclosed(Box::new(self.given(of)?))),
            Selector::Tuple(elements) => self.all_given(elements).map(Given::Tuple),
            Selector::List(elements) => self.all_given(elements).map(Given::List),
            Selector::Set(elements) => self.all_given(elements).map(Given::Set),
            Selector::Map(entries) => {
                let entry = |(key, value): &'a (Selector, Selector)| {
                    let key = match key {
                        Selector::Column(name) => Key::Name(name, self.given(key)),
                        other => Key::Value(self.given(other)?),
                    };
                    Ok((key, self.given(value)?))
                };
                entries.iter().map(entry).collect::<Result<_>>().map(Given::Map)
            }
            other => self.prepare(other).map(Given::Typed),
        }
    }

    fn all_given<'a>(&mut self, selectors: &'a [Selector]) -> Result<Vec<Given<'a>>> {
        selectors.iter().map(|selector| self.given(selector)).collect()
    }

    /// The function of that name for these arguments, and the arguments; `None` when there is no such function.
    fn resolve(&mut self, name: &ast::Name, given: Vec<Given<'_>>) -> Result<Option<Called>> {
        let arguments = given.iter().map(Given::argument).collect::<Vec<_>>();
        let Some(function) = functions::resolve(name, &arguments, None, self.scope)? else {
            return Ok(None);
        };
        let mut called = Called { arguments: Vec::new(), names: Vec::new(), function };
        for (at, given) in given.into_iter().enumerate() {
            called.names.push(given.name());
            let receiver = Receiver::new(SELECTION, called.function.receiver(at).column_type);
            called.arguments.push(given.expression(&receiver, self.scope)?);
        }
        Ok(Some(called))
    }

    /// A function that there is for some arguments at least.
    fn resolve_operator(&mut self, name: &str, selectors: &[&Selector]) -> Result<Called> {
        let given = selectors.iter().map(|selector| self.given(selector)).collect::<Result<_>>()?;
        self.resolve(&native(name), given)?.ok_or_else(|| no_function(name))
    }

    fn times(&mut self, times: Times, of: &Selector) -> Result<Typed> {
        let function = times.function();
        let (column, part) = innermost(of);
        let (at, column) = existing(self.table, column)?;
        if column.is_key() {
            let name = &column.name;
            let message = format!("Cannot use selection function {function} on PRIMARY KEY part {name}");
            return Err(problem::invalid(message));
        }
        let typed = self.prepare(of)?;
        let name = format!("{function}({})", typed.name);
        let part = match part.filter(|_| column.is_multi_cell).map(|part| self.prepare(part)).transpose()? {
            Some(Typed { expression: Expression::Field(_, at), .. }) => Part::Field(at),
            Some(Typed { expression: Expression::Element(_, _, key), .. }) => Part::Element(key),
            Some(Typed { expression: Expression::Slice(_, _, from, to), .. }) => Part::Slice(from, to),
            _ if column.is_multi_cell => Part::Whole,
            _ => Part::OfWhole(Box::new(typed.expression)),
        };
        let column_type = times.result(column, &part);
        Ok(Typed::new(Expression::Times(times, at, part), column_type, name))
    }

    /// What is in parentheses is itself where a tuple would make no sense; within two pairs a server does not look.
    fn within(&mut self, of: &Selector) -> Result<Typed> {
        let Selector::Enclosed(only) = of else { return self.prepare(of) };
        let typed = self.prepare(only)?;
        Ok(Typed { name: format!("({})", typed.name), ..typed })
    }

    fn field(&mut self, of: &Selector, field: &str) -> Result<Typed> {
        let typed = self.within(of)?;
        let (name, column_type) = (&typed.name, typed.type_name());
        let ColumnType::Udt(udt) = &typed.column_type else {
            let message = format!("Invalid field selection: {name} of type {column_type} is not a user type");
            return Err(problem::invalid(message));
        };
        let found = udt.fields().iter().enumerate().find(|(_, (name, _))| &**name == field);
        let Some((at, (_, of))) = found else {
            return Err(problem::invalid(format!("{name} of type {column_type} has no field {field}")));
        };
        let (of, name) = (of.clone(), format!("{name}.{field}"));
        Ok(Typed::new(Expression::Field(Box::new(typed.expression), at), of, name))
    }

    fn element(&mut self, of: &Selector, key: &ast::Term) -> Result<Typed> {
        let typed = self.prepare(of)?;
        let name = &typed.name;
        let (part, key_type, value_type) = match &typed.column_type {
            ColumnType::Map(entry) => ("key", &entry.0, &entry.1),
            ColumnType::Set(element) => ("value", &**element, &**element),
            ColumnType::List(_) => {
                let message = "Element selection is only allowed on sets and maps, but";
                return Err(problem::invalid(format!("{message} {name} is a list")));
            }
            _ => {
                let of = typed.type_name();
                let message =
                    format!("Invalid element selection: {name} is of type {of} is not a collection");
                return Err(problem::invalid(message));
            }
        };
        let receiver = Receiver::new(format!("{part}({name})"), key_type.clone());
        let name = format!("{name}[{}]", terms::text(key));
        let (key, value_type) = (terms::prepare(key, &receiver, self.scope)?, value_type.clone());
        let expression = Expression::Element(Box::new(typed.expression), typed.column_type, key);
        Ok(Typed::new(expression, value_type, name))
    }

    fn slice(&mut self, of: &Selector, from: Option<&ast::Term>, to: Option<&ast::Term>) -> Result<Typed> {
        let typed = self.prepare(of)?;
        let name = &typed.name;
        let (part, key_type) = match &typed.column_type {
            ColumnType::Map(entry) => ("key", &entry.0),
            ColumnType::Set(element) => ("value", &**element),
            ColumnType::List(_) => {
                let message = "Slice selection is only allowed on sets and maps, but";
                return Err(problem::invalid(format!("{message} {name} is a list")));
            }
            _ => {
                let of = typed.type_name();
                let message = format!("Invalid slice selection: {name} of type {of} is not a collection");
                return Err(problem::invalid(message));
            }
        };
        let receiver = Receiver::new(format!("{part}({name})"), key_type.clone());
        let text = |term: Option<&ast::Term>| term.map(terms::text).unwrap_or_default();
        let name = format!("{name}[{}..{}]", text(from), text(to));
        let mut bound = |term: Option<&ast::Term>| {
            term.map(|term| terms::prepare(term, &receiver, self.scope)).transpose()
        };
        let (from, to, of) = (bound(from)?, bound(to)?, typed.column_type.clone());
        let expression = Expression::Slice(Box::new(typed.expression), of, from, to);
        Ok(Typed::new(expression, typed.column_type, name))
    }

    /// What is put together: its type is known by those of its parts, and that of a constant is not.
    fn composed(&mut self, selector: &Selector) -> Result<Typed> {
        let given = self.given(selector)?;
        let name = given.name();
        let column_type = given.exact_type().ok_or_else(|| cannot_infer(&name))?;
        let receiver = Receiver::new(SELECTION, column_type.clone());
        Ok(Typed::new(given.expression(&receiver, self.scope)?, column_type, name))
    }

    fn hint(&mut self, of: &ast::Type, selector: &Selector) -> Result<Typed> {
        let column_type = terms::resolve_type(of, self.scope)?;
        let of = terms::type_text(of, Some(self.scope.table.keyspace()));
        let given = match self.given(selector)? {
            Given::Enclosed(only) if matches!(column_type, ColumnType::Tuple(_)) => Given::Tuple(vec![*only]),
            given => given,
        };
        let receiver = Receiver::new(SELECTION, column_type.clone());
        let name = format!("({of}){}", given.name());
        let fits = match given.enclosed() {
            Given::Term(_) => true,
            // A hint is of what is frozen.
            Given::Typed(typed) => typed.column_type == column_type && !typed.is_multi_cell,
            _ => !given.holds_multi_cell() && given.argument().fit(&receiver, self.scope)?.fits(),
        };
        if !fits {
            let expected = type_name(&column_type, false);
            let message = format!("Cannot assign value {name} to {name} of type {expected}");
            return Err(problem::invalid(message));
        }
        let expression = given.expression(&receiver, self.scope)?;
        Ok(Typed::new(expression, column_type, name))
    }

    fn cast(&mut self, of: &Selector, to: &ast::Type) -> Result<Typed> {
        let column_type = terms::resolve_type(to, self.scope)?;
        let to = terms::type_text(to, None);
        let given = match self.given(of)? {
            Given::Typed(typed) if typed.column_type == column_type => return Ok(typed),
            given if given.exact_type().is_none() => return Err(cannot_infer(&given.name())),
            given => given,
        };
        let name = given.name();
        let function = native(&format!("cast_as_{}", type_name(&column_type, false)));
        match self.resolve(&function, vec![given])? {
            Some(called) => Ok(called.named(format!("cast({name} as {to})"))),
            None => Err(problem::invalid(format!("{name} cannot be cast to {to}"))),
        }
    }
}

/// A function with its arguments and their names.
struct Called {
    function: Arc<Scalar>,
    arguments: Vec<Expression>,
    names: Vec<String>,
}

impl Called {
    fn named(self, name: String) -> Typed {
        let returns = self.function.returns.clone();
        Typed::new(Expression::Call(self.function, self.arguments), returns, name)
    }
}

impl Typed {
    fn new(expression: Expression, column_type: ColumnType, name: String) -> Self {
        Typed { expression, column_type, name, is_multi_cell: false, descends: false }
    }

    fn type_name(&self) -> String {
        type_name(&self.column_type, self.is_multi_cell)
    }
}

/// The column that parts are of, and the part of it itself.
fn innermost(selector: &Selector) -> (&str, Option<&Selector>) {
    match selector {
        Selector::Column(name) => (name, None),
        Selector::Field(of, _) | Selector::Element(of, _) | Selector::Slice(of, ..) => match innermost(of) {
            (name, None) => (name, Some(selector)),
            inner => inner,
        },
        _ => ("", None),
    }
}

/// What markers of a selection are named.
const SELECTION: &str = "[selection]";

fn native(name: &str) -> ast::Name {
    ast::Name { keyspace: None, name: name.to_owned() }
}

fn name_text(name: &ast::Name) -> String {
    match &name.keyspace {
        Some(keyspace) => format!("{keyspace}.{}", name.name),
        None => name.name.clone(),
    }
}

fn no_function(name: &str) -> ServerError {
    problem::invalid(format!("Unknown function '{name}'"))
}

pub(super) fn cannot_infer(term: &str) -> ServerError {
    let message =
        format!("Cannot infer type for term {term} in selection clause (try using a cast to force a type)");
    problem::invalid(message)
}

fn wrong_number(kind: aggregate::Kind, found: usize) -> String {
    let name = kind.name();
    match kind {
        aggregate::Kind::Min | aggregate::Kind::Max => {
            format!("Invalid number of arguments for function system.{name}(any)")
        }
        aggregate::Kind::CountAll | aggregate::Kind::Count => {
            format!(
                "Invalid number of arguments in call to function system.count: 1 required but {found} provided"
            )
        }
        aggregate::Kind::Sum | aggregate::Kind::Average => no_signature(kind),
    }
}

fn no_signature(kind: aggregate::Kind) -> String {
    let name = kind.name();
    let types = ["tinyint", "smallint", "int", "bigint", "varint", "decimal", "float", "double", "counter"];
    let signatures = types.map(|of| format!("system.{name} : ({of}) -> {of}")).join(", ");
    format!(
        "Invalid call to function {name}, none of its type signatures match (known type signatures: {signatures})"
    )
}
