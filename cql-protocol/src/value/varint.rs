//! `varint` (v5 §6.25): two's complement of any length.

use super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::encode::{Encoded, ToCql, ValueError};
use super::temporal::{LiteralError, OutOfRange};
use crate::error::DecodeError;
use crate::types::ColumnType;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A `varint`: an integer of any size.
///
/// ```
/// use cql_protocol::value::CqlVarint;
///
/// let number: CqlVarint = "123456789123456789123456789".parse()?;
/// assert_eq!(number.to_string(), "123456789123456789123456789");
/// assert_eq!(i128::try_from(&number), Ok(123_456_789_123_456_789_123_456_789));
/// assert_eq!(CqlVarint::from(-129_i64).as_be_bytes(), [0xFF, 0x7F]);
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CqlVarint(Box<[u8]>);

impl CqlVarint {
    /// The number that these bytes are in big-endian two's complement; no bytes are 0.
    #[must_use]
    pub fn from_be_bytes(bytes: &[u8]) -> Self {
        CqlVarint(minimal(bytes).into())
    }

    /// Big-endian two's complement without superfluous bytes, at least one.
    #[must_use]
    pub fn as_be_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.0.first().is_some_and(|first| first.leading_ones() > 0)
    }
}

/// Drops the leading bytes that only repeat the sign.
fn minimal(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some((sign, tail)) = rest.split_first()
        && let Some(next) = tail.first()
        && matches!((sign, next), (0x00, 0x00..=0x7F) | (0xFF, 0x80..=0xFF))
    {
        rest = tail;
    }
    if rest.is_empty() { &[0] } else { rest }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for CqlVarint {
            fn from(value: $integer) -> Self {
                CqlVarint::from_be_bytes(&i128::from(value).to_be_bytes())
            }
        }
    )*};
}
from_integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

impl TryFrom<&CqlVarint> for i128 {
    type Error = OutOfRange;

    fn try_from(varint: &CqlVarint) -> Result<Self, OutOfRange> {
        let mut bytes = if varint.is_negative() { [0xFF; 16] } else { [0; 16] };
        let start = bytes.len().checked_sub(varint.0.len()).ok_or(OutOfRange::new("i128"))?;
        if let Some(tail) = bytes.get_mut(start..) {
            tail.copy_from_slice(&varint.0);
        }
        Ok(i128::from_be_bytes(bytes))
    }
}

impl TryFrom<&CqlVarint> for i64 {
    type Error = OutOfRange;

    fn try_from(varint: &CqlVarint) -> Result<Self, OutOfRange> {
        i128::try_from(varint).ok().and_then(|wide| i64::try_from(wide).ok()).ok_or(OutOfRange::new("i64"))
    }
}

impl Default for CqlVarint {
    fn default() -> Self {
        CqlVarint(Box::new([0]))
    }
}

impl PartialOrd for CqlVarint {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for CqlVarint {
    /// By value.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative(), other.is_negative()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Of two numbers of one sign the longer is further from 0; of one length the bytes decide.
            (false, false) => self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0)),
            (true, true) => other.0.len().cmp(&self.0.len()).then_with(|| self.0.cmp(&other.0)),
        }
    }
}

/// [`fmt::Debug`] shows longer ones by their length: a log line must not cost seconds.
const MAX_DEBUG_BYTES: usize = 4096;

/// Digits of a magnitude in base 10^9, least significant first.
const BASE: u64 = 1_000_000_000;

impl fmt::Display for CqlVarint {
    /// Decimal digits. It takes time quadratic in their number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.magnitude();
        let mut digits: Vec<u64> = Vec::with_capacity(magnitude.len() / 3);
        // From base 2^32 to base 10^9, most significant first.
        for chunk in magnitude.rchunks(4).rev() {
            let word = chunk.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
            let mut carry = word;
            for digit in &mut digits {
                let sum = (*digit << 32) + carry;
                *digit = sum % BASE;
                carry = sum / BASE;
            }
            while carry > 0 {
                digits.push(carry % BASE);
                carry /= BASE;
            }
        }
        let mut text = String::with_capacity(digits.len().saturating_mul(9));
        for (index, digit) in digits.iter().rev().enumerate() {
            use fmt::Write;
            if index == 0 { write!(text, "{digit}")? } else { write!(text, "{digit:09}")? }
        }
        f.pad_integral(!self.is_negative(), "", if text.is_empty() { "0" } else { &text })
    }
}

impl CqlVarint {
    /// The absolute value, big-endian.
    fn magnitude(&self) -> Vec<u8> {
        let mut bytes = self.0.to_vec();
        if self.is_negative() {
            negate(&mut bytes);
        }
        bytes
    }
}

/// Two's complement negation in place. The most negative number of its length stays, read as unsigned it is right.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes.iter_mut().rev() {
        (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
    }
}

impl fmt::Debug for CqlVarint {
    /// Decimal digits, or of a number of more than 4 KiB its length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            0..=MAX_DEBUG_BYTES => fmt::Display::fmt(self, f),
            length => write!(f, "varint of {length} bytes"),
        }
    }
}

impl FromStr for CqlVarint {
    type Err = LiteralError;

    /// Reads decimal digits with an optional sign. It takes time quadratic in their number: limit the length of a text
    /// that is not trusted.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(LiteralError::new("decimal digits with an optional sign"));
        }
        // Base 2^32, least significant first.
        let mut words: Vec<u32> = Vec::with_capacity(digits.len() / 9);
        let first = digits.len() % 9;
        let (head, tail) = digits.split_at_checked(first).unwrap_or((digits, ""));
        for chunk in std::iter::once(head.as_bytes()).chain(tail.as_bytes().chunks(9)) {
            let number = chunk.iter().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
            let mut carry = number;
            for word in &mut words {
                let sum = u64::from(*word) * BASE + carry;
                *word = u32::try_from(sum & 0xFFFF_FFFF).unwrap_or(0);
                carry = sum >> 32;
            }
            if carry > 0 {
                words.push(u32::try_from(carry).unwrap_or(0));
            }
        }
        // A zero in front keeps the sign bit clear.
        let mut bytes = vec![0];
        bytes.extend(words.iter().rev().flat_map(|word| word.to_be_bytes()));
        if text.starts_with('-') {
            negate(&mut bytes);
        }
        Ok(CqlVarint::from_be_bytes(&bytes))
    }
}

impl ToCql for CqlVarint {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Varint => {
                out.extend_from_slice(&self.0);
                Ok(Encoded::Value)
            }
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Varint)
    }
}

impl<'a> FromCql<'a> for CqlVarint {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Varint => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        match not_null(bytes, "varint")? {
            [] => Err(malformed("varint", "a varint has at least one byte")),
            bytes => Ok(CqlVarint::from_be_bytes(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused, unhex};

    #[test]
    fn p2_varints_are_minimal_twos_complement() {
        for (number, hex) in [
            (0, "00"),
            (127, "7f"),
            (128, "0080"),
            (-1, "ff"),
            (-128, "80"),
            (-129, "ff7f"),
            (255, "00ff"),
            (i64::MAX, "7fffffffffffffff"),
            (i64::MIN, "8000000000000000"),
        ] {
            let varint = CqlVarint::from(number);
            both_ways(&varint, &ColumnType::Varint, hex);
            assert_eq!(varint.to_string(), number.to_string());
            assert_eq!(number.to_string().parse(), Ok(varint.clone()));
            assert_eq!(i64::try_from(&varint), Ok(number));
        }
        let large: CqlVarint = "123456789123456789123456789".parse().unwrap();
        both_ways(&large, &ColumnType::Varint, "661efdf2e3b19f7c045f15");
        refused(&large, &ColumnType::BigInt, "`CqlVarint` cannot be written as bigint");
    }

    #[test]
    fn superfluous_bytes_are_dropped_and_none_is_an_error() {
        let read = |hex| CqlVarint::from_cql(&ColumnType::Varint, Some(&unhex(hex))).map(|v| v.to_string());
        assert_eq!(read("0000007f"), Ok("127".into()));
        assert_eq!(read("ffffff80"), Ok("-128".into()));
        assert!(read("").is_err());
        assert_eq!(CqlVarint::from_be_bytes(&[]), CqlVarint::default());
    }

    #[test]
    fn texts_of_any_length_are_read_back() {
        for text in ["1000000000", "-1000000000000000000", "99999999999999999999999999999999999999999"] {
            assert_eq!(text.parse::<CqlVarint>().unwrap().to_string(), text);
        }
        assert_eq!("-000".parse(), Ok(CqlVarint::from(0_i64)));
        assert_eq!("+7".parse(), Ok(CqlVarint::from(7_i64)));
        for text in ["", "-", "--1", "1.0", "0x10", "1e3"] {
            assert!(text.parse::<CqlVarint>().is_err(), "{text}");
        }
        assert!(i128::try_from(&"9".repeat(60).parse::<CqlVarint>().unwrap()).is_err());
    }

    #[test]
    fn debug_shows_long_ones_by_their_length() {
        let mut bytes = vec![0x7F; 4096];
        let longest = CqlVarint::from_be_bytes(&bytes);
        assert_eq!(format!("{longest:?}"), longest.to_string());
        bytes.push(0);
        let longer = CqlVarint::from_be_bytes(&bytes);
        assert_eq!(format!("{longer:?}"), "varint of 4097 bytes");
        assert!(longer.to_string().parse() == Ok(longer), "in full");
    }

    #[test]
    fn they_are_ordered_by_value() {
        let mut numbers: Vec<i64> =
            vec![0, 1, -1, 127, 128, -128, -129, 256, -256, 65_536, i64::MIN, i64::MAX];
        let mut varints: Vec<CqlVarint> = numbers.iter().map(|number| (*number).into()).collect();
        numbers.sort_unstable();
        varints.sort();
        assert_eq!(varints.iter().map(|v| i64::try_from(v).unwrap()).collect::<Vec<_>>(), numbers);
    }
}
