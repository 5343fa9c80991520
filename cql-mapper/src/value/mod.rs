//! Values of columns: their CQL types, and what may be bound where a type is called for.

mod bind;
mod coded;
mod cql_type;
mod time_uuid;
mod type_def;
mod values;

pub use bind::{Bind, Elements};
pub(crate) use bind::{write_as, write_elements};
pub use coded::{Codec, Coded};
pub use cql_type::{CqlType, Nullable, UserType, content};
pub use time_uuid::TimeUuid;
pub(crate) use type_def::same_text;
pub use type_def::{Native, TypeDef, UserTypeDef};
pub(crate) use values::{Cell, Values, split};
