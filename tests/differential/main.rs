//! The embedded engine against a real server: the same statements, and every answer compared.
//!
//! `dev/differential` runs it for as long as one likes. CQL_CONTACT_POINTS is the real server. CQL_SEED, CQL_ROUNDS
//! (sequences) and CQL_SECONDS say what is run, CQL_WORLD runs one world of a report again, CQL_CORPUS is another corpus,
//! CQL_VERBOSE shows every difference.
//! CQL_OTHER is a server in the place of the engine, for instance the same one: then what differs is not decided by the
//! statements, and no fault of the engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "all of it is test code")]

mod accepted;
mod answer;
mod arena;
mod compare;
mod corpus;
mod generate;
mod report;
mod run;
mod shrink;
mod side;
mod step;

use arena::Arena;
use cql_tests::environment;
use report::Report;
use run::Run;
use std::time::{Duration, Instant};

const SEQUENCES: usize = 300;

fn number<T: std::str::FromStr>(name: &str) -> Option<T> {
    environment(name).map(|text| text.parse().ok().unwrap_or_else(|| panic!("{name} is no number: {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sequences_written_by_hand_give_the_same() {
    let arena = Arena::new("w").await;
    let report = Report::default();
    let run = Run { arena: &arena, report: &report, until: None };
    for written in corpus::read() {
        run.written(&written).await;
    }
    println!("{}", report.text());
    assert_eq!(report.failures(), 0, "differences");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_sequences_give_the_same() {
    let arena = Arena::new("g").await;
    let report = Report::default();
    let until = number("CQL_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let run = Run { arena: &arena, report: &report, until };
    let seed = number("CQL_SEED").unwrap_or(1);
    let sequences = number("CQL_ROUNDS").unwrap_or(if until.is_some() { 1_000_000 } else { SEQUENCES });
    match number("CQL_WORLD") {
        Some(world) => run.world(world).await,
        None => run.worlds(seed, sequences).await,
    }
    println!("CQL_SEED={seed}\n{}", report.text());
    assert_eq!(report.failures(), 0, "differences (CQL_SEED={seed})");
}
