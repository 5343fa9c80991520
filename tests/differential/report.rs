//! What was found, each kind of difference once.

use crate::answer::{Outcome, without_same_rows};
use crate::arena::Compared;
use crate::compare::{Kind, general, signature};
use crate::step::Step;
use cql_tests::environment;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Sequences that are shown of one signature.
const SHOWN: usize = 1;

#[derive(Debug, Default)]
pub(crate) struct Report(Mutex<Found>);

#[derive(Debug, Default)]
struct Found {
    sequences: usize,
    statements: usize,
    /// Those that the server refused, by its words.
    refused: BTreeMap<String, usize>,
    /// Sequences that were given up, as a server was too busy.
    given_up: usize,
    differences: BTreeMap<(Kind, String), Entry>,
}

#[derive(Debug, Default)]
struct Entry {
    count: usize,
    /// Being shortened, or shown.
    taken: usize,
    shown: Vec<String>,
}

/// Whether differences are to be shown as they are found, and what the server refused.
fn is_verbose() -> bool {
    environment("CQL_VERBOSE").is_some()
}

impl Report {
    fn found(&self) -> MutexGuard<'_, Found> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sequence(&self) {
        self.found().sequences += 1;
    }

    pub(crate) fn give_up(&self) {
        self.found().given_up += 1;
    }

    pub(crate) fn statement(&self, compared: &Compared) {
        let mut found = self.found();
        found.statements += 1;
        if matches!(compared.reference.outcome, Outcome::Error(_)) {
            *found.refused.entry(general(&compared.reference.outcome)).or_default() += 1;
        }
    }

    /// Counts a difference; whether it is one to be shown, for which [`Report::show`] is to be called.
    pub(crate) fn count(&self, kind: Kind, step: &Step, compared: &Compared) -> Option<String> {
        let text = step.statements.first().map_or("", |bound| &bound.text);
        let signature = signature(kind, text, &compared.reference, &compared.other);
        let mut found = self.found();
        let entry = found.differences.entry((kind, signature.clone())).or_default();
        entry.count += 1;
        entry.taken += 1;
        (entry.taken <= SHOWN || is_verbose()).then_some(signature)
    }

    pub(crate) fn show(
        &self,
        kind: Kind,
        signature: String,
        steps: &[Step],
        compared: &Compared,
        origin: &str,
    ) {
        let mut text = format!("-- {origin}\n");
        for step in steps {
            let _ = writeln!(text, "{step}");
        }
        let (reference, other) = without_same_rows(&compared.reference, &compared.other);
        let _ = writeln!(text, "    server: {reference}\n    engine: {other}");
        if is_verbose() {
            println!("==== {kind:?} {signature}\n{text}");
        }
        self.found().differences.entry((kind, signature)).or_default().shown.push(text);
    }

    /// How many differences there are of those that matter.
    pub(crate) fn failures(&self) -> usize {
        let of_weight = |kind: &Kind| !matches!(kind, Kind::Message | Kind::Unsupported);
        self.found()
            .differences
            .iter()
            .filter(|((kind, _), _)| of_weight(kind))
            .map(|(_, entry)| entry.count)
            .sum()
    }

    pub(crate) fn text(&self) -> String {
        let found = self.found();
        let mut text = String::new();
        let mut rows: Vec<_> = found.differences.iter().collect();
        rows.sort_by_key(|((kind, _), entry)| (*kind, entry.count));
        for ((kind, signature), entry) in rows {
            let _ = writeln!(text, "\n==== {kind:?}, {} times: {signature}", entry.count);
            for shown in &entry.shown {
                let _ = writeln!(text, "{shown}");
            }
        }
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        for ((kind, _), entry) in &found.differences {
            *kinds.entry(*kind).or_default() += entry.count;
        }
        let refused: usize = found.refused.values().sum();
        let share = 100 - 100 * refused / found.statements.max(1);
        if is_verbose() {
            let mut refused: Vec<_> = found.refused.iter().map(|(said, count)| (count, said)).collect();
            refused.sort();
            for (count, said) in refused {
                let _ = writeln!(text, "refused {count}: {said}");
            }
        }
        let _ = writeln!(
            text,
            "{} sequences, {} statements, {share} % of them executed by the server, {} sequences given up; \
             differences: {kinds:?}",
            found.sequences, found.statements, found.given_up
        );
        text
    }
}
