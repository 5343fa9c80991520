//! Bits of CQL text.

/// `USE` with the keyspace's name quoted, whatever is in it.
pub(crate) fn use_statement(keyspace: &str) -> String {
    format!("USE {}", quoted(keyspace))
}

/// A name as CQL takes it in any case and with any letters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether a statement that changes data has an `IF`. Texts, quoted names and comments are passed over.
pub(crate) fn is_conditional(text: &str) -> bool {
    let mut words = Words(text);
    let first = words.next().unwrap_or_default();
    let changes = ["INSERT", "UPDATE", "DELETE", "BEGIN"].iter().any(|word| word.eq_ignore_ascii_case(first));
    changes && words.any(|word| word.eq_ignore_ascii_case("IF"))
}

/// The words of a statement that stand outside of texts, quoted names and comments.
pub(crate) struct Words<'a>(pub(crate) &'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            let rest = self.0;
            let first = rest.chars().next()?;
            let skip = if rest.starts_with("--") || rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                after(rest, 2, "*/")
            } else if rest.starts_with("$$") {
                after(rest, 2, "$$")
            } else if first == '\'' {
                after(rest, 1, "'")
            } else if first == '"' {
                after(rest, 1, "\"")
            } else if first.is_alphanumeric() || first == '_' {
                let is_word = |char: char| char.is_alphanumeric() || char == '_';
                let end = rest.find(|char| !is_word(char)).unwrap_or(rest.len());
                self.0 = rest.get(end..)?;
                return rest.get(..end);
            } else {
                first.len_utf8()
            };
            self.0 = rest.get(skip..)?;
        }
    }
}

/// Where something that opened with so many bytes and ends with `close` is over. A doubled quote ends one text and
/// begins the next, which comes to the same.
fn after(text: &str, open: usize, close: &str) -> usize {
    let inner = text.get(open..).unwrap_or_default();
    inner.find(close).map_or(text.len(), |at| open + at + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_told_from_what_only_looks_like_one() {
        for text in [
            "INSERT INTO t (k) VALUES (?) IF NOT EXISTS",
            "update t set v = 'it''s' where k = 1 if v = 2",
            "BEGIN BATCH UPDATE t SET v = 1 WHERE k = 1 IF EXISTS; APPLY BATCH",
            "/* IF */ DELETE FROM t WHERE k = ? -- really\nIF EXISTS",
        ] {
            assert!(is_conditional(text), "{text}");
        }
        for text in [
            "SELECT if FROM t",
            "INSERT INTO t (k) VALUES ('x IF y')",
            "UPDATE \"IF\" SET v = $$ IF $$ WHERE k = 1 -- IF",
            "UPDATE t SET iffy = 1 WHERE k = 'a''IF'",
            "CREATE TABLE IF NOT EXISTS t (k int PRIMARY KEY)",
            "DELETE FROM t WHERE k = 'open IF",
            "",
        ] {
            assert!(!is_conditional(text), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(use_statement("Ks\"; DROP KEYSPACE x"), "USE \"Ks\"\"; DROP KEYSPACE x\"");
    }
}
