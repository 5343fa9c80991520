//! Values as texts.

use super::number::Decimal;
use cql_protocol::types::ColumnType;
use cql_protocol::value::{CqlDate, CqlDuration, CqlTime, FromCql as _};
use num_bigint_04::BigInt;
use std::fmt::Write as _;
use std::net::IpAddr;
use uuid::Uuid;

/// A native value as `CAST(x AS text)` has it; nothing for an empty one. What is no value of the type is shown as bytes.
pub(crate) fn to_text(column_type: &ColumnType, bytes: &[u8]) -> String {
    text_of(column_type, bytes).unwrap_or_else(|| hex(bytes))
}

fn text_of(column_type: &ColumnType, bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() && !column_type.has_zero_length_values() {
        return Some(String::new());
    }
    Some(match column_type {
        ColumnType::Text | ColumnType::Ascii => std::str::from_utf8(bytes).ok()?.to_owned(),
        // A hexadecimal constant of this type may have more bytes.
        ColumnType::TinyInt => bytes.first()?.cast_signed().to_string(),
        ColumnType::SmallInt => i16::from_be_bytes(bytes.try_into().ok()?).to_string(),
        ColumnType::Int => i32::from_be_bytes(bytes.try_into().ok()?).to_string(),
        ColumnType::BigInt | ColumnType::Counter => i64::from_be_bytes(bytes.try_into().ok()?).to_string(),
        ColumnType::Float => float_text(f32::from_be_bytes(bytes.try_into().ok()?)),
        ColumnType::Double => double_text(f64::from_be_bytes(bytes.try_into().ok()?)),
        ColumnType::Varint => BigInt::from_signed_bytes_be(bytes).to_string(),
        ColumnType::Decimal => Decimal::read(bytes)?.to_string(),
        ColumnType::Boolean => bytes.first().is_some_and(|byte| *byte != 0).to_string(),
        ColumnType::Timestamp => timestamp_text(i64::from_be_bytes(bytes.try_into().ok()?), 'T'),
        ColumnType::Date => {
            let days = u32::from_be_bytes(bytes.try_into().ok()?) ^ 0x8000_0000;
            date_text(CqlDate(days.cast_signed()), false)
        }
        ColumnType::Time => CqlTime::from_cql(column_type, Some(bytes)).ok()?.to_string(),
        ColumnType::Duration => duration_text(bytes)?,
        ColumnType::Uuid | ColumnType::TimeUuid => Uuid::from_slice(bytes).ok()?.to_string(),
        ColumnType::Inet => inet_text(bytes)?,
        _ => hex(bytes),
    })
}

/// Bytes as digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Nothing for one of no length, as servers have it.
pub(super) fn duration_text(bytes: &[u8]) -> Option<String> {
    let duration = CqlDuration::from_cql(&ColumnType::Duration, Some(bytes)).ok()?;
    Some(if duration == CqlDuration::default() { String::new() } else { duration.to_string() })
}

/// An address in Java's form, which leaves no groups out.
fn inet_text(bytes: &[u8]) -> Option<String> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(octets).to_string());
    }
    let octets: [u8; 16] = bytes.try_into().ok()?;
    let (groups, _) = octets.as_chunks::<2>();
    let groups: Vec<String> =
        groups.iter().map(|group| format!("{:x}", u16::from_be_bytes(*group))).collect();
    Some(groups.join(":"))
}

/// A day; years are those of an era where it is part of a timestamp.
fn date_text(date: CqlDate, is_of_era: bool) -> String {
    let (year, month, day) = date.to_ymd();
    let year = if is_of_era && year < 1 { 1 - year } else { year };
    match year {
        10_000.. => format!("+{year}-{month:02}-{day:02}"),
        0.. => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("-{:04}-{month:02}-{day:02}", year.unsigned_abs()),
    }
}

/// A point in time, with what is between day and time.
pub(super) fn timestamp_text(milliseconds: i64, between: char) -> String {
    let (days, in_day) = (milliseconds.div_euclid(86_400_000), milliseconds.rem_euclid(86_400_000));
    let Ok(days) = i32::try_from(days) else { return milliseconds.to_string() };
    let date = date_text(CqlDate(days), true);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, fraction) = (in_day / 1000 % 60, in_day % 1000);
    format!("{date}{between}{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// As Java prints a `double`: `1.0`, `1.0E10`, `NaN`.
pub(crate) fn double_text(number: f64) -> String {
    let short = format!("{number:e}");
    let longer = format!("{number:.1e}");
    let is_same = longer.parse() == Ok(number);
    java_text(with_two_digits(&short, &longer, is_same), number.is_nan(), number.is_infinite())
}

/// As Java prints a `float`.
pub(crate) fn float_text(number: f32) -> String {
    let short = format!("{number:e}");
    let longer = format!("{number:.1e}");
    let is_same = longer.parse() == Ok(number);
    java_text(with_two_digits(&short, &longer, is_same), number.is_nan(), number.is_infinite())
}

/// Java has two digits at least, and of all such texts for a number the one that is nearest to it.
fn with_two_digits<'t>(short: &'t str, longer: &'t str, is_same: bool) -> &'t str {
    if is_same && !short.contains('.') { longer } else { short }
}

/// From digits with an exponent, such as `-1.5e3`.
fn java_text(scientific: &str, is_nan: bool, is_infinite: bool) -> String {
    let (sign, text) = match scientific.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", scientific),
    };
    if is_nan {
        return "NaN".to_owned();
    }
    if is_infinite {
        return format!("{sign}Infinity");
    }
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    let digits = match digits.strip_suffix('0') {
        // `1.0`: the zero is put where it belongs further down.
        Some(first) if first.len() == 1 => first.to_owned(),
        _ => digits,
    };
    if digits == "0" {
        return format!("{sign}0.0");
    }
    let (whole, fraction) = match exponent {
        -3..0 => {
            let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
            ("0".to_owned(), format!("{}{digits}", "0".repeat(zeros)))
        }
        0..7 => {
            let width = usize::try_from(exponent + 1).unwrap_or(1);
            let padded = format!("{digits:0<width$}");
            let (whole, fraction) = padded.split_at_checked(width).unwrap_or((&padded, ""));
            (whole.to_owned(), fraction.to_owned())
        }
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let rest = if rest.is_empty() { "0" } else { rest };
            return format!("{sign}{first}.{rest}E{exponent}");
        }
    };
    let fraction = if fraction.is_empty() { "0" } else { &fraction };
    format!("{sign}{whole}.{fraction}")
}

/// A day that many months later; the last of the month where that one has no such day.
pub(crate) fn add_months(days: i64, months: i64) -> Option<i64> {
    if months == 0 {
        return Some(days);
    }
    let (year, month, day) = CqlDate(i32::try_from(days).ok()?).to_ymd();
    let month = i64::from(year).checked_mul(12)?.checked_add(i64::from(month) - 1)?.checked_add(months)?;
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = u32::try_from(month.rem_euclid(12) + 1).ok()?;
    (1..=day).rev().find_map(|day| CqlDate::from_ymd(year, month, day)).map(|date| i64::from(date.0))
}
