//! Profiles and policies: what to do when nodes are slow, fail or are far away.

use cql_driver::policy::{ConstantSpeculation, DowngradingRetry, NeverRetry, RemoteDatacenters, Throttle};
use cql_driver::{Consistency, Error, ExecutionProfile, Statement};
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Error> {
    // For requests that somebody waits for: a second node is asked when the first takes longer than 30 ms.
    let interactive = ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .request_timeout(Duration::from_secs(2))
        .speculation(ConstantSpeculation::new(Duration::from_millis(30), 2))
        .build()?;
    // For reports: old data is better than none, and there is time.
    let reports = interactive
        .to_builder()
        .request_timeout(Duration::from_secs(60))
        .retry(DowngradingRetry)
        .page_size(1000)
        .build()?;

    let session = cql_examples::cluster()
        .await
        .default_profile(interactive)
        .profile("reports", reports)
        // Two nodes of each other data center, for when no local node is left, and never for LOCAL_ levels.
        .remote_datacenters(RemoteDatacenters::up_to(2))
        // At most 1000 calls at a time; 10,000 more may wait, and the rest is told so at once.
        .throttle(Throttle::concurrency(1000, 10_000))
        .build()?
        .connect()
        .await?;

    // Speculation is for idempotent statements alone.
    let read = Statement::new("SELECT release_version FROM system.local").with_idempotent(true);
    let result = session.execute(&read, ()).await?;
    println!("{} answered; {} executions were begun", result.coordinator(), result.executions());

    let report = session.execute(read.clone().with_profile("reports"), ()).await?;
    match report.downgraded_to() {
        Some(level) => println!("read at {level} only"),
        None => println!("read at the level asked for"),
    }

    // A profile can be replaced at any time; what a statement says itself comes before its profile.
    let strict = session.default_profile().to_builder().retry(NeverRetry).build()?;
    session.set_default_profile(strict);
    session.execute(read.clone().with_consistency(Consistency::One), ()).await?;

    // Wherever it is, one node can be asked.
    for node in session.topology().nodes() {
        let local = session.execute(read.clone().with_node(node.host_id()), ()).await?;
        let (version,) = local.single_row::<(String,)>()?;
        println!("{} in {} runs {version}", node.address(), node.datacenter());
    }
    session.close().await;
    Ok(())
}
