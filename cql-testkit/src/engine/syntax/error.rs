//! What is wrong with a statement's text, told as Cassandra's parser tells it.

use std::fmt;

/// A text that is no statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Counted from 1.
    line: usize,
    /// Counted from 0, in characters.
    column: usize,
    is_at_end: bool,
    problem: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's parser gives the end this place.
        if self.is_at_end {
            return write!(f, "line 0:-1 {}", self.problem);
        }
        write!(f, "line {}:{} {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for SyntaxError {}

impl SyntaxError {
    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character in the line, counted from 0.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// At a byte of the text.
    pub(super) fn at(text: &str, offset: usize, problem: String) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count());
        SyntaxError { line, column, is_at_end: false, problem }
    }

    pub(super) fn unexpected_character(text: &str, offset: usize) -> Self {
        let character = text.get(offset..).and_then(|rest| rest.chars().next());
        let shown = character.map_or_else(|| "<EOF>".to_owned(), |character| character.to_string());
        SyntaxError::at(text, offset, format!("no viable alternative at character '{shown}'"))
    }

    /// A token that cannot stand where it does, told with the text around it.
    pub(super) fn unexpected(text: &str, (start, end): (usize, usize), expected: Option<&str>) -> Self {
        let shown = text.get(start..end).filter(|shown| !shown.is_empty()).unwrap_or("<EOF>");
        let problem = match expected {
            Some(expected) => {
                format!("mismatched input '{shown}' expecting {expected}{}", around(text, start, end))
            }
            None => format!("no viable alternative at input '{shown}'{}", around(text, start, end)),
        };
        SyntaxError { is_at_end: start == end, ..SyntaxError::at(text, start, problem) }
    }
}

/// The token in its surroundings: ` (...a = 1 [WHERE] b...)`.
fn around(text: &str, start: usize, end: usize) -> String {
    const LETTERS: usize = 20;
    let (before, token, after) = (
        text.get(..start).unwrap_or_default(),
        text.get(start..end).unwrap_or_default(),
        text.get(end..).unwrap_or_default(),
    );
    let skipped = before.chars().count().saturating_sub(LETTERS);
    let before: String = before.chars().skip(skipped).collect();
    let rest: String = after.chars().take(LETTERS).collect();
    let (left, right) =
        (if skipped > 0 { "..." } else { "" }, if rest.len() < after.len() { "..." } else { "" });
    format!(" ({left}{before}[{token}]{rest}{right})")
}
