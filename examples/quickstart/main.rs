//! The quickstart: 10,214 airports in Cassandra's tables. Creates a schema, loads them with 256 requests in flight,
//! reads them back by partition, range and page, counts, runs lightweight transactions and a vector search; checks all
//! of it against the file, and prints what it did and how fast.
//!
//! `cargo run --release --example quickstart` runs it on a server within the process,
//! `dev/cluster run -- cargo run --release --example quickstart` on a real Cassandra, and with
//! CQL_CONTACT_POINTS=host:port it does on a cluster of yours. It works in a keyspace `quickstart`, which it drops at the
//! end, unless it is given `--keep`.

mod airport;
mod load;
mod nearest;
mod read;
mod report;
mod transactions;

use airport::Airport;
use cql_driver::Session;
use report::Step;
use std::process::ExitCode;

/// What ends the program: an error of the driver, or a difference from the file.
type Failure = Box<dyn std::error::Error>;

const KEYSPACE: &str = "quickstart";

/// Requests in flight wherever there are many.
const CONCURRENCY: usize = 256;

#[tokio::main]
async fn main() -> ExitCode {
    let keep = match std::env::args().nth(1).as_deref() {
        None => false,
        Some("--keep") => true,
        Some(other) => {
            eprintln!("quickstart: {other} is not known; the one option is --keep, which keeps the keyspace");
            return ExitCode::from(2);
        }
    };
    match run(keep).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nquickstart: {}", report::with_causes(failure.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(keep: bool) -> Result<(), Failure> {
    let airports = airport::read_file()?;
    report::print(format!(
        "{} airports of the world, in Cassandra's tables\n",
        report::grouped(airports.len())
    ));
    let session = connect().await?;
    let outcome = tour(&session, &airports).await;
    if keep {
        report::print(format!("\nThe keyspace {KEYSPACE} is kept."));
    } else {
        let step = Step::begin("clean up");
        session.execute(format!("DROP KEYSPACE IF EXISTS {KEYSPACE}"), ()).await?;
        step.end(format!("keyspace {KEYSPACE} dropped"));
    }
    session.close().await;
    outcome?;
    report::print("\nAll that was read is what the file says.");
    Ok(())
}

async fn connect() -> Result<Session, Failure> {
    let step = Step::begin("connect");
    let cluster = cql_examples::cluster().await.application(KEYSPACE, "1.0").build()?;
    let session = cluster.connect().await.map_err(|error| {
        format!("{error}\nTo start a Cassandra for it: dev/cluster run -- cargo run --release --example quickstart")
    })?;
    let result = session.execute("SELECT release_version FROM system.local", ()).await?;
    let (version,): (&str,) = result.single_row()?;
    let nodes = match session.topology().nodes().len() {
        1 => "1 node".to_owned(),
        nodes => format!("{nodes} nodes"),
    };
    step.end(format!("{nodes}, Cassandra {version}, protocol {}", session.protocol_version()));
    Ok(session)
}

async fn tour(session: &Session, airports: &[Airport]) -> Result<(), Failure> {
    load::create_schema(session).await?;
    load::airports(session, airports).await?;
    read::one_partition(session, airports).await?;
    read::a_range(session, airports).await?;
    read::all_partitions(session, airports).await?;
    read::page_by_page(session, airports).await?;
    load::count_by_type(session, airports).await?;
    read::counters(session, airports).await?;
    transactions::run(session).await?;
    if cql_examples::is_at_least(session, 5) {
        nearest::search(session, airports).await
    } else {
        report::skipped("vector search", "it needs Cassandra 5.0 or later");
        Ok(())
    }
}

/// Fails if what was read is not what it should be.
fn check<T: PartialEq + std::fmt::Debug>(what: &str, read: &T, expected: &T) -> Result<(), Failure> {
    if read == expected {
        return Ok(());
    }
    Err(format!("{what}: read {read:?}, expected {expected:?}").into())
}
