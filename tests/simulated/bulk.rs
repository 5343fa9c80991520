//! Whole tables, many keys, writes in batches.

use crate::logged;
use crate::support::{INSERT, SELECT, backoff, driver, ms, nodes, session, session_of, simulate};
use cql_driver::bulk::{Checkpoint, Mutator, Scan};
use cql_driver::error::ErrorKind;
use cql_driver::routing::{Partitioner, Token};
use cql_driver::{Batch, Consistency, Error, PagingState, PreparedStatement, Session};
use cql_protocol::request::Request;
use cql_protocol::wire::BoundValue;
use cql_testkit::{
    ColumnType, Declared, ErrorCode, Opcode, Prime, Random, Received, Reply, Rows, SimCluster, Table,
};
use futures::TryStreamExt;
use std::collections::BTreeMap;

const ROWS: i32 = 3_000;
const BASE: &str = "SELECT \"id\" FROM \"ks\".\"t\"";

fn token_of(id: i32) -> Token {
    Partitioner::Murmur3.token_of_key(&id.to_be_bytes())
}

/// The table's rows between two tokens, in their order, as a server gives them: page by page.
fn rows_between(request: &Received) -> Vec<i32> {
    let bounds = (Token::murmur3(request.value::<i64>(0)), Token::murmur3(request.value::<i64>(1)));
    let mut rows: Vec<(Token, i32)> = (0..ROWS).map(|id| (token_of(id), id)).collect();
    rows.retain(|(token, _)| *token > bounds.0 && *token <= bounds.1);
    rows.sort();
    rows.into_iter().map(|(_, id)| id).collect()
}

fn pages_of(request: &Received) -> Reply {
    let size = usize::try_from(request.page_size().unwrap()).unwrap();
    let rows = rows_between(request);
    let page =
        |ids: &[i32]| ids.iter().fold(Rows::new([("id", ColumnType::Int)]), |rows, id| rows.row((*id,)));
    match rows.is_empty() {
        true => Reply::rows(page(&[])),
        false => Reply::pages(rows.chunks(size).map(page)),
    }
}

fn condition() -> String {
    format!("{BASE} WHERE token(\"id\") > ? AND token(\"id\") <= ?")
}

/// `ks.t` with 3,000 rows, on nodes with eight tokens each that are replicas of their own ranges alone.
async fn full_table(count: usize) -> SimCluster {
    let sim = nodes(count).tokens_per_node(8).simple_keyspace("ks", 1).start().await.unwrap();
    for (columns, result) in
        [("\"id\"", ("id", ColumnType::Int)), ("count(*)", ("count", ColumnType::BigInt))]
    {
        let text =
            format!("SELECT {columns} FROM \"ks\".\"t\" WHERE token(\"id\") > ? AND token(\"id\") <= ?");
        let declared =
            Declared::new(&text).marker("from", ColumnType::BigInt).marker("to", ColumnType::BigInt);
        sim.declare(declared.column(result.0, result.1));
    }
    sim.prime(Prime::query(&condition()).reply(Reply::computed(pages_of)));
    sim
}

async fn scan(session: &Session, parallelism: usize, page_size: u32) -> Scan {
    let scan = session.scan("ks", "t").columns(["id"]).partition_key(["id"]);
    scan.parallelism(parallelism).page_size(page_size).start().await.unwrap()
}

async fn rest(mut scan: Scan, into: &mut Vec<i32>) {
    while let Some(page) = scan.next().await {
        into.extend(page.unwrap().rows::<(i32,)>().unwrap().map(|row| row.unwrap().0));
    }
    assert_eq!(scan.checkpoint().ranges_left(), 0);
}

fn assert_all_once(mut seen: Vec<i32>) {
    seen.sort_unstable();
    assert_eq!(seen, (0..ROWS).collect::<Vec<_>>());
}

#[test]
fn a_scan_gives_out_every_row_once() {
    for (nodes, parallelism, page_size) in [(1, 1, 5000), (3, 8, 7), (5, 64, 100), (3, 0, 1)] {
        simulate(async move {
            let sim = full_table(nodes).await;
            let session = session(&sim).await;
            let mut seen = Vec::new();
            rest(scan(&session, parallelism, page_size).await, &mut seen).await;
            assert_all_once(seen);
        });
    }
}

#[test]
fn a_scan_may_be_a_stream_of_rows() {
    simulate(async {
        let sim = full_table(3).await;
        let session = session(&sim).await;
        let rows: Vec<(i32,)> =
            scan(&session, 4, 50).await.into_rows::<(i32,)>().try_collect().await.unwrap();
        assert_all_once(rows.into_iter().map(|row| row.0).collect());
        let wrong: Result<Vec<(String,)>, Error> =
            scan(&session, 4, 50).await.into_rows::<(String,)>().try_collect().await;
        assert!(matches!(wrong.unwrap_err().kind(), ErrorKind::Mismatch(_)));
    });
}

#[test]
fn each_range_is_read_by_a_replica_and_so_many_at_a_time() {
    simulate(async {
        let sim = full_table(4).await;
        sim.prime(
            Prime::query(&condition()).reply(Reply::computed(|request| pages_of(request).after(ms(20)))),
        );
        let session = session(&sim).await;
        let mut seen = Vec::new();
        rest(scan(&session, 6, 1000).await, &mut seen).await;
        assert_all_once(seen);
        let topology = session.topology();
        let requests = sim.log().executes(&condition());
        assert!(requests.len() >= 24);
        for request in requests.iter() {
            let end = Token::murmur3(request.value::<i64>(1));
            let owner = topology.ring().owner(&end).unwrap();
            let address = topology.node(owner).unwrap().address();
            assert_eq!(address, sim.node(request.node()).address(), "{end}");
        }
        let most = requests
            .iter()
            .map(|r| requests.iter().filter(|o| o.at() <= r.at() && o.at() + ms(20) > r.at()).count());
        assert_eq!(most.max(), Some(6));
    });
}

// Whenever it is broken off, the rest comes, and nothing twice.
#[test]
fn a_scan_goes_on_from_its_checkpoint_in_another_session() {
    for stop_after in [0, 1, 2, 5, 17, 40, 80] {
        simulate(async move {
            let sim = full_table(3).await;
            let mut seen = Vec::new();
            let kept = {
                let session = session(&sim).await;
                let mut scan = scan(&session, 5, 40).await;
                for _ in 0..stop_after {
                    let Some(page) = scan.next().await else { break };
                    seen.extend(page.unwrap().rows::<(i32,)>().unwrap().map(|row| row.unwrap().0));
                }
                scan.checkpoint().to_bytes()
            };
            let session = session(&sim).await;
            let checkpoint = Checkpoint::from_bytes(&kept).unwrap();
            let again = session.scan("ks", "t").columns(["id"]).partition_key(["id"]).page_size(40);
            rest(again.resume(checkpoint.clone()).start().await.unwrap(), &mut seen).await;
            assert_all_once(seen);
            // Only of the same table and columns.
            let other = session.scan("ks", "t").columns(["v"]).partition_key(["id"]);
            let error = other.resume(checkpoint).start().await.unwrap_err();
            assert!(error.to_string().contains("another table"), "{error}");
        });
    }
}

#[test]
fn damaged_checkpoints_and_paging_states_are_told() {
    simulate(async {
        let sim = full_table(1).await;
        let session = session(&sim).await;
        let mut scan = scan(&session, 2, 10).await;
        scan.next().await.unwrap().unwrap();
        let good = scan.checkpoint().to_bytes();
        let mut random = Random::new(1);
        for _ in 0..5_000 {
            let mut bytes = good.clone();
            bytes.truncate(random.below(bytes.len() + 1));
            if let Some(at) = bytes.len().checked_sub(1).map(|last| random.below(last + 1)) {
                bytes[at] ^= 1 << random.below(8);
            }
            // An error, or a checkpoint; never a panic, and never more memory than there are bytes.
            if let Ok(checkpoint) = Checkpoint::from_bytes(&bytes) {
                assert!(checkpoint.ranges_left() <= bytes.len());
                let resumed =
                    session.scan("ks", "t").columns(["id"]).partition_key(["id"]).resume(checkpoint);
                let _ = resumed.start().await;
            }
            let _ = PagingState::from_bytes(&bytes);
        }
    });
}

// What fails is read again by the next call, and a node that dies on the way is made up for.
#[test]
fn a_scan_survives_failures() {
    simulate(async {
        let sim = full_table(3).await;
        let session = session_of(driver(&sim).reconnection(backoff(ms(50), ms(50)))).await;
        let mut scan = scan(&session, 4, 20).await;
        let mut seen = Vec::new();
        let mut failures = 0;
        let mut page_number = 0;
        loop {
            match page_number {
                // No other node is a replica, but any can be asked.
                20 => sim.node(1).stop().await,
                40 => {
                    let invalid = Reply::error_code(ErrorCode::INVALID, "no");
                    let prime = Prime::query(&condition()).once(invalid);
                    sim.prime(prime.reply(Reply::computed(pages_of)));
                }
                60 => sim.node(1).start().await.unwrap(),
                80 => sim.nodes().iter().for_each(cql_testkit::Node::reset_connections),
                _ => {}
            }
            page_number += 1;
            match scan.next().await {
                Some(Ok(page)) => seen.extend(page.rows::<(i32,)>().unwrap().map(|row| row.unwrap().0)),
                Some(Err(_)) => {
                    failures += 1;
                    tokio::time::sleep(ms(20)).await;
                }
                None => break,
            }
            assert!(failures < 100);
        }
        assert!(failures >= 1);
        assert_all_once(seen);
    });
}

#[test]
fn rows_are_counted_where_they_are() {
    simulate(async {
        let sim = full_table(3).await;
        let text = "SELECT count(*) FROM \"ks\".\"t\" WHERE token(\"id\") > ? AND token(\"id\") <= ?";
        sim.prime(Prime::query(text).reply(Reply::computed(|request| {
            let count = i64::try_from(rows_between(request).len()).unwrap();
            Reply::rows(Rows::new([("count", ColumnType::BigInt)]).row((count,)))
        })));
        let session = session(&sim).await;
        let counted = session.scan("ks", "t").partition_key(["id"]).count().await.unwrap();
        assert_eq!(counted, u64::try_from(ROWS).unwrap());
    });
}

#[test]
fn a_table_that_is_not_known_is_told() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let error = session.scan("ks", "nowhere").start().await.unwrap_err();
        assert!(error.to_string().contains("ks.nowhere"), "{error}");
    });
}

#[test]
fn many_keys_are_read_in_their_order() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::computed(|request| {
            let id = request.value::<i32>(0);
            let rows = Rows::new([("v", ColumnType::Int)]);
            let rows = if id % 3 == 0 { rows } else { rows.row((id * 10,)) };
            Reply::rows(rows).after(ms(u64::try_from(id % 7).unwrap()))
        })));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let rows: Vec<Option<(i32,)>> = session.get_many(&select, (0..500).map(|id| (id,))).await.unwrap();
        let expected: Vec<Option<(i32,)>> = (0..500).map(|id| (id % 3 != 0).then_some((id * 10,))).collect();
        assert_eq!(rows, expected);
        let none: Vec<Option<(i32,)>> = session.get_many(&select, Vec::<(i32,)>::new()).await.unwrap();
        assert!(none.is_empty());
        sim.prime(Prime::query(SELECT).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        session.get_many::<(i32,), _>(&select, [(1,), (2,)]).await.unwrap_err();
    });
}

#[test]
fn items_are_grouped_by_the_nodes_that_have_them() {
    simulate(async {
        let sim = nodes(4).tokens_per_node(4).simple_keyspace("ks", 2).start().await.unwrap();
        let session = session(&sim).await;
        let insert = session.prepare(INSERT).await.unwrap();
        let groups = session.group_by_replica(&insert, 0..1000, |id| (*id, 0)).unwrap();
        assert!(groups.len() > 1);
        assert_eq!(groups.iter().map(|group| group.items.len()).sum::<usize>(), 1000);
        for group in &groups {
            assert_eq!(group.replicas.len(), 2);
            for id in &group.items {
                let token = session.token(&insert, &(*id, 0)).unwrap().unwrap();
                assert_eq!(token, token_of(*id));
                assert_eq!(session.replicas("ks", &token), group.replicas);
            }
        }
    });
}

// J58: a paging state of another statement, or of other values, is refused before anything is sent.
#[test]
fn j58_a_paging_state_is_of_use_to_its_statement_alone() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let page = |value: i32| Rows::new([("v", ColumnType::Int)]).row((value,));
        sim.prime(Prime::query(SELECT).reply(Reply::pages((0..3).map(page))));
        let first = session.pages(&select, (7,)).unwrap().next().await.unwrap().unwrap();
        let by_execute = session.execute(&select, (7,)).await.unwrap();
        assert_eq!(first.paging_state(), by_execute.paging_state());
        let kept = first.paging_state().unwrap().to_bytes();
        let state = PagingState::from_bytes(&kept).unwrap();
        sim.log().clear();
        let other = session.prepare("SELECT v FROM ks.t WHERE id = ? LIMIT 5").await.unwrap();
        for (statement, value) in [(&select, 8), (&other, 7)] {
            let mut pages = session.pages(statement, (value,)).unwrap().starting_at(state.clone());
            let error = pages.next().await.unwrap_err();
            assert!(error.to_string().contains("another statement, or of other values"), "{error}");
            assert!(!error.was_sent());
        }
        assert_eq!(sim.log().opcode(Opcode::EXECUTE).len(), 0);
        let mut pages = session.pages(&select, (7,)).unwrap().starting_at(state);
        let mut values = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            values.extend(page.rows::<(i32,)>().unwrap().map(|row| row.unwrap().0));
        }
        assert_eq!(values, [1, 2]);
    });
}

/// A session and an insert into `ks.wide`, of which the session has no metadata.
async fn with_mutator(count: usize) -> (SimCluster, Session, PreparedStatement) {
    let wide = Table::new("ks", "wide").partition_key("id", ColumnType::Int).clustering("c", ColumnType::Int);
    let sim = nodes(count).table(wide.column("v", ColumnType::Int)).start().await.unwrap();
    let session = session(&sim).await;
    let insert = session.prepare("INSERT INTO ks.wide (id, c, v) VALUES (?, ?, ?)").await.unwrap();
    (sim, session, insert)
}

/// How many statements each batch had, and its timestamp.
fn batches(sim: &SimCluster) -> Vec<(usize, i64)> {
    let requests = sim.log().opcode(Opcode::BATCH);
    // Those that a node does not know yet are refused, and come again.
    let known = requests.iter().filter(|request| request.texts().count() > 0);
    known.map(|request| (request.texts().count(), request.timestamp().unwrap())).collect()
}

#[test]
fn a_mutator_sends_when_enough_has_gathered_and_at_the_end() {
    simulate(async {
        let (sim, session, insert) = with_mutator(3).await;
        let mut mutator = session.mutator().queue_size(10).build();
        for n in 0..25 {
            mutator.push(&insert, (n, 0, n)).await.unwrap();
            assert!(mutator.queued() < 10);
        }
        assert_eq!(batches(&sim).iter().map(|batch| batch.0).sum::<usize>(), 20);
        mutator.flush().await.unwrap();
        assert_eq!(batches(&sim).len(), 25, "each partition has a batch of its own");
        mutator.push(&insert, (99, 0, 0)).await.unwrap();
        mutator.close().await.unwrap();
        assert_eq!(batches(&sim).len(), 26);
    });
}

// Where the schema is not known, no two writes to a partition's table go in one batch: they might be to one row.
#[test]
fn of_two_writes_to_one_row_the_later_one_wins() {
    simulate(async {
        let (sim, session, insert) = with_mutator(1).await;
        let mut mutator = session.mutator().build();
        for n in 0..5 {
            mutator.push(&insert, (1, 1, n)).await.unwrap();
        }
        mutator.close().await.unwrap();
        let sent = sim.log().opcode(Opcode::BATCH);
        let mut by_time = BTreeMap::new();
        for request in sent.iter() {
            assert_eq!(request.texts().count(), 1);
            let Ok(Request::Batch(batch)) = request.message() else { panic!("{request:?}") };
            let value = batch.statements[0].values.iter().nth(2).unwrap().unwrap().1;
            let BoundValue::Set(value) = value else { panic!("{value:?}") };
            by_time.insert(request.timestamp().unwrap(), value.to_vec());
        }
        assert_eq!(by_time.len(), 5, "each has a time of its own");
        let values: Vec<Vec<u8>> = by_time.into_values().collect();
        assert_eq!(values, (0..5_i32).map(|n| n.to_be_bytes().to_vec()).collect::<Vec<_>>());
    });
}

#[test]
fn writes_that_fail_are_given_back() {
    simulate(async {
        let (sim, session, insert) = with_mutator(1).await;
        let invalid = Reply::error_code(ErrorCode::INVALID, "no");
        sim.prime(Prime::opcode(Opcode::BATCH).times(3, invalid));
        let mut mutator = session.mutator().queue_size(10).concurrency(1).build();
        let mut errors = 0;
        for n in 0..10 {
            errors += usize::from(mutator.push(&insert, (n, 0, n)).await.is_err());
        }
        assert_eq!(errors, 1);
        let failed = mutator.take_failed();
        assert_eq!(failed.len(), 3);
        for failed in failed {
            assert_eq!(failed.error.server_error().unwrap().code, ErrorCode::INVALID);
            assert_eq!(failed.mutation.statement().text(), insert.text());
            assert!(!format!("{failed:?}").contains("values"));
            mutator.push_again(failed.mutation).await.unwrap();
        }
        mutator.close().await.unwrap();
        assert_eq!(batches(&sim).len(), 13);
        // At the end, all of them.
        sim.prime(Prime::opcode(Opcode::BATCH).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        let mut mutator = session.mutator().build();
        for n in 0..7 {
            mutator.push(&insert, (n, 0, n)).await.unwrap();
        }
        assert_eq!(mutator.close().await.unwrap_err().len(), 7);
    });
}

// Nobody looks: no more is taken than can be given back.
#[test]
fn a_mutator_whose_failures_nobody_takes_takes_no_more() {
    simulate(async {
        let (sim, session, insert) = with_mutator(1).await;
        sim.prime(Prime::opcode(Opcode::BATCH).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        let mut mutator = session.mutator().queue_size(10).build();
        let mut refused = 0;
        for n in 0..1000 {
            refused += usize::from(mutator.push(&insert, (n, 0, n)).await.is_err());
            assert!(mutator.queued() <= 10);
        }
        assert_eq!(refused, 991);
        assert_eq!(mutator.take_failed().len(), 10);
    });
}

#[test]
fn a_flush_that_is_given_up_is_made_up_for_with_the_same_timestamps() {
    simulate(async {
        let (sim, session, insert) = with_mutator(1).await;
        sim.prime(Prime::opcode(Opcode::BATCH).reply(Reply::void().after(ms(50))));
        let mut mutator = session.mutator().concurrency(2).build();
        for n in 0..6 {
            mutator.push(&insert, (n, 0, n)).await.unwrap();
        }
        assert!(tokio::time::timeout(ms(70), mutator.flush()).await.is_err());
        assert_eq!(mutator.queued(), 6);
        mutator.close().await.unwrap();
        let mut times: BTreeMap<Vec<u8>, Vec<i64>> = BTreeMap::new();
        for request in sim.log().opcode(Opcode::BATCH).iter() {
            let body = request.body()[..request.body().len() - 11].to_vec();
            times.entry(body).or_default().push(request.timestamp().unwrap());
        }
        let all: std::collections::BTreeSet<i64> = times.values().flatten().copied().collect();
        assert_eq!(all.len(), 6, "sent again, it is the same write");
    });
}

#[test]
fn a_mutator_that_is_dropped_says_what_is_lost() {
    simulate(async {
        let (_sim, session, insert) = with_mutator(1).await;
        logged::listen();
        let mut mutator = session.mutator().build();
        mutator.push(&insert, (1, 0, 4711)).await.unwrap();
        drop(mutator);
        let logged = logged::take();
        assert!(logged.contains("dropped without being closed") && logged.contains("queued=1"), "{logged}");
        assert!(!logged.contains("4711"));
        logged::listen();
        let empty: Mutator = session.mutator().build();
        drop(empty);
        assert!(!logged::take().contains("dropped"));
    });
}

#[test]
fn what_does_not_fit_and_what_has_conditions_is_not_taken() {
    simulate(async {
        let (sim, session, insert) = with_mutator(1).await;
        let mut mutator = session.mutator().like(Batch::logged().with_consistency(Consistency::All)).build();
        assert!(matches!(mutator.push(&insert, ("x", 0, 0)).await.unwrap_err().kind(), ErrorKind::Bind(_)));
        let conditional =
            session.prepare("INSERT INTO ks.wide (id, c, v) VALUES (?, ?, ?) IF NOT EXISTS").await.unwrap();
        let error = mutator.push(&conditional, (1, 2, 3)).await.unwrap_err();
        assert!(error.to_string().contains("conditional"), "{error}");
        assert_eq!(mutator.queued(), 0);
        mutator.push(&insert, (1, 2, 3)).await.unwrap();
        mutator.close().await.unwrap();
        let sent = sim.log().opcode(Opcode::BATCH);
        assert_eq!(sent[0].consistency(), Some(Consistency::All));
    });
}
