//! Frames through the public API: recorded connections, round trips, hostile bytes and what all of it allocates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod golden;
mod hostile;
mod memory;
mod round_trip;
mod support;
