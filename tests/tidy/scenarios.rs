//! The table of scenarios names tests that are there.

use crate::repository::{Repository, Violation};

const TABLE: &str = "tests/SCENARIOS.md";

/// Each row names a test as `path.rs::function`, or says after a dash why there is none.
pub(crate) fn check(repository: &Repository) -> Vec<Violation> {
    let Some(table) = repository.file(TABLE) else { return Vec::new() };
    let mut violations = Vec::new();
    for (line, number) in table.text.lines().zip(1..) {
        let Some(last) = row(line) else { continue };
        let named: Vec<&str> =
            last.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
        if named.is_empty() && !last.starts_with("- ") {
            let problem = "a scenario without a test".to_owned();
            violations.push(table.violation(number, problem, "name its test, or say `- ` and why not"));
        }
        for name in named.into_iter().filter(|name| !is_there(repository, name)) {
            let problem = format!("there is no test {name}");
            violations.push(table.violation(number, problem, "name it as path.rs::function"));
        }
    }
    violations
}

/// The last cell of a row of the table's body.
fn row(line: &str) -> Option<&str> {
    let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let id = cells.first()?;
    let is_id = id.starts_with(['P', 'J', 'M']) && id[1..].chars().all(|char| char.is_ascii_digit());
    if is_id { cells.last().copied() } else { None }
}

fn is_there(repository: &Repository, name: &str) -> bool {
    let Some((path, function)) = name.split_once("::") else { return false };
    repository.file(path).is_some_and(|file| file.text.contains(&format!("fn {function}(")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_without_a_test_is_found() {
        let table = "| id | what | tests |\n|---|---|---|\n| P1 | a | `a.rs::one`, `a.rs::two` |\n\
                     | J2 | b |  |\n| M3 | c | - later, as `a` |\n| J4 | d | `b.rs::one` |\n";
        let files = Repository::of(&[(TABLE, table), ("a.rs", "fn one() {}\n")]);
        let found: Vec<_> = check(&files).into_iter().map(|found| (found.line, found.problem)).collect();
        let expected = [
            (3, "there is no test a.rs::two".to_owned()),
            (4, "a scenario without a test".to_owned()),
            (6, "there is no test b.rs::one".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
