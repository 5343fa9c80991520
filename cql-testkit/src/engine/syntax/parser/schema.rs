//! CREATE, ALTER and DROP.

use super::conditions::names;
use super::terms::literal;
use super::types::{NATIVES, of_type, type_name};
use super::{
    Parsed, Tokens, expect_symbol, expect_word, fail, if_exists, if_not_exists, in_loose_parentheses,
    in_parentheses, is_symbol, is_symbol_at, is_word, list, name, peek, qualified, skip, take_symbol,
    take_word, take_words, unsupported,
};
use crate::engine::syntax::ast::{
    AlterTable, AlterType, ColumnDefinition, CreateIndex, CreateTable, IndexTarget, Literal, OptionValue,
    Options, Statement, TargetOf,
};
use crate::engine::syntax::lexer::{Kind, Symbol};

pub(super) fn create(input: &mut Tokens<'_>) -> Parsed<Statement> {
    expect_word(input, "create")?;
    let Some(Kind::Word(what)) = peek(input).cloned() else { return fail(input, None) };
    match what.as_str() {
        "keyspace" | "schema" => {
            skip(input);
            let if_not_exists = if_not_exists(input);
            let name = name(input)?;
            Ok(Statement::CreateKeyspace { name, if_not_exists, options: with(input)? })
        }
        "table" | "columnfamily" => {
            skip(input);
            create_table(input).map(Statement::CreateTable)
        }
        "type" => {
            skip(input);
            let if_not_exists = if_not_exists(input);
            let name = type_name(input)?;
            Ok(Statement::CreateType { name, if_not_exists, fields: in_loose_parentheses(input, field)? })
        }
        "index" | "custom" => create_index(input).map(Statement::CreateIndex),
        "materialized" | "function" | "or" | "aggregate" | "trigger" | "role" | "user" => {
            Ok(unsupported(input, &format!("create {what}")))
        }
        _ => fail(input, None),
    }
}

fn field(input: &mut Tokens<'_>) -> Parsed<(String, super::super::ast::Type)> {
    Ok((name(input)?, of_type(input)?))
}

/// Options, where there is a WITH.
fn with(input: &mut Tokens<'_>) -> Parsed<Options> {
    if take_word(input, "with") { options(input) } else { Ok(Vec::new()) }
}

fn options(input: &mut Tokens<'_>) -> Parsed<Options> {
    let mut options = Vec::new();
    loop {
        push_option(input, &mut options)?;
        if !take_word(input, "and") {
            return Ok(options);
        }
    }
}

/// More than there are: each is looked for among all.
const MAX_OPTIONS: usize = 1000;

/// Adds an option, which is said once.
fn push_option(input: &mut Tokens<'_>, options: &mut Options) -> Parsed<()> {
    let place = input.clone();
    let (name, value) = option(input)?;
    if options.len() >= MAX_OPTIONS {
        return fail(&place, Some("fewer options"));
    }
    if options.iter().any(|(known, _)| *known == name) {
        return fail(&place, Some("an option that was not said before"));
    }
    options.push((name, value));
    Ok(())
}

fn option(input: &mut Tokens<'_>) -> Parsed<(String, OptionValue)> {
    let name = name(input)?;
    expect_symbol(input, Symbol::Equal)?;
    Ok((name, option_value(input)?))
}

fn option_value(input: &mut Tokens<'_>) -> Parsed<OptionValue> {
    if !take_symbol(input, Symbol::OpenCurly) {
        if let Some(Kind::Word(word)) = peek(input)
            && is_unreserved(word)
        {
            let word = word.clone();
            skip(input);
            return Ok(OptionValue::Plain(word));
        }
        return plain(input).map(OptionValue::Plain);
    }
    if take_symbol(input, Symbol::CloseCurly) {
        return Ok(OptionValue::Map(Vec::new()));
    }
    let mut left = MAX_OPTIONS;
    let pairs = list(input, |input| {
        left = left.checked_sub(1).map_or_else(|| fail(input, Some("fewer options")), Ok)?;
        let key = plain(input)?;
        expect_symbol(input, Symbol::Colon)?;
        Ok((key, plain(input)?))
    })?;
    expect_symbol(input, Symbol::CloseCurly)?;
    Ok(OptionValue::Map(pairs))
}

/// Whether a word is a keyword that may be a name as well. Other words are no values of options.
fn is_unreserved(word: &str) -> bool {
    KEYWORDS.split(' ').any(|keyword| keyword == word) || NATIVES.contains(&word)
}

const KEYWORDS: &str = "access aggregate aggregates all ann as between called cast cidrs cluster clustering compact contains \
    count custom datacenters default distinct exists filtering finalfunc function functions generated \
    group hashed initcond input internals json key keys keyspaces language like list login map masked \
    maxwritetime mbean mbeans nologin nosuperuser only options partition password per permission \
    permissions replace returns role roles select_masked sfunc static storage stype superuser superusers \
    tables trigger ttl tuple type types unmask unset url user users values vector writetime";

/// A literal, as it is written.
fn plain(input: &mut Tokens<'_>) -> Parsed<String> {
    let value = match literal(input) {
        Some(
            Literal::Text(value)
            | Literal::Integer(value)
            | Literal::Float(value)
            | Literal::Uuid(value)
            | Literal::Blob(value)
            | Literal::Duration(value),
        ) => value,
        Some(Literal::Boolean(value)) => value.to_string(),
        None => return fail(input, None),
    };
    skip(input);
    Ok(value)
}

fn create_table(input: &mut Tokens<'_>) -> Parsed<CreateTable> {
    let if_not_exists = if_not_exists(input);
    let name = qualified(input)?;
    let mut table = CreateTable {
        name,
        if_not_exists,
        columns: Vec::new(),
        primary_keys: Vec::new(),
        order: Vec::new(),
        options: Vec::new(),
        is_compact: false,
    };
    in_loose_parentheses(input, |input| {
        if is_word(input, "primary") && super::is_word_at(input, 1, "key") {
            table.primary_keys.push(primary_key(input)?);
        } else {
            table.columns.push(column(input)?);
        }
        Ok(())
    })?;
    if take_word(input, "with") {
        loop {
            table_option(input, &mut table)?;
            if !take_word(input, "and") {
                break;
            }
        }
    }
    Ok(table)
}

fn column(input: &mut Tokens<'_>) -> Parsed<ColumnDefinition> {
    let (name, of) = (name(input)?, of_type(input)?);
    let is_static = take_word(input, "static");
    let is_primary_key = take_words(input, &["primary", "key"]);
    Ok(ColumnDefinition { name, of, is_static, is_primary_key })
}

/// `PRIMARY KEY ((a, b), c)`.
fn primary_key(input: &mut Tokens<'_>) -> Parsed<(Vec<String>, Vec<String>)> {
    skip(input);
    skip(input);
    expect_symbol(input, Symbol::Open)?;
    let partition =
        if is_symbol(input, Symbol::Open) { in_parentheses(input, name)? } else { vec![name(input)?] };
    let clustering = if take_symbol(input, Symbol::Comma) { names(input)? } else { Vec::new() };
    expect_symbol(input, Symbol::Close)?;
    Ok((partition, clustering))
}

fn table_option(input: &mut Tokens<'_>, table: &mut CreateTable) -> Parsed<()> {
    if take_words(input, &["compact", "storage"]) {
        table.is_compact = true;
    } else if take_words(input, &["clustering", "order", "by"]) {
        table.order = in_parentheses(input, |input| {
            let column = name(input)?;
            let descends = take_word(input, "desc");
            if !descends {
                expect_word(input, "asc")?;
            }
            Ok((column, descends))
        })?;
    } else {
        push_option(input, &mut table.options)?;
    }
    Ok(())
}

fn create_index(input: &mut Tokens<'_>) -> Parsed<CreateIndex> {
    let is_custom = take_word(input, "custom");
    expect_word(input, "index")?;
    let if_not_exists = if_not_exists(input);
    let name = if is_word(input, "on") { None } else { Some(name(input)?) };
    expect_word(input, "on")?;
    let table = qualified(input)?;
    expect_symbol(input, Symbol::Open)?;
    let targets = if is_symbol(input, Symbol::Close) { Vec::new() } else { list(input, target)? };
    expect_symbol(input, Symbol::Close)?;
    let class = if take_word(input, "using") {
        let Some(Kind::Text(class)) = peek(input) else { return fail(input, Some("STRING_LITERAL")) };
        let class = class.clone();
        skip(input);
        Some(class)
    } else {
        None
    };
    Ok(CreateIndex { name, if_not_exists, is_custom, table, targets, class, options: with(input)? })
}

fn target(input: &mut Tokens<'_>) -> Parsed<IndexTarget> {
    let of = match peek(input) {
        Some(Kind::Word(word)) if is_symbol_at(input, 1, Symbol::Open) => match word.as_str() {
            "values" => TargetOf::Values,
            "keys" => TargetOf::Keys,
            "entries" => TargetOf::Entries,
            "full" => TargetOf::Full,
            _ => return fail(input, None),
        },
        _ => return Ok(IndexTarget { of: TargetOf::Plain, column: name(input)? }),
    };
    skip(input);
    skip(input);
    let column = name(input)?;
    expect_symbol(input, Symbol::Close)?;
    Ok(IndexTarget { of, column })
}

pub(super) fn alter(input: &mut Tokens<'_>) -> Parsed<Statement> {
    expect_word(input, "alter")?;
    let Some(Kind::Word(what)) = peek(input).cloned() else { return fail(input, None) };
    skip(input);
    match what.as_str() {
        "keyspace" | "schema" => {
            let if_exists = if_exists(input);
            let name = name(input)?;
            expect_word(input, "with")?;
            Ok(Statement::AlterKeyspace { name, if_exists, options: options(input)? })
        }
        "table" | "columnfamily" => {
            let if_exists = if_exists(input);
            let name = qualified(input)?;
            Ok(Statement::AlterTable { name, if_exists, change: alter_table(input)? })
        }
        "type" => {
            let if_exists = if_exists(input);
            let name = type_name(input)?;
            Ok(Statement::AlterType { name, if_exists, change: alter_type(input)? })
        }
        "materialized" | "role" | "user" => Ok(unsupported(input, &format!("alter {what}"))),
        _ => fail(input, None),
    }
}

fn alter_table(input: &mut Tokens<'_>) -> Parsed<AlterTable> {
    if take_word(input, "add") {
        let if_not_exists = if_not_exists(input);
        return Ok(AlterTable::Add { if_not_exists, columns: one_or_more(input, column)? });
    }
    if take_word(input, "drop") {
        let if_exists = if_exists(input);
        let columns = one_or_more(input, name)?;
        let timestamp =
            if take_words(input, &["using", "timestamp"]) { Some(timestamp(input)?) } else { None };
        return Ok(AlterTable::Drop { if_exists, columns, timestamp });
    }
    if take_word(input, "rename") {
        let if_exists = if_exists(input);
        return Ok(AlterTable::Rename { if_exists, columns: renames(input)? });
    }
    if take_word(input, "alter") {
        let column = name(input)?;
        expect_word(input, "type")?;
        return Ok(AlterTable::ChangeType { column, of: of_type(input)? });
    }
    expect_word(input, "with")?;
    options(input).map(AlterTable::With)
}

/// One, or several in parentheses.
fn one_or_more<'t, T>(input: &mut Tokens<'t>, item: fn(&mut Tokens<'t>) -> Parsed<T>) -> Parsed<Vec<T>> {
    if is_symbol(input, Symbol::Open) { in_parentheses(input, item) } else { Ok(vec![item(input)?]) }
}

fn timestamp(input: &mut Tokens<'_>) -> Parsed<i64> {
    let Ok(number) = plain(input)?.parse() else { return fail(input, Some("INTEGER")) };
    Ok(number)
}

/// `a TO b AND c TO d`.
fn renames(input: &mut Tokens<'_>) -> Parsed<Vec<(String, String)>> {
    let mut renames = Vec::new();
    loop {
        let from = name(input)?;
        expect_word(input, "to")?;
        renames.push((from, name(input)?));
        if !take_word(input, "and") {
            return Ok(renames);
        }
    }
}

fn alter_type(input: &mut Tokens<'_>) -> Parsed<AlterType> {
    if take_word(input, "add") {
        let if_not_exists = if_not_exists(input);
        return Ok(AlterType::Add { if_not_exists, fields: list(input, field)? });
    }
    if take_word(input, "rename") {
        let if_exists = if_exists(input);
        return Ok(AlterType::Rename { if_exists, fields: renames(input)? });
    }
    expect_word(input, "alter")?;
    let field = name(input)?;
    expect_word(input, "type")?;
    Ok(AlterType::ChangeType { field, of: of_type(input)? })
}

pub(super) fn drop(input: &mut Tokens<'_>) -> Parsed<Statement> {
    expect_word(input, "drop")?;
    let Some(Kind::Word(what)) = peek(input).cloned() else { return fail(input, None) };
    if !matches!(what.as_str(), "keyspace" | "schema" | "table" | "columnfamily" | "type" | "index") {
        return match what.as_str() {
            "materialized" | "function" | "aggregate" | "trigger" | "role" | "user" | "identity" => {
                Ok(unsupported(input, &format!("drop {what}")))
            }
            _ => fail(input, None),
        };
    }
    skip(input);
    let if_exists = if_exists(input);
    Ok(match what.as_str() {
        "keyspace" | "schema" => Statement::DropKeyspace { name: name(input)?, if_exists },
        "table" | "columnfamily" => Statement::DropTable { name: qualified(input)?, if_exists },
        "type" => Statement::DropType { name: type_name(input)?, if_exists },
        _ => Statement::DropIndex { name: qualified(input)?, if_exists },
    })
}
