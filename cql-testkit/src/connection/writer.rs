//! The half of a connection that sends: frames, segments, and what is wrong with them.

use super::{Conversation, Out, OutFrame};
use crate::fault::{Chunking, Fault};
use crate::log::What;
use crate::network::WriteSide;
use crate::random::Random;
use crate::sync::lock;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Direction, HEADER_SIZE, Header, StreamId, encode_frame};
use cql_protocol::{ProtocolVersion, segment};
use std::io;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

/// Bytes that are written at a time, more or less.
const WRITE_SIZE: usize = 64 << 10;

/// How a connection ended from this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Reset,
}

pub(super) struct Writer {
    conversation: Conversation,
    side: WriteSide,
    outs: mpsc::UnboundedReceiver<Out>,
    encoder: segment::Encoder,
    /// Bytes of a segment's header; `None` before segments begin.
    segment_header: Option<usize>,
    /// Of bodies: v3 and v4.
    compression: Option<Compression>,
    random: Random,
}

impl Writer {
    pub(super) fn new(
        conversation: Conversation,
        side: WriteSide,
        outs: mpsc::UnboundedReceiver<Out>,
    ) -> Self {
        let random = Random::new(conversation.shared.settings.seed ^ conversation.link.id.rotate_left(32));
        Writer {
            conversation,
            side,
            outs,
            encoder: segment::Encoder::plain(),
            segment_header: None,
            compression: None,
            random,
        }
    }

    pub(super) fn into_side(self) -> WriteSide {
        self.side
    }

    pub(super) async fn serve(&mut self) -> End {
        loop {
            // The sender lives in the link, which lives as long as this task.
            let Some(mut out) = self.outs.recv().await else { return End::Closed };
            if let Out::Frame(frame) = &out
                && self.is_plain(frame)
            {
                match self.send_all(out).await {
                    Ok(Some(next)) => out = next,
                    Ok(None) => continue,
                    Err(_) => return End::Closed,
                }
            }
            let written = match out {
                Out::Frame(frame) => self.send(&frame).await,
                Out::Raw(bytes) => self.write(&bytes, None).await,
                Out::Enter(version, compression) => self.enter(version, compression),
                Out::HalfClose => self.side.shutdown().await,
                Out::Close => return End::Closed,
                Out::Reset => return End::Reset,
            };
            if written.is_err() {
                return End::Closed;
            }
        }
    }

    /// Whether nothing is special about how a frame is sent.
    fn is_plain(&self, frame: &OutFrame) -> bool {
        let chunking = frame.chunking.unwrap_or_else(|| *lock(&self.conversation.node.chunking));
        frame.faults.is_empty() && chunking == Chunking::Whole
    }

    /// Sends the frame and those that wait behind it in one write, up to one that is special, which it returns.
    async fn send_all(&mut self, first: Out) -> io::Result<Option<Out>> {
        let (mut bytes, mut sent) = (Vec::new(), Vec::new());
        let mut next = Some(first);
        while let Some(out) = next.take() {
            let Out::Frame(frame) = out else {
                next = Some(out);
                break;
            };
            if !self.is_plain(&frame) {
                next = Some(Out::Frame(frame));
                break;
            }
            let before = bytes.len();
            let plain = self.plain(&frame)?;
            self.encoder.push_frame(&mut bytes, &[&plain]);
            sent.push((frame.stream, frame.opcode, frame.body.len(), bytes.len() - before));
            if bytes.len() < WRITE_SIZE {
                next = self.outs.try_recv().ok();
            }
        }
        let unsealed = bytes.len();
        self.encoder.seal(&mut bytes);
        // Each bears its share of what segments and their compression make of all together.
        let mut left = bytes.len();
        let last = sent.len().saturating_sub(1);
        for (at, (.., wire)) in sent.iter_mut().enumerate() {
            *wire = if at == last { left } else { *wire * bytes.len() / unsealed.max(1) };
            left -= *wire;
        }
        self.side.write_all(&bytes).await?;
        self.side.flush().await?;
        for (stream, opcode, length, wire) in sent {
            self.note(What::Response { stream, opcode, length, wire });
        }
        Ok(next)
    }

    fn note(&self, what: What) {
        let link = &self.conversation.link;
        self.conversation.shared.log.add(link.node, link.id, what);
    }

    fn enter(&mut self, version: ProtocolVersion, compression: Option<Compression>) -> io::Result<()> {
        if !version.has_segments() {
            self.compression = compression;
            return Ok(());
        }
        self.encoder = segment::Encoder::segments(compression).map_err(io::Error::other)?;
        self.segment_header = Some(if compression.is_some() { 8 } else { 6 });
        Ok(())
    }

    async fn send(&mut self, frame: &OutFrame) -> io::Result<()> {
        let bytes = self.encode(frame)?;
        self.write(&bytes, frame.chunking).await?;
        if frame.faults.iter().any(|fault| matches!(fault, Fault::CloseAfter(_))) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.note(What::Response {
            stream: frame.stream,
            opcode: frame.opcode,
            length: frame.body.len(),
            wire: bytes.len(),
        });
        Ok(())
    }

    /// The frame, without segments around it.
    fn plain(&self, frame: &OutFrame) -> io::Result<Vec<u8>> {
        let stream = StreamId::new(frame.stream);
        let mut header = Header::new(ProtocolVersion::V4, Direction::Response, frame.opcode, stream)
            .with_flags(frame.flags);
        header.version_byte = frame.version_byte;
        let cut = |fault: &Fault| if let Fault::BodyCutTo(bytes) = fault { Some(*bytes) } else { None };
        let length = frame.faults.iter().find_map(cut).unwrap_or(usize::MAX);
        let body = frame.body.get(..length).unwrap_or(&frame.body);
        let mut plain = Vec::with_capacity(HEADER_SIZE + body.len());
        encode_frame(header, body, self.compression, &mut plain).map_err(io::Error::other)?;
        for fault in &frame.faults {
            patch(*fault, &mut plain);
        }
        Ok(plain)
    }

    fn encode(&mut self, frame: &OutFrame) -> io::Result<Vec<u8>> {
        let plain = self.plain(frame)?;
        let mut out = Vec::new();
        let times = if frame.faults.contains(&Fault::Twice) { 2 } else { 1 };
        for _ in 0..times {
            self.encoder.push_frame(&mut out, &[&plain]);
        }
        self.encoder.seal(&mut out);
        for fault in &frame.faults {
            let (broken, bits) = match (fault, self.segment_header) {
                (Fault::HeaderChecksum, Some(size)) => (out.get_mut(size - 1), 0xFF),
                (Fault::PayloadChecksum, Some(_)) => (out.last_mut(), 0xFF),
                (Fault::Flip { at, bits }, _) => (out.get_mut(*at), *bits),
                (Fault::CutTo(bytes) | Fault::CloseAfter(bytes), _) => {
                    out.truncate(*bytes);
                    (None, 0)
                }
                _ => (None, 0),
            };
            if let Some(byte) = broken {
                *byte ^= bits;
            }
        }
        Ok(out)
    }

    async fn write(&mut self, bytes: &[u8], chunking: Option<Chunking>) -> io::Result<()> {
        let chunking = chunking.unwrap_or_else(|| *lock(&self.conversation.node.chunking));
        let mut rest = bytes;
        while !rest.is_empty() {
            let (size, wait) = match chunking {
                Chunking::Split(first) if rest.len() == bytes.len() && first > 0 => (first, None),
                Chunking::Split(_) => (rest.len(), None),
                Chunking::Whole => (rest.len(), None),
                Chunking::Bytes(bytes) => (bytes, None),
                Chunking::Drip { bytes, every } => (bytes, Some(every)),
                Chunking::Random { most } => (1 + self.random.below(most), None),
            };
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
            let (now, later) = rest.split_at(size.clamp(1, rest.len()));
            self.side.write_all(now).await?;
            rest = later;
            if !rest.is_empty() {
                self.side.drained().await;
            }
        }
        self.side.flush().await
    }
}

fn patch(fault: Fault, frame: &mut [u8]) {
    let (at, bytes): (usize, &[u8]) = match fault {
        Fault::VersionByte(byte) => (0, &[byte]),
        Fault::Flags(flags) => (1, &[flags]),
        Fault::Stream(stream) => (2, &stream.to_be_bytes()),
        Fault::Opcode(opcode) => (4, &[opcode]),
        Fault::Length(length) => (5, &length.to_be_bytes()),
        _ => return,
    };
    if let Some(target) = frame.get_mut(at..at + bytes.len()) {
        target.copy_from_slice(bytes);
    }
}
