//! `decimal` (v5 §6.7): a scale and an unscaled `varint`.

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::encode::{Encoded, ToCql, ValueError};
use super::temporal::LiteralError;
use super::varint::CqlVarint;
use crate::error::DecodeError;
use crate::types::ColumnType;
use std::fmt;
use std::str::FromStr;

/// A `decimal`: `unscaled · 10^-scale`, exactly. As in the server, 1.0 and 1.00 are different.
///
/// ```
/// use cql_protocol::value::CqlDecimal;
///
/// let price: CqlDecimal = "19.90".parse()?;
/// assert_eq!(price, CqlDecimal::new(2, 1990_i64));
/// assert_eq!(price.to_string(), "19.90");
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct CqlDecimal {
    scale: i32,
    unscaled: CqlVarint,
}

impl CqlDecimal {
    /// `unscaled · 10^-scale`.
    #[must_use]
    pub fn new(scale: i32, unscaled: impl Into<CqlVarint>) -> Self {
        CqlDecimal { scale, unscaled: unscaled.into() }
    }

    /// The number of digits after the decimal point; negative for trailing zeros that are not stored.
    #[must_use]
    pub fn scale(&self) -> i32 {
        self.scale
    }

    /// The digits without a decimal point.
    #[must_use]
    pub fn unscaled(&self) -> &CqlVarint {
        &self.unscaled
    }
}

impl ToCql for CqlDecimal {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Decimal => {
                out.extend_from_slice(&self.scale.to_be_bytes());
                out.extend_from_slice(self.unscaled.as_be_bytes());
                Ok(Encoded::Value)
            }
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Decimal)
    }
}

impl<'a> FromCql<'a> for CqlDecimal {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Decimal => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match not_null(bytes, "decimal")?.split_first_chunk() {
            Some((scale, unscaled @ [_, ..])) => Ok(CqlDecimal {
                scale: i32::from_be_bytes(*scale),
                unscaled: CqlVarint::from_be_bytes(unscaled),
            }),
            _ => Err(malformed("decimal", "a decimal has a scale of 4 bytes and at least one more")),
        }
    }
}

impl fmt::Display for CqlDecimal {
    /// Plain digits where that is short, otherwise with an exponent: `0.0012`, `1.5E+40`. The rule is that of Java's
    /// `BigDecimal`, so the text has the same scale when it is read again. It takes time quadratic in the digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.unscaled.to_string();
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", text.as_str()),
        };
        let scale = i64::from(self.scale);
        let exponent =
            i64::try_from(digits.len()).unwrap_or(i64::MAX).saturating_sub(1).saturating_sub(scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        if scale > 0 && exponent >= -6 {
            // At most seven zeros are put in front.
            let scale = usize::try_from(scale).unwrap_or(0);
            let padded = format!("{digits:0>width$}", width = scale.saturating_add(1));
            let point = padded.len().saturating_sub(scale);
            let (whole, fraction) = padded.split_at_checked(point).unwrap_or((&padded, ""));
            return write!(f, "{sign}{whole}.{fraction}");
        }
        match digits.split_at_checked(1) {
            Some((first, rest)) if !rest.is_empty() => write!(f, "{sign}{first}.{rest}E{exponent:+}"),
            _ => write!(f, "{sign}{digits}E{exponent:+}"),
        }
    }
}

impl FromStr for CqlDecimal {
    type Err = LiteralError;

    /// Reads digits with an optional sign, decimal point and exponent. It takes time quadratic in the digits: limit the
    /// length of a text that is not trusted.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        parse(text).ok_or_else(|| LiteralError::new("a decimal number as -12.50 or 1.5e-3"))
    }
}

fn parse(text: &str) -> Option<CqlDecimal> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = i64::try_from(fraction.len()).ok()?;
    let scale = i32::try_from(digits.checked_sub(exponent)?).ok()?;
    Some(CqlDecimal { scale, unscaled: format!("{whole}{fraction}").parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused, unhex};

    #[test]
    fn p2_decimals_are_exact() {
        let decimal: CqlDecimal = "-112233.441191".parse().unwrap();
        both_ways(&decimal, &ColumnType::Decimal, "00000006e5de5d9859");
        assert_eq!(decimal, CqlDecimal::new(6, -112_233_441_191_i64));
        refused(&decimal, &ColumnType::Varint, "`CqlDecimal` cannot be written as varint");
        both_ways(&CqlDecimal::new(-1, 0_i64), &ColumnType::Decimal, "ffffffff00");
    }

    #[test]
    fn texts_keep_their_scale() {
        for text in ["0", "0.00", "-0.5", "19.90", "0.0000012", "1.2E-7", "1.5E+40", "-7E+1", "1E-2147483647"]
        {
            assert_eq!(text.parse::<CqlDecimal>().unwrap().to_string(), text);
        }
        assert_eq!(".5".parse(), Ok(CqlDecimal::new(1, 5_i64)));
        for text in ["", ".", "-", "1.-5", "1e", "e5", "1e9999999999", "1.2.3", "NaN"] {
            assert!(text.parse::<CqlDecimal>().is_err(), "{text}");
        }
        let extreme = CqlDecimal::new(i32::MIN, -12_i64);
        assert_eq!(extreme.to_string(), "-1.2E+2147483649");
        assert_eq!(extreme.to_string().parse(), Ok(extreme));
    }

    #[test]
    fn bytes_that_are_no_decimal_are_errors() {
        for hex in ["", "000000", "00000001"] {
            assert!(CqlDecimal::from_cql(&ColumnType::Decimal, Some(&unhex(hex))).is_err(), "{hex}");
        }
    }
}
