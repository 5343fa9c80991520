//! Types of other crates, which need features of the driver.

use super::{Column, for_each_version};
use bigdecimal_04::BigDecimal;
use chrono_04::{DateTime, NaiveDate, NaiveTime, Utc};
use cql_driver::Session;
use cql_tests::{Capability, Database, live, live_with};
use num_bigint_04::BigInt;
use time_03::{Date, Month, OffsetDateTime, Time};

async fn numbers(db: &Database) -> String {
    let columns = "(k text PRIMARY KEY, a_timestamp timestamp, a_varint varint, a_decimal decimal)";
    db.table("foreign_values", columns).await
}

async fn dates(db: &Database) -> String {
    db.table("foreign_dates", "(k text PRIMARY KEY, a_date date, a_time time)").await
}

#[test]
fn timestamps_of_chrono_and_time_are_what_their_literals_say() {
    live(async |db| {
        let table = numbers(db).await;
        for_each_version(db, async |session: &Session| {
            let column = Column { db, session, table: &table, name: "a_timestamp" };
            let literal = "'2024-02-29T12:34:56.789Z'";
            let chrono: DateTime<Utc> = "2024-02-29T12:34:56.789Z".parse().unwrap();
            column.check(literal, chrono).await;
            column.check_unprepared(chrono).await;
            let time: OffsetDateTime =
                OffsetDateTime::from_unix_timestamp_nanos(1_709_210_096_789_000_000).unwrap();
            column.check(literal, time).await;
            column.check_unprepared(time).await;
        })
        .await;
    });
}

#[test]
fn dates_and_times_of_chrono_and_time_are_what_their_literals_say() {
    live_with(&[Capability::SmallTypes], async |db| {
        let table = dates(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            let chrono: NaiveDate = "1969-12-31".parse().unwrap();
            column("a_date").check("'1969-12-31'", chrono).await;
            let time: Date = Date::from_calendar_date(1969, Month::December, 31).unwrap();
            column("a_date").check("'1969-12-31'", time).await;
            column("a_date").check_unprepared(time).await;
            let chrono = NaiveTime::from_hms_nano_opt(12, 34, 56, 789_000_001).unwrap();
            column("a_time").check("'12:34:56.789000001'", chrono).await;
            column("a_time").check_unprepared(chrono).await;
            let time: Time = Time::from_hms_nano(12, 34, 56, 789_000_001).unwrap();
            column("a_time").check("'12:34:56.789000001'", time).await;
        })
        .await;
    });
}

#[test]
fn numbers_of_any_size_are_what_their_literals_say() {
    live(async |db| {
        let table = numbers(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for number in ["0", "-1", "255", "-123456789123456789123456789123456789"] {
                column("a_varint").check(number, number.parse::<BigInt>().unwrap()).await;
            }
            column("a_varint").check_unprepared("99".parse::<BigInt>().unwrap()).await;
            for number in ["0", "1.50", "-112233.441191", "12345678901234567890.123456789"] {
                column("a_decimal").check(number, number.parse::<BigDecimal>().unwrap()).await;
            }
            column("a_decimal").check_unprepared("1.50".parse::<BigDecimal>().unwrap()).await;
        })
        .await;
    });
}
