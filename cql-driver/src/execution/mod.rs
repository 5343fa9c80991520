//! One request's life: values to bytes, a node, an attempt, its answer, perhaps another node.

mod attempt;
mod concurrent;
mod context;
mod first;
mod hedge;
mod keyspace;
mod other_ids;
mod paging;
mod policies;
mod prepare;
mod request;
mod schema_agreement;
mod send;
mod watch;

pub use concurrent::{Concurrent, ConcurrentResults};
pub(crate) use context::Context;
pub(crate) use first::Execution;
pub(crate) use other_ids::OtherIds;
pub use paging::{Pages, RowStream};
pub(crate) use prepare::{Statements, prepare, teach};
pub(crate) use request::{Input, OwnedStatement, Request, Settings};
