//! Null and unset: `Option`, [`Unset`] and [`MaybeUnset`].

use super::decode::{FromCql, TypeMismatch};
use super::encode::{Encoded, ToCql, ValueError};
use crate::error::DecodeError;
use crate::types::ColumnType;

impl<T: ToCql> ToCql for Option<T> {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match self {
            Some(value) => value.to_cql(column_type, out),
            None => Ok(Encoded::Null),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        self.as_ref()?.natural_type()
    }
}

impl<'a, T: FromCql<'a>> FromCql<'a> for Option<T> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        T::type_check(column_type)
    }

    /// Null, and the legacy "empty" (length 0, where the type has no such value), are `None`.
    #[inline]
    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match bytes {
            None => Ok(None),
            Some([]) if !column_type.has_zero_length_values() => Ok(None),
            Some(_) => T::from_cql(column_type, bytes).map(Some),
        }
    }
}

/// A value left unset: an INSERT or UPDATE keeps what the column has, without a tombstone (v4 §4.1.4).
///
/// Protocol version 3 has no such thing, and binding it there is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a value with nothing in it")]
pub struct Unset;

impl ToCql for Unset {
    #[inline]
    fn to_cql(&self, _: &ColumnType, _: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        Ok(Encoded::Unset)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        None
    }
}

/// A value, or [`Unset`]: decided when it is bound, where `Option` would decide between a value and null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[allow(clippy::exhaustive_enums, reason = "the two cases of its name")]
pub enum MaybeUnset<T> {
    /// The value is bound.
    Set(T),
    /// The column keeps what it has.
    #[default]
    Unset,
}

impl<T: ToCql> ToCql for MaybeUnset<T> {
    #[inline]
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match self {
            MaybeUnset::Set(value) => value.to_cql(column_type, out),
            MaybeUnset::Unset => Ok(Encoded::Unset),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        match self {
            MaybeUnset::Set(value) => value.natural_type(),
            MaybeUnset::Unset => None,
        }
    }
}

impl<T> From<Option<T>> for MaybeUnset<T> {
    /// `None` is unset, not null.
    fn from(value: Option<T>) -> Self {
        value.map_or(MaybeUnset::Unset, MaybeUnset::Set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::write_value;

    fn prefixed(value: &dyn ToCql) -> Vec<u8> {
        let mut out = Vec::new();
        let _ = write_value(value, &ColumnType::Int, &mut out).unwrap();
        out
    }

    #[test]
    fn null_unset_and_values_have_their_lengths() {
        assert_eq!(prefixed(&None::<i32>), (-1_i32).to_be_bytes());
        assert_eq!(prefixed(&Unset), (-2_i32).to_be_bytes());
        assert_eq!(prefixed(&MaybeUnset::<i32>::Unset), (-2_i32).to_be_bytes());
        assert_eq!(prefixed(&MaybeUnset::Set(1)), [0, 0, 0, 4, 0, 0, 0, 1]);
        assert_eq!(prefixed(&Some(1)), [0, 0, 0, 4, 0, 0, 0, 1]);
    }

    #[test]
    fn empty_is_none_or_an_error_but_text_may_be_empty() {
        assert_eq!(Option::<i32>::from_cql(&ColumnType::Int, Some(&[])), Ok(None));
        assert!(i32::from_cql(&ColumnType::Int, Some(&[])).is_err());
        assert_eq!(Option::<&str>::from_cql(&ColumnType::Text, Some(&[])), Ok(Some("")));
        let error = i32::from_cql(&ColumnType::Int, None).unwrap_err();
        assert!(error.to_string().ends_with("null, but the Rust type has no null: use Option"), "{error}");
    }
}
