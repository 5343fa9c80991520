//! How keyspaces are replicated.

use std::collections::BTreeMap;
use std::fmt;

/// How many copies there are of each partition, in the cluster or in a data center.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplicationFactor {
    total: u32,
    transient: u32,
}

/// A keyspace's replication, as `system_schema.keyspaces` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReplicationStrategy {
    /// `SimpleStrategy`: the next nodes on the ring, wherever they are.
    Simple(ReplicationFactor),
    /// `NetworkTopologyStrategy`: so many in each data center, on distinct racks as far as there are any.
    NetworkTopology(BTreeMap<Box<str>, ReplicationFactor>),
    /// `LocalStrategy`: each node has its own data (`system` and the like).
    Local,
    /// `EverywhereStrategy` of some distributions: every node has everything.
    Everywhere,
    /// Any other, or one whose options make no sense to the driver; requests are then routed without replicas.
    #[non_exhaustive]
    Other {
        /// The class, as the server names it.
        class: Box<str>,
        /// Its options.
        options: BTreeMap<Box<str>, Box<str>>,
    },
}

impl ReplicationFactor {
    /// `total` copies, all of them full.
    #[must_use]
    pub const fn new(total: u32) -> Self {
        ReplicationFactor { total, transient: 0 }
    }

    /// All copies.
    #[must_use]
    pub const fn total(self) -> u32 {
        self.total
    }

    /// Copies that hold only what is not repaired yet.
    #[must_use]
    pub const fn transient(self) -> u32 {
        self.transient
    }

    /// Copies that hold everything: those that requests are sent to.
    #[must_use]
    pub const fn full(self) -> u32 {
        self.total - self.transient
    }

    /// Reads `3`, or `3/1`: three of which one is transient.
    fn parse(text: &str) -> Option<Self> {
        let (total, transient) = text.split_once('/').unwrap_or((text, "0"));
        let factor = ReplicationFactor { total: total.parse().ok()?, transient: transient.parse().ok()? };
        (factor.transient <= factor.total).then_some(factor)
    }
}

impl fmt::Display for ReplicationFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transient {
            0 => write!(f, "{}", self.total),
            transient => write!(f, "{}/{transient}", self.total),
        }
    }
}

impl ReplicationStrategy {
    /// Reads the `replication` map of `system_schema.keyspaces`: `class` and its options. Never fails: what cannot be
    /// understood is [`ReplicationStrategy::Other`].
    #[must_use]
    pub fn from_options<'a>(replication: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut options: BTreeMap<&str, &str> = replication.into_iter().collect();
        let class = options.remove("class").unwrap_or_default();
        Self::of_class(class, &options).unwrap_or_else(|| ReplicationStrategy::Other {
            class: class.into(),
            options: options.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        })
    }

    fn of_class(class: &str, options: &BTreeMap<&str, &str>) -> Option<Self> {
        match class.rsplit('.').next()? {
            "SimpleStrategy" => {
                let factor = options.get("replication_factor")?;
                ReplicationFactor::parse(factor).map(ReplicationStrategy::Simple)
            }
            "NetworkTopologyStrategy" => options
                .iter()
                .map(|(&datacenter, factor)| Some((datacenter.into(), ReplicationFactor::parse(factor)?)))
                .collect::<Option<_>>()
                .map(ReplicationStrategy::NetworkTopology),
            "LocalStrategy" => Some(ReplicationStrategy::Local),
            "EverywhereStrategy" => Some(ReplicationStrategy::Everywhere),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strategy(options: &[(&str, &str)]) -> ReplicationStrategy {
        ReplicationStrategy::from_options(options.iter().copied())
    }

    #[test]
    fn the_strategies_of_the_server_are_read() {
        let simple = strategy(&[
            ("class", "org.apache.cassandra.locator.SimpleStrategy"),
            ("replication_factor", "3"),
        ]);
        assert_eq!(simple, ReplicationStrategy::Simple(ReplicationFactor::new(3)));
        let network = strategy(&[("class", "NetworkTopologyStrategy"), ("dc1", "3"), ("dc2", "2")]);
        let factors = [("dc1".into(), ReplicationFactor::new(3)), ("dc2".into(), ReplicationFactor::new(2))];
        assert_eq!(network, ReplicationStrategy::NetworkTopology(BTreeMap::from(factors)));
        assert_eq!(strategy(&[("class", "LocalStrategy")]), ReplicationStrategy::Local);
        assert_eq!(strategy(&[("class", "a.b.EverywhereStrategy")]), ReplicationStrategy::Everywhere);
    }

    #[test]
    fn transient_replicas_are_told_from_full_ones() {
        let ReplicationStrategy::NetworkTopology(factors) =
            strategy(&[("class", "NetworkTopologyStrategy"), ("dc1", "3/1")])
        else {
            panic!("not understood");
        };
        let factor = factors["dc1"];
        assert_eq!((factor.total(), factor.transient(), factor.full()), (3, 1, 2));
        assert_eq!(factor.to_string(), "3/1");
    }

    #[test]
    fn what_makes_no_sense_is_kept_as_it_is() {
        for options in [
            &[("class", "SimpleStrategy")][..],
            &[("class", "SimpleStrategy"), ("replication_factor", "many")],
            &[("class", "NetworkTopologyStrategy"), ("dc1", "1/2")],
            &[("class", "com.example.TheirStrategy"), ("dc1", "3")],
            &[("replication_factor", "3")],
        ] {
            let read = strategy(options);
            let ReplicationStrategy::Other { class, options: kept } = read else {
                panic!("{options:?} was read as {read:?}");
            };
            let named = usize::from(!class.is_empty());
            assert_eq!(kept.len() + named, options.len());
        }
    }
}
