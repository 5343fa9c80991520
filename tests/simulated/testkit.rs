//! The simulated cluster itself: what is not seen at work in the tests of the driver.

use crate::support::{SELECT, driver, ms, nodes, one, session_of, settle, simulate};
use bytes::BytesMut;
use cql_protocol::frame::{Decoder, Direction, Header, MAX_BODY, StreamId, encode_frame};
use cql_protocol::request::{EncodeRequest, Parameters, Query, Startup};
use cql_protocol::response::Response;
use cql_testkit::{Consistency, ErrorCode, Gate, MemoryStream, Prime, ProtocolVersion, SimCluster, events};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn primes_can_be_for_a_pattern() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::regex(r"^SELECT .* LIMIT [0-9]+$").reply(one(1)));
        sim.prime(Prime::regex("users|groups").reply(one(2)));
        let session = session_of(driver(&sim)).await;
        for (text, value) in [("SELECT v FROM ks.t LIMIT 12", 1), ("SELECT v FROM ks.groups LIMIT 3", 2)] {
            let row = session.execute(text, ()).await.unwrap().single_row::<(i32,)>().unwrap();
            assert_eq!(row, (value,), "{text}");
        }
        assert!(session.execute("SELECT v FROM ks.t LIMIT x", ()).await.is_err());
    });
}

#[test]
fn primes_can_be_for_a_datacenter() {
    simulate(async {
        let sim = SimCluster::builder().dc("dc1", 1).dc("dc2", 1).in_memory().start().await.unwrap();
        let dc2 = sim.prime_datacenter("dc2", Prime::query("SELECT v FROM ks.t").reply(one(2)));
        sim.prime_datacenter("dc1", Prime::query("SELECT v FROM ks.t").reply(one(1)));
        for (datacenter, value) in [("dc1", 1), ("dc2", 2)] {
            let session = session_of(driver(&sim).local_datacenter(datacenter)).await;
            let row =
                session.execute("SELECT v FROM ks.t", ()).await.unwrap().single_row::<(i32,)>().unwrap();
            assert_eq!(row, (value,), "{datacenter}");
        }
        assert_eq!(dc2.hits(), 1);
    });
}

/// A client of few words, for what no driver does.
struct Client {
    stream: MemoryStream,
    decoder: Decoder,
}

impl Client {
    async fn connect(sim: &SimCluster, startup: Startup) -> Self {
        let stream = sim.network().dial(sim.node(0).address()).await.unwrap();
        let mut client = Client { stream, decoder: Decoder::new(Direction::Response, MAX_BODY) };
        client.send(0, &startup).await;
        assert_eq!(client.receive().await, (0, Response::Ready));
        client
    }

    async fn send(&mut self, stream: i16, request: &impl EncodeRequest) {
        let (mut body, mut frame) = (Vec::new(), Vec::new());
        request.encode(ProtocolVersion::V4, &mut body).unwrap();
        let stream = StreamId::new(stream);
        let header = Header::new(ProtocolVersion::V4, Direction::Request, request.opcode(), stream);
        encode_frame(header, &body, None, &mut frame).unwrap();
        self.stream.write_all(&frame).await.unwrap();
    }

    async fn query(&mut self, stream: i16, text: &str) {
        self.send(stream, &Query::new(text, Parameters::new(Consistency::One))).await;
    }

    async fn receive(&mut self) -> (i16, Response) {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                let (stream, opcode) = (frame.header.stream.get(), frame.header.opcode);
                let body = frame.into_body(None, MAX_BODY as usize).unwrap();
                return (stream, Response::decode(ProtocolVersion::V4, opcode, body).unwrap());
            }
            let buffer: &mut BytesMut = self.decoder.buffer();
            assert!(self.stream.read_buf(buffer).await.unwrap() > 0, "the connection ended");
        }
    }
}

const SLOW: &str = "SELECT v FROM ks.slow WHERE id = 1";

#[test]
fn a_client_that_wants_to_be_told_is_told_of_too_much() {
    simulate(async {
        let sim = nodes(1).max_bytes_in_flight(100).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SLOW).reply(one(1).when(&gate)));
        let startup = Startup::new().with(Startup::THROW_ON_OVERLOAD, "1");
        let mut client = Client::connect(&sim, startup).await;
        // A query of 34 characters takes 43 bytes.
        for stream in 1..=3 {
            client.query(stream, SLOW).await;
        }
        let (stream, response) = client.receive().await;
        let Response::Error(error) = response else { panic!("{response:?}") };
        assert_eq!((stream, error.code), (3, ErrorCode::OVERLOADED));
        gate.open();
        client.receive().await;
        client.receive().await;
        client.query(4, SLOW).await;
        assert!(matches!(client.receive().await, (4, Response::Result(_))));
    });
}

#[test]
fn of_other_clients_no_more_is_read_until_something_is_answered() {
    simulate(async {
        let sim = nodes(1).max_bytes_in_flight(100).start().await.unwrap();
        let gate = Gate::new();
        sim.prime(Prime::query(SLOW).reply(one(1).when(&gate)));
        let mut client = Client::connect(&sim, Startup::new()).await;
        for stream in 1..=5 {
            client.query(stream, SLOW).await;
        }
        settle().await;
        // The third was read, and waits for the first or second.
        sim.log().queries(SLOW).assert_count(3);
        gate.admit(1);
        settle().await;
        sim.log().queries(SLOW).assert_count(4);
        gate.open();
        for _ in 0..5 {
            assert!(matches!(client.receive().await.1, Response::Result(_)));
        }
        // The driver takes it for a slow server, no more.
        let session = session_of(driver(&sim)).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(Prime::query(SELECT).reply(one(1).after(ms(1))));
        let all = futures::future::join_all((0..200).map(|id| session.execute(&select, (id,)))).await;
        assert!(all.into_iter().all(|result| result.is_ok()));
    });
}

#[test]
fn events_can_come_twice_late_and_unasked_for() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session_of(driver(&sim)).await;
        let connections: Vec<_> = sim.nodes().iter().flat_map(cql_testkit::Node::connections).collect();
        let (up, down) = (events::up(sim.node(1).address()), events::down(sim.node(1).address()));
        for connection in &connections {
            for event in [&up, &down, &down, &up, &events::unknown("FULL_MOON"), &down] {
                connection.push(event);
            }
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(sim.connection_count(), 3);
        session.execute("INSERT INTO ks.t (id) VALUES (1)", ()).await.unwrap();
    });
}
