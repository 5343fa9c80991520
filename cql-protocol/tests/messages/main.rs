//! Messages through the public API: recorded ones, both ways, and hostile ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod golden;
mod hostile;
mod memory;
mod recorded;
