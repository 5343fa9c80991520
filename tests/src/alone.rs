//! A test in a process of its own: for what only a whole process shows, as its sockets and its memory.

use std::process::Command;

/// Set for the process that is alone.
const CHILD: &str = "CQL_TEST_ALONE";

/// What the process that ran alone has printed.
#[derive(Debug)]
#[non_exhaustive]
pub struct ChildOutput {
    /// Its standard output.
    pub text: String,
}

/// Runs `test` in a process where no other test runs: this program again, told to run the test `name` only.
///
/// In that process it runs `test` and returns `None`.
///
/// # Panics
/// When the test fails there.
pub fn alone<F: Future<Output = ()>>(name: &str, test: F) -> Option<ChildOutput> {
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(test);
        return None;
    }
    let program = std::env::current_exe().expect("the path of this program");
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture", "--include-ignored", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "no test is named {name}: {text}");
    Some(ChildOutput { text })
}
