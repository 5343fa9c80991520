//! `+ - * / %` and the unary minus.

use super::numbers::{NUMBERS, Number, aligned, is_number, too_long};
use super::{Operator, Scalar};
use crate::engine::problem;
use crate::engine::values;
use crate::engine::values::number::{Decimal, digits, power_of_ten};
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use cql_protocol::value::CqlDuration;
use num_bigint_04::{BigInt, Sign};

/// The function behind the unary minus.
pub(crate) const NEGATION: &str = "_negate";

/// The bits that a result may have: some 10,000 digits.
const MAX_BITS: u64 = 34_000;

const OPERATORS: [(Operator, &str); 5] = [
    (Operator::Add, "_add"),
    (Operator::Subtract, "_substract"),
    (Operator::Multiply, "_multiply"),
    (Operator::Divide, "_divide"),
    (Operator::Remainder, "_modulo"),
];

/// The function behind an operator.
pub(crate) fn function_of(operator: Operator) -> &'static str {
    OPERATORS.iter().find(|(of, _)| *of == operator).map_or("", |(_, name)| name)
}

pub(super) fn operator_of(name: &str) -> Option<Operator> {
    OPERATORS.iter().find(|(_, of)| *of == name).map(|(operator, _)| *operator)
}

pub(super) fn find(name: &str) -> Vec<Scalar> {
    if name == NEGATION {
        return NUMBERS.iter().filter_map(negation).collect();
    }
    let Some(operator) = operator_of(name) else { return Vec::new() };
    let mut found = Vec::new();
    for left in &NUMBERS {
        found.extend(NUMBERS.iter().filter_map(|right| arithmetic(operator, left, right)));
    }
    let others = [
        (ColumnType::Text, ColumnType::Text),
        (ColumnType::Ascii, ColumnType::Ascii),
        (ColumnType::Ascii, ColumnType::Text),
        (ColumnType::Text, ColumnType::Ascii),
        (ColumnType::Timestamp, ColumnType::Duration),
        (ColumnType::Date, ColumnType::Duration),
    ];
    found.extend(others.iter().filter_map(|(left, right)| arithmetic(operator, left, right)));
    found
}

/// What is calculated with two types, if anything is.
pub(crate) fn arithmetic(operator: Operator, left: &ColumnType, right: &ColumnType) -> Option<Scalar> {
    let (name, types) = (function_of(operator), [left.clone(), right.clone()]);
    let is_text = |of: &ColumnType| matches!(of, ColumnType::Text | ColumnType::Ascii);
    let is_sum = matches!(operator, Operator::Add | Operator::Subtract);
    if is_number(left) && is_number(right) {
        let returns = result_of(left, right);
        let (of, into) = (types.clone(), returns.clone());
        return Some(Scalar::strict(name, types, returns, move |arguments| {
            calculate(operator, &of, &into, arguments).map_err(|error| failure(operator, &of, &error))
        }));
    }
    if is_text(left) && is_text(right) && operator == Operator::Add {
        let is_ascii = *left == ColumnType::Ascii && *right == ColumnType::Ascii;
        let returns = if is_ascii { ColumnType::Ascii } else { ColumnType::Text };
        return Some(Scalar::strict(name, types, returns, |arguments| Ok(Some(arguments.concat().into()))));
    }
    if matches!(left, ColumnType::Timestamp | ColumnType::Date) && *right == ColumnType::Duration && is_sum {
        let (of, returns) = (types.clone(), left.clone());
        return Some(Scalar::strict(name, types, returns, move |arguments| {
            let [time, duration] = arguments else { return Ok(None) };
            shift(operator, &of[0], time, duration).map_err(|error| failure(operator, &of, &error))
        }));
    }
    None
}

/// The unary minus of a type of numbers.
pub(crate) fn negation(of: &ColumnType) -> Option<Scalar> {
    if !is_number(of) {
        return None;
    }
    let (types, of) = ([of.clone()], of.clone());
    Some(Scalar::strict(NEGATION, types, of.clone(), move |arguments| {
        let Some(number) = arguments.first().and_then(|bytes| Number::read(&of, bytes)) else {
            return Ok(None);
        };
        let negative = match number {
            Number::Whole(number) => Number::Whole(number.wrapping_neg()),
            Number::Float(number) => Number::Float(-number),
            Number::Double(number) => Number::Double(-number),
            Number::Varint(number) => Number::Varint(-number),
            Number::Decimal(number) => Number::Decimal(Decimal::new(-number.unscaled, number.scale)),
        };
        negative.write(&of).map(Some).map_err(problem::invalid)
    }))
}

fn failure(operator: Operator, types: &[ColumnType; 2], error: &str) -> cql_protocol::response::ServerError {
    let [left, right] = types.each_ref().map(|of| values::type_name(of, false));
    let symbol = crate::engine::terms::text::symbol(operator);
    let message = format!("the operation '{left} {symbol} {right}' failed: {error}");
    problem::function_failure(function_of(operator), types, message)
}

/// The type of a result: with a point if one has one, and as large as the larger.
fn result_of(left: &ColumnType, right: &ColumnType) -> ColumnType {
    let size = |of: &ColumnType| match of {
        ColumnType::TinyInt => 1,
        ColumnType::SmallInt => 2,
        ColumnType::Int | ColumnType::Float => 4,
        ColumnType::BigInt | ColumnType::Double | ColumnType::Counter => 8,
        _ => 16,
    };
    let has_point =
        |of: &ColumnType| matches!(of, ColumnType::Float | ColumnType::Double | ColumnType::Decimal);
    match (has_point(left) || has_point(right), size(left).max(size(right))) {
        (true, ..=4) => ColumnType::Float,
        (true, 8) => ColumnType::Double,
        (true, _) => ColumnType::Decimal,
        (false, 1) => ColumnType::TinyInt,
        (false, 2) => ColumnType::SmallInt,
        (false, 4) => ColumnType::Int,
        (false, 8) => ColumnType::BigInt,
        (false, _) => ColumnType::Varint,
    }
}

fn calculate(
    operator: Operator,
    types: &[ColumnType; 2],
    into: &ColumnType,
    arguments: &[Bytes],
) -> Result<Option<Bytes>, String> {
    let [left, right] = arguments else { return Ok(None) };
    let (Some(left), Some(right)) = (Number::read(&types[0], left), Number::read(&types[1], right)) else {
        return Ok(None);
    };
    // What is multiplied again and again grows without bounds.
    if left.bits() + right.bits() > MAX_BITS {
        return Err(too_long());
    }
    let result = match into {
        ColumnType::Float => Number::Float(floats_of(operator, left.to_f32(), right.to_f32())),
        ColumnType::Double => Number::Double(floats_of(operator, left.to_f64(), right.to_f64())),
        ColumnType::Varint => Number::Varint(varints(operator, &left.to_varint()?, &right.to_varint()?)?),
        ColumnType::Decimal => Number::Decimal(decimals(operator, &operand(&left)?, &operand(&right)?)?),
        _ => Number::Whole(wholes(operator, left.to_i64(), right.to_i64())?),
    };
    result.write(into).map(Some)
}

fn wholes(operator: Operator, left: i64, right: i64) -> Result<i64, String> {
    Ok(match operator {
        Operator::Add => left.wrapping_add(right),
        Operator::Subtract => left.wrapping_sub(right),
        Operator::Multiply => left.wrapping_mul(right),
        Operator::Divide | Operator::Remainder if right == 0 => return Err("/ by zero".to_owned()),
        Operator::Divide => left.wrapping_div(right),
        Operator::Remainder => left.wrapping_rem(right),
    })
}

fn floats_of<F>(operator: Operator, left: F, right: F) -> F
where
    F: std::ops::Add<Output = F>
        + std::ops::Sub<Output = F>
        + std::ops::Mul<Output = F>
        + std::ops::Div<Output = F>
        + std::ops::Rem<Output = F>,
{
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    }
}

fn varints(operator: Operator, left: &BigInt, right: &BigInt) -> Result<BigInt, String> {
    let is_zero = right.sign() == Sign::NoSign;
    Ok(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide | Operator::Remainder if is_zero => {
            return Err("BigInteger divide by zero".to_owned());
        }
        Operator::Divide => left / right,
        Operator::Remainder => left % right,
    })
}

/// A whole number becomes a decimal by way of a double in the server, which gives it a digit behind the point.
fn operand(number: &Number) -> Result<Decimal, String> {
    match number {
        Number::Whole(_) => Number::Double(number.to_f64()).to_decimal(),
        other => other.to_decimal(),
    }
}

fn decimals(operator: Operator, left: &Decimal, right: &Decimal) -> Result<Decimal, String> {
    match operator {
        Operator::Add => aligned(left, right).map(|(left, right, scale)| Decimal::new(left + right, scale)),
        Operator::Subtract => {
            aligned(left, right).map(|(left, right, scale)| Decimal::new(left - right, scale))
        }
        Operator::Multiply => match left.scale.checked_add(right.scale) {
            Some(scale) => Ok(Decimal::new(&left.unscaled * &right.unscaled, scale)),
            None => Err("Overflow".to_owned()),
        },
        Operator::Divide => divide(left, right),
        Operator::Remainder if right.unscaled.sign() == Sign::NoSign => Err("Division by zero".to_owned()),
        Operator::Remainder => remainder(left, right),
    }
}

/// With as few digits behind the point as the quotient, whose zeros at the end do not count, leaves.
fn remainder(left: &Decimal, right: &Decimal) -> Result<Decimal, String> {
    let (of, by, mut scale) = aligned(left, right)?;
    let mut quotient = &of / &by;
    if quotient.sign() == Sign::NoSign {
        return Ok(left.clone());
    }
    let mut rest = of % by;
    let ten = BigInt::from(10);
    while scale > left.scale && (&quotient % &ten).sign() == Sign::NoSign {
        quotient /= &ten;
        rest /= &ten;
        scale -= 1;
    }
    Ok(Decimal::new(rest, scale))
}

/// At least 32 significant digits and 32 behind the point, but no more than 1000 of these.
pub(super) fn divide(left: &Decimal, right: &Decimal) -> Result<Decimal, String> {
    if right.unscaled.sign() == Sign::NoSign {
        return Err("BigInteger divide by zero".to_owned());
    }
    let precision = |number: &Decimal| i64::try_from(digits(&number.unscaled)).unwrap_or(i64::MAX);
    let magnitude = |number: &Decimal| precision(number) - i64::from(number.scale);
    let scale = (32 - (magnitude(left) - magnitude(right)))
        .max(left.scale.into())
        .max(right.scale.into())
        .clamp(32, 1000);
    // left / right at that scale: left · 10^(scale - left.scale + right.scale) / right, of whole numbers.
    let shift = scale - i64::from(left.scale) + i64::from(right.scale);
    let power = u32::try_from(shift.unsigned_abs()).ok().filter(|power| *power <= 20_000);
    let power = power_of_ten(power.ok_or_else(too_long)?);
    let (above, below) = if shift >= 0 {
        (&left.unscaled * power, right.unscaled.clone())
    } else {
        (left.unscaled.clone(), &right.unscaled * power)
    };
    let quotient = half_up(&above, &below);
    let scale = i32::try_from(scale).unwrap_or(1000);
    Ok(without_zeros(Decimal::new(quotient, scale)))
}

/// The nearest whole number to a quotient; halves go away from zero.
pub(super) fn half_up(above: &BigInt, below: &BigInt) -> BigInt {
    let (quotient, rest) = (above / below, above % below);
    let doubled = rest.magnitude() * 2_u32;
    if doubled < *below.magnitude() {
        return quotient;
    }
    let is_negative = (above.sign() == Sign::Minus) != (below.sign() == Sign::Minus);
    if is_negative { quotient - 1 } else { quotient + 1 }
}

/// Without zeros at the end, those before the point among them.
fn without_zeros(mut number: Decimal) -> Decimal {
    if number.unscaled.sign() == Sign::NoSign {
        return Decimal::new(BigInt::from(0), 0);
    }
    let ten = BigInt::from(10);
    while (&number.unscaled % &ten).sign() == Sign::NoSign {
        let Some(scale) = number.scale.checked_sub(1) else { break };
        number = Decimal::new(&number.unscaled / &ten, scale);
    }
    number
}

/// A `timestamp` or `date` and a `duration`.
fn shift(
    operator: Operator,
    of: &ColumnType,
    time: &Bytes,
    duration: &Bytes,
) -> Result<Option<Bytes>, String> {
    use cql_protocol::value::FromCql as _;
    let Ok(duration) = CqlDuration::from_cql(&ColumnType::Duration, Some(duration)) else { return Ok(None) };
    let sign = if operator == Operator::Subtract { -1 } else { 1 };
    let months = sign * i64::from(duration.months());
    let days = sign * i64::from(duration.days());
    let nanoseconds = duration.nanoseconds();
    if *of == ColumnType::Date {
        let Some(day) = time.as_ref().try_into().ok().map(u32::from_be_bytes) else { return Ok(None) };
        if nanoseconds != 0 {
            let shown = duration.to_string();
            return Err(format!("The duration must have a day precision. Was: {shown}"));
        }
        let day = i64::from((day ^ 0x8000_0000).cast_signed());
        let day = values::add_months(day, months).and_then(|day| day.checked_add(days));
        let day = day.and_then(|day| i32::try_from(day).ok()).ok_or("the date is out of range")?;
        return Ok(Some(Bytes::copy_from_slice(&(day.cast_unsigned() ^ 0x8000_0000).to_be_bytes())));
    }
    let Some(time) = time.as_ref().try_into().ok().map(i64::from_be_bytes) else { return Ok(None) };
    if nanoseconds % 1_000_000 != 0 {
        let shown = duration.to_string();
        return Err(format!("The duration must have a millisecond precision. Was: {shown}"));
    }
    let (day, in_day) = (time.div_euclid(86_400_000), time.rem_euclid(86_400_000));
    let day = values::add_months(day, months).and_then(|day| day.checked_add(days));
    let time = day
        .and_then(|day| day.checked_mul(86_400_000)?.checked_add(in_day))
        .and_then(|time| time.checked_add(sign * (nanoseconds / 1_000_000)))
        .ok_or("the timestamp is out of range")?;
    Ok(Some(Bytes::copy_from_slice(&time.to_be_bytes())))
}
