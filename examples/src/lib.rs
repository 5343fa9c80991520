//! What the examples share: where the cluster is.

use cql_driver::{Cluster, ClusterBuilder};

/// A cluster as `dev/cluster run` describes it in the environment, or one node on this machine.
#[must_use]
pub fn cluster() -> ClusterBuilder {
    let points = std::env::var("CQL_CONTACT_POINTS").unwrap_or_else(|_| "127.0.0.1:9042".into());
    Cluster::builder().contact_points(points.split(',').map(str::to_owned))
}
