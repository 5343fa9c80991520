//! INSERT, UPDATE, DELETE and BATCH.

use super::conditions::{conditions, if_conditions, names, number, part, using, using_timestamp};
use super::terms::{is_call, literal, single, sum_operator, term};
use super::{
    Parsed, Tokens, expect_symbol, expect_word, fail, if_not_exists, in_parentheses, is_word, list, name,
    peek, qualified, skip, take_symbol, take_word, take_words,
};
use crate::engine::syntax::ast::{
    Arithmetic, Assignment, Batch, BatchKind, Delete, If, Insert, InsertValues, Part, Statement, Term, Update,
};
use crate::engine::syntax::lexer::{Kind, Symbol};

pub(super) fn insert(input: &mut Tokens<'_>) -> Parsed<Insert> {
    expect_word(input, "insert")?;
    expect_word(input, "into")?;
    let table = qualified(input)?;
    let values = if take_word(input, "json") {
        let value = match peek(input) {
            Some(Kind::Text(_) | Kind::Marker(..)) => single(input)?,
            _ => return fail(input, None),
        };
        let default_unset = take_words(input, &["default", "unset"]);
        if !default_unset {
            let _ = take_words(input, &["default", "null"]);
        }
        InsertValues::Json { value, default_unset }
    } else {
        expect_symbol(input, Symbol::Open)?;
        let columns = names(input)?;
        expect_symbol(input, Symbol::Close)?;
        expect_word(input, "values")?;
        InsertValues::Columns(columns, in_parentheses(input, term)?)
    };
    let condition = if if_not_exists(input) { If::NotExists } else { If::Always };
    Ok(Insert { table, values, condition, using: using(input)? })
}

pub(super) fn update(input: &mut Tokens<'_>) -> Parsed<Update> {
    expect_word(input, "update")?;
    let table = qualified(input)?;
    let using = using(input)?;
    expect_word(input, "set")?;
    let assignments = list(input, assignment)?;
    expect_word(input, "where")?;
    let conditions = conditions(input)?;
    Ok(Update { table, using, assignments, conditions, condition: if_conditions(input)? })
}

fn assignment(input: &mut Tokens<'_>) -> Parsed<Assignment> {
    let column = name(input)?;
    let part = part(input)?;
    let of_column =
        |operator, value| Term::Arithmetic(Box::new(Term::Column(column.clone())), operator, Box::new(value));
    // `a += b` is `a = a + b`.
    if part.is_none() && take_symbol(input, Symbol::PlusEqual) {
        let value = of_column(Arithmetic::Add, term(input)?);
        return Ok(Assignment { column, part, value });
    }
    if part.is_none() && take_symbol(input, Symbol::MinusEqual) {
        let value = of_column(Arithmetic::Subtract, term(input)?);
        return Ok(Assignment { column, part, value });
    }
    expect_symbol(input, Symbol::Equal)?;
    let value = if part.is_none() { assigned(input, &column)? } else { term(input)? };
    Ok(Assignment { column, part, value })
}

/// A value, or one with a column before or behind it: `a + ?`, `a - ?`, `a -1`, `? + a`.
fn assigned(input: &mut Tokens<'_>, column: &str) -> Parsed<Term> {
    let is_column = matches!(peek(input), Some(Kind::Word(_) | Kind::Quoted(_)))
        && !is_call(input)
        && literal(input).is_none()
        && !is_word(input, "null");
    if !is_column {
        let value = term(input)?;
        if !take_symbol(input, Symbol::Plus) {
            return Ok(value);
        }
        let column = same(input, column)?;
        return Ok(Term::Arithmetic(Box::new(value), Arithmetic::Add, Box::new(column)));
    }
    let column = Box::new(same(input, column)?);
    if let Some(Kind::Integer(_)) = peek(input) {
        return Ok(Term::Arithmetic(column, Arithmetic::Add, Box::new(number(input)?)));
    }
    let Some(operator) = sum_operator(input) else { return fail(input, None) };
    skip(input);
    Ok(Term::Arithmetic(column, operator, Box::new(term(input)?)))
}

/// The column that is assigned to, once more.
fn same(input: &mut Tokens<'_>, column: &str) -> Parsed<Term> {
    let place = input.clone();
    let found = name(input)?;
    if found == column {
        Ok(Term::Column(found))
    } else {
        fail(&place, Some("the column that is assigned to"))
    }
}

pub(super) fn delete(input: &mut Tokens<'_>) -> Parsed<Delete> {
    expect_word(input, "delete")?;
    let columns = if is_word(input, "from") { Vec::new() } else { list(input, deletion)? };
    expect_word(input, "from")?;
    let table = qualified(input)?;
    let timestamp = using_timestamp(input)?;
    expect_word(input, "where")?;
    let conditions = conditions(input)?;
    Ok(Delete { columns, table, timestamp, conditions, condition: if_conditions(input)? })
}

fn deletion(input: &mut Tokens<'_>) -> Parsed<(String, Option<Part>)> {
    Ok((name(input)?, part(input)?))
}

pub(super) fn batch(input: &mut Tokens<'_>) -> Parsed<Batch> {
    expect_word(input, "begin")?;
    let kind = match () {
        () if take_word(input, "unlogged") => BatchKind::Unlogged,
        () if take_word(input, "counter") => BatchKind::Counter,
        () => BatchKind::Logged,
    };
    expect_word(input, "batch")?;
    let timestamp = using_timestamp(input)?;
    let mut statements = Vec::new();
    loop {
        let statement = match () {
            () if take_word(input, "apply") => {
                expect_word(input, "batch")?;
                return Ok(Batch { kind, timestamp, statements });
            }
            () if is_word(input, "insert") => insert(input).map(Statement::Insert),
            () if is_word(input, "update") => update(input).map(Statement::Update),
            () if is_word(input, "delete") => delete(input).map(Statement::Delete),
            () => fail(input, None),
        };
        statements.push(statement?);
        let _ = take_symbol(input, Symbol::Semicolon);
    }
}
