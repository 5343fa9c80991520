//! Tells code from comments, text literals and tests, line by line: as much Rust as the checks need.

/// A line of a source file.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    /// Without comments and the contents of literals.
    pub(crate) code: String,
    /// What its comments say.
    pub(crate) comment: String,
    /// Whether it belongs to an item under `#[cfg(test)]`.
    pub(crate) in_tests: bool,
}

/// Whether the whole file is for tests, by its name: `tests.rs`, `testing.rs` or anything in a folder `tests`.
pub(crate) fn is_for_tests(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "testing" | "testing.rs"))
}

/// The lines of a Rust file.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let mut lines = split(text);
    mark_tests(&mut lines);
    lines
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
}

fn split(text: &str) -> Vec<Line> {
    let mut state = State::Code;
    let mut lines = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if state == State::LineComment {
            state = State::Code;
        }
        let chars: Vec<char> = line.chars().collect();
        let mut parsed = Line { number, ..Line::default() };
        let mut at = 0;
        while at < chars.len() {
            let used;
            (state, used) = step(state, &chars[at..], &mut parsed);
            at += used;
        }
        lines.push(parsed);
    }
    lines
}

/// Takes the next characters, and returns the state after them and how many they were.
fn step(state: State, rest: &[char], line: &mut Line) -> (State, usize) {
    let is_next = |text: &str| text.chars().enumerate().all(|(at, char)| rest.get(at) == Some(&char));
    match state {
        State::Code => step_code(rest, line),
        State::LineComment => {
            line.comment.push(rest[0]);
            (State::LineComment, 1)
        }
        State::BlockComment { depth: 1 } if is_next("*/") => (State::Code, 2),
        State::BlockComment { depth } if is_next("*/") => (State::BlockComment { depth: depth - 1 }, 2),
        State::BlockComment { depth } if is_next("/*") => (State::BlockComment { depth: depth + 1 }, 2),
        State::BlockComment { .. } => {
            line.comment.push(rest[0]);
            (state, 1)
        }
        State::Text if is_next("\\") => (state, 2),
        State::Text if is_next("\"") => {
            line.code.push('"');
            (State::Code, 1)
        }
        State::RawText { hashes } if is_next(&format!("\"{}", "#".repeat(hashes))) => {
            line.code.push('"');
            (State::Code, 1 + hashes)
        }
        State::Text | State::RawText { .. } => (state, 1),
    }
}

fn step_code(rest: &[char], line: &mut Line) -> (State, usize) {
    let follows_name = line.code.chars().last().is_some_and(|last| last.is_alphanumeric() || last == '_');
    match rest {
        ['/', '/', ..] => (State::LineComment, 2),
        ['/', '*', ..] => (State::BlockComment { depth: 1 }, 2),
        ['"', ..] => {
            line.code.push('"');
            (State::Text, 1)
        }
        ['b' | 'c', 'r', after @ ..] if !follows_name && raw_hashes(after).is_some() => {
            raw_text(line, raw_hashes(after), 2)
        }
        ['r', after @ ..] if !follows_name && raw_hashes(after).is_some() => {
            raw_text(line, raw_hashes(after), 1)
        }
        // A character; a lifetime has no quote after its first letter.
        ['\'', '\\', _, after @ ..] => {
            let closing = after.iter().position(|&char| char == '\'').unwrap_or(0);
            (State::Code, closing + 4)
        }
        ['\'', _, '\'', ..] => (State::Code, 3),
        _ => {
            line.code.push(rest[0]);
            (State::Code, 1)
        }
    }
}

/// How many `#` come before the quote that begins a raw text; `None` when none begins here.
fn raw_hashes(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|&&char| char == '#').count();
    (rest.get(hashes) == Some(&'"')).then_some(hashes)
}

fn raw_text(line: &mut Line, hashes: Option<usize>, prefix: usize) -> (State, usize) {
    let hashes = hashes.unwrap_or(0);
    line.code.push('"');
    (State::RawText { hashes }, prefix + hashes + 1)
}

/// An item under `#[cfg(test)]` ends with the brace that closes its first one, or with a semicolon before any.
fn mark_tests(lines: &mut [Line]) {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    let mut in_item = false;
    let mut depth = 0_usize;
    for line in lines {
        let mut code = line.code.as_str();
        if !in_item && let Some(at) = code.find(ATTRIBUTE) {
            in_item = true;
            depth = 0;
            code = &code[at + ATTRIBUTE.len()..];
        }
        line.in_tests = in_item;
        for char in code.chars().filter(|_| in_item) {
            match char {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && matches!(char, '}' | ';') {
                in_item = false;
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        lines(text).into_iter().map(|line| line.code.trim_end().to_owned()).collect()
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(code("a // b\n/* c\n/* d */ e */ f\n//! g"), ["a", "", " f", ""]);
        let lines = lines("a // b\n/// c");
        assert_eq!((lines[0].comment.trim(), lines[1].comment.trim()), ("b", "/ c"));
    }

    #[test]
    fn literals_are_emptied() {
        assert_eq!(code(r#"let a = "//{\"}" + 1;"#), [r#"let a = "" + 1;"#]);
        assert_eq!(code("br##\"\"# // \"## x r\"{\" y"), ["\"\" x \"\" y"]);
        assert_eq!(code(r"let q = ['{', '\'', '\u{7D}', b'/'];"), ["let q = [, , , b];"]);
        assert_eq!(code("\"a\nb // c\" d"), ["\"", "\" d"]);
        assert_eq!(code("fn a<'a>(b: &'a str) {} // c"), ["fn a<'a>(b: &'a str) {}"]);
    }

    #[test]
    fn items_under_cfg_test_are_tests_to_their_end() {
        let text = "a\n#[cfg(test)]\nmod tests {\n  fn b() { '}' }\n}\nc\n#[cfg(test)]\nmod testing;\nd\n";
        let tests: Vec<usize> =
            lines(text).iter().filter(|line| line.in_tests).map(|line| line.number).collect();
        assert_eq!(tests, [2, 3, 4, 5, 7, 8]);
    }

    #[test]
    fn files_named_for_tests_are_for_tests() {
        assert!(is_for_tests("cql-protocol/src/value/testing.rs"));
        assert!(is_for_tests("tests/tidy/main.rs"));
        assert!(!is_for_tests("cql-driver/src/latest.rs"));
    }
}
