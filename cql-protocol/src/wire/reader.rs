//! A cursor over bytes that checks before it takes.

use crate::consistency::Consistency;
use crate::error::{DecodeError, Problem};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use uuid::Uuid;

/// Reads the notations of v5 §3 from a slice. Every call either consumes exactly its field or fails; none panics.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
}

/// A `[value]` as a request carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoundValue<'a> {
    /// The contents.
    Set(&'a [u8]),
    /// Length -1.
    Null,
    /// Length -2 (v4 and newer): the column keeps what it has.
    Unset,
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        $($(#[$doc])*
        ///
        /// # Errors
        /// When too few bytes are left.
        #[inline]
        pub fn $name(&mut self, field: &'static str) -> Result<$type, DecodeError> {
            match self.rest.split_first_chunk() {
                Some((bytes, rest)) => {
                    self.rest = rest;
                    Ok(<$type>::from_be_bytes(*bytes))
                }
                None => Err(self.too_short(field, size_of::<$type>())),
            }
        })*
    };
}

impl<'a> Reader<'a> {
    /// Starts at the first of `bytes`.
    #[must_use]
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, total: bytes.len() }
    }

    /// Bytes consumed so far.
    #[must_use]
    #[inline]
    pub fn offset(&self) -> usize {
        self.total - self.rest.len()
    }

    /// What has not been read yet.
    #[must_use]
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// An error at the current position.
    #[cold]
    #[must_use]
    pub fn error(&self, field: &'static str, problem: Problem) -> DecodeError {
        DecodeError::new(field, self.offset(), problem)
    }

    #[cold]
    fn too_short(&self, field: &'static str, needed: usize) -> DecodeError {
        self.error(field, Problem::TooShort { needed, left: self.rest.len() })
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    #[inline]
    pub fn bytes(&mut self, count: usize, field: &'static str) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(count) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.too_short(field, count)),
        }
    }

    numbers! {
        /// A `[byte]`.
        u8: u8;
        /// A signed byte.
        i8: i8;
        /// A `[short]`.
        u16: u16;
        /// A signed short: stream ids.
        i16: i16;
        /// An unsigned int: declared lengths.
        u32: u32;
        /// An `[int]`.
        i32: i32;
        /// A `[long]`.
        i64: i64;
        /// 128 bits.
        u128: u128;
    }

    /// A `[uuid]`.
    ///
    /// # Errors
    /// When too few bytes are left.
    pub fn uuid(&mut self, field: &'static str) -> Result<Uuid, DecodeError> {
        Ok(Uuid::from_u128(self.u128(field)?))
    }

    /// An `[int]` count of items that take at least `item_size` bytes each, checked against the bytes left, so that
    /// allocating for it is safe. `item_size` 0 counts as 1.
    ///
    /// # Errors
    /// When it is negative or promises more than is there.
    pub fn count(&mut self, item_size: usize, field: &'static str) -> Result<usize, DecodeError> {
        let count = self.i32(field)?;
        let Ok(count) = usize::try_from(count) else {
            return Err(self.error(field, Problem::Negative(count.into())));
        };
        self.check_count(count, item_size, field)
    }

    /// A `[short]` count, checked as [`Reader::count`] is.
    ///
    /// # Errors
    /// When it promises more than is there.
    pub fn short_count(&mut self, item_size: usize, field: &'static str) -> Result<usize, DecodeError> {
        let count = self.u16(field)?;
        self.check_count(count.into(), item_size, field)
    }

    fn check_count(&self, count: usize, item_size: usize, field: &'static str) -> Result<usize, DecodeError> {
        let needed = count.saturating_mul(item_size.max(1));
        if needed > self.rest.len() {
            return Err(self.too_short(field, needed));
        }
        Ok(count)
    }

    fn text(&self, bytes: &'a [u8], field: &'static str) -> Result<&'a str, DecodeError> {
        str::from_utf8(bytes).map_err(|_| self.error(field, Problem::NotText))
    }

    /// A `[string]`.
    ///
    /// # Errors
    /// When it is cut short or not UTF-8.
    pub fn string(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let length = self.u16(field)?;
        let bytes = self.bytes(length.into(), field)?;
        self.text(bytes, field)
    }

    /// A `[long string]`.
    ///
    /// # Errors
    /// When its length is negative, it is cut short or not UTF-8.
    pub fn long_string(&mut self, field: &'static str) -> Result<&'a str, DecodeError> {
        let length = self.count(1, field)?;
        let bytes = self.bytes(length, field)?;
        self.text(bytes, field)
    }

    /// A `[bytes]`; any negative length is null.
    ///
    /// # Errors
    /// When it is cut short.
    #[inline]
    pub fn opt_bytes(&mut self, field: &'static str) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = self.i32(field)?;
        match usize::try_from(length) {
            Ok(length) => self.bytes(length, field).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// A `[value]`: -1 is null, -2 unset, anything below an error.
    ///
    /// # Errors
    /// When it is cut short or its length is below -2.
    pub fn value(&mut self, field: &'static str) -> Result<BoundValue<'a>, DecodeError> {
        match self.i32(field)? {
            -1 => Ok(BoundValue::Null),
            -2 => Ok(BoundValue::Unset),
            length => match usize::try_from(length) {
                Ok(length) => self.bytes(length, field).map(BoundValue::Set),
                Err(_) => Err(self.error(field, Problem::Negative(length.into()))),
            },
        }
    }

    /// A `[short bytes]`.
    ///
    /// # Errors
    /// When it is cut short.
    pub fn short_bytes(&mut self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.u16(field)?;
        self.bytes(length.into(), field)
    }

    /// An `[inetaddr]`.
    ///
    /// # Errors
    /// When it is cut short or its size is neither 4 nor 16.
    pub fn inet_addr(&mut self, field: &'static str) -> Result<IpAddr, DecodeError> {
        let size = self.u8(field)?;
        let bytes = self.bytes(size.into(), field)?;
        if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
            Ok(IpAddr::from(v4))
        } else if let Ok(v6) = <[u8; 16]>::try_from(bytes) {
            Ok(IpAddr::from(v6))
        } else {
            Err(self.error(field, Problem::Malformed("an address has 4 or 16 bytes")))
        }
    }

    /// An `[inet]`: address and port.
    ///
    /// # Errors
    /// As [`Reader::inet_addr`], and when the port is not one.
    pub fn inet(&mut self, field: &'static str) -> Result<SocketAddr, DecodeError> {
        let address = self.inet_addr(field)?;
        let port = self.i32(field)?;
        match u16::try_from(port) {
            Ok(port) => Ok(SocketAddr::new(address, port)),
            Err(_) => Err(self.error(field, Problem::OutOfRange(port.into()))),
        }
    }

    /// A `[consistency]`.
    ///
    /// # Errors
    /// When it is cut short.
    pub fn consistency(&mut self, field: &'static str) -> Result<Consistency, DecodeError> {
        Ok(Consistency::from_code(self.u16(field)?))
    }

    /// A `[string list]`.
    ///
    /// # Errors
    /// When it is cut short or holds what is not UTF-8.
    pub fn string_list(&mut self, field: &'static str) -> Result<Vec<String>, DecodeError> {
        let count = self.short_count(2, field)?;
        (0..count).map(|_| self.string(field).map(str::to_owned)).collect()
    }

    /// A `[string map]`.
    ///
    /// # Errors
    /// When it is cut short or holds what is not UTF-8.
    pub fn string_map(&mut self, field: &'static str) -> Result<BTreeMap<String, String>, DecodeError> {
        let count = self.short_count(4, field)?;
        (0..count).map(|_| Ok((self.string(field)?.to_owned(), self.string(field)?.to_owned()))).collect()
    }

    /// A `[string multimap]`.
    ///
    /// # Errors
    /// When it is cut short or holds what is not UTF-8.
    pub fn string_multimap(
        &mut self,
        field: &'static str,
    ) -> Result<BTreeMap<String, Vec<String>>, DecodeError> {
        let count = self.short_count(4, field)?;
        (0..count).map(|_| Ok((self.string(field)?.to_owned(), self.string_list(field)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_compared_with_the_bytes_left() {
        let mut reader = Reader::new(&[0x7F, 0xFF, 0xFF, 0xFF, 1, 2, 3]);
        let error = reader.count(4, "rows").unwrap_err();
        assert_eq!(error.field(), "rows");
        assert_eq!(error.problem(), &Problem::TooShort { needed: 0x7FFF_FFFF * 4, left: 3 });
        let error = Reader::new(&[0xFF; 4]).count(1, "rows").unwrap_err();
        assert_eq!(error.problem(), &Problem::Negative(-1));
    }

    #[test]
    fn values_tell_null_from_unset_and_refuse_the_rest() {
        let read = |length: i32| Reader::new(&length.to_be_bytes()).value("v").map(|_| ());
        assert_eq!(Reader::new(&(-1_i32).to_be_bytes()).value("v"), Ok(BoundValue::Null));
        assert_eq!(Reader::new(&(-2_i32).to_be_bytes()).value("v"), Ok(BoundValue::Unset));
        assert!(read(-3).is_err());
        assert!(read(1).is_err());
        assert_eq!(Reader::new(&(-7_i32).to_be_bytes()).opt_bytes("v"), Ok(None));
    }

    #[test]
    fn addresses_have_four_or_sixteen_bytes() {
        let mut bytes = vec![4, 127, 0, 0, 1, 0, 0, 0x23, 0x52];
        assert_eq!(Reader::new(&bytes).inet("a"), Ok(SocketAddr::from(([127, 0, 0, 1], 9042))));
        bytes[0] = 5;
        assert!(Reader::new(&bytes).inet("a").is_err());
        bytes[0] = 4;
        bytes[5] = 1;
        assert!(Reader::new(&bytes).inet("a").is_err(), "a port above 65535");
    }
}
