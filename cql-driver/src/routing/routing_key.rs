//! Finds the partition key among the bound values of a request and feeds it to the partitioner, in place.

use super::partitioner::KeyHasher;
use cql_protocol::DecodeError;
use cql_protocol::wire::{BoundValue, Reader};

/// Why no token follows from the bound values. `index` is the place of the value among them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoutingKeyError {
    /// A partition key column is null.
    #[error("partition key column bound by value {index} is null")]
    #[non_exhaustive]
    Null {
        /// The value's place.
        index: u16,
    },
    /// A partition key column is unset.
    #[error("partition key column bound by value {index} is unset")]
    #[non_exhaustive]
    Unset {
        /// The value's place.
        index: u16,
    },
    /// There are fewer values than the partition key needs.
    #[error("partition key column is bound by value {index}, but only {count} values are bound")]
    #[non_exhaustive]
    Missing {
        /// The value's place.
        index: u16,
        /// Values there are.
        count: u16,
    },
    /// A partition key column is longer than the server stores.
    #[error("partition key column bound by value {index} has {length} bytes, more than 65535")]
    #[non_exhaustive]
    TooLong {
        /// The value's place.
        index: u16,
        /// Its length in bytes.
        length: usize,
    },
    /// The block of values is not one.
    #[error("bound values cannot be read")]
    Malformed(#[from] DecodeError),
}

/// The value of a partition key of one column.
#[inline]
pub(super) fn only(values: &[u8], index: u16) -> Result<&[u8], RoutingKeyError> {
    let value = Walk::new(values)?.seek(index)?;
    checked_length(index, value)?;
    Ok(value)
}

/// Writes the partition key as the server serializes it: a single column is its value; several columns are each
/// `[short length] value 00`.
pub(super) fn write(values: &[u8], columns: &[u16], key: &mut KeyHasher) -> Result<(), RoutingKeyError> {
    if let &[index] = columns {
        key.write(only(values, index)?);
        return Ok(());
    }
    let mut walk = Walk::new(values)?;
    for &index in columns {
        let value = walk.seek(index)?;
        key.write(&checked_length(index, value)?.to_be_bytes());
        key.write(value);
        key.write(&[0]);
    }
    Ok(())
}

fn checked_length(index: u16, value: &[u8]) -> Result<u16, RoutingKeyError> {
    u16::try_from(value.len()).map_err(|_| RoutingKeyError::TooLong { index, length: value.len() })
}

/// A place in the block of values. Partition keys are mostly bound in their order, so going on from the last column
/// makes one pass of it; going back starts anew.
struct Walk<'a> {
    first: Reader<'a>,
    count: u16,
    rest: Reader<'a>,
    next: u16,
}

impl<'a> Walk<'a> {
    #[inline]
    fn new(values: &'a [u8]) -> Result<Self, DecodeError> {
        let mut first = Reader::new(values);
        let count = first.u16("number of bound values")?;
        Ok(Walk { rest: first.clone(), first, count, next: 0 })
    }

    #[inline]
    fn seek(&mut self, index: u16) -> Result<&'a [u8], RoutingKeyError> {
        if index >= self.count {
            return Err(RoutingKeyError::Missing { index, count: self.count });
        }
        if index < self.next {
            self.rest = self.first.clone();
            self.next = 0;
        }
        while self.next < index {
            self.rest.opt_bytes("bound value")?;
            self.next += 1;
        }
        // Does not overflow: `index` is below a count of at most 65535.
        self.next += 1;
        match self.rest.value("bound value")? {
            BoundValue::Set(value) => Ok(value),
            BoundValue::Null => Err(RoutingKeyError::Null { index }),
            // What later versions of the notation add is not a value either.
            _ => Err(RoutingKeyError::Unset { index }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Partitioner, Token};
    use super::*;

    fn block(values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut block = u16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
        for value in values {
            let length = value.map_or(-1, |value| i32::try_from(value.len()).unwrap());
            block.extend(length.to_be_bytes());
            block.extend(value.unwrap_or_default());
        }
        block
    }

    fn token(values: &[Option<&[u8]>], columns: &[u16]) -> Result<Option<Token>, RoutingKeyError> {
        Partitioner::Murmur3.token_of_values(&block(values), columns)
    }

    #[test]
    fn a_single_column_is_hashed_as_it_is() {
        let one = 1_i32.to_be_bytes();
        let expected = Some(Token::murmur3(-4_069_959_284_402_364_209));
        assert_eq!(token(&[Some(&one)], &[0]), Ok(expected.clone()));
        assert_eq!(token(&[None, Some(b"skipped"), Some(&one), None], &[2]), Ok(expected));
    }

    #[test]
    fn several_columns_are_hashed_with_lengths_and_a_zero_each() {
        let values: &[Option<&[u8]>] = &[Some(b"b"), Some(b"not in the key"), Some(b"key a")];
        let ordered = Partitioner::ByteOrdered;
        let key = ordered.token_of_values(&block(values), &[2, 0]);
        assert_eq!(key, Ok(Some(Token::byte_ordered(*b"\x00\x05key a\x00\x00\x01b\x00"))));
        let whole = Partitioner::Murmur3.token_of_key(b"\x00\x05key a\x00\x00\x01b\x00");
        assert_eq!(token(values, &[2, 0]), Ok(Some(whole)));
    }

    #[test]
    fn the_same_value_may_be_bound_to_two_columns() {
        let values = block(&[Some(b"x")]);
        let key = Partitioner::ByteOrdered.token_of_values(&values, &[0, 0]);
        assert_eq!(key, Ok(Some(Token::byte_ordered(*b"\x00\x01x\x00\x00\x01x\x00"))));
    }

    #[test]
    fn no_partition_key_is_no_token() {
        assert_eq!(token(&[Some(b"x")], &[]), Ok(None));
    }

    #[test]
    fn null_and_unset_are_refused_with_their_place() {
        assert_eq!(token(&[Some(b"x"), None], &[0, 1]), Err(RoutingKeyError::Null { index: 1 }));
        let unset = [0, 1, 0xFF, 0xFF, 0xFF, 0xFE];
        let error = Partitioner::Murmur3.token_of_values(&unset, &[0]);
        assert_eq!(error, Err(RoutingKeyError::Unset { index: 0 }));
    }

    #[test]
    fn a_column_beyond_the_values_is_refused() {
        assert_eq!(token(&[Some(b"x")], &[1]), Err(RoutingKeyError::Missing { index: 1, count: 1 }));
    }

    #[test]
    fn a_column_too_long_for_a_key_is_refused_at_its_first_byte_over() {
        let longest = vec![7; 65_535];
        let too_long = vec![7; 65_536];
        assert!(token(&[Some(&longest)], &[0]).is_ok());
        assert!(token(&[Some(&longest), Some(b"")], &[0, 1]).is_ok());
        let error = Err(RoutingKeyError::TooLong { index: 0, length: 65_536 });
        assert_eq!(token(&[Some(&too_long)], &[0]), error);
        assert_eq!(token(&[Some(&too_long), Some(b"")], &[0, 1]), error);
    }

    #[test]
    fn a_block_cut_short_is_refused() {
        let whole = block(&[Some(b"abc"), Some(b"def")]);
        for length in 0..whole.len() {
            let error = Partitioner::Murmur3.token_of_values(&whole[..length], &[0, 1]);
            assert!(matches!(error, Err(RoutingKeyError::Malformed(_))), "{length} bytes: {error:?}");
        }
    }
}
