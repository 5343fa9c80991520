//! Differences that are known and accepted, each with its reason.

use crate::answer::Answer;
use crate::step::Step;

const LIST: &str = include_str!("accepted.txt");

/// A row of the list: patterns, where `*` stands for anything.
#[derive(Debug)]
struct Accepted {
    statement: &'static str,
    reference: &'static str,
    other: &'static str,
    /// Statements that must have been before, each of them.
    after: Vec<&'static str>,
}

#[derive(Debug)]
pub(crate) struct AcceptedList(Vec<Accepted>);

impl AcceptedList {
    pub(crate) fn read() -> Self {
        let rows = LIST.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let rows = rows.map(|line| {
            let mut parts = line.split(" | ").map(str::trim);
            let mut part = || parts.next().unwrap_or_else(|| panic!("accepted.txt: `{line}` lacks a part"));
            let (statement, reference, other) = (part(), part(), part());
            let after = parts.map(|part| {
                part.strip_prefix("after ").unwrap_or_else(|| panic!("accepted.txt: `{part}` is no `after`"))
            });
            Accepted { statement, reference, other, after: after.collect() }
        });
        AcceptedList(rows.collect())
    }

    /// `before` is what was executed on the same tables.
    pub(crate) fn has(&self, step: &Step, before: &[&[Step]], reference: &Answer, other: &Answer) -> bool {
        let (reference, other) = (reference.to_string(), other.to_string());
        let has = |step: &Step, pattern: &str| step.statements.iter().any(|of| matches(pattern, &of.text));
        let was = |pattern: &str| before.iter().copied().flatten().any(|step| has(step, pattern));
        self.0.iter().any(|accepted| {
            has(step, accepted.statement)
                && matches(accepted.reference, &reference)
                && matches(accepted.other, &other)
                && accepted.after.iter().all(|pattern| was(pattern))
        })
    }
}

/// Whether the whole text is the pattern, `*` being anything.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn patterns_match_whole_texts() {
    for (pattern, text, expected) in [
        ("*", "anything", true),
        ("void", "void", true),
        ("void", "voids", false),
        ("error * of *", "error 0x2200 Type of v0", true),
        ("error * of *", "error 0x2200 Type", false),
        ("a*b", "ab", true),
        ("ab*b", "ab", false),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
    }
}
