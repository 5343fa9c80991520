//! CQL types as they appear in metadata (v5 §4.2.5.2), and the columns that have them.

mod column_spec;
mod column_type;
mod custom;
mod display;
mod identifier;
mod option;

pub use column_spec::{ColumnSpec, TableSpec};
pub use column_type::{ColumnType, UdtType, VectorType};
pub use identifier::Identifier;
