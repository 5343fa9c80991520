//! One client's connection to a node: what it has come to, and how a test acts on it.

mod answer;
#[cfg(feature = "engine")]
mod engine;
mod in_flight;
mod reader;
#[cfg(feature = "engine")]
mod trace;
mod writer;

use crate::fault::{Chunking, Fault};
use crate::log::What;
use crate::network::{Accepted, ReadSide, WriteSide};
use crate::prime::{Prime, Primed, Scope};
use crate::shared::{NodeState, Shared};
use crate::sync::{OwnedTask, lock};
use bytes::Bytes;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Flags, Opcode};
use cql_protocol::response::Event;
use cql_protocol::{EventType, ProtocolVersion};
use in_flight::InFlight;
use reader::Reader;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, watch};
use writer::{End, Writer};

/// A connection of a client to a node. It may have ended since.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) link: Arc<Link>,
}

impl Connection {
    /// Its number: connections of a cluster are counted from 0.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.link.id
    }

    /// The number of its node.
    #[must_use]
    pub fn node(&self) -> usize {
        self.link.node
    }

    /// Whether the client has registered for events: it is a control connection.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        !lock(&self.link.phase).events.is_empty()
    }

    /// The protocol version, once STARTUP was accepted.
    #[must_use]
    pub fn version(&self) -> Option<ProtocolVersion> {
        lock(&self.link.phase).version
    }

    /// The keyspace that `USE` has set.
    #[must_use]
    pub fn keyspace(&self) -> Option<String> {
        lock(&self.link.phase).keyspace.clone()
    }

    /// Answers requests of this connection; goes before what was primed earlier.
    pub fn prime(&self, prime: Prime) -> Primed {
        self.shared.primes.add(Scope::Connection(self.link.id), prime)
    }

    /// Pushes an event, registered for or not.
    pub fn push(&self, event: &Event) {
        self.link.push(event);
    }

    /// Pushes an event with something wrong on the wire.
    pub fn push_with_fault(&self, event: &Event, fault: Fault) {
        self.link.push_with(event, vec![fault]);
    }

    /// Sends bytes that answer nothing.
    pub fn send_raw(&self, bytes: impl Into<Bytes>) {
        self.link.send(Out::Raw(bytes.into()));
    }

    /// Closes it.
    pub fn close(&self) {
        self.link.send(Out::Close);
    }

    /// Says no more, but goes on reading.
    pub fn half_close(&self) {
        self.link.send(Out::HalfClose);
    }

    /// Resets it.
    pub fn reset(&self) {
        self.link.send(Out::Reset);
    }

    /// Reads no more, so that the client's writes come to a stop when the buffers between are full.
    pub fn pause_reading(&self) {
        self.link.reading.send_replace(false);
    }

    /// Reads again.
    pub fn resume_reading(&self) {
        self.link.reading.send_replace(true);
    }
}

/// What the parts of a connection and its node share.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) node: usize,
    out: mpsc::UnboundedSender<Out>,
    pub(crate) reading: watch::Sender<bool>,
    phase: Mutex<Phase>,
    in_flight: InFlight,
    task: Mutex<Option<OwnedTask>>,
}

/// How far a connection has come.
#[derive(Debug, Default)]
struct Phase {
    stage: Stage,
    version: Option<ProtocolVersion>,
    compression: Option<Compression>,
    /// Whether the client wants to be told when it sends too much.
    throws_on_overload: bool,
    keyspace: Option<String>,
    events: Vec<EventType>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Waits for STARTUP.
    #[default]
    New,
    /// Waits for a token.
    Authenticating,
    Ready,
}

/// Something for the writer to do, in order.
#[derive(Debug)]
enum Out {
    Frame(Box<OutFrame>),
    Raw(Bytes),
    /// STARTUP was accepted: what follows is in segments, or compressed.
    Enter(ProtocolVersion, Option<Compression>),
    HalfClose,
    Close,
    Reset,
}

#[derive(Debug)]
struct OutFrame {
    version_byte: u8,
    flags: Flags,
    stream: i16,
    opcode: Opcode,
    body: Vec<u8>,
    faults: Vec<Fault>,
    chunking: Option<Chunking>,
}

impl Link {
    fn send(&self, out: Out) {
        // An error means that the connection has ended.
        let _ = self.out.send(out);
    }

    pub(crate) fn wants(&self, event: &EventType) -> bool {
        lock(&self.phase).events.contains(event)
    }

    pub(crate) fn push(&self, event: &Event) {
        self.push_with(event, Vec::new());
    }

    fn push_with(&self, event: &Event, faults: Vec<Fault>) {
        let version = lock(&self.phase).version.unwrap_or(ProtocolVersion::V4);
        let mut body = Vec::new();
        if event.encode(version, &mut body).is_ok() {
            self.send(Out::Frame(Box::new(OutFrame {
                version_byte: 0x80 | version.number(),
                flags: Flags::EMPTY,
                stream: -1,
                opcode: Opcode::EVENT,
                body,
                faults,
                chunking: None,
            })));
        }
    }

    pub(crate) fn take_task(&self) -> Option<OwnedTask> {
        lock(&self.task).take()
    }
}

/// Serves a connection that was just accepted.
pub(crate) fn serve(shared: &Arc<Shared>, node: &Arc<NodeState>, accepted: Accepted) {
    // Held to the end: whoever does something to all connections finds this one whole, or not at all.
    let mut links = lock(&node.links);
    let (out, outs) = mpsc::unbounded_channel();
    let link = Arc::new(Link {
        id: shared.next_connection(),
        node: node.index,
        out,
        reading: watch::Sender::new(*lock(&node.serves)),
        phase: Mutex::default(),
        in_flight: InFlight::default(),
        task: Mutex::new(None),
    });
    links.insert(link.id, Arc::clone(&link));
    shared.log.add(node.index, link.id, What::Opened);
    let conversation =
        Conversation { shared: Arc::clone(shared), node: Arc::clone(node), link: Arc::clone(&link) };
    // Not within the task, which may be ended before it begins.
    let leave = Leave(conversation.clone());
    #[cfg(feature = "rustls")]
    if let Some(tls) = &shared.settings.tls {
        let (plain, encrypted) = tls.decrypt(accepted, shared.settings.socket_buffer);
        let (read, write) = plain.split();
        let task = OwnedTask::spawn(async move {
            tokio::join!(conversation.run(leave, read, write, outs), encrypted);
        });
        *lock(&link.task) = Some(task);
        return;
    }
    let (read, write) = accepted.split();
    let task = OwnedTask::spawn(conversation.run(leave, read, write, outs));
    *lock(&link.task) = Some(task);
}

/// Everything that serving one connection needs.
#[derive(Debug, Clone)]
struct Conversation {
    shared: Arc<Shared>,
    node: Arc<NodeState>,
    link: Arc<Link>,
}

/// Takes a connection out of its node's list, however it ends.
struct Leave(Conversation);

impl Drop for Leave {
    fn drop(&mut self) {
        let Conversation { shared, node, link } = &self.0;
        lock(&node.links).remove(&link.id);
        shared.log.add(node.index, link.id, What::Closed);
    }
}

impl Conversation {
    async fn run(self, leave: Leave, read: ReadSide, write: WriteSide, outs: mpsc::UnboundedReceiver<Out>) {
        // Bound first, so that it is dropped last: the socket is closed when the log says so.
        let _leave = leave;
        let mut writer = Writer::new(self.clone(), write, outs);
        let mut reader = Reader::new(self, read);
        let end = tokio::select! {
            biased;
            () = reader.serve() => End::Closed,
            end = writer.serve() => end,
        };
        if end == End::Reset {
            writer.into_side().reset();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SimCluster;
    use crate::memory::MemoryStream;

    #[tokio::test]
    async fn a_connection_can_be_closed_before_its_task_has_begun() {
        let sim = SimCluster::builder().in_memory().start().await.unwrap();
        let node = sim.node(0);
        let (_client, server) = MemoryStream::pair(64);
        serve(&node.shared, &node.state, Accepted::Memory(server));
        assert_eq!(node.connection_count(), 1);
        node.close_connections().await;
        assert_eq!(node.connection_count(), 0);
    }
}
