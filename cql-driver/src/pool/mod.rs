//! The connections of one session, a pool a node.

mod node_pool;
mod routes;
mod selection;

pub(crate) use node_pool::{Keyspace, NodePool};
pub(crate) use routes::{Plan, Routes, Target, Tried, Wish};
pub(crate) use selection::Selection;
