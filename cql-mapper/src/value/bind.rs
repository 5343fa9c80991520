//! What may be written where a column has a type: the type itself, and what stands for it without being copied.

use super::cql_type::CqlType;
use cql_driver::value::{Encoded, ToCql, ValueError, write_value};

/// A value for a column of type `T`: a `T`, a `&T`, and `&str` for `String`, arrays and slices for `Vec`.
///
/// A newtype's column takes the newtype and nothing else.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` cannot be bound where the column is a `{T}`",
    label = "wrong type of value for this column"
)]
pub trait Bind<T> {
    /// Appends the value with its length.
    ///
    /// # Errors
    /// When it is outside of what the CQL type can hold.
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError>;
}

/// Appends `value` as a `T` is written.
pub(crate) fn write_as<T: CqlType, V: ToCql + ?Sized>(
    value: &V,
    out: &mut Vec<u8>,
) -> Result<(), ValueError> {
    let start = out.len();
    match write_value(value, &T::column_type(), out) {
        Ok(Encoded::Value | Encoded::Null | Encoded::Unset) => Ok(()),
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

impl<T: CqlType> Bind<T> for T {
    #[inline]
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        write_as::<T, T>(self, out)
    }
}

impl<T: CqlType> Bind<T> for &T {
    #[inline]
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        write_as::<T, T>(self, out)
    }
}

macro_rules! as_written {
    ($($given:ty => $column:ty $(, $parameter:ident $(: $bound:ident)?)?;)*) => {
        $(
            impl $(<$parameter $(: $bound)?>)? Bind<$column> for $given {
                fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
                    write_as::<$column, _>(*self, out)
                }
            }
        )*
    };
}

as_written! {
    &str => String;
    &str => Box<str>;
    &&str => String;
    &[u8] => Vec<u8>;
    &[u8] => bytes::Bytes;
    &[T] => Vec<T>, T: CqlType;
}

impl<T: CqlType, const N: usize> Bind<Vec<T>> for [T; N] {
    fn bind(&self, out: &mut Vec<u8>) -> Result<(), ValueError> {
        write_as::<Vec<T>, _>(self.as_slice(), out)
    }
}

/// Several values, each for an element of type `T`: what `is_in`, `add`, `append` and the like take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not give values for elements of type `{T}`",
    label = "wrong type of elements for this column"
)]
pub trait Elements<T> {
    /// Appends the elements, each with its length, and gives their number.
    ///
    /// # Errors
    /// When one is outside of what the CQL type can hold.
    fn write(self, out: &mut Vec<u8>) -> Result<usize, ValueError>;
}

impl<T: CqlType, I> Elements<T> for I
where
    I: IntoIterator,
    I::Item: Bind<T>,
{
    fn write(self, out: &mut Vec<u8>) -> Result<usize, ValueError> {
        let mut count = 0;
        for element in self {
            element.bind(out)?;
            count += 1;
        }
        Ok(count)
    }
}

/// Appends a list or set of elements with its length, and gives their number.
pub(crate) fn write_elements<T>(elements: impl Elements<T>, out: &mut Vec<u8>) -> Result<usize, ValueError> {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    let count = elements.write(out)?;
    let wrong = |_| ValueError::invalid::<T>("more than 2 GiB, or than 2147483647 elements");
    let length = i32::try_from(out.len() - start - 4).map_err(wrong)?;
    let number = i32::try_from(count).map_err(wrong)?;
    if let Some(header) = out.get_mut(start..start + 8) {
        header[..4].copy_from_slice(&length.to_be_bytes());
        header[4..].copy_from_slice(&number.to_be_bytes());
    }
    Ok(count)
}
