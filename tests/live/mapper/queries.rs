//! Queries: conditions, order, pages, streams, indexes, neighbours.

use super::models::{Card, Reading, User, user};
use super::{mapper, reading_of};
use cql_driver::value::{CqlDate, CqlTimestamp};
use cql_mapper::prelude::*;
use cql_mapper::schema::sync_table;
use cql_mapper::{Error, PageState, QueryError};
use cql_tests::{Capability, Database, live_with};
use futures::TryStreamExt;
use std::time::{Duration, Instant};

async fn fill(mapper: &Mapper, tenant: u128, rows: i32) {
    for seq in 0..rows {
        let at = CqlTimestamp(i64::from(seq / 10) * 1000);
        let row = Reading { at, temp: f64::from(seq), ..reading_of(tenant, seq) };
        row.insert().exec(mapper).await.unwrap();
    }
}

#[test]
fn rows_come_by_conditions_in_the_order_asked_for() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        fill(&mapper, 40, 30).await;
        let of_partition = Reading::objects()
            .filter(Reading.tenant.eq(reading_of(40, 0).tenant))
            .filter(Reading.day.eq(CqlDate::default()));
        let later = of_partition.clone().filter(Reading.at.gt(CqlTimestamp(0)));
        let cards: Vec<Card> =
            later.clone().order_by(Reading.at.asc()).limit(3).project::<Card>().all(&mapper).await.unwrap();
        let temps: Vec<f64> = cards.iter().map(|card| card.temp).collect();
        // The other way round is the other way round for all of the clustering key.
        assert_eq!(temps, [19.0, 18.0, 17.0]);
        // The table's own order: the newest first.
        let first = later.clone().columns((Reading.at, Reading.seq)).first(&mapper).await.unwrap();
        assert_eq!(first, Some((CqlTimestamp(2000), 20)));
        assert!(matches!(later.clone().one(&mapper).await, Err(Error::TooManyRows { .. })));
        let some =
            of_partition.clone().filter(Reading.at.eq(CqlTimestamp(0))).filter(Reading.seq.is_in([1, 3, 99]));
        let seqs: Vec<(i32,)> = some.columns((Reading.seq,)).all(&mapper).await.unwrap();
        assert_eq!(seqs, [(1,), (3,)]);
        let none = of_partition.clone().filter(Reading.at.is_in(Vec::<CqlTimestamp>::new()));
        assert!(none.all(&mapper).await.unwrap().is_empty());
        let warm = of_partition.allow_filtering().filter(Reading.temp.ge(28.0));
        assert_eq!(warm.count(&mapper).await.unwrap(), 2);
    });
}

/// Pages, and a stream over them: every row once; a state of another query is refused.
#[test]
fn pages_go_on_where_they_ended() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        fill(&mapper, 41, 25).await;
        let of = |tenant| {
            Reading::objects()
                .filter(Reading.tenant.eq(reading_of(tenant, 0).tenant))
                .filter(Reading.day.eq(CqlDate::default()))
                .page_size(10)
                .columns((Reading.seq,))
        };
        let mut all = Vec::new();
        let mut state = None;
        loop {
            let page = of(41).page(&mapper, state).await.unwrap();
            all.extend(page.rows.iter().map(|(seq,)| *seq));
            state = match page.next {
                Some(next) => Some(PageState::from_bytes(next.to_bytes()).unwrap()),
                None => break,
            };
            let refused = of(42).page(&mapper, state.clone()).await.unwrap_err();
            assert!(matches!(refused, Error::PageStateMismatch), "{refused}");
        }
        all.sort_unstable();
        assert_eq!(all, (0..25).collect::<Vec<i32>>());
        let streamed: Vec<(i32,)> = of(41).stream(&mapper).await.unwrap().try_collect().await.unwrap();
        assert_eq!(streamed.len(), 25);
        let mut pages = of(41).pages(&mapper).await.unwrap();
        let mut borrowed = 0;
        while let Some(page) = pages.next().await.unwrap() {
            borrowed += page.rows::<(i32,)>().unwrap().len();
        }
        assert_eq!(borrowed, 25);
    });
}

/// Scenario M35.
#[test]
fn m35_indexes_answer_and_the_nearest_come_first() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        let vectors = [[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [-1.0, 0.2, 0.0]];
        for (seq, embedding) in (0..).zip(vectors) {
            let row = Reading { embedding, sensor: "m35".to_owned(), ..reading_of(35, seq) };
            row.insert().exec(&mapper).await.unwrap();
        }
        // Indexes are built after the statement that creates them has returned.
        let began = Instant::now();
        let found = loop {
            let query = Reading::objects().filter(Reading.sensor.eq("m35")).columns((Reading.seq,));
            match query.all(&mapper).await {
                Ok(rows) => break rows,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(found.len(), 3);
        let near = Reading::objects()
            .filter(Reading.sensor.eq("m35"))
            .nearest(Reading.embedding, [0.95, 0.05, 0.0], 2)
            .columns((Reading.seq,))
            .all(&mapper)
            .await
            .unwrap();
        assert_eq!(near.len(), 2);
        assert!(near.iter().all(|(seq,)| *seq < 2), "{near:?}");
        let rows = [user(3501), user(3502)];
        for row in &rows {
            row.insert().exec(&mapper).await.unwrap();
        }
        let by_email = User::objects().filter(User.email.eq(rows[0].email.as_str()));
        assert_eq!(by_email.one(&mapper).await.unwrap(), rows[0]);
    });
}

#[test]
fn dynamic_queries_are_checked_before_they_are_sent() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let mapper = mapper(db).await;
        fill(&mapper, 43, 12).await;
        let query = Reading::objects().filter(Reading.tenant.eq(reading_of(43, 0).tenant)).dynamic();
        let error = query.clone().all(&mapper).await.unwrap_err();
        assert!(!error.was_sent());
        let Error::Query { error: QueryError::PartitionKey { missing }, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(missing, ["day"]);
        let query = query.filter(Reading.day.eq(CqlDate::default()));
        let gap = query.clone().filter(Reading.seq.eq(1)).all(&mapper).await.unwrap_err();
        let expected = QueryError::ClusteringGap { column: "seq", after: "at" };
        assert!(matches!(gap, Error::Query { error, .. } if error == expected));
        let rows = query.filter(Reading.at.ge(CqlTimestamp(1000))).all(&mapper).await.unwrap();
        assert_eq!(rows.len(), 2);
    });
}

/// Scenario M25: every row once; and many rows by their keys, in the keys' order.
#[test]
fn m25_a_whole_table_is_read_in_parallel() {
    live_with(&[Capability::Vectors], async |db: &Database| {
        let keyspace = db.own_keyspace("scanned", 1).await;
        let mapper = Mapper::new(db.session().clone()).keyspace(keyspace);
        sync_table::<User>(&mapper).await.unwrap();
        mapper.insert_many((0..1000).map(user)).exec().await.unwrap();
        let scan = User::objects().scan().page_size(50).parallel(8);
        let mut ids: Vec<_> =
            scan.stream(&mapper).await.unwrap().map_ok(|user| user.id).try_collect().await.unwrap();
        ids.sort_unstable();
        assert_eq!(ids, (0..1000).map(|id| user(id).id).collect::<Vec<_>>());
        let plain = User::objects().scan().columns((User.id,)).all(&mapper).await.unwrap();
        assert_eq!(plain.len(), 1000);
        let chosen = User::objects().scan().columns((User.version, User.id)).parallel(3);
        let versions: Vec<(i32, _)> = chosen.stream(&mapper).await.unwrap().try_collect().await.unwrap();
        assert!(versions.len() == 1000 && versions.iter().all(|(version, _)| *version == 1));
        assert_eq!(User::partitions().all(&mapper).await.unwrap().len(), 1000);

        let keys = [7, 5000, 3].map(|id| user(id).id);
        let found = User::multi_get(keys).concurrency(2).all(&mapper).await.unwrap();
        assert_eq!(found, [Some(user(7)), None, Some(user(3))]);
        assert!(User::multi_get(Vec::<uuid::Uuid>::new()).all(&mapper).await.unwrap().is_empty());
    });
}
