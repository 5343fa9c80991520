//! One request's life: values to bytes, a node, an attempt, its answer, perhaps another node.

mod attempt;
mod concurrent;
mod context;
mod hedge;
mod keyspace;
mod other_ids;
mod paging;
mod policies;
mod prepare;
mod request;
mod schema_agreement;
mod watch;

pub(crate) use attempt::execute;
pub use concurrent::{Concurrent, ConcurrentResults};
pub(crate) use context::Context;
pub(crate) use other_ids::OtherIds;
pub use paging::{Pages, RowStream};
pub(crate) use prepare::{Statements, prepare, teach};
pub(crate) use request::{Input, OwnedStatement, Request, Settings};
