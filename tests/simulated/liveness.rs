//! Peers that are there and do not answer.

use crate::support::{INSERT, SELECT, driver, echo, ms, nodes, one, session, session_of, settle, simulate};
use cql_driver::error::{ConnectionError, ErrorKind};
use cql_testkit::{Gate, Node, Opcode, Prime, Reply, SimCluster};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(1800);

fn is_dead(error: &cql_driver::Error) -> bool {
    matches!(error.kind(), ErrorKind::Connection(reason)
        if matches!(**reason, ConnectionError::HeartbeatTimeout { .. }))
}

#[test]
fn a_dead_peer_is_found_within_interval_and_timeout() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(LONG);
        sim.node(0).pause_reading();
        let began = Instant::now();
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(is_dead(&error), "{error}");
        assert!((ms(6000)..ms(6100)).contains(&began.elapsed()), "{:?}", began.elapsed());
        // When it comes to life it is found again.
        sim.node(0).resume_reading();
        sim.prime(echo());
        tokio::time::sleep(ms(70_000)).await;
        session.execute(&select, (1,)).await.unwrap();
    });
}

#[test]
fn an_idle_dead_peer_is_found_too() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim).heartbeat(ms(1000), ms(500))).await;
        settle().await;
        assert_eq!(sim.connection_count(), 3);
        sim.prime(Prime::opcode(Opcode::OPTIONS).reply(Reply::nothing()));
        let began = Instant::now();
        // Those that are there now are the first three.
        let first = || sim.nodes().iter().flat_map(Node::connections).filter(|c| c.id() < 3).count();
        sim.log().wait_until(|_| first() == 0).await;
        assert!((ms(1500)..ms(1650)).contains(&began.elapsed()), "{:?}", began.elapsed());
        sim.clear_primes();
        sim.wait_for_connections(3).await;
        session.close().await;
    });
}

#[test]
fn answers_are_life_and_requests_are_not() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).heartbeat(ms(1000), ms(500))).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(100));
        let pooled = |sim: &SimCluster| {
            let options = sim.log().opcode(Opcode::OPTIONS);
            let executes = sim.log().executes(SELECT);
            let connection = executes.last().unwrap().connection();
            options.iter().filter(|request| request.connection() == connection).count()
        };
        sim.log().clear();
        sim.prime(echo());
        for _ in 0..100 {
            session.execute(&select, (1,)).await.unwrap();
            tokio::time::sleep(ms(50)).await;
        }
        assert_eq!(pooled(&sim), 0, "there was no silence");
        sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
        sim.log().clear();
        let began = Instant::now();
        while began.elapsed() < ms(2500) {
            assert!(session.execute(&select, (1,)).await.unwrap_err().is_timeout());
        }
        assert_eq!(pooled(&sim), 2, "writes are no sign of life");
    });
}

#[test]
fn what_waits_for_a_dead_peer_is_told_and_repeated_only_if_idempotent() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim).heartbeat(ms(1000), ms(500))).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(LONG);
        let insert = session.prepare(INSERT).await.unwrap().with_timeout(LONG);
        sim.prime(echo());
        for id in 0..20 {
            session.execute(&select, (id,)).await.unwrap();
            session.execute(&insert, (id, 0)).await.unwrap();
        }
        sim.log().clear();
        sim.node(0).prime(Prime::matching(|_| true).reply(Reply::nothing()));
        let began = Instant::now();
        let mut requests = JoinSet::new();
        for id in 0..40 {
            let session = session.clone();
            let (select, insert) = (select.clone().with_idempotent(true), insert.clone());
            requests.spawn(async move {
                match id % 2 {
                    0 => (true, session.execute(&select, (id,)).await),
                    _ => (false, session.execute(&insert, (id, 0)).await),
                }
            });
        }
        let mut failed = 0;
        while let Some(result) = requests.join_next().await {
            let (is_idempotent, result) = result.unwrap();
            if let Err(error) = result {
                assert!(!is_idempotent && is_dead(&error), "{error}");
                failed += 1;
            }
        }
        assert!(began.elapsed() < ms(1700), "{:?}", began.elapsed());
        assert_eq!(sim.log().executes(INSERT).per_node()[0], failed);
        assert_eq!(sim.log().executes(INSERT).len(), 20);
    });
}

#[test]
fn a_peer_that_reads_nothing_stops_neither_timeouts_nor_heartbeats() {
    simulate(async {
        let sim = nodes(1).socket_buffer(1024).start().await.unwrap();
        let session = session_of(driver(&sim).heartbeat(ms(1000), ms(500))).await;
        let insert = session.prepare("INSERT INTO ks.t (id, v) VALUES (?, ?)").await.unwrap();
        sim.node(0).pause_reading();
        let began = Instant::now();
        let mut requests = JoinSet::new();
        for id in 0..200 {
            let session = session.clone();
            let insert = insert.clone().with_timeout(if id < 100 { ms(300) } else { LONG });
            requests.spawn(async move { (id, session.execute(&insert, (id, 0)).await) });
        }
        while let Some(result) = requests.join_next().await {
            let (id, result) = result.unwrap();
            let (error, took) = (result.unwrap_err(), began.elapsed());
            if id < 100 {
                assert!(error.is_timeout() && took < ms(350), "{id}: {took:?} {error}");
            } else {
                assert!(took < ms(1700), "{id}: {took:?} {error}");
            }
        }
        sim.node(0).resume_reading();
        tokio::time::sleep(ms(70_000)).await;
        session.execute(&insert, (1, 1)).await.unwrap();
    });
}

#[test]
fn a_connection_with_too_many_orphans_is_replaced() {
    simulate(async {
        for (limit, orphans) in [(1024_u16, 260), (64, 40), (4, 4), (1, 1)] {
            let sim = nodes(1).start().await.unwrap();
            let session = session_of(driver(&sim).max_requests_per_connection(limit)).await;
            let select = session.prepare(SELECT).await.unwrap();
            let pooled = |sim: &SimCluster| {
                let connections = sim.node(0).connections();
                connections.iter().filter(|c| !c.is_registered()).map(|c| c.id()).collect::<Vec<_>>()
            };
            let [worn] = pooled(&sim)[..] else { panic!() };
            let gate = Gate::new();
            let slow = (limit > 4).then(|| {
                // It is in flight all the time and must come to its end.
                sim.prime(Prime::query(SELECT).once(one(-1).when(&gate)));
                let (session, select) = (session.clone(), select.clone().with_timeout(LONG));
                tokio::spawn(async move { session.execute(&select, (0,)).await })
            });
            // Not so young that it would be taken for one that fails at once.
            tokio::time::sleep(ms(1500)).await;
            let late = Gate::new();
            sim.prime(Prime::query(SELECT).times(orphans, one(-2).when(&late)).reply(one(7)));
            let hasty = select.clone().with_timeout(ms(50));
            let all: Vec<_> = (0..orphans).map(|_| session.execute(&hasty, (1,))).collect();
            for result in futures::future::join_all(all).await {
                assert!(result.unwrap_err().is_timeout());
            }
            tokio::time::sleep(ms(50)).await;
            let result = session.execute(&select, (1,)).await.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (7,), "{limit}");
            settle().await;
            let last = sim.log().executes(SELECT).last().unwrap().connection();
            assert_ne!(last, worn, "{limit}: a new connection took it");
            late.open();
            gate.open();
            if let Some(slow) = slow {
                let result = slow.await.unwrap().unwrap();
                assert_eq!(result.single_row::<(i32,)>().unwrap(), (-1,));
            }
            settle().await;
            assert_eq!(pooled(&sim), [last], "{limit}: the old one is closed");
            session.close().await;
        }
    });
}

/// Requests that go on all the time, as from so many callers; how many of them ended within each second.
async fn under_load(
    session: &cql_driver::Session,
    seconds: usize,
    during: impl Future<Output = ()>,
) -> Vec<usize> {
    let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
    let began = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..60 {
        let (session, select) = (session.clone(), select.clone());
        callers.spawn(async move {
            let mut ended = vec![0; seconds];
            while began.elapsed().as_secs() < seconds as u64 {
                let result = session.execute(&select, (caller,)).await.unwrap();
                assert_eq!(result.single_row::<(i32,)>().unwrap(), (caller,));
                if let Some(count) = ended.get_mut(began.elapsed().as_secs() as usize) {
                    *count += 1;
                }
            }
            ended
        });
    }
    during.await;
    let mut all = vec![0; seconds];
    while let Some(ended) = callers.join_next().await {
        all.iter_mut().zip(ended.unwrap()).for_each(|(sum, count)| *sum += count);
    }
    all
}

/// Answers after a while.
fn slow_echo() -> Prime {
    Prime::query(SELECT).reply(Reply::computed(|request| one(request.value::<i32>(0))).after(ms(50)))
}

#[test]
fn a_frozen_node_fails_nothing_and_takes_no_more_than_half_of_the_throughput() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session(&sim).await;
        sim.prime(slow_echo());
        let ended = under_load(&session, 30, async {
            tokio::time::sleep(ms(5000)).await;
            sim.node(1).pause_reading();
            tokio::time::sleep(ms(15_000)).await;
            sim.node(1).resume_reading();
        })
        .await;
        let before = ended[3];
        assert!(before > 1000, "{ended:?}");
        assert!(ended.iter().all(|count| *count >= before / 2), "{ended:?}");
        // It was given up, and is used again.
        sim.log().clear();
        let ended = under_load(&session, 20, async {}).await;
        assert!(sim.log().executes(SELECT).per_node()[1] > 2000, "{ended:?}");
        session.close().await;
    });
}

#[test]
fn a_node_that_owes_answers_and_says_nothing_is_avoided_until_it_speaks() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        let session = session_of(driver(&sim).heartbeat(LONG, LONG)).await;
        sim.prime(echo());
        let select = session.prepare(SELECT).await.unwrap();
        for id in 0..50 {
            session.execute(&select, (id,)).await.unwrap();
        }
        sim.node(2).pause_reading();
        let stuck: Vec<_> = (0..6)
            .map(|id| {
                let (session, select) = (session.clone(), select.clone().with_timeout(LONG));
                tokio::spawn(async move { session.execute(&select, (id,)).await })
            })
            .collect();
        tokio::time::sleep(ms(1100)).await;
        let to_the_node = async || {
            let mut count = 0;
            for turn in 0..300 {
                // By key, and in turn.
                let asked = match turn % 2 {
                    0 => session.execute(&select, (turn,)).await,
                    _ => session.execute("SELECT key FROM system.local", ()).await,
                };
                count += usize::from(asked.unwrap().coordinator() == sim.node(2).address());
            }
            count
        };
        assert_eq!(to_the_node().await, 0);
        sim.node(2).resume_reading();
        for request in stuck {
            request.await.unwrap().unwrap();
        }
        assert!(to_the_node().await > 50, "it has spoken");
        session.close().await;
    });
}

#[test]
fn a_node_that_takes_its_time_and_answers_probes_is_alive() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(LONG);
        sim.prime(Prime::query(SELECT).reply(one(7).after(ms(25_000))));
        sim.log().clear();
        let result = session.execute(&select, (1,)).await.unwrap();
        assert_eq!(result.single_row::<(i32,)>().unwrap(), (7,));
        let probes = sim.log().opcode(Opcode::OPTIONS).len();
        assert!((20..=26).contains(&probes), "{probes} probes in 25 s");
        sim.log().clear();
        tokio::time::sleep(ms(3000)).await;
        assert_eq!(sim.log().opcode(Opcode::OPTIONS).len(), 0, "nothing is owed any more");
        session.close().await;
    });
}
