//! A CQL engine: tables in memory, and the statements that make, fill and read them.
//!
//! | what | where |
//! |---|---|
//! | text to statements as data | `syntax` |
//! | keyspaces, tables, types; DDL; the system's tables | `schema` |
//! | values as bytes: order, validity, text, JSON | `values` |
//! | terms with a type; functions | `terms` |
//! | WHERE | `restrictions` |
//! | SELECT | `select` |
//! | INSERT, UPDATE, DELETE, BATCH, conditions | `modify` |
//! | partitions, rows, cells | `storage` |
//!
//! A statement is prepared once: names are looked up, terms get their types, what cannot be is refused. What comes of it is
//! executed as often as wanted. Everything is under one lock: that makes conditional writes linearisable and batches
//! atomic, and costs little, since nothing waits within it.

mod clock;
#[cfg(test)]
mod hostile;
mod modify;
mod placement;
mod problem;
mod restrictions;
mod run;
mod sandbox;
mod schema;
mod select;
mod storage;
mod syntax;
mod terms;
#[cfg(test)]
mod testing;
mod values;

#[doc(hidden)]
pub use sandbox::{Answer, Sandbox};
pub use syntax::SyntaxError;

pub(crate) use clock::Now;

use crate::request::Bound;
use crate::topology::Topology;
use bytes::Bytes;
use clock::Clock;
use cql_protocol::response::CqlResult;
use cql_protocol::types::{ColumnSpec, TableSpec};
use cql_protocol::{Consistency, SerialConsistency};
use schema::Schema;
use std::sync::{Arc, Mutex};
use storage::Store;
use syntax::ast;

/// Tables, and what executes statements on them.
#[derive(Debug)]
pub(crate) struct Engine {
    state: Mutex<State>,
    clock: Clock,
}

#[derive(Debug, Default, Clone)]
struct State {
    schema: Schema,
    store: Store,
}

/// A statement that can be executed.
#[derive(Debug)]
pub(crate) struct Prepared {
    plan: Plan,
    /// The tables it is of: a batch may be of several.
    tables: Vec<Arc<TableSpec>>,
    pub(crate) markers: Arc<[ColumnSpec]>,
    /// Which markers make the partition key.
    pub(crate) key: Box<[u16]>,
    /// The columns of its rows, if it returns rows.
    pub(crate) columns: Option<Arc<[ColumnSpec]>>,
}

/// What is to be done.
#[derive(Debug)]
enum Plan {
    Select(select::Plan),
    Modify(modify::Plan),
    Batch(modify::BatchPlan),
    Truncate(Arc<schema::Table>),
    Use(String),
    Schema(Box<ast::Statement>),
}

/// How a statement is executed.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub(crate) values: &'a [Bound],
    pub(crate) consistency: Consistency,
    pub(crate) serial_consistency: Option<SerialConsistency>,
    /// Microseconds, if the client says them.
    pub(crate) timestamp: Option<i64>,
    pub(crate) page_size: Option<i32>,
    pub(crate) paging_state: Option<Bytes>,
    pub(crate) now: Now,
    pub(crate) view: View<'a>,
}

impl<'a> Call<'a> {
    /// With nothing said that need not be.
    pub(crate) fn new(values: &'a [Bound], consistency: Consistency, now: Now, view: View<'a>) -> Self {
        let (serial_consistency, timestamp, page_size, paging_state) = (None, None, None, None);
        Call { values, consistency, serial_consistency, timestamp, page_size, paging_state, now, view }
    }
}

/// The cluster around an execution. Its lock may be taken within the engine's, never the other way round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) topology: &'a Mutex<Topology>,
    /// The node that is asked.
    pub(crate) node: usize,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) result: CqlResult,
    pub(crate) warnings: Vec<String>,
}

/// Checks that a text is a CQL statement of Cassandra's, and counts its bind markers. Nothing is looked up: whether tables
/// and columns are there is no matter of the text.
///
/// ```
/// use cql_testkit::engine::check_syntax;
///
/// assert_eq!(check_syntax("SELECT v FROM ks.t WHERE id = ? LIMIT :rows"), Ok(2));
/// let error = check_syntax("SELECT v FORM ks.t").unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 9));
/// ```
///
/// # Errors
/// When it is none: where it ceases to be one, and why.
pub fn check_syntax(text: &str) -> std::result::Result<usize, SyntaxError> {
    syntax::parse(text).map(|parsed| parsed.markers.len())
}
