//! The driver against a cluster with passwords and TLS: `dev/cluster run --auth --mtls`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod passwords;
mod tls;

use cql_driver::error::{ConnectCause, ErrorKind};
use cql_driver::{Cluster, ClusterBuilder, Error, TlsConfig, TlsConfigBuilder};
use cql_tests::{contact_points, environment};
use std::time::{Duration, Instant};

const BUDGET: Duration = Duration::from_secs(4);

fn variable(name: &str) -> String {
    environment(name).unwrap_or_else(|| panic!("{name} is not set: dev/cluster run --auth --mtls"))
}

fn tls() -> TlsConfig {
    with_certificate(TlsConfig::builder().ca_file(variable("CQL_CA_FILE"))).build().unwrap()
}

/// With the certificate that the nodes ask for.
fn with_certificate(tls: TlsConfigBuilder) -> TlsConfigBuilder {
    tls.client_certificate(variable("CQL_CLIENT_CERT"), variable("CQL_CLIENT_KEY"))
}

/// The cluster, without TLS and credentials.
fn bare() -> ClusterBuilder {
    let points = contact_points();
    Cluster::builder().contact_points(points).connect_timeout(BUDGET)
}

/// The error of a connection that must not be; it comes in time and names the node.
async fn refused(builder: ClusterBuilder) -> Error {
    let began = Instant::now();
    let error = builder.build().unwrap().connect().await.unwrap_err();
    let most = BUDGET * u32::try_from(contact_points().len()).unwrap() + Duration::from_secs(1);
    assert!(began.elapsed() < most, "{:?}: {error}", began.elapsed());
    for point in contact_points() {
        assert!(error.to_string().contains(&point), "`{error}` does not name {point}");
    }
    error
}

fn cause(error: &Error) -> &ConnectCause {
    match error.kind() {
        ErrorKind::Connect(errors) => &errors[0].cause,
        other => panic!("{other:?}"),
    }
}
