//! The driver against nodes in the same process: what it promises, each promise with a test that fails when the code is
//! broken on purpose (`tests/PROMISES.md`).
//!
//! Unless a test is about sockets, its clock is paused: time passes when nothing else can happen, so that nothing waits
//! in earnest and nothing depends on the machine. What is random is repeated by its seed, which a failure names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "all of it is tests"
)]

mod auth;
mod bulk;
mod connecting;
mod derive;
mod discovery;
mod hedging;
mod histories;
mod hostile;
mod ids;
mod lifetime;
mod liveness;
mod logged;
mod mapper;
mod operability;
mod policies;
mod pools;
mod prepared;
mod profiles;
mod queueing;
mod responses;
mod results;
mod retries;
mod routing;
mod schema;
mod secrets;
mod speculation;
mod support;
mod testkit;
mod tls;
mod wire;
