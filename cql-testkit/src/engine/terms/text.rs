//! Terms as messages show them.

use crate::engine::syntax::ast::{Arithmetic, Literal, Name, Term, Type};
use crate::engine::values::native_type;

/// A term in the server's spelling.
pub(crate) fn text(term: &Term) -> String {
    match term {
        Term::Null => "NULL".to_owned(),
        Term::Literal(literal) => literal_text(literal),
        Term::Marker(..) => "?".to_owned(),
        Term::List(elements) => format!("[{}]", list(elements)),
        Term::Set(elements) => format!("{{{}}}", list(elements)),
        Term::Map(entries) => {
            let entry = |(key, value): &(Term, Term)| format!("{}: {}", text(key), text(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Term::UserType(fields) => {
            let field = |(name, value): &(String, Term)| format!("{name}: {}", text(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        Term::Tuple(elements) => format!("({})", list(elements)),
        Term::Call { function, arguments } => format!("{}({})", name(function), list(arguments)),
        Term::Hint(of, term) => format!("({}){}", type_text(of, None), text(term)),
        Term::Negative(term) => format!("-{}", text(term)),
        Term::Arithmetic(left, operator, right) => {
            format!("{} {} {}", text(left), symbol(*operator), text(right))
        }
        Term::Column(name) => name.clone(),
    }
}

/// A function's name, with its keyspace where one is said.
pub(crate) fn name(name: &Name) -> String {
    match &name.keyspace {
        Some(keyspace) => format!("{keyspace}.{}", name.name),
        None => name.name.clone(),
    }
}

pub(crate) fn symbol(operator: Arithmetic) -> char {
    match operator {
        Arithmetic::Add => '+',
        Arithmetic::Subtract => '-',
        Arithmetic::Multiply => '*',
        Arithmetic::Divide => '/',
        Arithmetic::Remainder => '%',
    }
}

/// The digits or letters of a literal, as they are written.
pub(super) fn raw(literal: &Literal) -> &str {
    match literal {
        Literal::Text(text)
        | Literal::Integer(text)
        | Literal::Float(text)
        | Literal::Uuid(text)
        | Literal::Blob(text)
        | Literal::Duration(text) => text,
        Literal::Boolean(true) => "true",
        Literal::Boolean(false) => "false",
    }
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => format!("'{text}'"),
        Literal::Blob(hex) => format!("0x{hex}"),
        other => raw(other).to_owned(),
    }
}

fn list(terms: &[Term]) -> String {
    terms.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// A type as it is written in a hint; user-defined ones that are without a keyspace with this one.
pub(crate) fn type_text(of: &Type, keyspace: Option<&str>) -> String {
    let text = |of: &Type| type_text(of, keyspace);
    match of {
        Type::Named(of) => match keyspace {
            Some(keyspace) if of.keyspace.is_none() && native_type(&of.name).is_none() => {
                format!("{keyspace}.{}", of.name)
            }
            _ => name(of),
        },
        Type::List(element) => format!("list<{}>", text(element)),
        Type::Set(element) => format!("set<{}>", text(element)),
        Type::Map(key, value) => format!("map<{}, {}>", text(key), text(value)),
        // What is within a tuple is frozen, whether that is said or not.
        Type::Tuple(types) => {
            let frozen = |of: &Type| match of {
                Type::List(_) | Type::Set(_) | Type::Map(..) => format!("frozen<{}>", text(of)),
                Type::Named(name) if native_type(&name.name).is_none() => format!("frozen<{}>", text(of)),
                _ => text(of),
            };
            format!("tuple<{}>", types.iter().map(frozen).collect::<Vec<_>>().join(", "))
        }
        Type::Vector(element, dimensions) => format!("vector<{}, {dimensions}>", text(element)),
        // Which are never anything else.
        Type::Frozen(of) if matches!(**of, Type::Tuple(_) | Type::Vector(..)) => text(of),
        Type::Frozen(of) => format!("frozen<{}>", text(of)),
        Type::Custom(class) => format!("'{class}'"),
    }
}
