//! From text to tokens.

use super::error::SyntaxError;
use cql_protocol::types::Identifier;
use winnow::LocatingSlice;
use winnow::ascii::{Caseless, digit0, digit1};
use winnow::combinator::{alt, delimited, fail, not, opt, peek, preceded, repeat};
use winnow::error::ContextError;
use winnow::prelude::*;
use winnow::stream::Location as _;
use winnow::token::{one_of, take_till, take_until, take_while};

/// A piece of a statement, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Its first byte in the text, and the byte behind it.
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or keyword without quotes, in lower case.
    Word(String),
    /// A name within quotes.
    Quoted(String),
    /// A text literal.
    Text(String),
    Integer(String),
    Float(String),
    Uuid(String),
    /// Digits behind `0x`.
    Blob(String),
    /// `1y2mo3d` and the forms of ISO 8601.
    Duration(String),
    /// `?` or `:name`; markers are counted from 0.
    Marker(usize, Option<String>),
    Symbol(Symbol),
}

/// What is neither a word nor a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    Open,
    Close,
    OpenSquare,
    CloseSquare,
    OpenCurly,
    CloseCurly,
    Comma,
    Semicolon,
    Colon,
    Dot,
    Range,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    PlusEqual,
    Minus,
    MinusEqual,
    Star,
    Slash,
    Percent,
}

type Input<'t> = LocatingSlice<&'t str>;
type Lexed<T> = winnow::Result<T, ContextError>;

/// The tokens of a statement.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut input = LocatingSlice::new(text);
    let mut tokens = Vec::new();
    loop {
        if trivia(&mut input).is_err() {
            return Err(SyntaxError::unexpected_character(text, input.current_token_start()));
        }
        if input.is_empty() {
            return Ok(with_markers(tokens));
        }
        let start = input.current_token_start();
        let Ok(kind) = token(&mut input) else {
            return Err(SyntaxError::unexpected_character(text, start));
        };
        tokens.push(Token { kind, start, end: input.current_token_start() });
    }
}

/// Whether a word is no name unless it is within quotes.
pub(super) fn is_reserved(word: &str) -> bool {
    // The server's list has two words that its grammar takes for names, and lacks two that it does not.
    let is_listed = Identifier(word).is_reserved() && !matches!(word, "default" | "unset");
    is_listed || matches!(word, "true" | "false")
}

/// Counts the markers. `:name` is one, unless the colon stands between a key and its value.
fn with_markers(tokens: Vec<Token>) -> Vec<Token> {
    let mut read: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut open: Vec<Symbol> = Vec::new();
    let mut markers = 0;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(mut token) = tokens.next() {
        match &mut token.kind {
            Kind::Symbol(symbol @ (Symbol::Open | Symbol::OpenSquare | Symbol::OpenCurly)) => {
                open.push(*symbol)
            }
            Kind::Symbol(Symbol::Close | Symbol::CloseSquare | Symbol::CloseCurly) => {
                open.pop();
            }
            Kind::Symbol(Symbol::Colon) => {
                let is_between =
                    open.last() == Some(&Symbol::OpenCurly) && read.last().is_some_and(ends_term);
                let name = |token: &Token| match &token.kind {
                    Kind::Word(word) => !is_reserved(word),
                    kind => matches!(kind, Kind::Quoted(_)),
                };
                if let Some(Token { kind: Kind::Word(name) | Kind::Quoted(name), end, .. }) =
                    tokens.next_if(|next| !is_between && name(next))
                {
                    token = Token { kind: Kind::Marker(markers, Some(name)), start: token.start, end };
                    markers += 1;
                }
            }
            Kind::Marker(at, None) => {
                *at = markers;
                markers += 1;
            }
            _ => {}
        }
        read.push(token);
    }
    read
}

/// Whether a value or a name may end with it.
fn ends_term(token: &Token) -> bool {
    !matches!(
        token.kind,
        Kind::Symbol(symbol) if !matches!(symbol, Symbol::Close | Symbol::CloseSquare | Symbol::CloseCurly)
    )
}

/// Spaces and comments. A comment that is not closed is an error.
fn trivia(input: &mut Input<'_>) -> Lexed<()> {
    let space = take_while(1.., char::is_whitespace).void();
    let line = (alt(("--", "//")), take_till(0.., ['\n', '\r'])).void();
    let block = ("/*", take_until(0.., "*/"), "*/").void();
    repeat::<_, _, (), _, _>(0.., alt((space, line, block))).parse_next(input)?;
    not(peek("/*")).parse_next(input)
}

/// By the first character, what it can be.
fn token(input: &mut Input<'_>) -> Lexed<Kind> {
    match input.chars().next() {
        Some('0'..='9') => literal(input),
        // A sign that stands at a number is the number's.
        Some('-') if input.chars().nth(1).is_some_and(|next| next.is_ascii_digit()) => literal(input),
        Some('-') if matches!(input.chars().nth(1), Some('P' | 'p')) => {
            let duration = duration.map(|text: &str| Kind::Duration(text.to_owned()));
            alt((duration, symbol.map(Kind::Symbol))).parse_next(input)
        }
        Some('-') if matches!(input.chars().nth(1), Some('N' | 'n' | 'I' | 'i')) => {
            // What is no number has no sign.
            let mut number = alt((
                Caseless("-nan").value(Kind::Float("NaN".to_owned())),
                Caseless("-infinity").value(Kind::Float("-Infinity".to_owned())),
            ));
            // Such a letter behind a sign begins nothing else.
            number.parse_next(input)
        }
        Some('a'..='z' | 'A'..='Z') => alt((literal, word)).parse_next(input),
        Some('"') => quoted('"').map(Kind::Quoted).parse_next(input),
        Some('\'') => quoted('\'').map(Kind::Text).parse_next(input),
        Some('$') => {
            let text = delimited("$$", take_until(0.., "$$"), "$$");
            text.map(|text: &str| Kind::Text(text.to_owned())).parse_next(input)
        }
        // The number is given when all are counted.
        Some('?') => '?'.map(|_| Kind::Marker(0, None)).parse_next(input),
        _ => symbol.map(Kind::Symbol).parse_next(input),
    }
}

/// What begins with a digit, or looks like a word.
fn literal(input: &mut Input<'_>) -> Lexed<Kind> {
    let blob = preceded(alt(("0x", "0X")), take_while(0.., |digit: char| digit.is_ascii_hexdigit()));
    alt((
        uuid.map(|text: &str| Kind::Uuid(text.to_ascii_lowercase())),
        blob.map(|digits: &str| Kind::Blob(digits.to_owned())),
        duration.map(|text: &str| Kind::Duration(text.to_owned())),
        number,
    ))
    .parse_next(input)
}

fn hexadecimal<'t>(digits: usize) -> impl Parser<Input<'t>, &'t str, ContextError> {
    take_while(digits, |digit: char| digit.is_ascii_hexdigit())
}

fn uuid<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    (
        hexadecimal(8),
        '-',
        hexadecimal(4),
        '-',
        hexadecimal(4),
        '-',
        hexadecimal(4),
        '-',
        hexadecimal(12),
        not(one_of(is_of_word)),
    )
        .take()
        .parse_next(input)
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// `1y2mo3d`, `P1Y2M`, `PT5H`, `P1DT2H`, `P0001-02-03T04:05:06`.
fn duration<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    let unit = alt((
        alt((Caseless("mo"), Caseless("ms"), Caseless("us"), "µs", Caseless("ns"))),
        one_of(['y', 'w', 'd', 'h', 'm', 's', 'Y', 'W', 'D', 'H', 'M', 'S']).take(),
    ));
    let of_units = repeat::<_, _, (), _, _>(1.., (digit1, unit)).void();
    let units = alt(((iso_date, opt(iso_time)).void(), iso_time.void()));
    let iso = preceded(one_of(['P', 'p']), alt((iso_alternative.void(), units)));
    (opt('-'), alt((of_units, iso)), not(one_of(is_of_word))).take().parse_next(input)
}

/// `0001-02-03T04:05:06`
fn iso_alternative<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    let digits = |count: usize| take_while(count..=count, '0'..='9');
    let date = (digits(4), '-', digits(2), '-', digits(2));
    (date, one_of(['T', 't']), digits(2), ':', digits(2), ':', digits(2)).take().parse_next(input)
}

fn iso_date<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    let part = (digit1, one_of(['Y', 'M', 'D', 'W', 'y', 'm', 'd', 'w']));
    repeat::<_, _, (), _, _>(1.., part).take().parse_next(input)
}

fn iso_time<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    let part = (digit1, one_of(['H', 'M', 'S', 'h', 'm', 's']));
    preceded(one_of(['T', 't']), repeat::<_, _, (), _, _>(1.., part)).take().parse_next(input)
}

/// `1`, `-1.5`, `1.`, `1e5`.
fn number(input: &mut Input<'_>) -> Lexed<Kind> {
    // `1..2` is a range.
    let fraction = ('.', not('.'), digit0, opt(exponent)).void();
    let rest = opt(alt((fraction, exponent.void())));
    let (rest, text) = preceded((opt('-'), digit1), rest).with_taken().parse_next(input)?;
    // `1abc` is no number: letters of UUIDs and durations, which a server's lexer expects to go on, end none.
    not(one_of(|letter: char| "abcdefhmnsuwyµ_".contains(letter.to_ascii_lowercase()))).parse_next(input)?;
    let text = text.to_owned();
    Ok(if rest.is_some() { Kind::Float(text) } else { Kind::Integer(text) })
}

fn exponent<'t>(input: &mut Input<'t>) -> Lexed<&'t str> {
    (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1).take().parse_next(input)
}

fn word(input: &mut Input<'_>) -> Lexed<Kind> {
    let text = (one_of(|letter: char| letter.is_ascii_alphabetic()), take_while(0.., is_of_word)).take();
    text.map(|text: &str| Kind::Word(text.to_ascii_lowercase())).parse_next(input)
}

/// What is between quotes, of which a doubled one stands for itself.
fn quoted<'t>(quote: char) -> impl Parser<Input<'t>, String, ContextError> {
    let piece = alt((take_till(1.., quote), (quote, quote).take().map(|two: &str| &two[..1])));
    let text = repeat(0.., piece).fold(String::new, |text, piece: &str| text + piece);
    delimited(quote, text, quote)
}

/// As messages quote them; what another begins with stands behind it.
const SYMBOLS: [(&str, Symbol); 24] = [
    ("'!='", Symbol::NotEqual),
    ("'<='", Symbol::LessOrEqual),
    ("'>='", Symbol::GreaterOrEqual),
    ("'+='", Symbol::PlusEqual),
    ("'-='", Symbol::MinusEqual),
    ("'('", Symbol::Open),
    ("')'", Symbol::Close),
    ("'['", Symbol::OpenSquare),
    ("']'", Symbol::CloseSquare),
    ("'{'", Symbol::OpenCurly),
    ("'}'", Symbol::CloseCurly),
    ("','", Symbol::Comma),
    ("';'", Symbol::Semicolon),
    ("':'", Symbol::Colon),
    ("'..'", Symbol::Range),
    ("'.'", Symbol::Dot),
    ("'='", Symbol::Equal),
    ("'<'", Symbol::Less),
    ("'>'", Symbol::Greater),
    ("'+'", Symbol::Plus),
    ("'-'", Symbol::Minus),
    ("'*'", Symbol::Star),
    ("'/'", Symbol::Slash),
    ("'%'", Symbol::Percent),
];

impl Symbol {
    /// As messages quote it.
    pub(super) fn quoted(self) -> &'static str {
        SYMBOLS.iter().find(|(_, symbol)| *symbol == self).map_or("", |(quoted, _)| quoted)
    }
}

fn symbol(input: &mut Input<'_>) -> Lexed<Symbol> {
    for (quoted, symbol) in SYMBOLS {
        if opt(quoted.trim_matches('\'')).parse_next(input)?.is_some() {
            return Ok(symbol);
        }
    }
    fail.parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn words_names_and_texts() {
        let word = |text: &str| Kind::Word(text.to_owned());
        assert_eq!(
            kinds("SELECT a_1 -- end\n/* in */ \"B\"\"c\""),
            [word("select"), word("a_1"), Kind::Quoted("B\"c".to_owned()),]
        );
        assert_eq!(
            kinds("'it''s' $$a'b$$ ''"),
            [Kind::Text("it's".to_owned()), Kind::Text("a'b".to_owned()), Kind::Text(String::new()),]
        );
    }

    #[test]
    fn numbers_and_what_looks_like_them() {
        assert_eq!(
            kinds("1 1.5 1. 1e3 0xAf 550e8400-e29b-41d4-a716-446655440000 1y2mo P1DT2H pt 5"),
            [
                Kind::Integer("1".to_owned()),
                Kind::Float("1.5".to_owned()),
                Kind::Float("1.".to_owned()),
                Kind::Float("1e3".to_owned()),
                Kind::Blob("Af".to_owned()),
                Kind::Uuid("550e8400-e29b-41d4-a716-446655440000".to_owned()),
                Kind::Duration("1y2mo".to_owned()),
                Kind::Duration("P1DT2H".to_owned()),
                Kind::Word("pt".to_owned()),
                Kind::Integer("5".to_owned()),
            ]
        );
    }

    #[test]
    fn a_word_may_stand_right_behind_a_number() {
        let (one, word) = (Kind::Integer("1".to_owned()), Kind::Word("if".to_owned()));
        assert_eq!(kinds("1IF"), [one, word]);
    }

    #[test]
    fn markers_are_counted() {
        let found = kinds("? :Name :\"N\" {'a':1}");
        assert_eq!(
            found[..3],
            [
                Kind::Marker(0, None),
                Kind::Marker(1, Some("name".to_owned())),
                Kind::Marker(2, Some("N".to_owned())),
            ]
        );
        assert_eq!(found[5], Kind::Symbol(Symbol::Colon));
        // A key and its value, whatever the value is.
        let markers = |text: &str| kinds(text).iter().filter(|kind| matches!(kind, Kind::Marker(..))).count();
        assert_eq!(markers("{1:true, a:null, f():g, ?:x}"), 1);
        assert_eq!(markers("{:k : :v, a: :b} [:c] LIMIT :d"), 5);
        assert_eq!(markers(":limit"), 0);
    }

    #[test]
    fn what_is_no_token_is_told_with_its_place() {
        for (text, place) in
            [("a\n  #", "line 2:2"), ("'open", "line 1:0"), ("a /* b", "line 1:2"), ("1abc", "line 1:0")]
        {
            let error = tokens(text).unwrap_err();
            assert!(error.to_string().starts_with(place), "{error}");
        }
    }
}
