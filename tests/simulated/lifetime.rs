//! Every request comes to one end, and so does everything else: at close, when dropped, after many reconnections.

use crate::support::{
    INSERT, SELECT, backoff, driver, echo, ms, nodes, number, one, poll_once, session, session_of, settle,
    simulate, simulate_seeds,
};
use cql_driver::error::ErrorKind;
use cql_driver::{Error, Session};
use cql_testkit::{ColumnType, Gate, Opcode, Prime, Random, Reply, Rows, SimCluster};
use futures::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use tokio::task::JoinSet;
use tokio::time::Instant;

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Checks that nothing of the driver is left: `before` is how many tasks there were without it.
async fn assert_nothing_left(sim: &SimCluster, before: usize) {
    settle().await;
    assert_eq!(sim.connection_count(), 0, "sockets");
    assert_eq!(tasks(), before, "tasks");
}

fn is_of_closing(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Closed | ErrorKind::NoNodeAvailable | ErrorKind::Connection(_))
}

#[test]
fn close_waits_for_what_is_in_flight_and_refuses_what_is_new() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        settle().await;
        let before = tasks();
        let gate = Gate::new();
        sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let mut in_flight = JoinSet::new();
        for id in 0..50 {
            let (session, select) = (session.clone(), select.clone());
            in_flight.spawn(async move { session.execute(&select, (id,)).await });
        }
        settle().await;
        let closing = tokio::spawn({
            let session = session.clone();
            async move { session.close().await }
        });
        settle().await;
        let error = session.execute(&select, (1,)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed), "{error}");
        assert!(!closing.is_finished());
        gate.open();
        while let Some(result) = in_flight.join_next().await {
            result.unwrap().unwrap();
        }
        closing.await.unwrap();
        session.close().await;
        drop((session, select));
        assert_nothing_left(&sim, before).await;
    });
}

#[test]
fn close_does_not_wait_for_ever() {
    for what in
        ["a hung request", "an orphan", "a page nobody takes", "a future nobody polls", "a full socket"]
    {
        simulate(async move {
            let sim = nodes(2).socket_buffer(4096).start().await.unwrap();
            settle().await;
            let before = tasks();
            let session = session(&sim).await;
            let select = session.prepare(SELECT).await.unwrap();
            let page = |value| Rows::new([("v", ColumnType::Int)]).row((value,));
            let mut held: Vec<Box<dyn std::any::Any>> = Vec::new();
            match what {
                "a hung request" => {
                    sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
                    let (session, select) = (session.clone(), select.clone());
                    held.push(Box::new(tokio::spawn(async move { session.execute(&select, (1,)).await })));
                }
                "an orphan" => {
                    sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
                    let execution = session.execute(&select, (1,));
                    assert!(tokio::time::timeout(ms(100), execution).await.is_err());
                }
                "a page nobody takes" => {
                    sim.prime(Prime::query(SELECT).reply(Reply::pages([page(1), page(2), page(3)])));
                    let mut rows = session.stream::<(i32,)>(&select, (1,)).unwrap();
                    assert_eq!(rows.next().await.unwrap().unwrap(), (1,));
                    held.push(Box::new(rows));
                }
                "a future nobody polls" => {
                    sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
                    let (session, select) = (session.clone(), select.clone());
                    let mut execution =
                        Box::pin(async move { session.execute(&select, (1,)).await.map(drop) });
                    assert!(!poll_once(&mut execution).await);
                    held.push(Box::new(execution));
                }
                _ => {
                    sim.nodes().iter().for_each(cql_testkit::Node::pause_reading);
                    for _ in 0..400 {
                        let (session, select) = (session.clone(), select.clone());
                        held.push(Box::new(tokio::spawn(
                            async move { session.execute(&select, (1,)).await },
                        )));
                    }
                }
            }
            settle().await;
            let began = Instant::now();
            session.close().await;
            assert!(began.elapsed() < ms(20_000), "{what}: {:?}", began.elapsed());
            sim.nodes().iter().for_each(cql_testkit::Node::resume_reading);
            settle().await;
            assert_eq!(sim.connection_count(), 0, "{what}");
            drop((held, session, select));
            assert_nothing_left(&sim, before).await;
        });
    }
}

#[test]
fn close_under_load_ends_every_request() {
    simulate_seeds(2, |seed| async move {
        let sim = nodes(3).seed(seed).start().await.unwrap();
        settle().await;
        let before = tasks();
        sim.prime(Prime::query(SELECT).reply(one(1).after(ms(20))));
        let session = session(&sim).await;
        let select = Arc::new(session.prepare(SELECT).await.unwrap());
        let done = Arc::new(AtomicUsize::new(0));
        let mut loops = JoinSet::new();
        for _ in 0..800 {
            let (session, select, done) = (session.clone(), Arc::clone(&select), Arc::clone(&done));
            loops.spawn(async move {
                loop {
                    match session.execute(&*select, (1,)).await {
                        Ok(_) => done.fetch_add(1, Relaxed),
                        Err(error) => {
                            assert!(is_of_closing(&error), "{error}");
                            return;
                        }
                    };
                }
            });
        }
        tokio::time::sleep(ms(300)).await;
        session.close().await;
        while let Some(ended) = loops.join_next().await {
            ended.unwrap();
        }
        assert!(done.load(Relaxed) > 5000, "{done:?}");
        drop((session, select));
        assert_nothing_left(&sim, before).await;
    });
}

#[test]
fn a_session_that_is_dropped_leaves_nothing() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        settle().await;
        let before = tasks();
        sim.prime(Prime::query(SELECT).reply(Reply::nothing()));
        let cluster = driver(&sim).build().unwrap();
        let session = cluster.connect().await.unwrap();
        let other = cluster.connect().await.unwrap();
        assert_eq!(sim.connection_count(), 7);
        let select = session.prepare(SELECT).await.unwrap();
        assert!(tokio::time::timeout(ms(50), session.execute(&select, (1,))).await.is_err());
        drop((session, select));
        settle().await;
        assert_eq!(sim.connection_count(), 4);
        drop(other);
        assert_nothing_left(&sim, before).await;
        // The cluster itself can connect again.
        let session = cluster.connect().await.unwrap();
        session.close().await;
        assert_nothing_left(&sim, before).await;
    });
}

#[test]
fn a_connect_that_is_given_up_leaves_nothing() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        settle().await;
        let before = tasks();
        for polls in 0..200 {
            let cluster = driver(&sim).build().unwrap();
            let mut connecting = Box::pin(cluster.connect());
            let mut done = false;
            for _ in 0..polls {
                done = done || poll_once(&mut connecting).await;
                if done {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(connecting);
            assert_nothing_left(&sim, before).await;
            if done {
                return;
            }
        }
        panic!("it never connected");
    });
}

/// Connections are closed and reset at random until so many have been opened.
async fn reconnect(times: usize) {
    let sim = nodes(2).start().await.unwrap();
    settle().await;
    let before = tasks();
    sim.prime(echo());
    let session = session_of(driver(&sim).reconnection(backoff(ms(1), ms(2)))).await;
    let select = session.prepare(SELECT).await.unwrap().with_idempotent(true);
    settle().await;
    let connected = tasks();
    let mut random = Random::new(1);
    let mut opened = 0;
    for round in 0.. {
        sim.nodes().iter().for_each(|node| match random.below(3) {
            0 => node.reset_connections(),
            1 => node.connections().iter().for_each(cql_testkit::Connection::close),
            _ => {}
        });
        let _ = session.execute(&select, (round,)).await;
        tokio::time::sleep(ms(4)).await;
        if round % 100 == 0 {
            sim.wait_for_connections(3).await;
            settle().await;
            assert_eq!(tasks(), connected, "round {round}");
        }
        opened += sim.log().opened();
        sim.log().clear();
        if opened >= times {
            break;
        }
    }
    sim.wait_for_connections(3).await;
    session.close().await;
    drop((session, select));
    assert_nothing_left(&sim, before).await;
}

/// `CQL_RECONNECTIONS=10000` makes them more.
#[test]
fn thousands_of_reconnections_leave_nothing_behind() {
    let times = number("CQL_RECONNECTIONS").unwrap_or(2500) as usize;
    let few = allocation_counter::measure(|| simulate(reconnect(100)));
    let many = allocation_counter::measure(|| simulate(reconnect(times)));
    // If each left one allocation of some bytes …
    assert!(many.count_max < few.count_max + times as u64 / 4, "{few:?}, {many:?}");
    assert!(many.bytes_max < few.bytes_max + (1 << 20), "{few:?}, {many:?}");
    assert!(many.bytes_current < few.bytes_current + 1024, "{few:?}, {many:?}");
}

/// Polls an execution so often, the connection's task having its turn in between, and drops it.
async fn cancel_after(session: &Session, select: &cql_driver::PreparedStatement, polls: usize) -> bool {
    let mut execution = Box::pin(session.execute(select, (1,)));
    for _ in 0..polls {
        if poll_once(&mut execution).await {
            return true;
        }
        settle().await;
    }
    false
}

#[test]
fn a_future_dropped_at_any_point_loses_no_stream_id() {
    simulate(async {
        for limit in [1, 2] {
            let sim = nodes(1).start().await.unwrap();
            sim.prime(Prime::query(SELECT).reply(one(1).after(ms(1))));
            let session = session_of(driver(&sim).max_requests_per_connection(limit)).await;
            let select = session.prepare(SELECT).await.unwrap();
            for round in 0..300 {
                // Answered, being answered, forgotten by the node, and waiting behind another.
                match round % 3 {
                    0 => sim.node(0).forget_all(),
                    1 => drop(tokio::spawn({
                        let (session, select) = (session.clone(), select.clone());
                        async move { session.execute(&select, (2,)).await }
                    })),
                    _ => {}
                }
                cancel_after(&session, &select, round % 6).await;
                tokio::time::sleep(ms(round as u64 % 4)).await;
            }
            tokio::time::sleep(ms(50)).await;
            let gate = Gate::new();
            sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
            sim.log().clear();
            session.execute(&select.clone().with_timeout(ms(20)), (1,)).await.unwrap_err();
            gate.open();
            for _ in 0..5 {
                session.execute(&select, (1,)).await.unwrap();
            }
            assert_eq!(sim.log().opened(), 0, "no connection had to be replaced for it");
            session.close().await;
        }
    });
}

#[test]
fn every_request_ends_once_whatever_nodes_do() {
    simulate_seeds(10, |seed| async move {
        let sim = nodes(3).seed(seed).socket_buffer(8192).start().await.unwrap();
        settle().await;
        let before = tasks();
        let builder = driver(&sim)
            .reconnection(backoff(ms(5), ms(50)))
            .heartbeat(ms(200), ms(100))
            .connect_timeout(ms(300))
            .max_requests_per_connection(64);
        let session = session_of(builder).await;
        let select = session.prepare(SELECT).await.unwrap();
        let insert = session.prepare(INSERT).await.unwrap();
        sim.prime(Prime::query(SELECT).reply(Reply::computed(move |request| {
            let id = request.value::<i32>(0);
            let mut random = Random::new(seed ^ id as u64);
            one(id).after(ms(random.below(80) as u64))
        })));
        let ends = Arc::new(AtomicUsize::new(0));
        let mut random = Random::new(seed);
        let mut requests = JoinSet::new();
        for id in 0..800_i32 {
            let (session, ends) = (session.clone(), Arc::clone(&ends));
            let select = select.clone().with_timeout(ms(400)).with_idempotent(id % 2 == 0);
            let insert = insert.clone().with_timeout(ms(400));
            let begins = ms(random.below(2000) as u64);
            requests.spawn(async move {
                tokio::time::sleep(begins).await;
                let began = Instant::now();
                let result = match id % 3 {
                    0 => session.execute(&insert, (id, 0)).await,
                    _ => session.execute(&select, (id,)).await,
                };
                ends.fetch_add(1, Relaxed);
                assert!(began.elapsed() < ms(450), "{id}: {:?}", began.elapsed());
                if let (Ok(result), true) = (result, id % 3 != 0) {
                    assert_eq!(result.single_row::<(i32,)>().unwrap(), (id,));
                }
            });
        }
        for _ in 0..60 {
            let node = sim.node(random.below(3));
            match random.below(7) {
                0 => node.reset_connections(),
                1 => node.close_connections().await,
                2 => node.pause_reading(),
                3 => node.resume_reading(),
                4 => node.restart().await.unwrap(),
                5 => node.forget_all(),
                _ => node.connections().iter().for_each(cql_testkit::Connection::half_close),
            }
            tokio::time::sleep(ms(random.below(60) as u64)).await;
        }
        while let Some(ended) = requests.join_next().await {
            ended.unwrap();
        }
        assert_eq!(ends.load(Relaxed), 800);
        sim.nodes().iter().for_each(cql_testkit::Node::resume_reading);
        tokio::time::sleep(ms(1000)).await;
        session.execute(&select, (1,)).await.unwrap();
        session.close().await;
        drop((session, select, insert));
        assert_nothing_left(&sim, before).await;
    });
}

/// Everything that a session can be in the middle of, each in a task of its own.
fn everything(session: &Session) -> JoinSet<Result<(), Error>> {
    let mut calls = JoinSet::new();
    let of = |session: &Session| session.clone();
    let (one, two, three, four, five) = (of(session), of(session), of(session), of(session), of(session));
    calls.spawn(async move {
        let select = one.prepare(SELECT).await?;
        one.execute(&select, (1,)).await.map(drop)
    });
    calls.spawn(async move {
        let insert = two.prepare(INSERT).await?;
        let mut batch = cql_driver::Batch::logged();
        batch.add(&insert, (1, 1))?;
        two.batch(&batch).await.map(drop)
    });
    calls.spawn(async move {
        let mut rows = three.stream::<(i32,)>("SELECT v FROM ks.pages", ())?;
        while let Some(row) = rows.next().await {
            row?;
        }
        Ok(())
    });
    calls.spawn(async move {
        let select = four.prepare(SELECT).await?;
        let values = (0..20).map(|id| (id,));
        four.execute_concurrent(&select, values).concurrency(4).await.map(drop)
    });
    calls.spawn(async move {
        five.execute("CREATE TABLE ks.other (id int PRIMARY KEY)", ()).await?;
        five.execute("USE ks", ()).await.map(drop)
    });
    calls
}

/// Closes a session that is in the middle of everything, so many turns of its tasks after so many milliseconds. How many
/// of the calls succeeded.
async fn close_after(milliseconds: u64, turns: u64) -> usize {
    let sim = nodes(2).start().await.unwrap();
    settle().await;
    let before = tasks();
    sim.prime(Prime::query(SELECT).reply(one(1).after(ms(1))));
    sim.prime(Prime::opcode(Opcode::PREPARE).reply(Reply::unprimed().after(ms(2))));
    let page = |value| Rows::new([("v", ColumnType::Int)]).row((value,));
    let pages = Reply::pages([page(1), page(2), page(3)]).after(ms(3));
    sim.prime(Prime::query("SELECT v FROM ks.pages").reply(pages));
    let session = session(&sim).await;
    let mut calls = everything(&session);
    tokio::time::sleep(ms(milliseconds)).await;
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    if turns % 2 == 1 {
        sim.node(0).reset_connections();
    }
    let began = Instant::now();
    session.close().await;
    assert!(began.elapsed() < ms(20_000), "{:?}", began.elapsed());
    let mut succeeded = 0;
    while let Some(ended) = calls.join_next().await {
        match ended.unwrap() {
            Ok(()) => succeeded += 1,
            Err(error) => assert!(is_of_closing(&error), "{error}"),
        }
    }
    drop(session);
    assert_nothing_left(&sim, before).await;
    succeeded
}

#[test]
fn a_session_can_be_closed_at_any_stage() {
    let stages = (0..20).flat_map(|milliseconds| (0..8).map(move |turns| (milliseconds, turns)));
    let succeeded: std::collections::BTreeSet<usize> =
        stages.map(|(milliseconds, turns)| simulate(close_after(milliseconds, turns))).collect();
    assert_eq!(succeeded, (0..=5).collect(), "each number of calls was over at some stage");
}
