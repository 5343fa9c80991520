//! Requests as the execution sees them: something that encodes itself for a connection, as often as it is sent.

use super::Context;
use super::other_ids::OtherIds;
use crate::cql::is_conditional;
use crate::error::{Attempt, Error};
use crate::latest::Current;
use crate::observer::RequestText;
use crate::policy::{Policies, SpeculativeExecutionPolicy};
use crate::pool::Target;
use crate::result::{Answer, Origin, ResultColumns, fingerprint};
use crate::routing::Partitioner;
use crate::statement::{
    Batch, BatchContents, BatchType, EntryStatement, Options, Prepared, PreparedStatement, RareOptions,
    Source, StatementRef,
};
use bytes::Bytes;
use cql_protocol::frame::{Frame, Opcode};
use cql_protocol::request::{
    BatchKind, BatchParameters, BatchWriter, EncodeRequest, Parameters, Query, Values, ValuesShape,
};
use cql_protocol::types::ColumnSpec;
use cql_protocol::value::{BindRow, BoundValues, ValuesWriter};
use cql_protocol::wire::{BoundValue, Write};
use cql_protocol::{Consistency, ProtocolVersion, SerialConsistency};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The values of a request.
#[derive(Clone, Copy)]
pub(crate) enum Input<'a> {
    /// To be encoded when the request is.
    Row(&'a (dyn BindRow + Sync)),
    /// Encoded before, for the pages and repetitions of one statement.
    Encoded(&'a [u8], bool),
}

/// What a statement, its profile and the session say about one execution, resolved.
#[derive(Debug, Clone)]
pub(crate) struct Settings<'a> {
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: SerialConsistency,
    pub(crate) timeout: Duration,
    pub(crate) page_size: Option<i32>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) now_in_seconds: Option<i32>,
    pub(crate) idempotent: bool,
    pub(crate) tracing: bool,
    /// Whether it is a lightweight transaction.
    pub(crate) serial: bool,
    pub(crate) rare: Option<&'a RareOptions>,
    /// `None`: the built-in ones.
    pub(crate) policies: Option<Arc<Policies>>,
}

impl<'a> Settings<'a> {
    /// The settings of one execution of a statement.
    #[inline]
    pub(crate) fn of(statement: StatementRef<'a>, context: &Context) -> Result<Self, Error> {
        let mut settings = Settings::without_timestamp(statement, context)?;
        settings.timestamp = timestamp(statement, context);
        Ok(settings)
    }

    /// The settings of all executions of a statement, for each of which the timestamp is still to be set.
    #[inline]
    fn without_timestamp(statement: StatementRef<'a>, context: &Context) -> Result<Self, Error> {
        match statement {
            StatementRef::Text(_, options) => Settings::resolve(options, context),
            StatementRef::Prepared(prepared) => {
                let mut settings = Settings::resolve(prepared.options(), context)?;
                settings.serial |= prepared.shared().conditional;
                Ok(settings)
            }
        }
    }

    pub(crate) fn resolve(options: &'a Options, context: &Context) -> Result<Self, Error> {
        let profiles = context.profiles.get();
        let profile = match options.profile() {
            None => &profiles.default,
            Some(name) => profiles.named(name)?,
        };
        let consistency = options.consistency.unwrap_or(profile.consistency);
        Ok(Settings {
            consistency,
            serial_consistency: options.serial_consistency.unwrap_or(profile.serial_consistency),
            timeout: options.timeout.unwrap_or(profile.request_timeout),
            page_size: options.page_size.unwrap_or(profile.page_size),
            timestamp: options.timestamp,
            now_in_seconds: options.now_in_seconds,
            idempotent: options.idempotent,
            tracing: options.tracing,
            serial: matches!(consistency, Consistency::Serial | Consistency::LocalSerial),
            rare: options.rare.as_deref(),
            policies: profile.policies.clone(),
        })
    }

    /// The settings of one execution of a batch.
    pub(crate) fn of_batch(batch: &'a Batch, context: &Context) -> Result<Self, Error> {
        let mut settings = Settings::resolve(batch.options(), context)?;
        settings.timestamp = settings.timestamp.or_else(|| context.next_timestamp());
        settings.serial |= batch.contents().is_conditional();
        Ok(settings)
    }

    /// The keyspace of names that have none, where the statement says so.
    fn keyspace(&self) -> Option<&'a str> {
        self.rare?.keyspace.as_deref()
    }

    pub(crate) fn payload(&self) -> Option<&'a BTreeMap<String, Option<Bytes>>> {
        self.rare?.payload.as_ref()
    }

    /// Where it belongs although its values do not say so.
    pub(super) fn routing(&self) -> Option<Target<'a>> {
        let (keyspace, token) = self.rare?.routing.as_ref()?;
        Some(Target { keyspace, place: None, token: token.clone() })
    }

    /// The node it is to be executed on, if only one will do.
    #[inline]
    pub(crate) fn node(&self) -> Option<Uuid> {
        self.rare?.node
    }

    /// The policy that may begin further executions of it.
    pub(crate) fn speculation(&self) -> Option<&Arc<dyn SpeculativeExecutionPolicy>> {
        self.policies.as_ref()?.speculation.as_ref().filter(|_| self.idempotent && self.node().is_none())
    }

    fn parameters<'p>(&'p self, values: Values<'p>, paging_state: Option<&'p [u8]>) -> Parameters<'p> {
        let mut parameters = Parameters::new(self.consistency);
        parameters.values = values;
        parameters.page_size = self.page_size;
        parameters.paging_state = paging_state;
        parameters.serial_consistency = Some(self.serial_consistency);
        parameters.timestamp = self.timestamp;
        parameters.now_in_seconds = self.now_in_seconds;
        parameters.keyspace = self.keyspace();
        parameters
    }
}

/// The timestamp of an execution, one for all of its attempts: a retry must not overwrite what was written in between.
#[inline]
fn timestamp(statement: StatementRef<'_>, context: &Context) -> Option<i64> {
    let (options, reads) = match statement {
        StatementRef::Text(_, options) => (options, false),
        StatementRef::Prepared(prepared) => (prepared.options(), prepared.shared().reads),
    };
    if options.timestamp.is_none() && !reads { context.next_timestamp() } else { options.timestamp }
}

/// A request that can be sent any number of times.
pub(crate) enum Request<'a> {
    Query {
        text: &'a str,
        input: Input<'a>,
        paging_state: Option<&'a [u8]>,
    },
    Execute {
        prepared: &'a Prepared,
        columns: Current<'a, ResultColumns>,
        input: Input<'a>,
        paging_state: Option<&'a [u8]>,
        other_ids: OtherIds,
    },
    Batch(&'a BatchContents, OtherIds),
    Prepare(Source<'a>),
}

impl<'a> Request<'a> {
    #[inline]
    pub(crate) fn of(statement: StatementRef<'a>, input: Input<'a>, paging_state: Option<&'a [u8]>) -> Self {
        match statement {
            StatementRef::Text(text, _) => Request::Query { text, input, paging_state },
            StatementRef::Prepared(statement) => {
                let prepared = statement.shared();
                let columns = prepared.result.get();
                Request::Execute { prepared, columns, input, paging_state, other_ids: OtherIds::default() }
            }
        }
    }

    pub(crate) fn opcode(&self) -> Opcode {
        match self {
            Request::Query { .. } => Opcode::QUERY,
            Request::Execute { .. } => Opcode::EXECUTE,
            Request::Batch(..) => Opcode::BATCH,
            Request::Prepare(_) => Opcode::PREPARE,
        }
    }

    /// Appends the body; the range is where its values are, count included.
    #[inline]
    pub(crate) fn encode(
        &self,
        version: ProtocolVersion,
        settings: &Settings<'_>,
        out: &mut Vec<u8>,
    ) -> Result<Range<usize>, Error> {
        match self {
            Request::Execute { prepared, columns, input, paging_state, other_ids } => {
                other_ids.with_id(prepared, |id| out.write_short_bytes(id, "statement id"))?;
                encode_execute((prepared, columns), *input, *paging_state, (version, settings), out)
            }
            Request::Query { text, input, paging_state } => {
                encode_query(text, *input, *paging_state, (version, settings), out)
            }
            Request::Batch(contents, other_ids) => {
                encode_batch(contents, other_ids, (version, settings), out)
            }
            Request::Prepare(source) => {
                source.encode(version, out)?;
                Ok(0..0)
            }
        }
    }

    /// Where the request belongs. `body` is what [`Request::encode`] wrote, `values` the range it returned.
    #[inline]
    pub(crate) fn target(
        &self,
        partitioner: Option<Partitioner>,
        body: &[u8],
        values: Range<usize>,
    ) -> Result<Option<Target<'_>>, Error> {
        let Some(partitioner) = partitioner else { return Ok(None) };
        let (prepared, values): (&Prepared, &[u8]) = match self {
            Request::Execute { prepared, .. } => (*prepared, body.get(values).unwrap_or_default()),
            Request::Batch(contents, _) => match contents.iter().next() {
                Some((EntryStatement::Prepared(prepared), values)) => (&**prepared, values),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let Some(keyspace) = &prepared.routing_keyspace else { return Ok(None) };
        let token = partitioner
            .token_of_values(values, &prepared.partition_key)
            .map_err(|error| Error::invalid(format!("{error} in `{}`", prepared.text)))?;
        Ok(token.map(|token| Target { keyspace, place: Some(&prepared.keyspace_place), token }))
    }

    /// The columns the answer has, if the server was told that we know them.
    pub(crate) fn known_columns(&self) -> Option<&Arc<ResultColumns>> {
        match self {
            Request::Execute { columns, .. } => Some(columns.as_arc()),
            _ => None,
        }
    }

    /// What paging states of its results are bound to: the statement and its values.
    pub(crate) fn fingerprint(&self, version: ProtocolVersion) -> Result<u64, Error> {
        let (text, input, columns) = match self {
            Request::Query { text, input, .. } => (*text, *input, None),
            Request::Execute { prepared, input, .. } => {
                (&*prepared.text, *input, Some(&prepared.bind_columns))
            }
            Request::Batch(..) | Request::Prepare(_) => return Ok(0),
        };
        let row = match input {
            Input::Encoded(values, _) => return Ok(fingerprint(text, values)),
            Input::Row(row) => row,
        };
        let mut values = Vec::new();
        let _ = write_values(row, columns.map(|columns| &**columns), version, &mut values)?;
        Ok(fingerprint(text, &values))
    }

    /// The columns, unless they are those that the statement had at first.
    pub(crate) fn later_columns(&self) -> Option<&Arc<ResultColumns>> {
        match self {
            Request::Execute { columns, .. } => columns.later(),
            _ => None,
        }
    }

    /// Reads an answer to it. An error tells of the attempt.
    #[inline]
    pub(crate) fn understand(&self, frame: Frame, origin: &Origin) -> Result<Answer, Error> {
        Answer::decode(frame, origin, self.known_columns())
            .map_err(|error| error.at(origin.address).after(vec![Attempt::undecodable(origin.address)]))
    }

    /// How many prepared statements it consists of, for bounding how often they are prepared again.
    pub(crate) fn statements(&self) -> usize {
        match self {
            Request::Batch(contents, _) => contents.entries.len(),
            _ => 1,
        }
    }

    /// The prepared statements it consists of, and what it has learned of their ids.
    fn prepared(&self) -> (impl Iterator<Item = &'a Prepared> + use<'a>, Option<&OtherIds>) {
        let (one, batch, ids) = match self {
            Request::Execute { prepared, other_ids, .. } => (Some(*prepared), None, Some(other_ids)),
            Request::Batch(contents, other_ids) => (None, Some(*contents), Some(other_ids)),
            _ => (None, None, None),
        };
        let entries = batch.into_iter().flat_map(|contents| contents.iter());
        let of_batch = entries.filter_map(|(statement, _)| match statement {
            EntryStatement::Prepared(prepared) => Some(&**prepared),
            EntryStatement::Text(_) => None,
        });
        (one.into_iter().chain(of_batch), ids)
    }

    /// What the statement with that id was prepared from.
    pub(crate) fn source_of(&self, id: &Bytes) -> Option<Source<'a>> {
        let (mut statements, ids) = self.prepared();
        let ids = ids?;
        statements.find(|prepared| ids.is_of(prepared, id)).map(Prepared::source)
    }

    /// In words, for an error: the id that a statement was prepared with, and the other one that the node knows it by.
    pub(crate) fn ids_of(&self, id: &Bytes) -> (Arc<str>, Option<Arc<str>>) {
        let hex = |id: &Bytes| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
        let (Request::Execute { other_ids, .. } | Request::Batch(_, other_ids)) = self else {
            return (hex(id), None);
        };
        match other_ids.both(id) {
            Some((asked, other)) => (hex(asked), Some(hex(other))),
            None => (hex(id), None),
        }
    }

    /// Whether it has an `IF`.
    pub(crate) fn is_conditional(&self) -> bool {
        match self {
            Request::Query { text, .. } => is_conditional(text),
            Request::Execute { prepared, .. } => prepared.conditional,
            Request::Batch(contents, _) => contents.is_conditional(),
            Request::Prepare(_) => false,
        }
    }

    /// The same request, for another execution.
    pub(crate) fn again(&self) -> Request<'a> {
        match self {
            Request::Query { text, input, paging_state } => {
                Request::Query { text, input: *input, paging_state: *paging_state }
            }
            Request::Execute { prepared, columns, input, paging_state, .. } => Request::Execute {
                prepared,
                columns: columns.clone(),
                input: *input,
                paging_state: *paging_state,
                other_ids: OtherIds::default(),
            },
            Request::Batch(contents, _) => Request::Batch(contents, OtherIds::default()),
            Request::Prepare(source) => Request::Prepare(*source),
        }
    }

    /// Whether the statement with that id has these bind markers: the same table, names and types.
    pub(crate) fn has_markers(&self, id: &Bytes, columns: &[ColumnSpec]) -> bool {
        let (mut statements, ids) = self.prepared();
        ids.is_none_or(|ids| {
            statements.any(|prepared| ids.is_of(prepared, id) && *prepared.bind_columns == *columns)
        })
    }

    /// What it says, for logs and observers.
    pub(crate) fn text(&self) -> RequestText<'_> {
        match self {
            Request::Query { text, .. } => RequestText::Text(text),
            Request::Execute { prepared, .. } => RequestText::Prepared(&prepared.text),
            Request::Batch(contents, _) => RequestText::Batch(contents.iter().count()),
            Request::Prepare(source) => RequestText::Text(source.text),
        }
    }

    /// The keyspace of its table, where that is known.
    pub(crate) fn keyspace(&self) -> Option<&str> {
        match self {
            Request::Execute { prepared, .. } => prepared.routing_keyspace.as_deref(),
            _ => None,
        }
    }

    /// Whether it is a `USE`.
    pub(crate) fn changes_keyspace(&self) -> bool {
        match self {
            Request::Query { text, .. } => {
                text.trim_start().get(..4).is_some_and(|start| start.eq_ignore_ascii_case("use "))
            }
            _ => false,
        }
    }

    /// What the request has learned of the ids of its statements, if it can have any.
    pub(crate) fn other_ids(&mut self) -> Option<&mut OtherIds> {
        match self {
            Request::Execute { other_ids, .. } | Request::Batch(_, other_ids) => Some(other_ids),
            _ => None,
        }
    }

    /// It was executed: what it learned is of use to others.
    #[cold]
    pub(crate) fn keep_ids(&self) {
        if let (statements, Some(ids)) = self.prepared() {
            ids.keep(statements);
        }
    }

    /// A node that forgot a statement may have done so because its table was dropped; should there be another one of
    /// that name, the result has that one's columns. Before v5 nothing but the answer to PREPARE tells of it.
    pub(crate) fn learn_columns(&mut self, told: ResultColumns) {
        if let Request::Execute { prepared, columns, .. } = self {
            let told = Arc::new(told);
            prepared.result.replace(Arc::clone(&told));
            *columns = Current::Later(told);
        }
    }
}

/// A statement that is executed more than once: page after page, or with many values.
#[derive(Debug, Clone)]
pub(crate) enum OwnedStatement {
    Text(Box<str>, Options),
    Prepared(PreparedStatement),
}

impl From<StatementRef<'_>> for OwnedStatement {
    fn from(statement: StatementRef<'_>) -> Self {
        match statement {
            StatementRef::Text(text, options) => OwnedStatement::Text(text.into(), options.clone()),
            StatementRef::Prepared(prepared) => OwnedStatement::Prepared(prepared.clone()),
        }
    }
}

impl OwnedStatement {
    fn borrowed(&self) -> StatementRef<'_> {
        match self {
            OwnedStatement::Text(text, options) => StatementRef::Text(text, options),
            OwnedStatement::Prepared(prepared) => StatementRef::Prepared(prepared),
        }
    }

    /// Appends the values with their count; says whether they have names.
    pub(crate) fn encode_values(
        &self,
        row: &dyn BindRow,
        version: ProtocolVersion,
        out: &mut Vec<u8>,
    ) -> Result<bool, Error> {
        let columns = match self {
            OwnedStatement::Text(..) => None,
            OwnedStatement::Prepared(prepared) => Some(prepared.bind_columns()),
        };
        Ok(write_values(row, columns, version, out)?.named)
    }

    pub(crate) fn settings(&self, context: &Context) -> Result<Settings<'_>, Error> {
        Settings::of(self.borrowed(), context)
    }

    /// The columns of its result that were known at first, for a prepared one.
    pub(crate) fn first_columns(&self) -> Option<&Arc<ResultColumns>> {
        match self {
            OwnedStatement::Text(..) => None,
            OwnedStatement::Prepared(prepared) => Some(prepared.shared().result.first()),
        }
    }

    /// As [`OwnedStatement::settings`], for many executions: each has a timestamp of its own.
    pub(crate) fn settings_of_many(&self, context: &Context) -> Result<Settings<'_>, Error> {
        Settings::without_timestamp(self.borrowed(), context)
    }

    pub(crate) fn timestamp(&self, context: &Context) -> Option<i64> {
        timestamp(self.borrowed(), context)
    }

    pub(crate) fn text(&self) -> &str {
        self.borrowed().text()
    }

    pub(crate) fn request<'a>(&'a self, input: Input<'a>, paging_state: Option<&'a [u8]>) -> Request<'a> {
        Request::of(self.borrowed(), input, paging_state)
    }
}

type For<'a> = (ProtocolVersion, &'a Settings<'a>);

/// Appends the values with their count, for a prepared statement of these markers or, without any, for text.
#[inline]
fn write_values(
    row: &dyn BindRow,
    markers: Option<&[ColumnSpec]>,
    version: ProtocolVersion,
    out: &mut Vec<u8>,
) -> Result<BoundValues, Error> {
    let mut writer = ValuesWriter::new(out, version);
    match markers {
        Some(markers) => row.bind(markers, &mut writer)?,
        None => row.bind_untyped(&mut writer)?,
    }
    Ok(writer.finish())
}

#[inline]
fn encode_execute(
    (prepared, columns): (&Prepared, &ResultColumns),
    input: Input<'_>,
    paging_state: Option<&[u8]>,
    (version, settings): For<'_>,
    out: &mut Vec<u8>,
) -> Result<Range<usize>, Error> {
    if version.has_result_metadata_id() {
        out.write_short_bytes(columns.metadata_id.as_deref().unwrap_or_default(), "result metadata id")?;
    }
    let has_values = !prepared.bind_columns.is_empty();
    let mut parameters = settings.parameters(Values::NONE, paging_state);
    let shape = if has_values { ValuesShape::Positional } else { ValuesShape::None };
    parameters.skip_metadata = !prepared.needs_metadata && columns.columns.is_some();
    parameters.encode_before_values(version, shape, out)?;
    let start = out.len();
    match input {
        Input::Row(row) => {
            if has_values {
                // Values of prepared statements go by position.
                let _ = write_values(row, Some(&prepared.bind_columns), version, out)?;
            } else {
                check_no_values(row, version, out)?;
            }
        }
        Input::Encoded(values, _) if has_values => out.extend_from_slice(values),
        Input::Encoded(..) => {}
    }
    let end = out.len();
    parameters.encode_after_values(version, out)?;
    Ok(start..end)
}

/// Values for a statement that takes none are a mistake too.
fn check_no_values(
    row: &(dyn BindRow + Sync),
    version: ProtocolVersion,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let start = out.len();
    let _ = write_values(row, Some(&[]), version, out)?;
    out.truncate(start);
    Ok(())
}

fn encode_query(
    text: &str,
    input: Input<'_>,
    paging_state: Option<&[u8]>,
    (version, settings): For<'_>,
    out: &mut Vec<u8>,
) -> Result<Range<usize>, Error> {
    let mut encoded = Vec::new();
    let values = match input {
        Input::Row(row) => {
            let written = write_values(row, None, version, &mut encoded)?;
            values_of(&encoded, written.count.into(), written.named)
        }
        Input::Encoded(bytes, named) => values_of(bytes, usize::from(bytes.len() > 2), named),
    };
    Query::new(text, settings.parameters(values, paging_state)).encode(version, out)?;
    Ok(0..0)
}

fn values_of(encoded: &[u8], count: usize, named: bool) -> Values<'_> {
    match (count, named) {
        (0, _) => Values::NONE,
        (_, true) => Values::named(encoded),
        (_, false) => Values::positional(encoded),
    }
}

fn encode_batch(
    contents: &BatchContents,
    ids: &OtherIds,
    (version, settings): For<'_>,
    out: &mut Vec<u8>,
) -> Result<Range<usize>, Error> {
    let kind = match contents.batch_type {
        BatchType::Logged => BatchKind::LOGGED,
        BatchType::Unlogged => BatchKind::UNLOGGED,
        BatchType::Counter => BatchKind::COUNTER,
    };
    let mut writer = BatchWriter::begin(kind, version, out);
    for (statement, values) in contents.iter() {
        // Batches are filled before the version is known.
        if !version.has_unset()
            && Values::positional(values).iter().any(|value| matches!(value, Ok((_, BoundValue::Unset))))
        {
            return Err(Error::invalid("protocol v3 has no UNSET: bind a value or null"));
        }
        match statement {
            EntryStatement::Text(text) => writer.add_query(text, values)?,
            EntryStatement::Prepared(prepared) => {
                ids.with_id(prepared, |id| writer.add_prepared(id, values))?;
            }
        }
    }
    let mut parameters = BatchParameters::new(settings.consistency);
    parameters.serial_consistency = Some(settings.serial_consistency);
    parameters.timestamp = settings.timestamp;
    parameters.now_in_seconds = settings.now_in_seconds;
    parameters.keyspace = settings.keyspace();
    writer.finish(parameters)?;
    Ok(0..0)
}
