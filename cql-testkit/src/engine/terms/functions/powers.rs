//! Exponential function and logarithms of decimals, to as many digits as a server gives.

use super::arithmetic::half_up;
use crate::engine::values::number::{Decimal, digits, half_even, power_of_ten};
use num_bigint_04::{BigInt, Sign};

/// A result has as many digits as the argument, but no fewer than these …
const LEAST: u64 = 32;
/// … and no more than these here.
const MOST: u64 = 200;

type Calculated = Result<Decimal, String>;

/// A number of whole units of 10^-digits.
struct Fixed {
    units: BigInt,
    digits: u32,
}

pub(super) fn exp(number: &Decimal) -> Calculated {
    if number.unscaled.sign() == Sign::NoSign {
        return Ok(Decimal::new(BigInt::from(1), 0));
    }
    let precision = precision(number);
    let spare = precision + 60;
    let fixed = fixed(number, spare).filter(|fixed| {
        // e^20000 has some 8700 digits: beyond that there is no sense in it.
        *fixed.units.magnitude() < *(power_of_ten(spare) * 20_000_u32).magnitude()
    });
    let fixed = fixed.ok_or("cql-testkit does not support so large an exponent")?;
    Ok(rounded(exp_of(&fixed), precision))
}

pub(super) fn ln(number: &Decimal) -> Calculated {
    if number.unscaled.sign() != Sign::Plus {
        return Err("Natural log of number zero or less".to_owned());
    }
    let precision = precision(number);
    Ok(rounded(ln_of(number, precision + 60), precision))
}

pub(super) fn log10(number: &Decimal) -> Calculated {
    if number.unscaled.sign() != Sign::Plus {
        return Err("Log10 of number zero or less".to_owned());
    }
    let precision = precision(number);
    let spare = precision + 60;
    let (above, below) = (ln_of(number, spare), ln_of(&Decimal::new(BigInt::from(10), 0), spare));
    let units = (above.units * power_of_ten(spare)) / below.units;
    Ok(rounded(Fixed { units, digits: spare }, precision))
}

fn precision(number: &Decimal) -> u32 {
    u32::try_from(digits(&number.unscaled).clamp(LEAST, MOST)).unwrap_or(32)
}

fn fixed(number: &Decimal, digits: u32) -> Option<Fixed> {
    let shift = i64::from(digits) - i64::from(number.scale);
    let power = u32::try_from(shift.unsigned_abs()).ok().filter(|power| *power <= 10_000)?;
    let units = match shift {
        0.. => &number.unscaled * power_of_ten(power),
        _ => &number.unscaled / power_of_ten(power),
    };
    Some(Fixed { units, digits })
}

/// e^x = (e^(x / 2^k))^(2^k), the inner one by its series.
fn exp_of(number: &Fixed) -> Fixed {
    let one = power_of_ten(number.digits);
    let halvings = 16;
    let small = &number.units / (BigInt::from(1) << halvings);
    let (mut sum, mut term) = (one.clone(), one.clone());
    for at in 1_u32..10_000 {
        term = &term * &small / &one / at;
        if term.sign() == Sign::NoSign {
            break;
        }
        sum += &term;
    }
    for _ in 0..halvings {
        sum = &sum * &sum / &one;
    }
    Fixed { units: sum, digits: number.digits }
}

/// ln(m · 10^k) = ln(m) + k · ln(10), the first by Newton's method.
fn ln_of(number: &Decimal, spare: u32) -> Fixed {
    let magnitude = i64::try_from(digits(&number.unscaled)).unwrap_or(i64::MAX) - 1 - i64::from(number.scale);
    let scale = i32::try_from(i64::from(number.scale) + magnitude).unwrap_or(0);
    let between_one_and_ten = Decimal::new(number.unscaled.clone(), scale);
    let ten = Decimal::new(BigInt::from(10), 0);
    let units = newton(&between_one_and_ten, spare)
        + if magnitude == 0 { BigInt::from(0) } else { newton(&ten, spare) * magnitude };
    Fixed { units, digits: spare }
}

fn newton(number: &Decimal, spare: u32) -> BigInt {
    let Some(target) = fixed(number, spare) else { return BigInt::from(0) };
    let one = power_of_ten(spare);
    let mut guess = one.clone();
    for _ in 0..200 {
        // y + 2 · (x - e^y) / (x + e^y)
        let power = exp_of(&Fixed { units: guess.clone(), digits: spare }).units;
        let step = BigInt::from(2) * (&target.units - &power) * &one / (&target.units + &power);
        guess += &step;
        if step.magnitude().bits() <= 16 {
            break;
        }
    }
    guess
}

/// To so many digits; halves go to the even neighbour.
fn rounded(number: Fixed, precision: u32) -> Decimal {
    let scale = i32::try_from(number.digits).unwrap_or(i32::MAX);
    let extra = digits(&number.units).saturating_sub(precision.into());
    let Ok(extra) = u32::try_from(extra) else { return Decimal::new(number.units, scale) };
    let units = half_even(&number.units, &power_of_ten(extra));
    let scale = scale.saturating_sub(i32::try_from(extra).unwrap_or(i32::MAX));
    if units.sign() == Sign::NoSign {
        return Decimal::new(half_up(&units, &BigInt::from(1)), 0);
    }
    Decimal::new(units, scale)
}
