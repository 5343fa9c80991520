//! Opens a connection: socket, TLS, handshake, keyspace, events; all within one budget of time.

use super::task::{Heartbeat, Task};
use super::{AbortOnDrop, Connection, Outgoing, Status, Stream, query, ticks};
use crate::auth::{AuthExchange, AuthRequest};
use crate::config::Config;
use crate::connection::in_flight::State;
use crate::error::{ConnectCause, ConnectError, ErrorKind, Stage};
use crate::result::Origin;
use crate::sync::Mutex;
use cql_protocol::frame::{self, Direction, Flags, Frame, Header, Opcode, StreamId};
use cql_protocol::handshake::{Action, Established, Handshake, HandshakeConfig, HandshakeError, Versions};
use cql_protocol::request::{EncodeRequest, Register, Startup};
use cql_protocol::response::Response;
use cql_protocol::segment;
use cql_protocol::{EventType, ProtocolVersion};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Where to connect to, and what for.
#[derive(Debug)]
pub(crate) struct ConnectRequest {
    pub(crate) address: SocketAddr,
    /// The version the session has settled on; `None` negotiates.
    pub(crate) version: Option<ProtocolVersion>,
    pub(crate) keyspace: Option<Arc<str>>,
    /// Where events go; the connection registers for them.
    pub(crate) events: Option<mpsc::Sender<Frame>>,
}

/// An open connection, ready for requests.
#[derive(Debug)]
pub(crate) struct Connected {
    pub(crate) connection: Arc<Connection>,
}

/// Opens a connection within the connect timeout.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub(crate) async fn connect(config: &Config, request: ConnectRequest) -> Result<Connected, ConnectError> {
    let address = request.address;
    let mut attempt =
        ConnectAttempt { config, address, stage: Stage::Tcp, end: Instant::now() + config.connect_timeout };
    attempt.run(request).await.map_err(|cause| ConnectError::at(address, cause))
}

struct ConnectAttempt<'c> {
    config: &'c Config,
    address: SocketAddr,
    stage: Stage,
    end: Instant,
}

impl ConnectAttempt<'_> {
    async fn run(&mut self, request: ConnectRequest) -> Result<Connected, ConnectCause> {
        let mut handshake = Handshake::new(self.handshake_config(request.version)).map_err(refusal)?;
        let mut version = handshake.first_version();
        let (stream, wire, established) = loop {
            let mut stream = self.open().await?;
            let mut wire = Wire::new(self.config.max_response);
            match self.shake_hands(&mut stream, &mut wire, &mut handshake, version).await? {
                Ok(established) => break (stream, wire, established),
                Err(lower) => {
                    tracing::debug!(node = %self.address, refused = %version, next = %lower, "protocol version refused");
                    version = lower;
                }
            }
        };
        let encoders = (encoder_of(&established)?, encoder_of(&established)?);
        let connection = self.start(stream, wire.decoder, encoders, &established, request.events.clone());
        let guard = AbortOnDrop::new(Arc::clone(&connection));
        self.stage = Stage::Setup;
        if let Some(keyspace) = &request.keyspace {
            self.set_keyspace(&connection, keyspace).await?;
        }
        if request.events.is_some() {
            self.register(&connection).await?;
        }
        guard.keep();
        Ok(Connected { connection })
    }

    fn handshake_config(&self, version: Option<ProtocolVersion>) -> HandshakeConfig {
        let mut startup = Startup::new();
        for (key, value) in &self.config.identity {
            startup.set(key, value);
        }
        let mut config = HandshakeConfig::default();
        config.versions = match version.or(self.config.version) {
            Some(version) => Versions::Exactly(version),
            None => Versions::UpTo(ProtocolVersion::V5),
        };
        config.compression = self.config.compression;
        config.startup = startup;
        config.authenticates = self.config.auth.is_some();
        config
    }

    /// One step, within what is left of the budget.
    async fn within<T>(
        &self,
        step: impl Future<Output = Result<T, ConnectCause>>,
    ) -> Result<T, ConnectCause> {
        match tokio::time::timeout_at(self.end, step).await {
            Ok(done) => done.map_err(|cause| match cause {
                ConnectCause::ClosedByPeer { .. } => ConnectCause::ClosedByPeer { stage: self.stage },
                other => other,
            }),
            Err(_) => Err(ConnectCause::TimedOut { stage: self.stage, budget: self.config.connect_timeout }),
        }
    }

    async fn open(&mut self) -> Result<Box<dyn Stream>, ConnectCause> {
        self.stage = Stage::Tcp;
        let stream = self.within(async { Ok(self.config.dialer.dial(self.address).await?) }).await?;
        #[cfg(feature = "rustls")]
        if let Some(tls) = &self.config.tls {
            self.stage = Stage::Tls;
            return self.within(super::tls::wrap(tls, stream, self.address)).await;
        }
        Ok(stream)
    }

    /// The whole exchange on one connection; the inner error is the version to try on another one.
    async fn shake_hands(
        &mut self,
        stream: &mut Box<dyn Stream>,
        wire: &mut Wire,
        handshake: &mut Handshake,
        version: ProtocolVersion,
    ) -> Result<Result<Established, ProtocolVersion>, ConnectCause> {
        self.stage = Stage::Startup;
        let mut exchange: Option<Box<dyn AuthExchange>> = None;
        let mut action = handshake.start(version);
        loop {
            action = match action {
                Action::Send { opcode, body } => {
                    let body = zeroize::Zeroizing::new(body);
                    let answer = self.within(wire.exchange(stream, version, opcode, &body)).await?;
                    let next = handshake.on_frame(answer);
                    if handshake.in_segments() {
                        wire.enter_segments(handshake)?;
                    }
                    next
                }
                Action::Authenticate { class } => {
                    self.stage = Stage::Authentication;
                    let mut begun = self.within(self.begin_authentication(&class)).await?;
                    let token = self.within(async { Ok(begun.initial().await?) }).await?;
                    exchange = Some(begun);
                    handshake.respond(token.bytes())
                }
                Action::Challenge { token } => {
                    let Some(begun) = &mut exchange else {
                        return Err(ConnectCause::Handshake("a challenge before AUTHENTICATE".into()));
                    };
                    let token = self.within(async { Ok(begun.challenge(token.as_deref()).await?) }).await?;
                    handshake.respond(token.bytes())
                }
                Action::Ready(established) => {
                    wire.decoder.set_version(Some(established.version));
                    match exchange {
                        Some(mut begun) => begun.success(established.auth_token.as_deref())?,
                        None => self.note_unasked(),
                    }
                    return Ok(Ok(established));
                }
                Action::Downgrade { to } => return Ok(Err(to)),
                Action::Fail(error) => return Err(refusal(error)),
                _ => return Err(ConnectCause::Handshake("an unknown step of the handshake".into())),
            };
        }
    }

    async fn begin_authentication(&self, class: &str) -> Result<Box<dyn AuthExchange>, ConnectCause> {
        let Some(auth) = &self.config.auth else {
            return Err(ConnectCause::Authentication(format!("it asks for {class}").into()));
        };
        Ok(auth.provider.begin(&AuthRequest::new(self.address, class)).await?)
    }

    fn note_unasked(&self) {
        if let Some(auth) = &self.config.auth
            && auth.is_first_unasked()
        {
            tracing::warn!(node = %self.address, "credentials are configured, but the node does not ask for them");
        }
    }

    /// Hands the socket to a task of its own.
    fn start(
        &self,
        stream: Box<dyn Stream>,
        decoder: frame::Decoder,
        encoders: (segment::Encoder, segment::Encoder),
        established: &Established,
        events: Option<mpsc::Sender<Frame>>,
    ) -> Arc<Connection> {
        let version = established.version;
        let origin = Origin {
            address: self.address,
            version,
            body_compression: established.compression.filter(|_| !version.has_segments()),
            limit: self.config.max_response as usize,
        };
        let connection = Arc::new(Connection {
            state: Mutex::new(State::new(version, encoders.0, self.config.limits)),
            opened: Instant::now(),
            origin,
            load: AtomicU32::new(0),
            accepts: AtomicBool::new(true),
            stalled: AtomicBool::new(false),
            lost_events: AtomicBool::new(false),
            status: watch::Sender::new(Status::Open),
        });
        let heartbeat = Heartbeat {
            interval: self.config.heartbeat_interval,
            timeout: self.config.heartbeat_timeout,
            probe_after: self.config.probe_after,
        };
        let task = Task::new(Arc::clone(&connection), stream, decoder, encoders.1, heartbeat, events);
        tokio::spawn(task.run());
        connection
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    async fn set_keyspace(
        &self,
        connection: &Arc<Connection>,
        keyspace: &Arc<str>,
    ) -> Result<(), ConnectCause> {
        let text = crate::cql::use_statement(keyspace);
        match query(connection, &text, self.left()).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.kind() {
                ErrorKind::Server(error) => ConnectCause::Keyspace {
                    keyspace: Arc::clone(keyspace),
                    message: error.message.as_str().into(),
                },
                ErrorKind::Timeout { .. } => {
                    ConnectCause::TimedOut { stage: self.stage, budget: self.config.connect_timeout }
                }
                _ => ConnectCause::ClosedByPeer { stage: self.stage },
            }),
        }
    }

    async fn register(&self, connection: &Arc<Connection>) -> Result<(), ConnectCause> {
        let mut body = Vec::new();
        Register::new([EventType::TOPOLOGY_CHANGE, EventType::STATUS_CHANGE, EventType::SCHEMA_CHANGE])
            .encode(connection.origin().version, &mut body)
            .map_err(|error| ConnectCause::Handshake(error.to_string().into()))?;
        let out = Outgoing { opcode: Opcode::REGISTER, flags: Flags::EMPTY, body: &body };
        let Ok(frame) = connection.request(out, ticks(self.left())).await else {
            return Err(ConnectCause::ClosedByPeer { stage: self.stage });
        };
        let origin = connection.origin();
        let opcode = frame.header.opcode;
        let body = frame
            .into_body(origin.body_compression, origin.limit)
            .map_err(|error| ConnectCause::Handshake(error.to_string().into()))?;
        match Response::decode(origin.version, opcode, body) {
            Ok(Response::Ready) => Ok(()),
            Ok(Response::Error(error)) => Err(ConnectCause::Handshake(error.to_string().into())),
            _ => Err(ConnectCause::Handshake("no READY to a REGISTER".into())),
        }
    }
}

/// What packs the frames of an open connection.
fn encoder_of(established: &Established) -> Result<segment::Encoder, ConnectCause> {
    match established.version.has_segments() {
        true => segment::Encoder::segments(established.compression)
            .map_err(|error| ConnectCause::Handshake(error.to_string().into())),
        false => Ok(segment::Encoder::plain()),
    }
}

fn refusal(error: HandshakeError) -> ConnectCause {
    let text = error.to_string().into();
    if error.is_authentication() { ConnectCause::Authentication(text) } else { ConnectCause::Handshake(text) }
}

/// The codec of a connection while its handshake lasts: one request, one answer.
struct Wire {
    decoder: frame::Decoder,
    encoder: segment::Encoder,
    segmented: bool,
}

impl Wire {
    fn new(max_response: u32) -> Self {
        let decoder = frame::Decoder::new(Direction::Response, max_response);
        Wire { decoder, encoder: segment::Encoder::plain(), segmented: false }
    }

    fn enter_segments(&mut self, handshake: &Handshake) -> Result<(), ConnectCause> {
        if self.segmented {
            return Ok(());
        }
        self.segmented = true;
        let compression = handshake.compression();
        self.decoder.enable_segments(compression.is_some());
        self.encoder = segment::Encoder::segments(compression)
            .map_err(|error| ConnectCause::Handshake(error.to_string().into()))?;
        Ok(())
    }

    async fn exchange(
        &mut self,
        stream: &mut Box<dyn Stream>,
        version: ProtocolVersion,
        opcode: Opcode,
        body: &[u8],
    ) -> Result<Frame, ConnectCause> {
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let header =
            Header::new(version, Direction::Request, opcode, StreamId::new(0)).with_length(length).encode();
        // It may hold a password.
        let mut out = zeroize::Zeroizing::new(Vec::new());
        self.encoder.push_frame(&mut out, &[&header, body]);
        self.encoder.seal(&mut out);
        let written = async {
            stream.write_all(&out).await?;
            stream.flush().await
        };
        if let Err(error) = written.await {
            // What the node said before it hung up is more to the point than that it did.
            return match self.read(stream).await {
                Err(ConnectCause::Io(_) | ConnectCause::ClosedByPeer { .. }) => Err(error.into()),
                told => told,
            };
        }
        self.read(stream).await
    }

    async fn read(&mut self, stream: &mut Box<dyn Stream>) -> Result<Frame, ConnectCause> {
        loop {
            if let Some(frame) = self.decoder.next_frame()? {
                return Ok(frame);
            }
            if stream.read_buf(self.decoder.buffer()).await? == 0 {
                return Err(ConnectCause::ClosedByPeer { stage: Stage::Startup });
            }
        }
    }
}
