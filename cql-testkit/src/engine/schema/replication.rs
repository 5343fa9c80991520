//! How often keyspaces are replicated, and where.

use crate::engine::View;
use crate::engine::problem::{self, Result};
use crate::sync::lock;
use cql_protocol::response::ServerError;
use std::collections::BTreeMap;

const PACKAGE: &str = "org.apache.cassandra.locator.";

type Pairs = Vec<(String, String)>;

/// How many nodes there are in each data centre. Without any, all names of data centres will do.
pub(super) struct Datacenters(BTreeMap<String, usize>);

impl Datacenters {
    pub(super) fn of(view: View<'_>) -> Self {
        let topology = lock(view.topology);
        let mut nodes = BTreeMap::new();
        for node in topology.nodes.iter().filter(|node| node.member) {
            *nodes.entry(node.datacenter.clone()).or_default() += 1;
        }
        Datacenters(nodes)
    }
}

/// What is to be said of factors that are greater than there are nodes.
pub(super) fn warnings(
    keyspace: &str,
    replication: &[(String, String)],
    datacenters: &Datacenters,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for (name, factor) in replication.iter().filter(|(name, _)| name != "class") {
        let (nodes, of) = match datacenters.0.get(name) {
            Some(nodes) => (*nodes, format!(" for datacenter {name}")),
            None => (datacenters.0.values().sum(), String::new()),
        };
        if nodes > 0 && factor.parse().is_ok_and(|factor: usize| factor > nodes) {
            warnings.push(format!(
                "Your replication factor {factor} for keyspace {keyspace} is higher than the number of nodes {nodes}{of}"
            ));
        }
    }
    warnings
}

/// How many copies there are of everything.
pub(super) fn copies(replication: &[(String, String)]) -> u64 {
    let factors = replication.iter().filter(|(name, _)| name != "class");
    factors.filter_map(|(_, factor)| factor.parse::<u32>().ok()).map(u64::from).sum()
}

/// The replication as the server keeps it: the class with its package, then factors.
pub(super) fn check(
    keyspace: &str,
    mut options: Pairs,
    previous: &[(String, String)],
    datacenters: &Datacenters,
) -> Result<Pairs> {
    let Some(at) = options.iter().position(|(name, _)| name == "class") else {
        return Err(problem::configuration("Missing replication strategy class"));
    };
    let (key, class) = options.remove(at);
    let class = if class.contains('.') { class } else { format!("{PACKAGE}{class}") };
    let factors = match class.strip_prefix(PACKAGE) {
        Some("SimpleStrategy") => simple(keyspace, options)?,
        Some("NetworkTopologyStrategy") => by_datacenter(keyspace, options, previous, datacenters)?,
        Some("LocalStrategy") => {
            let message = "Unable to use given strategy class: LocalStrategy is reserved for internal use.";
            return Err(problem::invalid(message));
        }
        _ => {
            return Err(problem::configuration(format!(
                "Unable to find replication strategy class '{class}'"
            )));
        }
    };
    Ok([(key, class)].into_iter().chain(factors).collect())
}

fn simple(keyspace: &str, mut options: Pairs) -> Result<Pairs> {
    if let Some((name, _)) = options.iter().find(|(name, _)| name != "replication_factor") {
        return Err(unrecognized(name, "SimpleStrategy", keyspace));
    }
    if options.is_empty() {
        options.push(("replication_factor".to_owned(), "1".to_owned()));
    }
    for (_, factor) in &options {
        check_factor(factor)?;
    }
    Ok(options)
}

/// A factor without the name of a datacenter is for all of them that have none.
fn by_datacenter(
    keyspace: &str,
    mut options: Pairs,
    previous: &[(String, String)],
    datacenters: &Datacenters,
) -> Result<Pairs> {
    let names = || datacenters.0.keys();
    let default = match options.iter().position(|(name, _)| name == "replication_factor") {
        Some(at) => Some(options.remove(at).1),
        None => options.is_empty().then(|| "1".to_owned()),
    };
    if let Some(factor) = default {
        for datacenter in names() {
            if options.iter().any(|(name, _)| name == datacenter) {
                continue;
            }
            // Where there were copies before, there are as many as before.
            let before = previous.iter().find(|(name, _)| name == datacenter).map(|(_, factor)| factor);
            options.push((datacenter.clone(), before.unwrap_or(&factor).clone()));
        }
        if datacenters.0.is_empty() && options.is_empty() {
            options.push(("dc1".to_owned(), factor));
        }
    }
    let is_known = |name: &String| datacenters.0.is_empty() || datacenters.0.contains_key(name);
    if let Some((name, _)) = options.iter().find(|(name, _)| !is_known(name)) {
        return Err(unrecognized(name, "NetworkTopologyStrategy", keyspace));
    }
    let mut kept = Vec::with_capacity(options.len());
    for (name, factor) in options {
        if check_factor(&factor)? > 0 {
            kept.push((name, factor));
        }
    }
    if kept.is_empty() {
        return Err(problem::configuration("Configuration for at least one datacenter must be present"));
    }
    kept.sort();
    Ok(kept)
}

fn unrecognized(option: &str, class: &str, keyspace: &str) -> ServerError {
    problem::configuration(format!(
        "Unrecognized strategy option {{{option}}} passed to {class} for keyspace {keyspace}"
    ))
}

fn check_factor(text: &str) -> Result<i32> {
    if text.contains('/') {
        return Err(problem::configuration("Transient replication is not enabled on this node"));
    }
    match text.parse::<i32>() {
        Ok(factor) if factor < 0 => {
            let message = format!("Replication factor must be non-negative, found {factor}");
            Err(problem::configuration(message))
        }
        Ok(factor) => Ok(factor),
        Err(_) => Err(problem::configuration(format!("For input string: \"{text}\""))),
    }
}
