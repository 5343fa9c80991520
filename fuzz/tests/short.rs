//! The targets on their corpus and on mutations of it: short, and on every toolchain. `CQL_FUZZ_ITERATIONS` makes it
//! longer, `CQL_FUZZ_SEED` others.
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of it is tests")]

use cql_fuzz::{TARGETS, Target, corpus, mutate};
use fastrand::Rng;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What one input may take: far more than any does on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// What is run now, and since when.
#[derive(Default, Clone)]
struct Watched(Arc<Mutex<Option<Running>>>);

type Running = (Instant, Vec<u8>);

impl Watched {
    fn set(&self, input: Option<&[u8]>) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *running = input.map(|input| (Instant::now(), input.to_vec()));
    }

    /// Ends the process, since nothing else ends what hangs. Until `running` is all there is.
    fn watch(&self, target: Target) {
        let running = Arc::downgrade(&self.0);
        std::thread::spawn(move || {
            while let Some(running) = running.upgrade() {
                if let Some((since, input)) = &*running.lock().unwrap_or_else(PoisonError::into_inner)
                    && since.elapsed() > LONGEST
                {
                    keep(target, input);
                    eprintln!("it takes more than {LONGEST:?}");
                    std::process::abort();
                }
                drop(running);
                std::thread::sleep(Duration::from_millis(200));
            }
        });
    }
}

/// Keeps a finding.
fn keep(target: Target, input: &[u8]) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts");
    std::fs::create_dir_all(folder).unwrap();
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let path = format!("{folder}/{}-{:016x}", target.name, hasher.finish());
    std::fs::write(&path, input).unwrap();
    eprintln!("{} failed on an input that is in {path} now", target.name);
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs one input; keeps it if it is a finding.
fn run(target: Target, input: &[u8], watched: &Watched) {
    let allowed = target.memory_besides + target.memory_per_byte * input.len() as u64;
    watched.set(Some(input));
    let result = std::panic::catch_unwind(|| {
        let allocated = allocation_counter::measure(|| (target.run)(input)).bytes_max;
        assert!(allocated <= allowed, "{allocated} bytes at once for {}", input.len());
    });
    watched.set(None);
    if let Err(panic) = result {
        keep(target, input);
        std::panic::resume_unwind(panic);
    }
}

fn fuzz(name: &str) {
    let target = *TARGETS.iter().find(|target| target.name == name).unwrap();
    let inputs = corpus::inputs(name);
    assert!(inputs.len() > 30, "{} inputs", inputs.len());
    let watched = Watched::default();
    watched.watch(target);
    inputs.iter().for_each(|input| run(target, input, &watched));
    let mut random = Rng::with_seed(number("CQL_FUZZ_SEED").unwrap_or(7));
    for _ in 0..number("CQL_FUZZ_ITERATIONS").unwrap_or(target.iterations) {
        let (one, other) = (&inputs[random.usize(..inputs.len())], &inputs[random.usize(..inputs.len())]);
        let mutate = if target.is_text && random.u8(..4) > 0 { mutate::mutate_text } else { mutate::mutate };
        run(target, &mutate(one, other, &mut random), &watched);
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
fn statements() {
    fuzz("statements");
}

#[test]
fn type_names() {
    fuzz("type_names");
}

#[test]
fn value_by_type() {
    fuzz("value_by_type");
}
