//! `tuple` (v5 §6.24) as Rust tuples of 1 to 16 components.

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::encode::{Encoded, Place, ToCql, ValueError, write_value};
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use crate::wire::Reader;

/// The components of the type, of which a value with `given` may fill the first: the server reads the rest as null.
pub(super) fn components_for<T: ?Sized>(
    given: usize,
    column_type: &ColumnType,
) -> Result<&[ColumnType], ValueError> {
    match column_type {
        ColumnType::Tuple(components) if given <= components.len() => Ok(components),
        ColumnType::Tuple(components) => {
            Err(ValueError::count("components", components.len(), given, column_type))
        }
        other => Err(ValueError::mismatch::<T>(other)),
    }
}

/// Appends one component, which may be null.
pub(super) fn write_component<T: ToCql + ?Sized>(
    value: &T,
    index: usize,
    components: &[ColumnType],
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let Some(component) = components.get(index) else { return Ok(()) };
    match write_value(value, component, out) {
        Ok(Encoded::Unset) => Err(ValueError::invalid::<T>("a tuple has no place for unset, use null")),
        Ok(_) => return Ok(()),
        Err(error) => Err(error),
    }
    .map_err(|error| error.within(Place::Component(index)))
}

/// Reads the components of a tuple; those that a short value lacks are null.
pub(super) struct Components<'a> {
    types: &'a [ColumnType],
    reader: Reader<'a>,
}

impl<'a> Components<'a> {
    pub(super) fn new(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let ColumnType::Tuple(types) = column_type else {
            return Err(malformed("tuple", "the type has no components"));
        };
        Ok(Components { types, reader: Reader::new(not_null(bytes, "tuple")?) })
    }

    /// Whether the value holds no further component.
    pub(super) fn is_at_end(&self) -> bool {
        self.reader.is_empty()
    }

    pub(super) fn read<T: FromCql<'a>>(&mut self) -> Result<T, DecodeError> {
        let Some((component, rest)) = self.types.split_first() else {
            return Err(malformed("tuple", "the type has too few components"));
        };
        self.types = rest;
        let bytes = if self.reader.is_empty() { None } else { self.reader.opt_bytes("tuple component")? };
        T::from_cql(component, bytes)
    }

    pub(super) fn finish(&self) -> Result<(), DecodeError> {
        if self.reader.is_empty() {
            Ok(())
        } else {
            Err(self.reader.error("tuple", Problem::Malformed("bytes follow the last component")))
        }
    }
}

fn check_component<'a, T, C: FromCql<'a>>(
    index: usize,
    column_type: &ColumnType,
) -> Result<(), TypeMismatch> {
    match column_type {
        ColumnType::Tuple(components) => match components.get(index) {
            Some(component) => {
                C::type_check(component).map_err(|inner| TypeMismatch::new::<T>(column_type).caused_by(inner))
            }
            None => Err(TypeMismatch::new::<T>(column_type)),
        },
        other => Err(TypeMismatch::new::<T>(other)),
    }
}

fn check_count<T>(count: usize, column_type: &ColumnType) -> Result<(), TypeMismatch> {
    match column_type {
        ColumnType::Tuple(components) if components.len() != count => {
            let note = format!("{} components, the Rust tuple has {count}", components.len());
            Err(TypeMismatch::new::<T>(column_type).with_note(note))
        }
        _ => Ok(()),
    }
}

macro_rules! value_tuples {
    ($(($count:literal: $($name:ident $index:tt),+))*) => {$(
        impl<$($name: ToCql),+> ToCql for ($($name,)+) {
            fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
                let components = components_for::<Self>($count, column_type)?;
                $(write_component(&self.$index, $index, components, out)?;)+
                Ok(Encoded::Value)
            }

            fn natural_type(&self) -> Option<ColumnType> {
                // A null component looks the same in any type.
                Some(ColumnType::tuple([$(self.$index.natural_type().unwrap_or(ColumnType::Blob)),+]))
            }
        }

        impl<'a, $($name: FromCql<'a>),+> FromCql<'a> for ($($name,)+) {
            fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
                check_count::<Self>($count, column_type)?;
                $(check_component::<Self, $name>($index, column_type)?;)+
                Ok(())
            }

            fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                let mut components = Components::new(column_type, bytes)?;
                let tuple = ($(components.read::<$name>()?,)+);
                components.finish()?;
                Ok(tuple)
            }
        }
    )*};
}
super::tuples!(value_tuples);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Unset;
    use crate::value::testing::{both_ways, refused, unhex};

    fn int_text() -> ColumnType {
        ColumnType::tuple([ColumnType::Int, ColumnType::Text])
    }

    #[test]
    fn p4_components_may_be_null_or_missing() {
        let tuple = int_text();
        both_ways(&(1, None::<&str>), &tuple, "00000004 00000001 ffffffff");
        both_ways(&(1, Some("a")), &tuple, "00000004 00000001 00000001 61");
        let short = unhex("00000004 00000001");
        assert_eq!(<(i32, Option<&str>)>::from_cql(&tuple, Some(&short)), Ok((1, None)));
        assert_eq!(<(Option<i32>, Option<&str>)>::from_cql(&tuple, Some(&[])), Ok((None, None)));
        assert!(<(i32, &str)>::from_cql(&tuple, Some(&short)).is_err(), "no place for the missing one");
    }

    #[test]
    fn p4_three_values_for_two_components_name_both_counts() {
        let message = "tuple<int, text> has 2 components, the value has 3";
        refused(&(1, "a", 2), &int_text(), message);
        let mismatch = <(i32, String, i32)>::type_check(&int_text()).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            "tuple<int, text> cannot be read as `(i32, String, i32)`: 2 components, the Rust tuple has 3"
        );
        assert!(<(i32,)>::type_check(&int_text()).is_err());
    }

    #[test]
    fn what_does_not_fit_names_the_component() {
        refused(&(1, 2), &int_text(), "component 1: `i32` cannot be written as text");
        let message = "component 0: `Unset`: a tuple has no place for unset, use null";
        refused(&(Unset, "a"), &int_text(), message);
        refused(&(1, "a"), &ColumnType::Int, "`(i32, &str)` cannot be written as int");
        let trailing = unhex("00000004 00000001 ffffffff 00");
        assert!(<(i32, Option<&str>)>::from_cql(&int_text(), Some(&trailing)).is_err());
    }
}
