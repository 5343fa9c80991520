//! An asynchronous driver for Apache Cassandra.
