//! Which module may use which: the layers of ARCHITECTURE.md, "Direction of imports".

use crate::repository::{File, Repository, Violation};
use crate::source::{self, Line};

/// A crate's top-level modules, from the bottom up. A module may use those of the rows above its own, and nothing of
/// its own row but itself.
struct Layers {
    source: &'static str,
    rows: &'static [&'static [&'static str]],
    /// Uses against the rows: from, to, and why.
    exceptions: &'static [(&'static str, &'static str, &'static str)],
}

const LAYERS: &[Layers] = &[
    Layers {
        source: "cql-protocol/src/",
        rows: &[
            &["version", "words", "murmur3"],
            &["error", "consistency", "event_type"],
            &["wire"],
            &["types", "compression"],
            &["value", "segment"],
            &["frame"],
            &["request", "response"],
            &["handshake"],
        ],
        exceptions: &[],
    },
    Layers {
        source: "cql-derive/src/",
        rows: &[
            &["case", "errors", "visibility"],
            &["attributes"],
            &["input"],
            &["to_cql"],
            &["reading", "bind_row"],
            &["from_row", "from_cql"],
            &["cql_type"],
            &["model"],
        ],
        exceptions: &[],
    },
    Layers {
        source: "cql-driver/src/",
        rows: &[
            &["ids", "sync", "latest", "cql", "time_uuid"],
            &["auth"],
            &["error"],
            &["metrics", "routing", "result"],
            &["topology", "observer"],
            &["policy"],
            &["config"],
            &["connection"],
            &["schema"],
            &["statement", "pool"],
            &["cluster"],
            &["execution"],
            &["session"],
            &["bulk", "from_python"],
        ],
        exceptions: &[],
    },
    Layers {
        source: "cql-mapper/src/",
        rows: &[
            &["value", "limits"],
            &["json"],
            &["error"],
            &["options"],
            &["model"],
            &["query", "role"],
            &["statements", "key_state"],
            &["mapper", "column"],
            &["schema", "danger"],
            &["projection"],
            &["select"],
            &["write", "many", "raw", "mock"],
            &["model_ext"],
        ],
        exceptions: &[],
    },
    Layers {
        source: "benches/src/",
        rows: &[
            &["failure"],
            &["arguments", "statements", "usage"],
            &["null_server", "workload"],
            &["child", "embedded", "models"],
            &["run"],
            &["bin"],
        ],
        exceptions: &[],
    },
    Layers {
        source: "cql-testkit/src/",
        rows: &[
            &["sync", "gate", "random", "release", "cql", "fault", "events"],
            &["memory", "rows", "request"],
            &["network", "reply", "log", "topology"],
            &["prime", "system", "tls"],
            &["engine"],
            &["statements"],
            &["shared"],
            &["connection"],
            &["node"],
            &["cluster"],
            &["bin"],
        ],
        exceptions: &[(
            "shared",
            "connection",
            "a node's state holds its connections, and they the state: they reach each other by id",
        )],
    },
];

pub(crate) fn check(repository: &Repository) -> Vec<Violation> {
    let violations = |layers| repository.rust_files().flat_map(move |file| check_file(layers, file));
    LAYERS.iter().flat_map(violations).collect()
}

fn check_file(layers: &Layers, file: &File) -> Vec<Violation> {
    let Some(path) = file.path.strip_prefix(layers.source).and_then(|path| path.strip_suffix(".rs")) else {
        return Vec::new();
    };
    let path: Vec<&str> = path.split('/').filter(|part| *part != "mod").collect();
    let from = path[0];
    // The root puts the crate together, and tests may look at all of it.
    if matches!(from, "lib" | "main") || source::is_for_tests(&file.path) {
        return Vec::new();
    }
    let row_of = |module: &str| layers.rows.iter().position(|row| row.contains(&module));
    let Some(row) = row_of(from) else {
        let problem = format!("module `{from}` is in no row of the layers");
        return vec![file.violation(1, problem, "add it to tests/tidy/imports.rs and to ARCHITECTURE.md")];
    };
    let mut violations = Vec::new();
    for (line, to) in edges(&file.text, path.len()) {
        if to == from || layers.exceptions.iter().any(|&(user, used, _)| (user, used) == (from, to.as_str()))
        {
            continue;
        }
        match row_of(&to) {
            Some(used) if used < row => {}
            Some(_) => violations.push(file.violation(
                line,
                format!("`{from}` uses `{to}`, which is not in a row above it"),
                "move what both need down, or pass it as an argument",
            )),
            None => violations.push(file.violation(
                line,
                format!("`{from}` uses `crate::{to}`, which is no module of the layers"),
                "name the module that defines it, or add a row to tests/tidy/imports.rs",
            )),
        }
    }
    violations
}

/// The top-level names that code outside of tests reaches by `crate::` or by enough `super::`, with their lines.
/// `depth` is how many modules below the root the file is.
fn edges(text: &str, depth: usize) -> Vec<(usize, String)> {
    let lines: Vec<Line> = source::lines(text).into_iter().filter(|line| !line.in_tests).collect();
    let mut edges = Vec::new();
    let mut inline = InlineModules::default();
    for (at, line) in lines.iter().enumerate() {
        for (end, is_root) in roots(&line.code, depth + inline.open_in(&line.code)) {
            let after = lines[at + 1..].iter().map(|line| line.code.as_str());
            let names = if is_root {
                first_names(std::iter::once(&line.code[end..]).chain(after))
            } else {
                Vec::new()
            };
            edges.extend(names.into_iter().map(|name| (line.number, name)));
        }
    }
    edges
}

/// The modules `mod name { … }` that are open, by how many braces were open before each.
#[derive(Default)]
struct InlineModules {
    open: Vec<usize>,
    braces: usize,
}

impl InlineModules {
    /// Goes on over the next line, and returns how many modules are open in it.
    fn open_in(&mut self, code: &str) -> usize {
        let mut most = self.open.len();
        if code.split_whitespace().any(|word| word == "mod") && code.contains('{') {
            self.open.push(self.braces);
            most += 1;
        }
        for char in code.chars() {
            match char {
                '{' => self.braces += 1,
                '}' => self.braces = self.braces.saturating_sub(1),
                _ => continue,
            }
            if char == '}' && self.open.last() == Some(&self.braces) {
                self.open.pop();
            }
        }
        most
    }
}

/// Where paths start in the line: behind each `crate::` and each chain of `super::`, and whether it is the root.
fn roots(code: &str, depth: usize) -> Vec<(usize, bool)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let follows_name =
            code[..at].ends_with(|last: char| last.is_alphanumeric() || matches!(last, '_' | ':'));
        let ups = rest.len() - rest.trim_start_matches("super::").len();
        if !follows_name && rest.starts_with("crate::") {
            at += "crate::".len();
            found.push((at, true));
        } else if !follows_name && ups > 0 {
            at += ups;
            found.push((at, ups / "super::".len() >= depth));
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

/// The name that comes next, or each first name of a group in braces, which may go on over lines.
fn first_names<'a>(rest: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_of_name = |char: char| char.is_alphanumeric() || char == '_';
    let mut names = Vec::new();
    let mut name = String::new();
    let mut depth = 0_usize;
    let mut first = true;
    for char in rest.flat_map(|line| line.chars().chain(['\n'])) {
        if is_of_name(char) {
            if first {
                name.push(char);
            }
            continue;
        }
        if !name.is_empty() {
            names.push(std::mem::take(&mut name));
            first = false;
        }
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 1 => first = true,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<(usize, String)> {
        let violations = check(&Repository::of(&[(path, text)]));
        violations.into_iter().map(|violation| (violation.line, violation.problem)).collect()
    }

    #[test]
    fn a_use_against_the_rows_is_found() {
        let found = problems("cql-driver/src/routing/token.rs", "//! x\nuse crate::session::Session;\n");
        assert_eq!(found, [(2, "`routing` uses `session`, which is not in a row above it".to_owned())]);
        assert!(problems("cql-driver/src/session/mod.rs", "use crate::routing::Token;").is_empty());
    }

    #[test]
    fn a_use_within_a_row_is_found() {
        assert_eq!(problems("cql-driver/src/topology/node.rs", "use crate::connection::X;").len(), 1);
        assert!(problems("cql-driver/src/topology/node.rs", "use crate::topology::X;").is_empty());
    }

    #[test]
    fn every_way_of_writing_a_path_counts() {
        let path = "cql-driver/src/routing/token.rs";
        for text in [
            "fn a() { crate::pool::b() }",
            "use crate::{error::Error,\n  pool::{self, cluster}};",
            "use super::super::pool;",
            "use {crate::pool, super::token};",
            "macro_rules! a { () => { $crate::pool::b() } }",
            "pub use crate::pool as other;",
        ] {
            let problems = problems(path, text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
        }
        assert!(problems(path, "use super::pool; pub(in crate::routing) fn a() {}").is_empty());
        assert_eq!(problems("cql-driver/src/routing/mod.rs", "use super::pool;").len(), 1);
        assert_eq!(problems("cql-driver/src/ids.rs", "use super::pool;").len(), 1);
    }

    #[test]
    fn modules_within_a_file_are_one_step_further_from_the_root() {
        let path = "cql-driver/src/routing/mod.rs";
        assert!(problems(path, "mod sealed {\n  use super::pool;\n}\n").is_empty());
        assert_eq!(problems(path, "mod sealed {\n  use super::super::pool;\n}\n").len(), 1);
        assert_eq!(problems(path, "mod sealed { fn a() {} }\nuse super::pool;\n")[0].0, 2);
    }

    #[test]
    fn tests_comments_and_texts_may_name_anything() {
        let text = "//! crate::pool\nconst A: &str = \"crate::pool\";\n#[cfg(test)]\nmod tests { use crate::pool; }\n";
        assert!(problems("cql-driver/src/routing/token.rs", text).is_empty());
        assert!(problems("cql-driver/src/lib.rs", "pub use crate::pool::A;").is_empty());
    }

    #[test]
    fn names_of_the_root_and_unknown_modules_are_found() {
        assert_eq!(problems("cql-protocol/src/frame/mod.rs", "use crate::DecodeError;").len(), 1);
        assert_eq!(
            problems("cql-driver/src/helpers.rs", "")[0].1,
            "module `helpers` is in no row of the layers"
        );
    }
}
