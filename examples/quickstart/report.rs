//! What the program prints: a line for each step, with its figures, and a bar while it goes on.

use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};

/// A step that has begun.
#[must_use = "a step is printed when it ends"]
pub(crate) struct Step {
    name: &'static str,
    began: Instant,
    bar: ProgressBar,
}

impl Step {
    pub(crate) fn begin(name: &'static str) -> Self {
        Step { name, began: Instant::now(), bar: ProgressBar::hidden() }
    }

    /// Begins a step of so many requests, with a bar that shows on terminals only.
    pub(crate) fn begin_with_bar(name: &'static str, requests: usize) -> Result<Self, Box<dyn Error>> {
        let style = ProgressStyle::with_template("{prefix:<14} {bar:40} {human_pos} of {human_len}")?;
        let bar = ProgressBar::new(requests as u64).with_style(style).with_prefix(name);
        Ok(Step { name, began: Instant::now(), bar })
    }

    /// Moves the bar to the number of requests done.
    pub(crate) fn mover(&self) -> impl FnMut(u64) + Send + 'static {
        let bar = self.bar.clone();
        move |done| bar.set_position(done)
    }

    /// Prints what was done and how long it took.
    pub(crate) fn end(self, what: impl Display) {
        self.print(&what, self.began.elapsed(), "");
    }

    /// Prints what was done with how many rows, how long it took, and the rate.
    pub(crate) fn end_with_rows(self, what: impl Display, rows: u64) {
        let elapsed = self.began.elapsed();
        let rate = u128::from(rows) * 1_000_000 / elapsed.as_micros().max(1);
        self.print(&what, elapsed, &format!("{:>9} rows/s", grouped(rate)));
    }

    fn print(&self, what: &dyn Display, elapsed: Duration, rate: &str) {
        self.bar.finish_and_clear();
        let milliseconds = elapsed.as_secs_f64() * 1000.0;
        let line = format!("{:<14} {:<56} {milliseconds:>8.1} ms {rate}", self.name, what.to_string());
        print(line.trim_end());
    }
}

/// Prints a line. Whoever reads may stop before the end (`| head`): the program goes on, and cleans up.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a line of what a step found.
pub(crate) fn detail(what: impl Display) {
    print(format!("{:<14}   {what}", ""));
}

/// Prints that a step is left out.
pub(crate) fn skipped(name: &str, why: &str) {
    print(format!("{name:<14} skipped: {why}"));
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: impl Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// An error and what caused it, on one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
