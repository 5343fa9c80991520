//! Names as they stand in CQL text.

use std::fmt::{Display, Formatter, Result, Write as _};

/// A name as CQL text: within quotes where it would otherwise be read as another one, or not as a name.
///
/// ```
/// use cql_protocol::types::Identifier;
///
/// assert_eq!(Identifier("users").to_string(), "users");
/// assert_eq!(Identifier("batteryPct").to_string(), "\"batteryPct\"");
/// assert_eq!(Identifier("select").to_string(), "\"select\"");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a way to write a name")]
pub struct Identifier<'a>(pub &'a str);

impl Identifier<'_> {
    /// Whether it is a keyword that is no name unless it is within quotes. Keywords are in lower case.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        RESERVED.binary_search(&self.0).is_ok()
    }
}

impl Display for Identifier<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let name = self.0;
        let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            && !self.is_reserved();
        if is_plain {
            return f.write_str(name);
        }
        f.write_char('"')?;
        for (at, part) in name.split('"').enumerate() {
            f.write_str(if at == 0 { "" } else { "\"\"" })?;
            f.write_str(part)?;
        }
        f.write_char('"')
    }
}

/// Keywords that cannot stand as a name, sorted (the server's `reserved_keywords.list`).
const RESERVED: [&str; 62] = [
    "add",
    "allow",
    "alter",
    "and",
    "apply",
    "asc",
    "authorize",
    "batch",
    "begin",
    "by",
    "columnfamily",
    "create",
    "default",
    "delete",
    "desc",
    "describe",
    "drop",
    "entries",
    "execute",
    "from",
    "full",
    "grant",
    "if",
    "in",
    "index",
    "infinity",
    "insert",
    "into",
    "is",
    "keyspace",
    "limit",
    "materialized",
    "mbean",
    "mbeans",
    "modify",
    "nan",
    "norecursive",
    "not",
    "null",
    "of",
    "on",
    "or",
    "order",
    "primary",
    "rename",
    "replace",
    "revoke",
    "schema",
    "select",
    "set",
    "table",
    "to",
    "token",
    "truncate",
    "unlogged",
    "unset",
    "update",
    "use",
    "using",
    "view",
    "where",
    "with",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        assert!(RESERVED.is_sorted(), "searched by halves");
        for plain in ["id", "a_1", "users", "type", "key"] {
            assert_eq!(Identifier(plain).to_string(), plain);
        }
        for (name, text) in [
            ("batteryPct", "\"batteryPct\""),
            ("where", "\"where\""),
            ("1a", "\"1a\""),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("x\"; DROP TABLE y; --", "\"x\"\"; DROP TABLE y; --\""),
        ] {
            assert_eq!(Identifier(name).to_string(), text);
        }
    }
}
