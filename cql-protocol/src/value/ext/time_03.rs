//! time 0.3: `OffsetDateTime` as `timestamp`, `Date` as `date`, `Time` as `time`.
//!
//! A `timestamp` has milliseconds and no offset: what is finer is cut off towards the past, and what is read is UTC.

use super::through;
use crate::value::{CqlDate, CqlTime, CqlTimestamp};
use time_03::{Date, OffsetDateTime, Time};

through!(
    OffsetDateTime as CqlTimestamp: Timestamp,
    |time| {
        i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(CqlTimestamp)
    },
    |timestamp| {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(timestamp.0).checked_mul(1_000_000)?).ok()
    },
    "outside of the years that time's OffsetDateTime can hold"
);

/// The Julian day of 1970-01-01.
const EPOCH: i32 = 2_440_588;

through!(
    Date as CqlDate: Date,
    |date| date.to_julian_day().checked_sub(EPOCH).map(CqlDate),
    |date| Date::from_julian_day(date.0.checked_add(EPOCH)?).ok(),
    "outside of the years that time's Date can hold"
);

through!(
    Time as CqlTime: Time,
    |time| {
        let (hour, minute, second, nanosecond) = time.as_hms_nano();
        CqlTime::from_hms(hour.into(), minute.into(), second.into(), nanosecond)
    },
    |time| {
        let (hour, minute, second, nanosecond) = time.to_hms();
        let part = |number: u32| u8::try_from(number).ok();
        Time::from_hms_nano(part(hour)?, part(minute)?, part(second)?, nanosecond).ok()
    },
    "outside of the range of time's Time"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;
    use crate::value::testing::{both_ways, encoded, refused};
    use crate::value::{FromCql, ToCql};
    use time_03::{Month, UtcOffset};

    #[test]
    fn types_of_time_are_written_and_read() {
        let time = OffsetDateTime::from_unix_timestamp_nanos(1_577_934_245_678_000_000).unwrap();
        both_ways(&time, &ColumnType::Timestamp, "0000016f6435cf2e");
        let day = Date::from_calendar_date(2020, Month::January, 2).unwrap();
        both_ways(&day, &ColumnType::Date, "80004757");
        let clock = Time::from_hms_nano(0, 0, 1, 5).unwrap();
        both_ways(&clock, &ColumnType::Time, "000000003b9aca05");
        refused(&day, &ColumnType::Timestamp, "`Date` cannot be written as timestamp");
        assert_eq!(clock.natural_type(), Some(ColumnType::Time));
    }

    #[test]
    fn ranges_are_checked_and_offsets_do_not_matter() {
        for outside in [i64::MIN, i64::MAX] {
            let bytes = outside.to_be_bytes();
            assert!(OffsetDateTime::from_cql(&ColumnType::Timestamp, Some(&bytes)).is_err());
        }
        for outside in [0_u32, u32::MAX] {
            assert!(Date::from_cql(&ColumnType::Date, Some(&outside.to_be_bytes())).is_err());
        }
        let finer = OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap();
        assert_eq!(encoded(&finer, &ColumnType::Timestamp), (-1_i64).to_be_bytes());
        let elsewhere = OffsetDateTime::UNIX_EPOCH.to_offset(UtcOffset::from_hms(5, 0, 0).unwrap());
        assert_eq!(encoded(&elsewhere, &ColumnType::Timestamp), [0; 8]);
    }
}
