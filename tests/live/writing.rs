//! How values are written: static columns, times to live, timestamps.

use crate::values::for_each_version;
use cql_driver::{ProtocolVersion, Session};
use cql_tests::{Capability, live, live_with};
use std::time::{SystemTime, UNIX_EPOCH};

fn now_micros() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap()
}

#[test]
fn a_static_column_is_one_for_its_partition() {
    live(async |db| {
        let table = db.table("statics", "(p int, k int, s text static, v int, PRIMARY KEY (p, k))").await;
        let session = db.session();
        let insert =
            session.prepare(format!("INSERT INTO {table} (p, k, v) VALUES (1, ?, ?)")).await.unwrap();
        let shared = session.prepare(format!("INSERT INTO {table} (p, s) VALUES (?, ?)")).await.unwrap();
        session.execute(&shared, (1, "first")).await.unwrap();
        type Row = (Option<i32>, Option<String>, Option<i32>);
        let select = format!("SELECT k, s, v FROM {table} WHERE p = 1");
        assert_eq!(db.rows::<Row>(&select).await, [(None, Some("first".to_owned()), None)]);
        for k in 1..=2 {
            session.execute(&insert, (k, k)).await.unwrap();
        }
        session.execute(&shared, (1, "second")).await.unwrap();
        let second = Some("second".to_owned());
        let expected = [(Some(1), second.clone(), Some(1)), (Some(2), second, Some(2))];
        assert_eq!(db.rows::<Row>(&select).await, expected);
    });
}

#[test]
fn a_time_to_live_can_be_bound() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            let key = format!("ttl {}", session.protocol_version());
            let insert = format!("INSERT INTO {table} (key, id, number) VALUES (?, 1, 1) USING TTL ?");
            let insert = session.prepare(insert).await.unwrap();
            session.execute(&insert, (&key, 1000)).await.unwrap();
            let select = format!("SELECT ttl(number) FROM {table} WHERE key = '{key}'");
            let (ttl,): (Option<i32>,) = db.row(&select).await;
            assert!((1..=1000).contains(&ttl.unwrap()), "{ttl:?}");
            session.execute(&insert, (&key, 0)).await.unwrap();
            assert_eq!(db.row::<(Option<i32>,)>(&select).await, (None,));
        })
        .await;
    });
}

#[test]
fn now_can_be_set_for_one_statement() {
    live_with(&[Capability::ProtocolV5], async |db| {
        let table = db.rows_table().await;
        let session = db.session();
        let now = i32::try_from(now_micros() / 1_000_000).unwrap();
        let insert = format!("INSERT INTO {table} (key, id, number) VALUES ('now', 1, 1) USING TTL 5000");
        let insert = session.prepare(insert).await.unwrap().with_now_in_seconds(now);
        session.execute(&insert, ()).await.unwrap();
        let select =
            session.prepare(format!("SELECT ttl(number) FROM {table} WHERE key = 'now'")).await.unwrap();
        let later = select.clone().with_now_in_seconds(now + 4000);
        let result = session.execute(&later, ()).await.unwrap();
        assert_eq!(result.single_row::<(i32,)>().unwrap(), (1000,));
        let too_late = select.with_now_in_seconds(now + 5001);
        assert_eq!(session.execute(&too_late, ()).await.unwrap().rows_count(), 0);

        let old = db.session_of(ProtocolVersion::V4).await;
        let insert = old.prepare(insert.text()).await.unwrap().with_now_in_seconds(now);
        let refused = old.execute(&insert, ()).await.unwrap_err();
        assert!(!refused.was_sent(), "{refused:?}");
        old.close().await;
    });
}

#[test]
fn writes_have_the_clients_time_unless_they_say_otherwise() {
    live(async |db| {
        let table = db.rows_table().await;
        for_each_version(db, async |session: &Session| {
            let key = format!("times {}", session.protocol_version());
            let insert = format!("INSERT INTO {table} (key, id, number) VALUES (?, ?, 1)");
            let insert = session.prepare(insert).await.unwrap();
            let select = format!("SELECT writetime(number) FROM {table} WHERE key = '{key}' AND id = ");
            let before = now_micros();
            for id in 1..=3 {
                session.execute(&insert, (&key, id)).await.unwrap();
            }
            let after = now_micros();
            let mut last = before - 1;
            for id in 1..=3 {
                let (time,): (i64,) = db.row(&format!("{select}{id}")).await;
                assert!(last < time && time <= after + 3, "{last} < {time} <= {after}");
                last = time;
            }
            session.execute(insert.with_timestamp(77), (&key, 4)).await.unwrap();
            assert_eq!(db.row::<(i64,)>(&format!("{select}4")).await, (77,));
            let text = format!("INSERT INTO {table} (key, id, number) VALUES (?, 5, 1) USING TIMESTAMP ?");
            let insert = session.prepare(&text).await.unwrap();
            session.execute(&insert, (&key, 88_i64)).await.unwrap();
            assert_eq!(db.row::<(i64,)>(&format!("{select}5")).await, (88,), "the text's own goes first");
        })
        .await;
    });
}

#[test]
fn the_last_of_many_writes_in_a_row_wins() {
    live(async |db| {
        let table = db.rows_table().await;
        let session = db.session();
        let update = format!("UPDATE {table} SET number = ? WHERE key = 'last' AND id = 1");
        let update = session.prepare(update).await.unwrap();
        for number in 0..200 {
            session.execute(&update, (number,)).await.unwrap();
        }
        let (number,): (i32,) = db.row(&format!("SELECT number FROM {table} WHERE key = 'last'")).await;
        assert_eq!(number, 199);
    });
}
