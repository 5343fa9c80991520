//! Sequences that are written by hand, in files of statements: `-- == name` begins a new one. CQL_CORPUS may name another
//! folder of such files.

use crate::run::Run;
use crate::step::Step;
use cql_tests::environment;
use std::path::{Path, PathBuf};

/// A sequence of the corpus.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

pub(crate) fn read() -> Vec<Written> {
    let folder = environment("CQL_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("differential/corpus"), PathBuf::from);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a file of the corpus");
        for part in text.split("\n-- == ").skip(1) {
            let (title, statements) = part.split_once('\n').unwrap_or((part, ""));
            let mut lines = statements.lines();
            let mut steps: Vec<Step> = Vec::new();
            while let Some(mut step) = Step::read(&mut lines) {
                // Later statements write later, unless they say otherwise.
                if step.timestamp == crate::step::FIRST_TIMESTAMP {
                    step.timestamp += i64::try_from(steps.len()).expect("not so many");
                }
                steps.push(step);
            }
            all.push(Written { name: format!("{stem}: {title}"), steps });
        }
    }
    all
}

impl Run<'_> {
    pub(crate) async fn written(&self, written: &Written) {
        let instance = self.arena.open().await;
        self.report.sequence();
        let mut history = Vec::new();
        println!("{}", written.name);
        self.steps(&instance, &written.steps, (&[], &mut history), None).await;
        self.arena.close(instance).await;
    }
}
