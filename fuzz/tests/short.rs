//! The targets on their corpus and on mutations of it: short, and on every toolchain. `CQL_FUZZ_ITERATIONS` makes it
//! longer, `CQL_FUZZ_SEED` others.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is tests")]

use cql_fuzz::{TARGETS, Target, corpus, mutate};
use fastrand::Rng;
use std::hash::{DefaultHasher, Hash, Hasher};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs one input; keeps it if it is a finding.
fn run(target: Target, input: &[u8]) {
    let allowed = target.memory_besides + target.memory_per_byte * input.len() as u64;
    let result = std::panic::catch_unwind(|| {
        let allocated = allocation_counter::measure(|| (target.run)(input)).bytes_max;
        assert!(allocated <= allowed, "{allocated} bytes at once for {}", input.len());
    });
    if let Err(panic) = result {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts");
        std::fs::create_dir_all(folder).unwrap();
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        let path = format!("{folder}/{}-{:016x}", target.name, hasher.finish());
        std::fs::write(&path, input).unwrap();
        eprintln!("{} failed on an input that is in {path} now", target.name);
        std::panic::resume_unwind(panic);
    }
}

fn fuzz(name: &str) {
    let target = *TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs = corpus::inputs(name);
    assert!(inputs.len() > 30, "{} inputs", inputs.len());
    inputs.iter().for_each(|input| run(target, input));
    let mut random = Rng::with_seed(number("CQL_FUZZ_SEED").unwrap_or(7));
    for _ in 0..number("CQL_FUZZ_ITERATIONS").unwrap_or(100_000) {
        let (one, other) = (&inputs[random.usize(..inputs.len())], &inputs[random.usize(..inputs.len())]);
        run(target, &mutate::mutate(one, other, &mut random));
    }
}

#[test]
fn frame_stream() {
    fuzz("frame_stream");
}

#[test]
fn segment_stream() {
    fuzz("segment_stream");
}

#[test]
fn response_body() {
    fuzz("response_body");
}

#[test]
fn request_body() {
    fuzz("request_body");
}

#[test]
fn type_names() {
    fuzz("type_names");
}

#[test]
fn value_by_type() {
    fuzz("value_by_type");
}
