//! Requests that are sent to a second node before the first has answered.

use crate::support::{InOrder, driver, ms, nodes, one, session, session_of, settle, simulate};
use cql_driver::error::{AttemptCause, ErrorKind};
use cql_driver::policy::{ConstantSpeculation, LoadBalancingPolicy, PercentileSpeculation, PlanRequest};
use cql_driver::topology::NodeIndex;
use cql_driver::{Error, ExecutionProfile, QueryResult, Session, Statement};
use cql_testkit::{ErrorCode, Prime, Reply, SimCluster};
use std::time::Duration;
use tokio::time::Instant;

const READ: &str = "SELECT v FROM ks.t WHERE id = 1";
/// How long a node takes to answer; the delay of the tests that have none of their own.
const DELAY: Duration = ms(100);

/// Three nodes in a fixed order, each with its answer, and a session that begins `further` executions.
async fn cluster(answers: [Reply; 3], delay: Duration, further: u32) -> (SimCluster, Session) {
    let sim = nodes(3).start().await.unwrap();
    for (node, answer) in sim.nodes().iter().zip(answers) {
        node.prime(Prime::query(READ).reply(answer));
    }
    let profile = ExecutionProfile::builder()
        .load_balancing(InOrder)
        .speculation(ConstantSpeculation::new(delay, further))
        .build()
        .unwrap();
    let session = session_of(driver(&sim).default_profile(profile)).await;
    (sim, session)
}

async fn read(session: &Session) -> Result<QueryResult, Error> {
    session.execute(Statement::new(READ).with_idempotent(true), ()).await
}

fn value(result: &QueryResult) -> i32 {
    result.single_row::<(i32,)>().unwrap().0
}

fn after(value: i32, delays: u32) -> Reply {
    one(value).after(DELAY * delays)
}

fn bootstrapping(delays: u32) -> Reply {
    Reply::error_code(ErrorCode::IS_BOOTSTRAPPING, "not yet").after(DELAY * delays)
}

// P19: no more executions than nodes, or than the policy says, and only of what is idempotent.
#[test]
fn p19_an_idempotent_request_goes_to_so_many_nodes() {
    for (further, idempotent, expected) in [(10, true, 3), (1, true, 2), (0, true, 1), (10, false, 1)] {
        simulate(async move {
            let slow = || one(1).after(ms(10_000));
            let (sim, session) = cluster([slow(), slow(), slow()], ms(500), further).await;
            let statement = Statement::new(READ).with_idempotent(idempotent).with_timeout(ms(30_000));
            let result = session.execute(statement, ()).await.unwrap();
            assert_eq!(value(&result), 1);
            assert_eq!(sim.log().queries(READ).nodes(), (0..expected).collect::<Vec<_>>());
        });
    }
}

// P19: with the built-in order, too, no two executions go to one node.
#[test]
fn p19_each_execution_has_a_node_of_its_own() {
    for _ in 0..20 {
        simulate(async {
            let sim = nodes(3).start().await.unwrap();
            sim.prime(Prime::query(READ).reply(one(1).after(ms(5000))));
            let speculation = ConstantSpeculation::new(ms(10), 5);
            let profile = ExecutionProfile::builder().speculation(speculation).build().unwrap();
            let session = session_of(driver(&sim).default_profile(profile)).await;
            read(&session).await.unwrap();
            assert_eq!(sim.log().queries(READ).per_node(), [1, 1, 1]);
        });
    }
}

// P19: the timeout is that of the whole call, however many executions there are.
#[test]
fn p19_the_timeout_is_for_all_executions_together() {
    simulate(async {
        let slow = || one(1).after(ms(10_000));
        let (sim, session) = cluster([slow(), slow(), slow()], ms(200), 10).await;
        let began = Instant::now();
        let statement = Statement::new(READ).with_idempotent(true).with_timeout(ms(500));
        let error = session.execute(statement, ()).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!((ms(500)..ms(540)).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1, 2]);
    });
}

// P19: a policy's plan may name a node more than once.
#[test]
fn p19_a_plan_that_repeats_its_nodes_is_followed() {
    #[derive(Debug)]
    struct Repeating;
    impl LoadBalancingPolicy for Repeating {
        fn plan(&self, request: &PlanRequest<'_>, plan: &mut Vec<NodeIndex>) {
            for _ in 0..5 {
                InOrder.plan(request, plan);
            }
        }
    }
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1).after(ms(10_000))));
        let profile = ExecutionProfile::builder()
            .load_balancing(Repeating)
            .speculation(ConstantSpeculation::new(ms(1000), 6))
            .request_timeout(ms(30_000));
        let session = session_of(driver(&sim).default_profile(profile.build().unwrap())).await;
        read(&session).await.unwrap();
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1, 2, 0, 1, 2, 0]);
    });
}

// J40: the first answer wins, and the result says whose it was.
#[test]
fn j40_the_first_answer_wins() {
    simulate(async {
        // The second is late, too.
        let (sim, session) = cluster([after(10, 3), after(11, 3), after(12, 3)], DELAY, 1).await;
        let result = read(&session).await.unwrap();
        assert_eq!((value(&result), result.winner(), result.executions()), (10, 0, 2));
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1]);
    });
    simulate(async {
        let (sim, session) = cluster([after(10, 2), after(11, 2), after(12, 1)], Duration::ZERO, 3).await;
        let result = read(&session).await.unwrap();
        assert_eq!((value(&result), result.winner()), (12, 2));
        assert_eq!(result.coordinator(), sim.node(2).address());
        assert_eq!(sim.log().queries(READ).per_node(), [1, 1, 1]);
    });
}

// J41: an execution that found no node left leaves the decision to the others.
#[test]
fn j41_what_runs_is_waited_for_when_no_node_is_left() {
    simulate(async {
        let (sim, session) = cluster([after(10, 3), bootstrapping(0), bootstrapping(0)], DELAY, 2).await;
        let result = read(&session).await.unwrap();
        assert_eq!((value(&result), result.winner()), (10, 0));
        assert_eq!(sim.log().queries(READ).per_node(), [1, 1, 1]);
    });
    simulate(async {
        let all = [bootstrapping(3), bootstrapping(2), bootstrapping(1)];
        let (sim, session) = cluster(all, DELAY, 2).await;
        let error = read(&session).await.unwrap_err();
        let ErrorKind::Server(server) = error.kind() else { panic!("{error}") };
        assert_eq!(server.code, ErrorCode::IS_BOOTSTRAPPING);
        assert_eq!(error.attempts().len(), 3, "{:?}", error.attempts());
        assert_eq!(sim.log().queries(READ).per_node(), [1, 1, 1]);
    });
}

// An error that decides ends the call, whatever else runs.
#[test]
fn an_error_that_no_other_node_would_mend_ends_the_call() {
    simulate(async {
        let invalid = Reply::error_code(ErrorCode::INVALID, "no");
        let (sim, session) = cluster([after(10, 5), invalid, after(12, 1)], DELAY, 1).await;
        let error = read(&session).await.unwrap_err();
        assert_eq!(error.server_error().unwrap().code, ErrorCode::INVALID);
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1]);
    });
}

#[test]
fn the_losers_answer_reaches_nobody_and_their_ids_are_free_again() {
    simulate(async {
        let (sim, session) = cluster([after(10, 3), after(11, 0), after(12, 0)], DELAY, 1).await;
        for round in 0..2_000 {
            let result = read(&session).await.unwrap();
            assert_eq!((value(&result), result.winner()), (11, 1), "{round}");
        }
        // All of them were late, and none is kept.
        tokio::time::sleep(ms(1000)).await;
        sim.clear_primes();
        sim.prime(Prime::query(READ).reply(one(13)));
        assert_eq!(value(&read(&session).await.unwrap()), 13);
        assert_eq!(sim.log().opened(), 4, "no connection was worn out by orphans:{}", sim.log().opened());
    });
}

// A future that is dropped takes all executions with it.
#[test]
fn a_call_that_is_dropped_begins_nothing_more() {
    simulate(async {
        let (sim, session) = cluster([after(10, 50), after(11, 50), after(12, 50)], DELAY, 2).await;
        let call = tokio::time::timeout(DELAY + DELAY / 2, read(&session));
        assert!(call.await.is_err());
        tokio::time::sleep(DELAY * 20).await;
        assert_eq!(sim.log().queries(READ).nodes(), [0, 1]);
        session.close().await;
        settle().await;
        assert_eq!(sim.connection_count(), 0);
    });
}

#[test]
fn the_percentile_follows_what_requests_took() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1).after(ms(10))));
        let profile = ExecutionProfile::builder()
            .load_balancing(InOrder)
            .speculation(PercentileSpeculation::new(99.0, 1))
            .build()
            .unwrap();
        let session = session_of(driver(&sim).default_profile(profile)).await;
        for _ in 0..200 {
            read(&session).await.unwrap();
        }
        assert_eq!(sim.log().queries(READ).per_node(), [200, 0, 0], "what is usual is not hedged");
        sim.clear_primes();
        sim.node(0).prime(Prime::query(READ).reply(one(1).after(ms(5000))));
        sim.node(1).prime(Prime::query(READ).reply(one(2).after(ms(10))));
        let began = Instant::now();
        assert_eq!(value(&read(&session).await.unwrap()), 2);
        assert!(began.elapsed() < ms(40), "{:?}", began.elapsed());
    });
}

// Retries go on within each execution, and no two of them to the same node.
#[test]
fn executions_and_their_retries_share_the_nodes() {
    simulate(async {
        let overloaded = || Reply::error_code(ErrorCode::OVERLOADED, "busy").after(DELAY / 2);
        let (sim, session) = cluster([after(10, 9), overloaded(), after(12, 1)], DELAY, 2).await;
        let result = read(&session).await.unwrap();
        assert_eq!(value(&result), 12);
        assert_eq!(sim.log().queries(READ).per_node(), [1, 1, 1]);
        assert!(result.attempts().iter().any(|attempt| matches!(&attempt.cause,
            AttemptCause::Server(error) if error.code == ErrorCode::OVERLOADED)));
    });
}

// Nothing of it goes on unasked.
#[test]
fn without_a_policy_nothing_is_sent_twice() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1).after(ms(9000))));
        let session = session(&sim).await;
        read(&session).await.unwrap();
        sim.log().queries(READ).assert_count(1);
    });
}
