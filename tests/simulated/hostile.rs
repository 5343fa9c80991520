//! Nodes that send anything at all, and as much of it as they like.

use crate::support::{
    SELECT, backoff, count_panics, driver, echo, ms, nodes, panics, session_of, settle, simulate,
    simulate_seeds,
};
use cql_driver::ProtocolVersion;
use cql_testkit::{Fault, Node, Opcode, Prime, Random, Received, Reply};

/// Bytes of a body: noise, small numbers as counts and lengths are, and some that are huge.
fn noise(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.below(40) {
        match random.below(6) {
            0 => bytes.push(random.bits() as u8),
            1 => bytes.extend((random.below(6) as u16).to_be_bytes()),
            2 => bytes.extend((random.below(6) as i32).to_be_bytes()),
            3 => bytes.extend(i32::MAX.to_be_bytes()),
            4 => bytes.extend((-1 - random.below(3) as i32).to_be_bytes()),
            _ => bytes.extend(b"\0\x02ks"),
        }
    }
    bytes
}

fn anything(random: &mut Random) -> Reply {
    match random.below(9) {
        0 => Reply::raw(noise(random)),
        1 => Reply::body(Opcode::from_code(random.bits() as u8), noise(random)),
        // No SET_KEYSPACE (3): what a node says in earnest is believed.
        2 => Reply::body(
            Opcode::RESULT,
            [&[0, 0, 0, [0, 1, 2, 4, 5, 6, 7][random.below(7)]], &noise(random)[..]].concat(),
        ),
        3 => Reply::body(
            Opcode::ERROR,
            [&[0, 0, 0x10 + random.below(20) as u8, 0], &noise(random)[..]].concat(),
        ),
        4 => Reply::unprimed().with_fault(Fault::Flags(random.bits() as u8)),
        5 => Reply::unprimed().with_fault(Fault::Stream(random.bits() as i16)),
        6 => Reply::unprimed().with_fault(Fault::Length(random.bits() as u32)),
        7 => Reply::unprimed().with_fault(Fault::VersionByte(random.bits() as u8)),
        _ => Reply::unprimed().with_fault(Fault::CutTo(random.below(60))),
    }
}

#[test]
fn no_byte_from_the_network_panics() {
    count_panics();
    for &version in ProtocolVersion::ALL {
        simulate_seeds(40, |seed| async move {
            let sim = nodes(2).seed(seed).start().await.unwrap();
            sim.prime(echo());
            let builder = driver(&sim)
                .protocol_version(version)
                .connect_timeout(ms(300))
                .heartbeat(ms(100), ms(100))
                .reconnection(backoff(ms(1), ms(5)));
            let session = session_of(builder).await;
            let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(50));
            let random = std::sync::Mutex::new(Random::new(seed));
            // Handshakes, system tables, prepared statements and answers alike.
            sim.prime(Prime::matching(|_| true).reply(Reply::computed(move |_: &Received| {
                let mut random = random.lock().unwrap();
                if random.one_in(2) { anything(&mut random) } else { Reply::unprimed() }
            })));
            let mut random = Random::new(!seed);
            for id in 0..120 {
                let _ = session.execute(&select, (id,)).await;
                for connection in sim.nodes().iter().flat_map(Node::connections) {
                    if random.one_in(4) {
                        let event = [
                            &[0x80 | version.number(), 0, 0xFF, 0xFF, 0x0C, 0, 0, 0][..],
                            &noise(&mut random),
                        ]
                        .concat();
                        connection.send_raw(event);
                    }
                }
            }
            sim.clear_primes();
            sim.prime(echo());
            tokio::time::sleep(ms(2000)).await;
            let select = select.with_timeout(ms(5000));
            let result = session.execute(&select, (5,)).await.unwrap();
            assert_eq!(result.single_row::<(i32,)>().unwrap(), (5,));
            tokio::time::timeout(ms(60_000), session.close()).await.unwrap();
        });
    }
    assert_eq!(panics(), 0);
}

#[test]
fn what_a_node_claims_takes_no_memory() {
    let claims = [
        Reply::huge_counts(),
        Reply::body(Opcode::RESULT, [0, 0, 0, 2, 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF].to_vec()),
        Reply::body(Opcode::RESULT, [0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF].to_vec()),
        Reply::body(Opcode::RESULT, [0, 0, 0, 4, 0xFF, 0xFF, 1].to_vec()),
        Reply::compression_bomb(255 << 20),
        Reply::void().with_fault(Fault::Length(255 << 20)),
    ];
    for &version in ProtocolVersion::ALL {
        let claims = claims.clone();
        let allocated = allocation_counter::measure(|| {
            simulate(async move {
                let sim = nodes(1).start().await.unwrap();
                let session = session_of(driver(&sim).protocol_version(version)).await;
                let select = session.prepare(SELECT).await.unwrap().with_timeout(ms(100));
                for claim in claims {
                    sim.prime(Prime::query(SELECT).once(claim.clone()));
                    assert!(session.execute(&select, (1,)).await.is_err(), "{claim:?}");
                    tokio::time::sleep(ms(3000)).await;
                }
            });
        });
        assert!(allocated.bytes_max < 4 << 20, "{version}: {} bytes at once", allocated.bytes_max);
    }
}

#[test]
fn a_node_that_takes_nothing_fills_no_memory() {
    let allocated = allocation_counter::measure(|| {
        simulate(async {
            let sim = nodes(1).socket_buffer(1024).start().await.unwrap();
            let session = session_of(driver(&sim)).await;
            let text: String = format!("INSERT INTO ks.t (id) VALUES (1) -- {}", "x".repeat(60_000));
            sim.node(0).pause_reading();
            // A hundred MiB want out. Each waits with no more than the statement that all share.
            let text: std::sync::Arc<str> = text.into();
            let mut requests = tokio::task::JoinSet::new();
            for _ in 0..2000 {
                let (session, text) = (session.clone(), std::sync::Arc::clone(&text));
                requests.spawn(async move { drop(session.execute(&*text, ()).await) });
            }
            settle().await;
            requests.abort_all();
            while requests.join_next().await.is_some() {}
            session.close().await;
        });
    });
    assert!(allocated.bytes_max < 40 << 20, "{} bytes at once", allocated.bytes_max);
}

#[test]
fn a_response_above_the_limit_ends_the_connection_unread() {
    use cql_testkit::{ColumnType, Rows};
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let large = Rows::new([("v", ColumnType::Blob)]).row((vec![7_u8; 3 << 20],));
        sim.prime(Prime::query("SELECT v FROM ks.t").once(Reply::rows(large)));
        for &version in ProtocolVersion::ALL {
            let builder = driver(&sim).protocol_version(version).max_response_size(1 << 20);
            let session = session_of(builder).await;
            let rows = Rows::new([("v", ColumnType::Blob)]).row((vec![7_u8; 3 << 20],));
            sim.prime(Prime::query("SELECT v FROM ks.t").once(Reply::rows(rows)));
            let error = session.execute("SELECT v FROM ks.t", ()).await.unwrap_err();
            assert!(error.was_sent(), "{version}: {error}");
            session.close().await;
        }
    });
}
