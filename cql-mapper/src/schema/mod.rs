//! The schema that models call for: planned, shown, applied. Nothing is ever dropped, renamed, or given another type; what
//! destroys data is in [`danger`](crate::danger).

mod create;
mod definition;
mod generate;
mod plan;
#[cfg(test)]
mod properties;
mod state;

pub use create::create_statements;
pub use definition::{Keyspace, Schema, create_keyspace, sync_table};
pub use generate::generate;
pub use plan::{Change, ChangeKind, Plan};
