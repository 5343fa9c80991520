//! The elements of a list, set or vector, read one by one: every Rust collection is filled through [`Elements`].

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use crate::wire::{Reader, read_unsigned_vint};
use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;

/// The elements of a list, set or vector, borrowed from the page and read as `T` one by one, without allocating.
///
/// ```
/// use cql_protocol::types::ColumnType;
/// use cql_protocol::value::{Elements, FromCql};
///
/// let list = ColumnType::list(ColumnType::Text);
/// let bytes = [0, 0, 0, 2, 0, 0, 0, 1, b'a', 0, 0, 0, 1, b'b'];
/// let elements = Elements::<&str>::from_cql(&list, Some(&bytes))?;
/// assert_eq!(elements.len(), 2);
/// assert_eq!(elements.collect::<Result<Vec<_>, _>>()?, ["a", "b"]);
/// # Ok::<(), cql_protocol::DecodeError>(())
/// ```
pub struct Elements<'a, T> {
    element_type: &'a ColumnType,
    reader: Reader<'a>,
    remaining: usize,
    prefix: Prefix,
    element: PhantomData<fn() -> T>,
}

/// What stands before each element.
#[derive(Debug, Clone, Copy)]
enum Prefix {
    /// An `[int]`: lists and sets.
    Int,
    /// An `[unsigned vint]`: vectors of what has no fixed size.
    Vint,
    /// Nothing: vectors of elements of this size.
    Fixed(usize),
}

impl<'a, T> Elements<'a, T> {
    /// The type of the elements.
    #[must_use]
    pub fn element_type(&self) -> &'a ColumnType {
        self.element_type
    }

    /// How many elements to make room for: those announced, but not more memory than a few times the bytes at hand.
    pub(super) fn capacity(&self) -> usize {
        let affordable = self.reader.rest().len().saturating_mul(8);
        self.remaining.min(affordable.checked_div(size_of::<T>()).unwrap_or(0))
    }

    /// The elements not yet read, where they stand back to back.
    #[inline]
    pub(super) fn as_chunks(&self) -> Option<impl Iterator<Item = &'a [u8]> + use<'a, T>> {
        match self.prefix {
            // Never 0: `from_cql` refuses it.
            Prefix::Fixed(size) => Some(self.reader.rest().chunks_exact(size)),
            Prefix::Int | Prefix::Vint => None,
        }
    }

    fn new(element_type: &'a ColumnType, reader: Reader<'a>, remaining: usize, prefix: Prefix) -> Self {
        Elements { element_type, reader, remaining, prefix, element: PhantomData }
    }

    fn contents(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let bytes = match self.prefix {
            Prefix::Fixed(size) => Some(self.reader.bytes(size, "vector element")?),
            Prefix::Int => self.reader.opt_bytes("element")?,
            Prefix::Vint => {
                let length = read_unsigned_vint(&mut self.reader, "vector element")?;
                // A length beyond the address space is also beyond the bytes.
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                Some(self.reader.bytes(length, "vector element")?)
            }
        };
        if self.remaining == 0 && !self.reader.is_empty() {
            return Err(self.reader.error("element", Problem::Malformed("bytes follow the last element")));
        }
        Ok(bytes)
    }
}

/// The type of the elements, if it is a type that has elements.
pub(super) fn element_type(column_type: &ColumnType) -> Option<&ColumnType> {
    match column_type {
        ColumnType::List(element) | ColumnType::Set(element) => Some(element),
        ColumnType::Vector(vector) => Some(vector.element()),
        _ => None,
    }
}

/// Whether `C` can be filled with elements read as `T`.
pub(super) fn check_elements<'a, C, T: FromCql<'a>>(
    column_type: &ColumnType,
    element_type: Option<&ColumnType>,
) -> Result<(), TypeMismatch> {
    match element_type {
        Some(element) => {
            T::type_check(element).map_err(|inner| TypeMismatch::new::<C>(column_type).caused_by(inner))
        }
        None => Err(TypeMismatch::new::<C>(column_type)),
    }
}

impl<'a, T: FromCql<'a>> FromCql<'a> for Elements<'a, T> {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        check_elements::<Self, T>(column_type, element_type(column_type))
    }

    /// A null list or set has no elements: that is how the server stores an empty one. A null vector is an error.
    fn from_cql(column_type: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let vector = match column_type {
            ColumnType::List(element) | ColumnType::Set(element) => {
                let mut reader = Reader::new(bytes.unwrap_or(&[0; 4]));
                let count = reader.count(4, "elements")?;
                if count == 0 && !reader.is_empty() {
                    return Err(malformed("elements", "bytes follow the last element"));
                }
                return Ok(Elements::new(element, reader, count, Prefix::Int));
            }
            ColumnType::Vector(vector) => vector,
            _ => return Err(malformed("elements", "the type has no elements")),
        };
        let reader = Reader::new(not_null(bytes, "vector")?);
        let length = reader.rest().len();
        let count = usize::try_from(vector.dimensions()).unwrap_or(usize::MAX);
        let Some(size) = vector.element().fixed_size() else {
            // Each element has at least its length.
            if count > length || count == 0 {
                return Err(reader.error("vector", Problem::TooShort { needed: count.max(1), left: length }));
            }
            return Ok(Elements::new(vector.element(), reader, count, Prefix::Vint));
        };
        if size == 0 || count.checked_mul(size) != Some(length) || length == 0 {
            let expected = count.saturating_mul(size);
            return Err(reader.error("vector", Problem::WrongSize { expected, found: length }));
        }
        Ok(Elements::new(vector.element(), reader, count, Prefix::Fixed(size)))
    }
}

impl<'a, T: FromCql<'a>> Iterator for Elements<'a, T> {
    type Item = Result<T, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        let element = self.contents().and_then(|bytes| T::from_cql(self.element_type, bytes));
        if element.is_err() {
            self.remaining = 0;
        }
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl<'a, T: FromCql<'a>> ExactSizeIterator for Elements<'a, T> {}

impl<'a, T: FromCql<'a>> FusedIterator for Elements<'a, T> {}

impl<T> Clone for Elements<'_, T> {
    fn clone(&self) -> Self {
        Elements { reader: self.reader.clone(), ..*self }
    }
}

impl<T> fmt::Debug for Elements<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements")
            .field("element_type", &self.element_type)
            .field("remaining", &self.remaining)
            .finish_non_exhaustive()
    }
}
