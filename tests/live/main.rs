//! The driver against one Cassandra, of any release from 2.1 on; nodes may be more, replicas are not.
//!
//! What a release cannot do is skipped by a named capability. `CQL_SHORT` makes loads small.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

mod batches;
mod bulk;
mod clients;
mod closing;
mod concurrent;
mod conditional;
mod connecting;
mod derive;
mod engine_syntax;
mod extras;
mod keyspaces;
mod mapper;
mod memory;
mod operability;
mod paging;
mod prepared;
mod schema;
mod schema_changes;
mod server_errors;
mod values;
mod vector_search;
mod versions;
mod writing;
