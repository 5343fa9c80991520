//! `text` and `ascii` (v5 §6.18, §6.1), checked in both directions.

use super::decode::{FromCql, TypeMismatch, not_null};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use std::borrow::Cow;
use std::sync::Arc;

impl ToCql for str {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Text => {}
            ColumnType::Ascii if self.is_ascii() => {}
            ColumnType::Ascii => return Err(ValueError::invalid::<Self>("ascii has no such character")),
            other => return Err(ValueError::mismatch::<Self>(other)),
        }
        out.extend_from_slice(self.as_bytes());
        Ok(Encoded::Value)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Text)
    }
}

impl ToCql for String {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        self.as_str().to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Text)
    }
}

#[inline]
fn check<T>(column_type: &ColumnType) -> Result<(), TypeMismatch> {
    match column_type {
        ColumnType::Text | ColumnType::Ascii => Ok(()),
        other => Err(TypeMismatch::new::<T>(other)),
    }
}

impl<'a> FromCql<'a> for &'a str {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check::<Self>(column_type)
    }

    #[inline]
    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let bytes = not_null(bytes, "text")?;
        match str::from_utf8(bytes) {
            Ok(text) if matches!(column_type, ColumnType::Text) || text.is_ascii() => Ok(text),
            _ => Err(not_text(column_type, bytes)),
        }
    }
}

#[cold]
fn not_text(column_type: &ColumnType, bytes: &[u8]) -> DecodeError {
    if matches!(column_type, ColumnType::Ascii) {
        let offset = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        return DecodeError::new("ascii", offset, Problem::NotText);
    }
    let offset = str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    DecodeError::new("text", offset, Problem::NotText)
}

/// Reads through `&str`.
macro_rules! owned_text {
    ($($owned:ty),*) => {$(
        impl<'a> FromCql<'a> for $owned {
            fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
                check::<Self>(column_type)
            }

            #[inline]
            fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                <&str>::from_cql(column_type, bytes).map(Into::into)
            }
        }
    )*};
}

owned_text!(String, Box<str>, Arc<str>, Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, encoded, refused};

    #[test]
    fn text_is_utf8_and_ascii_is_seven_bits() {
        both_ways(&"né", &ColumnType::Text, "6ec3a9");
        both_ways(&String::new(), &ColumnType::Text, "");
        both_ways(&"abc", &ColumnType::Ascii, "616263");
        refused::<&str>(&"é", &ColumnType::Ascii, "`str`: ascii has no such character");
        refused::<&str>(&"a", &ColumnType::Int, "`str` cannot be written as int");
        let error = <&str>::from_cql(&ColumnType::Ascii, Some("aé".as_bytes())).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode ascii at byte 1: not valid text");
        let error = <&str>::from_cql(&ColumnType::Text, Some(b"ab\xFF")).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode text at byte 2: not valid text");
    }

    #[test]
    fn every_text_type_reads_and_writes() {
        let bytes = encoded(&Cow::Borrowed("x"), &ColumnType::Text);
        assert_eq!(encoded(&Box::<str>::from("x"), &ColumnType::Text), bytes);
        assert_eq!(encoded(&Arc::<str>::from("x"), &ColumnType::Text), bytes);
        assert_eq!(Arc::<str>::from_cql(&ColumnType::Text, Some(&bytes)), Ok("x".into()));
        assert_eq!(Box::<str>::from_cql(&ColumnType::Text, Some(&bytes)), Ok("x".into()));
        let cow = Cow::<str>::from_cql(&ColumnType::Text, Some(&bytes)).unwrap();
        assert!(matches!(cow, Cow::Borrowed("x")));
    }
}
