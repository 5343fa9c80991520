//! Files that can be read in one sitting.

use crate::repository::{Repository, Violation};
use crate::source;

/// Lines of code, without blank lines, comments and tests.
const LIMIT: usize = 600;

/// Files above the limit: path, their own limit, and why.
const EXCEPTIONS: &[(&str, usize, &str)] = &[];

pub(crate) fn check(repository: &Repository) -> Vec<Violation> {
    let mut violations = Vec::new();
    for file in repository.rust_files() {
        let exception = EXCEPTIONS.iter().find(|(path, ..)| *path == file.path);
        let limit = exception.map_or(LIMIT, |(_, limit, _)| *limit);
        let is_code = |line: &&source::Line| !line.in_tests && !line.code.trim().is_empty();
        let lines = source::lines(&file.text).iter().filter(is_code).count();
        if lines > limit {
            let problem = format!("{lines} lines of code, more than {limit}");
            violations.push(file.violation(1, problem, "divide it by what it is about"));
        }
    }
    for (path, ..) in EXCEPTIONS.iter().filter(|(path, ..)| repository.file(path).is_none()) {
        violations.push(Violation {
            path: (*path).to_owned(),
            line: 1,
            problem: "an exception for a file that is not there".to_owned(),
            remedy: "remove it from tests/tidy/size.rs",
        });
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        check(&Repository::of(&[("a.rs", text)])).len()
    }

    #[test]
    fn only_lines_of_code_count() {
        let code = "let a = 1;\n".repeat(LIMIT);
        assert_eq!(count(&code), 0);
        assert_eq!(count(&format!("{code}let b = 2; // more\n")), 1);
        assert_eq!(count(&format!("//! x\n\n{code}   // x\n/* x\nx */\n")), 0);
        assert_eq!(count(&format!("{code}#[cfg(test)]\nmod tests {{\n{code}}}\n")), 0);
    }
}
