//! Every byte of every kind of answer: turned over, cut off, left out, and apart from the one before.
//!
//! v5 has checksums: whatever is damaged is noticed. v3 and v4 have none, so that a damaged value is a value; there the
//! damage must not reach beyond its connection, and nobody may be left waiting.

use crate::support::{
    SELECT, backoff, count_panics, driver, ms, nodes, one, panics, session_of, settle, simulate, try_session,
};
use cql_driver::error::ErrorKind;
use cql_driver::{Compression, Error, ExecutionProfile, PreparedStatement, ProtocolVersion, Session};
use cql_testkit::{
    Chunking, ColumnType, Connection, ErrorDetails, Fault, Gate, Opcode, Prime, Reply, Rows, SimCluster,
    What, events,
};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A version, and whether bodies or segments are compressed.
type Wire = (ProtocolVersion, Option<Compression>);

const WIRES: [Wire; 5] = [
    (ProtocolVersion::V4, None),
    (ProtocolVersion::V4, Some(Compression::Lz4)),
    (ProtocolVersion::V4, Some(Compression::Snappy)),
    (ProtocolVersion::V5, None),
    (ProtocolVersion::V5, Some(Compression::Lz4)),
];

/// What can happen to the byte of that number.
fn faults(at: usize) -> [Fault; 5] {
    [
        Fault::Flip { at, bits: 1 << (at % 8) },
        Fault::Flip { at, bits: 0xFF },
        Fault::CutTo(at),
        Fault::CloseAfter(at),
        Fault::BodyCutTo(at),
    ]
}

const MANY: &str = "SELECT id, name, tags FROM ks.many WHERE id = ?";

/// A row of several types, all of it made from `id`.
fn many(id: i32) -> Rows {
    let tags = ColumnType::map(ColumnType::Text, ColumnType::BigInt);
    Rows::new([("id", ColumnType::Int), ("name", ColumnType::Text), ("tags", tags)]).row((
        id,
        format!("name {id}"),
        BTreeMap::from([("a", i64::from(id)), ("b", 7)]),
    ))
}

/// What an application gets of it: all or an error.
fn read_many(result: cql_driver::QueryResult) -> Result<i32, Error> {
    let (id, name, tags) = result.single_row::<(i32, String, BTreeMap<String, i64>)>()?;
    let whole = name == format!("name {id}") && tags.get("a") == Some(&i64::from(id));
    Ok(if whole { id } else { -1 })
}

/// One node, one connection beside that for control, short timeouts, nothing tried twice.
struct Bench {
    sim: SimCluster,
    session: Session,
    select: PreparedStatement,
    version: ProtocolVersion,
}

impl Bench {
    async fn new((version, compression): Wire) -> Self {
        count_panics();
        let sim = nodes(1).start().await.unwrap();
        sim.declare_table(
            cql_testkit::Table::new("ks", "many")
                .partition_key("id", ColumnType::Int)
                .column("name", ColumnType::Text)
                .column("tags", ColumnType::map(ColumnType::Text, ColumnType::BigInt)),
        );
        sim.prime(crate::support::echo());
        sim.prime(
            Prime::query(MANY).reply(Reply::computed(|request| Reply::rows(many(request.value::<i32>(0))))),
        );
        let builder = driver(&sim)
            .protocol_version(version)
            .default_profile(ExecutionProfile::builder().request_timeout(ms(150)).build().unwrap())
            .connect_timeout(ms(200))
            .heartbeat(ms(200), ms(100))
            .reconnection(backoff(ms(1), ms(5)));
        let builder = match compression {
            Some(compression) => builder.compression(compression),
            None => builder,
        };
        let session = session_of(builder).await;
        let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(150));
        Bench { sim, session, select, version }
    }

    /// Before v5 nothing tells that bytes are not those that were sent.
    fn is_checked(&self) -> bool {
        self.version.has_segments()
    }

    /// Bytes of the body and bytes on the wire of the last answer of that kind.
    fn lengths(&self, of: Opcode) -> (usize, usize) {
        let lengths = self.sim.log().entries().into_iter().rev().find_map(|entry| match entry.what {
            What::Response { opcode, length, wire, .. } if opcode == of => Some((length, wire)),
            _ => None,
        });
        lengths.expect("one was sent")
    }

    /// Damages every byte of an answer, one at a time, and splits it at each. `call` asks for it; its error is what an
    /// application makes of an answer that is not the one it should be.
    async fn damage<T>(&self, answer: Answer<'_>, mut call: impl AsyncFnMut() -> Result<T, Error>) {
        let damaged = |fault: Option<Fault>| {
            let reply = answer.reply.clone();
            let reply = fault.map_or(reply.clone(), |fault| reply.with_fault(fault));
            self.sim.prime((answer.prime)().once(reply))
        };
        damaged(None);
        assert!(call().await.is_ok());
        let (body, wire) = self.lengths(answer.opcode);
        for at in 0..wire {
            for fault in faults(at) {
                let primed = damaged(Some(fault));
                let outcome = self.beside_another(fault, call()).await;
                assert_eq!(primed.hits(), 1, "{fault:?}");
                let whole = matches!(fault, Fault::BodyCutTo(length) if length >= body);
                if whole || self.is_checked() {
                    assert_eq!(outcome.is_ok(), whole, "{fault:?}: {:?}", outcome.err());
                }
            }
            self.sim.prime((answer.prime)().once(answer.reply.clone().in_chunks(Chunking::Split(at))));
            self.sim.log().clear();
            assert!(call().await.is_ok(), "split at {at}");
            assert_eq!(self.sim.log().opened(), 0, "split at {at}");
        }
    }

    /// Makes a call while another request is in flight on the same connection; then checks that the other one got its
    /// own answer, or learned that the connection is gone, and that the session goes on.
    async fn beside_another<T>(&self, fault: Fault, call: impl Future<Output = T>) -> T {
        self.sim.log().clear();
        let gate = Gate::new();
        let held = Prime::query(SELECT).and(|request| request.value::<i32>(0) == 77);
        let primed = self.sim.prime(held.reply(one(77).when(&gate)));
        let select = self.select.clone().with_timeout(ms(400));
        let opener = async {
            settle().await;
            gate.open();
        };
        let began = Instant::now();
        let (other, outcome, ()) = tokio::join!(self.session.execute(&select, (77,)), call, opener);
        assert!(began.elapsed() <= ms(450), "{fault:?}: {:?}", began.elapsed());
        primed.remove();
        // Before v5 two bytes of the header alone tell whose a response is.
        let strayed = matches!(fault, Fault::Flip { at: 2 | 3, .. }) && !self.is_checked();
        match other.and_then(|result| result.single_row::<(i32,)>()) {
            Ok((value,)) => assert!(value == 77 || strayed, "{fault:?}: the other request got {value}"),
            Err(error) => {
                assert!(!matches!(fault, Fault::BodyCutTo(_)), "{fault:?}: {error}");
                let lost = matches!(error.kind(), ErrorKind::Connection(_) | ErrorKind::Timeout { .. });
                assert!(lost || !self.is_checked(), "{fault:?}: {error}");
            }
        }
        self.assert_goes_on(fault).await;
        if matches!(fault, Fault::BodyCutTo(_)) {
            assert_eq!(self.sim.log().opened(), 0, "{fault:?}: the connection goes on");
        }
        outcome
    }

    /// Within seconds there are two connections that answer.
    async fn assert_goes_on(&self, fault: Fault) {
        let began = Instant::now();
        loop {
            let result = self.session.execute(&self.select, (5,)).await;
            match result.and_then(|result| result.single_row::<(i32,)>()) {
                Ok(row) => break assert_eq!(row, (5,), "{fault:?}"),
                Err(error) => assert!(began.elapsed() < ms(3000), "{fault:?}: {error}"),
            }
            tokio::time::sleep(ms(5)).await;
        }
        assert_eq!(panics(), 0, "{fault:?}");
    }
}

/// Which answer is damaged, and what it is when it is not.
struct Answer<'a> {
    opcode: Opcode,
    prime: &'a dyn Fn() -> Prime,
    reply: Reply,
}

fn on_every_wire(test: impl AsyncFn(Bench)) {
    for wire in WIRES {
        simulate(async { test(Bench::new(wire).await).await });
    }
}

#[test]
fn every_byte_of_rows() {
    on_every_wire(async |bench| {
        let select = bench.session.prepare(MANY).await.unwrap().with_timeout(ms(150));
        let answer =
            Answer { opcode: Opcode::RESULT, prime: &|| Prime::query(MANY), reply: Reply::rows(many(3)) };
        let call = async || read_many(bench.session.execute(&select, (3,)).await?);
        bench.damage(answer, call).await;
    });
}

#[test]
fn every_byte_of_an_error() {
    on_every_wire(async |bench| {
        let details = ErrorDetails::FunctionFailure {
            keyspace: "ks".to_owned(),
            function: "f".to_owned(),
            arg_types: vec!["int".to_owned(), "text".to_owned()],
        };
        let reply = Reply::error_details(details.clone());
        let answer = Answer { opcode: Opcode::ERROR, prime: &|| Prime::query(SELECT), reply };
        let select = bench.select.clone();
        let call = async || match bench.session.execute(&select, (3,)).await {
            Err(error) => match error.kind() {
                ErrorKind::Server(server) if server.details == details => Ok(()),
                _ => Err(error),
            },
            Ok(_) => panic!("an error is no result"),
        };
        bench.damage(answer, call).await;
    });
}

#[test]
fn every_byte_of_what_is_prepared() {
    on_every_wire(async |bench| {
        let answer = Answer {
            opcode: Opcode::RESULT,
            prime: &|| Prime::opcode(Opcode::PREPARE),
            reply: Reply::unprimed(),
        };
        let mut limit = 0;
        let call = async || {
            limit += 1;
            bench.session.prepare(format!("{SELECT} LIMIT {limit:06}")).await
        };
        bench.damage(answer, call).await;
    });
}

#[test]
fn every_byte_of_an_event() {
    on_every_wire(async |bench| {
        let event = events::up(bench.sim.node(0).address());
        let control = || {
            let connections = bench.sim.node(0).connections();
            connections.into_iter().find(Connection::is_registered).expect("there is one")
        };
        control().push(&event);
        settle().await;
        let (_, wire) = bench.lengths(Opcode::EVENT);
        for fault in (0..wire).flat_map(faults) {
            let before = control().id();
            control().push_with_fault(&event, fault);
            bench.assert_goes_on(fault).await;
            // What was begun and not ended is found by the heartbeat.
            tokio::time::sleep(ms(700)).await;
            assert_eq!(bench.sim.connection_count(), 2, "{fault:?}");
            let goes_on = control().id() == before;
            match fault {
                Fault::BodyCutTo(_) => assert!(goes_on, "{fault:?}"),
                Fault::CutTo(0) => {}
                _ => assert!(!goes_on || !bench.is_checked(), "{fault:?} went unnoticed"),
            }
            bench.sim.log().clear();
        }
    });
}

#[test]
fn every_byte_of_a_heartbeats_answer() {
    on_every_wire(async |bench| {
        let ids = || bench.sim.node(0).connections().iter().map(Connection::id).collect::<Vec<_>>();
        bench.sim.log().clear();
        tokio::time::sleep(ms(500)).await;
        let (_, wire) = bench.lengths(Opcode::SUPPORTED);
        for fault in (0..wire).flat_map(faults) {
            let before = ids();
            let faulty = Reply::unprimed().with_fault(fault);
            let primed = bench.sim.prime(Prime::opcode(Opcode::OPTIONS).once(faulty));
            tokio::time::sleep(ms(700)).await;
            assert_eq!(primed.hits(), 1, "{fault:?}");
            match fault {
                // It is a sign of life, whatever it says.
                Fault::BodyCutTo(_) => assert_eq!(ids(), before, "{fault:?}"),
                _ => assert!(ids() != before || !bench.is_checked(), "{fault:?} went unnoticed"),
            }
            bench.assert_goes_on(fault).await;
            bench.sim.log().clear();
        }
    });
}

#[test]
fn every_byte_of_the_handshake() {
    let steps = [
        (Opcode::OPTIONS, Opcode::SUPPORTED),
        (Opcode::STARTUP, Opcode::AUTHENTICATE),
        (Opcode::AUTH_RESPONSE, Opcode::AUTH_SUCCESS),
        (Opcode::REGISTER, Opcode::READY),
    ];
    count_panics();
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        simulate(async move {
            let sim = nodes(1).credentials("user", "secret").start().await.unwrap();
            let builder = || {
                let timeout = ms(200);
                driver(&sim).protocol_version(version).credentials("user", "secret").connect_timeout(timeout)
            };
            session_of(builder()).await.close().await;
            let answers = sim.log().entries();
            for (step, answer) in steps {
                let wire = answers.iter().find_map(|entry| match entry.what {
                    What::Response { opcode, wire, .. } if opcode == answer => Some(wire),
                    _ => None,
                });
                for fault in (0..wire.expect("it was sent")).flat_map(faults) {
                    sim.clear_primes();
                    sim.prime(Prime::opcode(step).once(Reply::unprimed().with_fault(fault)));
                    let began = Instant::now();
                    match try_session(builder()).await {
                        Ok(session) => session.close().await,
                        Err(error) => {
                            let told =
                                matches!(error.kind(), ErrorKind::Connect(_) | ErrorKind::NoNodeAvailable);
                            assert!(told, "{step:?}, {fault:?}: {error:?}");
                        }
                    }
                    assert!(began.elapsed() < ms(1000), "{step:?}, {fault:?}: {:?}", began.elapsed());
                    settle().await;
                    assert_eq!((sim.connection_count(), panics()), (0, 0), "{step:?}, {fault:?}");
                }
                sim.clear_primes();
                session_of(builder()).await.close().await;
                sim.log().clear();
            }
        });
    }
}
