//! User-defined types (v5 §6.23), field by field: what derived implementations of `ToCql` and `FromCql` are made of.
//!
//! A value may have fewer fields than the type (they are null) or, after ALTER TYPE, more (they are ignored).

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::encode::{Encoded, Place, ToCql, ValueError, write_value};
use crate::error::DecodeError;
use crate::types::{ColumnType, UdtType};
use crate::wire::{Reader, Write};

/// Writes a user-defined value in the type's order of fields.
///
/// ```
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::{Encoded, ToCql, UdtWriter, ValueError};
///
/// struct Address { city: String, zip: i32 }
///
/// impl ToCql for Address {
///     fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
///         let mut fields = UdtWriter::new::<Self>(column_type, ["city", "zip"], out)?;
///         while let Some(name) = fields.next_field() {
///             match name {
///                 "city" => fields.write(&self.city)?,
///                 "zip" => fields.write(&self.zip)?,
///                 _ => fields.write_null(),
///             }
///         }
///         Ok(Encoded::Value)
///     }
///     fn natural_type(&self) -> Option<ColumnType> {
///         None
///     }
/// }
/// ```
#[derive(Debug)]
pub struct UdtWriter<'t, 'o> {
    fields: &'t [(Box<str>, ColumnType)],
    out: &'o mut Vec<u8>,
}

impl<'t, 'o> UdtWriter<'t, 'o> {
    /// Checks that `column_type` is a user-defined type that has all of `names`, the fields that `T` would write.
    ///
    /// # Errors
    /// When it is another type, or lacks one of them.
    pub fn new<T>(
        column_type: &'t ColumnType,
        names: impl IntoIterator<Item: AsRef<str>>,
        out: &'o mut Vec<u8>,
    ) -> Result<Self, ValueError> {
        let ColumnType::Udt(udt) = column_type else {
            return Err(ValueError::mismatch::<T>(column_type));
        };
        match names.into_iter().find(|name| udt.field_type(name.as_ref()).is_none()) {
            Some(unknown) => Err(ValueError::unknown_field(unknown.as_ref(), column_type)),
            None => Ok(UdtWriter { fields: udt.fields(), out }),
        }
    }

    /// The name of the field to be written next, `None` after the last.
    #[must_use]
    pub fn next_field(&self) -> Option<&'t str> {
        self.fields.first().map(|(name, _)| &**name)
    }

    /// Writes that field.
    ///
    /// # Errors
    /// When the value does not fit the field's type, or is unset; the error names the field.
    pub fn write<T: ToCql + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let Some(((name, field_type), rest)) = self.fields.split_first() else { return Ok(()) };
        self.fields = rest;
        match write_value(value, field_type, self.out) {
            Ok(Encoded::Unset) => Err(ValueError::invalid::<T>("a field cannot be unset, use null")),
            Ok(_) => return Ok(()),
            Err(error) => Err(error),
        }
        .map_err(|error| error.within(Place::Field(name.clone())))
    }

    /// Writes null for that field.
    pub fn write_null(&mut self) {
        if let Some((_, rest)) = self.fields.split_first() {
            self.fields = rest;
            self.out.write_int(-1);
        }
    }
}

/// Reads a user-defined value field by field, in the type's order.
///
/// ```
/// use cql_protocol::DecodeError;
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::{FromCql, TypeMismatch, UdtReader};
///
/// #[derive(Default)]
/// struct Address { city: Option<String>, zip: Option<i32> }
///
/// impl<'a> FromCql<'a> for Address {
///     fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
///         UdtReader::check_field::<Self, Option<String>>(column_type, "city")?;
///         UdtReader::check_field::<Self, Option<i32>>(column_type, "zip")
///     }
///     fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
///         let mut fields = UdtReader::new(column_type, bytes)?;
///         let mut address = Address::default();
///         while let Some(field) = fields.next_field()? {
///             match field.name() {
///                 "city" => address.city = field.read()?,
///                 "zip" => address.zip = field.read()?,
///                 _ => {}
///             }
///         }
///         Ok(address)
///     }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct UdtReader<'a> {
    fields: &'a [(Box<str>, ColumnType)],
    reader: Reader<'a>,
}

impl<'a> UdtReader<'a> {
    /// Whether `column_type` is a user-defined type with a field `name` that can be read as `F`, for a field of `T`.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_field<T, F: FromCql<'a>>(column_type: &ColumnType, name: &str) -> Result<(), TypeMismatch> {
        let mismatch = || TypeMismatch::new::<T>(column_type);
        let ColumnType::Udt(udt) = column_type else {
            return Err(mismatch());
        };
        match udt.field_type(name) {
            Some(field_type) => F::type_check(field_type)
                .map_err(|inner| mismatch().with_note(format!("field `{name}` differs")).caused_by(inner)),
            None => Err(mismatch().with_note(format!("it has no field `{name}`"))),
        }
    }

    /// Stands before the first field.
    ///
    /// # Errors
    /// When the value is null, or the type is not user-defined.
    pub fn new(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let ColumnType::Udt(udt) = column_type else {
            return Err(malformed("user type", "the type has no fields"));
        };
        Ok(Self::of_type(udt, not_null(bytes, "user type")?))
    }

    pub(super) fn of_type(udt: &'a UdtType, bytes: &'a [u8]) -> Self {
        UdtReader { fields: udt.fields(), reader: Reader::new(bytes) }
    }

    /// Whether the value holds no further field.
    pub(super) fn is_at_end(&self) -> bool {
        self.reader.is_empty()
    }

    /// The next field of the type, null where the value ends before it.
    ///
    /// # Errors
    /// When the bytes end within the field.
    pub fn next_field(&mut self) -> Result<Option<UdtField<'a>>, DecodeError> {
        let Some(((name, field_type), rest)) = self.fields.split_first() else { return Ok(None) };
        self.fields = rest;
        let bytes = if self.reader.is_empty() { None } else { self.reader.opt_bytes("user type field")? };
        Ok(Some(UdtField { name, field_type, bytes }))
    }
}

/// One field of a user-defined value.
#[derive(Debug, Clone, Copy)]
pub struct UdtField<'a> {
    name: &'a str,
    field_type: &'a ColumnType,
    bytes: Option<&'a [u8]>,
}

impl<'a> UdtField<'a> {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Its type.
    #[must_use]
    pub fn field_type(&self) -> &'a ColumnType {
        self.field_type
    }

    /// Its contents, `None` being null.
    #[must_use]
    pub fn bytes(&self) -> Option<&'a [u8]> {
        self.bytes
    }

    /// Reads it.
    ///
    /// # Errors
    /// When the contents cannot be read as `T`.
    pub fn read<T: FromCql<'a>>(&self) -> Result<T, DecodeError> {
        T::from_cql(self.field_type, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::unhex;
    use std::sync::Arc;

    fn address() -> ColumnType {
        let fields = [("city", ColumnType::Text), ("zip", ColumnType::Int)];
        ColumnType::Udt(Arc::new(UdtType::new("ks", "address", fields)))
    }

    #[test]
    fn fields_are_written_in_the_order_of_the_type() {
        let udt = address();
        let mut out = Vec::new();
        let mut writer = UdtWriter::new::<()>(&udt, ["zip", "city"], &mut out).unwrap();
        assert_eq!(writer.next_field(), Some("city"));
        writer.write("x").unwrap();
        assert_eq!(writer.next_field(), Some("zip"));
        writer.write_null();
        assert_eq!(writer.next_field(), None);
        assert_eq!(out, unhex("00000001 78 ffffffff"));
    }

    #[test]
    fn what_does_not_fit_names_the_field() {
        let udt = address();
        let mut out = Vec::new();
        let error = UdtWriter::new::<()>(&udt, ["street"], &mut out).unwrap_err();
        assert_eq!(error.to_string(), "ks.address has no field `street`, it has city, zip");
        let mut writer = UdtWriter::new::<()>(&udt, ["city"], &mut out).unwrap();
        let error = writer.write(&1).unwrap_err();
        assert_eq!(error.to_string(), "field `city`: `i32` cannot be written as text");
        let mismatch = UdtReader::check_field::<(), String>(&udt, "zip").unwrap_err();
        assert_eq!(mismatch.to_string(), "ks.address cannot be read as `()`: field `zip` differs");
        assert!(UdtReader::check_field::<(), String>(&udt, "street").is_err());
    }

    #[test]
    fn a_value_may_have_fewer_or_more_fields_than_its_type() {
        let udt = address();
        let short = unhex("00000001 78");
        let mut fields = UdtReader::new(&udt, Some(&short)).unwrap();
        assert_eq!(fields.next_field().unwrap().unwrap().read(), Ok("x"));
        assert_eq!(fields.next_field().unwrap().unwrap().read(), Ok(None::<i32>));
        assert!(fields.next_field().unwrap().is_none());
        let long = unhex("ffffffff ffffffff 00000001 79");
        let mut fields = UdtReader::new(&udt, Some(&long)).unwrap();
        assert!(fields.next_field().unwrap().is_some());
        assert!(fields.next_field().unwrap().is_some());
        assert!(fields.next_field().unwrap().is_none());
        let cut = unhex("00000005 78");
        assert!(UdtReader::new(&udt, Some(&cut)).unwrap().next_field().is_err());
    }
}
