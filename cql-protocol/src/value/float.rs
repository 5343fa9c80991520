//! `float` and `double` (v5 §6.10, §6.9).

use super::decode::{FromCql, TypeMismatch, fixed};
use super::encode::{Encoded, ToCql, ValueError};
use super::integer::fixed_number;
use crate::error::DecodeError;
use crate::types::ColumnType;

fixed_number!(f32: Float, "float");
fixed_number!(f64: Double, "double");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, encoded, refused};

    #[test]
    fn floats_are_ieee_754_big_endian() {
        both_ways(&1.0_f32, &ColumnType::Float, "3f800000");
        both_ways(&-0.5_f64, &ColumnType::Double, "bfe0000000000000");
        both_ways(&f64::INFINITY, &ColumnType::Double, "7ff0000000000000");
        refused::<f32>(&1.0, &ColumnType::Double, "`f32` cannot be written as double");
    }

    #[test]
    fn the_bits_of_a_nan_survive() {
        let nan = f64::from_bits(0x7FF8_0000_0000_1234);
        let bytes = encoded(&nan, &ColumnType::Double);
        let back = f64::from_cql(&ColumnType::Double, Some(&bytes)).unwrap();
        assert_eq!(back.to_bits(), nan.to_bits());
    }
}
