//! `abs`, `exp`, `log`, `log10` and `round`.

use super::Scalar;
use super::arithmetic::half_up;
use super::numbers::{NUMBERS, Number};
use super::powers::{exp, ln, log10};
use crate::engine::problem::{self, Result};
use crate::engine::values::number::{Decimal, power_of_ten};
use cql_protocol::types::ColumnType;
use num_bigint_04::{BigInt, Sign};

pub(super) fn find(name: &str) -> Vec<Scalar> {
    let of: fn(&Number, &ColumnType) -> Result<Number> = match name {
        "abs" => |number, _| Ok(abs(number)),
        "exp" => |number, of| by_points(number, of, f64::exp, exp),
        "log" => |number, of| by_points(number, of, f64::ln, ln),
        "log10" => |number, of| by_points(number, of, f64::log10, log10),
        "round" => |number, _| round(number),
        _ => return Vec::new(),
    };
    let function = |column_type: &ColumnType| {
        let element = column_type.clone();
        Scalar::strict(name, [element.clone()], element.clone(), move |arguments| {
            match arguments.first().and_then(|bytes| Number::read(&element, bytes)) {
                Some(number) => of(&number, &element)?.write(&element).map(Some).map_err(problem::invalid),
                None => Ok(None),
            }
        })
    };
    NUMBERS.iter().map(function).collect()
}

fn abs(number: &Number) -> Number {
    let abs = |number: &BigInt| BigInt::from(number.magnitude().clone());
    match number {
        Number::Whole(number) => Number::Whole(number.wrapping_abs()),
        // What is no number keeps its sign.
        Number::Float(number) if !number.is_nan() => Number::Float(number.abs()),
        Number::Double(number) if !number.is_nan() => Number::Double(number.abs()),
        Number::Float(_) | Number::Double(_) => number.clone(),
        Number::Varint(number) => Number::Varint(abs(number)),
        Number::Decimal(number) => Number::Decimal(Decimal::new(abs(&number.unscaled), number.scale)),
    }
}

/// A function of numbers with points; whole ones lose what is behind it.
fn by_points(
    number: &Number,
    of: &ColumnType,
    double: fn(f64) -> f64,
    decimal: fn(&Decimal) -> std::result::Result<Decimal, String>,
) -> Result<Number> {
    match of {
        ColumnType::Varint | ColumnType::Decimal => number
            .to_decimal()
            .and_then(|number| decimal(&number))
            .map(Number::Decimal)
            .map_err(|error| problem::server(format!("java.lang.ArithmeticException: {error}"))),
        _ => Ok(Number::Double(double(number.to_f64()))),
    }
}

/// The nearest whole number. Halves go up where the number is of limited size, and away from zero where it is not.
fn round(number: &Number) -> Result<Number> {
    Ok(match number {
        Number::Whole(_) | Number::Varint(_) => number.clone(),
        Number::Float(number) => {
            let rounded = Number::Double((f64::from(*number) + 0.5).floor());
            Number::Whole(rounded.to_i32().into())
        }
        Number::Double(number) => Number::Whole(Number::Double((number + 0.5).floor()).to_i64()),
        Number::Decimal(number) if number.scale <= 0 => Number::Decimal(Decimal::new(
            Number::Decimal(number.clone()).to_varint().map_err(problem::invalid)?,
            0,
        )),
        Number::Decimal(number) => {
            let digits = crate::engine::values::number::digits(&number.unscaled);
            let scale = number.scale.unsigned_abs();
            // So small that nothing is left.
            if number.unscaled.sign() == Sign::NoSign || u64::from(scale) > digits {
                return Ok(Number::Decimal(Decimal::new(BigInt::from(0), 0)));
            }
            Number::Decimal(Decimal::new(half_up(&number.unscaled, &power_of_ten(scale)), 0))
        }
    })
}
