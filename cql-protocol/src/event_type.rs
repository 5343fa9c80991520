//! What a client can register for, and what an EVENT says it is (v5 §4.1.8, §4.2.6).

use crate::words::words;

words! {
    /// A kind of event.
    EventType {
        /// A node joined or left.
        TOPOLOGY_CHANGE = "TOPOLOGY_CHANGE",
        /// A node went up or down.
        STATUS_CHANGE = "STATUS_CHANGE",
        /// A keyspace, table, type, function or aggregate changed.
        SCHEMA_CHANGE = "SCHEMA_CHANGE",
        /// The node is about to close this connection and asks to be left in peace. Only offered by servers whose SUPPORTED
        /// has a `GRACEFUL_DISCONNECT`; others refuse a REGISTER that names it.
        GRACEFUL_DISCONNECT = "GRACEFUL_DISCONNECT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_survives_and_a_known_one_is_its_constant() {
        assert_eq!(EventType::from("STATUS_CHANGE"), EventType::STATUS_CHANGE);
        assert!(!EventType::from("TRACE_COMPLETE").is_known());
        assert_eq!(EventType::from("TRACE_COMPLETE").to_string(), "TRACE_COMPLETE");
    }
}
