//! The half of a connection that receives: frames to requests, and who answers them.

use super::in_flight::Taken;
use super::{Conversation, Out, OutFrame, Stage};
use crate::log::What;
use crate::network::ReadSide;
use crate::reply::Reply;
use crate::request::{Parts, Received};
use crate::sync::lock;
use cql_protocol::ProtocolVersion;
use cql_protocol::frame::{Decoder, Direction, Flags, Frame, MAX_BODY, Opcode, Prelude};
use cql_protocol::request::{BatchText, Request};
use cql_protocol::response::{CqlResult, ErrorCode, Response, ServerError};
use cql_protocol::types::ColumnSpec;
use cql_protocol::wire::Reader as Fields;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

/// Bytes of answers that have no rows, and of what stands before these; most need no more.
const SMALL: usize = 64;

/// The most a compressed request may become.
const LIMIT: usize = MAX_BODY as usize;

pub(super) struct Reader {
    conversation: Conversation,
    side: ReadSide,
    decoder: Decoder,
    segmented: bool,
    /// Answers that wait for their time.
    delayed: JoinSet<()>,
}

impl Reader {
    pub(super) fn new(conversation: Conversation, side: ReadSide) -> Self {
        let decoder = Decoder::new(Direction::Request, MAX_BODY);
        Reader { conversation, side, decoder, segmented: false, delayed: JoinSet::new() }
    }

    /// Serves until the client closes the connection.
    pub(super) async fn serve(&mut self) {
        let mut reading = self.conversation.link.reading.subscribe();
        loop {
            // The sender is in the link: there is no error.
            let _ = reading.wait_for(|reading| *reading).await;
            let read = tokio::select! {
                biased;
                _ = reading.wait_for(|reading| !*reading) => continue,
                read = self.side.read_buf(self.decoder.buffer()) => read,
            };
            if !matches!(read, Ok(1..)) {
                return;
            }
            loop {
                match self.decoder.next_frame() {
                    Ok(Some(frame)) => self.take(frame).await,
                    Ok(None) => break,
                    Err(error) => {
                        let error = ServerError::new(ErrorCode::PROTOCOL_ERROR, error.to_string());
                        self.conversation.refuse_and_close(error);
                        // The writer ends the connection when the error is out.
                        return std::future::pending().await;
                    }
                }
            }
            while self.delayed.try_join_next().is_some() {}
        }
    }

    async fn take(&mut self, frame: Frame) {
        let newest = self.conversation.newest_protocol();
        let Some(version) = frame.header.version().filter(|version| *version <= newest) else {
            return self.conversation.refuse_version(&frame);
        };
        let stream = frame.header.stream.get();
        let request = match self.conversation.receive(frame, version) {
            Ok(request) => request,
            Err(error) => {
                return self.conversation.send((version, stream), Response::Error(error), &Reply::unprimed());
            }
        };
        let conversation = self.conversation.clone();
        conversation.shared.log.add(request.node(), request.connection(), What::Request(request.clone()));
        let Some(taken) = conversation.take_bytes(&request).await else { return };
        let reply = conversation.reply_to(&request);
        let ready = lock(&conversation.link.phase).stage == Stage::Ready;
        if reply.is_immediate() || !ready {
            conversation.give(request, reply).await;
        } else {
            self.delayed.spawn(async move {
                conversation.give(request, reply).await;
                drop(taken);
            });
        }
        self.enter_segments();
    }

    /// Once STARTUP was accepted everything comes in segments.
    fn enter_segments(&mut self) {
        let phase = lock(&self.conversation.link.phase);
        let Some(version) = phase.version.filter(|_| !self.segmented && phase.stage != Stage::New) else {
            return;
        };
        self.segmented = true;
        self.decoder.set_version(Some(version));
        if version.has_segments() {
            self.decoder.enable_segments(phase.compression.is_some());
        }
    }
}

impl Conversation {
    fn newest_protocol(&self) -> ProtocolVersion {
        let topology = lock(&self.shared.topology);
        topology.node(self.node.index).map_or(ProtocolVersion::V3, |node| node.newest_protocol)
    }

    /// Waits until there is room for the request; `None` when the client was told instead that there is none.
    async fn take_bytes(&self, request: &Received) -> Option<Taken> {
        let limit = self.shared.settings.max_bytes_in_flight.unwrap_or(usize::MAX);
        let (bytes, in_flight) = (request.body().len(), &self.link.in_flight);
        if !lock(&self.link.phase).throws_on_overload {
            return Some(in_flight.wait(bytes, limit).await);
        }
        let taken = in_flight.take(bytes, limit);
        if taken.is_none() {
            let message = "Request breached global limit on bytes in flight";
            let error = Response::Error(ServerError::new(ErrorCode::OVERLOADED, message));
            self.send((request.version(), request.stream()), error, &Reply::unprimed());
        }
        taken
    }

    /// What was primed for it, or what a server does by itself.
    fn reply_to(&self, request: &Received) -> Reply {
        let is_in = |datacenter: &str| {
            let topology = lock(&self.shared.topology);
            topology.node(self.node.index).is_some_and(|node| node.datacenter == datacenter)
        };
        let primed = self.shared.primes.reply_to(request, is_in);
        primed.unwrap_or_else(Reply::unprimed).computed_for(request)
    }

    fn refuse_version(&self, frame: &Frame) {
        let newest = self.newest_protocol();
        let refusal = {
            let topology = lock(&self.shared.topology);
            let Some(node) = topology.node(self.node.index) else { return };
            node.release.refuse(&frame.header, newest)
        };
        let mut body = Vec::new();
        if Response::Error(refusal.error).encode(ProtocolVersion::V3, &mut body).is_ok() {
            self.link.send(Out::Frame(Box::new(OutFrame {
                version_byte: refusal.version_byte,
                flags: refusal.flags,
                stream: refusal.stream,
                opcode: Opcode::ERROR,
                body,
                faults: Vec::new(),
                chunking: None,
            })));
        }
    }

    fn refuse_and_close(&self, error: ServerError) {
        let version = lock(&self.link.phase).version.unwrap_or(ProtocolVersion::V4);
        self.send((version, 0), Response::Error(error), &Reply::unprimed());
        self.link.send(Out::Close);
    }

    /// Understands a frame as far as the log and conditions of primes need.
    fn receive(&self, frame: Frame, version: ProtocolVersion) -> Result<Received, ServerError> {
        let header = frame.header;
        let (compression, keyspace) = {
            let phase = lock(&self.link.phase);
            (phase.compression, phase.keyspace.clone())
        };
        let broken = |error: &dyn std::fmt::Display| {
            ServerError::new(ErrorCode::PROTOCOL_ERROR, format!("cannot read the request: {error}"))
        };
        let body = frame.into_body(compression, LIMIT).map_err(|error| broken(&error))?;
        let mut fields = Fields::new(&body);
        let prelude = Prelude::decode(&mut fields, &header).map_err(|error| broken(&error))?;
        let message = body.slice(fields.offset()..);
        let request = Request::decode(version, header.opcode, &message).map_err(|error| broken(&error))?;
        let (texts, markers) = self.texts_of(&request);
        let parts = Parts {
            node: self.node.index,
            connection: self.link.id,
            at: self.shared.log.elapsed(),
            version,
            stream: header.stream.get(),
            flags: header.flags,
            opcode: header.opcode,
            payload: prelude.custom_payload,
            keyspace,
            texts,
            markers,
            body: message.clone(),
        };
        Ok(Received::new(parts))
    }

    /// The statements of a request, those known by id among them. None at all when one is not known.
    fn texts_of(&self, request: &Request<'_>) -> (Vec<Arc<str>>, Option<Arc<[ColumnSpec]>>) {
        let statements = lock(&self.node.statements);
        match request {
            Request::Query(query) => (vec![query.text.into()], None),
            Request::Prepare(prepare) => (vec![prepare.text.into()], None),
            Request::Execute(execute) => match statements.get(execute.id) {
                Some(known) => (vec![Arc::clone(&known.text)], Some(Arc::clone(&known.description.markers))),
                None => (Vec::new(), None),
            },
            Request::Batch(batch) => {
                let text = |text: &BatchText<'_>| match text {
                    BatchText::Query(text) => Some((*text).into()),
                    BatchText::Prepared(id) => statements.get(id).map(|known| Arc::clone(&known.text)),
                    _ => None,
                };
                let texts: Option<Vec<_>> =
                    batch.statements.iter().map(|statement| text(&statement.text)).collect();
                (texts.unwrap_or_default(), None)
            }
            _ => (Vec::new(), None),
        }
    }

    /// Sends a message, with what the reply says beside it.
    pub(super) fn send(&self, (version, stream): (ProtocolVersion, i16), response: Response, reply: &Reply) {
        // Of other answers it grows, which a page of rows would many times.
        let data = if let Response::Result(CqlResult::Rows(rows)) = &response { rows.data.len() } else { 0 };
        let mut body = Vec::with_capacity(SMALL + data);
        let mut prelude = reply.prelude.clone();
        if !version.has_custom_payload() {
            (prelude.warnings, prelude.custom_payload) = (Vec::new(), None);
        }
        let flags = prelude.encode(version, Direction::Response, &mut body).unwrap_or(Flags::EMPTY);
        let start = body.len();
        let opcode = match response.encode(version, &mut body) {
            Ok(()) => response.opcode(),
            Err(error) => {
                body.truncate(start);
                let text = format!("the primed answer does not fit {version}: {error}");
                let response = Response::Error(ServerError::new(ErrorCode::SERVER_ERROR, text));
                let _ = response.encode(version, &mut body);
                Opcode::ERROR
            }
        };
        self.send_body((version, stream), (opcode, flags), body, reply);
    }

    pub(super) fn send_body(
        &self,
        (version, stream): (ProtocolVersion, i16),
        (opcode, flags): (Opcode, Flags),
        body: Vec<u8>,
        reply: &Reply,
    ) {
        self.link.send(Out::Frame(Box::new(OutFrame {
            version_byte: 0x80 | version.number(),
            flags,
            stream,
            opcode,
            body,
            faults: reply.faults.clone(),
            chunking: reply.chunking,
        })));
    }
}
