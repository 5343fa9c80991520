//! Whoever is told of every request.

use crate::cql::without_literals;
use crate::error::Error;
use crate::result::QueryResult;
use cql_protocol::Consistency;
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Is told of every request when it has ended: each execution, each page, each row of a concurrent load.
///
/// It is called by the task that made the request, and must not block. Requests cost a little more with one.
///
/// ```
/// use cql_driver::observer::{RequestObserver, RequestReport};
/// use cql_driver::Cluster;
///
/// #[derive(Debug)]
/// struct Printer;
///
/// impl RequestObserver for Printer {
///     fn ended(&self, report: &RequestReport<'_>) {
///         let how = if report.outcome.is_ok() { "well" } else { "badly" };
///         println!("{} ended {how} after {:?}", report.statement(), report.elapsed);
///     }
/// }
///
/// let cluster = Cluster::builder().contact_points(["127.0.0.1"]).observer(Printer).build()?;
/// # Ok::<(), cql_driver::Error>(())
/// ```
pub trait RequestObserver: fmt::Debug + Send + Sync + 'static {
    /// A request has ended. One that was given up by dropping its future is not told of.
    fn ended(&self, report: &RequestReport<'_>);
}

/// A request that has ended.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct RequestReport<'a> {
    pub(crate) text: RequestText<'a>,
    /// The level that was asked for.
    pub consistency: Consistency,
    /// Whether the statement says that executing it twice does no harm.
    pub is_idempotent: bool,
    /// How long it took, waiting for its turn included.
    pub elapsed: Duration,
    /// Its end. Both sides tell of the attempts and the node.
    pub outcome: Result<&'a QueryResult, &'a Error>,
}

/// What a request says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RequestText<'a> {
    /// Nothing of a value is in it.
    Prepared(&'a str),
    /// It may have values in it.
    Text(&'a str),
    Batch(usize),
}

impl RequestText<'_> {
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match self {
            RequestText::Prepared(text) => Cow::Borrowed(text),
            RequestText::Text(text) => Cow::Owned(without_literals(text)),
            RequestText::Batch(statements) => Cow::Owned(format!("BATCH of {statements}")),
        }
    }
}

impl RequestReport<'_> {
    /// The statement, without values: of one that was not prepared, literals are left out.
    #[must_use]
    pub fn statement(&self) -> Cow<'_, str> {
        self.text.shown()
    }
}

impl fmt::Debug for RequestReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestReport")
            .field("statement", &self.statement())
            .field("elapsed", &self.elapsed)
            .field("ok", &self.outcome.is_ok())
            .finish_non_exhaustive()
    }
}
