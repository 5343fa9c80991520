//! Tokens: where a partition lies on the ring.

use std::fmt;

/// A position on the ring, as the cluster's [`Partitioner`](super::Partitioner) computes it.
///
/// Tokens of one partitioner are ordered as the ring is. `Display` writes the CQL literal that compares with
/// `token(…)`. Not `Copy`, because the tokens of the ordered partitioner are the keys themselves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    Murmur3(i64),
    Random(u128),
    ByteOrdered(Box<[u8]>),
}

/// The text is not a token of the partitioner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a token of {partitioner}")]
#[non_exhaustive]
pub struct ParseTokenError {
    text: Box<str>,
    partitioner: super::Partitioner,
}

impl ParseTokenError {
    pub(super) fn new(text: &str, partitioner: super::Partitioner) -> Self {
        ParseTokenError { text: text.into(), partitioner }
    }
}

impl Token {
    /// A token of the Murmur3 partitioner.
    #[must_use]
    #[inline]
    pub const fn murmur3(value: i64) -> Self {
        Token(Repr::Murmur3(value))
    }

    /// A token of the random partitioner: 0 to 2^127.
    #[must_use]
    pub const fn random(value: u128) -> Self {
        Token(Repr::Random(value))
    }

    /// A token of the byte-ordered partitioner: the bytes of the partition key.
    #[must_use]
    pub fn byte_ordered(key: impl Into<Box<[u8]>>) -> Self {
        Token(Repr::ByteOrdered(key.into()))
    }

    /// The number, if this is a token of the Murmur3 partitioner.
    #[must_use]
    #[inline]
    pub const fn as_murmur3(&self) -> Option<i64> {
        match self.0 {
            Repr::Murmur3(value) => Some(value),
            Repr::Random(_) | Repr::ByteOrdered(_) => None,
        }
    }

    /// The number, if this is a token of the random partitioner.
    #[must_use]
    pub const fn as_random(&self) -> Option<u128> {
        match self.0 {
            Repr::Random(value) => Some(value),
            Repr::Murmur3(_) | Repr::ByteOrdered(_) => None,
        }
    }

    /// The key, if this is a token of the byte-ordered partitioner.
    #[must_use]
    pub fn as_key(&self) -> Option<&[u8]> {
        match &self.0 {
            Repr::ByteOrdered(key) => Some(key),
            Repr::Murmur3(_) | Repr::Random(_) => None,
        }
    }

    /// The partitioner it belongs to.
    #[must_use]
    pub const fn partitioner(&self) -> super::Partitioner {
        match self.0 {
            Repr::Murmur3(_) => super::Partitioner::Murmur3,
            Repr::Random(_) => super::Partitioner::Random,
            Repr::ByteOrdered(_) => super::Partitioner::ByteOrdered,
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Murmur3(value) => write!(f, "{value}"),
            Repr::Random(value) => write!(f, "{value}"),
            Repr::ByteOrdered(key) => {
                f.write_str("0x")?;
                key.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_ordered_as_the_ring_is() {
        assert!(Token::murmur3(-5) < Token::murmur3(3));
        assert!(Token::random(9) < Token::random(10));
        assert!(Token::byte_ordered([1, 2]) < Token::byte_ordered([1, 2, 0]));
        assert!(Token::byte_ordered([0x7F]) < Token::byte_ordered([0x80]), "bytes compare unsigned");
    }

    #[test]
    fn display_is_the_cql_literal() {
        assert_eq!(Token::murmur3(i64::MIN).to_string(), "-9223372036854775808");
        assert_eq!(Token::random(1 << 127).to_string(), "170141183460469231731687303715884105728");
        assert_eq!(Token::byte_ordered([0x0A, 0xFF]).to_string(), "0x0aff");
    }
}
