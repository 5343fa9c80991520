//! Load and faults for as long as one likes, and what is held meanwhile: memory, tasks, sockets; and what failed.
//!
//! `dev/soak` runs it. Now and then everything is mended and at rest for a moment: what is held then must always be the
//! same, whatever happened before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failure ends the program, as it would a test"
)]

mod cassandra;
mod load;
mod plot;
mod samples;
mod simulated;

use load::Load;
use samples::Recorder;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::env;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const USAGE: &str = "soak simulated SECONDS FOLDER RECONNECTIONS | soak cassandra SECONDS FOLDER";

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let seconds = |text: &str| Duration::from_secs(text.parse().expect(USAGE));
    match words[..] {
        ["simulated", time, folder, count] => {
            let lasts = seconds(time);
            let reconnections = count.parse().expect(USAGE);
            runtime().block_on(simulated::soak(lasts, reconnections, Path::new(folder)));
        }
        ["cassandra", time, folder] => {
            let lasts = seconds(time);
            cql_tests::live(async |db| cassandra::soak(db, lasts, Path::new(folder)).await);
        }
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Starts to take samples: some hundreds of them, whatever the time.
fn record(name: &'static str, folder: &Path, lasts: Duration, load: &Arc<Load>) -> Recorder {
    let interval = (lasts / 600).clamp(Duration::from_millis(100), Duration::from_secs(10));
    Recorder::start(name, folder, interval, Arc::clone(load))
}
