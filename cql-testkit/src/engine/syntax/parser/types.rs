//! Types as they are written.

use super::{
    Parsed, Tokens, deeper, expect_symbol, fail, is_symbol_at, list, peek, peek_at, qualified, skip,
};
use crate::engine::syntax::ast::{Name, Type};
use crate::engine::syntax::lexer::{Kind, Symbol};

/// A type: native, a collection, a tuple, a vector, a user-defined type, or a class within quotes.
pub(super) fn of_type(input: &mut Tokens<'_>) -> Parsed<Type> {
    deeper(input, |input| {
        let has_parameters = is_symbol_at(input, 1, Symbol::Less);
        match peek(input) {
            Some(Kind::Text(class)) => {
                let class = class.clone();
                skip(input);
                Ok(Type::Custom(class))
            }
            Some(Kind::Word(word)) if has_parameters => {
                let word = word.clone();
                skip(input);
                skip(input);
                let of = parameterized(input, &word)?;
                expect_symbol(input, Symbol::Greater)?;
                Ok(of)
            }
            Some(Kind::Word(word)) if NATIVES.contains(&word.as_str()) => native_type(input),
            _ => type_name(input).map(Type::Named),
        }
    })
}

/// A type without parameters.
pub(super) fn native_type(input: &mut Tokens<'_>) -> Parsed<Type> {
    match peek(input) {
        Some(Kind::Word(word)) if NATIVES.contains(&word.as_str()) => {
            let name = Name { keyspace: None, name: word.clone() };
            skip(input);
            Ok(Type::Named(name))
        }
        _ => fail(input, None),
    }
}

/// The name of a user-defined type, which is none of a native one, nor a word that begins a selection.
pub(super) fn type_name(input: &mut Tokens<'_>) -> Parsed<Name> {
    const SELECTIONS: &[&str] = &["cast", "count", "distinct", "json", "maxwritetime", "ttl", "writetime"];
    let at = if is_symbol_at(input, 1, Symbol::Dot) { 2 } else { 0 };
    if let Some(Kind::Word(word)) = peek_at(input, at)
        && (NATIVES.contains(&word.as_str()) || SELECTIONS.contains(&word.as_str()))
    {
        return fail(input, None);
    }
    qualified(input)
}

pub(super) const NATIVES: &[&str] = &[
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "counter",
    "date",
    "decimal",
    "double",
    "duration",
    "float",
    "inet",
    "int",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "uuid",
    "varchar",
    "varint",
];

fn parameterized(input: &mut Tokens<'_>, word: &str) -> Parsed<Type> {
    match word {
        "list" => of_type(input).map(|element| Type::List(Box::new(element))),
        "set" => of_type(input).map(|element| Type::Set(Box::new(element))),
        "frozen" => of_type(input).map(|inner| Type::Frozen(Box::new(inner))),
        "tuple" => list(input, of_type).map(Type::Tuple),
        "map" => {
            let key = of_type(input)?;
            expect_symbol(input, Symbol::Comma)?;
            Ok(Type::Map(Box::new(key), Box::new(of_type(input)?)))
        }
        "vector" => {
            let element = of_type(input)?;
            expect_symbol(input, Symbol::Comma)?;
            let Some(Kind::Integer(digits)) = peek(input) else { return fail(input, Some("INTEGER")) };
            let Ok(dimensions) = digits.parse() else { return fail(input, Some("INTEGER")) };
            skip(input);
            Ok(Type::Vector(Box::new(element), dimensions))
        }
        _ => fail(input, None),
    }
}
