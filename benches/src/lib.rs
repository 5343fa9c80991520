//! What the driver costs, measured against a server that costs next to nothing: see README.md.

pub mod arguments;
pub mod child;
pub mod embedded;
mod failure;
pub mod models;
pub mod null_server;
pub mod run;
pub mod statements;
pub mod usage;
pub mod workload;

pub use failure::Failure;
