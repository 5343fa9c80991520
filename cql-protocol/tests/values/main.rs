//! Types, values and rows through the public API: round trips, hostile bytes and what all of it allocates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod golden;
mod hostile;
mod memory;
mod round_trip;
mod support;
