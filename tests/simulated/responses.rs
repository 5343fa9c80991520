//! Responses that are late, for nobody, or not to be understood.

use crate::support::{
    SELECT, driver, echo, ms, nodes, one, own_id, session, session_of, settle, simulate, simulate_seeds,
};
use cql_driver::error::{ConnectionError, ErrorKind};
use cql_driver::{Error, ProtocolVersion, Session};
use cql_testkit::{Fault, Gate, Opcode, Prime, Random, Reply, SimCluster};
use std::sync::Arc;

/// An answer that cannot be decoded: a RESULT of a kind that there is not.
fn nonsense() -> Reply {
    Reply::body(Opcode::RESULT, vec![0, 0, 0, 99])
}

async fn select(session: &Session, id: i32) -> Result<i32, Error> {
    let result = session.execute(&session.prepare(SELECT).await?, (id,)).await?;
    Ok(result.single_row::<(i32,)>()?.0)
}

#[test]
fn late_answers_never_reach_another_request() {
    simulate_seeds(16, |seed| async move {
        let sim = nodes(1).seed(seed).start().await.unwrap();
        let mut random = Random::new(seed);
        let delays: Vec<u64> = (0..4096).map(|_| random.below(400) as u64).collect();
        sim.prime(Prime::query(SELECT).reply(Reply::computed(move |request| {
            let id = request.value::<i32>(0);
            one(id).after(ms(delays[id as usize % delays.len()]))
        })));
        // Few ids, so that each is used again and again.
        let session = session_of(driver(&sim).max_requests_per_connection(16)).await;
        let statement = session.prepare(SELECT).await.unwrap();
        let mut answered = 0;
        let mut tasks = tokio::task::JoinSet::new();
        for id in 0..600_i32 {
            let session = session.clone();
            let statement = statement.clone().with_timeout(ms(100 + random.below(200) as u64));
            let gives_up = random.one_in(3).then(|| ms(random.below(250) as u64));
            let begins = ms(random.below(4000) as u64);
            tasks.spawn(async move {
                tokio::time::sleep(begins).await;
                let execution = session.execute(&statement, (id,));
                let result = match gives_up {
                    Some(after) => tokio::time::timeout(after, execution).await.ok()?,
                    None => execution.await,
                };
                match result {
                    Ok(result) => Some((id, result.single_row::<(i32,)>().unwrap().0)),
                    Err(error) => {
                        assert!(error.is_timeout(), "{error}");
                        None
                    }
                }
            });
        }
        while let Some(task) = tasks.join_next().await {
            if let Some((asked, got)) = task.unwrap() {
                assert_eq!(asked, got);
                answered += 1;
            }
        }
        assert!(answered > 50, "{answered} answered");
        // No id was lost on the way: as many requests as ever are in flight at once.
        tokio::time::sleep(ms(1000)).await;
        sim.clear_primes();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        sim.log().clear();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (session, statement) = (session.clone(), statement.clone());
            tasks.spawn(async move { session.execute(&statement, (1,)).await.unwrap() });
        }
        settle().await;
        let executed = sim.log().executes(SELECT);
        let streams: std::collections::BTreeSet<i16> =
            executed.iter().map(cql_testkit::Received::stream).collect();
        assert_eq!((executed.len(), streams.len()), (16, 16), "ids are conserved");
        gate.open();
        while let Some(task) = tasks.join_next().await {
            task.unwrap();
        }
    });
}

#[test]
fn a_stream_id_is_used_again_only_after_its_response() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        let session = session_of(driver(&sim).max_requests_per_connection(64)).await;
        let statement = session.prepare(SELECT).await.unwrap();
        sim.log().clear();
        for _ in 0..10 {
            let execution = session.execute(&statement, (1,));
            assert!(tokio::time::timeout(ms(5), execution).await.is_err());
        }
        let timed_out = statement.clone().with_timeout(ms(50));
        for _ in 0..10 {
            assert!(session.execute(&timed_out, (1,)).await.unwrap_err().is_timeout());
        }
        let streams: std::collections::BTreeSet<i16> =
            sim.log().executes(SELECT).iter().map(cql_testkit::Received::stream).collect();
        assert_eq!(streams.len(), 20, "none was used twice");
        gate.open();
        settle().await;
        sim.log().clear();
        session.execute(&statement, (1,)).await.unwrap();
        let again = sim.log().executes(SELECT)[0].stream();
        assert!(streams.contains(&again), "ids whose responses came are free");
    });
}

#[test]
fn one_undecodable_body_fails_one_request() {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        simulate(async move {
            let sim = nodes(1).start().await.unwrap();
            sim.prime(echo());
            let session = session_of(driver(&sim).protocol_version(version)).await;
            select(&session, 0).await.unwrap();
            let gate = Gate::new();
            sim.prime(
                Prime::query(SELECT)
                    .and(|request| request.value::<i32>(0) == 13)
                    .reply(nonsense().when(&gate)),
            );
            sim.prime(
                Prime::query(SELECT).and(|request| request.value::<i32>(0) < 10).reply(own_id().when(&gate)),
            );
            let opened = sim.log().opened();
            let mut tasks = tokio::task::JoinSet::new();
            for id in [0, 1, 2, 13, 3, 4] {
                let session = session.clone();
                tasks.spawn(async move { (id, select(&session, id).await) });
            }
            settle().await;
            gate.open();
            while let Some(task) = tasks.join_next().await {
                match task.unwrap() {
                    (13, result) => {
                        let error = result.unwrap_err();
                        assert!(matches!(error.kind(), ErrorKind::Decode(_)), "{error}");
                        assert_eq!(error.node(), Some(sim.node(0).address()));
                    }
                    (id, result) => assert_eq!(result.unwrap(), id),
                }
            }
            assert_eq!(select(&session, 77).await.unwrap(), 77);
            assert_eq!(sim.log().opened(), opened, "the connection goes on");
        });
    }
}

#[test]
fn a_body_that_does_not_decompress_fails_one_request() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(echo());
        let builder =
            driver(&sim).protocol_version(ProtocolVersion::V4).compression(cql_driver::Compression::Lz4);
        let session = session_of(builder).await;
        select(&session, 0).await.unwrap();
        let opened = sim.log().opened();
        for bomb in [Reply::compression_bomb(1 << 31), Reply::compression_bomb(200 << 20)] {
            sim.prime(Prime::query(SELECT).once(bomb));
            let error = select(&session, 1).await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Undecodable(_)), "{error}");
            assert_eq!(select(&session, 2).await.unwrap(), 2);
        }
        assert_eq!(sim.log().opened(), opened);
    });
}

#[test]
fn broken_framing_ends_that_connection_and_nothing_else() {
    let faults: [(ProtocolVersion, Fault); 8] = [
        (ProtocolVersion::V5, Fault::HeaderChecksum),
        (ProtocolVersion::V5, Fault::PayloadChecksum),
        (ProtocolVersion::V5, Fault::VersionByte(0x84)),
        (ProtocolVersion::V5, Fault::Length(1 << 30)),
        (ProtocolVersion::V5, Fault::Length(2)),
        (ProtocolVersion::V4, Fault::VersionByte(0x85)),
        (ProtocolVersion::V4, Fault::VersionByte(0x04)),
        (ProtocolVersion::V4, Fault::Length(1 << 30)),
    ];
    for (version, fault) in faults {
        simulate(async move {
            let sim = nodes(2).start().await.unwrap();
            let gate = Gate::new();
            sim.node(0).prime(Prime::query(SELECT).reply(Reply::nothing()));
            sim.node(1).prime(Prime::query(SELECT).reply(one(1).when(&gate)));
            let session = session_of(driver(&sim).protocol_version(version)).await;
            let statement = Arc::new(session.prepare(SELECT).await.unwrap());
            sim.nodes().iter().for_each(cql_testkit::Node::forget_all);
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..40 {
                let (session, statement) = (session.clone(), Arc::clone(&statement));
                tasks.spawn(async move { session.execute(&*statement, (1,)).await });
            }
            settle().await;
            let [broken, whole] = sim.log().executes(SELECT).per_node()[..] else { panic!() };
            assert!(broken > 0 && whole > 0, "{broken}, {whole}");
            // Whatever answers next on the first node's connection is broken.
            sim.node(0).prime(Prime::query(SELECT).once(one(1).with_fault(fault)));
            let victims = sim.node(0).connections();
            let pooled = victims.iter().find(|connection| !connection.is_registered()).unwrap();
            let last = session.execute(&*statement, (1,));
            let other = session.execute(&*statement, (1,));
            let both = async { tokio::join!(last, other) };
            let opener = async {
                settle().await;
                gate.open();
            };
            let ((one, two), ()) = tokio::join!(both, opener);
            let failed = [one, two].into_iter().filter(|result| match result {
                Ok(_) => false,
                Err(error) => {
                    // Cut short, the body of one is at fault before what is left of it breaks the framing.
                    let cut = fault == Fault::Length(2) && matches!(error.kind(), ErrorKind::Decode(_));
                    assert!(cut || is_broken(error), "{fault:?}: {error:?}");
                    true
                }
            });
            let mut failed = failed.count();
            while let Some(task) = tasks.join_next().await {
                if let Err(error) = task.unwrap() {
                    assert!(is_broken(&error), "{fault:?}: {error:?}");
                    failed += 1;
                }
            }
            assert!(failed > broken, "{fault:?}: {failed} of {broken}");
            assert!(failed <= broken + 2, "{fault:?}: those of the other node succeed");
            // The connection is replaced, and no other one was touched.
            sim.clear_primes();
            sim.prime(echo());
            sim.log().wait_until(|_| sim.connection_count() == 3).await;
            let now: Vec<u64> =
                sim.nodes().iter().flat_map(cql_testkit::Node::connections).map(|c| c.id()).collect();
            assert!(!now.contains(&pooled.id()));
            assert_eq!(sim.log().opened(), 4);
            assert_eq!(select(&session, 8).await.unwrap(), 8);
        });
    }
}

fn is_broken(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connection(reason) if matches!(**reason, ConnectionError::Frame(_)))
}

#[test]
fn answers_that_came_before_broken_framing_count() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let statement = session.prepare(SELECT).await.unwrap();
        let gate = Gate::new();
        // Both are written at once: the second is read together with the first.
        sim.prime(
            Prime::query(SELECT)
                .once(one(1).when(&gate))
                .once(one(2).with_fault(Fault::PayloadChecksum).when(&gate)),
        );
        let (first, second) = (session.execute(&statement, (1,)), session.execute(&statement, (2,)));
        let opener = async {
            settle().await;
            gate.open();
        };
        let (first, second, ()) = tokio::join!(first, second, opener);
        assert_eq!(first.unwrap().single_row::<(i32,)>().unwrap(), (1,));
        assert!(is_broken(&second.unwrap_err()));
    });
}

#[test]
fn answers_that_nobody_asked_for_are_ignored() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let statement = session.prepare(SELECT).await.unwrap();
        for reply in [
            one(1).with_fault(Fault::Twice),
            Reply::computed(|request| one(1).with_fault(Fault::Stream(request.stream() + 500))),
            Reply::computed(|_| one(1).with_fault(Fault::Stream(-2))),
            Reply::computed(|_| one(1).with_fault(Fault::Stream(i16::MIN))),
        ] {
            sim.clear_primes();
            let twice = format!("{reply:?}").contains("Twice");
            sim.prime(Prime::query(SELECT).once(reply).reply(one(2)));
            let result = session.execute(statement.clone().with_timeout(ms(200)), (1,)).await;
            assert_eq!(result.is_ok(), twice);
            let result = session.execute(&statement, (1,)).await.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (2,));
        }
        assert_eq!(sim.connection_count(), 2);
    });
}

#[test]
fn bytes_can_come_one_at_a_time() {
    use cql_testkit::{Chunking, ColumnType, Rows};
    for &version in ProtocolVersion::ALL {
        simulate(async move {
            let sim: SimCluster = nodes(1).start().await.unwrap();
            for chunking in
                [Chunking::Bytes(1), Chunking::Random { most: 30 }, Chunking::Drip { bytes: 7, every: ms(1) }]
            {
                sim.node(0).set_chunking(chunking);
                sim.clear_primes();
                sim.prime(echo());
                let session = session_of(driver(&sim).protocol_version(version)).await;
                let all = futures::future::join_all((0..50).map(|id| select(&session, id))).await;
                for (id, result) in (0..).zip(all) {
                    assert_eq!(result.unwrap(), id);
                }
                session.close().await;
            }
            // One answer over many segments, each of them in pieces.
            sim.node(0).set_chunking(Chunking::Random { most: 70_000 });
            let mut rows = Rows::new([("v", ColumnType::Blob)]);
            for length in 0..40 {
                rows = rows.row((vec![7_u8; length * 1000],));
            }
            sim.prime(Prime::query("SELECT v FROM ks.t").reply(Reply::rows(rows)));
            let session = session_of(driver(&sim).protocol_version(version)).await;
            let result = session.execute("SELECT v FROM ks.t", ()).await.unwrap();
            let lengths: Vec<usize> =
                result.rows::<(Vec<u8>,)>().unwrap().map(|row| row.unwrap().0.len()).collect();
            assert_eq!(lengths, (0..40).map(|length| length * 1000).collect::<Vec<_>>());
        });
    }
}
