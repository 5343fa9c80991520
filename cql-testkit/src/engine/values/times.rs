//! Texts that are points in time or times of a day.

use cql_protocol::value::{CqlDate, CqlTimestamp};

pub(crate) const DAY_MILLISECONDS: i64 = 86_400_000;
const DAY_NANOSECONDS: u64 = 86_400_000_000_000;

/// What `timestamp` literals may be: milliseconds, or a day with a time and a zone, which may both be missing.
pub(super) fn timestamp(text: &str) -> Result<i64, String> {
    if is_number(text) {
        return text.parse().map_err(|_| format!("Unable to make long (for date) from: '{text}'"));
    }
    let refused = || format!("Unable to parse a date/time from '{text}'");
    if let Some(zone) = named_zone(text) {
        return Err(format!("cql-testkit does not support the time zone '{zone}' in '{text}'"));
    }
    date_and_time(text).ok_or_else(refused)
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A zone that is a name, behind a space. Those of UTC are known.
fn named_zone(text: &str) -> Option<&str> {
    let at = text.find(|c: char| c.is_ascii_alphabetic() && c != 'T' && c != 'Z')?;
    let zone = text.get(..at)?.rfind(' ').and_then(|space| text.get(space + 1..))?;
    let is_known = UTC_NAMES.iter().any(|name| name.eq_ignore_ascii_case(zone));
    (!is_known && zone.starts_with(|c: char| c.is_ascii_alphabetic())).then_some(zone)
}

const UTC_NAMES: [&str; 6] = ["UTC", "GMT", "Z", "UT", "Coordinated Universal Time", "Greenwich Mean Time"];

fn date_and_time(text: &str) -> Option<i64> {
    let mut rest = text;
    let widths = |text: &str| -> Option<(String, usize)> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        Some((text.get(..end)?.to_owned(), end))
    };
    let number = |rest: &mut &str| -> Option<(i32, usize)> {
        let (digits, end) = widths(rest)?;
        *rest = rest.get(end..)?;
        Some((digits.parse().ok()?, end))
    };
    let (year, year_width) = number(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let (month, month_width) = number(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let (day, day_width) = number(&mut rest)?;
    let is_clock = rest.starts_with('T')
        || rest.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let mut time = 0;
    if is_clock {
        let clock = rest.get(1..)?;
        let end = clock.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.').unwrap_or(clock.len());
        time = clock_milliseconds(clock.get(..end)?)?;
        rest = clock.get(end..)?;
    } else if (year_width, month_width, day_width) != (4, 2, 2) {
        return None;
    }
    let midnight = i64::from(midnight(year, month, day)?.0).checked_mul(DAY_MILLISECONDS)?;
    midnight.checked_add(time)?.checked_sub(zone_milliseconds(rest)?)
}

/// A day of a month. One behind the month's end is its last.
fn midnight(year: i32, month: i32, day: i32) -> Option<CqlDate> {
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    if !(1..=31).contains(&day) {
        return None;
    }
    (28..=day).rev().chain([day]).find_map(|day| CqlDate::from_ymd(year, month, day))
}

/// `h:m[:s[.fraction]]`; 24:00 is the next day's midnight.
fn clock_milliseconds(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour = part(parts.next()?, 24)?;
    let minute = part(parts.next()?, 59)?;
    let nanoseconds = parts.next().map_or(Some(0), |seconds| nanoseconds(seconds, part))?;
    if parts.next().is_some() || (hour == 24 && (minute, nanoseconds) != (0, 0)) {
        return None;
    }
    Some((hour * 60 + minute) * 60_000 + nanoseconds / 1_000_000)
}

/// `s[.fraction]`
fn nanoseconds(seconds: &str, whole: fn(&str, i64) -> Option<i64>) -> Option<i64> {
    let (second, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction: i64 = is_fraction.then(|| format!("{fraction:0<9}"))?.parse().ok()?;
    Some(whole(second, 59)? * 1_000_000_000 + fraction)
}

fn part(text: &str, most: i64) -> Option<i64> {
    let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= most)
}

/// How far a zone is to the east of UTC.
fn zone_milliseconds(text: &str) -> Option<i64> {
    let zone = text.strip_prefix(' ').unwrap_or(text);
    if zone.is_empty() && text.is_empty() || zone == "Z" {
        return Some(0);
    }
    if text.len() > zone.len() && UTC_NAMES.iter().any(|name| name.eq_ignore_ascii_case(zone)) {
        return Some(0);
    }
    // Where it is an offset, what it makes of the first midnight tells it.
    let offset = Some(zone).filter(|zone| zone.starts_with(['+', '-']))?;
    let midnight: CqlTimestamp = format!("1970-01-01{offset}").parse().ok()?;
    Some(-midnight.0)
}

/// Days as the wire counts them: from 2^31 days before 1970-01-01.
pub(super) fn date(text: &str) -> Result<u32, String> {
    if is_number(text) {
        return text
            .parse::<u32>()
            .map_err(|_| format!("Unable to make unsigned int (for date) from: '{text}'"));
    }
    match text.parse::<CqlDate>() {
        Ok(CqlDate(days)) => Ok(days.cast_unsigned() ^ 0x8000_0000),
        Err(_) => Err(format!("Unable to coerce '{text}' to a formatted date (long)")),
    }
}

/// Nanoseconds since midnight.
pub(super) fn time(text: &str) -> Result<i64, String> {
    if is_number(text) {
        let nanoseconds = text.parse::<u64>().ok().filter(|number| *number < DAY_NANOSECONDS);
        return nanoseconds
            .and_then(|number| i64::try_from(number).ok())
            .ok_or_else(|| format!("Unable to make long (for time) from: '{text}'"));
    }
    time_of_day(text)
        .ok_or_else(|| format!("(TimeType) Unable to coerce '{text}' to a formatted time (long)"))
}

fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.trim().splitn(3, ':');
    let (hour, minute) = (number(parts.next()?, 23)?, number(parts.next()?, 59)?);
    Some((hour * 60 + minute) * 60_000_000_000 + nanoseconds(parts.next()?, number)?)
}

/// Of as many digits as one likes, and with a sign, as a server reads parts of times.
fn number(text: &str, most: i64) -> Option<i64> {
    text.parse().ok().filter(|number| (0..=most).contains(number))
}
