//! From tokens to statements.

mod conditions;
mod modify;
mod schema;
mod select;
mod terms;
mod types;

use super::ast::{Arithmetic, Name, Statement};
use super::error::SyntaxError;
use super::lexer::{Kind, Symbol, Token, is_reserved, tokens};
use winnow::ModalResult;
use winnow::combinator::separated;
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::{Stateful, TokenSlice};

/// How deep terms, types and selections may be within one another: more than anybody writes, and less than a stack holds.
const MAX_DEPTH: usize = 64;

type Tokens<'t> = Stateful<TokenSlice<'t, Token>, Depth>;

/// How deep the parser is, and how deep what it has read at this depth goes further.
#[derive(Debug, Clone, Copy, Default)]
struct Depth {
    above: usize,
    below: usize,
}

type Parsed<T> = ModalResult<T, Problem>;

/// A token that cannot stand where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    /// How many tokens are left, it among them.
    left: usize,
    expected: Option<&'static str>,
}

impl<'t> ParserError<Tokens<'t>> for Problem {
    type Inner = Self;

    fn from_input(input: &Tokens<'t>) -> Self {
        Problem { left: input.eof_offset(), expected: None }
    }

    /// What got further knows better.
    fn or(self, other: Self) -> Self {
        if other.left < self.left { other } else { self }
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// A statement, and the names of its markers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parsing {
    pub(crate) statement: Statement,
    pub(crate) markers: Vec<Option<String>>,
}

/// Reads a statement. A semicolon may end it.
pub(crate) fn parse(text: &str) -> Result<Parsing, SyntaxError> {
    let tokens = tokens(text)?;
    let mut input = Stateful { input: TokenSlice::new(&tokens), state: Depth::default() };
    let statement = statement(&mut input).and_then(|statement| {
        while take_symbol(&mut input, Symbol::Semicolon) {}
        if input.eof_offset() == 0 { Ok(statement) } else { fail(&input, None) }
    });
    let markers = tokens.iter().filter_map(|token| match &token.kind {
        Kind::Marker(_, name) => Some(name.clone()),
        _ => None,
    });
    match statement {
        Ok(statement) => Ok(Parsing { statement, markers: markers.collect() }),
        Err(ErrMode::Cut(problem) | ErrMode::Backtrack(problem)) => {
            let at = tokens.len().saturating_sub(problem.left);
            let place = tokens.get(at).map_or((text.len(), text.len()), |token| (token.start, token.end));
            Err(SyntaxError::unexpected(text, place, problem.expected))
        }
        Err(ErrMode::Incomplete(_)) => Err(SyntaxError::unexpected(text, (text.len(), text.len()), None)),
    }
}

fn statement(input: &mut Tokens<'_>) -> Parsed<Statement> {
    let Some(Kind::Word(first)) = peek(input).cloned() else { return fail(input, None) };
    match first.as_str() {
        "select" => select::select(input).map(Statement::Select),
        "insert" => modify::insert(input).map(Statement::Insert),
        "update" => modify::update(input).map(Statement::Update),
        "delete" => modify::delete(input).map(Statement::Delete),
        "begin" => modify::batch(input).map(Statement::Batch),
        "truncate" => {
            skip(input);
            let _ = take_word(input, "table") || take_word(input, "columnfamily");
            qualified(input).map(Statement::Truncate)
        }
        "use" => {
            skip(input);
            name(input).map(Statement::Use)
        }
        "create" => schema::create(input),
        "alter" => schema::alter(input),
        "drop" => schema::drop(input),
        "add" if is_word_at(input, 1, "identity") => Ok(unsupported(input, &first)),
        "describe" | "desc" => describe(input),
        "grant" | "revoke" => Ok(unsupported(input, &first)),
        "list" if LISTED.iter().any(|word| is_word_at(input, 1, word)) => Ok(unsupported(input, &first)),
        _ => fail(input, None),
    }
}

/// What stands behind LIST.
const LISTED: &[&str] = &[
    "all",
    "alter",
    "authorize",
    "create",
    "describe",
    "drop",
    "execute",
    "modify",
    "roles",
    "select",
    "superusers",
    "unmask",
    "users",
];

/// `DESCRIBE TABLE ks.t WITH INTERNALS` and the like: read as far as to know that it is one.
fn describe(input: &mut Tokens<'_>) -> Parsed<Statement> {
    skip(input);
    if is_end_at(input, 0) {
        return fail(input, None);
    }
    let has_name = match () {
        () if take_words(input, &["full", "schema"]) || take_words(input, &["materialized", "view"]) => false,
        () => {
            let _ = take_word(input, "only");
            ["keyspace", "table", "columnfamily", "type", "function", "aggregate", "index"]
                .into_iter()
                .any(|what| is_word_at(input, 0, what) && !is_end_at(input, 1) && take_word(input, what))
        }
    };
    if has_name || !is_end_at(input, 0) {
        let _ = qualified(input)?;
    }
    let _ = take_words(input, &["with", "internals"]);
    Ok(Statement::Unsupported("DESCRIBE".to_owned()))
}

fn is_end_at(input: &Tokens<'_>, at: usize) -> bool {
    peek_at(input, at).is_none() || is_symbol_at(input, at, Symbol::Semicolon)
}

/// Takes all that is left.
fn unsupported(input: &mut Tokens<'_>, what: &str) -> Statement {
    while input.next_token().is_some() {}
    Statement::Unsupported(what.replace("materialized", "materialized view").to_ascii_uppercase())
}

fn peek<'t>(input: &Tokens<'t>) -> Option<&'t Kind> {
    peek_at(input, 0)
}

/// The token so many further on.
fn peek_at<'t>(input: &Tokens<'t>, at: usize) -> Option<&'t Kind> {
    input.peek_finish().get(at).map(|token| &token.kind)
}

fn skip(input: &mut Tokens<'_>) {
    let _ = input.next_token();
}

fn fail<T>(input: &Tokens<'_>, expected: Option<&'static str>) -> Parsed<T> {
    Err(ErrMode::Cut(Problem { left: input.eof_offset(), expected }))
}

fn is_word_at(input: &Tokens<'_>, at: usize, word: &str) -> bool {
    matches!(peek_at(input, at), Some(Kind::Word(found)) if found == word)
}

fn is_word(input: &Tokens<'_>, word: &str) -> bool {
    is_word_at(input, 0, word)
}

fn take_word(input: &mut Tokens<'_>, word: &str) -> bool {
    let is_here = is_word(input, word);
    if is_here {
        skip(input);
    }
    is_here
}

/// Takes all of these words, or none.
fn take_words(input: &mut Tokens<'_>, words: &[&str]) -> bool {
    let are_here = words.iter().enumerate().all(|(at, word)| is_word_at(input, at, word));
    if are_here {
        words.iter().for_each(|_| skip(input));
    }
    are_here
}

fn expect_word(input: &mut Tokens<'_>, word: &'static str) -> Parsed<()> {
    if take_word(input, word) { Ok(()) } else { fail(input, Some(word)) }
}

fn is_symbol_at(input: &Tokens<'_>, at: usize, symbol: Symbol) -> bool {
    matches!(peek_at(input, at), Some(Kind::Symbol(found)) if *found == symbol)
}

fn is_symbol(input: &Tokens<'_>, symbol: Symbol) -> bool {
    is_symbol_at(input, 0, symbol)
}

fn take_symbol(input: &mut Tokens<'_>, symbol: Symbol) -> bool {
    let is_here = is_symbol(input, symbol);
    if is_here {
        skip(input);
    }
    is_here
}

fn expect_symbol(input: &mut Tokens<'_>, symbol: Symbol) -> Parsed<()> {
    if take_symbol(input, symbol) { Ok(()) } else { fail(input, Some(symbol.quoted())) }
}

/// One or more, with commas between.
fn list<'t, T>(input: &mut Tokens<'t>, item: impl FnMut(&mut Tokens<'t>) -> Parsed<T>) -> Parsed<Vec<T>> {
    let comma = |input: &mut Tokens<'t>| {
        if take_symbol(input, Symbol::Comma) { Ok(()) } else { Err(ErrMode::from_input(input)) }
    };
    separated(1.., item, comma).parse_next(input)
}

/// The same in parentheses, where a comma may stand with nothing behind it.
fn in_loose_parentheses<'t, T>(
    input: &mut Tokens<'t>,
    mut item: impl FnMut(&mut Tokens<'t>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    expect_symbol(input, Symbol::Open)?;
    let mut items = vec![item(input)?];
    while take_symbol(input, Symbol::Comma) {
        if !is_symbol(input, Symbol::Comma) && !is_symbol(input, Symbol::Close) {
            items.push(item(input)?);
        }
    }
    expect_symbol(input, Symbol::Close)?;
    Ok(items)
}

/// The same in parentheses.
fn in_parentheses<'t, T>(
    input: &mut Tokens<'t>,
    item: impl FnMut(&mut Tokens<'t>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    expect_symbol(input, Symbol::Open)?;
    let items = list(input, item)?;
    expect_symbol(input, Symbol::Close)?;
    Ok(items)
}

/// Goes one step deeper, if that is not too deep.
fn deeper<'t, T>(input: &mut Tokens<'t>, parse: impl FnOnce(&mut Tokens<'t>) -> Parsed<T>) -> Parsed<T> {
    if input.state.above >= MAX_DEPTH {
        return fail(input, Some("less nesting"));
    }
    input.state.above += 1;
    let parsed = apart(input, |input| {
        let parsed = parse(input);
        input.state.below += 1;
        parsed
    });
    input.state.above -= 1;
    parsed
}

/// Reads what is beside what was read before, not below it.
fn apart<'t, T>(input: &mut Tokens<'t>, parse: impl FnOnce(&mut Tokens<'t>) -> Parsed<T>) -> Parsed<T> {
    let before = std::mem::take(&mut input.state.below);
    let parsed = parse(input);
    input.state.below = input.state.below.max(before);
    parsed
}

/// Notes that what was read is now below something else.
fn enclosed(input: &mut Tokens<'_>) -> Parsed<()> {
    input.state.below += 1;
    if input.state.above + input.state.below > MAX_DEPTH {
        return fail(input, Some("less nesting"));
    }
    Ok(())
}

/// Operands with operators between them: what is to the left of an operator is below it.
fn chain<'t, T>(
    input: &mut Tokens<'t>,
    operand: fn(&mut Tokens<'t>) -> Parsed<T>,
    operator: impl Fn(&Tokens<'t>) -> Option<Arithmetic>,
    join: impl Fn(Box<T>, Arithmetic, Box<T>) -> T,
) -> Parsed<T> {
    apart(input, |input| {
        let mut left = operand(input)?;
        while let Some(operator) = operator(input) {
            skip(input);
            left = join(Box::new(left), operator, Box::new(operand(input)?));
            enclosed(input)?;
        }
        Ok(left)
    })
}

/// The name of a keyspace, table, column or the like.
fn name(input: &mut Tokens<'_>) -> Parsed<String> {
    let name = match peek(input) {
        Some(Kind::Word(word)) if !is_reserved(word) => word.clone(),
        Some(Kind::Quoted(name)) => name.clone(),
        _ => return fail(input, Some("a name")),
    };
    skip(input);
    Ok(name)
}

/// A name with or without its keyspace.
fn qualified(input: &mut Tokens<'_>) -> Parsed<Name> {
    let first = name(input)?;
    if !take_symbol(input, Symbol::Dot) {
        return Ok(Name { keyspace: None, name: first });
    }
    Ok(Name { keyspace: Some(first), name: name(input)? })
}

fn if_not_exists(input: &mut Tokens<'_>) -> bool {
    take_words(input, &["if", "not", "exists"])
}

fn if_exists(input: &mut Tokens<'_>) -> bool {
    take_words(input, &["if", "exists"])
}
