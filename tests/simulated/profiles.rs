//! Settings of requests: profiles, what statements say themselves, the throttle.

use crate::support::{INSERT, SELECT, driver, ms, nodes, one, session, session_of, simulate};
use cql_driver::error::ErrorKind;
use cql_driver::policy::{ServerTimestamps, Throttle};
use cql_driver::{Batch, Consistency, ExecutionProfile, ProtocolVersion, SerialConsistency, Statement};
use cql_testkit::{Prime, Received, Reply, SimCluster};
use std::time::Duration;
use tokio::time::Instant;

const READ: &str = "SELECT v FROM ks.t WHERE id = 1";

fn last(sim: &SimCluster, text: &str) -> Received {
    sim.log().statements(text).last().unwrap().clone()
}

fn profile(consistency: Consistency) -> ExecutionProfile {
    ExecutionProfile::builder().consistency(consistency).build().unwrap()
}

#[test]
fn a_statement_comes_before_its_profile_and_that_before_the_default_one() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1)));
        let olap = profile(Consistency::All)
            .to_builder()
            .serial_consistency(SerialConsistency::LocalSerial)
            .page_size(7)
            .request_timeout(ms(700))
            .build()
            .unwrap();
        let builder = driver(&sim).default_profile(profile(Consistency::Two)).profile("olap", olap);
        let session = session_of(builder).await;
        session.execute(READ, ()).await.unwrap();
        assert_eq!(last(&sim, READ).consistency(), Some(Consistency::Two));
        session.execute(Statement::new(READ).with_profile("olap"), ()).await.unwrap();
        let sent = last(&sim, READ);
        assert_eq!((sent.consistency(), sent.page_size()), (Some(Consistency::All), Some(7)));
        let own = Statement::new(READ).with_profile("olap").with_consistency(Consistency::Three);
        session.execute(own, ()).await.unwrap();
        assert_eq!(last(&sim, READ).consistency(), Some(Consistency::Three));
        // Its time, too.
        sim.clear_primes();
        sim.prime(Prime::query(READ).reply(Reply::nothing()));
        let began = Instant::now();
        session.execute(Statement::new(READ).with_profile("olap"), ()).await.unwrap_err();
        assert!((ms(700)..ms(740)).contains(&began.elapsed()), "{:?}", began.elapsed());
    });
}

#[test]
fn prepared_statements_and_batches_have_profiles_too() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).profile("all", profile(Consistency::All))).await;
        let insert = session.prepare(INSERT).await.unwrap();
        session.execute(&insert.clone().with_profile("all"), (1, 1)).await.unwrap();
        assert_eq!(last(&sim, INSERT).consistency(), Some(Consistency::All));
        let mut batch = Batch::unlogged().with_profile("all");
        batch.add(&insert, (1, 1)).unwrap();
        session.batch(&batch).await.unwrap();
        let batches = sim.log().opcode(cql_testkit::Opcode::BATCH);
        assert_eq!(batches.last().unwrap().consistency(), Some(Consistency::All));
    });
}

#[test]
fn a_profile_that_is_replaced_counts_from_then_on() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1)));
        let session = session_of(driver(&sim).profile("p", profile(Consistency::One))).await;
        let statement = Statement::new(READ).with_profile("p");
        session.execute(&statement, ()).await.unwrap();
        assert_eq!(last(&sim, READ).consistency(), Some(Consistency::One));
        session.set_profile("p", profile(Consistency::Two));
        session.execute(&statement, ()).await.unwrap();
        assert_eq!(last(&sim, READ).consistency(), Some(Consistency::Two));
        session.set_default_profile(profile(Consistency::Three));
        session.execute(READ, ()).await.unwrap();
        assert_eq!(last(&sim, READ).consistency(), Some(Consistency::Three));
        assert!(session.profile("p").is_some());
        assert!(session.profile("q").is_none());
    });
}

#[test]
fn a_profile_that_is_not_there_is_told_and_nothing_is_sent() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let builder =
            driver(&sim).profile("a", profile(Consistency::One)).profile("b", profile(Consistency::One));
        let session = session_of(builder).await;
        let error = session.execute(Statement::new(READ).with_profile("c"), ()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::UnknownProfile { .. }), "{error}");
        assert!(error.to_string().contains("`c`") && error.to_string().contains("a, b"), "{error}");
        sim.log().statements(READ).assert_count(0);
    });
}

#[test]
fn settings_that_make_no_sense_are_refused_when_built() {
    let zero = ExecutionProfile::builder().request_timeout(Duration::ZERO).build();
    assert!(zero.unwrap_err().to_string().contains("request_timeout"));
}

#[test]
fn a_statement_may_have_a_keyspace_of_its_own() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query("SELECT v FROM t WHERE id = 1").reply(one(1)));
        let session = session(&sim).await;
        let statement = Statement::new("SELECT v FROM t WHERE id = 1").with_keyspace("ks");
        session.execute(&statement, ()).await.unwrap();
        assert_eq!(last(&sim, "SELECT v FROM t WHERE id = 1").keyspace(), Some("ks"));
    });
    // Older versions cannot, which is an error and not another keyspace's rows.
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).protocol_version(ProtocolVersion::V4)).await;
        let statement = Statement::new("SELECT v FROM t WHERE id = 1").with_keyspace("ks");
        let error = session.execute(&statement, ()).await.unwrap_err();
        assert!(error.to_string().contains("newer protocol version than v4"), "{error}");
        sim.log().statements("SELECT v FROM t WHERE id = 1").assert_count(0);
    });
}

#[test]
fn timestamps_may_be_left_to_the_server() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).timestamps(ServerTimestamps)).await;
        let insert = session.prepare(INSERT).await.unwrap();
        session.execute(&insert, (1, 1)).await.unwrap();
        assert_eq!(last(&sim, INSERT).timestamp(), None);
        session.execute(&insert.with_timestamp(5), (1, 1)).await.unwrap();
        assert_eq!(last(&sim, INSERT).timestamp(), Some(5));
    });
}

#[test]
fn no_more_calls_than_the_throttle_lets_in_and_no_more_wait_than_may() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).throttle(Throttle::concurrency(3, 5))).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(Prime::query(SELECT).reply(one(1).after(ms(100))));
        let calls: Vec<_> = (0..10)
            .map(|_| {
                let (session, select) = (session.clone(), select.clone());
                tokio::spawn(async move { session.execute(&select, (1,)).await })
            })
            .collect();
        tokio::time::sleep(ms(50)).await;
        sim.log().executes(SELECT).assert_count(3);
        let mut refused = 0;
        for call in calls {
            match call.await.unwrap() {
                Ok(_) => {}
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::Throttled { queue: 5 }), "{error}");
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 2);
        sim.log().executes(SELECT).assert_count(8);
        // All turns are given back.
        for _ in 0..20 {
            session.execute(&select, (1,)).await.unwrap();
        }
    });
}

#[test]
fn waiting_for_a_turn_counts_as_the_calls_time_and_can_be_given_up() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).throttle(Throttle::concurrency(1, 5))).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(Prime::query(SELECT).once(one(1).after(ms(400))).reply(one(2)));
        let slow = {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move { session.execute(&select, (1,)).await })
        };
        tokio::time::sleep(ms(10)).await;
        let began = Instant::now();
        let error = session.execute(&select.clone().with_timeout(ms(100)), (1,)).await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!((ms(100)..ms(140)).contains(&began.elapsed()), "{:?}", began.elapsed());
        // Given up at any time, they leave their place.
        for _ in 0..20 {
            assert!(tokio::time::timeout(ms(1), session.execute(&select, (1,))).await.is_err());
        }
        slow.await.unwrap().unwrap();
        session.execute(&select, (1,)).await.unwrap();
        sim.log().executes(SELECT).assert_count(2);
    });
}

#[test]
fn calls_are_spread_over_the_second() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).throttle(Throttle::per_second(100, 1000))).await;
        sim.prime(Prime::query(READ).reply(one(1)));
        let began = Instant::now();
        let calls = (0..51).map(|_| session.execute(READ, ()));
        for result in futures::future::join_all(calls).await {
            result.unwrap();
        }
        assert!((ms(495)..ms(560)).contains(&began.elapsed()), "{:?}", began.elapsed());
        // One that was idle does not save up.
        tokio::time::sleep(ms(5000)).await;
        let began = Instant::now();
        for result in futures::future::join_all((0..11).map(|_| session.execute(READ, ()))).await {
            result.unwrap();
        }
        assert!((ms(95)..ms(160)).contains(&began.elapsed()), "{:?}", began.elapsed());
    });
}
