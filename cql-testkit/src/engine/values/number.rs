//! `varint` and `decimal` as numbers.

use cql_protocol::value::{CqlDecimal, CqlVarint};
use num_bigint_04::{BigInt, Sign};
use std::cmp::Ordering;
use std::fmt;

/// A number of `unscaled · 10^-scale`. Its sums, products and texts are those of Java's `BigDecimal`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decimal {
    pub(crate) unscaled: BigInt,
    pub(crate) scale: i32,
}

/// Two's complement bytes that need not be as few as can be.
pub(crate) fn compare_varints(one: &[u8], two: &[u8]) -> Ordering {
    let (is_negative_one, one) = without_sign_bytes(one);
    let (is_negative_two, two) = without_sign_bytes(two);
    match (is_negative_one, is_negative_two) {
        (false, false) => one.len().cmp(&two.len()).then_with(|| one.cmp(two)),
        // Longer negative ones are smaller.
        (true, true) => two.len().cmp(&one.len()).then_with(|| one.cmp(two)),
        (one, two) => two.cmp(&one),
    }
}

/// Whether it is negative, and its bytes without those that only repeat the sign.
fn without_sign_bytes(bytes: &[u8]) -> (bool, &[u8]) {
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let sign = if is_negative { 0xFF } else { 0 };
    let leading = bytes.iter().take_while(|byte| **byte == sign).count();
    (is_negative, bytes.get(leading..).unwrap_or_default())
}

/// 10 to that power.
pub(crate) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// How many decimal digits a number has; 1 for 0.
pub(crate) fn digits(number: &BigInt) -> u64 {
    let bits = number.bits();
    if bits == 0 {
        return 1;
    }
    // log10(2) = 0.30103: the estimate is right or one too few, for all numbers that fit into memory here.
    let estimate = (u128::from(bits - 1) * 3_010_299_956 / 10_000_000_000) + 1;
    let estimate = u64::try_from(estimate).unwrap_or(u64::MAX);
    let power = power_of_ten(u32::try_from(estimate).unwrap_or(u32::MAX));
    if *number.magnitude() >= *power.magnitude() { estimate + 1 } else { estimate }
}

/// The nearest whole number to a quotient by a positive number; halves go to the even one.
pub(crate) fn half_even(above: &BigInt, below: &BigInt) -> BigInt {
    let (quotient, rest) = (above / below, above % below);
    let doubled = rest.magnitude() * 2_u32;
    let is_up = match doubled.cmp(below.magnitude()) {
        Ordering::Less => false,
        Ordering::Equal => quotient.bit(0),
        Ordering::Greater => true,
    };
    match (is_up, above.sign()) {
        (false, _) => quotient,
        (true, Sign::Minus) => quotient - 1,
        (true, _) => quotient + 1,
    }
}

impl Decimal {
    pub(crate) fn new(unscaled: BigInt, scale: i32) -> Self {
        Decimal { unscaled, scale }
    }

    /// Digits with an optional sign, point and exponent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parsed = text.parse::<CqlDecimal>().ok()?;
        let unscaled = BigInt::from_signed_bytes_be(parsed.unscaled().as_be_bytes());
        Some(Decimal { unscaled, scale: parsed.scale() })
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (scale, unscaled) = bytes.split_first_chunk()?;
        let scale = i32::from_be_bytes(*scale);
        Some(Decimal { unscaled: BigInt::from_signed_bytes_be(unscaled), scale })
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.scale.to_be_bytes().to_vec();
        bytes.extend(self.unscaled.to_signed_bytes_be());
        bytes
    }

    /// By value: 1.0 and 1.00 are equal.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        if self.scale == other.scale {
            return self.unscaled.cmp(&other.unscaled);
        }
        let signs = sign(&self.unscaled).cmp(&sign(&other.unscaled));
        if signs.is_ne() || self.unscaled.sign() == Sign::NoSign {
            return signs;
        }
        let magnitude = |number: &Self| i128::from(digits(&number.unscaled)) - i128::from(number.scale);
        let magnitudes = magnitude(self).cmp(&magnitude(other));
        if magnitudes.is_ne() {
            return if sign(&self.unscaled) < 0 { magnitudes.reverse() } else { magnitudes };
        }
        // They have the same magnitude, so the difference of their scales is one of their digits.
        let difference = self.scale.abs_diff(other.scale);
        if self.scale < other.scale {
            (&self.unscaled * power_of_ten(difference)).cmp(&other.unscaled)
        } else {
            self.unscaled.cmp(&(&other.unscaled * power_of_ten(difference)))
        }
    }
}

impl fmt::Display for Decimal {
    /// Plain digits where that is short, otherwise with an exponent, as Java's `BigDecimal` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let varint = CqlVarint::from_be_bytes(&self.unscaled.to_signed_bytes_be());
        CqlDecimal::new(self.scale, varint).fmt(f)
    }
}

fn sign(number: &BigInt) -> i8 {
    match number.sign() {
        Sign::Minus => -1,
        Sign::NoSign => 0,
        Sign::Plus => 1,
    }
}
