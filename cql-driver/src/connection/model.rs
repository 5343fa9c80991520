//! The orders in which callers and the connection's task can come to its lock, with at most two preemptions, tried by
//! loom: nobody waits for ever, nobody gets another's answer, and ids are conserved. `dev/model` runs it.
//!
//! The task here is the real one's skeleton: what it does with the lock, in the same order, and a server that answers at
//! once in place of a socket.

use super::in_flight::{Phase, State};
use super::{Connection, Handed, Outgoing, Place, Response, Status};
use crate::config::Limits;
use crate::error::ConnectionError;
use crate::result::Origin;
use crate::sync::{Mutex, lock};
use bytes::Bytes;
use cql_protocol::frame::{Decoder, Direction, Flags, Frame, Header, MAX_BODY, Opcode};
use cql_protocol::{ProtocolVersion, segment};
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::task::{Poll, Waker};
use tokio::sync::watch;

const VERSION: ProtocolVersion = ProtocolVersion::V4;
const TIMEOUT: u64 = 1 << 40;

fn connection(in_flight: u16) -> Arc<Connection> {
    let limits = Limits { in_flight, orphans: 256, pending: 1 << 20, request: 1 << 20 };
    Arc::new(Connection {
        state: Mutex::new(State::new(VERSION, segment::Encoder::plain(), limits)),
        opened: tokio::time::Instant::now(),
        origin: Origin {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 9042)),
            version: VERSION,
            body_compression: None,
            limit: 1 << 20,
        },
        load: AtomicU32::new(0),
        accepts: AtomicBool::new(true),
        stalled: AtomicBool::new(false),
        lost_events: AtomicBool::new(false),
        status: watch::Sender::new(Status::Open),
    })
}

/// The connection's task: waits for output as `Task::poll_next` does, takes it, and answers each request with its body.
fn serve(connection: &Connection) {
    let (mut out, mut encoder) = (Vec::new(), segment::Encoder::plain());
    let mut decoder = Decoder::new(Direction::Request, MAX_BODY);
    loop {
        let ended = loom::future::block_on(poll_fn(|cx| {
            let mut state = lock(&connection.state);
            if state.park_task(cx.waker()) {
                return Poll::Ready(false);
            }
            match &state.phase {
                Phase::Closed(_) => Poll::Ready(true),
                Phase::Draining(_) if state.is_drained(false) => Poll::Ready(true),
                _ => Poll::Pending,
            }
        }));
        if ended {
            return;
        }
        let mut wakes = Vec::new();
        out.clear();
        lock(&connection.state).take_output(&mut out, &mut encoder, &mut wakes);
        wakes.drain(..).for_each(Waker::wake);
        encoder.seal(&mut out);
        decoder.buffer().extend_from_slice(&out);
        let mut frames = Vec::new();
        while let Some(request) = decoder.next_frame().unwrap() {
            let header = Header::new(VERSION, Direction::Response, Opcode::RESULT, request.header.stream);
            frames.push(Frame::new(header, request.into_body(None, 64).unwrap()));
        }
        let mut state = lock(&connection.state);
        for frame in frames {
            // Of a connection that has been ended meanwhile nobody wants answers any more.
            assert!(state.complete(frame, &mut wakes) || matches!(state.phase, Phase::Closed(_)));
        }
        drop(state);
        wakes.into_iter().for_each(Waker::wake);
    }
}

/// Asks for an answer and checks that it is its own; `false` when the connection was closing.
async fn request(connection: &Arc<Connection>, body: &[u8]) -> bool {
    let out = Outgoing { opcode: Opcode::QUERY, flags: Flags::EMPTY, body };
    match connection.request(out, TIMEOUT).await {
        Ok(frame) => {
            assert_eq!(frame.into_body(None, 64).unwrap(), Bytes::copy_from_slice(body), "another's answer");
            true
        }
        Err(_) => false,
    }
}

/// What a caller has after one poll, to be dropped.
enum Begun {
    Waits(Place),
    Sent(Response),
    Over,
}

/// Hands a request in, looks once, and is gone.
fn give_up(connection: &Arc<Connection>) {
    let out = Outgoing { opcode: Opcode::QUERY, flags: Flags::EMPTY, body: b"gone" };
    let begun = loom::future::block_on(poll_fn(|cx| {
        Poll::Ready(match Arc::clone(connection).hand_in(out, cx, TIMEOUT, None) {
            Handed::InFlight(mut response) => match Pin::new(&mut response).poll(cx) {
                Poll::Ready(_) => Begun::Over,
                Poll::Pending => Begun::Sent(response),
            },
            Handed::Full(place) => Begun::Waits(place),
            Handed::Failed(..) => Begun::Over,
        })
    }));
    match begun {
        Begun::Waits(place) => drop(place),
        Begun::Sent(response) => drop(response),
        Begun::Over => {}
    }
}

fn explore(run: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    // Without a bound there are millions of orders; with three, one of these takes longer than five minutes.
    model.preemption_bound = Some(2);
    model.check(run);
}

fn spawn(
    connection: &Arc<Connection>,
    run: impl FnOnce(&Arc<Connection>) + 'static,
) -> loom::thread::JoinHandle<()> {
    let connection = Arc::clone(connection);
    loom::thread::spawn(move || run(&connection))
}

fn end(connection: &Connection, server: loom::thread::JoinHandle<()>) {
    connection.drain();
    server.join().unwrap();
    let state = lock(&connection.state);
    assert_eq!((state.in_flight(), state.orphans()), (0, 0), "ids that are not free");
}

#[test]
fn two_callers_share_one_id() {
    explore(|| {
        let connection = connection(1);
        let server = spawn(&connection, |connection| serve(connection));
        let other = spawn(&connection, |connection| {
            assert!(loom::future::block_on(request(connection, b"other")));
        });
        assert!(loom::future::block_on(request(&connection, b"one")));
        other.join().unwrap();
        end(&connection, server);
    });
}

#[test]
fn a_caller_that_is_gone_takes_no_id_and_no_turn_with_it() {
    explore(|| {
        let connection = connection(1);
        let server = spawn(&connection, |connection| serve(connection));
        let gone = spawn(&connection, give_up);
        assert!(loom::future::block_on(request(&connection, b"one")));
        gone.join().unwrap();
        // What the other one left is answered before this.
        assert!(loom::future::block_on(request(&connection, b"two")));
        end(&connection, server);
    });
}

#[test]
fn everybody_is_told_of_the_end() {
    explore(|| {
        let connection = connection(1);
        let server = spawn(&connection, |connection| serve(connection));
        let other = spawn(&connection, |connection| {
            let _ = loom::future::block_on(request(connection, b"other"));
        });
        let closer = spawn(&connection, |connection| connection.end(ConnectionError::Closed, true));
        let _ = loom::future::block_on(request(&connection, b"one"));
        other.join().unwrap();
        closer.join().unwrap();
        server.join().unwrap();
    });
}
