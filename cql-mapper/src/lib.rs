//! Maps Rust structs to Cassandra tables.
