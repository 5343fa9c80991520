//! Bits of CQL text.

/// `USE` with the keyspace's name quoted, whatever is in it.
pub(crate) fn use_statement(keyspace: &str) -> String {
    format!("USE {}", quoted(keyspace))
}

/// A name as CQL takes it in any case and with any letters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(use_statement("Ks\"; DROP KEYSPACE x"), "USE \"Ks\"\"; DROP KEYSPACE x\"");
    }
}
