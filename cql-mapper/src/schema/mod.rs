//! The schema that models call for, as CQL.

mod create;

pub use create::create_statements;
