//! Values of columns: their CQL types, and what may be bound where a type is called for.

mod bind;
mod cql_type;
mod time_uuid;
mod type_def;
mod values;

pub(crate) use bind::write_elements;
pub use bind::{Bind, Elements};
pub use cql_type::{CqlType, Nullable, UserType, content};
pub use time_uuid::TimeUuid;
pub use type_def::{Native, TypeDef, UserTypeDef};
pub(crate) use values::{Cell, Values, split};
