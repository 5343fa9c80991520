//! Where two answers differ, and how much it matters.

use crate::answer::{Answer, Outcome, ServerSaid};

/// A difference between two answers, the one that matters most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The engine says that it does not do it.
    Unsupported,
    /// Errors of one code say something else. It does no harm to the rest of a sequence.
    Message,
    /// Rows come on other pages.
    Pages,
    /// Something else is told of a prepared statement.
    Prepared,
    /// An error has another code.
    Code,
    /// The names or types of columns.
    Columns,
    /// Other rows, or in another order.
    Rows,
    /// One is an error, rows, a schema change; the other is not, or another one.
    Outcome,
}

impl Kind {
    /// Whether the rest of a sequence can be compared: the data are the same.
    pub(crate) fn is_harmless(self) -> bool {
        matches!(self, Kind::Message | Kind::Pages | Kind::Prepared | Kind::Code | Kind::Columns)
    }
}

pub(crate) fn difference(reference: &Answer, other: &Answer) -> Option<Kind> {
    if reference == other {
        return None;
    }
    if other.outcome.unsupported().is_some() {
        return Some(Kind::Unsupported);
    }
    let of_outcome = match (&reference.outcome, &other.outcome) {
        (one, two) if one == two => None,
        (Outcome::Error(one), Outcome::Error(two)) if one.code != two.code => Some(Kind::Code),
        // Signatures come in whatever order a server has them.
        (Outcome::Error(one), Outcome::Error(two)) => {
            let words =
                |said: &ServerSaid| said.message.split("(known type signatures").next().map(str::to_owned);
            (words(one) != words(two)).then_some(Kind::Message)
        }
        (Outcome::Rows(one), Outcome::Rows(two)) => Some(match () {
            () if one.rows != two.rows => Kind::Rows,
            () if one.columns != two.columns => Kind::Columns,
            () => Kind::Pages,
        }),
        _ => Some(Kind::Outcome),
    };
    let of_prepared = (reference.prepared != other.prepared).then_some(Kind::Prepared);
    of_outcome.max(of_prepared)
}

/// A difference in one line without what varies from one to the next, so that the same is not shown a hundred times.
pub(crate) fn signature(kind: Kind, text: &str, reference: &Answer, other: &Answer) -> String {
    let words: Vec<&str> =
        text.split_whitespace().take(if text.starts_with("SELECT") { 1 } else { 2 }).collect();
    match kind {
        Kind::Message if syntax_place(&reference.outcome).is_some() => {
            let same = syntax_place(&reference.outcome) == syntax_place(&other.outcome);
            format!("syntax errors in other words, {} place", if same { "of the same" } else { "of another" })
        }
        Kind::Unsupported => format!("unsupported: {}", other.outcome.unsupported().unwrap_or_default()),
        Kind::Rows | Kind::Pages | Kind::Columns | Kind::Prepared => {
            let shape = [
                "JSON",
                "DISTINCT",
                "GROUP BY",
                "ORDER BY",
                "PER PARTITION",
                "ALLOW",
                "token(",
                "IF ",
                " IN ",
            ];
            let shape: Vec<&str> = shape.into_iter().filter(|word| text.contains(word)).collect();
            format!("{kind:?} {words:?} {shape:?}")
        }
        _ => format!("{kind:?}: {} <> {}", general(&reference.outcome), general(&other.outcome)),
    }
}

/// Where a text ceases to be a statement.
fn syntax_place(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Error(said) if said.code == 0x2000 => {
            Some(said.message.split_once(' ')?.1.split(' ').next()?)
        }
        _ => None,
    }
}

/// A message without the names, numbers and literals in it.
pub(crate) fn general(outcome: &Outcome) -> String {
    let Outcome::Error(said) = outcome else {
        return outcome.to_string().split(' ').next().unwrap_or_default().to_owned();
    };
    let mut general = format!("error {:#06x} ", said.code);
    let mut quote = None;
    for word in said.message.split_inclusive(|char: char| !(char.is_alphanumeric() || char == '_')) {
        let name = word.trim_end_matches(|char: char| !(char.is_alphanumeric() || char == '_'));
        let is_name = name.chars().any(|char| char.is_ascii_digit());
        let end = &word[name.len()..];
        if quote.is_none() {
            general.push_str(if is_name { "#" } else { name });
        }
        let opens = matches!(end, "'" | "\"");
        match quote {
            Some(open) if open == end => quote = None,
            None if opens => {
                quote = Some(end);
                general.push_str("'..'");
            }
            None => general.push_str(end),
            Some(_) => {}
        }
    }
    general
}
