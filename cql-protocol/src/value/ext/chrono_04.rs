//! chrono 0.4: `DateTime<Utc>` as `timestamp`, `NaiveDate` as `date`, `NaiveTime` as `time`.
//!
//! A `timestamp` has milliseconds: what is finer is cut off towards the past. A leap second, which chrono shows as a
//! second of 60, has no place in a `time`.

use super::through;
use crate::value::{CqlDate, CqlTime, CqlTimestamp};
use chrono_04::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

through!(
    DateTime<Utc> as CqlTimestamp: Timestamp,
    |time| Some(CqlTimestamp(time.timestamp_millis())),
    |timestamp| DateTime::from_timestamp_millis(timestamp.0),
    "outside of the years that chrono's DateTime can hold"
);

const EPOCH: NaiveDate = match NaiveDate::from_ymd_opt(1970, 1, 1) {
    Some(epoch) => epoch,
    None => NaiveDate::MIN,
};

through!(
    NaiveDate as CqlDate: Date,
    |date| i32::try_from(date.signed_duration_since(EPOCH).num_days()).ok().map(CqlDate),
    |date| EPOCH.checked_add_signed(TimeDelta::try_days(date.0.into())?),
    "outside of the years that chrono's NaiveDate can hold"
);

through!(
    NaiveTime as CqlTime: Time,
    |time| CqlTime::from_hms(time.hour(), time.minute(), time.second(), time.nanosecond()),
    |time| {
        let (hour, minute, second, nanosecond) = time.to_hms();
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanosecond)
    },
    "outside of the range of chrono's NaiveTime"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ColumnType;
    use crate::value::testing::{both_ways, encoded, refused};
    use crate::value::{FromCql, ToCql};

    #[test]
    fn chrono_types_are_written_and_read() {
        let time = DateTime::from_timestamp_millis(1_577_934_245_678).unwrap();
        both_ways(&time, &ColumnType::Timestamp, "0000016f6435cf2e");
        let day = NaiveDate::from_ymd_opt(2020, 1, 2).unwrap();
        both_ways(&day, &ColumnType::Date, "80004757");
        let clock = NaiveTime::from_hms_nano_opt(0, 0, 1, 5).unwrap();
        both_ways(&clock, &ColumnType::Time, "000000003b9aca05");
        refused(&day, &ColumnType::Timestamp, "`NaiveDate` cannot be written as timestamp");
        assert_eq!(day.natural_type(), Some(ColumnType::Date));
    }

    #[test]
    fn ranges_are_checked_and_fractions_cut() {
        for outside in [i64::MIN, i64::MAX] {
            let bytes = outside.to_be_bytes();
            assert!(DateTime::<Utc>::from_cql(&ColumnType::Timestamp, Some(&bytes)).is_err());
        }
        for outside in [0_u32, u32::MAX] {
            assert!(NaiveDate::from_cql(&ColumnType::Date, Some(&outside.to_be_bytes())).is_err());
        }
        let finer = DateTime::from_timestamp(-1, 999_999).unwrap();
        assert_eq!(encoded(&finer, &ColumnType::Timestamp), (-1000_i64).to_be_bytes());
        let leap = NaiveTime::from_hms_nano_opt(23, 59, 59, 1_500_000_000).unwrap();
        refused(&leap, &ColumnType::Time, "`NaiveTime`: outside of the range of the CQL type");
        assert_eq!(encoded(&NaiveDate::MIN, &ColumnType::Date).len(), 4);
        assert_eq!(encoded(&NaiveDate::MAX, &ColumnType::Date).len(), 4);
    }
}
