//! The connections of one session, a pool a node.

mod node_pool;
mod presence;
mod routes;
mod selection;
mod slot;

pub(crate) use node_pool::NodePool;
pub(crate) use presence::NodeEventSender;
pub use presence::{NodeEvent, NodeEvents};
pub(crate) use routes::{Plan, Routes, Target, Tried, Wish};
pub(crate) use selection::Selection;
pub(crate) use slot::{Keyspace, Wiring};
