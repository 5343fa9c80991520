//! `timestamp` (v5 §6.21): milliseconds since the epoch.

use super::super::decode::{FromCql, TypeMismatch, fixed};
use super::super::encode::{Encoded, ToCql, ValueError};
use super::date::parse_day;
use super::{CqlTime, LiteralError, OutOfRange, calendar, number, number_of};
use crate::error::DecodeError;
use crate::types::ColumnType;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400_000;

/// A `timestamp`: milliseconds since 1970-01-01T00:00:00Z, which may be negative.
///
/// ```
/// use cql_protocol::value::CqlTimestamp;
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let time: CqlTimestamp = "2020-01-02 03:04:05.678+01:00".parse()?;
/// assert_eq!(time.to_string(), "2020-01-02T02:04:05.678Z");
/// assert_eq!(CqlTimestamp::try_from(UNIX_EPOCH + Duration::from_millis(5)), Ok(CqlTimestamp(5)));
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[allow(clippy::exhaustive_structs, reason = "a name for one number")]
pub struct CqlTimestamp(pub i64);

number_of!(CqlTimestamp: Timestamp, "timestamp", |timestamp| timestamp.0, |bytes| {
    Ok(CqlTimestamp(i64::from_be_bytes(bytes)))
});

impl TryFrom<SystemTime> for CqlTimestamp {
    type Error = OutOfRange;

    /// The millisecond that the time falls into: fractions are cut off towards the past.
    fn try_from(time: SystemTime) -> Result<Self, OutOfRange> {
        let milliseconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).ok(),
            Err(before) => {
                i64::try_from(before.duration().as_nanos().div_ceil(1_000_000)).ok().map(i64::wrapping_neg)
            }
        };
        milliseconds.map(CqlTimestamp).ok_or(OutOfRange::new("timestamp"))
    }
}

impl TryFrom<CqlTimestamp> for SystemTime {
    type Error = OutOfRange;

    fn try_from(timestamp: CqlTimestamp) -> Result<Self, OutOfRange> {
        let distance = Duration::from_millis(timestamp.0.unsigned_abs());
        let time =
            if timestamp.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.ok_or(OutOfRange::new("SystemTime"))
    }
}

impl fmt::Display for CqlTimestamp {
    /// `2020-01-02T03:04:05.678Z`; outside of the years 0 to 9999 the milliseconds, which are as good a literal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, in_day) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        match calendar::date_of(days) {
            (year @ 0..=9999, month, day) => {
                let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
                let (second, fraction) = (in_day / 1000 % 60, in_day % 1000);
                write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
            }
            _ => write!(f, "{}", self.0),
        }
    }
}

impl FromStr for CqlTimestamp {
    type Err = LiteralError;

    /// Reads what CQL reads: milliseconds, or `yyyy-mm-dd`, optionally followed by `T` or a space, `hh:mm`, `:ss` and
    /// up to nine digits of a fraction (cut to three), and by `Z`, `±hh`, `±hhmm` or `±hh:mm`.
    ///
    /// Without a time zone it is UTC; the server takes its own instead.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        if let Ok(milliseconds) = text.parse() {
            return Ok(CqlTimestamp(milliseconds));
        }
        parse(text).ok_or_else(|| {
            LiteralError::new("milliseconds, or a time as yyyy-mm-ddThh:mm:ss.fff with Z or an offset")
        })
    }
}

fn parse(text: &str) -> Option<CqlTimestamp> {
    let (day, rest) = text.split_at_checked(10)?;
    let (year, month, day) = parse_day(day)?;
    let days = calendar::days_of(year, month, day)?;
    let (clock, zone) = match rest.find(['Z', '+', '-']) {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, "Z"),
    };
    let clock = match clock.strip_prefix(['T', ' ']) {
        Some(clock) => parse_clock(clock)?,
        None if clock.is_empty() => 0,
        None => return None,
    };
    days.checked_mul(DAY)?.checked_add(clock)?.checked_sub(parse_zone(zone)?).map(CqlTimestamp)
}

/// Milliseconds since midnight.
fn parse_clock(text: &str) -> Option<i64> {
    let time = match text.len() {
        5 => format!("{text}:00").parse::<CqlTime>(),
        _ => text.parse(),
    };
    time.ok().map(|time| time.nanoseconds() / 1_000_000)
}

/// Milliseconds east of UTC.
fn parse_zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if minutes.is_empty() => 0,
        minutes => number(minutes, 2)?,
    };
    let hours = number(hours, 2)?;
    (hours <= 18 && minutes <= 59).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)) * 60_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused};

    #[test]
    fn timestamps_are_milliseconds() {
        both_ways(&CqlTimestamp(1), &ColumnType::Timestamp, "0000000000000001");
        both_ways(&CqlTimestamp(i64::MIN), &ColumnType::Timestamp, "8000000000000000");
        refused(&CqlTimestamp(0), &ColumnType::Date, "`CqlTimestamp` cannot be written as date");
    }

    #[test]
    fn system_times_are_cut_towards_the_past() {
        let before = UNIX_EPOCH - Duration::from_micros(1500);
        assert_eq!(CqlTimestamp::try_from(before), Ok(CqlTimestamp(-2)));
        let after = UNIX_EPOCH + Duration::from_micros(1500);
        assert_eq!(CqlTimestamp::try_from(after), Ok(CqlTimestamp(1)));
        for milliseconds in [0, -1, 1, 1_577_934_245_678] {
            let time = SystemTime::try_from(CqlTimestamp(milliseconds)).unwrap();
            assert_eq!(CqlTimestamp::try_from(time), Ok(CqlTimestamp(milliseconds)));
        }
    }

    #[test]
    fn literals_are_read_as_cql_reads_them() {
        for (text, milliseconds) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00Z", 0),
            ("1970-01-01 00:00:01", 1000),
            ("1970-01-01 00:00:00.0019999", 1),
            ("1970-01-01T01:00:00.001+0100", 1),
            ("1970-01-01T00:00-01:30", 5_400_000),
            ("1970-01-01+01", -3_600_000),
            ("-42", -42),
        ] {
            assert_eq!(text.parse(), Ok(CqlTimestamp(milliseconds)), "{text}");
        }
        for text in [
            "",
            "1970-01-01T",
            "1970-01-01X00:00",
            "1970-01-01T00:00+1",
            "1970-01-01T00:00+01:",
            "é970-01-01T00:00",
        ] {
            assert!(text.parse::<CqlTimestamp>().is_err(), "{text}");
        }
        for milliseconds in [0, -1, 1_577_934_245_678, i64::MIN, i64::MAX] {
            let timestamp = CqlTimestamp(milliseconds);
            assert_eq!(timestamp.to_string().parse(), Ok(timestamp), "{timestamp}");
        }
    }
}
