//! `tinyint`, `smallint`, `int`, `bigint`, `counter` and `boolean` (v5 §6).

use super::decode::{FromCql, TypeMismatch, fixed};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::DecodeError;
use crate::types::ColumnType;

/// Implements both directions for a type that is the big-endian bytes of its number.
macro_rules! fixed_number {
    ($rust:ty: $natural:ident $(| $other:ident)*, $field:literal) => {
        impl ToCql for $rust {
            #[inline]
            fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
                match column_type {
                    ColumnType::$natural $(| ColumnType::$other)* => {
                        out.extend_from_slice(&self.to_be_bytes());
                        Ok(Encoded::Value)
                    }
                    other => Err(ValueError::mismatch::<Self>(other)),
                }
            }

            fn natural_type(&self) -> Option<ColumnType> {
                Some(ColumnType::$natural)
            }
        }

        impl<'a> FromCql<'a> for $rust {
            fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
                match column_type {
                    ColumnType::$natural $(| ColumnType::$other)* => Ok(()),
                    other => Err(TypeMismatch::new::<Self>(other)),
                }
            }

            #[inline]
            fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                Ok(<$rust>::from_be_bytes(fixed(bytes, $field)?))
            }
        }
    };
}
pub(super) use fixed_number;

fixed_number!(i8: TinyInt, "tinyint");
fixed_number!(i16: SmallInt, "smallint");
fixed_number!(i32: Int, "int");
fixed_number!(i64: BigInt | Counter, "bigint");

/// A `counter`: what a counter column holds, or how much to add to it.
///
/// `i64` does for prepared statements; this type refuses every other column, and is read from counters only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a name for one number")]
pub struct Counter(pub i64);

impl ToCql for Counter {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Counter => self.0.to_cql(column_type, out),
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Counter)
    }
}

impl<'a> FromCql<'a> for Counter {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Counter => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    #[inline]
    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        i64::from_cql(column_type, bytes).map(Counter)
    }
}

impl ToCql for bool {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Boolean => {
                out.push(u8::from(*self));
                Ok(Encoded::Value)
            }
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Boolean)
    }
}

impl<'a> FromCql<'a> for bool {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Boolean => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    /// Any byte but 0 is true.
    #[inline]
    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let [byte] = fixed(bytes, "boolean")?;
        Ok(byte != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, encoded, refused};

    #[test]
    fn integers_are_big_endian_and_strict() {
        both_ways(&-2_i8, &ColumnType::TinyInt, "fe");
        both_ways(&-2_i16, &ColumnType::SmallInt, "fffe");
        both_ways(&1_i32, &ColumnType::Int, "00000001");
        both_ways(&i64::MIN, &ColumnType::BigInt, "8000000000000000");
        both_ways(&7_i64, &ColumnType::Counter, "0000000000000007");
        both_ways(&Counter(-7), &ColumnType::Counter, "fffffffffffffff9");
        refused::<i32>(&1, &ColumnType::BigInt, "`i32` cannot be written as bigint");
        refused::<Counter>(&Counter(1), &ColumnType::BigInt, "`Counter` cannot be written as bigint");
        refused::<i64>(&1, &ColumnType::Timestamp, "`i64` cannot be written as timestamp");
    }

    #[test]
    fn any_byte_but_zero_is_true() {
        both_ways(&true, &ColumnType::Boolean, "01");
        both_ways(&false, &ColumnType::Boolean, "00");
        assert_eq!(bool::from_cql(&ColumnType::Boolean, Some(&[0x80])), Ok(true));
        assert_eq!(encoded(&true, &ColumnType::Boolean), [1]);
    }

    #[test]
    fn a_wrong_size_names_both_sizes() {
        let error = i32::from_cql(&ColumnType::Int, Some(&[1, 2])).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode int at byte 0: expected 4 bytes, found 2");
    }
}
