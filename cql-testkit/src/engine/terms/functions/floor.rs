//! `floor`: the start of the interval that a time is in.

use super::Scalar;
use super::time::{date, milliseconds, timestamp};
use crate::engine::problem::{self, Result};
use crate::engine::values::add_months;
use cql_protocol::types::ColumnType;
use cql_protocol::value::{CqlDuration, FromCql as _};

const DAY: i64 = 86_400_000;
const DAY_NANOSECONDS: i64 = DAY * 1_000_000;

pub(super) fn find(name: &str) -> Vec<Scalar> {
    if name != "floor" {
        return Vec::new();
    }
    let mut found = vec![of_time(name)];
    for of in [ColumnType::Timestamp, ColumnType::TimeUuid, ColumnType::Date] {
        let returns = if of == ColumnType::Date { ColumnType::Date } else { ColumnType::Timestamp };
        found.push(of_moment(name, vec![of.clone(), ColumnType::Duration], &returns));
        found.push(of_moment(name, vec![of, ColumnType::Duration, returns.clone()], &returns));
    }
    found
}

fn duration_of(bytes: &[u8]) -> Option<CqlDuration> {
    CqlDuration::from_cql(&ColumnType::Duration, Some(bytes)).ok()
}

fn is_negative(duration: CqlDuration) -> bool {
    duration.months() < 0 || duration.days() < 0 || duration.nanoseconds() < 0
}

fn negative() -> cql_protocol::response::ServerError {
    problem::invalid("Negative durations are not supported by the floor function")
}

/// Of a time of the day.
fn of_time(name: &str) -> Scalar {
    Scalar::strict(name, [ColumnType::Time, ColumnType::Duration], ColumnType::Time, |arguments| {
        let [time, duration] = arguments else { return Ok(None) };
        let (Some(time), Some(duration)) = (milliseconds(&ColumnType::Time, time), duration_of(duration))
        else {
            return Ok(None);
        };
        if is_negative(duration) {
            return Err(negative());
        }
        let length = duration.nanoseconds();
        if duration.months() != 0 || duration.days() != 0 || length > DAY_NANOSECONDS {
            let message = "For time values, the floor can only be computed for durations smaller that a day";
            return Err(problem::invalid(message));
        }
        Ok(Some(timestamp(if length == 0 { time } else { time - time % length })))
    })
}

/// Of a point in time or a day, with or without the start of the first interval.
fn of_moment(name: &str, types: Vec<ColumnType>, returns: &ColumnType) -> Scalar {
    let is_date = *returns == ColumnType::Date;
    let (of, into) = (types.first().cloned().unwrap_or(ColumnType::Timestamp), returns.clone());
    Scalar::strict(name, types, returns.clone(), move |arguments| {
        let (time, duration) = match arguments {
            [time, duration, ..] => (milliseconds(&of, time), duration_of(duration)),
            _ => return Ok(None),
        };
        let (Some(time), Some(duration)) = (time, duration) else { return Ok(None) };
        let start = arguments.get(2).map_or(Some(0), |start| milliseconds(&into, start)).unwrap_or(0);
        check(duration, is_date)?;
        let floor = floor(time, duration, start)?;
        Ok(Some(if is_date { date(floor) } else { timestamp(floor) }))
    })
}

fn check(duration: CqlDuration, is_date: bool) -> Result<()> {
    if is_date && duration.nanoseconds() != 0 {
        return Err(problem::invalid(format!(
            "The floor on date values cannot be computed for the {duration} duration as precision is below 1 day"
        )));
    }
    if duration.nanoseconds() % 1_000_000 != 0 {
        return Err(problem::invalid(format!(
            "The floor cannot be computed for the {duration} duration as precision is below 1 millisecond"
        )));
    }
    Ok(())
}

/// The greatest `start + n · duration` that is not after the time.
fn floor(time: i64, duration: CqlDuration, start: i64) -> Result<i64> {
    if start > time {
        let message = "The floor function starting time is greater than the provided time";
        return Err(problem::invalid(message));
    }
    if is_negative(duration) {
        return Err(negative());
    }
    let length =
        i128::from(duration.days()) * i128::from(DAY) + i128::from(duration.nanoseconds() / 1_000_000);
    if duration.months() == 0 {
        if length == 0 {
            return Ok(time);
        }
        let passed = (i128::from(time) - i128::from(start)) % length;
        return Ok(time - i64::try_from(passed).unwrap_or(0));
    }
    let at = |count: i64| -> Option<i64> {
        let (day, in_day) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        let day = add_months(day, i64::from(duration.months()).checked_mul(count)?)?;
        let rest = i64::try_from(length.checked_mul(count.into())?).ok()?;
        day.checked_mul(DAY)?.checked_add(in_day)?.checked_add(rest)
    };
    // A month has at least 28 days.
    let most = (time.saturating_sub(start)) / (28 * DAY) / i64::from(duration.months()) + 1;
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if at(middle).is_some_and(|at| at <= time) { low = middle } else { high = middle - 1 }
    }
    Ok(at(low).unwrap_or(start))
}
