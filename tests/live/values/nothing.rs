//! Null, unset and the legacy "empty" value: three kinds of nothing.

use super::{Column, for_each_version};
use cql_driver::error::ErrorKind;
use cql_driver::value::{CqlValue, MaybeUnset};
use cql_driver::{ProtocolVersion, Session, Unset};
use cql_tests::{Capability, live, live_with};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn null_is_read_as_none_and_never_as_a_value() {
    live(async |db| {
        let columns = "(k text PRIMARY KEY, i int, t text, b blob, l list<int>, s set<int>, m map<int, int>)";
        let table = db.table("nulls", columns).await;
        for_each_version(db, async |session: &Session| {
            let key = session.protocol_version().to_string();
            let insert = format!("INSERT INTO {table} (k, i, t, b, l, s, m) VALUES (?, ?, ?, ?, ?, ?, ?)");
            let insert = session.prepare(insert).await.unwrap();
            let select =
                session.prepare(format!("SELECT i, t, b, l, s, m FROM {table} WHERE k = ?")).await.unwrap();
            let full = (&key, 1, "", "x".as_bytes(), vec![1], BTreeSet::from([2]), BTreeMap::from([(3, 4)]));
            session.execute(&insert, full).await.unwrap();
            let none = None::<i32>;
            session.execute(&insert, (&key, none, none, none, none, none, none)).await.unwrap();
            let result = session.execute(&select, (&key,)).await.unwrap();
            type Optional = (
                Option<i32>,
                Option<String>,
                Option<Vec<u8>>,
                Option<Vec<i32>>,
                Option<BTreeSet<i32>>,
                Option<BTreeMap<i32, i32>>,
            );
            let read: Optional = result.single_row().unwrap();
            assert_eq!(read, (None, None, None, None, None, None));
            type Empty = (CqlValue, CqlValue, CqlValue, Vec<i32>, BTreeSet<i32>, BTreeMap<i32, i32>);
            let (i, t, b, l, s, m): Empty = result.single_row().unwrap();
            assert!(i.is_null() && t.is_null() && b.is_null());
            assert!(l.is_empty() && s.is_empty() && m.is_empty());
            let refused =
                result.single_row::<(i32, &str, &[u8], Vec<i32>, Vec<i32>, CqlValue)>().unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Row(_)), "{refused:?}");
        })
        .await;
    });
}

#[test]
fn empty_values_are_neither_null_nor_a_value() {
    live(async |db| {
        let columns = "(k text PRIMARY KEY, an_int int, a_bigint bigint, a_text text, a_blob blob, a_uuid uuid, \
                       a_timestamp timestamp, a_boolean boolean, a_varint varint)";
        let table = db.table("empties", columns).await;
        for_each_version(db, async |session: &Session| {
            let column = |name| Column { db, session, table: &table, name };
            for (name, literal) in [
                ("an_int", "blobAsInt(0x)"),
                ("a_bigint", "blobAsBigint(0x)"),
                ("a_uuid", "blobAsUuid(0x)"),
                ("a_timestamp", "blobAsTimestamp(0x)"),
                ("a_boolean", "blobAsBoolean(0x)"),
                ("a_varint", "blobAsVarint(0x)"),
            ] {
                column(name).write_literal("empty", literal).await;
                assert_eq!(column(name).read::<CqlValue>("empty").await, CqlValue::Empty, "{name}");
                column(name).write("empty again", &CqlValue::Empty).await;
                assert_eq!(column(name).read::<CqlValue>("empty again").await, CqlValue::Empty, "{name}");
            }
            assert_eq!(column("an_int").read::<Option<i32>>("empty").await, None);
            assert_eq!(column("a_uuid").read::<Option<uuid::Uuid>>("empty").await, None);
            column("a_text").write("empty", &"").await;
            assert_eq!(column("a_text").read::<Option<String>>("empty").await, Some(String::new()));
            column("a_blob").write("empty", &Vec::<u8>::new()).await;
            assert_eq!(column("a_blob").read::<Option<Vec<u8>>>("empty").await, Some(Vec::new()));
        })
        .await;
    });
}

/// Scenario P11.
#[test]
fn p11_unset_keeps_null_deletes_and_a_value_replaces() {
    live_with(&[Capability::ProtocolV4], async |db| {
        let table = db.table("unset_values", "(p text, k int, v0 int, v1 int, PRIMARY KEY (p, k))").await;
        for_each_version(db, async |session: &Session| {
            if session.protocol_version() == ProtocolVersion::V3 {
                return;
            }
            let p = session.protocol_version().to_string();
            let insert = session.prepare(format!("INSERT INTO {table} (p, k, v0, v1) VALUES (?, ?, ?, ?)"));
            let insert = insert.await.unwrap();
            let select =
                session.prepare(format!("SELECT v0, v1 FROM {table} WHERE p = ? AND k = 0")).await.unwrap();
            let read = async || {
                let result = session.execute(&select, (&p,)).await.unwrap();
                result.single_row::<(Option<i32>, Option<i32>)>().unwrap()
            };
            session.execute(&insert, (&p, 0, 0, 0)).await.unwrap();
            assert_eq!(read().await, (Some(0), Some(0)));
            session.execute(&insert, (&p, 0, 1)).await.unwrap();
            assert_eq!(read().await, (Some(1), Some(0)), "the value that is not given is unset");
            let named = BTreeMap::from([("p", CqlValue::from(&*p)), ("k", 0.into()), ("v0", 2.into())]);
            session.execute(&insert, named).await.unwrap();
            assert_eq!(read().await, (Some(2), Some(0)));
            let named = BTreeMap::from([("k", CqlValue::from(0)), ("p", (&*p).into()), ("v1", 1.into())]);
            session.execute(&insert, named).await.unwrap();
            assert_eq!(read().await, (Some(2), Some(1)));
            session.execute(&insert, (&p, 0, 3, Unset)).await.unwrap();
            assert_eq!(read().await, (Some(3), Some(1)));
            session.execute(&insert, (&p, 0, MaybeUnset::<i32>::Unset, MaybeUnset::Set(2))).await.unwrap();
            assert_eq!(read().await, (Some(3), Some(2)));
            session.execute(&insert, (&p, 0, None::<i32>, None::<i32>)).await.unwrap();
            assert_eq!(read().await, (None, None));
            let refused = session.execute(&insert, (&p, Unset, 1, 1)).await.unwrap_err();
            assert!(refused.server_error().is_some() || matches!(refused.kind(), ErrorKind::Invalid(_)));
            let refused = session.execute(&insert, (Unset, 1, 1, 1)).await.unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Invalid(_)), "{refused:?}");
        })
        .await;
    });
}

#[test]
fn unset_is_refused_where_the_protocol_has_none() {
    live(async |db| {
        let table = db.rows_table().await;
        let session = db.session_of(ProtocolVersion::V3).await;
        let insert = session.prepare(format!("INSERT INTO {table} (key, id, body) VALUES (?, ?, ?)"));
        let insert = insert.await.unwrap();
        let refused = session.execute(&insert, ("unset in v3", 1, Unset)).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
        let refused = session.execute(&insert, ("unset in v3", 1)).await.unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Bind(_)), "{refused:?}");
        session.close().await;
    });
}
