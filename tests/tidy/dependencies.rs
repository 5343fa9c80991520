//! What crates depend on, and that all share the workspace's lints. Reads just as much TOML as the manifests use: one
//! key a line.

use crate::repository::{File, Repository, Violation};

/// What each crate may depend on, tests and builds apart. A published crate's row is a promise to its users.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "cql-protocol",
        &[
            "bigdecimal-04",
            "bytes",
            "chrono-04",
            "crc32fast",
            "lz4_flex",
            "num-bigint-04",
            "snap",
            "thiserror",
            "time-03",
            "uuid",
        ],
    ),
    (
        "cql-driver",
        &[
            "arc-swap",
            "bytes",
            "cql-derive",
            "cql-protocol",
            "fastrand",
            "md5",
            "futures",
            "metrics-024",
            "rustls",
            "thiserror",
            "tokio",
            "tokio-rustls",
            "tracing",
            "uuid",
            "zeroize",
        ],
    ),
    ("cql-derive", &["proc-macro2", "quote", "syn"]),
    (
        "cql-mapper",
        &[
            "bytes",
            "cql-derive",
            "cql-driver",
            "cql-testkit",
            "futures",
            "rustc-hash",
            "serde",
            "serde_json",
            "smallvec",
            "thiserror",
            "tracing",
            "uuid",
        ],
    ),
    (
        "cql-testkit",
        &[
            "bytes",
            "cql-protocol",
            "lexopt",
            "num-bigint-04",
            "regex-lite",
            "tokio",
            "tokio-rustls",
            "uuid",
            "winnow",
        ],
    ),
    (
        "examples",
        &["cql-driver", "cql-mapper", "cql-testkit", "csv", "futures", "indicatif", "tokio", "uuid"],
    ),
    (
        "tests",
        &[
            "bytes",
            "cql-driver",
            "cql-mapper",
            "cql-protocol",
            "cql-testkit",
            "fastrand",
            "futures",
            "plotters",
            "serde_json",
            "stats_alloc",
            "tokio",
            "uuid",
        ],
    ),
    (
        "benches",
        &[
            "bytes",
            "cql-driver",
            "cql-mapper",
            "cql-protocol",
            "cql-testkit",
            "futures",
            "nix",
            "stats_alloc",
            "tokio",
            "uuid",
        ],
    ),
    ("fuzz", &["bytes", "cql-protocol", "cql-testkit", "fastrand", "uuid"]),
];

const ROOT: &str = "Cargo.toml";
const ARCHITECTURE: &str = "ARCHITECTURE.md";

pub(crate) fn check_allowed(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (folder, file) in manifests(repository) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == folder) else {
            let problem = format!("nothing is said about what `{folder}` may depend on");
            violations.push(file.violation(1, problem, "add a row to tests/tidy/dependencies.rs"));
            continue;
        };
        for entry in entries(&file.text).into_iter().filter(Entry::is_dependency) {
            if !allowed.contains(&entry.key) {
                let problem = format!("`{folder}` may not depend on `{}`", entry.key);
                violations.push(file.violation(
                    entry.line,
                    problem,
                    "do without, or add it to tests/tidy/dependencies.rs and to ARCHITECTURE.md",
                ));
            }
        }
    }
    violations
}

/// A reason is a comment behind the line, or a row of ARCHITECTURE.md that begins with the name.
pub(crate) fn check_reasons(repository: &Repository) -> Vec<Violation> {
    let Some(file) = repository.file(ROOT) else {
        return Vec::new();
    };
    let architecture = repository.file(ARCHITECTURE).map_or("", |file| &file.text);
    let is_told_of = |name: &str| {
        let row = format!("| `{name}`");
        architecture.lines().any(|line| line.starts_with(&row))
    };
    entries(&file.text)
        .into_iter()
        .filter(|entry| entry.table == "workspace.dependencies" && !entry.value.contains("path ="))
        .filter(|entry| !entry.has_comment && !is_told_of(entry.key))
        .map(|entry| {
            let problem = format!("nothing says what `{}` is for", entry.key);
            file.violation(entry.line, problem, "add a comment behind it, or a row to ARCHITECTURE.md")
        })
        .collect()
}

pub(crate) fn check_lints(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    let has = |file: &File, table: &str, key: &str, value: &str| {
        let is_it = |entry: &Entry<'_>| entry.table == table && entry.key == key && entry.value == value;
        entries(&file.text).iter().any(is_it)
    };
    let root =
        repository.file(ROOT).filter(|file| !has(file, "workspace.lints.rust", "unsafe_code", "\"forbid\""));
    violations.extend(root.map(|file| {
        let problem = "the workspace does not forbid unsafe code".to_owned();
        file.violation(1, problem, "add unsafe_code = \"forbid\" to [workspace.lints.rust]")
    }));
    for (folder, file) in manifests(repository).filter(|(_, file)| !has(file, "lints", "workspace", "true")) {
        let problem =
            format!("`{folder}` does not inherit the lints, so that unsafe code is not forbidden in it");
        violations.push(file.violation(1, problem, "add [lints] with workspace = true"));
    }
    violations
}

/// The manifests of the workspace's members: those in a folder of the root. Nested workspaces go their own way.
fn manifests(repository: &Repository) -> impl Iterator<Item = (&str, &File)> {
    let root = repository.file(ROOT).map_or("", |file| &file.text);
    let members = root.lines().find(|line| line.starts_with("members =")).unwrap_or_default();
    members.split('"').skip(1).step_by(2).filter_map(|folder| {
        let manifest = repository.file(&format!("{folder}/{ROOT}"))?;
        Some((folder, manifest))
    })
}

/// A line `key = value  # comment` in its table.
struct Entry<'a> {
    line: usize,
    table: &'a str,
    key: &'a str,
    value: &'a str,
    has_comment: bool,
}

impl Entry<'_> {
    fn is_dependency(&self) -> bool {
        let of_target = self.table.starts_with("target.") && self.table.ends_with(".dependencies");
        self.table == "dependencies" || of_target
    }
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut table = "";
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if let Some(rest) = text.strip_prefix('[') {
            table = rest.trim_end().trim_matches(|char| matches!(char, '[' | ']'));
        } else if !text.trim_start().starts_with('#')
            && let Some((key, rest)) = text.split_once('=')
        {
            // `name.workspace = true` is the dependency `name`.
            let key = key.trim().strip_suffix(".workspace").unwrap_or(key.trim());
            let (value, comment) = rest.split_once(" #").unwrap_or((rest, ""));
            entries.push(Entry {
                line,
                table,
                key,
                value: value.trim(),
                has_comment: !comment.trim().is_empty(),
            });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "[workspace]\nmembers = [\"cql-protocol\", \"other\"]\n\n[workspace.dependencies]\n\
        own = { path = \"own\", version = \"1\" }\na = \"1\"\nb = \"1\"  # for b\nc = { version = \"1\" }\n";

    fn found(violations: Vec<Violation>) -> Vec<(String, usize)> {
        violations.into_iter().map(|violation| (violation.path, violation.line)).collect()
    }

    #[test]
    fn a_dependency_that_is_not_allowed_is_found() {
        let files = Repository::of(&[
            (ROOT, WORKSPACE),
            (
                "cql-protocol/Cargo.toml",
                "[dependencies]\nbytes.workspace = true\ntokio = { version = \"1\" }\n[dev-dependencies]\nany = \"1\"\n\
                 [target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n",
            ),
            ("other/Cargo.toml", ""),
            ("nested/other/Cargo.toml", "[dependencies]\nany = \"1\"\n"),
        ]);
        let expected =
            [("cql-protocol/Cargo.toml", 3), ("cql-protocol/Cargo.toml", 7), ("other/Cargo.toml", 1)];
        assert_eq!(found(check_allowed(&files)), expected.map(|(path, line)| (path.to_owned(), line)));
    }

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let files = Repository::of(&[(ROOT, WORKSPACE), (ARCHITECTURE, "| `c` | for c |\n")]);
        assert_eq!(found(check_reasons(&files)), [(ROOT.to_owned(), 6)]);
    }

    #[test]
    fn a_crate_without_the_lints_is_found() {
        let inherits = "[lints]\nworkspace = true\n";
        let files = Repository::of(&[
            (ROOT, WORKSPACE),
            ("cql-protocol/Cargo.toml", inherits),
            ("other/Cargo.toml", ""),
        ]);
        assert_eq!(found(check_lints(&files)), [(ROOT.to_owned(), 1), ("other/Cargo.toml".to_owned(), 1)]);
        let forbids = format!("{WORKSPACE}[workspace.lints.rust]\nunsafe_code = \"forbid\"\n");
        let files = Repository::of(&[(ROOT, &forbids), ("cql-protocol/Cargo.toml", inherits)]);
        assert_eq!(found(check_lints(&files)), []);
    }
}
