//! The connections of one session, a pool a node.

mod node_pool;
mod routes;

pub(crate) use node_pool::{Keyspace, NodePool};
pub(crate) use routes::{Routes, Target};
