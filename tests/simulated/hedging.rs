//! Nodes that go silent with requests in flight: what may be repeated is sent to another node as well.

use crate::support::{InOrder, SELECT, driver, echo, ms, nodes, one, session, session_of, simulate};
use cql_driver::policy::NeverRetry;
use cql_driver::{Error, ExecutionProfile, PreparedStatement, QueryResult, Session};
use cql_testkit::{ErrorCode, Prime, Reply, SimCluster};
use std::time::Duration;
use tokio::time::Instant;

/// An idempotent statement that all nodes know.
async fn known(session: &Session, sim: &SimCluster) -> PreparedStatement {
    let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(60_000));
    for node in sim.nodes() {
        session.execute(&select.clone().with_node(node.host_id()), (0,)).await.unwrap();
    }
    select.with_idempotent(true)
}

async fn timed(session: &Session, select: &PreparedStatement) -> (Result<QueryResult, Error>, Duration) {
    let began = Instant::now();
    let result = session.execute(select, (7,)).await;
    (result, began.elapsed())
}

/// Two nodes, of which the first says nothing from now on; what was asked of it has been.
async fn silent_first() -> (SimCluster, Session, PreparedStatement) {
    let sim = nodes(2).start().await.unwrap();
    sim.prime(echo());
    let session = session(&sim).await;
    let select = known(&session, &sim).await;
    sim.node(0).pause_reading();
    (sim, session, select)
}

#[test]
fn what_may_be_repeated_waits_two_seconds_for_a_silent_node_and_not_until_it_is_dead() {
    simulate(async {
        let (sim, session, select) = silent_first().await;
        let mut slowest = Duration::ZERO;
        let mut hedged = 0;
        // At random the first node is asked, until it is avoided.
        let calls = (0..40).map(|_| timed(&session, &select));
        for (result, took) in futures::future::join_all(calls).await {
            let result = result.unwrap();
            assert_eq!(result.coordinator(), sim.node(1).address());
            hedged += usize::from(result.executions() == 2 && result.winner() == 1);
            slowest = slowest.max(took);
        }
        assert!(hedged > 5, "{hedged}");
        assert!((ms(2000)..ms(2100)).contains(&slowest), "{slowest:?}");
        assert_eq!(session.metrics().speculative_executions, hedged as u64);
    });
}

#[test]
fn what_must_not_be_repeated_is_not() {
    simulate(async {
        let (sim, session, select) = silent_first().await;
        let select = select.with_idempotent(false);
        sim.log().clear();
        let calls = (0..40).map(|_| timed(&session, &select));
        let outcomes = futures::future::join_all(calls).await;
        let failed = outcomes.iter().filter(|(result, _)| result.is_err()).count();
        assert!(failed > 5, "{failed}");
        sim.node(0).resume_reading();
        tokio::time::sleep(ms(100)).await;
        assert_eq!(sim.log().executes(SELECT).per_node()[1], 40 - failed, "none came twice");
    });
}

// The node was only slow: its answer counts as well as any.
#[test]
fn the_silent_nodes_answer_counts_if_it_comes_first() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = known(&session, &sim).await;
        sim.node(1).prime(Prime::query(SELECT).reply(one(1).after(ms(10_000))));
        sim.node(0).pause_reading();
        let call = {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move {
                let pinned_first = (0..8).map(|_| timed(&session, &select));
                futures::future::join_all(pinned_first).await
            })
        };
        tokio::time::sleep(ms(3000)).await;
        sim.node(0).resume_reading();
        let outcomes = call.await.unwrap();
        let by_first = outcomes
            .iter()
            .filter(|(result, _)| result.as_ref().unwrap().coordinator() == sim.node(0).address());
        assert!(by_first.clone().count() > 0);
        assert!(by_first.clone().all(|(_, took)| (ms(2990)..ms(3100)).contains(took)));
    });
}

// Nobody else is there: the request waits for its own node, as if nothing had happened.
#[test]
fn with_one_node_a_pause_fails_nothing() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = known(&session, &sim).await;
        sim.log().clear();
        sim.node(0).pause_reading();
        let call = {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move { timed(&session, &select).await })
        };
        tokio::time::sleep(ms(4500)).await;
        sim.node(0).resume_reading();
        let (result, took) = call.await.unwrap();
        assert_eq!(result.unwrap().single_row::<(i32,)>().unwrap(), (7,));
        assert!(took < ms(4600), "{took:?}");
        sim.log().executes(SELECT).assert_count(1);
    });
}

// Silent one after the other: each costs two seconds, and a node that is pinned is waited for.
#[test]
fn each_silent_node_costs_two_seconds() {
    simulate(async {
        let sim = nodes(4).start().await.unwrap();
        sim.prime(echo());
        let never = ExecutionProfile::builder().retry(NeverRetry).build().unwrap();
        let session = session_of(driver(&sim).profile("never", never)).await;
        let select = known(&session, &sim).await;
        for node in 0..3 {
            sim.node(node).pause_reading();
        }
        for select in [select.clone(), select.clone().with_profile("never")] {
            let (result, took) = timed(&session, &select).await;
            assert_eq!(result.unwrap().coordinator(), sim.node(3).address());
            assert!(took < ms(6200), "{took:?}");
        }
        let pinned = select.with_node(sim.node(0).host_id());
        sim.node(3).pause_reading();
        let (result, _) = timed(&session, &pinned).await;
        result.unwrap_err();
    });
}

#[test]
fn hedged_requests_leave_nothing_behind() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = known(&session, &sim).await;
        for round in 0..20 {
            sim.node(round % 3).pause_reading();
            let calls = (0..60).map(|_| timed(&session, &select));
            for (result, took) in futures::future::join_all(calls).await {
                assert_eq!(result.unwrap().single_row::<(i32,)>().unwrap(), (7,));
                assert!(took < ms(2100), "{took:?}");
            }
            sim.node(round % 3).resume_reading();
            tokio::time::sleep(ms(8000)).await;
            // A node that has come to itself is trusted again.
            sim.log().clear();
            let calls = (0..60).map(|_| timed(&session, &select));
            assert!(futures::future::join_all(calls).await.iter().all(|(result, _)| result.is_ok()));
            sim.log().executes(SELECT).assert_count(60);
        }
        let left = session.node_statuses();
        assert!(
            left.iter().flat_map(|status| &status.connections).all(|open| open.in_flight == 0),
            "{left:?}"
        );
        session.close().await;
    });
}

// A coordinator that waits for the silent node as well is not the last that is asked.
#[test]
fn when_the_silent_node_is_given_up_a_third_is_asked() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let session = session(&sim).await;
        let select = known(&session, &sim).await.with_timeout(ms(10_000));
        // Two of them: the third answers.
        sim.node(0).pause_reading();
        sim.node(1).prime(Prime::query(SELECT).reply(one(7).after(ms(60_000))));
        let calls = (0..30).map(|_| timed(&session, &select));
        for (result, took) in futures::future::join_all(calls).await {
            match result {
                Ok(result) => assert_eq!(result.coordinator(), sim.node(2).address()),
                // Sent to the slow one at first, which is no silence.
                Err(error) => {
                    assert!(error.is_timeout() && error.node() == Some(sim.node(1).address()), "{error}")
                }
            }
            assert!(took < ms(6200) || took >= ms(10_000), "{took:?}");
        }
    });
}

// What was tried before the node went silent is told as well.
#[test]
fn the_result_tells_all_attempts() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let in_order = ExecutionProfile::builder().load_balancing(InOrder).build().unwrap();
        let session = session_of(driver(&sim).profile("in_order", in_order)).await;
        let select = known(&session, &sim).await.with_profile("in_order");
        sim.node(0).prime(Prime::query(SELECT).reply(Reply::error_code(ErrorCode::OVERLOADED, "busy")));
        sim.node(1).pause_reading();
        let (result, took) = timed(&session, &select).await;
        let result = result.unwrap();
        assert_eq!(result.coordinator(), sim.node(2).address());
        assert!((ms(2000)..ms(2100)).contains(&took), "{took:?}");
        let tried: Vec<_> = result.attempts().iter().map(|attempt| attempt.node).collect();
        assert_eq!(tried, [sim.node(0).address()]);
    });
}
