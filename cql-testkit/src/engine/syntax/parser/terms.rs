//! Values as they are written.

use super::types::of_type;
use super::{
    Parsed, Tokens, chain, deeper, expect_symbol, fail, in_parentheses, is_symbol, is_symbol_at, is_word,
    is_word_at, list, name, peek, peek_at, qualified, skip, take_symbol,
};
use crate::engine::syntax::ast::{Arithmetic, InValues, Literal, Name, Term, Type};
use crate::engine::syntax::lexer::{Kind, Symbol, is_reserved};
use winnow::stream::Stream as _;

/// A value: sums of products of what stands by itself.
pub(super) fn term(input: &mut Tokens<'_>) -> Parsed<Term> {
    deeper(input, |input| {
        let operator = |input: &Tokens<'_>| sum_operator(input).filter(|_| !is_column_at(input, 1));
        chain(input, product, operator, arithmetic)
    })
}

/// Whether a name stands there that is neither a value nor called: `1 + a` in an assignment.
fn is_column_at(input: &Tokens<'_>, at: usize) -> bool {
    let is_value = |word: &str| matches!(word, "true" | "false" | "null" | "nan" | "infinity");
    let is_called = is_symbol_at(input, at + 1, Symbol::Open) || is_symbol_at(input, at + 1, Symbol::Dot);
    match peek_at(input, at) {
        Some(Kind::Word(word)) => !is_value(word) && !is_called,
        Some(Kind::Quoted(_)) => !is_called,
        _ => false,
    }
}

fn arithmetic(mut left: Box<Term>, operator: Arithmetic, mut right: Box<Term>) -> Term {
    strip(&mut left);
    strip(&mut right);
    Term::Arithmetic(left, operator, right)
}

/// Parentheses in arithmetic only say what comes first.
fn strip(term: &mut Term) {
    loop {
        let within = match term {
            Term::Tuple(terms) if terms.len() == 1 => terms.pop(),
            _ => None,
        };
        match within {
            Some(within) => *term = within,
            None => return,
        }
    }
}

fn product(input: &mut Tokens<'_>) -> Parsed<Term> {
    chain(input, signed, product_operator, arithmetic)
}

pub(super) fn sum_operator(input: &Tokens<'_>) -> Option<Arithmetic> {
    match peek(input) {
        Some(Kind::Symbol(Symbol::Plus)) => Some(Arithmetic::Add),
        Some(Kind::Symbol(Symbol::Minus)) => Some(Arithmetic::Subtract),
        _ => None,
    }
}

pub(super) fn product_operator(input: &Tokens<'_>) -> Option<Arithmetic> {
    match peek(input) {
        Some(Kind::Symbol(Symbol::Star)) => Some(Arithmetic::Multiply),
        Some(Kind::Symbol(Symbol::Slash)) => Some(Arithmetic::Divide),
        Some(Kind::Symbol(Symbol::Percent)) => Some(Arithmetic::Remainder),
        _ => None,
    }
}

fn signed(input: &mut Tokens<'_>) -> Parsed<Term> {
    if take_symbol(input, Symbol::Minus) {
        return deeper(input, |input| {
            let mut term = Box::new(single(input)?);
            strip(&mut term);
            Ok(Term::Negative(term))
        });
    }
    single(input)
}

/// A value without arithmetic.
pub(super) fn single(input: &mut Tokens<'_>) -> Parsed<Term> {
    if let Some(literal) = literal(input) {
        skip(input);
        return Ok(Term::Literal(literal));
    }
    match peek(input) {
        Some(Kind::Marker(at, name)) => {
            let marker = Term::Marker(*at, name.clone());
            skip(input);
            Ok(marker)
        }
        Some(Kind::Symbol(Symbol::OpenSquare)) => {
            skip(input);
            let elements =
                if is_symbol(input, Symbol::CloseSquare) { Vec::new() } else { list(input, term)? };
            expect_symbol(input, Symbol::CloseSquare)?;
            Ok(Term::List(elements))
        }
        Some(Kind::Symbol(Symbol::OpenCurly)) => in_curly(input),
        Some(Kind::Symbol(Symbol::Open)) => in_round(input),
        Some(Kind::Word(word)) if word == "null" => {
            skip(input);
            Ok(Term::Null)
        }
        Some(Kind::Word(_) | Kind::Quoted(_)) => named(input),
        _ => fail(input, None),
    }
}

/// The literal that comes next.
pub(super) fn literal(input: &Tokens<'_>) -> Option<Literal> {
    Some(match peek(input)? {
        Kind::Text(text) => Literal::Text(text.clone()),
        Kind::Integer(digits) => Literal::Integer(digits.clone()),
        Kind::Float(digits) => Literal::Float(digits.clone()),
        Kind::Uuid(text) => Literal::Uuid(text.clone()),
        Kind::Blob(digits) => Literal::Blob(digits.clone()),
        Kind::Duration(text) => Literal::Duration(text.clone()),
        Kind::Word(word) => match word.as_str() {
            "true" => Literal::Boolean(true),
            "false" => Literal::Boolean(false),
            "nan" => Literal::Float("NaN".to_owned()),
            "infinity" => Literal::Float("Infinity".to_owned()),
            _ => return None,
        },
        _ => return None,
    })
}

/// A set, a map, or a user-defined value, whose fields are names.
fn in_curly(input: &mut Tokens<'_>) -> Parsed<Term> {
    skip(input);
    if take_symbol(input, Symbol::CloseCurly) {
        return Ok(Term::Set(Vec::new()));
    }
    let is_value = literal(input).is_some() || is_word(input, "null");
    let is_name = matches!(peek(input), Some(Kind::Word(_) | Kind::Quoted(_))) && !is_value;
    let of = if is_name && is_symbol_at(input, 1, Symbol::Colon) {
        let field = |input: &mut Tokens<'_>| {
            let name = name(input)?;
            expect_symbol(input, Symbol::Colon)?;
            Ok((name, term(input)?))
        };
        Term::UserType(list(input, field)?)
    } else {
        let first = term(input)?;
        if take_symbol(input, Symbol::Colon) {
            let mut entries = vec![(first, term(input)?)];
            while take_symbol(input, Symbol::Comma) {
                let key = term(input)?;
                expect_symbol(input, Symbol::Colon)?;
                entries.push((key, term(input)?));
            }
            Term::Map(entries)
        } else {
            let mut elements = vec![first];
            while take_symbol(input, Symbol::Comma) {
                elements.push(term(input)?);
            }
            Term::Set(elements)
        }
    };
    expect_symbol(input, Symbol::CloseCurly)?;
    Ok(of)
}

/// A hint before a value, or a tuple. One value in parentheses is a tuple too where one is expected, and else that value.
fn in_round(input: &mut Tokens<'_>) -> Parsed<Term> {
    if let Some(of) = hint(input) {
        return deeper(input, |input| Ok(Term::Hint(of, Box::new(signed(input)?))));
    }
    in_parentheses(input, term).map(Term::Tuple)
}

/// The type of `(type) value`, if that is what comes.
pub(super) fn hint(input: &mut Tokens<'_>) -> Option<Type> {
    let start = input.checkpoint();
    skip(input);
    if let Ok(of) = of_type(input)
        && take_symbol(input, Symbol::Close)
        && begins_term(input)
    {
        return Some(of);
    }
    input.reset(&start);
    None
}

/// Whether a value can begin here, so that what was in parentheses is a hint. A minus would be one of arithmetic.
fn begins_term(input: &Tokens<'_>) -> bool {
    literal(input).is_some()
        || matches!(
            peek(input),
            Some(Kind::Marker(..) | Kind::Symbol(Symbol::OpenSquare | Symbol::OpenCurly | Symbol::Open))
        )
        || match peek(input) {
            // A clause may come behind it.
            Some(Kind::Word(word)) if matches!(word.as_str(), "as" | "per" | "group") => is_call(input),
            Some(Kind::Word(word)) => word == "null" || !is_reserved(word),
            Some(Kind::Quoted(_)) => true,
            _ => false,
        }
}

/// A call; a name alone is no value.
fn named(input: &mut Tokens<'_>) -> Parsed<Term> {
    let function = function_name(input)?;
    Ok(Term::Call { function, arguments: arguments(input, term)? })
}

/// Whether a name is followed by a parenthesis.
pub(super) fn is_call(input: &Tokens<'_>) -> bool {
    is_symbol_at(input, 1, Symbol::Open)
        || (is_symbol_at(input, 1, Symbol::Dot) && is_symbol_at(input, 3, Symbol::Open))
}

/// A function's name, which may be a keyword: `token`.
pub(super) fn function_name(input: &mut Tokens<'_>) -> Parsed<Name> {
    let at = if is_symbol_at(input, 1, Symbol::Dot) { 2 } else { 0 };
    if is_word_at(input, at, "token") && (at > 0 || is_symbol_at(input, 1, Symbol::Open)) {
        let keyspace = if at > 0 { Some(name(input)?) } else { None };
        take_symbol(input, Symbol::Dot);
        skip(input);
        return Ok(Name { keyspace, name: "token".to_owned() });
    }
    // What looks like a function and is part of the grammar.
    if let Some(Kind::Word(word)) = peek_at(input, at)
        && matches!(word.as_str(), "cast" | "distinct" | "json" | "maxwritetime" | "ttl" | "writetime")
    {
        return fail(input, None);
    }
    qualified(input)
}

/// What is in the parentheses of a call; there may be nothing.
pub(super) fn arguments<'t, T>(
    input: &mut Tokens<'t>,
    item: impl FnMut(&mut Tokens<'t>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    expect_symbol(input, Symbol::Open)?;
    if take_symbol(input, Symbol::Close) {
        return Ok(Vec::new());
    }
    let items = list(input, item)?;
    expect_symbol(input, Symbol::Close)?;
    Ok(items)
}

/// What stands behind IN.
pub(super) fn in_values<'t>(
    input: &mut Tokens<'t>,
    value: fn(&mut Tokens<'t>) -> Parsed<Term>,
) -> Parsed<InValues> {
    if let Some(Kind::Marker(at, name)) = peek(input) {
        let values = InValues::Marker(*at, name.clone());
        skip(input);
        return Ok(values);
    }
    arguments(input, value).map(InValues::Terms)
}
