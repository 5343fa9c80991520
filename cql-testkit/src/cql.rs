//! As much of CQL as it takes to see what a statement is about: words, texts, markers.

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A name or keyword: in lower case, unless it was quoted.
    Word(String),
    /// A text literal.
    Text(String),
    /// `?` or `:name`.
    Marker(Option<String>),
    /// Anything else.
    Symbol(char),
}

impl Token {
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text == word)
    }

    pub(crate) fn word(&self) -> Option<&str> {
        match self {
            Token::Word(text) => Some(text),
            _ => None,
        }
    }
}

/// The tokens of a statement.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut word = |first: Option<char>| {
            let mut word: String = first.into_iter().collect();
            while let Some(next) = letters.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            word
        };
        tokens.push(match letter {
            letter if letter.is_whitespace() => continue,
            letter if letter.is_alphanumeric() || letter == '_' => {
                Token::Word(word(Some(letter)).to_lowercase())
            }
            '?' => Token::Marker(None),
            ':' => Token::Marker(Some(word(None).to_lowercase())),
            '"' => Token::Word(quoted(&mut letters, '"')),
            '\'' => Token::Text(quoted(&mut letters, '\'')),
            symbol => Token::Symbol(symbol),
        });
    }
    tokens
}

/// What is between quotes, of which a doubled one stands for itself.
fn quoted(letters: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) -> String {
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        if letter == quote && letters.next_if_eq(&quote).is_none() {
            break;
        }
        text.push(letter);
    }
    text
}

/// The names of a keyspace, if there is one, and a table, at the front of `tokens`; and what is behind.
pub(crate) fn table_name(tokens: &[Token]) -> Option<(Option<&str>, &str, &[Token])> {
    match tokens {
        [Token::Word(keyspace), Token::Symbol('.'), Token::Word(table), rest @ ..] => {
            Some((Some(keyspace), table, rest))
        }
        [Token::Word(table), rest @ ..] => Some((None, table, rest)),
        _ => None,
    }
}

/// What comes behind the first of these words.
pub(crate) fn behind<'t>(tokens: &'t [Token], word: &str) -> Option<&'t [Token]> {
    let at = tokens.iter().position(|token| token.is_word(word))?;
    tokens.get(at + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_fall_into_tokens() {
        let tokens = tokens("SELECT \"Ab\", x FROM ks.t WHERE y='it''s' AND z = ? AND w = :Name;");
        assert_eq!(tokens[1], Token::Word("Ab".into()));
        assert!(tokens.contains(&Token::Text("it's".into())));
        assert!(tokens.contains(&Token::Marker(None)));
        assert!(tokens.contains(&Token::Marker(Some("name".into()))));
        let (keyspace, table, rest) = table_name(behind(&tokens, "from").unwrap()).unwrap();
        assert_eq!((keyspace, table), (Some("ks"), "t"));
        assert!(rest[0].is_word("where"));
    }
}
