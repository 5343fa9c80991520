//! The testkit's grammar of CQL against the server's: what one takes for a statement, the other does, and where a text
//! ceases to be one, both say.

use cql_driver::error::ErrorKind;
use cql_driver::response::ErrorCode;
use cql_testkit::engine::check_syntax;
use cql_tests::{Capability, Database, live_with};
use futures::StreamExt as _;
use futures::stream::iter;

const STATEMENTS: &str = include_str!("../../cql-testkit/corpus/statements.cql");

/// Changed texts that are compared in a run; each is a statement of the corpus with a piece or two moved.
const CHANGED: usize = 1500;

/// What the server finds out while it reads a text, before it knows whether all of it is a statement.
const EARLY: &[&str] = &["Duplicate column", "Multiple PRIMARY KEY", "Error setting type", "Failed parsing"];

/// Where the server says that a text ceases to be a statement; `None` if it is one.
async fn of_server(db: &Database, text: &str) -> Option<String> {
    let error = db.session().prepare(text).await.err()?;
    match error.kind() {
        // These the server finds while it reads.
        ErrorKind::Server(server) if EARLY.iter().any(|early| server.message.contains(early)) => {
            of_testkit(text)
        }
        ErrorKind::Server(server) if server.code == ErrorCode::SYNTAX_ERROR => {
            Some(server.message.split(' ').take(2).collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

fn of_testkit(text: &str) -> Option<String> {
    check_syntax(text).err().map(|error| format!("line {}:{}", error.line(), error.column()))
}

/// The pieces that a text is changed by: words, literals, symbols.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            letter if letter.is_alphanumeric() || letter == '_' => {
                rest.find(|next: char| !(next.is_alphanumeric() || next == '_')).unwrap_or(rest.len())
            }
            other => other.len_utf8(),
        };
        let (piece, behind) = rest.split_at(length);
        if !piece.trim().is_empty() {
            pieces.push(piece);
        }
        rest = behind;
    }
    pieces
}

/// A statement with a piece or two left out, said twice, exchanged or replaced.
fn changed(random: &mut fastrand::Rng, all: &[&str]) -> String {
    let statements: Vec<&str> = STATEMENTS.lines().collect();
    let mut pieces = pieces(statements[random.usize(..statements.len())]);
    for _ in 0..random.usize(1..3) {
        let (at, next) = (random.usize(..pieces.len()), random.usize(..pieces.len()));
        match random.u8(..4) {
            0 if pieces.len() > 1 => drop(pieces.remove(at)),
            1 => pieces.insert(at, pieces[at]),
            2 => pieces.swap(at, next),
            _ => pieces[at] = all[random.usize(..all.len())],
        }
    }
    pieces.join(" ")
}

/// Every statement of the corpus is one for both, and changed ones are for both or for neither.
#[test]
fn the_grammar_of_the_engine_is_the_servers() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mut wrong = Vec::new();
        for text in STATEMENTS.lines() {
            let said = (of_testkit(text), of_server(db, text).await);
            if said != (None, None) {
                wrong.push(format!("{text}: {said:?}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let seed = std::env::var("CQL_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
        let rounds =
            std::env::var("CQL_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(CHANGED);
        let mut random = fastrand::Rng::with_seed(seed);
        let all: Vec<&str> = STATEMENTS.lines().flat_map(pieces).collect();
        let texts: Vec<String> = (0..rounds).map(|_| changed(&mut random, &all)).collect();
        let compared = iter(&texts).map(async |text| (text, of_testkit(text), of_server(db, text).await));
        let differ: Vec<_> = compared
            .buffered(32)
            .filter(|(_, one, two)| std::future::ready(one.is_some() != two.is_some()))
            .collect()
            .await;
        let shown: Vec<String> = differ
            .iter()
            .take(40)
            .map(|(text, one, two)| format!("{text}\n    here {one:?}, there {two:?}"))
            .collect();
        assert!(
            differ.is_empty(),
            "{} of {rounds} differ (CQL_SEED={seed}):\n{}",
            differ.len(),
            shown.join("\n")
        );
    });
}
