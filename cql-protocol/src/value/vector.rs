//! `vector` (v5 custom type `VectorType`): a fixed number of elements, no nulls.
//!
//! Elements whose size the server calls fixed stand back to back; every other has an `[unsigned vint]` length. The
//! specification says `[bytes]` there, the server is otherwise.

use super::collection::common_type;
use super::decode::{FromCql, TypeMismatch};
use super::encode::{Encoded, Place, ToCql, ValueError};
use crate::error::DecodeError;
use crate::types::{ColumnType, VectorType};
use crate::wire::write_unsigned_vint;
use std::ops::{Deref, DerefMut};

/// Elements that are a `vector` and nothing else.
///
/// `Vec`, slices and arrays do as well where the statement is prepared. Sent unprepared they are lists; this type says
/// that it is a vector.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a name for one thing")]
pub struct Vector<T>(pub Vec<T>);

impl<T> From<Vec<T>> for Vector<T> {
    fn from(elements: Vec<T>) -> Self {
        Vector(elements)
    }
}

impl<T> FromIterator<T> for Vector<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Vector(elements.into_iter().collect())
    }
}

impl<T> Deref for Vector<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T> DerefMut for Vector<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T: ToCql> ToCql for Vector<T> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Vector(vector) => write_vector(&self.0, vector, column_type, out),
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        let dimensions = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        Some(ColumnType::vector(common_type(self.0.iter()), dimensions))
    }
}

impl<'a, T: FromCql<'a>> FromCql<'a> for Vector<T> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Vector(vector) => T::type_check(vector.element())
                .map_err(|inner| TypeMismatch::new::<Self>(column_type).caused_by(inner)),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Vec::from_cql(column_type, bytes).map(Vector)
    }
}

/// Appends the contents of a vector. `column_type` is the type that `vector` stands in, for errors.
pub(super) fn write_vector<T: ToCql>(
    elements: &[T],
    vector: &VectorType,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    let expected = usize::try_from(vector.dimensions()).unwrap_or(usize::MAX);
    if elements.len() != expected {
        return Err(ValueError::count("elements", expected, elements.len(), column_type));
    }
    let element_type = vector.element();
    match element_type.fixed_size() {
        Some(size) => {
            out.reserve(elements.len().saturating_mul(size));
            for (index, element) in elements.iter().enumerate() {
                write_fixed(element, size, element_type, out)
                    .map_err(|error| error.within(Place::Element(index)))?;
            }
        }
        None => {
            for (index, element) in elements.iter().enumerate() {
                write_variable(element, element_type, out)
                    .map_err(|error| error.within(Place::Element(index)))?;
            }
        }
    }
    Ok(Encoded::Value)
}

#[inline]
fn write_fixed<T: ToCql>(
    element: &T,
    size: usize,
    element_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let start = out.len();
    refuse_null(element.to_cql(element_type, out)?)?;
    if out.len().wrapping_sub(start) == size {
        Ok(())
    } else {
        Err(ValueError::no_place_for("an empty value"))
    }
}

fn write_variable<T: ToCql>(
    element: &T,
    element_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let start = out.len();
    refuse_null(element.to_cql(element_type, out)?)?;
    let length = out.len().saturating_sub(start);
    if length == 0 && !element_type.has_zero_length_values() {
        return Err(ValueError::no_place_for("an empty value"));
    }
    // The length is known only now, and its own size varies: it is written behind the contents and turned to the front.
    write_unsigned_vint(u64::try_from(length).unwrap_or(u64::MAX), out);
    if let Some(written) = out.get_mut(start..) {
        written.rotate_left(length);
    }
    Ok(())
}

#[inline]
fn refuse_null(encoded: Encoded) -> Result<(), ValueError> {
    match encoded {
        Encoded::Value => Ok(()),
        Encoded::Null => Err(ValueError::no_place_for("null")),
        Encoded::Unset => Err(ValueError::no_place_for("unset")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused, unhex};

    #[test]
    fn p5_elements_of_fixed_size_stand_back_to_back() {
        let floats = ColumnType::vector(ColumnType::Float, 3);
        both_ways(&vec![1.0_f32, 2.0, 3.0], &floats, "3f800000 40000000 40400000");
        both_ways(&[1.0_f32, 2.0, 3.0], &floats, "3f800000 40000000 40400000");
        let nested = ColumnType::vector(ColumnType::vector(ColumnType::Float, 2), 2);
        let value = vec![vec![1.0_f32, 2.0], vec![3.0, 4.0]];
        both_ways(&value, &nested, "3f800000 40000000 40400000 40800000");
    }

    #[test]
    fn p5_other_elements_have_a_vint_length() {
        both_ways(&vec!["a", "bc"], &ColumnType::vector(ColumnType::Text, 2), "0161 026263");
        both_ways(&vec![1_i16, 2], &ColumnType::vector(ColumnType::SmallInt, 2), "02 0001 02 0002");
        let lists = ColumnType::vector(ColumnType::list(ColumnType::Int), 1);
        both_ways(&Vector(vec![vec![7]]), &lists, "0c 00000001 00000004 00000007");
        let long = "x".repeat(200);
        let hex = format!("80c8{}", "78".repeat(200));
        both_ways(&Vector(vec![long.as_str()]), &ColumnType::vector(ColumnType::Text, 1), &hex);
    }

    #[test]
    fn p5_a_wrong_number_of_elements_is_refused_both_ways() {
        let floats = ColumnType::vector(ColumnType::Float, 3);
        refused(&vec![1.0_f32], &floats, "vector<float, 3> has 3 elements, the value has 1");
        for hex in ["3f800000", "3f800000 40000000 40400000 00", ""] {
            let error = Vec::<f32>::from_cql(&floats, Some(&unhex(hex))).unwrap_err();
            assert!(error.to_string().contains("expected 12 bytes"), "{error}");
        }
        let texts = ColumnType::vector(ColumnType::Text, 2);
        for hex in ["0161", "0161 026263 00", "0161 ff7fffffffffffffff", "0161 05"] {
            assert!(Vec::<&str>::from_cql(&texts, Some(&unhex(hex))).is_err(), "{hex}");
        }
        let mismatch = <[f32; 2]>::type_check(&floats).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            "vector<float, 3> cannot be read as `[f32; 2]`: the number of elements differs"
        );
    }

    #[test]
    fn nulls_have_no_place() {
        let texts = ColumnType::vector(ColumnType::Text, 1);
        let message = "element 0: null cannot be stored in a collection or vector";
        refused(&vec![None::<&str>], &texts, message);
        refused(&vec![None::<f32>], &ColumnType::vector(ColumnType::Float, 1), message);
        assert!(Vec::<&str>::from_cql(&texts, None).is_err());
    }

    #[test]
    fn a_vector_of_nothing_cannot_ask_for_memory() {
        let nothing = ColumnType::vector(ColumnType::vector(ColumnType::Float, 0), u32::MAX);
        assert!(Vec::<Vec<f32>>::from_cql(&nothing, Some(&[])).is_err());
        let huge = ColumnType::vector(ColumnType::Text, u32::MAX);
        assert!(Vec::<&str>::from_cql(&huge, Some(&[0, 0])).is_err());
    }

    #[test]
    fn unprepared_it_says_that_it_is_a_vector() {
        let natural = Vector(vec![1.0_f32, 2.0]).natural_type().unwrap();
        assert_eq!(natural, ColumnType::vector(ColumnType::Float, 2));
    }
}
