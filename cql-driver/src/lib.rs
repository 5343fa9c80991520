//! An asynchronous driver for Apache Cassandra.

mod ids;
pub mod routing;
pub mod topology;
