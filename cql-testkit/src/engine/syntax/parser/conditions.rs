//! WHERE, IF and USING.

use super::terms::{in_values, single, term};
use super::{
    Parsed, Tokens, expect_symbol, expect_word, fail, in_parentheses, is_symbol, is_symbol_at, is_word, list,
    name, peek, skip, take_symbol, take_word, take_words,
};
use crate::engine::syntax::ast::{Condition, If, Literal, Operator, Part, Term, Test, Tested, Using};
use crate::engine::syntax::lexer::{Kind, Symbol};

/// More than anybody writes: conditions of one column are put together one by one.
const MAX_CONDITIONS: usize = 10_000;

/// One or more, with AND between.
fn joined<T>(input: &mut Tokens<'_>, item: fn(&mut Tokens<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
    let mut items = vec![item(input)?];
    while take_word(input, "and") {
        if items.len() >= MAX_CONDITIONS {
            return fail(input, Some("fewer conditions"));
        }
        items.push(item(input)?);
    }
    Ok(items)
}

/// What stands behind WHERE.
pub(super) fn conditions(input: &mut Tokens<'_>) -> Parsed<Vec<Condition>> {
    joined(input, condition)
}

fn condition(input: &mut Tokens<'_>) -> Parsed<Condition> {
    if is_word(input, "token") && is_symbol_at(input, 1, Symbol::Open) {
        skip(input);
        let columns = in_parentheses(input, name)?;
        return Ok(Condition::Token { columns, operator: operator(input)?, value: term(input)? });
    }
    if is_symbol(input, Symbol::Open) {
        let columns = in_parentheses(input, name)?;
        if take_word(input, "in") {
            return Ok(Condition::ColumnsIn { columns, values: in_values(input, single)? });
        }
        return Ok(Condition::Columns { columns, operator: operator(input)?, value: single(input)? });
    }
    let column = name(input)?;
    if take_word(input, "in") {
        return Ok(Condition::In { column, values: in_values(input, term)? });
    }
    if take_word(input, "contains") {
        let of_key = take_word(input, "key");
        return Ok(Condition::Contains { column, of_key, value: term(input)? });
    }
    if take_word(input, "like") {
        return Ok(Condition::Like { column, pattern: term(input)? });
    }
    if take_words(input, &["is", "not", "null"]) {
        return Ok(Condition::IsNotNull { column });
    }
    if take_symbol(input, Symbol::OpenSquare) {
        let key = term(input)?;
        expect_symbol(input, Symbol::CloseSquare)?;
        return Ok(Condition::Entry { column, key, operator: operator(input)?, value: term(input)? });
    }
    Ok(Condition::Column { column, operator: operator(input)?, value: term(input)? })
}

fn operator(input: &mut Tokens<'_>) -> Parsed<Operator> {
    let operator = match peek(input) {
        Some(Kind::Symbol(Symbol::Equal)) => Operator::Equal,
        Some(Kind::Symbol(Symbol::NotEqual)) => Operator::NotEqual,
        Some(Kind::Symbol(Symbol::Less)) => Operator::Less,
        Some(Kind::Symbol(Symbol::LessOrEqual)) => Operator::LessOrEqual,
        Some(Kind::Symbol(Symbol::Greater)) => Operator::Greater,
        Some(Kind::Symbol(Symbol::GreaterOrEqual)) => Operator::GreaterOrEqual,
        _ => return fail(input, None),
    };
    skip(input);
    Ok(operator)
}

/// `[key]` or `.field` behind a column.
pub(super) fn part(input: &mut Tokens<'_>) -> Parsed<Option<Part>> {
    if take_symbol(input, Symbol::OpenSquare) {
        let key = term(input)?;
        expect_symbol(input, Symbol::CloseSquare)?;
        return Ok(Some(Part::Element(key)));
    }
    if take_symbol(input, Symbol::Dot) {
        return name(input).map(|field| Some(Part::Field(field)));
    }
    Ok(None)
}

/// `IF EXISTS` or conditions, where there is an IF.
pub(super) fn if_conditions(input: &mut Tokens<'_>) -> Parsed<If> {
    if !take_word(input, "if") {
        return Ok(If::Always);
    }
    if take_word(input, "exists") {
        return Ok(If::Exists);
    }
    joined(input, test).map(If::Conditions)
}

fn test(input: &mut Tokens<'_>) -> Parsed<Test> {
    let column = name(input)?;
    let part = part(input)?;
    let test = if take_word(input, "in") {
        Tested::In(in_values(input, term)?)
    } else if take_word(input, "contains") {
        let of_key = take_word(input, "key");
        Tested::Contains { of_key, value: term(input)? }
    } else {
        Tested::Compared(operator(input)?, term(input)?)
    };
    Ok(Test { column, part, test })
}

/// `USING TIMESTAMP .. AND TTL ..`, where it is.
pub(super) fn using(input: &mut Tokens<'_>) -> Parsed<Using> {
    let mut using = Using::default();
    if !take_word(input, "using") {
        return Ok(using);
    }
    loop {
        if take_word(input, "timestamp") {
            using.timestamp = Some(number(input)?);
        } else {
            expect_word(input, "ttl")?;
            using.ttl = Some(number(input)?);
        }
        if !take_word(input, "and") {
            return Ok(using);
        }
    }
}

/// `USING TIMESTAMP ..`, where it is.
pub(super) fn using_timestamp(input: &mut Tokens<'_>) -> Parsed<Option<Term>> {
    if !take_word(input, "using") {
        return Ok(None);
    }
    expect_word(input, "timestamp")?;
    number(input).map(Some)
}

/// A whole number or a marker.
pub(super) fn number(input: &mut Tokens<'_>) -> Parsed<Term> {
    let number = match peek(input) {
        Some(Kind::Integer(digits)) => Term::Literal(Literal::Integer(digits.clone())),
        Some(Kind::Marker(at, name)) => Term::Marker(*at, name.clone()),
        _ => return fail(input, Some("INTEGER")),
    };
    skip(input);
    Ok(number)
}

/// Names with commas between.
pub(super) fn names(input: &mut Tokens<'_>) -> Parsed<Vec<String>> {
    list(input, name)
}
