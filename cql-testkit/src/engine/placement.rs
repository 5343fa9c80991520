//! Which nodes hold a partition, and whether enough of them are up for a level of consistency.
//!
//! There is one copy of the data, so this is about the answer alone: a request that a real cluster could not serve is
//! refused as one would refuse it.

use super::Call;
use super::problem::Result;
use super::schema::Keyspace;
use crate::sync::lock;
use crate::topology::{NodeSpec, Topology};
use cql_protocol::response::{ErrorDetails, ServerError};
use cql_protocol::{Consistency, SerialConsistency};

/// What a request does with its partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
    /// A conditional write, or a read at a serial level.
    Serial,
}

/// Copies of a keyspace: for each data centre, or without one for all together.
#[derive(Debug, PartialEq, Eq)]
enum Replication<'a> {
    Everywhere,
    Simple(usize),
    Datacenters(Vec<(&'a str, usize)>),
}

/// Checks that the partitions of these tokens can be reached.
pub(crate) fn assure(
    keyspace: &Keyspace,
    call: &Call<'_>,
    access: Access,
    tokens: impl IntoIterator<Item = i64>,
) -> Result<()> {
    let topology = lock(call.view.topology);
    let replication = Replication::of(keyspace);
    if is_whole(&topology, &replication, call) {
        return Ok(());
    }
    let ring = Ring::new(&topology);
    tokens.into_iter().try_for_each(|token| check(&ring, &replication, call, access, token))
}

/// Checks that all partitions can be reached.
pub(crate) fn assure_all(keyspace: &Keyspace, call: &Call<'_>) -> Result<()> {
    let topology = lock(call.view.topology);
    let replication = Replication::of(keyspace);
    if is_whole(&topology, &replication, call) {
        return Ok(());
    }
    let ring = Ring::new(&topology);
    let mut ends = ring.tokens.iter().map(|(token, _)| *token);
    ends.try_for_each(|token| check(&ring, &replication, call, Access::Read, token))
}

/// Whether all nodes are up and as many as there are copies, and the level asks for no more: then it can be had.
fn is_whole(topology: &Topology, replication: &Replication<'_>, call: &Call<'_>) -> bool {
    // Without any node it is the engine by itself that is asked.
    let Some(coordinator) = topology.node(call.view.node) else { return true };
    let members = || topology.nodes.iter().filter(|node| node.member);
    let fits =
        |(name, copies): &(&str, usize)| *copies <= members().filter(|node| node.datacenter == *name).count();
    members().all(|node| node.is_up)
        && !matches!(call.consistency, Consistency::Two | Consistency::Three)
        && match replication {
            Replication::Everywhere => true,
            Replication::Simple(copies) => *copies <= members().count(),
            Replication::Datacenters(all) => {
                all.iter().all(fits) && replication.copies_in(&coordinator.datacenter) > 0
            }
        }
}

fn check(
    ring: &Ring<'_>,
    replication: &Replication<'_>,
    call: &Call<'_>,
    access: Access,
    token: i64,
) -> Result<()> {
    if *replication == Replication::Everywhere {
        return Ok(());
    }
    let replicas = ring.replicas(replication, token);
    let local = ring.topology.node(call.view.node).map_or("", |node| node.datacenter.as_str());
    let alive = |datacenter: Option<&str>| {
        let is_alive =
            |node: &&&NodeSpec| node.is_up && datacenter.is_none_or(|name| node.datacenter == name);
        replicas.iter().filter(is_alive).count()
    };
    let assure = |told: Consistency, required: usize, alive: usize| {
        if alive >= required {
            return Ok(());
        }
        let number = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let (required, alive) = (number(required), number(alive));
        let details = ErrorDetails::Unavailable { consistency: told, required, alive };
        Err(ServerError::with_details(format!("Cannot achieve consistency level {told}"), details))
    };
    let majority = |copies: usize| copies / 2 + 1;
    if access == Access::Serial {
        match call.serial_consistency {
            Some(SerialConsistency::LocalSerial) => {
                let required = majority(replication.copies_in(local));
                assure(Consistency::LocalSerial, required, alive(Some(local)))?;
            }
            _ => assure(Consistency::Serial, majority(replication.copies()), alive(None))?,
        }
    }
    let level = call.consistency;
    match level {
        Consistency::Any => Ok(()),
        Consistency::One => assure(level, 1, alive(None)),
        Consistency::Two => assure(level, 2, alive(None)),
        Consistency::Three => assure(level, 3, alive(None)),
        Consistency::Quorum | Consistency::Serial => {
            assure(level, majority(replication.copies()), alive(None))
        }
        Consistency::All => assure(level, replication.copies(), alive(None)),
        Consistency::LocalOne => assure(level, 1, alive(Some(local))),
        Consistency::LocalQuorum | Consistency::LocalSerial => {
            assure(level, majority(replication.copies_in(local)), alive(Some(local)))
        }
        Consistency::EachQuorum => match replication {
            Replication::Datacenters(all) => {
                let mut all = all.iter();
                all.try_for_each(|(name, copies)| assure(level, majority(*copies), alive(Some(name))))
            }
            _ => assure(level, majority(replication.copies()), alive(None)),
        },
        _ => Ok(()),
    }
}

impl<'a> Replication<'a> {
    fn of(keyspace: &'a Keyspace) -> Self {
        let number = |text: &str| text.split('/').next().and_then(|text| text.parse().ok()).unwrap_or(1);
        let mut class = "";
        let mut rest = Vec::new();
        for (name, value) in &keyspace.replication {
            match name.as_str() {
                "class" => class = value.rsplit('.').next().unwrap_or_default(),
                other => rest.push((other, number(value))),
            }
        }
        match class {
            "SimpleStrategy" => Replication::Simple(rest.first().map_or(1, |(_, factor)| *factor)),
            "NetworkTopologyStrategy" => Replication::Datacenters(rest),
            _ => Replication::Everywhere,
        }
    }

    fn copies(&self) -> usize {
        match self {
            Replication::Everywhere => 1,
            Replication::Simple(factor) => *factor,
            Replication::Datacenters(all) => all.iter().map(|(_, factor)| factor).sum(),
        }
    }

    /// Copies that count for a data centre's own levels.
    fn copies_in(&self, datacenter: &str) -> usize {
        match self {
            Replication::Datacenters(all) => {
                all.iter().find(|(name, _)| *name == datacenter).map_or(0, |(_, factor)| *factor)
            }
            _ => self.copies(),
        }
    }
}

/// Tokens in order, each with the node that owns what ends there.
struct Ring<'a> {
    topology: &'a Topology,
    tokens: Vec<(i64, &'a NodeSpec)>,
}

impl<'a> Ring<'a> {
    fn new(topology: &'a Topology) -> Self {
        let members = topology.nodes.iter().filter(|node| node.member);
        let owned = members
            .flat_map(|node| node.tokens.iter().filter_map(move |token| Some((token.parse().ok()?, node))));
        let mut tokens: Vec<(i64, &NodeSpec)> = owned.collect();
        tokens.sort_by_key(|(token, _)| *token);
        Ring { topology, tokens }
    }

    /// The nodes that hold a token, by the rules of the keyspace's strategy.
    fn replicas(&self, replication: &Replication<'_>, token: i64) -> Vec<&'a NodeSpec> {
        match replication {
            Replication::Everywhere => self.topology.nodes.iter().collect(),
            Replication::Simple(factor) => self.walk(token, None).take(*factor).collect(),
            Replication::Datacenters(all) => {
                all.iter().flat_map(|(name, factor)| self.in_datacenter(token, name, *factor)).collect()
            }
        }
    }

    /// The nodes from a token on, each once.
    fn walk(&self, token: i64, datacenter: Option<&str>) -> impl Iterator<Item = &'a NodeSpec> {
        let start = self.tokens.partition_point(|(end, _)| *end < token);
        let (before, from) = self.tokens.split_at(start);
        let mut seen = Vec::new();
        let wanted = datacenter.map(str::to_owned);
        from.iter().chain(before).map(|(_, node)| *node).filter(move |node| {
            let is_new =
                wanted.as_ref().is_none_or(|name| node.datacenter == *name) && !seen.contains(&node.index);
            if is_new {
                seen.push(node.index);
            }
            is_new
        })
    }

    /// One node of each rack first, then those passed over, as NetworkTopologyStrategy does.
    fn in_datacenter(&self, token: i64, datacenter: &str, factor: usize) -> Vec<&'a NodeSpec> {
        let racks = {
            let nodes = self.topology.nodes.iter().filter(|node| node.member);
            let mut racks: Vec<&str> =
                nodes.filter(|node| node.datacenter == datacenter).map(|node| node.rack.as_str()).collect();
            racks.sort_unstable();
            racks.dedup();
            racks.len()
        };
        let (mut chosen, mut passed): (Vec<&NodeSpec>, Vec<&NodeSpec>) = (Vec::new(), Vec::new());
        for node in self.walk(token, Some(datacenter)) {
            if chosen.len() >= factor {
                break;
            }
            let mut seen: Vec<&str> = chosen.iter().map(|other| other.rack.as_str()).collect();
            seen.sort_unstable();
            seen.dedup();
            if seen.len() < racks && seen.contains(&node.rack.as_str()) {
                passed.push(node);
                continue;
            }
            chosen.push(node);
            if seen.len() + 1 == racks {
                let room = factor.saturating_sub(chosen.len()).min(passed.len());
                chosen.extend(passed.drain(..room));
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SimCluster;
    use crate::engine::{Now, View};
    use std::sync::Mutex;

    fn keyspace(replication: &[(&str, &str)]) -> Keyspace {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Keyspace { replication: replication.iter().map(pair).collect(), ..Keyspace::default() }
    }

    fn call(topology: &Mutex<Topology>, consistency: Consistency) -> Call<'_> {
        Call {
            values: &[],
            consistency,
            serial_consistency: None,
            timestamp: None,
            page_size: None,
            paging_state: None,
            now: Now::from_micros(0),
            view: View { topology, node: 0 },
        }
    }

    /// Required and alive, if it is refused.
    fn refused(result: Result<()>) -> Option<(i32, i32)> {
        match result {
            Ok(()) => None,
            Err(error) => match error.details {
                ErrorDetails::Unavailable { required, alive, .. } => Some((required, alive)),
                other => panic!("{other:?}"),
            },
        }
    }

    #[tokio::test]
    async fn levels_are_had_as_long_as_enough_replicas_are_up() {
        let sim = SimCluster::builder().dc("a", 3).dc("b", 2).in_memory().start().await.unwrap();
        let topology = &sim.shared.topology;
        let simple = keyspace(&[("class", "org.x.SimpleStrategy"), ("replication_factor", "3")]);
        let both = keyspace(&[("class", "NetworkTopologyStrategy"), ("a", "3"), ("b", "2")]);
        let asked = |keyspace: &Keyspace, level, access| {
            refused(assure(keyspace, &call(topology, level), access, [0]))
        };
        assert_eq!(asked(&both, Consistency::All, Access::Read), None);
        let too_many = keyspace(&[("class", "SimpleStrategy"), ("replication_factor", "9")]);
        assert_eq!(asked(&too_many, Consistency::Quorum, Access::Read), None);
        let one = keyspace(&[("class", "SimpleStrategy"), ("replication_factor", "1")]);
        assert_eq!(asked(&one, Consistency::Three, Access::Read), Some((3, 1)));
        let elsewhere = keyspace(&[("class", "NetworkTopologyStrategy"), ("b", "2")]);
        assert_eq!(asked(&elsewhere, Consistency::LocalQuorum, Access::Read), Some((1, 0)));
        assert_eq!(asked(&too_many, Consistency::All, Access::Read), Some((9, 5)));

        sim.node(1).stop().await;
        sim.node(2).stop().await;
        assert_eq!(asked(&both, Consistency::LocalQuorum, Access::Write), Some((2, 1)));
        assert_eq!(asked(&both, Consistency::Quorum, Access::Write), None);
        assert_eq!(asked(&both, Consistency::EachQuorum, Access::Write), Some((2, 1)));
        assert_eq!(asked(&both, Consistency::One, Access::Serial), None);
        assert_eq!(asked(&both, Consistency::All, Access::Read), Some((5, 3)));
        assert_eq!(asked(&both, Consistency::Any, Access::Write), None);
        // Tokens end with 3 of 5 nodes: those after it are 3, 4 and 0.
        assert_eq!(refused(assure(&simple, &call(topology, Consistency::All), Access::Read, [1])), None);
        assert!(refused(assure_all(&simple, &call(topology, Consistency::All))).is_some());
        sim.node(3).stop().await;
        sim.node(4).stop().await;
        assert_eq!(asked(&both, Consistency::One, Access::Serial), Some((3, 1)));
    }

    #[tokio::test]
    async fn racks_share_the_copies() {
        let builder = SimCluster::builder().dc("a", 4).in_memory().each_node(|node| {
            let rack = if node.index() < 2 { "r1" } else { "r2" };
            let token = i64::try_from(node.index()).unwrap() * 10;
            node.set_rack(rack).set_tokens([token]);
        });
        let sim = builder.start().await.unwrap();
        let topology = lock(&sim.shared.topology);
        let ring = Ring::new(&topology);
        let replicas = |token, factor| -> Vec<usize> {
            ring.in_datacenter(token, "a", factor).iter().map(|node| node.index).collect()
        };
        assert_eq!(replicas(-5, 2), [0, 2]);
        assert_eq!(replicas(-5, 3), [0, 2, 1]);
        assert_eq!(replicas(5, 2), [1, 2]);
        assert_eq!(replicas(15, 2), [2, 0]);
    }
}
