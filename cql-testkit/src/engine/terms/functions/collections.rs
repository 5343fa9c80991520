//! Functions of collections.

use super::factory::{Maker, Parameter};
use super::numbers::Number;
use super::{Scalar, floats};
use crate::engine::problem::{self, Result};
use crate::engine::values::number::Decimal;
use crate::engine::values::parts::{self, Fields};
use crate::engine::values::{compare, number};
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use num_bigint_04::BigInt;

pub(super) fn maker(name: &str) -> Option<Maker> {
    let parameters: &'static [Parameter] = match name {
        "map_keys" | "map_values" => &[Parameter::Map],
        "collection_count" => &[Parameter::Collection],
        "collection_min" | "collection_max" => &[Parameter::SetOrList],
        "collection_sum" | "collection_avg" => &[Parameter::NumericSetOrList],
        _ => return None,
    };
    Some(Maker { parameters, make })
}

fn make(name: &str, types: &[ColumnType], _: Option<&ColumnType>) -> Result<Scalar> {
    let of = types.first().cloned().unwrap_or(ColumnType::Blob);
    Ok(match name {
        "map_keys" => part(name, of, 0),
        "map_values" => part(name, of, 1),
        "collection_count" => count(name, of),
        "collection_min" => extreme(name, of, false),
        "collection_max" => extreme(name, of, true),
        _ => total(name, of, name == "collection_avg"),
    })
}

/// Keys or values of a map.
fn part(name: &str, of: ColumnType, offset: usize) -> Scalar {
    let returns = match &of {
        ColumnType::Map(of) if offset == 0 => ColumnType::set(of.0.clone()),
        ColumnType::Map(of) => ColumnType::list(of.1.clone()),
        other => other.clone(),
    };
    Scalar::strict(name, [of], returns, move |arguments| {
        let Some(bytes) = arguments.first() else { return Ok(None) };
        let pairs = parts::split_pairs(bytes).unwrap_or_default().into_iter();
        let parts: Vec<Bytes> =
            pairs.filter_map(|(key, value)| if offset == 0 { key } else { value }).collect();
        Ok(Some(parts::join(&parts)))
    })
}

fn count(name: &str, of: ColumnType) -> Scalar {
    Scalar::strict(name, [of], ColumnType::Int, |arguments| {
        Ok(arguments.first().and_then(|bytes| bytes.get(..4)).map(Bytes::copy_from_slice))
    })
}

fn element(of: &ColumnType) -> ColumnType {
    match of {
        ColumnType::List(element) | ColumnType::Set(element) => ColumnType::clone(element),
        other => other.clone(),
    }
}

fn extreme(name: &str, of: ColumnType, is_largest: bool) -> Scalar {
    let element = element(&of);
    Scalar::strict(name, [of], element.clone(), move |arguments| {
        let Some(bytes) = arguments.first() else { return Ok(None) };
        let elements = Fields::of_collection(bytes).flatten();
        let order = |one: &&[u8], two: &&[u8]| compare(&element, one, two);
        let found = if is_largest { elements.max_by(order) } else { elements.min_by(order) };
        Ok(found.map(Bytes::copy_from_slice))
    })
}

/// The sum or, of that, the average.
fn total(name: &str, of: ColumnType, is_average: bool) -> Scalar {
    let element = element(&of);
    Scalar::strict(name, [of], element.clone(), move |arguments| {
        let Some(bytes) = arguments.first() else { return Ok(None) };
        let numbers: Vec<Number> = Fields::of_collection(bytes)
            .flatten()
            .filter_map(|bytes| Number::read(&element, bytes))
            .collect();
        let number = sum(&element, &numbers, is_average).map_err(problem::invalid)?;
        number.write(&element).map(Some).map_err(problem::invalid)
    })
}

/// The sum or average of numbers of a type; 0 of none.
pub(super) fn sum(
    of: &ColumnType,
    numbers: &[Number],
    is_average: bool,
) -> std::result::Result<Number, String> {
    let count = i64::try_from(numbers.len()).unwrap_or(i64::MAX).max(1);
    Ok(match of {
        ColumnType::Float | ColumnType::Double => {
            let sum = compensated(numbers.iter().map(Number::to_f64));
            Number::Double(if is_average { sum / floats::from_i64(count) } else { sum })
        }
        ColumnType::Decimal => {
            let mut sum = Decimal::new(BigInt::from(0), 0);
            for (number, count) in numbers.iter().zip(1_u64..) {
                let (so_far, number, scale) = super::numbers::aligned(&sum, &number.to_decimal()?)?;
                // A server rounds the average with each number.
                let added = match is_average {
                    true => number::half_even(&(number - &so_far), &BigInt::from(count)),
                    false => number,
                };
                sum = Decimal::new(so_far + added, scale);
            }
            Number::Decimal(sum)
        }
        _ => {
            let mut sum = BigInt::from(0);
            for number in numbers {
                sum += number.to_varint()?;
            }
            Number::Varint(if is_average { sum / BigInt::from(count) } else { sum })
        }
    })
}

/// Kahan's sum, which loses little to rounding.
fn compensated(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost, mut simple) = (0.0_f64, 0.0_f64, 0.0_f64);
    for number in numbers {
        simple += number;
        let next = number - lost;
        let total = sum + next;
        lost = (total - sum) - next;
        sum = total;
    }
    // Infinite ones leave nothing to compensate.
    if sum.is_nan() && simple.is_infinite() { simple } else { sum }
}
