//! Numbers of all types, converted as Java does.

use super::floats;
use crate::engine::values::double_text;
use crate::engine::values::number::{Decimal, digits, power_of_ten};
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use num_bigint_04::{BigInt, Sign};

/// A number, whatever its type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    /// Of `tinyint` to `bigint` and `counter`.
    Whole(i64),
    Float(f32),
    Double(f64),
    Varint(BigInt),
    Decimal(Decimal),
}

/// All types of numbers.
pub(super) const NUMBERS: [ColumnType; 9] = [
    ColumnType::TinyInt,
    ColumnType::SmallInt,
    ColumnType::Int,
    ColumnType::BigInt,
    ColumnType::Float,
    ColumnType::Double,
    ColumnType::Varint,
    ColumnType::Decimal,
    ColumnType::Counter,
];

/// Longer numbers are not put together.
const MAX_DIGITS: u32 = 10_000;

pub(super) fn is_number(of: &ColumnType) -> bool {
    NUMBERS.contains(of)
}

impl Number {
    /// The number that bytes are; `None` for those that are empty or none.
    pub(super) fn read(of: &ColumnType, bytes: &[u8]) -> Option<Self> {
        Some(match of {
            // A hexadecimal constant of this type may have more bytes.
            ColumnType::TinyInt => Number::Whole(bytes.first()?.cast_signed().into()),
            ColumnType::SmallInt => Number::Whole(i16::from_be_bytes(bytes.try_into().ok()?).into()),
            ColumnType::Int => Number::Whole(i32::from_be_bytes(bytes.try_into().ok()?).into()),
            ColumnType::BigInt | ColumnType::Counter => {
                Number::Whole(i64::from_be_bytes(bytes.try_into().ok()?))
            }
            ColumnType::Float => Number::Float(f32::from_be_bytes(bytes.try_into().ok()?)),
            ColumnType::Double => Number::Double(f64::from_be_bytes(bytes.try_into().ok()?)),
            ColumnType::Varint if !bytes.is_empty() => Number::Varint(BigInt::from_signed_bytes_be(bytes)),
            ColumnType::Decimal => Number::Decimal(Decimal::read(bytes)?),
            _ => return None,
        })
    }

    /// Its bytes in a type, converted to it.
    pub(super) fn write(&self, of: &ColumnType) -> Result<Bytes, String> {
        // Smaller ones are cut from an `int`.
        let whole = || floats::low_bits(self.to_i32().into());
        Ok(match of {
            ColumnType::TinyInt => Bytes::copy_from_slice(&whole().0.to_be_bytes()),
            ColumnType::SmallInt => Bytes::copy_from_slice(&whole().1.to_be_bytes()),
            ColumnType::Int => Bytes::copy_from_slice(&self.to_i32().to_be_bytes()),
            ColumnType::Float => Bytes::copy_from_slice(&self.to_f32().to_be_bytes()),
            ColumnType::Double => Bytes::copy_from_slice(&self.to_f64().to_be_bytes()),
            ColumnType::Varint => self.to_varint()?.to_signed_bytes_be().into(),
            ColumnType::Decimal => self.to_decimal()?.to_bytes().into(),
            _ => Bytes::copy_from_slice(&self.to_i64().to_be_bytes()),
        })
    }

    /// How long it is, if that has no bounds.
    pub(super) fn bits(&self) -> u64 {
        match self {
            Number::Varint(number) => number.bits(),
            Number::Decimal(number) => number.unscaled.bits(),
            _ => 64,
        }
    }

    pub(super) fn to_i64(&self) -> i64 {
        match self {
            Number::Whole(number) => *number,
            Number::Float(number) => floats::to_i64((*number).into()),
            Number::Double(number) => floats::to_i64(*number),
            Number::Varint(number) => low_bits(number),
            Number::Decimal(number) => whole_part(number).map_or(0, |number| low_bits(&number)),
        }
    }

    /// Numbers with a point are cut to what an `int` holds, others to its bits.
    pub(super) fn to_i32(&self) -> i32 {
        match self {
            Number::Float(number) => floats::to_i32((*number).into()),
            Number::Double(number) => floats::to_i32(*number),
            other => floats::low_bits(other.to_i64()).2,
        }
    }

    pub(super) fn to_f64(&self) -> f64 {
        match self {
            Number::Whole(number) => floats::from_i64(*number),
            Number::Float(number) => (*number).into(),
            Number::Double(number) => *number,
            Number::Varint(number) => read_float(number, 0).parse().unwrap_or(f64::NAN),
            Number::Decimal(number) => read_float(&number.unscaled, number.scale).parse().unwrap_or(f64::NAN),
        }
    }

    pub(super) fn to_f32(&self) -> f32 {
        match self {
            Number::Whole(number) => floats::f32_from_i64(*number),
            Number::Float(number) => *number,
            Number::Double(number) => floats::to_f32(*number),
            Number::Varint(number) => read_float(number, 0).parse().unwrap_or(f32::NAN),
            Number::Decimal(number) => read_float(&number.unscaled, number.scale).parse().unwrap_or(f32::NAN),
        }
    }

    pub(super) fn to_varint(&self) -> Result<BigInt, String> {
        match self {
            Number::Varint(number) => Ok(number.clone()),
            Number::Decimal(number) => whole_part(number).ok_or_else(too_long),
            other => Ok(BigInt::from(other.to_i64())),
        }
    }

    pub(super) fn to_decimal(&self) -> Result<Decimal, String> {
        match self {
            Number::Whole(number) => Ok(Decimal::new(BigInt::from(*number), 0)),
            Number::Varint(number) => Ok(Decimal::new(number.clone(), 0)),
            Number::Decimal(number) => Ok(number.clone()),
            Number::Float(_) | Number::Double(_) => {
                let number = self.to_f64();
                if number.is_nan() {
                    return Err("A NaN cannot be converted into a decimal".to_owned());
                }
                Decimal::parse(&double_text(number))
                    .ok_or_else(|| "An infinite number cannot be converted into a decimal".to_owned())
            }
        }
    }
}

/// What is said of numbers that are not put together.
pub(super) fn too_long() -> String {
    format!("cql-testkit does not support numbers of more than {MAX_DIGITS} digits")
}

/// The number without what is behind the point.
fn whole_part(number: &Decimal) -> Option<BigInt> {
    let power = number.scale.unsigned_abs();
    if number.scale <= 0 {
        return (power <= MAX_DIGITS || number.unscaled.sign() == Sign::NoSign)
            .then(|| &number.unscaled * power_of_ten(power.min(MAX_DIGITS)));
    }
    // A power of more digits than the number has leaves nothing.
    if u64::from(power) > digits(&number.unscaled) {
        return Some(BigInt::from(0));
    }
    Some(&number.unscaled / power_of_ten(power))
}

/// Two decimals with the same scale.
pub(super) fn aligned(one: &Decimal, two: &Decimal) -> Result<(BigInt, BigInt, i32), String> {
    let difference = one.scale.abs_diff(two.scale);
    if difference > MAX_DIGITS {
        return Err(too_long());
    }
    let power = power_of_ten(difference);
    Ok(if one.scale < two.scale {
        (&one.unscaled * power, two.unscaled.clone(), two.scale)
    } else {
        (one.unscaled.clone(), &two.unscaled * power, one.scale)
    })
}

/// The lowest 64 bits of a number in two's complement.
fn low_bits(number: &BigInt) -> i64 {
    let low = number.iter_u64_digits().next().unwrap_or(0).cast_signed();
    if number.sign() == Sign::Minus { low.wrapping_neg() } else { low }
}

/// Digits and exponent for a parser of floating point numbers.
fn read_float(unscaled: &BigInt, scale: i32) -> String {
    format!("{unscaled}e{}", -i64::from(scale))
}
