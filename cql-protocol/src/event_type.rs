//! What a client can register for, and what an EVENT says it is (v5 §4.1.8, §4.2.6).

use crate::text_enum::text_enum;

text_enum! {
    /// A kind of event.
    EventType {
        /// A node joined or left.
        TopologyChange = "TOPOLOGY_CHANGE",
        /// A node went up or down.
        StatusChange = "STATUS_CHANGE",
        /// A keyspace, table, type, function or aggregate changed.
        SchemaChange = "SCHEMA_CHANGE",
        /// The node is about to close this connection and asks to be left in peace. Only offered by servers whose SUPPORTED
        /// has a `GRACEFUL_DISCONNECT`; others refuse a REGISTER that names it.
        GracefulDisconnect = "GRACEFUL_DISCONNECT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_survives_and_a_known_one_gets_its_variant() {
        assert_eq!(EventType::from("STATUS_CHANGE"), EventType::StatusChange);
        assert_eq!(EventType::from("TRACE_COMPLETE"), EventType::Other("TRACE_COMPLETE".into()));
        assert_eq!(EventType::from("TRACE_COMPLETE").to_string(), "TRACE_COMPLETE");
    }
}
