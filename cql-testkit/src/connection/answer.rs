//! Answers: those primed, and those a server gives by itself.

use super::{Conversation, Out, Stage};
use crate::cql;
use crate::reply::{Kind, Reply};
use crate::request::Received;
use crate::rows::Rows;
use crate::statements::{self, Description, Known};
use crate::sync::lock;
use crate::system;
use bytes::Bytes;
use cql_protocol::compression::Compression;
use cql_protocol::frame::{Flags, Prelude};
use cql_protocol::request::{AuthResponse, BatchText, Prepare, Register, Request, Startup};
use cql_protocol::response::{
    BindMetadata, CqlResult, ErrorCode, ErrorDetails, Prepared, Response, ResultMetadata, SchemaChange,
    SchemaChangeKind, SchemaTarget, ServerError,
};
use cql_protocol::types::ColumnSpec;
use cql_protocol::wire::BoundValue;
use std::sync::Arc;

const AUTHENTICATOR: &str = "org.apache.cassandra.auth.PasswordAuthenticator";

impl Conversation {
    /// Gives an answer when it is due.
    pub(super) async fn give(&self, request: Received, mut reply: Reply) {
        loop {
            for gate in &reply.gates {
                gate.pass().await;
            }
            if !reply.after.is_zero() {
                tokio::time::sleep(reply.after).await;
            }
            match &reply.kind {
                Kind::Computed(answer) => reply = answer(&request),
                _ => break,
            }
        }
        let to = (request.version(), request.stream());
        match &reply.kind {
            Kind::Default => {
                let (response, prelude) = self.unprimed(&request);
                reply.prelude.warnings.extend(prelude.warnings);
                reply.prelude.tracing_id = reply.prelude.tracing_id.or(prelude.tracing_id);
                match self.shared.settings.unprimed.clone() {
                    Some(other) if is_unprimed(&response) => Box::pin(self.give(request, other)).await,
                    _ => self.respond(&request, response, &reply),
                }
            }
            Kind::Response(response) => self.respond(&request, (**response).clone(), &reply),
            Kind::Rows { pages, conditional } => {
                let response = page(&request, pages, *conditional);
                self.respond(&request, response, &reply);
            }
            Kind::Body { opcode, body } => {
                self.send_body(to, (*opcode, Flags::EMPTY), body.to_vec(), &reply);
            }
            Kind::Raw(bytes) => self.link.send(Out::Raw(bytes.clone())),
            Kind::Nothing | Kind::Computed(_) => {}
            Kind::Close => self.link.send(Out::Close),
            Kind::HalfClose => self.link.send(Out::HalfClose),
            Kind::Reset => self.link.send(Out::Reset),
        }
    }

    /// Sends a response, and takes note of what it means for the connection.
    fn respond(&self, request: &Received, response: Response, reply: &Reply) {
        let accepted = match &response {
            Response::Ready => match request.message() {
                Ok(Request::Startup(startup)) => Some((startup, Stage::Ready)),
                Ok(Request::Register(register)) => {
                    lock(&self.link.phase).events.extend_from_slice(register.events());
                    None
                }
                _ => None,
            },
            Response::Authenticate { .. } => match request.message() {
                Ok(Request::Startup(startup)) => Some((startup, Stage::Authenticating)),
                _ => None,
            },
            Response::AuthSuccess(_) => {
                lock(&self.link.phase).stage = Stage::Ready;
                None
            }
            Response::Result(CqlResult::SetKeyspace(keyspace)) => {
                lock(&self.link.phase).keyspace = Some(keyspace.clone());
                None
            }
            _ => None,
        };
        self.send((request.version(), request.stream()), response, reply);
        if let Some((startup, stage)) = accepted {
            let compression = startup.compression().and_then(Compression::from_name);
            let mut phase = lock(&self.link.phase);
            phase.throws_on_overload = startup.throw_on_overload();
            (phase.stage, phase.version, phase.compression) = (stage, Some(request.version()), compression);
            self.link.send(Out::Enter(request.version(), compression));
        }
    }

    /// What a server would answer by itself.
    fn unprimed(&self, request: &Received) -> (Response, Prelude) {
        let message = match request.message() {
            Ok(message) => message,
            Err(error) => return (protocol_error(&error.to_string()), Prelude::default()),
        };
        let stage = lock(&self.link.phase).stage;
        #[cfg(feature = "engine")]
        if let (Stage::Ready, Some(engine)) = (stage, &self.shared.engine)
            && let Some(answer) = self.by_engine(engine, request, &message)
        {
            return answer;
        }
        (self.by_itself(request, stage, message), Prelude::default())
    }

    fn by_itself(&self, request: &Received, stage: Stage, message: Request<'_>) -> Response {
        match (stage, message) {
            (Stage::New | Stage::Ready, Request::Options) => self.supported(),
            (Stage::New, Request::Startup(startup)) => self.startup(request, &startup),
            (Stage::New, _) => protocol_error(&format!(
                "Unexpected message {:?}, expecting STARTUP or OPTIONS",
                request.opcode()
            )),
            (Stage::Authenticating, Request::AuthResponse(response)) => self.authenticate(response),
            (Stage::Authenticating, _) => {
                protocol_error(&format!("Unexpected message {:?}, expecting AUTH_RESPONSE", request.opcode()))
            }
            (Stage::Ready, Request::Register(register)) => registered(&register),
            (Stage::Ready, Request::Query(query)) => {
                let values = values(query.parameters.values.iter());
                self.execute(request, query.text, &values)
            }
            (Stage::Ready, Request::Prepare(prepare)) => self.prepare(request, prepare),
            (Stage::Ready, Request::Execute(execute)) => {
                let text = match lock(&self.node.statements).get(execute.id) {
                    Some(known) => Arc::clone(&known.text),
                    None => return unprepared(execute.id),
                };
                self.execute(request, &text, &values(execute.parameters.values.iter()))
            }
            (Stage::Ready, Request::Batch(batch)) => {
                let statements = lock(&self.node.statements);
                for statement in &batch.statements {
                    if let BatchText::Prepared(id) = statement.text
                        && statements.get(id).is_none()
                    {
                        return unprepared(id);
                    }
                }
                Response::Result(CqlResult::Void)
            }
            (Stage::Ready, _) => protocol_error(&format!(
                "Unexpected message {:?}, when the connection is already ready",
                request.opcode()
            )),
        }
    }

    fn supported(&self) -> Response {
        let topology = lock(&self.shared.topology);
        match topology.node(self.node.index) {
            Some(node) => Response::Supported(node.release.supported(node.newest_protocol)),
            None => protocol_error("the node is no more"),
        }
    }

    fn startup(&self, request: &Received, startup: &Startup) -> Response {
        if startup.cql_version().is_none() {
            return protocol_error("Missing value CQL_VERSION in STARTUP message");
        }
        if let Some(name) = startup.compression() {
            match Compression::from_name(name) {
                Some(Compression::Snappy) if request.version().has_segments() => {
                    return protocol_error("Snappy compression is not supported in protocol V5");
                }
                Some(compression) if compression.is_available() => {}
                Some(_) => return protocol_error("cql-testkit was built without this compression"),
                None => return protocol_error(&format!("Unknown compression algorithm: {name}")),
            }
        }
        match self.shared.settings.credentials {
            Some(_) => Response::Authenticate { class: AUTHENTICATOR.to_owned() },
            None => Response::Ready,
        }
    }

    fn authenticate(&self, response: AuthResponse<'_>) -> Response {
        let mut parts = response.token().unwrap_or_default().split(|byte| *byte == 0).skip(1);
        let (user, password) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let expected = self.shared.settings.credentials.as_ref();
        match expected {
            Some((name, secret)) if (user, password) != (name.as_bytes(), secret.as_bytes()) => {
                let message = format!(
                    "Provided username {} and/or password are incorrect",
                    String::from_utf8_lossy(user)
                );
                Response::Error(ServerError::new(ErrorCode::AUTHENTICATION_ERROR, message))
            }
            _ => Response::AuthSuccess(None),
        }
    }

    fn prepare(&self, request: &Received, prepare: Prepare<'_>) -> Response {
        let keyspace = prepare.keyspace.or(request.keyspace());
        let Some(description) = self.describe(prepare.text, keyspace) else {
            let text = format!(
                "cql-testkit does not know what `{}` binds: declare the statement or its table",
                prepare.text
            );
            return Response::Error(ServerError::new(ErrorCode::INVALID, text));
        };
        self.prepared(request, keyspace, Known::new(prepare.text, description))
    }

    /// Keeps a statement, and tells what there is to know of it.
    pub(super) fn prepared(&self, request: &Received, keyspace: Option<&str>, known: Known) -> Response {
        let Description { markers, key, columns } = known.description.clone();
        let result_id = known.result_id.clone();
        let id = lock(&self.node.statements).prepare(keyspace, known);
        let result = columns.map_or_else(ResultMetadata::default, ResultMetadata::new);
        let mut prepared = Prepared::new(id, BindMetadata::new(markers, key), result);
        if request.version().has_result_metadata_id() {
            prepared.result_metadata_id = Some(result_id);
        }
        Response::Result(CqlResult::Prepared(prepared))
    }

    fn describe(&self, text: &str, keyspace: Option<&str>) -> Option<Description> {
        let declared = lock(&self.shared.declared);
        if let Some(declared) = declared.iter().rev().find(|other| other.text.trim() == text.trim()) {
            return Some(declared.description());
        }
        drop(declared);
        let primed = self.shared.primes.columns_of(text);
        let topology = lock(&self.shared.topology);
        let table = |keyspace: &str, name: &str| {
            let declared =
                topology.tables.iter().find(|table| (&*table.keyspace, &*table.name) == (keyspace, name));
            declared.cloned().or_else(|| system::declaration(&topology, self.node.index, keyspace, name))
        };
        if let Some(description) = statements::describe(text, keyspace, table) {
            return Some(description);
        }
        let has_markers = cql::tokens(text).iter().any(|token| matches!(token, cql::Token::Marker(_)));
        (!has_markers).then(|| Description { markers: Arc::new([]), key: Box::default(), columns: primed })
    }

    /// A statement that nothing is primed for.
    fn execute(&self, request: &Received, text: &str, values: &[BoundValue<'_>]) -> Response {
        let selected = {
            let topology = lock(&self.shared.topology);
            system::select(&topology, self.node.index, (text, request.keyspace()), values)
        };
        match selected {
            Some(Ok(rows)) => return page(request, &[rows], false),
            Some(Err(error)) => return Response::Error(error),
            None => {}
        }
        let tokens = cql::tokens(text);
        let words: Vec<&str> = tokens.iter().filter_map(cql::Token::word).take(2).collect();
        match words[..] {
            ["use", keyspace] => self.use_keyspace(keyspace),
            ["insert" | "update" | "delete" | "begin" | "truncate", ..] => Response::Result(CqlResult::Void),
            ["create" | "alter" | "drop", ..] => schema_changed(&tokens, request.keyspace()),
            _ => {
                let text = format!("{UNPRIMED} `{text}`");
                Response::Error(ServerError::new(ErrorCode::INVALID, text))
            }
        }
    }

    fn use_keyspace(&self, keyspace: &str) -> Response {
        let topology = lock(&self.shared.topology);
        let exists =
            keyspace.starts_with("system") || topology.keyspaces.iter().any(|(name, _)| name == keyspace);
        if exists {
            return Response::Result(CqlResult::SetKeyspace(keyspace.to_owned()));
        }
        let message = format!("Keyspace '{keyspace}' does not exist");
        Response::Error(ServerError::new(ErrorCode::INVALID, message))
    }
}

const UNPRIMED: &str = "cql-testkit: nothing is primed for";

fn is_unprimed(response: &Response) -> bool {
    matches!(response, Response::Error(error) if error.message.starts_with(UNPRIMED))
}

pub(super) fn protocol_error(message: &str) -> Response {
    Response::Error(ServerError::new(ErrorCode::PROTOCOL_ERROR, message))
}

pub(super) fn unprepared(id: &[u8]) -> Response {
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let message = format!("Prepared query with ID {hex} not found");
    let details = ErrorDetails::Unprepared { id: Bytes::copy_from_slice(id) };
    Response::Error(ServerError::with_details(message, details))
}

fn registered(register: &Register) -> Response {
    match register.events().iter().find(|event| !event.is_known()) {
        Some(unknown) => protocol_error(&format!("Invalid value '{unknown}' for Type")),
        None => Response::Ready,
    }
}

fn values<'a, E>(
    values: impl Iterator<Item = Result<(Option<&'a str>, BoundValue<'a>), E>>,
) -> Vec<BoundValue<'a>> {
    values.filter_map(Result::ok).map(|(_, value)| value).collect()
}

/// One page of rows, its columns told or left out as a server does.
fn page(request: &Received, pages: &[Rows], conditional: bool) -> Response {
    let state = request.paging_state();
    let number = state
        .as_deref()
        .and_then(|state| state.first_chunk())
        .map_or(0, |number| usize::try_from(u32::from_be_bytes(*number)).unwrap_or(usize::MAX));
    let Some(rows) = pages.get(number) else {
        return protocol_error("Invalid value for the paging state");
    };
    let mut response = rows.to_response();
    if number + 1 < pages.len() {
        let next = u32::try_from(number + 1).unwrap_or(u32::MAX);
        response.metadata.paging_state = Some(Bytes::copy_from_slice(&next.to_be_bytes()));
    }
    leave_out_columns(request, rows.columns(), conditional, &mut response.metadata);
    Response::Result(CqlResult::Rows(response))
}

/// v5: columns are left out if the client has their id, and told with a new id if it has another. Before: if it asks.
fn leave_out_columns(
    request: &Received,
    columns: &Arc<[ColumnSpec]>,
    conditional: bool,
    metadata: &mut ResultMetadata,
) {
    let Ok(Request::Execute(execute)) = request.message() else { return };
    if conditional || request.text().is_some_and(statements::is_conditional) {
        return;
    }
    let id = statements::metadata_id(columns);
    match execute.result_metadata_id {
        Some(known) if known != id => metadata.new_metadata_id = Some(id),
        _ if execute.parameters.skip_metadata => metadata.columns = None,
        _ => {}
    }
}

/// The answer to DDL: `CREATE TABLE ks.t`, `DROP KEYSPACE IF EXISTS ks` …
fn schema_changed(tokens: &[cql::Token], keyspace: Option<&str>) -> Response {
    let is_noise = |token: &&cql::Token| {
        !["if", "not", "exists", "or", "replace", "materialized", "custom"]
            .iter()
            .any(|word| token.is_word(word))
    };
    let tokens: Vec<cql::Token> = tokens.iter().filter(is_noise).cloned().collect();
    let word = |at: usize| tokens.get(at).and_then(cql::Token::word).unwrap_or_default();
    let kind = match word(0) {
        "create" => SchemaChangeKind::CREATED,
        "drop" => SchemaChangeKind::DROPPED,
        _ => SchemaChangeKind::UPDATED,
    };
    let (of, name) = match cql::table_name(tokens.get(2..).unwrap_or_default()) {
        Some((of, name, _)) => (of.or(keyspace).unwrap_or_default().to_owned(), name.to_owned()),
        None => return protocol_error("what is created has no name"),
    };
    let target = match word(1) {
        "keyspace" => SchemaTarget::Keyspace { keyspace: name },
        "type" => SchemaTarget::Type { keyspace: of, name },
        "table" | "view" => SchemaTarget::Table { keyspace: of, name },
        _ => SchemaTarget::Keyspace { keyspace: of },
    };
    Response::Result(CqlResult::SchemaChange(SchemaChange::new(kind, target)))
}
