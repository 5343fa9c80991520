//! bigdecimal 0.4: `BigDecimal` as `decimal`.

use crate::error::DecodeError;
use crate::types::ColumnType;
use crate::value::{CqlDecimal, CqlValue, Encoded, FromCql, OutOfRange, ToCql, TypeMismatch, ValueError};
use bigdecimal_04::BigDecimal;

impl TryFrom<&BigDecimal> for CqlDecimal {
    type Error = OutOfRange;

    /// Fails when the scale is not an `i32`.
    fn try_from(decimal: &BigDecimal) -> Result<Self, OutOfRange> {
        let (unscaled, scale) = decimal.as_bigint_and_scale();
        let scale = i32::try_from(scale).map_err(|_| OutOfRange::new("decimal"))?;
        Ok(CqlDecimal::new(scale, &*unscaled))
    }
}

impl From<&CqlDecimal> for BigDecimal {
    fn from(decimal: &CqlDecimal) -> Self {
        BigDecimal::new(decimal.unscaled().into(), decimal.scale().into())
    }
}

impl TryFrom<BigDecimal> for CqlValue {
    type Error = OutOfRange;

    fn try_from(decimal: BigDecimal) -> Result<Self, OutOfRange> {
        CqlDecimal::try_from(&decimal).map(CqlValue::Decimal)
    }
}

impl ToCql for BigDecimal {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        if *column_type != ColumnType::Decimal {
            return Err(ValueError::mismatch::<Self>(column_type));
        }
        match CqlDecimal::try_from(self) {
            Ok(decimal) => decimal.to_cql(column_type, out),
            Err(_) => Err(ValueError::invalid::<Self>("a decimal's scale has 32 bits")),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Decimal)
    }
}

impl<'a> FromCql<'a> for BigDecimal {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Decimal => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        CqlDecimal::from_cql(column_type, bytes).map(|decimal| (&decimal).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn p2_big_decimals_are_written_and_read() {
        let decimal: BigDecimal = "-112233.441191".parse().unwrap();
        both_ways(&decimal, &ColumnType::Decimal, "00000006e5de5d9859");
        let read = BigDecimal::from_cql(&ColumnType::Decimal, Some(&[0, 0, 0, 2, 10])).unwrap();
        assert_eq!(read.as_bigint_and_scale().1, 2, "the scale is kept: 0.10 is not 0.1");
        assert_eq!(CqlValue::try_from(read).map(|value| value.to_string()), Ok("0.10".into()));
        refused(&decimal, &ColumnType::Double, "`BigDecimal` cannot be written as double");
    }

    #[test]
    fn a_scale_beyond_32_bits_is_refused() {
        let decimal = BigDecimal::new(1.into(), i64::MAX);
        refused(&decimal, &ColumnType::Decimal, "`BigDecimal`: a decimal's scale has 32 bits");
    }
}
