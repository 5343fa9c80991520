//! Several statements in one request.

use super::options::{Options, keyspace_methods, option_methods};
use super::{Executable, Prepared, StatementRef};
use crate::cql::is_conditional;
use crate::error::Error;
use cql_protocol::ProtocolVersion;
use cql_protocol::value::{BindRow, ValuesWriter};
use std::fmt;
use std::sync::Arc;

/// How a batch is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchType {
    /// All or nothing, by way of the batch log.
    Logged,
    /// No guarantee over several partitions; the cheap kind for one partition.
    Unlogged,
    /// Counter updates only.
    Counter,
}

/// Several statements executed by one request.
///
/// Values are encoded as they are added, so that mistakes show at once and nothing of the caller's stays borrowed.
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
/// use cql_driver::Batch;
///
/// let insert = session.prepare("INSERT INTO ks.t (id, v) VALUES (?, ?)").await?;
/// let mut batch = Batch::logged();
/// batch.add(&insert, (1, "a"))?.add(&insert, (2, "b"))?;
/// session.batch(&batch).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Batch {
    contents: BatchContents,
    options: Options,
}

/// The statements of a batch, their values encoded one after the other.
#[derive(Clone)]
pub(crate) struct BatchContents {
    pub(crate) batch_type: BatchType,
    pub(crate) entries: Vec<Entry>,
    pub(crate) values: Vec<u8>,
}

/// One statement of a batch and where its values end.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) statement: EntryStatement,
    pub(crate) values_end: usize,
}

#[derive(Clone)]
pub(crate) enum EntryStatement {
    Text(Box<str>),
    Prepared(Arc<Prepared>),
}

impl BatchContents {
    /// Whether one of its statements has an `IF`.
    pub(crate) fn is_conditional(&self) -> bool {
        self.entries.iter().any(|entry| match &entry.statement {
            EntryStatement::Text(text) => is_conditional(text),
            EntryStatement::Prepared(prepared) => prepared.conditional,
        })
    }
}

impl Batch {
    /// A batch that is applied as a whole or not at all.
    #[must_use]
    pub fn logged() -> Self {
        Batch::new(BatchType::Logged)
    }

    /// A batch without the batch log.
    #[must_use]
    pub fn unlogged() -> Self {
        Batch::new(BatchType::Unlogged)
    }

    /// A batch of counter updates.
    #[must_use]
    pub fn counter() -> Self {
        Batch::new(BatchType::Counter)
    }

    /// An empty batch.
    #[must_use]
    pub fn new(batch_type: BatchType) -> Self {
        let contents = BatchContents { batch_type, entries: Vec::new(), values: Vec::new() };
        Batch { contents, options: Options::default() }
    }

    /// Adds a statement with its values. The statement's own options are not used: a batch has one set for all.
    ///
    /// # Errors
    /// When the values do not fit the statement; the batch then is as before.
    pub fn add(&mut self, statement: impl Executable, values: impl BindRow) -> Result<&mut Self, Error> {
        let start = self.contents.values.len();
        match self.encode(&statement.as_executable(), &values) {
            Ok(entry) => {
                self.contents.entries.push(entry);
                Ok(self)
            }
            Err(error) => {
                self.contents.values.truncate(start);
                Err(error)
            }
        }
    }

    fn encode(&mut self, statement: &StatementRef<'_>, values: &dyn BindRow) -> Result<Entry, Error> {
        let mut writer = ValuesWriter::new(&mut self.contents.values, ProtocolVersion::V5);
        let statement = match statement {
            StatementRef::Text(text, _) => {
                values.bind_untyped(&mut writer)?;
                EntryStatement::Text((*text).into())
            }
            StatementRef::Prepared(prepared) => {
                values.bind(prepared.bind_columns(), &mut writer)?;
                EntryStatement::Prepared(Arc::clone(prepared.shared()))
            }
        };
        let written = writer.finish();
        if written.named {
            return Err(Error::invalid(
                "a batch takes values by position, not by name, for unprepared statements",
            ));
        }
        Ok(Entry { statement, values_end: self.contents.values.len() })
    }

    /// One of the same kind and options, without statements.
    pub(crate) fn emptied(&self) -> Self {
        Batch { options: self.options.clone(), ..Batch::new(self.contents.batch_type) }
    }

    /// Adds a statement whose values were encoded, and so checked, before.
    pub(crate) fn add_encoded(&mut self, prepared: &Arc<Prepared>, values: &[u8]) {
        self.contents.values.extend_from_slice(values);
        let statement = EntryStatement::Prepared(Arc::clone(prepared));
        self.contents.entries.push(Entry { statement, values_end: self.contents.values.len() });
    }

    /// How many statements it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.contents.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.contents.entries.is_empty()
    }

    pub(crate) fn contents(&self) -> &BatchContents {
        &self.contents
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    option_methods!();
    keyspace_methods!();
}

impl BatchContents {
    /// Each statement with its encoded values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&EntryStatement, &[u8])> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let values = self.values.get(start..entry.values_end).unwrap_or_default();
            start = entry.values_end;
            (&entry.statement, values)
        })
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("type", &self.contents.batch_type)
            .field("statements", &self.contents.entries.len())
            .field("options", &self.options)
            .finish()
    }
}
