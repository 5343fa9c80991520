//! `duration` (v5 §6.8): months, days and nanoseconds, which no fixed length of time equals.

use super::super::decode::{FromCql, TypeMismatch, malformed, not_null};
use super::super::encode::{Encoded, ToCql, ValueError};
use super::{LiteralError, OutOfRange, number};
use crate::error::{DecodeError, Problem};
use crate::types::ColumnType;
use crate::wire::{Reader, read_unsigned_vint, unzigzag, write_unsigned_vint, zigzag};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A `duration`: months, days and nanoseconds, all of one sign.
///
/// ```
/// use cql_protocol::value::CqlDuration;
///
/// let duration: CqlDuration = "1y2mo3d4h5ms".parse()?;
/// assert_eq!(Some(duration), CqlDuration::new(14, 3, 14_400_005_000_000));
/// assert_eq!(duration.to_string(), "1y2mo3d4h5ms");
/// assert_eq!(CqlDuration::new(1, -1, 0), None);
/// # Ok::<(), cql_protocol::value::LiteralError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CqlDuration {
    months: i32,
    days: i32,
    nanoseconds: i64,
}

impl CqlDuration {
    /// These parts together, unless one is positive and another negative.
    #[must_use]
    pub const fn new(months: i32, days: i32, nanoseconds: i64) -> Option<Self> {
        let any_negative = months < 0 || days < 0 || nanoseconds < 0;
        let any_positive = months > 0 || days > 0 || nanoseconds > 0;
        if any_negative && any_positive { None } else { Some(CqlDuration { months, days, nanoseconds }) }
    }

    /// Months; a year is twelve.
    #[must_use]
    pub const fn months(self) -> i32 {
        self.months
    }

    /// Days; a week is seven.
    #[must_use]
    pub const fn days(self) -> i32 {
        self.days
    }

    /// Nanoseconds; they may be more than a day.
    #[must_use]
    pub const fn nanoseconds(self) -> i64 {
        self.nanoseconds
    }
}

impl ToCql for CqlDuration {
    fn to_cql(&self, column_type: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match column_type {
            ColumnType::Duration => {
                for part in [self.months.into(), self.days.into(), self.nanoseconds] {
                    write_unsigned_vint(zigzag(part), out);
                }
                Ok(Encoded::Value)
            }
            other => Err(ValueError::mismatch::<Self>(other)),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        Some(ColumnType::Duration)
    }
}

impl<'a> FromCql<'a> for CqlDuration {
    fn type_check(column_type: &ColumnType) -> Result<(), TypeMismatch> {
        match column_type {
            ColumnType::Duration => Ok(()),
            other => Err(TypeMismatch::new::<Self>(other)),
        }
    }

    fn from_cql(_: &'a ColumnType, bytes: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(not_null(bytes, "duration")?);
        let months = part(&mut reader)?;
        let days = part(&mut reader)?;
        let nanoseconds = unzigzag(read_unsigned_vint(&mut reader, "duration")?);
        if !reader.is_empty() {
            return Err(reader.error("duration", Problem::Malformed("bytes follow the nanoseconds")));
        }
        CqlDuration::new(months, days, nanoseconds)
            .ok_or_else(|| malformed("duration", "months, days and nanoseconds differ in sign"))
    }
}

fn part(reader: &mut Reader<'_>) -> Result<i32, DecodeError> {
    let value = unzigzag(read_unsigned_vint(reader, "duration")?);
    i32::try_from(value).map_err(|_| reader.error("duration", Problem::Malformed("more than 32 bits")))
}

impl TryFrom<Duration> for CqlDuration {
    type Error = OutOfRange;

    /// That many nanoseconds, no days or months.
    fn try_from(duration: Duration) -> Result<Self, OutOfRange> {
        let nanoseconds = i64::try_from(duration.as_nanos()).map_err(|_| OutOfRange::new("duration"))?;
        Ok(CqlDuration { months: 0, days: 0, nanoseconds })
    }
}

impl TryFrom<CqlDuration> for Duration {
    type Error = OutOfRange;

    /// Fails for negative ones, and for those with days or months: they have no fixed length.
    fn try_from(duration: CqlDuration) -> Result<Self, OutOfRange> {
        match (duration.months, duration.days, u64::try_from(duration.nanoseconds)) {
            (0, 0, Ok(nanoseconds)) => Ok(Duration::from_nanos(nanoseconds)),
            _ => Err(OutOfRange::new("std::time::Duration")),
        }
    }
}

/// Units of nanoseconds, largest first.
const UNITS: [(u64, &str); 6] = [
    (3_600_000_000_000, "h"),
    (60_000_000_000, "m"),
    (1_000_000_000, "s"),
    (1_000_000, "ms"),
    (1000, "us"),
    (1, "ns"),
];

impl fmt::Display for CqlDuration {
    /// `1y2mo3d4h5m6s7ms8us9ns`, parts of 0 left out; `0ns` when nothing is left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == CqlDuration::default() {
            return f.write_str("0ns");
        }
        if self.months < 0 || self.days < 0 || self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        let months = self.months.unsigned_abs();
        for (number, unit) in [(months / 12, "y"), (months % 12, "mo"), (self.days.unsigned_abs(), "d")] {
            if number != 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        let mut rest = self.nanoseconds.unsigned_abs();
        for (size, unit) in UNITS {
            if rest >= size {
                write!(f, "{}{unit}", rest / size)?;
                rest %= size;
            }
        }
        Ok(())
    }
}

impl FromStr for CqlDuration {
    type Err = LiteralError;

    /// Reads CQL's three forms: `1y2mo3w4d5h6m7s8ms9us10ns`, `P1Y2M3DT4H5M6S` (or `P1W`) and `P0001-02-03T04:05:06`,
    /// each with an optional `-` in front.
    fn from_str(text: &str) -> Result<Self, LiteralError> {
        let (is_negative, body) = match text.strip_prefix('-') {
            Some(body) => (true, body),
            None => (false, text),
        };
        let parts = match body.strip_prefix('P') {
            Some(iso) if iso.contains('-') => parse_alternative(iso),
            Some(iso) => parse_iso(iso),
            None => parse_units(body),
        };
        parts
            .and_then(|parts| parts.finish(is_negative))
            .ok_or_else(|| LiteralError::new("a duration as 1y2mo3w4d5h6m7s8ms9us10ns or in ISO 8601"))
    }
}

/// Absolute values while they are added up: wider than the result, so that sums cannot wrap.
#[derive(Default)]
struct Parts {
    months: i128,
    days: i128,
    nanoseconds: i128,
}

impl Parts {
    fn finish(self, is_negative: bool) -> Option<CqlDuration> {
        let sign = if is_negative { -1 } else { 1 };
        CqlDuration::new(
            i32::try_from(self.months * sign).ok()?,
            i32::try_from(self.days * sign).ok()?,
            i64::try_from(self.nanoseconds * sign).ok()?,
        )
    }

    fn add(&mut self, number: u64, unit: &str) -> Option<()> {
        let number = i128::from(number);
        match unit {
            "y" => self.months += number * 12,
            "mo" => self.months += number,
            "w" => self.days += number * 7,
            "d" => self.days += number,
            "µs" => self.nanoseconds += number * 1000,
            _ => {
                let (size, _) = UNITS.iter().find(|(_, name)| *name == unit)?;
                self.nanoseconds += number * i128::from(*size);
            }
        }
        Some(())
    }
}

/// Splits a number off, and the letters behind it.
fn number_and_unit(text: &str) -> Option<(u64, &str, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(letters)?;
    Some((number.parse().ok()?, unit, rest))
}

/// `1y2mo3w4d5h6m7s8ms9us10ns`, units in this order and once each, in any case.
fn parse_units(mut text: &str) -> Option<Parts> {
    const ORDER: [&str; 11] = ["y", "mo", "w", "d", "h", "m", "s", "ms", "us", "µs", "ns"];
    let mut parts = Parts::default();
    let mut allowed = &ORDER[..];
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let (number, unit, rest) = number_and_unit(text)?;
        let unit = unit.to_ascii_lowercase();
        let position = allowed.iter().position(|name| *name == unit)?;
        parts.add(number, &unit)?;
        allowed = allowed.get(position.checked_add(1)?..)?;
        text = rest;
    }
    Some(parts)
}

/// `1Y2M3DT4H5M6S` or `1W`.
fn parse_iso(text: &str) -> Option<Parts> {
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some(halves) => halves,
        None => (text, ""),
    };
    let mut parts = Parts::default();
    if date.is_empty() && time.is_empty() {
        return None;
    }
    for (mut text, units) in [
        (date, &[("Y", "y"), ("M", "mo"), ("W", "w"), ("D", "d")][..]),
        (time, &[("H", "h"), ("M", "m"), ("S", "s")]),
    ] {
        let mut allowed = units;
        while !text.is_empty() {
            let (number, unit, rest) = number_and_unit(text)?;
            let position = allowed.iter().position(|(name, _)| *name == unit)?;
            let (_, name) = allowed.get(position)?;
            parts.add(number, name)?;
            allowed = allowed.get(position.checked_add(1)?..)?;
            text = rest;
        }
    }
    Some(parts)
}

/// `0001-02-03T04:05:06`.
fn parse_alternative(text: &str) -> Option<Parts> {
    let (date, time) = text.split_once('T')?;
    let mut parts = Parts::default();
    let (mut dates, mut times) = (date.splitn(3, '-'), time.splitn(3, ':'));
    for (unit, digits) in [("y", 4), ("mo", 2), ("d", 2)] {
        parts.add(number(dates.next()?, digits)?.into(), unit)?;
    }
    for unit in ["h", "m", "s"] {
        parts.add(number(times.next()?, 2)?.into(), unit)?;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::testing::{both_ways, refused, unhex};

    fn duration(months: i32, days: i32, nanoseconds: i64) -> CqlDuration {
        CqlDuration::new(months, days, nanoseconds).unwrap()
    }

    #[test]
    fn p1_durations_are_three_zigzag_vints() {
        both_ways(&duration(1, 2, 3), &ColumnType::Duration, "020406");
        both_ways(&duration(-1, -2, -1_000_000_000_000), &ColumnType::Duration, "0103f9d1a94a1fff");
        both_ways(&duration(0, 0, 0), &ColumnType::Duration, "000000");
        both_ways(
            &duration(i32::MIN, i32::MIN, i64::MIN),
            &ColumnType::Duration,
            "f0ffffffff f0ffffffff ffffffffffffffffff",
        );
        refused(&duration(1, 2, 3), &ColumnType::Time, "`CqlDuration` cannot be written as time");
    }

    #[test]
    fn bytes_that_are_no_duration_are_errors() {
        for hex in ["", "0204", "02040600", "020306", "f100000000 00 00", "ff"] {
            assert!(CqlDuration::from_cql(&ColumnType::Duration, Some(&unhex(hex))).is_err(), "{hex}");
        }
        let days = unhex("00 f100000000 00");
        let error = CqlDuration::from_cql(&ColumnType::Duration, Some(&days)).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode duration at byte 6: more than 32 bits");
    }

    #[test]
    fn literals_are_read_as_cql_reads_them() {
        let hour = 3_600_000_000_000;
        for (text, expected) in [
            ("1y2mo", duration(14, 0, 0)),
            ("1Y2MO", duration(14, 0, 0)),
            ("-1w2d", duration(0, -9, 0)),
            ("5h6m7s8ms9us10ns", duration(0, 0, 5 * hour + 367_008_009_010)),
            ("3µs", duration(0, 0, 3000)),
            ("P1Y2M3DT4H", duration(14, 3, 4 * hour)),
            ("PT5M", duration(0, 0, hour / 12)),
            ("-P2W", duration(0, -14, 0)),
            ("P0001-02-03T04:00:00", duration(14, 3, 4 * hour)),
            ("0ns", duration(0, 0, 0)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "-",
            "P",
            "PT",
            "P1Y2M3DT",
            "1",
            "y",
            "1d1y",
            "1d1d",
            "1x",
            "P1H",
            "178956971y",
            "9223372036854775808ns",
            "P1-2-3T4:5:6",
        ] {
            assert!(text.parse::<CqlDuration>().is_err(), "{text}");
        }
        for value in [duration(14, 3, hour + 1), duration(-1, 0, -1), duration(i32::MIN, i32::MIN, i64::MIN)]
        {
            assert_eq!(value.to_string().parse(), Ok(value), "{value}");
        }
    }

    #[test]
    fn only_nanoseconds_are_a_length_of_time() {
        assert_eq!(CqlDuration::try_from(Duration::from_nanos(7)), Ok(duration(0, 0, 7)));
        assert_eq!(Duration::try_from(duration(0, 0, 7)), Ok(Duration::from_nanos(7)));
        assert!(Duration::try_from(duration(0, 1, 7)).is_err());
        assert!(Duration::try_from(duration(0, 0, -7)).is_err());
        assert!(CqlDuration::try_from(Duration::MAX).is_err());
    }
}
