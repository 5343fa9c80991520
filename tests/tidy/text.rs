//! What files say: their first line, what is left to do, where they think they are.

use crate::repository::{File, Repository, Violation};
use crate::source;

/// Words for unfinished work. In two parts, so that this file does not hold them.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Folders of one developer's machine. In two parts, too.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/Use", "rs/"), concat!("/ho", "me/")];

/// Files that name such a folder for a reason: path, folder, and why.
const PATH_EXCEPTIONS: &[(&str, &str, &str)] = &[];

pub(crate) fn check_first_lines(repository: &Repository) -> Vec<Violation> {
    let lacks = |file: &&File| !file.text.lines().next().is_some_and(|line| line.starts_with("//! "));
    repository
        .rust_files()
        .filter(lacks)
        .map(|file| {
            let problem = "the first line is no `//!` comment".to_owned();
            file.violation(1, problem, "say in one line what the file is")
        })
        .collect()
}

/// Markdown may speak of such words; in code and scripts they are left-overs.
pub(crate) fn check_unfinished(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in repository.files().iter().filter(|file| !file.path.ends_with(".md")) {
        for (number, comment) in comments(file) {
            let found = UNFINISHED.iter().filter(|word| has_word(&comment, word));
            for word in found.filter(|_| !names_an_issue(&comment)) {
                let problem = format!("{word} without an issue");
                violations.push(file.violation(
                    number,
                    problem,
                    "do it, or write the issue's number as (#123)",
                ));
            }
        }
    }
    violations
}

pub(crate) fn check_machine_paths(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in repository.files() {
        for (line, number) in file.text.lines().zip(1..) {
            let is_excepted = |folder: &str| {
                PATH_EXCEPTIONS.iter().any(|(path, excepted, _)| *path == file.path && *excepted == folder)
            };
            let found =
                MACHINE_PATHS.iter().filter(|folder| has_absolute(line, folder) && !is_excepted(folder));
            for folder in found {
                let problem = format!("names {folder}, a folder of one machine");
                violations.push(file.violation(number, problem, "use a path from the repository's root"));
            }
        }
    }
    violations
}

/// The comments with their lines. What is not Rust is taken whole: its comments begin in too many ways.
fn comments(file: &File) -> Vec<(usize, String)> {
    if file.path.ends_with(".rs") {
        source::lines(&file.text).into_iter().map(|line| (line.number, line.comment)).collect()
    } else {
        (1..).zip(file.text.lines().map(str::to_owned)).collect()
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').any(|found| found == word)
}

fn names_an_issue(text: &str) -> bool {
    text.split("(#").skip(1).any(|rest| {
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        digits > 0 && rest[digits..].starts_with(')')
    })
}

/// Whether the folder stands there as the start of a path, not inside one.
fn has_absolute(line: &str, folder: &str) -> bool {
    let is_inside =
        |before: char| before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '/' | '}' | ')' | '~');
    line.match_indices(folder).any(|(at, _)| !line[..at].ends_with(is_inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_first_line_is_found() {
        let files =
            Repository::of(&[("a.rs", "//! A.\n"), ("b.rs", "use a;\n"), ("c.rs", ""), ("d.md", "# D\n")]);
        let found: Vec<String> = check_first_lines(&files).into_iter().map(|found| found.path).collect();
        assert_eq!(found, ["b.rs", "c.rs"]);
    }

    #[test]
    fn unfinished_work_without_an_issue_is_found_in_comments() {
        for word in UNFINISHED {
            let line = |text: &str| text.replace("WORD", word);
            let rust = line(
                "//! a\nlet a = \"WORD\"; // b\n/// WORD: c\n// WORD (#12): d\n// WORD(#) e\nlet WORDS = 1;\n",
            );
            let script = line("a\n# WORD b\n");
            let files = Repository::of(&[("a.rs", &rust), ("b.sh", &script), ("c.md", &script)]);
            let found: Vec<_> =
                check_unfinished(&files).into_iter().map(|found| (found.path, found.line)).collect();
            assert_eq!(found, [("a.rs".to_owned(), 3), ("a.rs".to_owned(), 5), ("b.sh".to_owned(), 2)]);
        }
    }

    #[test]
    fn folders_of_one_machine_are_found_where_a_path_starts() {
        for folder in MACHINE_PATHS {
            let text =
                ["a FOLDERb", "`FOLDER`", "x/FOLDERb", "https://a.bFOLDERc", "${HOME}FOLDERx"].join("\n");
            let text = text.replace("FOLDER", folder);
            let found: Vec<_> = check_machine_paths(&Repository::of(&[("a", &text)]))
                .into_iter()
                .map(|found| found.line)
                .collect();
            assert_eq!(found, [1, 2], "{folder}");
        }
    }
}
