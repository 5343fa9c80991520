//! The notations of the specification (v5 §3): a checked [`Reader`] and the [`Write`] half.

mod reader;
mod vint;
mod writer;

pub use reader::{BoundValue, Reader};
pub use vint::{read_unsigned_vint, unzigzag, write_unsigned_vint, zigzag};
pub use writer::Write;
