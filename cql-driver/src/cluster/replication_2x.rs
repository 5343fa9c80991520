//! The replication of a keyspace as Cassandra 2.x stores it: a class, and options as a flat JSON object of texts.

use crate::schema::texts;
use crate::topology::ReplicationStrategy;

/// Reads `strategy_class` and `strategy_options` of `system.schema_keyspaces`.
pub(super) fn strategy(class: &str, options: &str) -> ReplicationStrategy {
    let texts = texts(options);
    let pairs = texts.chunks_exact(2).filter_map(|pair| match pair {
        [key, value] => Some((key.as_str(), value.as_str())),
        _ => None,
    });
    ReplicationStrategy::from_options(std::iter::once(("class", class)).chain(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_2x_are_read() {
        let expected = ReplicationStrategy::from_options([
            ("class", "NetworkTopologyStrategy"),
            ("dc 1", "3"),
            ("b", "1"),
        ]);
        let class = "org.apache.cassandra.locator.NetworkTopologyStrategy";
        assert_eq!(strategy(class, r#"{"dc 1":"3", "b" : "1"}"#), expected);
        assert!(matches!(strategy(class, "{\"x"), ReplicationStrategy::NetworkTopology(_)));
    }
}
