//! The start of a connection, without I/O.
