//! num-bigint 0.4: `BigInt` as `varint`.

use super::through;
use crate::value::{CqlValue, CqlVarint};
use num_bigint_04::BigInt;

through!(
    BigInt as CqlVarint: Varint,
    |number| Some(number.into()),
    |varint| Some((&varint).into()),
    "cannot be held"
);

impl From<&BigInt> for CqlVarint {
    fn from(number: &BigInt) -> Self {
        CqlVarint::from_be_bytes(&number.to_signed_bytes_be())
    }
}

impl From<&CqlVarint> for BigInt {
    fn from(varint: &CqlVarint) -> Self {
        BigInt::from_signed_bytes_be(varint.as_be_bytes())
    }
}

impl From<BigInt> for CqlValue {
    fn from(number: BigInt) -> Self {
        CqlValue::Varint((&number).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;
    use crate::value::FromCql;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn p2_big_integers_are_written_and_read() {
        for (text, hex) in [
            ("0", "00"),
            ("127", "7f"),
            ("128", "0080"),
            ("-128", "80"),
            ("-129", "ff7f"),
            ("123456789123456789123456789", "661efdf2e3b19f7c045f15"),
        ] {
            let number: BigInt = text.parse().unwrap();
            both_ways(&number, &ColumnType::Varint, hex);
            assert_eq!(CqlVarint::from(&number).to_string(), text);
            assert_eq!(CqlValue::from(number).to_string(), text);
        }
        refused(&BigInt::from(1), &ColumnType::BigInt, "`BigInt` cannot be written as bigint");
        assert!(BigInt::from_cql(&ColumnType::Varint, Some(&[])).is_err());
    }
}
