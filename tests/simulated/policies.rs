//! Retry policies other than the default one, and what none of them can do.

use crate::support::{INSERT, InOrder, driver, nodes, session_of, simulate};
use cql_driver::error::{AttemptCause, ErrorKind};
use cql_driver::policy::{DowngradingRetry, FailedAttempt, NeverRetry, RetryDecision, RetryPolicy};
use cql_driver::{Consistency, ExecutionProfile, Session, Statement};
use cql_testkit::{ErrorCode, ErrorDetails, Prime, Reply, SimCluster, WriteType};

const READ: &str = "SELECT v FROM ks.t WHERE id = 1";
const WRITE: &str = "INSERT INTO ks.t (id, v) VALUES (1, 1)";
const CONDITIONAL: &str = "INSERT INTO ks.t (id, v) VALUES (1, 1) IF NOT EXISTS";

/// Three nodes that are tried in order, and a session that asks `policy`.
async fn cluster(policy: impl RetryPolicy) -> (SimCluster, Session) {
    let sim = nodes(3).start().await.unwrap();
    let profile = ExecutionProfile::builder()
        .load_balancing(InOrder)
        .retry(policy)
        .consistency(Consistency::Quorum)
        .build()
        .unwrap();
    let session = session_of(driver(&sim).default_profile(profile)).await;
    (sim, session)
}

fn unavailable(required: i32, alive: i32) -> Reply {
    Reply::error_details(ErrorDetails::Unavailable { consistency: Consistency::Quorum, required, alive })
}

fn read_timeout(received: i32, block_for: i32) -> Reply {
    Reply::error_details(ErrorDetails::ReadTimeout {
        consistency: Consistency::Quorum,
        received,
        block_for,
        data_present: true,
    })
}

/// Nodes and levels of what was sent.
fn sent(sim: &SimCluster, text: &str) -> Vec<(usize, Consistency)> {
    let queries = sim.log().queries(text);
    queries.iter().map(|query| (query.node(), query.consistency().unwrap())).collect()
}

/// First the same node again, then the next.
#[derive(Debug)]
struct SameThenNext;

impl RetryPolicy for SameThenNext {
    fn decide(&self, failed: &FailedAttempt<'_>) -> RetryDecision {
        match failed.before.len() {
            0 | 2 => RetryDecision::SameNode,
            1 => RetryDecision::NextNode,
            _ => RetryDecision::Fail,
        }
    }
}

// J38: each attempt is told, in order.
#[test]
fn j38_the_error_tells_every_attempt_in_order() {
    simulate(async {
        let (sim, session) = cluster(SameThenNext).await;
        sim.prime(Prime::query(READ).reply(Reply::error_code(ErrorCode::OVERLOADED, "busy")));
        let error = session.execute(Statement::new(READ).with_idempotent(true), ()).await.unwrap_err();
        assert_eq!(sim.log().queries(READ).nodes(), [0, 0, 1, 1]);
        let nodes: Vec<_> = error.attempts().iter().map(|attempt| attempt.node).collect();
        let (first, second) = (sim.node(0).address(), sim.node(1).address());
        assert_eq!(nodes, [first, first, second, second]);
        assert!(error.attempts().iter().all(|attempt| attempt.sent
            && matches!(&attempt.cause, AttemptCause::Server(error) if error.code == ErrorCode::OVERLOADED)));
    });
}

// J37: a lower level, once, where as many replicas are there; the result tells the level.
#[test]
fn j37_downgrading_asks_for_what_is_there() {
    let write_timeout = |write_type| {
        Reply::error_details(ErrorDetails::WriteTimeout {
            consistency: Consistency::Quorum,
            received: 1,
            block_for: 2,
            write_type,
            contentions: None,
        })
    };
    for (text, failure, level) in [
        (READ, read_timeout(1, 2), Some(Consistency::One)),
        (READ, unavailable(2, 1), Some(Consistency::One)),
        (READ, unavailable(3, 2), Some(Consistency::Two)),
        (READ, unavailable(5, 4), Some(Consistency::Three)),
        (READ, unavailable(2, 0), None),
        (WRITE, unavailable(2, 1), Some(Consistency::One)),
        (WRITE, write_timeout(WriteType::UNLOGGED_BATCH), Some(Consistency::One)),
        (WRITE, write_timeout(WriteType::SIMPLE), None),
        (WRITE, write_timeout(WriteType::COUNTER), None),
    ] {
        simulate(async move {
            let (sim, session) = cluster(DowngradingRetry).await;
            sim.prime(Prime::query(text).once(failure.clone()).reply(Reply::void()));
            let result = session.execute(Statement::new(text).with_idempotent(true), ()).await;
            let mut expected = vec![(0, Consistency::Quorum)];
            expected.extend(level.map(|level| (0, level)));
            assert_eq!(sent(&sim, text), expected, "{failure:?}");
            match result {
                Ok(result) => {
                    assert_eq!(result.downgraded_to(), level);
                    assert_eq!(result.attempts().len(), 1);
                }
                Err(error) => assert!(level.is_none(), "{error}"),
            }
        });
    }
}

// J37: only once, and then the error.
#[test]
fn j37_a_level_is_lowered_once() {
    simulate(async {
        let (sim, session) = cluster(DowngradingRetry).await;
        sim.prime(Prime::query(READ).reply(unavailable(2, 1)));
        let error = session.execute(Statement::new(READ), ()).await.unwrap_err();
        assert_eq!(sent(&sim, READ), [(0, Consistency::Quorum), (0, Consistency::One)]);
        assert_eq!(error.server_error().unwrap().code, ErrorCode::UNAVAILABLE);
    });
}

// J37: what a condition was judged by is never weakened.
#[test]
fn j37_a_condition_keeps_its_level() {
    simulate(async {
        let (sim, session) = cluster(DowngradingRetry).await;
        sim.prime(Prime::query(CONDITIONAL).once(unavailable(2, 1)).reply(Reply::applied()));
        let result = session.execute(CONDITIONAL, ()).await.unwrap();
        assert_eq!(sent(&sim, CONDITIONAL), [(0, Consistency::Quorum), (1, Consistency::Quorum)]);
        assert_eq!(result.downgraded_to(), None);
    });
}

#[test]
fn never_means_never() {
    for failure in [unavailable(2, 1), read_timeout(2, 2), Reply::error_code(ErrorCode::OVERLOADED, "")] {
        simulate(async move {
            let (sim, session) = cluster(NeverRetry).await;
            sim.prime(Prime::query(READ).reply(failure));
            session.execute(Statement::new(READ).with_idempotent(true), ()).await.unwrap_err();
            sim.log().queries(READ).assert_count(1);
        });
    }
}

/// Wants everything again, whatever it was.
#[derive(Debug)]
struct Reckless;

impl RetryPolicy for Reckless {
    fn decide(&self, _: &FailedAttempt<'_>) -> RetryDecision {
        RetryDecision::NextNode
    }
}

// Promise 2 is the driver's, not the policy's.
#[test]
fn no_policy_can_have_a_write_sent_twice_that_must_not_be() {
    let failures = [
        Reply::error_code(ErrorCode::OVERLOADED, "busy"),
        Reply::error_code(ErrorCode::SERVER_ERROR, "bad"),
        Reply::close(),
        Reply::error_details(ErrorDetails::WriteTimeout {
            consistency: Consistency::Quorum,
            received: 0,
            block_for: 2,
            write_type: WriteType::SIMPLE,
            contentions: None,
        }),
    ];
    for failure in failures {
        for idempotent in [false, true] {
            let failure = failure.clone();
            simulate(async move {
                let (sim, session) = cluster(Reckless).await;
                sim.prime(Prime::query(WRITE).reply(failure.clone()));
                let write = Statement::new(WRITE).with_idempotent(idempotent);
                session.execute(write, ()).await.unwrap_err();
                sim.log().queries(WRITE).assert_count(if idempotent { 3 } else { 1 });
            });
        }
    }
}

#[test]
fn a_policy_that_never_ends_is_ended_by_the_nodes() {
    simulate(async {
        let (sim, session) = cluster(Reckless).await;
        sim.prime(Prime::query(READ).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        let error = session.execute(Statement::new(READ).with_idempotent(true), ()).await.unwrap_err();
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1, 2]);
        assert!(matches!(error.kind(), ErrorKind::Server(_)), "the last node's word counts: {error}");
    });
}

// The same node again and again would be without end: the request's time is the bound.
#[test]
fn a_policy_that_stays_is_ended_by_the_timeout() {
    #[derive(Debug)]
    struct Staying;
    impl RetryPolicy for Staying {
        fn decide(&self, _: &FailedAttempt<'_>) -> RetryDecision {
            RetryDecision::SameNode
        }
    }
    simulate(async {
        let (sim, session) = cluster(Staying).await;
        let busy = Reply::error_code(ErrorCode::OVERLOADED, "busy").after(crate::support::ms(100));
        sim.prime(Prime::query(READ).reply(busy));
        let read = Statement::new(READ).with_idempotent(true).with_timeout(crate::support::ms(1000));
        let error = session.execute(read, ()).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(sim.log().queries(READ).len() <= 11);
    });
}

// A profile's policy is for what has this profile.
#[test]
fn policies_come_with_the_profile() {
    simulate(async {
        let (sim, session) = cluster(NeverRetry).await;
        let insert = session.prepare(INSERT).await.unwrap().with_idempotent(true);
        let patient = session.default_profile().to_builder().retry(cql_driver::policy::DefaultRetry);
        session.set_profile("patient", patient.build().unwrap());
        sim.prime(Prime::query(INSERT).reply(Reply::error_code(ErrorCode::OVERLOADED, "busy")));
        session.execute(&insert, (1, 1)).await.unwrap_err();
        assert_eq!(sim.log().executes(INSERT).nodes(), [0]);
        let error = session.execute(&insert.with_profile("patient"), (1, 1)).await.unwrap_err();
        assert_eq!(error.attempts().len(), 3, "{error}");
    });
}

// Policies keep an account of the nodes that were tried: one whose connection is being replaced is none of them.
#[test]
fn a_connection_that_is_replaced_is_no_node_that_was_tried() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(Reply::void().after(crate::support::ms(20))));
        let profile = ExecutionProfile::builder().retry(NeverRetry).build().unwrap();
        let builder = driver(&sim).default_profile(profile).max_requests_per_connection(4);
        let session = session_of(builder.connections_per_node(3)).await;
        let load: Vec<_> = (0..64)
            .map(|_| {
                let session = session.clone();
                tokio::spawn(async move {
                    for _ in 0..30 {
                        session.execute(READ, ()).await.unwrap();
                    }
                })
            })
            .collect();
        for size in [1, 3, 1, 2, 1, 4, 1] {
            tokio::time::sleep(crate::support::ms(150)).await;
            session.resize_pools(size, 1);
        }
        for task in load {
            task.await.unwrap();
        }
    });
}
