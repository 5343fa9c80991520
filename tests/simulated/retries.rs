//! What is sent again, and what never is.

use crate::support::{
    INSERT, SELECT, backoff, driver, ms, nodes, session, session_of, settle, simulate, simulate_seeds,
};
use cql_driver::error::{AttemptCause, ErrorKind};
use cql_driver::{Batch, Error, PreparedStatement, Session};
use cql_testkit::{
    Consistency, ErrorCode, ErrorDetails, Gate, Prime, Random, Received, Reply, SimCluster, WriteType,
};
use std::collections::BTreeMap;

async fn idempotent(session: &Session, text: &str) -> PreparedStatement {
    session.prepare(text).await.unwrap().with_idempotent(true)
}

/// How often each node that got any request got it, most often first.
fn counts(sim: &SimCluster, text: &str) -> Vec<usize> {
    let mut counts = sim.log().executes(text).per_node();
    counts.retain(|count| *count > 0);
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts
}

/// What a statement that always fails so is executed how often.
async fn attempts(reply: Reply, is_idempotent: bool) -> (Vec<usize>, Error) {
    let sim = nodes(3).start().await.unwrap();
    let session = session(&sim).await;
    let insert = session.prepare(INSERT).await.unwrap().with_idempotent(is_idempotent);
    // Every node knows it, so that nothing but attempts is counted.
    for id in 0..20 {
        session.execute(&insert, (id, 0)).await.unwrap();
    }
    sim.prime(Prime::query(INSERT).reply(reply));
    sim.log().clear();
    let error = session.execute(&insert, (1, 1)).await.unwrap_err();
    (counts(&sim, INSERT), error)
}

#[test]
fn a_read_timeout_is_tried_again_on_the_same_node_if_only_the_data_is_missing() {
    for (received, block_for, data_present, expected) in
        [(1, 3, true, vec![1]), (2, 3, false, vec![1]), (3, 3, true, vec![1]), (3, 3, false, vec![2])]
    {
        simulate(async move {
            let consistency = Consistency::LocalQuorum;
            let details = ErrorDetails::ReadTimeout { consistency, received, block_for, data_present };
            let (counts, error) = attempts(Reply::error_details(details.clone()), false).await;
            assert_eq!(counts, expected, "{details:?}");
            assert_eq!(error.server_error().unwrap().details, details);
            assert_eq!(error.attempts().len(), expected[0]);
        });
    }
}

#[test]
fn a_write_timeout_is_tried_again_if_the_batch_log_was_not_written() {
    let all = [
        WriteType::SIMPLE,
        WriteType::BATCH,
        WriteType::UNLOGGED_BATCH,
        WriteType::COUNTER,
        WriteType::BATCH_LOG,
        WriteType::CAS,
        WriteType::VIEW,
        WriteType::CDC,
    ];
    for write_type in all {
        for is_idempotent in [true, false] {
            let write_type = write_type.clone();
            simulate(async move {
                let again = write_type == WriteType::BATCH_LOG && is_idempotent;
                let contentions = (write_type == WriteType::CAS).then_some(1);
                let details = ErrorDetails::WriteTimeout {
                    consistency: Consistency::Quorum,
                    received: 1,
                    block_for: 3,
                    write_type,
                    contentions,
                };
                let (counts, _) = attempts(Reply::error_details(details.clone()), is_idempotent).await;
                assert_eq!(counts, if again { vec![2] } else { vec![1] }, "{details:?}");
            });
        }
    }
}

#[test]
fn unavailable_is_tried_on_one_other_node() {
    for is_idempotent in [true, false] {
        simulate(async move {
            let details =
                ErrorDetails::Unavailable { consistency: Consistency::LocalQuorum, required: 3, alive: 0 };
            let (counts, error) = attempts(Reply::error_details(details), is_idempotent).await;
            assert_eq!(counts, [1, 1]);
            assert_eq!(error.server_error().unwrap().code, ErrorCode::UNAVAILABLE);
        });
    }
}

#[test]
fn a_node_in_trouble_leads_to_the_next_one_if_that_does_no_harm() {
    use ErrorCode as Code;
    for (code, if_not, if_idempotent) in [
        (Code::IS_BOOTSTRAPPING, 3, 3),
        (Code::OVERLOADED, 1, 3),
        (Code::SERVER_ERROR, 1, 3),
        (Code::TRUNCATE_ERROR, 1, 3),
        (Code::SYNTAX_ERROR, 1, 1),
        (Code::UNAUTHORIZED, 1, 1),
        (Code::INVALID, 1, 1),
        (Code::CONFIG_ERROR, 1, 1),
        (Code::PROTOCOL_ERROR, 1, 1),
        (Code::CDC_WRITE_FAILURE, 1, 1),
        (Code::from_code(0x7777), 1, 1),
    ] {
        for (is_idempotent, expected) in [(false, if_not), (true, if_idempotent)] {
            simulate(async move {
                let (counts, error) = attempts(Reply::error_code(code, "primed"), is_idempotent).await;
                assert_eq!(counts, vec![1; expected], "{code:?}");
                assert_eq!(error.server_error().unwrap().code, code);
                assert_eq!(error.attempts().len(), expected, "each attempt is told");
                assert!(error.attempts().iter().all(|attempt| {
                    matches!(&attempt.cause, AttemptCause::Server(error) if error.code == code)
                }));
            });
        }
    }
}

#[test]
fn what_was_sent_on_a_lost_connection_is_sent_again_only_if_idempotent() {
    for lost in [Reply::close(), Reply::reset(), Reply::half_close()] {
        for is_idempotent in [false, true] {
            let lost = lost.clone();
            simulate(async move {
                let sim = nodes(3).start().await.unwrap();
                let session = session(&sim).await;
                let insert = session.prepare(INSERT).await.unwrap().with_idempotent(is_idempotent);
                for id in 0..20 {
                    session.execute(&insert, (id, 0)).await.unwrap();
                }
                sim.log().clear();
                sim.prime(Prime::query(INSERT).once(lost.clone()));
                let result = session.execute(&insert, (1, 1)).await;
                assert_eq!(sim.log().executes(INSERT).len(), 1 + usize::from(is_idempotent), "{lost:?}");
                match result {
                    Ok(_) => assert!(is_idempotent),
                    Err(error) => {
                        assert!(!is_idempotent);
                        assert!(matches!(error.kind(), ErrorKind::Connection(_)), "{error}");
                        assert!(error.was_sent());
                    }
                }
            });
        }
    }
}

#[test]
fn a_timeout_is_never_tried_again() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = idempotent(&session, SELECT).await.with_timeout(ms(500));
        sim.nodes().iter().for_each(|node| drop(node.prime(Prime::query(SELECT).reply(Reply::nothing()))));
        let began = tokio::time::Instant::now();
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(error.is_timeout() && error.was_sent());
        assert!((ms(500)..ms(530)).contains(&began.elapsed()), "{:?}", began.elapsed());
        sim.log().executes(SELECT).assert_count(1);
    });
}

#[test]
fn the_timeout_is_for_all_attempts_together() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let select = idempotent(&session, SELECT).await.with_timeout(ms(1000));
        for id in 0..20 {
            let _ = session.execute(&select, (id,)).await;
        }
        sim.prime(Prime::query(SELECT).reply(Reply::error_code(ErrorCode::OVERLOADED, "").after(ms(400))));
        let began = tokio::time::Instant::now();
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!((ms(1000)..ms(1050)).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(error.attempts().len(), 3);
    });
}

#[test]
fn what_never_left_goes_to_another_node_idempotent_or_not() {
    simulate(async {
        let sim = nodes(2).socket_buffer(2048).start().await.unwrap();
        let session = session(&sim).await;
        let insert = session.prepare(INSERT).await.unwrap();
        for id in -20..0 {
            session.execute(&insert, (id, 0)).await.unwrap();
        }
        sim.log().clear();
        sim.node(0).pause_reading();
        // Answers of the other node wait too: both look equally busy and get equally many.
        let gate = Gate::new();
        sim.node(1).prime(Prime::query(INSERT).reply(Reply::void().when(&gate)));
        let spawn = |ids: std::ops::Range<i32>| -> Vec<_> {
            let execute = |id| {
                let (session, insert) = (session.clone(), insert.clone());
                tokio::spawn(async move { session.execute(&insert, (id, 0)).await })
            };
            ids.map(execute).collect()
        };
        // More than fits: the rest of it is on its way.
        let first = spawn(0..200);
        settle().await;
        let second = spawn(200..300);
        settle().await;
        sim.node(0).reset_connections();
        gate.open();
        let mut lost = 0;
        for task in first {
            if let Err(error) = task.await.unwrap() {
                assert!(matches!(error.kind(), ErrorKind::Connection(_)) && error.was_sent(), "{error}");
                lost += 1;
            }
        }
        assert!(lost > 10, "{lost} were on their way");
        for task in second {
            task.await.unwrap().unwrap();
        }
        assert_at_most_once(&sim);
    });
}

/// No value of the first marker came twice.
fn assert_at_most_once(sim: &SimCluster) {
    let mut seen: BTreeMap<i32, Received> = BTreeMap::new();
    for request in sim.log().statements(INSERT).iter() {
        if let Some(earlier) = seen.insert(request.value::<i32>(0), request.clone()) {
            panic!("sent twice: {earlier}, then {request}");
        }
    }
}

#[test]
fn no_request_that_is_not_idempotent_comes_twice_whatever_happens() {
    simulate_seeds(12, |seed| async move {
        let sim = nodes(3).seed(seed).start().await.unwrap();
        let builder = driver(&sim).reconnection(backoff(ms(5), ms(20))).max_requests_per_connection(32);
        let session = session_of(builder).await;
        let insert = session.prepare(INSERT).await.unwrap();
        for id in -20..0 {
            session.execute(&insert, (id, 0)).await.unwrap();
        }
        let trouble = Reply::computed(move |request| {
            let mut random = Random::new(seed ^ (request.value::<i32>(0) as u64) << 8);
            match random.below(12) {
                0 => Reply::close(),
                1 => Reply::reset(),
                2 => Reply::nothing(),
                3 => Reply::error_code(ErrorCode::OVERLOADED, ""),
                4 => Reply::error_code(ErrorCode::SERVER_ERROR, ""),
                5 => Reply::body(cql_testkit::Opcode::RESULT, vec![1, 2, 3]),
                6 => Reply::void().with_fault(cql_testkit::Fault::PayloadChecksum),
                _ => Reply::void().after(ms(random.below(60) as u64)),
            }
        });
        sim.prime(Prime::query(INSERT).reply(trouble));
        let mut tasks = tokio::task::JoinSet::new();
        for id in 0..300 {
            let (session, insert) = (session.clone(), insert.clone().with_timeout(ms(200)));
            tasks.spawn(async move {
                tokio::time::sleep(ms(id as u64 % 97)).await;
                if id % 7 == 0 {
                    let mut batch = Batch::unlogged().with_timeout(ms(200));
                    batch.add(&insert, (id, 0)).unwrap();
                    drop(session.batch(&batch).await);
                } else {
                    drop(session.execute(&insert, (id, 0)).await);
                }
            });
        }
        let bulk = insert.clone().with_timeout(ms(200));
        let ids = (1000..1200).map(|id| (id, 0));
        drop(session.execute_concurrent(&bulk, ids).concurrency(50).collect().await);
        while let Some(task) = tasks.join_next().await {
            task.unwrap();
        }
        assert_at_most_once(&sim);
        assert!(sim.log().statements(INSERT).len() > 60);
        session.close().await;
    });
}

#[test]
fn one_timestamp_serves_all_attempts() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        let insert = idempotent(&session, INSERT).await;
        sim.prime(Prime::query(INSERT).times(2, Reply::error_code(ErrorCode::OVERLOADED, "")));
        session.execute(&insert, (1, 1)).await.unwrap();
        let executed = sim.log().executes(INSERT);
        executed.assert_count(3);
        let first = executed[0].timestamp();
        assert!(first.is_some() && executed.iter().all(|request| request.timestamp() == first));
    });
}
