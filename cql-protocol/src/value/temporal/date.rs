//! `date` (v5 §6.6): a day, without a time zone.

use super::super::decode::{FromCql, TypeMismatch, fixed};
use super::super::encode::{Encoded, ToCql, ValueError};
use super::{LiteralError, calendar, number, number_of};
use crate::error::DecodeError;
use crate::types::ColumnType;
use std::fmt;
use std::str::FromStr;

/// A `date`: days since 1970-01-01, which may be negative.
///
/// ```
/// use cql_protocol::value::CqlDate;
///
/// let day: CqlDate = "2020-01-02".parse()?;
/// assert_eq!(day, CqlDate(18_263));
/// assert_eq!(CqlDate::from_ymd(2020, 1, 2), Some(day));
/// assert_eq!(CqlDate(-1).to_string(), "1969-12-31");
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a name for one number")]
pub struct CqlDate(pub i32);

impl CqlDate {
    /// The day of the proleptic Gregorian calendar, if it exists and a `date` can hold it. Year 0 is 1 BC.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        i32::try_from(calendar::days_of(year, month, day)?).ok().map(CqlDate)
    }

    /// Year, month (from 1) and day (from 1) in the proleptic Gregorian calendar.
    #[must_use]
    pub fn to_ymd(self) -> (i32, u32, u32) {
        let (year, month, day) = calendar::date_of(self.0.into());
        // The years of an i32 of days lie within ±5.9 million.
        (i32::try_from(year).unwrap_or(0), month, day)
    }
}

// The wire counts from 2^31 days before the epoch: the sign bit is turned over.
number_of!(
    CqlDate: Date,
    "date",
    |date| date.0.cast_unsigned() ^ 0x8000_0000,
    |bytes| Ok(CqlDate((u32::from_be_bytes(bytes) ^ 0x8000_0000).cast_signed()))
);

impl fmt::Display for CqlDate {
    /// `2020-01-02`; outside of the years 0 to 9999 the number that the wire has, which is as good a literal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_ymd() {
            (year @ 0..=9999, month, day) => write!(f, "{year:04}-{month:02}-{day:02}"),
            _ => write!(f, "{}", self.0.cast_unsigned() ^ 0x8000_0000),
        }
    }
}

impl FromStr for CqlDate {
    type Err = LiteralError;

    /// Reads `2020-01-02`, or the number of days since -2^31 days before 1970-01-01.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        if let Ok(days) = text.parse::<u32>() {
            return Ok(CqlDate((days ^ 0x8000_0000).cast_signed()));
        }
        parse_day(text).and_then(|(year, month, day)| CqlDate::from_ymd(year, month, day)).ok_or_else(|| {
            LiteralError::new("a day as yyyy-mm-dd, or days counted from 2147483648 for 1970-01-01")
        })
    }
}

/// The three numbers of `yyyy-mm-dd`.
pub(super) fn parse_day(text: &str) -> Option<(i32, u32, u32)> {
    let mut parts = text.splitn(3, '-');
    let year = i32::try_from(number(parts.next()?, 4)?).ok()?;
    Some((year, number(parts.next()?, 2)?, number(parts.next()?, 2)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn p1_dates_count_from_the_middle_of_the_range() {
        both_ways(&CqlDate(0), &ColumnType::Date, "80000000");
        both_ways(&CqlDate(-1), &ColumnType::Date, "7fffffff");
        both_ways(&"2020-01-02".parse::<CqlDate>().unwrap(), &ColumnType::Date, "80004757");
        both_ways(&CqlDate(i32::MIN), &ColumnType::Date, "00000000");
        both_ways(&CqlDate(i32::MAX), &ColumnType::Date, "ffffffff");
        refused(&CqlDate(0), &ColumnType::Timestamp, "`CqlDate` cannot be written as timestamp");
    }

    #[test]
    fn literals_are_read_back() {
        for days in [0, -1, 18_263, -719_528, 2_932_896, i32::MIN, i32::MAX] {
            assert_eq!(CqlDate(days).to_string().parse(), Ok(CqlDate(days)), "{}", CqlDate(days));
        }
        assert_eq!(CqlDate(i32::MAX).to_string(), "4294967295");
        for text in ["", "2020-13-01", "2020-02-30", "20-01-01", "2020-1-1", "2020-01-01-01", "-1", "x"] {
            assert!(text.parse::<CqlDate>().is_err(), "{text}");
        }
    }
}
