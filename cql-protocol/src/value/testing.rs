//! What the tests of the value files share.

use super::{Encoded, FromCql, ToCql};
use crate::types::ColumnType;
use std::fmt::Debug;

pub(super) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| u8::try_from(c.to_digit(16).expect("hex")).unwrap())
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The contents that `value` has as `column_type`.
pub(super) fn encoded<T: ToCql + ?Sized>(value: &T, column_type: &ColumnType) -> Vec<u8> {
    let mut out = Vec::new();
    assert_eq!(value.to_cql(column_type, &mut out).expect("fits"), Encoded::Value);
    out
}

/// `value` is written as `hex`, and `hex` read as `value`.
pub(super) fn both_ways<'a, T>(value: &T, column_type: &'a ColumnType, hex: &str)
where
    T: ToCql + FromCql<'a> + PartialEq + Debug,
{
    // Leaked so that targets may borrow.
    let bytes: &'static [u8] = unhex(hex).leak();
    assert_eq!(encoded(value, column_type), bytes, "{value:?}");
    assert_eq!(T::type_check(column_type), Ok(()));
    assert_eq!(T::from_cql(column_type, Some(bytes)).as_ref(), Ok(value));
}

/// `value` cannot be written as `column_type`, and `message` says why.
pub(super) fn refused<T: ToCql>(value: &T, column_type: &ColumnType, message: &str) {
    let error = value.to_cql(column_type, &mut Vec::new()).expect_err("is refused");
    assert_eq!(error.to_string(), message);
}
