//! `CAST(x AS type)`.

use super::numbers::{NUMBERS, Number, is_number};
use super::{Scalar, time};
use crate::engine::problem;
use crate::engine::values;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// By the name of the function behind.
pub(super) fn find(name: &str) -> Vec<Scalar> {
    name.strip_prefix("cast_as_").and_then(values::native_type).map(|to| all(&to)).unwrap_or_default()
}

fn all(to: &ColumnType) -> Vec<Scalar> {
    let name = format!("cast_as_{to}");
    match to {
        ColumnType::Text | ColumnType::Ascii => {
            let others = [
                ColumnType::Boolean,
                ColumnType::Timestamp,
                ColumnType::Date,
                ColumnType::Time,
                ColumnType::TimeUuid,
                ColumnType::Uuid,
                ColumnType::Inet,
            ];
            let mut found: Vec<Scalar> =
                NUMBERS.iter().chain(&others).map(|from| to_text(&name, from, to)).collect();
            if *to == ColumnType::Text {
                found.push(to_text(&name, &ColumnType::Ascii, to));
            }
            found
        }
        ColumnType::Date => [ColumnType::TimeUuid, ColumnType::Timestamp]
            .iter()
            .map(|from| time::conversion(&name, from, to))
            .collect(),
        ColumnType::Timestamp => [ColumnType::TimeUuid, ColumnType::Date]
            .iter()
            .map(|from| time::conversion(&name, from, to))
            .collect(),
        to if is_number(to) && *to != ColumnType::Counter => {
            NUMBERS.iter().filter(|from| *from != to).map(|from| to_number(&name, from, to)).collect()
        }
        _ => Vec::new(),
    }
}

fn to_text(name: &str, from: &ColumnType, to: &ColumnType) -> Scalar {
    let of = from.clone();
    Scalar::strict(name, [from.clone()], to.clone(), move |arguments| {
        Ok(arguments.first().map(|bytes| Bytes::from(values::to_text(&of, bytes))))
    })
}

fn to_number(name: &str, from: &ColumnType, to: &ColumnType) -> Scalar {
    let (of, into) = (from.clone(), to.clone());
    Scalar::strict(name, [from.clone()], to.clone(), move |arguments| {
        let number = match arguments.first().and_then(|bytes| Number::read(&of, bytes)) {
            Some(number) => number,
            None => return Ok(None),
        };
        // A `float` becomes what it is printed as, not what it is to more digits.
        let number = match number {
            Number::Float(float) if into == ColumnType::Decimal && float.is_finite() => {
                values::number::Decimal::parse(&values::float_text(float)).map_or(number, Number::Decimal)
            }
            number => number,
        };
        number.write(&into).map(Some).map_err(|error| {
            problem::function_failure(&format!("cast_as_{into}"), std::slice::from_ref(&of), error)
        })
    })
}
