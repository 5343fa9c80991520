//! Maps Rust structs to Cassandra tables, on top of [`cql_driver`].
//!
//! There is nothing to call in this version. What is to come: derives that describe a table by a struct of the user's,
//! typed columns and conditions, so that what cannot be valid CQL does not compile, and statements that are prepared,
//! cached and routed like any other. It will be built from what `cql-driver` offers to everybody, without a way around
//! it.
