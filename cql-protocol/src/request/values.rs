//! The bound values of a statement, as their bytes.

use crate::error::{DecodeError, EncodeError, Problem};
use crate::version::ProtocolVersion;
use crate::wire::{BoundValue, Reader, Write};
use std::fmt;

/// Bound values: `[short n]` and n × `[value]`, each behind its `[string]` name if they are named (v5 §4.1.4).
///
/// The bytes come from [`ValuesWriter`](crate::value::ValuesWriter) or from a decoded request. They are taken at their
/// word when a message is encoded; [`Values::iter`] checks them. `Debug` shows how many there are, never what they are.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Values<'a> {
    encoded: &'a [u8],
    named: bool,
}

/// Whether a message carries values, and how: what must be known to write the flags before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ValuesShape {
    /// No values: not even their count is sent.
    #[default]
    None,
    /// Values in the order of the markers.
    Positional,
    /// Each value behind the name of its marker.
    Named,
}

impl<'a> Values<'a> {
    /// No values.
    pub const NONE: Values<'static> = Values { encoded: &[], named: false };

    /// Values in the order of the markers. `encoded` begins with their count; if it is empty there are none.
    #[must_use]
    #[inline]
    pub const fn positional(encoded: &'a [u8]) -> Self {
        Values { encoded, named: false }
    }

    /// Values that are each preceded by their name. `encoded` begins with their count; if it is empty there are none.
    #[must_use]
    #[inline]
    pub const fn named(encoded: &'a [u8]) -> Self {
        Values { encoded, named: true }
    }

    /// Whether there are values, and how they are told apart.
    #[must_use]
    #[inline]
    pub const fn shape(&self) -> ValuesShape {
        match (self.encoded.is_empty(), self.named) {
            (true, _) => ValuesShape::None,
            (false, false) => ValuesShape::Positional,
            (false, true) => ValuesShape::Named,
        }
    }

    /// The bytes, from the count on.
    #[must_use]
    #[inline]
    pub const fn encoded(&self) -> &'a [u8] {
        self.encoded
    }

    /// How many values there are, by their count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.encoded.first_chunk().map_or(0, |count| u16::from_be_bytes(*count).into())
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Walks over names and values.
    #[must_use]
    pub fn iter(&self) -> ValuesIter<'a> {
        let mut reader = Reader::new(self.encoded);
        // Without the two bytes of the count there is nothing to walk over; the error would be the count's.
        let left = reader.u16("bound values").unwrap_or(0);
        ValuesIter { reader, left, named: self.named }
    }

    /// Reads and checks them. In v3 a length below -1 is refused: Cassandra takes it for null there, which would delete
    /// what a client meant to leave alone.
    pub(super) fn decode(
        reader: &mut Reader<'a>,
        shape: ValuesShape,
        version: ProtocolVersion,
    ) -> Result<Self, DecodeError> {
        let named = match shape {
            ValuesShape::None => return Ok(Values::NONE),
            ValuesShape::Positional => false,
            ValuesShape::Named => true,
        };
        let start = reader.rest();
        let count = reader.short_count(if named { 6 } else { 4 }, "bound values")?;
        for _ in 0..count {
            if named {
                reader.string("name of a bound value")?;
            }
            if reader.value("bound value")? == BoundValue::Unset && !version.has_unset() {
                return Err(reader.error("bound value", Problem::Negative(-2)));
            }
        }
        let used = start.len().saturating_sub(reader.rest().len());
        Ok(Values { encoded: start.get(..used).unwrap_or_default(), named })
    }

    /// Appends them as QUERY and EXECUTE have them: nothing at all if there are none.
    ///
    /// # Errors
    /// When one is unset and the version has no unset.
    #[inline]
    pub fn encode(&self, version: ProtocolVersion, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !version.has_unset() {
            self.check_set(version)?;
        }
        out.extend_from_slice(self.encoded);
        Ok(())
    }

    /// Appends them as a statement of a BATCH has them: with a count even if there are none.
    pub(super) fn encode_in_batch(
        &self,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        match self.shape() {
            ValuesShape::None => {
                out.write_short(0);
                Ok(())
            }
            ValuesShape::Positional => self.encode(version, out),
            // "This feature does not work and should not be used" (§4.1.7): the flag that announces names comes behind
            // the names.
            ValuesShape::Named => Err(EncodeError::Invalid("a batch cannot name its values")),
        }
    }

    fn check_set(&self, version: ProtocolVersion) -> Result<(), EncodeError> {
        let unset = |item| matches!(item, Ok((_, BoundValue::Unset)));
        if self.iter().any(unset) {
            return Err(EncodeError::Unsupported { feature: "an unset value", version });
        }
        Ok(())
    }
}

impl<'a> IntoIterator for &Values<'a> {
    type Item = Result<(Option<&'a str>, BoundValue<'a>), DecodeError>;
    type IntoIter = ValuesIter<'a>;

    fn into_iter(self) -> ValuesIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} {:?})", self.len(), self.shape())
    }
}

/// Walks over names and values, see [`Values::iter`]. Ends after the first error; values of a decoded request have none.
#[derive(Clone)]
pub struct ValuesIter<'a> {
    reader: Reader<'a>,
    left: u16,
    named: bool,
}

impl<'a> ValuesIter<'a> {
    fn read(&mut self) -> Result<(Option<&'a str>, BoundValue<'a>), DecodeError> {
        let name = if self.named { Some(self.reader.string("name of a bound value")?) } else { None };
        Ok((name, self.reader.value("bound value")?))
    }
}

impl<'a> Iterator for ValuesIter<'a> {
    type Item = Result<(Option<&'a str>, BoundValue<'a>), DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let item = self.read();
        if item.is_err() {
            self.left = 0;
        }
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left.into()))
    }
}

impl fmt::Debug for ValuesIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValuesIter({} left)", self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSITIONAL: &[u8] = &[0, 3, 0, 0, 0, 1, 7, 255, 255, 255, 255, 255, 255, 255, 254];

    #[test]
    fn values_are_walked_in_order() {
        let values: Vec<_> = Values::positional(POSITIONAL).iter().map(Result::unwrap).collect();
        assert_eq!(
            values,
            [(None, BoundValue::Set(&[7])), (None, BoundValue::Null), (None, BoundValue::Unset)]
        );
        let named = Values::named(&[0, 1, 0, 1, b'a', 0, 0, 0, 0]);
        assert_eq!(named.iter().next(), Some(Ok((Some("a"), BoundValue::Set(&[])))));
        assert_eq!(Values::NONE.iter().next(), None);
    }

    #[test]
    fn a_lying_count_ends_the_walk_with_one_error() {
        let values = Values::positional(&[255, 255, 0, 0, 0, 0]);
        let items: Vec<_> = values.iter().collect();
        assert_eq!(items.len(), 2);
        assert!(items[1].is_err());
    }

    #[test]
    fn unset_is_refused_in_v3_both_ways() {
        let error = Values::positional(POSITIONAL).encode(ProtocolVersion::V3, &mut Vec::new());
        assert!(matches!(error, Err(EncodeError::Unsupported { .. })));
        let decode = |version| Values::decode(&mut Reader::new(POSITIONAL), ValuesShape::Positional, version);
        assert!(decode(ProtocolVersion::V3).is_err());
        assert_eq!(decode(ProtocolVersion::V4), Ok(Values::positional(POSITIONAL)));
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", Values::positional(&[0, 1, 0, 0, 0, 1, 42])), "Values(1 Positional)");
    }
}
