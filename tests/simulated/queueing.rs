//! More requests than a connection takes.

use crate::support::{
    SELECT, driver, ms, nodes, one, own_id, poll_once, session, session_of, settle, simulate, simulate_seeds,
};
use cql_testkit::{Gate, Prime, Random, Reply};
use tokio::task::JoinSet;
use tokio::time::Instant;

#[test]
fn a_connection_has_at_most_1024_in_flight_and_the_rest_waits() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(own_id().when(&gate)));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut requests = JoinSet::new();
        for id in 0..3000 {
            let (session, select) = (session.clone(), select.clone());
            requests.spawn(async move { (id, session.execute(&select, (id,)).await.unwrap()) });
        }
        for _ in 0..20 {
            settle().await;
        }
        sim.log().executes(SELECT).assert_count(1024);
        gate.admit(10);
        for _ in 0..20 {
            settle().await;
        }
        sim.log().executes(SELECT).assert_count(1034);
        gate.open();
        while let Some(result) = requests.join_next().await {
            let (id, result) = result.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
        }
        sim.log().executes(SELECT).assert_count(3000);
        assert_eq!(sim.log().opened(), 2);
    });
}

#[test]
fn a_waiter_that_is_dropped_when_its_turn_has_come_passes_the_turn_on() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        let session = session_of(driver(&sim).max_requests_per_connection(1)).await;
        let select = session.prepare(SELECT).await.unwrap();
        let spawn = |id| {
            let (session, select) = (session.clone(), select.clone());
            tokio::spawn(async move { session.execute(&select, (id,)).await.unwrap() })
        };
        let first = spawn(1);
        settle().await;
        // It waits, and is not polled any more: the turn comes to it and it does not notice.
        let mut second = Box::pin(session.execute(&select, (2,)));
        assert!(!poll_once(&mut second).await);
        let third = spawn(3);
        settle().await;
        gate.admit(1);
        first.await.unwrap();
        settle().await;
        sim.log().executes(SELECT).assert_count(1);
        drop(second);
        settle().await;
        sim.log().executes(SELECT).assert_count(2);
        gate.open();
        third.await.unwrap();
        let ids: Vec<i32> = sim.log().executes(SELECT).iter().map(|r| r.value::<i32>(0)).collect();
        assert_eq!(ids, [1, 3]);
    });
}

#[test]
fn no_wake_up_is_lost_whoever_gives_up() {
    simulate_seeds(20, |seed| async move {
        let sim = nodes(1).seed(seed).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::computed(move |request| {
            let id = request.value::<i32>(0);
            one(id).after(ms(Random::new(seed ^ id as u64).below(10) as u64))
        })));
        let mut random = Random::new(seed);
        let limit = 1 + random.below(4) as u16;
        let session = session_of(driver(&sim).max_requests_per_connection(limit)).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut patient = JoinSet::new();
        let mut hasty = JoinSet::new();
        for id in 0..200 {
            let (session, select) = (session.clone(), select.clone());
            let patience = random.one_in(2).then(|| ms(random.below(300) as u64));
            match patience {
                Some(patience) => drop(hasty.spawn(async move {
                    let _ = tokio::time::timeout(patience, session.execute(&select, (id,))).await;
                })),
                None => drop(patient.spawn(async move { session.execute(&select, (id,)).await.unwrap() })),
            }
        }
        let ids = (1000..1060).map(|id| (id,));
        let bulk = session.execute_concurrent(&select, ids).concurrency(8).collect();
        let began = Instant::now();
        assert!(bulk.await.into_iter().all(|result| result.is_ok()));
        while let Some(result) = patient.join_next().await {
            result.unwrap();
        }
        assert!(began.elapsed() < ms(5000), "{:?}", began.elapsed());
        assert_eq!(sim.log().opened(), 2);
    });
}

#[test]
fn waiting_for_a_turn_counts_as_the_requests_time() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        let session = session_of(driver(&sim).max_requests_per_connection(1)).await;
        let select = session.prepare(SELECT).await.unwrap();
        let first = tokio::spawn({
            let (session, select) = (session.clone(), select.clone().with_timeout(ms(60_000)));
            async move { session.execute(&select, (1,)).await }
        });
        settle().await;
        // Never has its turn.
        let began = Instant::now();
        let error = session.execute(&select.clone().with_timeout(ms(1000)), (2,)).await.unwrap_err();
        assert!(error.is_timeout() && !error.was_sent(), "{error:?}");
        assert!((ms(1000)..ms(1050)).contains(&began.elapsed()), "{:?}", began.elapsed());
        // Has its turn late and no answer.
        let began = Instant::now();
        let second = tokio::spawn({
            let (session, select) = (session.clone(), select.clone().with_timeout(ms(1000)));
            async move { session.execute(&select, (3,)).await }
        });
        tokio::time::sleep(ms(700)).await;
        gate.admit(1);
        first.await.unwrap().unwrap();
        let error = second.await.unwrap().unwrap_err();
        assert!(error.is_timeout() && error.was_sent(), "{error:?}");
        assert!((ms(1000)..ms(1050)).contains(&began.elapsed()), "{:?}", began.elapsed());
    });
}

#[test]
fn many_at_once_end_too_when_no_turn_ever_comes() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
        let session = session_of(driver(&sim).max_requests_per_connection(8)).await;
        let select = session.prepare(SELECT).await.unwrap();
        let hung: Vec<_> = (0..8)
            .map(|id| {
                let (session, select) = (session.clone(), select.clone().with_timeout(ms(1_000_000)));
                tokio::spawn(async move { session.execute(&select, (id,)).await })
            })
            .collect();
        settle().await;
        let began = Instant::now();
        let hasty = select.clone().with_timeout(ms(1000));
        let results =
            session.execute_concurrent(&hasty, (0..20).map(|id| (id,))).concurrency(4).collect().await;
        assert_eq!(results.len(), 20);
        assert!(results.iter().all(|result| result.as_ref().unwrap_err().is_timeout()));
        assert!(began.elapsed() < ms(22_000), "{:?}", began.elapsed());
        hung.iter().for_each(tokio::task::JoinHandle::abort);
    });
}
