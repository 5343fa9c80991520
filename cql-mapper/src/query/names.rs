//! Names in CQL text.

use std::borrow::Cow;

/// Words that cannot be names without quotes (CQL, appendix A).
const RESERVED: &[&str] = &[
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

/// The name as it stands in CQL: in quotes where it has to be.
pub(crate) fn quoted(name: &str) -> Cow<'_, str> {
    let mut bytes = name.bytes();
    let is_plain = bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && RESERVED.binary_search(&name).is_err();
    if is_plain { Cow::Borrowed(name) } else { Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        assert!(RESERVED.is_sorted());
        for plain in ["id", "a_1", "users", "type", "key"] {
            assert_eq!(quoted(plain), plain);
        }
        for (name, text) in [
            ("batteryPct", "\"batteryPct\""),
            ("select", "\"select\""),
            ("1a", "\"1a\""),
            ("a b", "\"a b\""),
            ("", "\"\""),
            ("x\"; DROP TABLE y; --", "\"x\"\"; DROP TABLE y; --\""),
        ] {
            assert_eq!(quoted(name), text);
        }
    }
}
