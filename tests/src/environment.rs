//! The cluster that `dev/cluster` names in the environment.

use crate::release::Release;
use cql_driver::{Cluster, ClusterBuilder, ExecutionProfile, TlsConfig};
use std::env;
use std::time::Duration;

/// A variable of `dev/cluster`, if the cluster has what it is about.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The addresses of the nodes, `host:port`.
///
/// # Panics
/// When no cluster is named.
#[must_use]
pub fn contact_points() -> Vec<String> {
    let Some(points) = environment("CQL_CONTACT_POINTS") else {
        panic!(
            "CQL_CONTACT_POINTS is not set: live tests need a cluster, as from \
             `dev/cluster run --nodes 1 -- cargo test -p cql-tests --test live`"
        );
    };
    points.split(',').map(str::to_owned).collect()
}

/// Whether only the short set is wanted.
#[must_use]
pub fn is_short() -> bool {
    environment("CQL_SHORT").is_some()
}

/// A number of rows; a smaller one for the short set, and on several nodes, where as many show no more than on one.
#[must_use]
pub fn scaled(full: usize, short: usize) -> usize {
    if is_short() || nodes() > 1 { short } else { full }
}

/// The release of the cluster's nodes.
pub(crate) fn release() -> Release {
    let text = environment("CQL_CASSANDRA_VERSION").unwrap_or_default();
    let release =
        Release::parse(&text).unwrap_or_else(|| panic!("CQL_CASSANDRA_VERSION is not a release: `{text}`"));
    // As `cql-testkit run` says.
    if environment("CQL_EMBEDDED").is_some() { release.of_engine() } else { release }
}

/// How many nodes the cluster has.
pub(crate) fn nodes() -> usize {
    environment("CQL_NODES").and_then(|nodes| nodes.parse().ok()).unwrap_or(1)
}

/// A builder that knows how to reach the cluster and who we are.
///
/// # Panics
/// When no cluster is named, or its TLS files are not there.
pub fn builder() -> ClusterBuilder {
    // Small servers on a busy machine take their time over a change of the schema.
    let profile = ExecutionProfile::builder().request_timeout(Duration::from_secs(30)).build();
    let mut builder = Cluster::builder()
        .contact_points(contact_points())
        .schema_agreement_timeout(Duration::from_secs(30))
        .default_profile(profile.expect("the settings are good"));
    if let Some(datacenter) = environment("CQL_LOCAL_DC") {
        builder = builder.local_datacenter(datacenter);
    }
    if let (Some(user), Some(password)) = (environment("CQL_USERNAME"), environment("CQL_PASSWORD")) {
        builder = builder.credentials(user, password);
    }
    if let Some(ca) = environment("CQL_CA_FILE") {
        let mut tls = TlsConfig::builder().ca_file(ca);
        if let (Some(certificate), Some(key)) =
            (environment("CQL_CLIENT_CERT"), environment("CQL_CLIENT_KEY"))
        {
            tls = tls.client_certificate(certificate, key);
        }
        builder = builder.tls(tls.build().expect("the cluster's TLS files are good"));
    }
    builder
}
