//! `list`, `set` and `map` (v5 §6.12, §6.17, §6.13) as Rust's collections.
//!
//! `Vec`, slices and arrays are also written to vectors; see `vector` for how.

use super::decode::{FromCql, TypeMismatch, malformed};
use super::elements::{Elements, check_elements, element_type};
use super::encode::{Encoded, Place, ToCql, ValueError, write_value};
use super::vector::write_vector;
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use crate::wire::{Reader, Write};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

/// Appends a count, then each element with its length.
pub(super) fn write_elements<'v, T: ToCql + ?Sized + 'v>(
    elements: impl ExactSizeIterator<Item = &'v T>,
    element_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    write_count(elements.len(), out)?;
    for (index, element) in elements.enumerate() {
        write_element(element, element_type, out).map_err(|error| error.within(Place::Element(index)))?;
    }
    Ok(Encoded::Value)
}

/// Appends a count, then each key and value with their lengths.
pub(super) fn write_entries<'v, K: ToCql + 'v, V: ToCql + 'v>(
    entries: impl ExactSizeIterator<Item = (&'v K, &'v V)>,
    (key_type, value_type): &(ColumnType, ColumnType),
    out: &mut Vec<u8>,
) -> Result<Encoded, ValueError> {
    write_count(entries.len(), out)?;
    for (index, (key, value)) in entries.enumerate() {
        write_element(key, key_type, out).map_err(|error| error.within(Place::Key(index)))?;
        write_element(value, value_type, out).map_err(|error| error.within(Place::Value(index)))?;
    }
    Ok(Encoded::Value)
}

fn write_count(count: usize, out: &mut Vec<u8>) -> Result<(), ValueError> {
    out.write_int(i32::try_from(count).map_err(|_| ValueError::too_long())?);
    Ok(())
}

#[inline]
fn write_element<T: ToCql + ?Sized>(
    value: &T,
    column_type: &ColumnType,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    match write_value(value, column_type, out)? {
        Encoded::Value => Ok(()),
        Encoded::Null => Err(ValueError::no_place_for("null")),
        Encoded::Unset => Err(ValueError::no_place_for("unset")),
    }
}

/// Stands for a type that no element has told: the collection is empty.
fn open_type() -> ColumnType {
    ColumnType::Custom(Box::default())
}

fn is_open(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Custom(class) => class.is_empty(),
        ColumnType::List(element) | ColumnType::Set(element) => is_open(element),
        ColumnType::Map(pair) => is_open(&pair.0) || is_open(&pair.1),
        ColumnType::Tuple(components) => components.iter().any(is_open),
        ColumnType::Vector(vector) => is_open(vector.element()),
        _ => false,
    }
}

/// The natural type of values that must share one: that of the first which knows its own completely.
pub(super) fn common_type<'v, T: ToCql + ?Sized + 'v>(values: impl Iterator<Item = &'v T>) -> ColumnType {
    let mut first = None;
    for natural in values.filter_map(ToCql::natural_type) {
        if !is_open(&natural) {
            return natural;
        }
        first.get_or_insert(natural);
    }
    first.unwrap_or_else(open_type)
}

impl<T: ToCql> ToCql for [T] {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::List(element) | ColumnType::Set(element) => write_elements(self.iter(), element, out),
            ColumnType::Vector(vector) => write_vector(self, vector, column_type, out),
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::list(common_type(self.iter())))
    }
}

impl<T: ToCql> ToCql for Vec<T> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        self.as_slice().to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        self.as_slice().natural_type()
    }
}

impl<T: ToCql, const N: usize> ToCql for [T; N] {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        self.as_slice().to_cql(column_type, out)
    }

    fn natural_type(&self) -> Option<ColumnType> {
        self.as_slice().natural_type()
    }
}

impl<'a, T: FromCql<'a>> FromCql<'a> for Vec<T> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_elements::<Self, T>(column_type, element_type(column_type))
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let elements = Elements::<T>::from_cql(column_type, bytes)?;
        let mut vec = Vec::with_capacity(elements.capacity());
        if let Some(chunks) = elements.as_chunks() {
            // Embeddings have a thousand elements and more: this loop takes a fifth of the time of the other.
            for chunk in chunks {
                vec.push(T::from_cql(elements.element_type(), Some(chunk))?);
            }
            return Ok(vec);
        }
        for element in elements {
            vec.push(element?);
        }
        Ok(vec)
    }
}

impl<'a, T: FromCql<'a>, const N: usize> FromCql<'a> for [T; N] {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Vector(vector) if usize::try_from(vector.dimensions()) != Ok(N) => {
                Err(TypeMismatch::new::<Self>(column_type).with_note("the number of elements differs"))
            }
            _ => check_elements::<Self, T>(column_type, element_type(column_type)),
        }
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let elements = Vec::<T>::from_cql(column_type, bytes)?;
        <[T; N]>::try_from(elements)
            .map_err(|_| malformed("elements", "their number is not that of the Rust array"))
    }
}

/// The element type of a `set`: Rust's sets are not read from lists, which may hold an element twice and have an order.
fn set_element(column_type: &ColumnType) -> Option<&ColumnType> {
    match column_type {
        ColumnType::Set(element) => Some(element),
        _ => None,
    }
}

impl<T: ToCql> ToCql for BTreeSet<T> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match set_element(column_type) {
            Some(element) => write_elements(self.iter(), element, out),
            None => Err(ValueError::mismatch::<Self>(column_type)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::set(common_type(self.iter())))
    }
}

impl<T: ToCql, S> ToCql for HashSet<T, S> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match set_element(column_type) {
            Some(element) => write_elements(self.iter(), element, out),
            None => Err(ValueError::mismatch::<Self>(column_type)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::set(common_type(self.iter())))
    }
}

impl<'a, T: FromCql<'a> + Ord> FromCql<'a> for BTreeSet<T> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_elements::<Self, T>(column_type, set_element(column_type))
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Elements::<T>::from_cql(column_type, bytes)?.collect()
    }
}

impl<'a, T, S> FromCql<'a> for HashSet<T, S>
where
    T: FromCql<'a> + Hash + Eq,
    S: BuildHasher + Default,
{
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_elements::<Self, T>(column_type, set_element(column_type))
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Elements::<T>::from_cql(column_type, bytes)?.collect()
    }
}

fn map_types(column_type: &ColumnType) -> Option<&(ColumnType, ColumnType)> {
    match column_type {
        ColumnType::Map(pair) => Some(pair),
        _ => None,
    }
}

fn natural_map<'v, K: ToCql + 'v, V: ToCql + 'v>(
    keys: impl Iterator<Item = &'v K>,
    values: impl Iterator<Item = &'v V>,
) -> ColumnType {
    ColumnType::map(common_type(keys), common_type(values))
}

impl<K: ToCql, V: ToCql> ToCql for BTreeMap<K, V> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match map_types(column_type) {
            Some(pair) => write_entries(self.iter(), pair, out),
            None => Err(ValueError::mismatch::<Self>(column_type)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(natural_map(self.keys(), self.values()))
    }
}

impl<K: ToCql, V: ToCql, S> ToCql for HashMap<K, V, S> {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match map_types(column_type) {
            Some(pair) => write_entries(self.iter(), pair, out),
            None => Err(ValueError::mismatch::<Self>(column_type)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(natural_map(self.keys(), self.values()))
    }
}

fn check_entries<'a, C, K: FromCql<'a>, V: FromCql<'a>>(
    column_type: &ColumnType,
) -> Result<(), TypeMismatch> {
    let Some((key, value)) = map_types(column_type) else {
        return Err(TypeMismatch::new::<C>(column_type));
    };
    let checked = K::type_check(key).and_then(|()| V::type_check(value));
    checked.map_err(|inner| TypeMismatch::new::<C>(column_type).caused_by(inner))
}

/// Reads the entries of a map and hands them on, in the order they come. A null map has none.
pub(super) fn read_entries<'a, K: FromCql<'a>, V: FromCql<'a>>(
    column_type: &'a ColumnType,
    bytes: Option<&'a [u8]>,
    mut entry: impl FnMut(K, V),
) -> Result<(), DecodeError> {
    let Some((key_type, value_type)) = map_types(column_type) else {
        return Err(malformed("map", "the type has no entries"));
    };
    let mut reader = Reader::new(bytes.unwrap_or(&[0; 4]));
    for _ in 0..reader.count(8, "map")? {
        let key = K::from_cql(key_type, reader.opt_bytes("map key")?)?;
        entry(key, V::from_cql(value_type, reader.opt_bytes("map value")?)?);
    }
    if reader.is_empty() {
        Ok(())
    } else {
        Err(reader.error("map", Problem::Malformed("bytes follow the last entry")))
    }
}

impl<'a, K: FromCql<'a> + Ord, V: FromCql<'a>> FromCql<'a> for BTreeMap<K, V> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_entries::<Self, K, V>(column_type)
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let mut map = BTreeMap::new();
        read_entries(column_type, bytes, |key, value| drop(map.insert(key, value)))?;
        Ok(map)
    }
}

impl<'a, K, V, S> FromCql<'a> for HashMap<K, V, S>
where
    K: FromCql<'a> + Hash + Eq,
    V: FromCql<'a>,
    S: BuildHasher + Default,
{
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_entries::<Self, K, V>(column_type)
    }

    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let mut map = HashMap::default();
        read_entries(column_type, bytes, |key, value| drop(map.insert(key, value)))?;
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, encoded, refused, unhex};

    fn list(element: ColumnType) -> ColumnType {
        ColumnType::list(element)
    }

    #[test]
    fn p4_lists_and_maps_have_their_bytes() {
        let ints = list(ColumnType::Int);
        both_ways(&vec![1, 2], &ints, "00000002 00000004 00000001 00000004 00000002");
        both_ways(&[1, 2], &ints, "00000002 00000004 00000001 00000004 00000002");
        let map = ColumnType::map(ColumnType::Text, ColumnType::Int);
        let hex = "00000001 00000001 61 00000004 00000001";
        both_ways(&BTreeMap::from([("a".to_owned(), 1)]), &map, hex);
        both_ways(&HashMap::<_, _>::from([("a", 1)]), &map, hex);
    }

    #[test]
    fn sets_are_read_as_sets_and_as_lists() {
        let set = ColumnType::set(ColumnType::Text);
        let hex = "00000002 00000001 61 00000001 62";
        both_ways(&BTreeSet::from(["a", "b"]), &set, hex);
        both_ways(&vec!["a", "b"], &set, hex);
        assert_eq!(HashSet::<&str>::from_cql(&set, Some(&unhex(hex))).map(|set| set.len()), Ok(2));
        let mismatch = BTreeSet::<i32>::type_check(&list(ColumnType::Int)).unwrap_err();
        assert_eq!(mismatch.to_string(), "list<int> cannot be read as `BTreeSet<i32>`");
    }

    #[test]
    fn null_collections_are_empty_and_zero_length_ones_are_not_values() {
        let ints = list(ColumnType::Int);
        assert_eq!(Vec::<i32>::from_cql(&ints, None), Ok(vec![]));
        let map = ColumnType::map(ColumnType::Text, ColumnType::Int);
        assert_eq!(HashMap::<&str, i32>::from_cql(&map, None), Ok(HashMap::new()));
        assert_eq!(Option::<Vec<i32>>::from_cql(&ints, None), Ok(None));
        assert_eq!(Option::<Vec<i32>>::from_cql(&ints, Some(&[])), Ok(None));
        assert!(Vec::<i32>::from_cql(&ints, Some(&[])).is_err());
    }

    #[test]
    fn nulls_inside_are_refused_when_written_and_read_where_there_is_a_place() {
        let ints = list(ColumnType::Int);
        let message = "element 1: null cannot be stored in a collection or vector";
        refused(&vec![Some(1), None], &ints, message);
        let map = ColumnType::map(ColumnType::Text, list(ColumnType::Int));
        let value = BTreeMap::from([("a", vec![crate::value::Unset])]);
        let message = "value 0: element 0: unset cannot be stored in a collection or vector";
        refused(&value, &map, message);
        let bytes = unhex("00000001 ffffffff");
        assert_eq!(Vec::<Option<i32>>::from_cql(&ints, Some(&bytes)), Ok(vec![None]));
        assert!(Vec::<i32>::from_cql(&ints, Some(&bytes)).is_err());
    }

    #[test]
    fn counts_and_ends_are_checked() {
        let ints = list(ColumnType::Int);
        for hex in [
            "7fffffff",
            "ffffffff",
            "00000001 00000004 000000",
            "00000000 00",
            "00000001 00000004 00000001 00",
        ] {
            assert!(Vec::<i32>::from_cql(&ints, Some(&unhex(hex))).is_err(), "{hex}");
        }
        let map = ColumnType::map(ColumnType::Int, ColumnType::Int);
        for hex in ["7fffffff", "00000001 ffffffff", "00000000 00"] {
            assert!(BTreeMap::<i32, i32>::from_cql(&map, Some(&unhex(hex))).is_err(), "{hex}");
        }
    }

    #[test]
    fn mismatches_name_the_whole_types_and_the_cause() {
        let nested = ColumnType::map(ColumnType::Text, list(ColumnType::Int));
        let mismatch = BTreeMap::<String, Vec<String>>::type_check(&nested).unwrap_err();
        assert_eq!(
            mismatch.to_string(),
            "map<text, frozen<list<int>>> cannot be read as `BTreeMap<String, Vec<String>>`"
        );
        let cause = std::error::Error::source(&mismatch).unwrap();
        assert_eq!(cause.to_string(), "list<int> cannot be read as `Vec<String>`");
        refused(&vec![1], &list(ColumnType::Text), "element 0: `i32` cannot be written as text");
        refused(&vec![1], &ColumnType::Int, "`[i32]` cannot be written as int");
    }

    #[test]
    fn natural_types_come_from_the_first_element_that_knows() {
        let ints = list(ColumnType::Int);
        assert_eq!(vec![vec![], vec![1]].natural_type(), Some(list(ints.clone())));
        assert_eq!(vec![None, Some(1)].natural_type(), Some(ints));
        assert_eq!(BTreeMap::from([(1, true)]).natural_type().unwrap().to_string(), "map<int, boolean>");
        for empty in [vec![], vec![vec![]], vec![vec![], vec![]]] {
            let value: Vec<Vec<i32>> = empty;
            let natural = value.natural_type().unwrap();
            assert_eq!(encoded(&value, &natural).len(), 4 + value.len() * 8);
        }
    }
}
