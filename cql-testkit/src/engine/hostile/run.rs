//! Runs texts and values, and ends when one of them takes too long.

use super::{listed, texts};
use crate::engine::testing::Bench;
use crate::engine::{Call, Prepared, check_syntax};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::response::{CqlResult, Response, ServerError};
use cql_protocol::types::ColumnType;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What one text may take: far more than any does on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// What is told of.
const SLOW: Duration = Duration::from_secs(1);

/// Bytes that one text may take, beside what tests beside it take.
const MOST_GROWN: usize = 1 << 30;

/// A number that the environment says.
pub(super) fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// How a text ended.
struct Ended {
    well: bool,
    took: Duration,
    /// The bytes that the process had more meanwhile than before.
    grown: usize,
}

/// Does something for each, on a thread of its own, since nothing else ends what hangs. All that fail are told.
pub(super) fn for_each(texts: Vec<String>, mut run: impl FnMut(&str) + Send + 'static) {
    let (told, ended) = mpsc::channel();
    let name = |text: &String| text.chars().take(160).collect::<String>();
    let names: Vec<String> = texts.iter().map(name).collect();
    let thread = std::thread::spawn(move || {
        for text in texts {
            let (since, before) = (Instant::now(), memory_now());
            let well = catch_unwind(AssertUnwindSafe(|| run(&text))).is_ok();
            let grown = most_memory().saturating_sub(before);
            if told.send(Ended { well, took: since.elapsed(), grown }).is_err() {
                return;
            }
        }
    });
    let mut failed = Vec::new();
    let (mut slowest, mut largest) = ((Duration::ZERO, ""), (0, ""));
    for name in &names {
        let Ok(Ended { well, took, grown }) = ended.recv_timeout(LONGEST) else {
            panic!("it takes more than {LONGEST:?}: {name}");
        };
        if !well || grown > MOST_GROWN {
            failed.push((name, grown));
        }
        if took > SLOW {
            println!("{took:?}: {name}");
        }
        slowest = slowest.max((took, name));
        largest = largest.max((grown, name));
    }
    thread.join().unwrap();
    println!("{} of them; the slowest took {:?}: {}", names.len(), slowest.0, slowest.1);
    println!("the largest took {} MiB: {}", largest.0 >> 20, largest.1);
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A line of what Linux tells of this process, in bytes; 0 elsewhere.
fn status(line: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let size = status.lines().find_map(|found| found.strip_prefix(line)?.trim().strip_suffix(" kB"));
    size.and_then(|size| size.parse::<usize>().ok()).map_or(0, |size| size << 10)
}

/// The memory of the process, from which on the most is looked for.
fn memory_now() -> usize {
    // Has Linux forget the most so far.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    status("VmRSS:")
}

/// The most memory since then.
fn most_memory() -> usize {
    status("VmHWM:")
}

/// With the tables of [`texts`].
pub(super) fn bench() -> Bench {
    let bench = Bench::new();
    texts::TABLES.iter().for_each(|text| bench.ok(text));
    bench
}

/// A value that is one of most types, by its length.
fn sample(of: &ColumnType) -> Bound {
    let bytes: &[u8] = match of {
        ColumnType::Int => &[0, 0, 0, 1],
        ColumnType::List(_) | ColumnType::Set(_) | ColumnType::Map(_) => &[0, 0, 0, 0],
        ColumnType::Text | ColumnType::Ascii => b"x",
        _ => &[0, 0, 0, 0, 0, 0, 0, 1],
    };
    Bound::Value(Bytes::from_static(bytes))
}

/// Executes it as a node would, and encodes what comes of it.
pub(super) fn execute(bench: &Bench, prepared: &Prepared, call: &Call<'_>) -> Result<(), ServerError> {
    let result = bench.engine.execute(prepared, call)?.result;
    let state = match &result {
        CqlResult::Rows(rows) => rows.metadata.paging_state.clone(),
        _ => None,
    };
    // What cannot be encoded is refused by nodes.
    let _ = Response::Result(result).encode(ProtocolVersion::V5, &mut Vec::new());
    if state.is_some() && call.paging_state.is_none() {
        execute(bench, prepared, &Call { paging_state: state, ..call.clone() })?;
    }
    Ok(())
}

/// Runs texts on tables that are made anew when a text may have left others, or much in them.
fn run() -> impl FnMut(&str) + Send + 'static {
    let mut kept = None;
    move |text| {
        let bench = kept.take().unwrap_or_else(bench);
        run_on(&bench, text);
        let is_of_rows = ["SELECT", "INSERT", "UPDATE", "DELETE"].iter().any(|word| text.starts_with(word));
        if is_of_rows && text.len() < 2000 {
            kept = Some(bench);
        }
    }
}

/// An answer or an error, whatever is bound and however pages are asked for.
fn run_on(bench: &Bench, text: &str) {
    let counted = check_syntax(text);
    let prepared = match bench.engine.prepare(text, Some("ks")) {
        Ok(prepared) => prepared,
        Err(error) => return assert!(!error.message.is_empty()),
    };
    assert_eq!(counted, Ok(prepared.markers.len()));
    let samples = || prepared.markers.iter().map(|marker| sample(marker.column_type())).collect::<Vec<_>>();
    let kinds = if prepared.markers.is_empty() { 1 } else { 3 };
    for values in
        [samples(), vec![Bound::Null; prepared.markers.len()], vec![Bound::Unset; prepared.markers.len()]]
            .iter()
            .take(kinds)
    {
        let call = bench.call(values);
        let _ = execute(bench, &prepared, &call);
        let _ = execute(bench, &prepared, &Call { page_size: Some(1), ..call.clone() });
        let paging_state = Some(Bytes::copy_from_slice(text.as_bytes()));
        let _ = execute(bench, &prepared, &Call { page_size: Some(1), paging_state, ..call });
    }
    if !text.starts_with("SELECT") {
        read(bench);
    }
}

/// Reads all there is, in both forms.
pub(super) fn read(bench: &Bench) {
    for select in
        ["SELECT * FROM types", "SELECT JSON * FROM types", "SELECT * FROM parts", "SELECT JSON * FROM parts"]
    {
        if let Ok(prepared) = bench.engine.prepare(select, Some("ks")) {
            let _ = execute(bench, &prepared, &bench.call(&[]));
        }
    }
}

#[test]
fn texts_at_borders_are_answered() {
    for_each(texts::extremes(), run());
}

#[test]
fn repeated_texts_are_answered() {
    let most = number("CQL_HOSTILE_SIZE").unwrap_or(50);
    let length = number("CQL_HOSTILE_LENGTH").unwrap_or(1000);
    for size in [10, 1000, 10_000].into_iter().filter(|size| *size < most).chain([most]) {
        for_each(texts::all(size, (length * size / most).max(10)), run());
    }
}

#[test]
fn long_values_that_are_named_often_are_answered() {
    let size = number("CQL_HOSTILE_SIZE").unwrap_or(50);
    let long = "x".repeat(number("CQL_HOSTILE_LENGTH").unwrap_or(1000));
    let numbers = listed(size, |at| at.to_string());
    let names = listed(size, |at| format!("'{at}'"));
    let pairs = listed(size, |at| format!("'{at}': {at}"));
    let run = move |text: &str| {
        let bench = Bench::new();
        bench.ok("CREATE TABLE long (p int PRIMARY KEY, t text, l list<int>, s set<text>, m map<text, int>)");
        bench.ok(&format!("INSERT INTO long (p, t, l) VALUES (1, '{long}', [{numbers}])"));
        bench.ok(&format!("INSERT INTO long (p, s, m) VALUES (1, {{{names}}}, {{{pairs}}})"));
        run_on(&bench, text);
    };
    for_each(texts::amplified(size), run);
}
