//! [`CqlValue`] to bytes.

use super::{CqlTuple, CqlUdt, CqlValue};
use crate::types::ColumnType;
use crate::value::Counter;
use crate::value::collection::{common_type, write_elements, write_entries};
use crate::value::encode::{Encoded, ToCql, ValueError};
use crate::value::tuple::{components_for, write_component};
use crate::value::udt::UdtWriter;
use crate::value::vector::write_vector;

impl ToCql for CqlValue {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match self {
            CqlValue::Null => Ok(Encoded::Null),
            CqlValue::Empty => Ok(Encoded::Value),
            CqlValue::Ascii(text) | CqlValue::Text(text) => text.to_cql(column_type, out),
            CqlValue::BigInt(number) => number.to_cql(column_type, out),
            CqlValue::Blob(bytes) => bytes.to_cql(column_type, out),
            CqlValue::Boolean(flag) => flag.to_cql(column_type, out),
            CqlValue::Counter(count) => Counter(*count).to_cql(column_type, out),
            CqlValue::Decimal(decimal) => decimal.to_cql(column_type, out),
            CqlValue::Double(number) => number.to_cql(column_type, out),
            CqlValue::Float(number) => number.to_cql(column_type, out),
            CqlValue::Int(number) => number.to_cql(column_type, out),
            CqlValue::Timestamp(timestamp) => timestamp.to_cql(column_type, out),
            // Read from a timeuuid column it is what the server has, whatever its version.
            CqlValue::TimeUuid(uuid) if *column_type == ColumnType::TimeUuid => {
                out.extend_from_slice(uuid.as_bytes());
                Ok(Encoded::Value)
            }
            CqlValue::Uuid(uuid) | CqlValue::TimeUuid(uuid) => uuid.to_cql(column_type, out),
            CqlValue::Varint(varint) => varint.to_cql(column_type, out),
            CqlValue::Inet(address) => address.to_cql(column_type, out),
            CqlValue::Date(date) => date.to_cql(column_type, out),
            CqlValue::Time(time) => time.to_cql(column_type, out),
            CqlValue::SmallInt(number) => number.to_cql(column_type, out),
            CqlValue::TinyInt(number) => number.to_cql(column_type, out),
            CqlValue::Duration(duration) => duration.to_cql(column_type, out),
            CqlValue::List(elements) => elements.to_cql(column_type, out),
            CqlValue::Set(elements) => match column_type {
                ColumnType::Set(element) => write_elements(elements.iter(), element, out),
                other => Err(ValueError::mismatch::<Self>(other)),
            },
            CqlValue::Vector(elements) => match column_type {
                ColumnType::Vector(vector) => write_vector(elements, vector, column_type, out),
                other => Err(ValueError::mismatch::<Self>(other)),
            },
            CqlValue::Map(entries) => match column_type {
                ColumnType::Map(pair) => {
                    write_entries(entries.iter().map(|(key, value)| (key, value)), pair, out)
                }
                other => Err(ValueError::mismatch::<Self>(other)),
            },
            CqlValue::Tuple(tuple) => tuple.to_cql(column_type, out),
            CqlValue::Udt(udt) => udt.to_cql(column_type, out),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(match self {
            CqlValue::Null | CqlValue::Empty => return None,
            CqlValue::Ascii(_) => ColumnType::Ascii,
            CqlValue::BigInt(_) => ColumnType::BigInt,
            CqlValue::Blob(_) => ColumnType::Blob,
            CqlValue::Boolean(_) => ColumnType::Boolean,
            CqlValue::Counter(_) => ColumnType::Counter,
            CqlValue::Decimal(_) => ColumnType::Decimal,
            CqlValue::Double(_) => ColumnType::Double,
            CqlValue::Float(_) => ColumnType::Float,
            CqlValue::Int(_) => ColumnType::Int,
            CqlValue::Text(_) => ColumnType::Text,
            CqlValue::Timestamp(_) => ColumnType::Timestamp,
            CqlValue::Uuid(_) => ColumnType::Uuid,
            CqlValue::Varint(_) => ColumnType::Varint,
            CqlValue::TimeUuid(_) => ColumnType::TimeUuid,
            CqlValue::Inet(_) => ColumnType::Inet,
            CqlValue::Date(_) => ColumnType::Date,
            CqlValue::Time(_) => ColumnType::Time,
            CqlValue::SmallInt(_) => ColumnType::SmallInt,
            CqlValue::TinyInt(_) => ColumnType::TinyInt,
            CqlValue::Duration(_) => ColumnType::Duration,
            CqlValue::List(elements) => ColumnType::list(common_type(elements.iter())),
            CqlValue::Set(elements) => ColumnType::set(common_type(elements.iter())),
            CqlValue::Map(entries) => ColumnType::map(
                common_type(entries.iter().map(|(key, _)| key)),
                common_type(entries.iter().map(|(_, value)| value)),
            ),
            CqlValue::Tuple(tuple) => return tuple.natural_type(),
            CqlValue::Udt(udt) => return udt.natural_type(),
            CqlValue::Vector(elements) => {
                let dimensions = u32::try_from(elements.len()).unwrap_or(u32::MAX);
                ColumnType::vector(common_type(elements.iter()), dimensions)
            }
        })
    }
}

impl ToCql for CqlTuple {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        let components = components_for::<Self>(self.len(), column_type)?;
        for (index, value) in self.present().iter().enumerate() {
            write_component(value, index, components, out)?;
        }
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        let component = |value: &CqlValue| value.natural_type().unwrap_or(ColumnType::Blob);
        Some(ColumnType::tuple(self.iter().map(component)))
    }
}

impl ToCql for CqlUdt {
    /// Fields go by name, so that a value of an older version of the type can be written to a newer one.
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        if let ColumnType::Udt(target) = column_type
            && target == self.udt_type()
        {
            // A short value stays short.
            let mut fields = UdtWriter::new::<Self>(column_type, [""; 0], out)?;
            self.present().iter().try_for_each(|value| fields.write(value))?;
            return Ok(Encoded::Value);
        }
        let names = self.udt_type().fields().iter().zip(self.present()).map(|((name, _), _)| &**name);
        let mut fields = UdtWriter::new::<Self>(column_type, names, out)?;
        while let Some(name) = fields.next_field() {
            match self.field(name) {
                Some(value) => fields.write(value)?,
                None => fields.write_null(),
            }
        }
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Udt(self.udt_type().clone()))
    }
}
