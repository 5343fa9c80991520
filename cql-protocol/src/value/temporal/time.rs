//! `time` (v5 §6.19): nanoseconds since midnight.

use super::super::decode::{FromCql, TypeMismatch, fixed, malformed};
use super::super::encode::{Encoded, ToCql, ValueError};
use super::{LiteralError, OutOfRange, nanoseconds_of, number, number_of};
use crate::error::DecodeError;
use crate::types::ColumnType;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

const DAY: i64 = 86_400_000_000_000;

/// A `time`: nanoseconds since midnight, less than a day.
///
/// ```
/// use cql_protocol::value::CqlTime;
///
/// let time: CqlTime = "08:12:54.5".parse()?;
/// assert_eq!(Some(time), CqlTime::from_hms(8, 12, 54, 500_000_000));
/// assert_eq!(time.to_string(), "08:12:54.500000000");
/// assert_eq!(CqlTime::from_nanoseconds(-1), None);
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CqlTime(i64);

impl CqlTime {
    /// The time that many nanoseconds after midnight, if that is within the day.
    #[must_use]
    pub const fn from_nanoseconds(nanoseconds: i64) -> Option<Self> {
        if nanoseconds >= 0 && nanoseconds < DAY { Some(CqlTime(nanoseconds)) } else { None }
    }

    /// The time with these parts, if it exists. There are no leap seconds.
    #[must_use]
    pub fn from_hms(hour: u32, minute: u32, second: u32, nanosecond: u32) -> Option<Self> {
        if hour > 23 || minute > 59 || second > 59 || nanosecond > 999_999_999 {
            return None;
        }
        let seconds = i64::from(hour * 3600 + minute * 60 + second);
        Some(CqlTime(seconds * 1_000_000_000 + i64::from(nanosecond)))
    }

    /// Nanoseconds since midnight.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Hour, minute, second and nanosecond.
    #[must_use]
    pub fn to_hms(self) -> (u32, u32, u32, u32) {
        // Every part of a time within the day fits.
        let part = |number: i64| u32::try_from(number).unwrap_or(0);
        let seconds = self.0 / 1_000_000_000;
        (part(seconds / 3600), part(seconds / 60 % 60), part(seconds % 60), part(self.0 % 1_000_000_000))
    }
}

number_of!(CqlTime: Time, "time", |time| time.0, |bytes| {
    CqlTime::from_nanoseconds(i64::from_be_bytes(bytes)).ok_or_else(|| malformed("time", "not within a day"))
});

impl TryFrom<Duration> for CqlTime {
    type Error = OutOfRange;

    /// The time that long after midnight.
    fn try_from(since_midnight: Duration) -> Result<Self, OutOfRange> {
        i64::try_from(since_midnight.as_nanos())
            .ok()
            .and_then(CqlTime::from_nanoseconds)
            .ok_or(OutOfRange::new("time"))
    }
}

impl From<CqlTime> for Duration {
    /// The time since midnight.
    fn from(time: CqlTime) -> Self {
        Duration::from_nanos(time.0.cast_unsigned())
    }
}

impl fmt::Display for CqlTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute, second, nanosecond) = self.to_hms();
        write!(f, "{hour:02}:{minute:02}:{second:02}.{nanosecond:09}")
    }
}

impl FromStr for CqlTime {
    type Err = LiteralError;

    /// Reads `hh:mm:ss`, with up to nine digits of a fraction.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        parse(text).ok_or_else(|| LiteralError::new("a time as hh:mm:ss[.fffffffff]"))
    }
}

fn parse(text: &str) -> Option<CqlTime> {
    let (clock, nanosecond) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, nanoseconds_of(fraction)?),
        None => (text, 0),
    };
    let mut parts = clock.splitn(3, ':');
    let mut part = || number(parts.next()?, 2);
    CqlTime::from_hms(part()?, part()?, part()?, nanosecond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn times_are_nanoseconds_within_a_day() {
        both_ways(&CqlTime(0), &ColumnType::Time, "0000000000000000");
        both_ways(&CqlTime(DAY - 1), &ColumnType::Time, "00004e94914effff");
        refused(&CqlTime(0), &ColumnType::BigInt, "`CqlTime` cannot be written as bigint");
        for outside in [-1, DAY, i64::MIN, i64::MAX] {
            let error = CqlTime::from_cql(&ColumnType::Time, Some(&outside.to_be_bytes())).unwrap_err();
            assert_eq!(error.to_string(), "cannot decode time at byte 0: not within a day");
        }
        assert!(CqlTime::try_from(Duration::from_secs(86_400)).is_err());
        assert!(CqlTime::try_from(Duration::MAX).is_err());
        assert_eq!(Duration::from(CqlTime(5)), Duration::from_nanos(5));
    }

    #[test]
    fn literals_are_read_back() {
        for nanoseconds in [0, 1, DAY - 1, 29_574_500_000_000] {
            let time = CqlTime(nanoseconds);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!("23:59:59".parse(), Ok(CqlTime(DAY - 1_000_000_000)));
        for text in ["", "24:00:00", "1:2:3", "12:00", "12:00:00.", "12:00:00.0000000001", "12:00:60"] {
            assert!(text.parse::<CqlTime>().is_err(), "{text}");
        }
    }
}
