//! SELECT.

use super::conditions::{conditions, number};
use super::terms::{
    self, arguments, function_name, hint, is_call, literal, product_operator, sum_operator, term,
};
use super::types::native_type;
use super::{
    Parsed, Tokens, chain, deeper, enclosed, expect_symbol, expect_word, fail, in_parentheses, is_symbol,
    is_symbol_at, is_word, list, name, peek, qualified, skip, take_symbol, take_word, take_words,
};
use crate::engine::syntax::ast::{Order, Select, Selector, Selectors, Term};
use crate::engine::syntax::lexer::{Kind, Symbol};
use winnow::stream::Stream as _;

pub(super) fn select(input: &mut Tokens<'_>) -> Parsed<Select> {
    expect_word(input, "select")?;
    // Columns may have these names.
    let is_json = take_unless_column(input, "json");
    let is_distinct = take_unless_column(input, "distinct");
    let selectors = if take_symbol(input, Symbol::Star) {
        Selectors::All
    } else {
        Selectors::Some(list(input, aliased)?)
    };
    expect_word(input, "from")?;
    let from = qualified(input)?;
    let conditions = if take_word(input, "where") { conditions(input)? } else { Vec::new() };
    let group_by = if take_words(input, &["group", "by"]) { list(input, selector)? } else { Vec::new() };
    let order_by = if take_words(input, &["order", "by"]) { list(input, order)? } else { Vec::new() };
    let per_partition_limit =
        if take_words(input, &["per", "partition", "limit"]) { Some(number(input)?) } else { None };
    let limit = if take_word(input, "limit") { Some(number(input)?) } else { None };
    let allow_filtering = take_words(input, &["allow", "filtering"]);
    Ok(Select {
        is_json,
        is_distinct,
        selectors,
        from,
        conditions,
        group_by,
        order_by,
        per_partition_limit,
        limit,
        allow_filtering,
    })
}

/// Takes a word, unless it is a column: what follows does not begin a selector then.
fn take_unless_column(input: &mut Tokens<'_>, word: &str) -> bool {
    let start = input.checkpoint();
    if !take_word(input, word) {
        return false;
    }
    let ends = [Symbol::Comma, Symbol::Dot, Symbol::Plus, Symbol::Slash, Symbol::Percent];
    let is_column = ends.into_iter().any(|symbol| is_symbol(input, symbol))
        || is_word(input, "from")
        || is_word(input, "as")
        || is_symbol(input, Symbol::OpenSquare) && !begins_list(input);
    if is_column {
        input.reset(&start);
    }
    !is_column
}

/// Whether a list comes next, and no slice.
fn begins_list(input: &mut Tokens<'_>) -> bool {
    let start = input.checkpoint();
    let is_list = deeper(input, in_brackets).is_ok();
    input.reset(&start);
    is_list
}

fn aliased(input: &mut Tokens<'_>) -> Parsed<(Selector, Option<String>)> {
    let selector = selector(input)?;
    let alias = if take_word(input, "as") { Some(name(input)?) } else { None };
    Ok((selector, alias))
}

fn selector(input: &mut Tokens<'_>) -> Parsed<Selector> {
    deeper(input, |input| chain(input, product, sum_operator, Selector::Arithmetic))
}

fn product(input: &mut Tokens<'_>) -> Parsed<Selector> {
    chain(input, signed, product_operator, Selector::Arithmetic)
}

fn signed(input: &mut Tokens<'_>) -> Parsed<Selector> {
    if take_symbol(input, Symbol::Minus) {
        return deeper(input, |input| signed(input).map(|of| Selector::Negative(Box::new(of))));
    }
    let of = single(input)?;
    parts(input, of)
}

/// Fields, elements and slices of what is before.
fn parts(input: &mut Tokens<'_>, mut of: Selector) -> Parsed<Selector> {
    loop {
        if is_symbol(input, Symbol::Dot) || is_symbol(input, Symbol::OpenSquare) {
            enclosed(input)?;
        }
        if take_symbol(input, Symbol::Dot) {
            of = Selector::Field(Box::new(of), name(input)?);
        } else if take_symbol(input, Symbol::OpenSquare) {
            of = element(input, of)?;
            expect_symbol(input, Symbol::CloseSquare)?;
        } else {
            return Ok(of);
        }
    }
}

/// A value in square or curly brackets: of values alone, or with columns in it.
fn in_brackets(input: &mut Tokens<'_>) -> Parsed<Selector> {
    let start = input.checkpoint();
    let of_values = match terms::single(input) {
        // What looks like fields may be columns, for keys of a map.
        Ok(Term::UserType(fields)) => {
            let entry = |(name, value)| (Selector::Column(name), Selector::Term(value));
            return Ok(Selector::Map(fields.into_iter().map(entry).collect()));
        }
        Ok(term) => return Ok(Selector::Term(term)),
        Err(error) => error,
    };
    let failed = input.checkpoint();
    input.reset(&start);
    if let Ok(of_selectors) = deeper(input, of_selectors) {
        return Ok(of_selectors);
    }
    // It is neither, and where it ceases to be values is told.
    input.reset(&failed);
    Err(of_values)
}

/// A list, set or map with columns or calls in it.
fn of_selectors(input: &mut Tokens<'_>) -> Parsed<Selector> {
    if take_symbol(input, Symbol::OpenSquare) {
        let elements = list(input, selector)?;
        expect_symbol(input, Symbol::CloseSquare)?;
        return Ok(Selector::List(elements));
    }
    skip(input);
    let first = selector(input)?;
    let entry = |input: &mut Tokens<'_>, key: Selector| {
        expect_symbol(input, Symbol::Colon)?;
        Ok((key, selector(input)?))
    };
    let of_selectors = if is_symbol(input, Symbol::Colon) {
        let mut entries = vec![entry(input, first)?];
        while take_symbol(input, Symbol::Comma) {
            let key = selector(input)?;
            entries.push(entry(input, key)?);
        }
        Selector::Map(entries)
    } else {
        let mut elements = vec![first];
        while take_symbol(input, Symbol::Comma) {
            elements.push(selector(input)?);
        }
        Selector::Set(elements)
    };
    expect_symbol(input, Symbol::CloseCurly)?;
    Ok(of_selectors)
}

/// What stands between square brackets.
fn element(input: &mut Tokens<'_>, of: Selector) -> Parsed<Selector> {
    if take_symbol(input, Symbol::Range) {
        return Ok(Selector::Slice(Box::new(of), None, Some(term(input)?)));
    }
    let from = term(input)?;
    if !take_symbol(input, Symbol::Range) {
        return Ok(Selector::Element(Box::new(of), from));
    }
    let to = if is_symbol(input, Symbol::CloseSquare) { None } else { Some(term(input)?) };
    Ok(Selector::Slice(Box::new(of), Some(from), to))
}

fn single(input: &mut Tokens<'_>) -> Parsed<Selector> {
    let is_value =
        literal(input).is_some() || is_word(input, "null") || matches!(peek(input), Some(Kind::Marker(..)));
    if is_value {
        return terms::single(input).map(Selector::Term);
    }
    if is_symbol(input, Symbol::OpenSquare) || is_symbol(input, Symbol::OpenCurly) {
        return deeper(input, in_brackets);
    }
    if is_symbol(input, Symbol::Open) {
        if let Some(of) = hint(input) {
            return deeper(input, |input| Ok(Selector::Hint(of, Box::new(single(input)?))));
        }
        let mut selectors = in_parentheses(input, selector)?;
        return Ok(match selectors.pop() {
            Some(only) if selectors.is_empty() => Selector::Enclosed(Box::new(only)),
            last => {
                selectors.extend(last);
                Selector::Tuple(selectors)
            }
        });
    }
    match peek(input) {
        Some(Kind::Word(word)) if is_symbol_at(input, 1, Symbol::Open) => {
            let word = word.clone();
            call(input, &word)
        }
        Some(Kind::Word(_) | Kind::Quoted(_)) if is_call(input) => {
            let function = function_name(input)?;
            Ok(Selector::Call { function, arguments: arguments(input, selector)? })
        }
        Some(Kind::Word(_) | Kind::Quoted(_)) => name(input).map(Selector::Column),
        _ => fail(input, None),
    }
}

/// A function; some of them have forms of their own.
fn call(input: &mut Tokens<'_>, word: &str) -> Parsed<Selector> {
    let of_column = |input: &mut Tokens<'_>, of: fn(Box<Selector>) -> Selector| {
        skip(input);
        skip(input);
        let column = Selector::Column(name(input)?);
        let column = parts(input, column)?;
        expect_symbol(input, Symbol::Close)?;
        Ok(of(Box::new(column)))
    };
    match word {
        "writetime" => of_column(input, Selector::WriteTime),
        "maxwritetime" => of_column(input, Selector::MaxWriteTime),
        "ttl" => of_column(input, Selector::Ttl),
        "count" if is_symbol_at(input, 2, Symbol::Star) || is_count_of_one(input) => {
            (0..3).for_each(|_| skip(input));
            expect_symbol(input, Symbol::Close)?;
            Ok(Selector::CountAll)
        }
        "cast" => {
            skip(input);
            skip(input);
            let of = selector(input)?;
            expect_word(input, "as")?;
            let to = native_type(input)?;
            expect_symbol(input, Symbol::Close)?;
            Ok(Selector::Cast(Box::new(of), to))
        }
        _ => {
            let function = function_name(input)?;
            Ok(Selector::Call { function, arguments: arguments(input, selector)? })
        }
    }
}

/// `count(1)`.
fn is_count_of_one(input: &Tokens<'_>) -> bool {
    matches!(super::peek_at(input, 2), Some(Kind::Integer(digits)) if digits == "1")
        && is_symbol_at(input, 3, Symbol::Close)
}

fn order(input: &mut Tokens<'_>) -> Parsed<Order> {
    let column = name(input)?;
    if take_words(input, &["ann", "of"]) {
        return Ok(Order::Near { column, to: term(input)? });
    }
    let descends = take_word(input, "desc");
    if !descends {
        let _ = take_word(input, "asc");
    }
    Ok(Order::By { column, descends })
}
