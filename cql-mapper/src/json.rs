//! Columns that hold JSON as text: `#[cql(with = cql_mapper::json)]` (feature `json`).
//!
//! The field is of any type that serde reads and writes, `serde_json::Value` among them.
//!
//! ```
//! use cql_mapper::prelude::*;
//!
//! #[derive(Model)]
//! #[cql(keyspace = "app", table = "devices")]
//! struct Device {
//!     #[cql(partition_key)]
//!     id: i64,
//!     #[cql(with = cql_mapper::json)]
//!     settings: serde_json::Value,
//! }
//!
//! let update = Device::update(7).set(Device.settings.to(serde_json::json!({ "interval": 60 })));
//! assert_eq!(update.cql(), "UPDATE app.devices SET settings = ? WHERE id = ?");
//! ```

use crate::value::{Native, TypeDef};
use cql_driver::types::ColumnType;
use cql_driver::value::{DecodeError, Encoded, FromCql as _, Problem, ToCql as _, TypeMismatch, ValueError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The CQL type.
pub const TYPE: TypeDef = TypeDef::Native(Native::Text);

/// Writes a value as JSON.
///
/// # Errors
/// When JSON has no such value: a map whose keys are no texts, say.
pub fn to_cql<T: Serialize>(
    value: &T,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    let json =
        serde_json::to_string(value).map_err(|_| ValueError::invalid::<T>("JSON has no such value"))?;
    json.to_cql(column_type, out)
}

/// The type on the wire.
#[must_use]
pub fn natural_type<T>(_: &T) -> Option<ColumnType> {
    Some(ColumnType::Text)
}

/// Reads a value from JSON. Null is read as JSON's `null`.
///
/// # Errors
/// When it is no JSON, or not of that type.
pub fn from_cql<T: DeserializeOwned>(
    column_type: &ColumnType,
    bytes: Option<&[u8]>,
) -> Result<T, DecodeError> {
    let json = Option::<&str>::from_cql(column_type, bytes)?.unwrap_or("null");
    let not_so =
        |_| DecodeError::new("JSON", 0, Problem::Unrepresentable("the text is no JSON of the field's type"));
    serde_json::from_str(json).map_err(not_so)
}

/// Checks that the column holds text.
///
/// # Errors
/// When it does not.
pub fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
    <&str>::type_check(column_type)
}
