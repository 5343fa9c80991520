//! `blob` (v5 §6.4), and the bytes of types this crate does not know.

use super::decode::{FromCql, TypeMismatch, not_null, wrong_size};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::DecodeError;
use crate::types::ColumnType;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;

#[inline]
fn is_bytes(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::Blob | ColumnType::Custom(_) | ColumnType::Unknown(_))
}

#[inline]
fn check<T>(column_type: &ColumnType) -> Result<(), TypeMismatch> {
    if is_bytes(column_type) { Ok(()) } else { Err(TypeMismatch::new::<T>(column_type)) }
}

impl ToCql for [u8] {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        if !is_bytes(column_type) {
            return Err(ValueError::mismatch::<Self>(column_type));
        }
        out.extend_from_slice(self);
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Blob)
    }
}

impl<const N: usize> ToCql for [u8; N] {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        self.as_slice().to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Blob)
    }
}

impl ToCql for Vec<u8> {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        self.as_slice().to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Blob)
    }
}

impl ToCql for Bytes {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        (**self).to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Blob)
    }
}

impl<'a> FromCql<'a> for &'a [u8] {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    #[inline]
    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        not_null(bytes, "blob")
    }
}

impl<'a, const N: usize> FromCql<'a> for [u8; N] {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    #[inline]
    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let bytes = not_null(bytes, "blob")?;
        bytes.try_into().map_err(|_| wrong_size("blob", N, bytes.len()))
    }
}

/// Reads through `&[u8]`.
macro_rules! owned_bytes {
    ($($owned:ty = $from:expr),*) => {$(
        impl<'a> FromCql<'a> for $owned {
            fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
                check::<Self>(column_type)
            }

            #[inline]
            fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                not_null(bytes, "blob").map($from)
            }
        }
    )*};
}

owned_bytes!(
    Vec<u8> = <[u8]>::to_vec,
    Box<[u8]> = Into::into,
    Arc<[u8]> = Into::into,
    Cow<'a, [u8]> = Cow::Borrowed,
    Bytes = Bytes::copy_from_slice
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, encoded, refused};

    #[test]
    fn blobs_are_the_bytes() {
        both_ways(&vec![0_u8, 0xFF], &ColumnType::Blob, "00ff");
        both_ways(&[1_u8, 2, 3], &ColumnType::Blob, "010203");
        both_ways(&Bytes::from_static(b"a"), &ColumnType::Blob, "61");
        both_ways(&&b""[..], &ColumnType::Blob, "");
        both_ways(&vec![1_u8], &ColumnType::Custom("com.example.Money".into()), "01");
        both_ways(&vec![1_u8], &ColumnType::Unknown(0x99), "01");
        refused::<Vec<u8>>(&vec![], &ColumnType::Text, "`[u8]` cannot be written as text");
    }

    #[test]
    fn an_array_has_exactly_its_size() {
        let bytes = encoded(&[1_u8, 2], &ColumnType::Blob);
        assert_eq!(<[u8; 2]>::from_cql(&ColumnType::Blob, Some(&bytes)), Ok([1, 2]));
        assert!(<[u8; 3]>::from_cql(&ColumnType::Blob, Some(&bytes)).is_err());
    }
}
