//! Names, literals and types as CQL text.

use std::borrow::Cow;
use std::fmt::{self, Write};

/// A text as a CQL literal.
pub(super) struct Literal<'a>(pub(super) &'a str);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

/// A map of texts as a CQL literal.
pub(super) fn map<'a>(entries: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let mut out = String::from("{");
    for (at, (key, value)) in entries.into_iter().enumerate() {
        let separator = if at == 0 { "" } else { ", " };
        let _ = write!(out, "{separator}{}: {}", Literal(key), Literal(value));
    }
    out.push('}');
    out
}

/// Items with a separator between them.
pub(super) fn joined<T: fmt::Display>(items: impl IntoIterator<Item = T>, separator: &str) -> String {
    let mut out = String::new();
    for (at, item) in items.into_iter().enumerate() {
        let _ = write!(out, "{}{item}", if at == 0 { "" } else { separator });
    }
    out
}

/// A type without `frozen` around it, which arguments of functions must not have.
pub(super) fn thawed(column_type: &str) -> &str {
    column_type.strip_prefix("frozen<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(column_type)
}

/// The names in a type, without quotes.
pub(super) fn words(column_type: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = column_type;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(['<', '>', ',', ' ', '.']);
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut name = String::new();
            let mut letters = quoted.char_indices().peekable();
            while let Some((at, letter)) = letters.next() {
                if letter == '"' && letters.next_if(|(_, next)| *next == '"').is_none() {
                    rest = quoted.get(at + 1..).unwrap_or_default();
                    return Some(Cow::Owned(name));
                }
                name.push(letter);
            }
            rest = "";
            return Some(Cow::Owned(name));
        }
        let end = rest.find(['<', '>', ',', ' ', '"', '.']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at_checked(end)?;
        rest = behind;
        (!word.is_empty()).then_some(Cow::Borrowed(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_quotes() {
        assert_eq!(Literal("it's").to_string(), "'it''s'");
    }

    #[test]
    fn user_types_are_found_in_types() {
        let all = |column_type| words(column_type).map(String::from).collect::<Vec<_>>();
        assert_eq!(
            all("map<text, frozen<list<frozen<address>>>>"),
            ["map", "text", "frozen", "list", "frozen", "address"]
        );
        assert_eq!(all("frozen<\"My \"\"Type\">"), ["frozen", "My \"Type"]);
        assert_eq!(all("\"no end"), ["no end"]);
        assert!(all("<>, \"\"").concat().is_empty());
    }
}
