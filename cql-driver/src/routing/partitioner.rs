//! The partitioners of Cassandra: how a partition key becomes a token.

use super::routing_key::{self, RoutingKeyError};
use super::token::{ParseTokenError, Token};
use cql_protocol::murmur3::Murmur3;
use std::fmt;

/// How the cluster turns a partition key into a [`Token`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Partitioner {
    /// `Murmur3Partitioner`, the default since Cassandra 1.2.
    Murmur3,
    /// `RandomPartitioner`: MD5.
    Random,
    /// `ByteOrderedPartitioner`: the key itself.
    ByteOrdered,
}

impl Partitioner {
    /// The partitioner of that class, as `system.local` names it, with or without the package. `None` for any other:
    /// the driver then routes without looking at tokens.
    #[must_use]
    pub fn from_class_name(class: &str) -> Option<Self> {
        match class.rsplit('.').next()? {
            "Murmur3Partitioner" => Some(Partitioner::Murmur3),
            "RandomPartitioner" => Some(Partitioner::Random),
            "ByteOrderedPartitioner" => Some(Partitioner::ByteOrdered),
            _ => None,
        }
    }

    /// The token of a serialized partition key: the only column's value, or for several columns each value with its
    /// length in two bytes before it and a zero byte after it.
    #[must_use]
    pub fn token_of_key(self, key: &[u8]) -> Token {
        let mut hasher = self.hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// The token of the partition that a statement's bound values name. `values` is the block that QUERY and EXECUTE
    /// carry, `[short n]` and n × `[value]`; `partition_key` holds the index of the value bound to each partition key
    /// column, as a prepared statement's metadata lists them. `None` when it lists none.
    ///
    /// # Errors
    /// When a partition key column is null, unset, missing or longer than a key may be.
    pub fn token_of_values(
        self,
        values: &[u8],
        partition_key: &[u16],
    ) -> Result<Option<Token>, RoutingKeyError> {
        if partition_key.is_empty() {
            return Ok(None);
        }
        if let (Partitioner::Murmur3, &[index]) = (self, partition_key) {
            // Nearly every request: nothing has to be put together.
            return Ok(Some(Token::murmur3(Murmur3::token(routing_key::only(values, index)?))));
        }
        let mut hasher = self.hasher();
        routing_key::write(values, partition_key, &mut hasher)?;
        Ok(Some(hasher.finish()))
    }

    /// Reads a token as the `tokens` columns of the system tables write it.
    ///
    /// # Errors
    /// When the text is not a token of this partitioner.
    pub fn parse_token(self, text: &str) -> Result<Token, ParseTokenError> {
        let token = match self {
            Partitioner::Murmur3 => text.parse().ok().map(Token::murmur3),
            Partitioner::Random => text.parse().ok().map(Token::random),
            Partitioner::ByteOrdered => parse_hex(text).map(Token::byte_ordered),
        };
        token.ok_or_else(|| ParseTokenError::new(text, self))
    }

    #[inline]
    fn hasher(self) -> KeyHasher {
        match self {
            Partitioner::Murmur3 => KeyHasher::Murmur3(Murmur3::default()),
            Partitioner::Random => KeyHasher::Random(md5::Context::new()),
            Partitioner::ByteOrdered => KeyHasher::ByteOrdered(Vec::new()),
        }
    }
}

impl fmt::Display for Partitioner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Partitioner::Murmur3 => "Murmur3Partitioner",
            Partitioner::Random => "RandomPartitioner",
            Partitioner::ByteOrdered => "ByteOrderedPartitioner",
        })
    }
}

/// Takes a partition key in pieces, so that composite keys need not be put together first.
pub(super) enum KeyHasher {
    Murmur3(Murmur3),
    Random(md5::Context),
    ByteOrdered(Vec<u8>),
}

impl KeyHasher {
    #[inline]
    pub(super) fn write(&mut self, bytes: &[u8]) {
        match self {
            KeyHasher::Murmur3(hash) => hash.write(bytes),
            KeyHasher::Random(hash) => hash.consume(bytes),
            KeyHasher::ByteOrdered(key) => key.extend_from_slice(bytes),
        }
    }

    #[inline]
    pub(super) fn finish(self) -> Token {
        match self {
            KeyHasher::Murmur3(hash) => Token::murmur3(hash.finish()),
            // The server reads the digest as a signed number and takes its magnitude.
            KeyHasher::Random(hash) => Token::random(i128::from_be_bytes(hash.finalize().0).unsigned_abs()),
            KeyHasher::ByteOrdered(key) => Token::byte_ordered(key),
        }
    }
}

/// The system tables write the tokens of the ordered partitioner as hexadecimal digits.
fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let (pairs, odd) = digits.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_name_counts_with_or_without_its_package() {
        let full = "org.apache.cassandra.dht.Murmur3Partitioner";
        assert_eq!(Partitioner::from_class_name(full), Some(Partitioner::Murmur3));
        assert_eq!(Partitioner::from_class_name("RandomPartitioner"), Some(Partitioner::Random));
        assert_eq!(Partitioner::from_class_name("com.example.MyMurmur3Partitioner"), None);
        assert_eq!(Partitioner::from_class_name(""), None);
    }

    #[test]
    fn tokens_are_read_as_the_system_tables_write_them() {
        assert_eq!(Partitioner::Murmur3.parse_token("-42"), Ok(Token::murmur3(-42)));
        assert_eq!(Partitioner::Random.parse_token("42"), Ok(Token::random(42)));
        assert_eq!(Partitioner::ByteOrdered.parse_token("00fF"), Ok(Token::byte_ordered([0, 255])));
        for (partitioner, text) in [
            (Partitioner::Murmur3, "9223372036854775808"),
            (Partitioner::Random, "-1"),
            (Partitioner::ByteOrdered, "0a1"),
            (Partitioner::ByteOrdered, "+1"),
        ] {
            let error = partitioner.parse_token(text).unwrap_err();
            assert_eq!(error.to_string(), format!("{text:?} is not a token of {partitioner}"));
        }
    }

    #[test]
    fn random_tokens_are_the_magnitude_of_the_digest() {
        // MD5("") = d41d8cd98f00b204e9800998ecf8427e: negative as a signed number.
        let expected = 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128.wrapping_neg();
        assert_eq!(Partitioner::Random.token_of_key(b""), Token::random(expected));
        // MD5("abc") = 900150983cd24fb0d6963f7d28e17f72: negative too.
        let expected = 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72_u128.wrapping_neg();
        assert_eq!(Partitioner::Random.token_of_key(b"abc"), Token::random(expected));
        // MD5("a") = 0cc175b9c0f1b6a831c399e269772661: positive.
        let expected = 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661;
        assert_eq!(Partitioner::Random.token_of_key(b"a"), Token::random(expected));
    }

    #[test]
    fn ordered_tokens_are_the_key() {
        assert_eq!(Partitioner::ByteOrdered.token_of_key(b"key"), Token::byte_ordered(*b"key"));
    }
}
