//! Bytes to [`CqlValue`].

use super::{CqlTuple, CqlUdt, CqlValue};
use crate::error::DecodeError;
use crate::types::{ColumnType, UdtType};
use crate::value::Counter;
use crate::value::collection::read_entries;
use crate::value::decode::{FromCql, TypeMismatch};
use crate::value::tuple::Components;
use crate::value::udt::UdtReader;
use std::sync::Arc;

impl<'a> FromCql<'a> for CqlValue {
    /// Every type can be read.
    fn type_check(_: &ColumnType) -> Result<(), TypeMismatch> {
        Ok(())
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let Some(contents) = bytes else { return Ok(CqlValue::Null) };
        if contents.is_empty() && !column_type.has_zero_length_values() {
            return Ok(CqlValue::Empty);
        }
        Ok(match column_type {
            ColumnType::Ascii => CqlValue::Ascii(FromCql::from_cql(column_type, bytes)?),
            ColumnType::BigInt => CqlValue::BigInt(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Blob | ColumnType::Custom(_) | ColumnType::Unknown(_) => {
                CqlValue::Blob(contents.to_vec())
            }
            ColumnType::Boolean => CqlValue::Boolean(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Counter => CqlValue::Counter(Counter::from_cql(column_type, bytes)?.0),
            ColumnType::Decimal => CqlValue::Decimal(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Double => CqlValue::Double(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Float => CqlValue::Float(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Int => CqlValue::Int(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Text => CqlValue::Text(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Timestamp => CqlValue::Timestamp(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Uuid => CqlValue::Uuid(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Varint => CqlValue::Varint(FromCql::from_cql(column_type, bytes)?),
            ColumnType::TimeUuid => CqlValue::TimeUuid(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Inet => CqlValue::Inet(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Date => CqlValue::Date(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Time => CqlValue::Time(FromCql::from_cql(column_type, bytes)?),
            ColumnType::SmallInt => CqlValue::SmallInt(FromCql::from_cql(column_type, bytes)?),
            ColumnType::TinyInt => CqlValue::TinyInt(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Duration => CqlValue::Duration(FromCql::from_cql(column_type, bytes)?),
            ColumnType::List(_) => CqlValue::List(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Set(_) => CqlValue::Set(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Vector(_) => CqlValue::Vector(FromCql::from_cql(column_type, bytes)?),
            ColumnType::Map(_) => {
                let mut entries = Vec::new();
                read_entries(column_type, bytes, |key, value| entries.push((key, value)))?;
                CqlValue::Map(entries)
            }
            ColumnType::Tuple(components) => tuple(column_type, components.len(), bytes)?,
            ColumnType::Udt(udt) => user_type(udt, contents)?,
        })
    }
}

fn tuple<'a>(
    column_type: &'a ColumnType,
    length: usize,
    bytes: Option<&'a [u8]>,
) -> Result<CqlValue, DecodeError> {
    let mut components = Components::new(column_type, bytes)?;
    let mut values = Vec::new();
    while values.len() < length && !components.is_at_end() {
        values.push(components.read()?);
    }
    components.finish()?;
    Ok(CqlValue::Tuple(CqlTuple::with_length(values, length)))
}

fn user_type(udt: &Arc<UdtType>, bytes: &[u8]) -> Result<CqlValue, DecodeError> {
    let mut fields = UdtReader::of_type(udt, bytes);
    let mut values = Vec::new();
    while !fields.is_at_end()
        && let Some(field) = fields.next_field()?
    {
        values.push(field.read()?);
    }
    Ok(CqlValue::Udt(CqlUdt::of_present(Arc::clone(udt), values)))
}
