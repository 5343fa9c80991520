//! One connection: requests in, answers out. What is measured finds its answer ready; the rest is made as it is asked
//! for.

use super::answers::{Answers, Body, SELECTS};
use super::{Shared, lock, select};
use crate::failure::Failure;
use crate::statements::{PUT, columns};
use bytes::Bytes;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Decoder, Direction, Flags, Frame, Header, Opcode, StreamId};
use cql_protocol::request::{Execute, Request, Startup};
use cql_protocol::response::{
    BindMetadata, CqlResult, ErrorCode, ErrorDetails, Prepared, Response, ResultMetadata, ServerError,
    Supported,
};
use cql_protocol::wire::Reader;
use cql_protocol::{ProtocolVersion, segment};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest request that is taken.
const MAX_REQUEST: u32 = 16 << 20;

/// With more than this to be written, requests that were read wait: pages are large.
const ENOUGH_OUTPUT: usize = 4 << 20;

/// How ids of prepared statements begin; a number follows. They are as long as Cassandra's.
const ID_PREFIX: &[u8; 12] = b"null-server\0";
const PUT_NUMBER: u32 = 0;
const FIRST_SELECT_NUMBER: u32 = 1;
const FIRST_OTHER_NUMBER: u32 = 100;

pub(super) struct Conversation {
    shared: Arc<Shared>,
    decoder: Decoder,
    encoder: segment::Encoder,
    out: Vec<u8>,
    /// From STARTUP on.
    spoken: Option<Spoken>,
}

/// What client and server have agreed on.
struct Spoken {
    version: ProtocolVersion,
    /// Of bodies: in v5 segments are compressed instead.
    body_compression: Option<Compression>,
    answers: Arc<Answers>,
}

impl Conversation {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Conversation {
            shared,
            decoder: Decoder::new(Direction::Request, MAX_REQUEST),
            encoder: segment::Encoder::plain(),
            out: Vec::new(),
            spoken: None,
        }
    }

    /// Until the client goes.
    pub(super) async fn run(mut self, mut socket: TcpStream) -> Result<(), Failure> {
        loop {
            match socket.read_buf(self.decoder.buffer()).await {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                // A client that is killed says no goodbye.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            self.shared.reads.fetch_add(1, Relaxed);
            let mut more = true;
            while more {
                more = self.answer_some()?;
                self.encoder.seal(&mut self.out);
                socket.write_all(&self.out).await?;
                self.out.clear();
            }
        }
    }

    /// Answers what was read; `true` if some of it is left, because there is much to be written.
    fn answer_some(&mut self) -> Result<bool, Failure> {
        let mut requests = 0;
        while self.out.len() < ENOUGH_OUTPUT {
            let Some(frame) = self.decoder.next_frame()? else { break };
            requests += 1;
            self.answer(frame)?;
        }
        self.shared.requests.fetch_add(requests, Relaxed);
        Ok(self.out.len() >= ENOUGH_OUTPUT)
    }

    #[inline]
    fn answer(&mut self, frame: Frame) -> Result<(), Failure> {
        let header = frame.header;
        let Some(spoken) = &self.spoken else { return self.answer_before_startup(frame) };
        let body = frame.into_body(spoken.body_compression, MAX_REQUEST as usize)?;
        if header.opcode == Opcode::EXECUTE
            && let Some(ready) = spoken.executed(&body)?
        {
            let length = u32::try_from(ready.head.len() + ready.rest.len())?;
            let header =
                spoken.header(Opcode::RESULT, header.stream).with_flags(ready.flags).with_length(length);
            self.encoder.push_frame(&mut self.out, &[&header.encode(), &ready.head, &ready.rest]);
            return Ok(());
        }
        let version = spoken.version;
        let response = self.respond(version, header.opcode, &body)?;
        self.push(version, header.stream, &response)
    }

    /// OPTIONS and STARTUP come bare, in the version of their own header.
    #[cold]
    fn answer_before_startup(&mut self, frame: Frame) -> Result<(), Failure> {
        let stream = frame.header.stream;
        let Some(version) = frame.header.version() else {
            let error =
                ServerError::new(ErrorCode::PROTOCOL_ERROR, "Invalid or unsupported protocol version (5)");
            return self.push(ProtocolVersion::V5, stream, &Response::Error(error));
        };
        let request = Request::decode(version, frame.header.opcode, &frame.body)?;
        let Request::Startup(startup) = request else {
            let response = self.respond(version, frame.header.opcode, &frame.body)?;
            return self.push(version, stream, &response);
        };
        self.push(version, stream, &Response::Ready)?;
        self.start(version, &startup)
    }

    fn start(&mut self, version: ProtocolVersion, startup: &Startup) -> Result<(), Failure> {
        let compression = match startup.compression() {
            None => None,
            Some(name) if name.eq_ignore_ascii_case("lz4") => Some(Compression::Lz4),
            Some(name) => return Err(format!("the null server has no compression {name}").into()),
        };
        self.decoder.set_version(Some(version));
        if version.has_segments() {
            self.decoder.enable_segments(compression.is_some());
            self.encoder = segment::Encoder::segments(compression)?;
        }
        let body_compression = compression.filter(|_| !version.has_segments());
        let answers = self.shared.answers(version, body_compression.is_some())?;
        self.spoken = Some(Spoken { version, body_compression, answers });
        Ok(())
    }

    /// The answer to anything that is not measured. It is never compressed, which nothing demands.
    #[cold]
    fn respond(&self, version: ProtocolVersion, opcode: Opcode, body: &Bytes) -> Result<Response, Failure> {
        Ok(match Request::decode(version, opcode, body)? {
            Request::Options => Response::Supported(supported()),
            Request::Startup(_) | Request::Register(_) => Response::Ready,
            Request::Batch(_) => Response::Result(CqlResult::Void),
            Request::Query(query) => self.query(query.text),
            Request::Prepare(prepare) => self.prepare(version, prepare.text),
            Request::Execute(execute) => match self.text_of(execute.id) {
                Some(text) => self.query(&text),
                None => unprepared(execute.id),
            },
            _ => Response::Error(ServerError::new(
                ErrorCode::PROTOCOL_ERROR,
                "the null server has no such request",
            )),
        })
    }

    /// Executes a statement that is not measured; those that are must be prepared.
    fn query(&self, text: &str) -> Response {
        select::query(text, &self.shared.options, self.shared.address)
    }

    fn prepare(&self, version: ProtocolVersion, text: &str) -> Response {
        let key: Box<[u16]> = if version.has_partition_key_indexes() { [0].into() } else { Box::default() };
        let normal = select::normalized(text);
        let is = |known: &str| normal == select::normalized(known);
        let measured = (FIRST_SELECT_NUMBER..).zip(&SELECTS).find(|(_, select)| is(select.text));
        let (number, bind, result) = match measured {
            Some((number, select)) => {
                let columns = (select.columns)();
                let bind = match select.has_key {
                    true => BindMetadata::new(columns.iter().take(1).cloned().collect::<Arc<[_]>>(), key),
                    false => BindMetadata::new([], []),
                };
                (number, bind, ResultMetadata::new(columns))
            }
            None if is(PUT) => {
                (PUT_NUMBER, BindMetadata::new(columns(), key), ResultMetadata::without_columns(0))
            }
            None => match self.query(text) {
                Response::Result(result) => {
                    let metadata = match result {
                        CqlResult::Rows(rows) => rows.metadata,
                        _ => ResultMetadata::without_columns(0),
                    };
                    (self.number_of(text), select::markers(text), metadata)
                }
                refusal => return refusal,
            },
        };
        let id = Bytes::from([&ID_PREFIX[..], &number.to_be_bytes()].concat());
        let mut prepared = Prepared::new(id.clone(), bind, result);
        prepared.result_metadata_id = version.has_result_metadata_id().then_some(id);
        Response::Result(CqlResult::Prepared(prepared))
    }

    fn number_of(&self, text: &str) -> u32 {
        let mut prepared = lock(&self.shared.prepared);
        let at = prepared.iter().position(|known| known == text).unwrap_or_else(|| {
            prepared.push(text.to_owned());
            prepared.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX).saturating_add(FIRST_OTHER_NUMBER)
    }

    fn text_of(&self, id: &[u8]) -> Option<String> {
        let at = number(id)?.checked_sub(FIRST_OTHER_NUMBER)?;
        lock(&self.shared.prepared).get(usize::try_from(at).ok()?).cloned()
    }

    fn push(
        &mut self,
        version: ProtocolVersion,
        stream: StreamId,
        response: &Response,
    ) -> Result<(), Failure> {
        let mut body = Vec::new();
        response.encode(version, &mut body)?;
        let header = Header::new(version, Direction::Response, response.opcode(), stream)
            .with_flags(Flags::EMPTY)
            .with_length(u32::try_from(body.len())?);
        self.encoder.push_frame(&mut self.out, &[&header.encode(), &body]);
        Ok(())
    }
}

impl Spoken {
    #[inline]
    fn header(&self, opcode: Opcode, stream: StreamId) -> Header {
        Header::new(self.version, Direction::Response, opcode, stream)
    }

    /// The answer to one of the statements that are measured.
    #[inline]
    fn executed(&self, body: &[u8]) -> Result<Option<&Body>, Failure> {
        let id = Reader::new(body).short_bytes("prepared statement id")?;
        let Some(number) = number(id) else { return Ok(None) };
        let Some(select) = number.checked_sub(FIRST_SELECT_NUMBER) else {
            return Ok(Some(&self.answers.void));
        };
        let Some(selected) = self.answers.selected(select as usize) else { return Ok(None) };
        let parameters = Execute::decode(self.version, body)?.parameters;
        Ok(selected.page(parameters.skip_metadata, parameters.paging_state))
    }
}

/// The number in an id, if it is one of ours.
#[inline]
fn number(id: &[u8]) -> Option<u32> {
    let number = id.strip_prefix(ID_PREFIX)?;
    Some(u32::from_be_bytes(*number.first_chunk()?))
}

fn unprepared(id: &[u8]) -> Response {
    let details = ErrorDetails::Unprepared { id: Bytes::copy_from_slice(id) };
    Response::Error(ServerError::with_details("the null server knows no such id", details))
}

fn supported() -> Supported {
    Supported::new([
        (Supported::CQL_VERSION, vec!["3.4.7"]),
        (Supported::COMPRESSION, vec!["lz4"]),
        (Supported::PROTOCOL_VERSIONS, vec!["3/v3", "4/v4", "5/v5"]),
    ])
}
