//! What changes rows: INSERT, UPDATE, DELETE, and several of them in a batch.

mod batch;
mod conditions;
mod delete;
mod insert;
mod many;
mod mirrors;
mod settle;
mod tracked;
mod update;

pub use batch::{Batch, BatchEntry, BatchItem, BatchKind, BatchLwt, GoesInto, batch_kind};
pub use conditions::{AndTested, Append, Tested};
pub use delete::Delete;
pub use insert::{Create, Insert, InsertIfNotExists};
pub use many::InsertMany;
pub use mirrors::{InsertAll, Mirrored, Mirrors};
pub use tracked::{Save, Tracked};
pub use update::{Conditional, Plain, Update, UpdatePartition};
