//! What an execution gives back.

mod answer;
mod lwt;
mod paging_state;

pub(crate) use answer::Answer;
pub use lwt::Lwt;
pub use paging_state::PagingState;
pub(crate) use paging_state::fingerprint;

use crate::error::{Attempt, Error, ErrorKind};
use bytes::Bytes;
use cql_protocol::compression::Compression;
use cql_protocol::response::{Prepared, SchemaChange};
use cql_protocol::types::ColumnSpec;
use cql_protocol::value::{FromRow, RowIter};
use cql_protocol::{Consistency, ProtocolVersion};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use uuid::Uuid;

/// The answer to one execution: rows, or that it was done; and what the node said besides.
///
/// Rows are decoded when they are asked for, and can borrow from the result. It holds on to a slice of the network
/// buffer that brought it, so that what is kept for long is better kept decoded.
#[derive(Clone)]
pub struct QueryResult {
    contents: Contents,
    coordinator: SocketAddr,
    /// What most answers lack.
    extras: Option<Box<Extras>>,
}

#[derive(Clone)]
enum Contents {
    Void,
    Rows(Page),
    SetKeyspace(Arc<str>),
    SchemaChange(Box<SchemaChange>),
}

/// One page of rows.
#[derive(Clone)]
struct Page {
    columns: Arc<[ColumnSpec]>,
    rows_count: usize,
    data: Bytes,
    /// Boxed, as most results are one page and are moved about.
    paging_state: Option<Box<PagingState>>,
}

#[derive(Clone, Default)]
struct Extras {
    tracing_id: Option<Uuid>,
    warnings: Vec<String>,
    custom_payload: Option<BTreeMap<String, Option<Bytes>>>,
    changed_columns: Option<Arc<ResultColumns>>,
    schema_agreed: Option<bool>,
    attempts: Vec<Attempt>,
    downgraded_to: Option<Consistency>,
    executions: Option<Executions>,
}

/// How many speculative executions there were, and which of them gave the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Executions {
    pub(crate) begun: u32,
    pub(crate) winner: u32,
}

/// The columns of a result and the id under which servers know them (v5).
#[derive(Debug)]
pub(crate) struct ResultColumns {
    pub(crate) metadata_id: Option<Bytes>,
    pub(crate) columns: Option<Arc<[ColumnSpec]>>,
}

impl ResultColumns {
    /// As an answer to PREPARE tells them.
    pub(crate) fn of(prepared: &Prepared) -> Self {
        ResultColumns {
            metadata_id: prepared.result_metadata_id.clone(),
            columns: prepared.result.columns.clone().filter(|columns| !columns.is_empty()),
        }
    }
}

/// Where an answer came from, as far as understanding it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    pub(crate) version: ProtocolVersion,
    /// How bodies are compressed: in v5 not at all, segments are.
    pub(crate) body_compression: Option<Compression>,
    /// Bytes an uncompressed body may have.
    pub(crate) limit: usize,
}

impl QueryResult {
    /// Iterates over the rows of this page, decoding each as it comes. Checked once against the columns.
    ///
    /// ```no_run
    /// # fn example(result: cql_driver::QueryResult) -> Result<(), cql_driver::Error> {
    /// for row in result.rows::<(i32, &str)>()? {
    ///     let (id, name) = row?;
    ///     println!("{id}: {name}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the columns do not fit `R`, or the answer holds no rows.
    pub fn rows<'r, R: FromRow<'r>>(&'r self) -> Result<RowIter<'r, R>, Error> {
        let page = self.page()?;
        Ok(RowIter::new(&page.columns, &page.data, page.rows_count)?)
    }

    /// As [`QueryResult::rows`], behind so many rows that take so many bytes.
    pub(crate) fn rows_after<'r, R: FromRow<'r>>(
        &'r self,
        (rows, bytes): (usize, usize),
    ) -> Result<RowIter<'r, R>, Error> {
        let page = self.page()?;
        let data = page.data.get(bytes..).unwrap_or_default();
        Ok(RowIter::new(&page.columns, data, page.rows_count.saturating_sub(rows))?)
    }

    /// Bytes of the rows.
    pub(crate) fn data_len(&self) -> usize {
        self.page().map_or(0, |page| page.data.len())
    }

    /// The first row of this page, if there is one.
    ///
    /// # Errors
    /// When the columns do not fit `R`, the row cannot be decoded, or the answer holds no rows.
    pub fn first_row<'r, R: FromRow<'r>>(&'r self) -> Result<Option<R>, Error> {
        Ok(self.rows()?.next().transpose()?)
    }

    /// The row of a result that has exactly one.
    ///
    /// # Errors
    /// As [`QueryResult::first_row`], and when there is another number of rows.
    pub fn single_row<'r, R: FromRow<'r>>(&'r self) -> Result<R, Error> {
        let mut rows = self.rows()?;
        match (rows.next(), self.rows_count()) {
            (Some(row), 1) => Ok(row?),
            (_, found) => Err(Error::new(ErrorKind::RowCount { expected: "one row", found })),
        }
    }

    /// How many rows this page has; 0 for what returns none.
    #[must_use]
    pub fn rows_count(&self) -> usize {
        match &self.contents {
            Contents::Rows(page) => page.rows_count,
            _ => 0,
        }
    }

    /// Whether the answer is rows, be it none, rather than "done".
    #[must_use]
    pub fn has_rows(&self) -> bool {
        matches!(self.contents, Contents::Rows(_))
    }

    /// The columns of the rows; empty for what returns none.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSpec] {
        match &self.contents {
            Contents::Rows(page) => &page.columns,
            _ => &[],
        }
    }

    /// Where the next page begins, if there is one.
    #[must_use]
    pub fn paging_state(&self) -> Option<PagingState> {
        match &self.contents {
            Contents::Rows(page) => page.paging_state.as_deref().cloned(),
            _ => None,
        }
    }

    /// What became of a conditional statement.
    ///
    /// `R` is read from the columns behind `[applied]`: for `IF NOT EXISTS` the whole row, its key first and then the
    /// other columns by name; for other conditions the columns they name. Of a batch it is the first row; all of them
    /// are there by [`QueryResult::rows`].
    ///
    /// # Errors
    /// When the statement was not conditional, or the existing values do not fit `R`.
    pub fn lwt<'r, R: FromRow<'r>>(&'r self) -> Result<Lwt<R>, Error> {
        let page = self.page()?;
        lwt::decode(&page.columns, &page.data, page.rows_count)
    }

    /// The node that answered.
    #[must_use]
    pub fn coordinator(&self) -> SocketAddr {
        self.coordinator
    }

    /// What the server warned of.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.extras.as_ref().map_or(&[], |extras| &extras.warnings)
    }

    /// The id of the trace, if tracing was asked for.
    #[must_use]
    pub fn tracing_id(&self) -> Option<Uuid> {
        self.extras.as_ref()?.tracing_id
    }

    /// The custom payload, if the server sent one.
    #[must_use]
    pub fn custom_payload(&self) -> Option<&BTreeMap<String, Option<Bytes>>> {
        self.extras.as_ref()?.custom_payload.as_ref()
    }

    /// For a change of the schema: whether all nodes had it when the call returned. `None` for other results.
    #[must_use]
    pub fn schema_agreed(&self) -> Option<bool> {
        self.extras.as_ref()?.schema_agreed
    }

    /// What was tried before the node that answered, in order; empty when the first attempt succeeded.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        self.extras.as_ref().map_or(&[], |extras| &extras.attempts)
    }

    /// The level that was used in the end, if a retry policy lowered it.
    #[must_use]
    pub fn downgraded_to(&self) -> Option<Consistency> {
        self.extras.as_ref()?.downgraded_to
    }

    /// How many executions were begun: one, and those that a
    /// [`SpeculativeExecutionPolicy`](crate::policy::SpeculativeExecutionPolicy) added.
    #[must_use]
    pub fn executions(&self) -> u32 {
        self.extras.as_ref().and_then(|extras| extras.executions).map_or(1, |executions| executions.begun)
    }

    /// Which of the executions gave this result, from 0.
    #[must_use]
    pub fn winner(&self) -> u32 {
        self.extras.as_ref().and_then(|extras| extras.executions).map_or(0, |executions| executions.winner)
    }

    /// What was changed, if the statement changed the schema.
    #[must_use]
    pub fn schema_change(&self) -> Option<&SchemaChange> {
        match &self.contents {
            Contents::SchemaChange(change) => Some(change),
            _ => None,
        }
    }

    fn page(&self) -> Result<&Page, Error> {
        match &self.contents {
            Contents::Rows(page) => Ok(page),
            _ => Err(Error::new(ErrorKind::UnexpectedResponse("the statement returns no rows"))),
        }
    }

    /// Whether further pages follow.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        matches!(&self.contents, Contents::Rows(page) if page.paging_state.is_some())
    }

    /// Binds the place where the next page begins to its statement and values.
    pub(crate) fn bind_paging(&mut self, fingerprint: u64) {
        if let Contents::Rows(Page { paging_state: Some(state), .. }) = &mut self.contents {
            state.bind(fingerprint);
        }
    }

    /// Whether the session has to take note of it.
    pub(crate) fn changes_session(&self) -> bool {
        matches!(self.contents, Contents::SetKeyspace(_) | Contents::SchemaChange(_))
    }

    pub(crate) fn keyspace_set(&self) -> Option<&Arc<str>> {
        match &self.contents {
            Contents::SetKeyspace(keyspace) => Some(keyspace),
            _ => None,
        }
    }

    pub(crate) fn set_history(&mut self, attempts: Vec<Attempt>, downgraded_to: Option<Consistency>) {
        let extras = self.extras.get_or_insert_default();
        extras.attempts = attempts;
        extras.downgraded_to = downgraded_to;
    }

    pub(crate) fn set_executions(&mut self, executions: Executions) {
        self.extras.get_or_insert_default().executions = Some(executions);
    }

    pub(crate) fn set_schema_agreed(&mut self, agreed: bool) {
        self.extras.get_or_insert_default().schema_agreed = Some(agreed);
    }

    /// Whether it concerns more than the caller: the session's keyspace, the schema, a statement's columns.
    #[inline]
    pub(crate) fn needs_attention(&self) -> bool {
        self.changes_session() || self.extras.as_ref().is_some_and(|extras| extras.changed_columns.is_some())
    }

    pub(crate) fn take_changed_columns(&mut self) -> Option<Arc<ResultColumns>> {
        self.extras.as_mut()?.changed_columns.take()
    }
}

/// Shows no values: results end up in logs.
impl fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("QueryResult");
        match &self.contents {
            Contents::Void => {}
            Contents::Rows(page) => {
                debug
                    .field("rows", &page.rows_count)
                    .field("columns", &page.columns.len())
                    .field("has_more_pages", &page.paging_state.is_some());
            }
            Contents::SetKeyspace(keyspace) => {
                debug.field("keyspace", keyspace);
            }
            Contents::SchemaChange(change) => {
                debug.field("schema_change", change);
            }
        }
        debug.field("coordinator", &self.coordinator).field("warnings", &self.warnings()).finish()
    }
}
