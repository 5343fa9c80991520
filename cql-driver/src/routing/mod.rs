//! From the values of a request to its token: the first half of token-aware routing.
//!
//! The second half, from a token to the nodes that hold it, is [`crate::topology`]. Nothing here allocates for
//! Murmur3, Cassandra's default since 1.2; the other partitioners are correct rather than fast.

mod partitioner;
mod routing_key;
mod token;

pub use partitioner::Partitioner;
pub use routing_key::RoutingKeyError;
pub use token::{ParseTokenError, Token};
