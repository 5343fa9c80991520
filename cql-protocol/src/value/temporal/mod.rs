//! `timestamp`, `date`, `time` and `duration` (v5 §6.21, §6.6, §6.19, §6.8): types of this crate's own.
//!
//! Each holds exactly what CQL holds, so nothing is lost or rounded on the way; conversions to the types of `std`, and
//! of chrono and time behind features, are fallible where the ranges differ.

mod calendar;
mod date;
mod duration;
mod time;
mod timestamp;

pub use date::CqlDate;
pub use duration::CqlDuration;
pub use time::CqlTime;
pub use timestamp::CqlTimestamp;

use std::fmt;

/// A number, a time or a text is outside of what the target type can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    target: &'static str,
}

impl OutOfRange {
    #[cold]
    pub(super) fn new(target: &'static str) -> Self {
        OutOfRange { target }
    }
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outside of the range of {}", self.target)
    }
}

impl std::error::Error for OutOfRange {}

/// A text is no CQL literal of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiteralError {
    expected: &'static str,
}

impl LiteralError {
    #[cold]
    pub(super) fn new(expected: &'static str) -> Self {
        LiteralError { expected }
    }
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a literal of this type: expected {}", self.expected)
    }
}

impl std::error::Error for LiteralError {}

/// Implements both directions for a type that stands for a number of its own CQL type.
macro_rules! number_of {
    ($rust:ident: $column:ident, $field:literal, $to:expr, $from:expr) => {
        impl ToCql for $rust {
            #[inline]
            fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
                match column_type {
                    ColumnType::$column => {
                        let to: fn(&Self) -> _ = $to;
                        out.extend_from_slice(&to(self).to_be_bytes());
                        Ok(Encoded::Value)
                    }
                    other => Err(ValueError::mismatch::<Self>(other)),
                }
            }

            fn natural_type(&self) -> Option<ColumnType> {
                Some(ColumnType::$column)
            }
        }

        impl<'a> FromCql<'a> for $rust {
            fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
                match column_type {
                    ColumnType::$column => Ok(()),
                    other => Err(TypeMismatch::new::<Self>(other)),
                }
            }

            #[inline]
            fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                let from: fn([u8; _]) -> Result<Self, DecodeError> = $from;
                from(fixed(bytes, $field)?)
            }
        }
    };
}
use number_of;

/// The nanoseconds that `fraction`, the digits after a decimal point, stand for. At most nine digits.
fn nanoseconds_of(fraction: &str) -> Option<u32> {
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let missing = u32::try_from(fraction.len()).ok().and_then(|digits| 9_u32.checked_sub(digits))?;
    fraction.parse::<u32>().ok()?.checked_mul(10_u32.checked_pow(missing)?)
}

/// An unsigned number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
