//! Pages, many executions at once, changes of the schema, requests and responses of any size.

use crate::support::{INSERT, SELECT, backoff, driver, echo, ms, nodes, one, session, session_of, simulate};
use cql_driver::error::ErrorKind;
use cql_driver::{Compression, ProtocolVersion};
use cql_testkit::{ColumnType, ErrorCode, Gate, Opcode, Prime, Reply, Rows, Table};
use futures::StreamExt;
use tokio::time::Instant;
use uuid::Uuid;

fn page(values: std::ops::Range<i32>) -> Rows {
    let rows = Rows::new([("v", ColumnType::Int)]);
    values.fold(rows, |rows, value| rows.row((value,)))
}

#[test]
fn every_page_has_the_timeout() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let held = Reply::pages([page(0..3), page(3..6)]).after(ms(60_000));
        sim.prime(Prime::query(SELECT).reply(Reply::pages([page(0..3), page(3..6)])));
        sim.prime(Prime::query(SELECT).and(|request| request.paging_state().is_some()).reply(held));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(500));
        let mut pages = session.pages(&select, (1,)).unwrap();
        assert_eq!(pages.next().await.unwrap().unwrap().rows_count(), 3);
        let began = Instant::now();
        assert!(pages.next().await.unwrap_err().is_timeout());
        assert!((ms(500)..ms(530)).contains(&began.elapsed()));
        let mut rows = session.stream::<(i32,)>(&select, (1,)).unwrap();
        for value in 0..3 {
            assert_eq!(rows.next().await.unwrap().unwrap(), (value,));
        }
        assert!(rows.next().await.unwrap().unwrap_err().is_timeout());
        assert!(rows.next().await.is_none());
    });
}

#[test]
fn a_page_that_failed_is_asked_for_again_and_empty_pages_are_passed_over() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::pages([page(0..2), page(2..2), page(2..2), page(2..5)])));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let rows = session.stream::<(i32,)>(&select, (1,)).unwrap();
        let all: Vec<i32> = rows.map(|row| row.unwrap().0).collect().await;
        assert_eq!(all, [0, 1, 2, 3, 4]);
        let mut pages = session.pages(&select, (1,)).unwrap();
        pages.next().await.unwrap().unwrap();
        sim.prime(Prime::query(SELECT).once(Reply::error_code(ErrorCode::SERVER_ERROR, "once")));
        pages.next().await.unwrap_err();
        let mut left = 0;
        while let Some(page) = pages.next().await.unwrap() {
            left += page.rows_count();
        }
        assert_eq!(left, 3);
    });
}

#[test]
fn a_stream_that_is_dropped_fetches_no_more() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::pages((0..100).map(|n| page(n..n + 1)))));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut rows = session.stream::<(i32,)>(&select, (1,)).unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap(), (0,));
        tokio::time::sleep(ms(1000)).await;
        sim.log().executes(SELECT).assert_count(2);
        drop(rows);
        tokio::time::sleep(ms(1000)).await;
        sim.log().executes(SELECT).assert_count(2);
    });
}

// Pages of a stream are decoded some rows at a time.
#[test]
fn rows_before_one_that_cannot_be_read_are_given_and_none_after_it() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        for damaged in [0, 5, 6, 50, 99] {
            let rows = Rows::new([("v", ColumnType::Int)]);
            let rows = (0..100).fold(rows, |rows, v| rows.row((Some(v).filter(|v| *v != damaged),)));
            sim.prime(Prime::query(SELECT).reply(Reply::pages([rows, page(100..200)])));
            let session = session(&sim).await;
            let select = session.prepare(SELECT).await.unwrap();
            let mut rows = session.stream::<(i32,)>(&select, (1,)).unwrap();
            for value in 0..damaged {
                assert_eq!(rows.next().await.unwrap().unwrap(), (value,));
            }
            let error = rows.next().await.unwrap().unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Row(_)), "{error}");
            assert!(rows.next().await.is_none());
            let read: Vec<i32> = session
                .stream::<(Option<i32>,)>(&select, (1,))
                .unwrap()
                .filter_map(async |row| row.unwrap().0)
                .collect()
                .await;
            assert_eq!(read, (0..200).filter(|v| *v != damaged).collect::<Vec<_>>());
        }
    });
}

#[test]
fn many_executions_give_results_in_order_or_the_first_error() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        sim.prime(
            Prime::query(SELECT)
                .and(|request| request.value::<i32>(0) == 1057)
                .reply(Reply::error_code(ErrorCode::INVALID, "57")),
        );
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        for count in [0, 1, 2, 99, 100, 101, 201] {
            let ids = (0..count).map(|id| (id,));
            let results = session.execute_concurrent(&select, ids).concurrency(100).await.unwrap();
            let values: Vec<i32> =
                results.iter().map(|result| result.single_row::<(i32,)>().unwrap().0).collect();
            assert_eq!(values, (0..count).collect::<Vec<_>>());
        }
        let ids = || (1000..1201).map(|id| (id,));
        let error = session.execute_concurrent(&select, ids()).concurrency(100).await.unwrap_err();
        assert_eq!(error.server_error().unwrap().message, "57");
        let all = session.execute_concurrent(&select, ids()).concurrency(100).collect().await;
        let failed: Vec<usize> =
            all.iter().enumerate().filter(|(_, result)| result.is_err()).map(|(at, _)| at).collect();
        assert_eq!((all.len(), failed), (201, vec![57]));
    });
}

#[test]
fn a_consumer_that_stops_has_had_few_requests_sent() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut results =
            session.execute_concurrent(&select, (0..2000).map(|id| (id,))).concurrency(10).results();
        results.next().await.unwrap().unwrap();
        tokio::time::sleep(ms(1000)).await;
        let sent = sim.log().executes(SELECT).len();
        assert!((10..=21).contains(&sent), "{sent}");
        drop(results);
        tokio::time::sleep(ms(1000)).await;
        sim.log().executes(SELECT).assert_count(sent);
        // One late answer does not have all the others fetched and kept behind it.
        sim.log().clear();
        let gate = Gate::new();
        let first = Prime::query(SELECT).and(|request| request.value::<i32>(0) == 0);
        sim.prime(first.reply(one(0).when(&gate)));
        let mut results =
            session.execute_concurrent(&select, (0..2000).map(|id| (id,))).concurrency(10).results();
        assert!(tokio::time::timeout(ms(1000), results.next()).await.is_err());
        sim.log().executes(SELECT).assert_count(20);
        gate.open();
        assert_eq!(results.map(Result::unwrap).count().await, 2000);
    });
}

#[test]
fn many_executions_are_bounded_and_survive_lost_connections() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(INSERT).reply(Reply::void().when(&gate)));
        let session = session_of(driver(&sim).reconnection(backoff(ms(10), ms(10)))).await;
        let insert = session.prepare(INSERT).await.unwrap().with_idempotent(true);
        let rows = (0..500).map(|id| (id, id));
        let counting = tokio::spawn(session.execute_concurrent(&insert, rows).concurrency(37).count());
        tokio::time::sleep(ms(100)).await;
        let first = sim.log().opcode(Opcode::EXECUTE).len();
        assert!((37..=74).contains(&first), "{first}: one node does not know it yet");
        sim.node(0).reset_connections();
        gate.open();
        assert_eq!(counting.await.unwrap().unwrap(), 500);
    });
}

#[test]
fn a_change_of_the_schema_returns_when_nodes_agree() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        sim.node(1).set_schema_version(Uuid::from_u128(7));
        let began = Instant::now();
        let agree = async {
            tokio::time::sleep(ms(600)).await;
            sim.set_schema_version(Uuid::from_u128(8));
        };
        let (result, ()) = tokio::join!(session.execute("CREATE TABLE ks.x (id int PRIMARY KEY)", ()), agree);
        assert_eq!(result.unwrap().schema_agreed(), Some(true));
        assert!((ms(600)..ms(850)).contains(&began.elapsed()), "{:?}", began.elapsed());
    });
}

#[test]
fn a_change_of_the_schema_tells_when_nodes_do_not_agree() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session_of(driver(&sim).schema_agreement_timeout(ms(3000))).await;
        sim.node(1).set_schema_version(Uuid::from_u128(7));
        let began = Instant::now();
        let result = session.execute("CREATE TABLE ks.x (id int PRIMARY KEY)", ()).await.unwrap();
        assert_eq!(result.schema_agreed(), Some(false));
        assert!((ms(2500)..ms(3100)).contains(&began.elapsed()), "{:?}", began.elapsed());
        // One that is stopped is not asked.
        sim.node(1).stop().await;
        tokio::time::sleep(ms(100)).await;
        let result = session.execute("CREATE TABLE ks.y (id int PRIMARY KEY)", ()).await.unwrap();
        assert_eq!(result.schema_agreed(), Some(true));
    });
}

#[test]
fn requests_and_responses_of_any_size_arrive_whole() {
    for (version, compression) in [
        (ProtocolVersion::V5, None),
        (ProtocolVersion::V5, Some(Compression::Lz4)),
        (ProtocolVersion::V4, Some(Compression::Snappy)),
        (ProtocolVersion::V3, None),
    ] {
        simulate(async move {
            let blobs =
                Table::new("ks", "b").partition_key("id", ColumnType::Int).column("v", ColumnType::Blob);
            let sim = nodes(1).table(blobs).start().await.unwrap();
            let insert = "INSERT INTO ks.b (id, v) VALUES (?, ?)";
            let echoed = |request: &cql_testkit::Received| {
                Reply::rows(Rows::new([("v", ColumnType::Blob)]).row((request.value::<Vec<u8>>(1),)))
            };
            sim.prime(Prime::query(insert).reply(Reply::computed(echoed)));
            let mut builder = driver(&sim).protocol_version(version);
            if let Some(compression) = compression {
                builder = builder.compression(compression);
            }
            let session = session_of(builder).await;
            let insert = session.prepare(insert).await.unwrap();
            let mut random = cql_testkit::Random::new(1);
            // Around a segment's 131,071 bytes, and far above.
            for size in [0, 1, 130_900, 131_000, 131_071, 131_072, 262_144, 5_000_000] {
                let noise: Vec<u8> = (0..size).map(|_| random.bits() as u8).collect();
                for value in [noise, vec![7; size]] {
                    let result = session.execute(&insert, (1, &value)).await.unwrap();
                    let (back,) = result.single_row::<(Vec<u8>,)>().unwrap();
                    assert!(back == value, "{version} {compression:?} {size}");
                }
            }
            // Many large ones at once share the connection with small ones.
            let sizes = (0..60).map(|n| if n % 3 == 0 { 200_000 } else { n });
            let rows: Vec<(i32, Vec<u8>)> = sizes.map(|size| (1, vec![size as u8; size])).collect();
            for (row, result) in
                rows.iter().zip(session.execute_concurrent(&insert, rows.clone()).await.unwrap())
            {
                assert!(result.single_row::<(Vec<u8>,)>().unwrap().0 == row.1);
            }
            // Above the limit nothing is sent.
            sim.log().clear();
            let error = session.execute(&insert, (1, vec![0_u8; 17 << 20])).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Invalid(_)) && !error.was_sent(), "{error}");
            sim.log().opcode(Opcode::EXECUTE).assert_count(0);
        });
    }
}

#[test]
fn what_comes_beside_a_result_is_passed_on() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let id = Uuid::from_u128(99);
        let reply = one(1)
            .with_warning("careful")
            .with_payload("key", Some(bytes::Bytes::from_static(b"value")))
            .with_tracing_id(id);
        sim.prime(Prime::query(SELECT).reply(reply));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_tracing(true);
        let payload = [("mine".to_owned(), Some(bytes::Bytes::from_static(b"x")))];
        let result = session.execute(&select.with_custom_payload(payload), (1,)).await.unwrap();
        assert_eq!(result.warnings(), ["careful"]);
        assert_eq!(result.tracing_id(), Some(id));
        assert_eq!(result.custom_payload().unwrap()["key"].as_deref(), Some(&b"value"[..]));
        let executed = sim.log().executes(SELECT);
        assert!(executed[0].payload().unwrap().contains_key("mine"));
    });
}

// What a task that executes one statement after the other has to hold; what is rare is boxed.
#[test]
fn the_future_of_an_execution_is_small() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let size = size_of_val(&session.execute(&select, (1,)));
        println!("{size} bytes");
        assert!(size <= 320, "{size} bytes");
    });
}
