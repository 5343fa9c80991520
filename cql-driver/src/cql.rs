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

/// The statement with a `?` in place of each text, number, UUID and blob, and without comments: what a log may show of a
/// statement whose text was put together with values in it.
pub(crate) fn without_literals(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(rest.len());
        let (skip, shows) = if rest.starts_with("--") || rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (after(rest, 2, "*/"), None)
        } else if rest.starts_with("$$") {
            (after(rest, 2, "$$"), Some("?"))
        } else if first == '\'' {
            (after(rest, 1, "'"), Some("?"))
        } else if first == '"' {
            let name = after(rest, 1, "\"");
            (name, rest.get(..name))
        } else if first.is_ascii_digit() || is_uuid(rest) {
            (number_end(rest), Some("?"))
        } else if word > 0 {
            (word, rest.get(..word))
        } else {
            (first.len_utf8(), rest.get(..first.len_utf8()))
        };
        // A doubled quote within a text, and the parts of a number with a point, are still one value.
        if shows != Some("?") || !shown.ends_with('?') {
            shown.push_str(shows.unwrap_or_default());
        }
        rest = rest.get(skip..).unwrap_or_default();
    }
    shown
}

/// Where a number, blob, UUID or duration ends: `-1.5e10`, `0xff`, `3h30m`.
fn number_end(text: &str) -> usize {
    text.find(|char: char| !(char.is_ascii_alphanumeric() || char == '.' || char == '-'))
        .unwrap_or(text.len())
}

fn is_uuid(text: &str) -> bool {
    let Some(start) = text.get(..36) else { return false };
    start.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
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
    fn nothing_of_a_literal_is_shown() {
        for (text, shown) in [
            ("SELECT v FROM t WHERE k = 'it''s secret' AND n = 12", "SELECT v FROM t WHERE k = ? AND n = ?"),
            ("INSERT INTO t2 (a, b) VALUES (0xCAFE, $$ x ' y $$)", "INSERT INTO t2 (a, b) VALUES (?, ?)"),
            (
                "SELECT \"Col 1\" FROM t1 -- secret\nWHERE a = -1.5e10",
                "SELECT \"Col 1\" FROM t1 \nWHERE a = -?",
            ),
            ("UPDATE t SET u = c6a3b2e0-aaaa-11ee-8000-000000000000 /* secret */", "UPDATE t SET u = ? "),
            ("UPDATE t SET u = 550e8400-e29b-41d4-a716-446655440000", "UPDATE t SET u = ?"),
            ("INSERT INTO t (d) VALUES (3h30m) USING TTL 86400", "INSERT INTO t (d) VALUES (?) USING TTL ?"),
            ("SELECT 'unfinished secret", "SELECT ?"),
            ("SELECT v FROM t WHERE k = ?", "SELECT v FROM t WHERE k = ?"),
            ("sélect 'ü'", "sélect ?"),
        ] {
            assert_eq!(without_literals(text), shown);
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(use_statement("Ks\"; DROP KEYSPACE x"), "USE \"Ks\"\"; DROP KEYSPACE x\"");
    }
}
