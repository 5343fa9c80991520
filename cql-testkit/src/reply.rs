//! What a node answers to a request.

use crate::fault::{Chunking, Fault};
use crate::gate::Gate;
use crate::request::Received;
use crate::rows::Rows;
use bytes::Bytes;
use cql_protocol::frame::{Opcode, Prelude};
use cql_protocol::response::{CqlResult, ErrorCode, ErrorDetails, Response, SchemaChange, ServerError};
use cql_protocol::types::ColumnType;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// An answer: what, when, and what is wrong with it.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    pub(crate) kind: Kind,
    pub(crate) after: Duration,
    pub(crate) gates: Vec<Gate>,
    pub(crate) prelude: Prelude,
    pub(crate) faults: Vec<Fault>,
    pub(crate) chunking: Option<Chunking>,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Default,
    Response(Box<Response>),
    Rows { pages: Arc<[Rows]>, conditional: bool },
    Body { opcode: Opcode, body: Bytes },
    Raw(Bytes),
    Nothing,
    Close,
    HalfClose,
    Reset,
    Computed(Arc<dyn Fn(&Received) -> Reply + Send + Sync>),
}

impl Reply {
    fn of(kind: Kind) -> Self {
        Reply {
            kind,
            after: Duration::ZERO,
            gates: Vec::new(),
            prelude: Prelude::default(),
            faults: Vec::new(),
            chunking: None,
        }
    }

    /// What the node would answer if nothing was primed; for delays and faults on top of that.
    pub fn unprimed() -> Self {
        Reply::of(Kind::Default)
    }

    /// Any message.
    pub fn response(response: Response) -> Self {
        Reply::of(Kind::Response(Box::new(response)))
    }

    /// "Done."
    pub fn void() -> Self {
        Reply::response(Response::Result(CqlResult::Void))
    }

    /// Rows, all on one page.
    pub fn rows(rows: Rows) -> Self {
        Reply::pages([rows])
    }

    /// Rows on several pages. Which one is sent depends on the request's paging state; page size does not matter.
    pub fn pages(pages: impl IntoIterator<Item = Rows>) -> Self {
        Reply::of(Kind::Rows { pages: pages.into_iter().collect(), conditional: false })
    }

    /// The outcome of a conditional statement whose condition held.
    pub fn applied() -> Self {
        Reply::conditional(Rows::new([("[applied]", ColumnType::Boolean)]).row((true,)))
    }

    /// The outcome of a conditional statement: rows whose first column is `[applied]`. Their columns are always told.
    pub fn conditional(rows: Rows) -> Self {
        Reply::of(Kind::Rows { pages: Arc::new([rows]), conditional: true })
    }

    /// The answer to a change of the schema.
    pub fn schema_change(change: SchemaChange) -> Self {
        Reply::response(Response::Result(CqlResult::SchemaChange(change)))
    }

    /// An error.
    pub fn error(error: ServerError) -> Self {
        Reply::response(Response::Error(error))
    }

    /// An error of a code that has no fields.
    pub fn error_code(code: ErrorCode, message: &str) -> Self {
        Reply::error(ServerError::new(code, message))
    }

    /// An error of a code that has fields.
    pub fn error_details(details: ErrorDetails) -> Self {
        Reply::error(ServerError::with_details("primed", details))
    }

    /// A frame of any opcode and body.
    pub fn body(opcode: Opcode, body: impl Into<Bytes>) -> Self {
        Reply::of(Kind::Body { opcode, body: body.into() })
    }

    /// These bytes and nothing around them.
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Reply::of(Kind::Raw(bytes.into()))
    }

    /// No answer, ever.
    pub fn nothing() -> Self {
        Reply::of(Kind::Nothing)
    }

    /// The connection is closed instead.
    pub fn close() -> Self {
        Reply::of(Kind::Close)
    }

    /// The node says no more on this connection, but goes on reading.
    pub fn half_close() -> Self {
        Reply::of(Kind::HalfClose)
    }

    /// The connection is reset.
    pub fn reset() -> Self {
        Reply::of(Kind::Reset)
    }

    /// An answer that depends on the request.
    pub fn computed(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Reply::of(Kind::Computed(Arc::new(answer)))
    }

    /// A RESULT of rows that claims two billion rows and columns and has none.
    pub fn huge_counts() -> Self {
        let mut body = Vec::new();
        for number in [2, 0, i32::MAX, i32::MAX] {
            body.extend_from_slice(&number.to_be_bytes());
        }
        Reply::body(Opcode::RESULT, body)
    }

    /// A RESULT flagged as compressed that declares `length` bytes and has 16 (v3 and v4).
    pub fn compression_bomb(length: u32) -> Self {
        let mut body = length.to_be_bytes().to_vec();
        body.extend_from_slice(&[0; 16]);
        Reply::body(Opcode::RESULT, body).with_fault(Fault::Flags(1))
    }

    /// The same, so much later.
    pub fn after(mut self, delay: Duration) -> Self {
        self.after += delay;
        self
    }

    /// The same, when the gate lets it through.
    pub fn when(mut self, gate: &Gate) -> Self {
        self.gates.push(gate.clone());
        self
    }

    /// With a warning (v4 and newer).
    pub fn with_warning(mut self, text: &str) -> Self {
        self.prelude.warnings.push(text.to_owned());
        self
    }

    /// With a custom payload entry (v4 and newer).
    pub fn with_payload(mut self, key: &str, value: Option<Bytes>) -> Self {
        self.prelude.custom_payload.get_or_insert_default().insert(key.to_owned(), value);
        self
    }

    /// With the id of a trace.
    pub fn with_tracing_id(mut self, id: Uuid) -> Self {
        self.prelude.tracing_id = Some(id);
        self
    }

    /// With something wrong on the wire.
    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// In such chunks, whatever the node does otherwise.
    pub fn in_chunks(mut self, chunking: Chunking) -> Self {
        self.chunking = Some(chunking);
        self
    }

    /// What it comes to, as far as that is due now: later answers must not wait for one that is computed and late.
    pub(crate) fn computed_for(mut self, request: &Received) -> Self {
        while let (true, Kind::Computed(answer)) = (self.is_immediate(), &self.kind) {
            self = answer(request);
        }
        self
    }

    pub(crate) fn is_immediate(&self) -> bool {
        self.after.is_zero() && self.gates.is_empty()
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Default => f.write_str("Unprimed"),
            Kind::Response(response) => response.fmt(f),
            Kind::Rows { pages, .. } => write!(f, "{pages:?}"),
            Kind::Body { opcode, body } => write!(f, "{opcode:?} of {} bytes", body.len()),
            Kind::Raw(bytes) => write!(f, "{} bytes", bytes.len()),
            Kind::Nothing => f.write_str("Nothing"),
            Kind::Close => f.write_str("Close"),
            Kind::HalfClose => f.write_str("HalfClose"),
            Kind::Reset => f.write_str("Reset"),
            Kind::Computed(_) => f.write_str("Computed"),
        }
    }
}
