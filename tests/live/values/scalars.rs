//! Values that hold no others.

use super::{Column, for_each_version};
use cql_driver::Session;
use cql_driver::value::{
    Counter, CqlDate, CqlDecimal, CqlDuration, CqlTime, CqlTimestamp, CqlValue, CqlVarint,
};
use cql_tests::{Capability, Database, live};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use uuid::{Uuid, uuid};

async fn table(db: &Database) -> String {
    let mut columns = "k text PRIMARY KEY, a_ascii ascii, a_bigint bigint, a_blob blob, a_boolean boolean, \
                       a_decimal decimal, a_double double, a_float float, a_inet inet, an_int int, a_text text, \
                       a_timestamp timestamp, a_timeuuid timeuuid, a_uuid uuid, a_varchar varchar, a_varint varint"
        .to_owned();
    if db.can(Capability::SmallTypes) {
        columns += ", a_date date, a_smallint smallint, a_time time, a_tinyint tinyint";
    }
    if db.can(Capability::Durations) {
        columns += ", a_duration duration";
    }
    db.table("scalars", &format!("({columns})")).await
}

#[test]
fn numbers_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for number in [0, 1, -1, i32::MAX, i32::MIN] {
                column("an_int").check(&number.to_string(), number).await;
            }
            for number in [0, i64::MAX, i64::MIN, -256] {
                column("a_bigint").check(&number.to_string(), number).await;
            }
            for number in [0.0, 1.5, -2.5e-10, f64::MAX, f64::MIN_POSITIVE] {
                column("a_double").check(&format!("{number:?}"), number).await;
            }
            for number in [0.0, 1.5, -2.5e-10, f32::MAX, f32::MIN_POSITIVE] {
                column("a_float").check(&format!("{number:?}"), number).await;
            }
            for (literal, sign) in [("Infinity", 1.0), ("-Infinity", -1.0)] {
                column("a_double").check(literal, sign * f64::INFINITY).await;
                column("a_float")
                    .check(literal, if sign < 0.0 { f32::NEG_INFINITY } else { f32::INFINITY })
                    .await;
            }
            for number in ["0", "127", "128", "-128", "-129", "255", "123456789123456789123456789"] {
                column("a_varint").check(number, number.parse::<CqlVarint>().unwrap()).await;
            }
            for number in ["0", "0.0", "-112233.441191", "12345678901234567890.123456789", "1E+10"] {
                column("a_decimal").check(number, number.parse::<CqlDecimal>().unwrap()).await;
            }
            column("a_boolean").check("true", true).await;
            column("a_boolean").check("false", false).await;
        })
        .await;
    });
}

#[test]
fn small_types_are_what_their_literals_say() {
    cql_tests::live_with(&[Capability::SmallTypes], async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for number in [0, 1, -1, i8::MAX, i8::MIN] {
                column("a_tinyint").check(&number.to_string(), number).await;
            }
            for number in [0, 1, -1, i16::MAX, i16::MIN] {
                column("a_smallint").check(&number.to_string(), number).await;
            }
            for date in ["1970-01-01", "2024-02-29", "1969-12-31", "0001-01-01", "9999-12-31"] {
                column("a_date").check(&format!("'{date}'"), date.parse::<CqlDate>().unwrap()).await;
            }
            for time in ["00:00:00", "12:34:56.789", "23:59:59.999999999"] {
                column("a_time").check(&format!("'{time}'"), time.parse::<CqlTime>().unwrap()).await;
            }
        })
        .await;
    });
}

#[test]
fn durations_are_what_their_literals_say() {
    cql_tests::live_with(&[Capability::Durations], async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = Column { db, session, table: &table, name: "a_duration" };
            for (literal, months, days, nanoseconds) in [
                ("1mo2d3ns", 1, 2, 3),
                ("-1mo2d3ns", -1, -2, -3),
                ("12h30m", 0, 0, 45_000_000_000_000),
                ("P1Y2M3DT4H", 14, 3, 14_400_000_000_000),
                ("1y1w500ms", 12, 7, 500_000_000),
            ] {
                column.check(literal, CqlDuration::new(months, days, nanoseconds).unwrap()).await;
            }
        })
        .await;
    });
}

#[test]
fn texts_blobs_and_addresses_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for text in ["", "a", "it's", "größer — 大きい 😀", "a\nb\tc\"d\\e"] {
                let literal = format!("'{}'", text.replace('\'', "''"));
                column("a_text").check(&literal, text.to_owned()).await;
                column("a_varchar").check(&literal, text.to_owned()).await;
                if text.is_ascii() {
                    column("a_ascii").check(&literal, text.to_owned()).await;
                }
            }
            column("a_blob").check("0x", Vec::<u8>::new()).await;
            column("a_blob").check("0x00ff10", vec![0_u8, 255, 16]).await;
            for (literal, address) in [
                ("'127.0.0.1'", IpAddr::V4(Ipv4Addr::LOCALHOST)),
                ("'255.255.255.255'", IpAddr::V4(Ipv4Addr::BROADCAST)),
                ("'::1'", IpAddr::V6(Ipv6Addr::LOCALHOST)),
                ("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329".parse().unwrap()),
            ] {
                column("a_inet").check(literal, address).await;
            }
        })
        .await;
    });
}

#[test]
fn times_and_ids_are_what_their_literals_say() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for (literal, milliseconds) in [
                ("0", 0),
                ("'2011-02-03T04:05:06.789Z'", 1_296_705_906_789),
                ("'2011-02-03 04:05+0200'", 1_296_698_700_000),
                ("-1", -1),
                ("'9999-12-31T23:59:59.999Z'", 253_402_300_799_999),
            ] {
                column("a_timestamp").check(literal, CqlTimestamp(milliseconds)).await;
            }
            let random = uuid!("f47ac10b-58cc-4372-a567-0e02b2c3d479");
            column("a_uuid").check(&random.to_string(), random).await;
            column("a_uuid").check(&Uuid::nil().to_string(), Uuid::nil()).await;
            let timed = uuid!("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
            column("a_timeuuid").check(&timed.to_string(), timed).await;
            column("a_uuid").check(&timed.to_string(), timed).await;
        })
        .await;
    });
}

#[test]
fn values_bound_to_unprepared_text_have_the_types_they_stand_for() {
    live(async |db| {
        let table = table(db).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            column("a_bigint").check_unprepared(7_i64).await;
            column("a_blob").check_unprepared(vec![1_u8, 2]).await;
            column("a_boolean").check_unprepared(true).await;
            column("a_decimal").check_unprepared("1.50".parse::<CqlDecimal>().unwrap()).await;
            column("a_double").check_unprepared(0.25_f64).await;
            column("a_float").check_unprepared(0.25_f32).await;
            column("a_inet").check_unprepared(IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
            column("an_int").check_unprepared(7).await;
            column("a_text").check_unprepared("text".to_owned()).await;
            column("a_timestamp").check_unprepared(CqlTimestamp(7)).await;
            column("a_uuid").check_unprepared(uuid!("f47ac10b-58cc-4372-a567-0e02b2c3d479")).await;
            column("a_timeuuid").check_unprepared(uuid!("6ba7b810-9dad-11d1-80b4-00c04fd430c8")).await;
            column("a_varint").check_unprepared(CqlVarint::from(-129)).await;
            if db.can(Capability::SmallTypes) {
                column("a_date").check_unprepared(CqlDate(7)).await;
                column("a_smallint").check_unprepared(7_i16).await;
                column("a_time").check_unprepared("01:02:03".parse::<CqlTime>().unwrap()).await;
                column("a_tinyint").check_unprepared(7_i8).await;
            }
            if db.can(Capability::Durations) {
                column("a_duration").check_unprepared(CqlDuration::new(1, 2, 3).unwrap()).await;
            }
        })
        .await;
    });
}

#[test]
fn not_a_number_stays_not_a_number() {
    live(async |db| {
        let table = table(db).await;
        let column = |name| Column { db, session: db.session(), table: &table, name };
        column("a_double").write_literal("nan", "NaN").await;
        assert!(column("a_double").read::<f64>("nan").await.is_nan());
        column("a_double").write("nan bound", &f64::NAN).await;
        assert!(column("a_double").read::<f64>("nan bound").await.is_nan());
        column("a_float").write("nan bound", &f32::NAN).await;
        assert!(column("a_float").read::<f32>("nan bound").await.is_nan());
        let shown = column("a_double").read::<CqlValue>("nan").await.to_string();
        assert_eq!(shown, "NaN");
    });
}

#[test]
fn counters_count_up_and_down() {
    live(async |db| {
        let table = db.table("counters", "(k text PRIMARY KEY, n counter, m counter)").await;
        for_each_version(db, async |session: &Session| {
            let key = format!("{}", session.protocol_version());
            let add = session.prepare(format!("UPDATE {table} SET n = n + ? WHERE k = ?")).await.unwrap();
            session.execute(&add, (Counter(5), &key)).await.unwrap();
            session.execute(&add, (-2_i64, &key)).await.unwrap();
            session.execute(format!("UPDATE {table} SET n = n - 1 WHERE k = '{key}'"), ()).await.unwrap();
            let select = session.prepare(format!("SELECT n, m FROM {table} WHERE k = ?")).await.unwrap();
            let result = session.execute(&select, (&key,)).await.unwrap();
            assert_eq!(result.single_row::<(Counter, Option<Counter>)>().unwrap(), (Counter(2), None));
            assert_eq!(result.single_row::<(i64, Option<i64>)>().unwrap(), (2, None));
            let (dynamic, nothing) = result.single_row::<(CqlValue, CqlValue)>().unwrap();
            assert_eq!((dynamic, nothing), (CqlValue::Counter(2), CqlValue::Null));
        })
        .await;
    });
}
