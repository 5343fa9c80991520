//! Many partitions by their keys, and whole tables: each read by requests of its own, side by side.

use crate::error::Error;
use crate::key_state::Scanning;
use crate::mapper::{Bound, Mapper, failed, failed_with, ready};
use crate::model::{KeyFor, Model};
use crate::options::{Options, option_methods};
use crate::query::{Query, Verb};
use crate::select::{Select, What, keyed};
use crate::statements::Form;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, FromRow, ValuesWriter};
use futures::stream::{BoxStream, Stream, StreamExt};
use std::fmt;
use std::marker::PhantomData;

/// Rows by their primary keys, each by a request to its replica: from [`ModelExt::multi_get`](crate::ModelExt::multi_get).
#[must_use = "nothing is read before `all` is awaited"]
pub struct MultiGet<M> {
    keys: Vec<Query>,
    concurrency: usize,
    options: Options,
    of: PhantomData<fn() -> M>,
}

impl<M> fmt::Debug for MultiGet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiGet").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

impl<M: Model> MultiGet<M> {
    pub(crate) fn new<K: KeyFor<M::PrimaryKey>>(keys: impl IntoIterator<Item = K>) -> Self {
        let query = |key: K| keyed(M::META, Verb::Select, M::META.primary_key(), &key);
        let keys = keys.into_iter().map(query).collect();
        MultiGet { keys, concurrency: 128, options: Options::default(), of: PhantomData }
    }

    /// How many requests are in flight at most. Default: 128.
    pub fn concurrency(mut self, requests: usize) -> Self {
        self.concurrency = requests;
        self
    }

    option_methods!();

    /// The rows in the order of the keys; `None` where there is no such row.
    ///
    /// # Errors
    /// The first failure.
    ///
    /// # Cancel safety
    /// Reading stops.
    pub async fn all(self, db: &Mapper) -> Result<Vec<Option<M>>, Error> {
        let Some(first) = self.keys.first() else { return Ok(Vec::new()) };
        self.keys.iter().try_for_each(ready)?;
        let shape = first.shape.clone();
        let statement = db.statement(Form::Shape(&shape)).await?;
        let prepared = self.options.apply(statement.prepared.clone(), db.profile_name());
        let keys = self.keys.into_iter().map(Key);
        let read = db.session().execute_concurrent(&prepared, keys).concurrency(self.concurrency);
        let results = read.await.map_err(|error| failed(M::META, &statement, error))?;
        let row = |result: cql_driver::QueryResult| result.first_row::<M>();
        results
            .into_iter()
            .map(row)
            .collect::<Result<_, _>>()
            .map_err(|error| failed(M::META, &statement, error))
    }
}

/// A query of its own.
struct Key(Query);

impl BindRow for Key {
    fn bind(&self, columns: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Bound(&self.0).bind(columns, values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        Bound(&self.0).bind_untyped(values)
    }
}

/// A whole table, read in ranges of tokens, each from a node that has it: from [`Select::parallel`].
#[must_use = "nothing is read before `stream` is awaited"]
pub struct ParallelScan<M, R> {
    select: Select<M, R, Scanning>,
    ranges: usize,
}

impl<M, R> fmt::Debug for ParallelScan<M, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParallelScan").field("ranges", &self.ranges).finish_non_exhaustive()
    }
}

impl<M: Model, R> Select<M, R, Scanning> {
    /// Reads so many ranges of tokens at a time. Rows come in no order. It is for whole tables: with neighbours or a limit
    /// asked for, and for models with computed columns, the table is read by one query instead.
    pub fn parallel(self, ranges: usize) -> ParallelScan<M, R> {
        ParallelScan { select: self, ranges: ranges.max(1) }
    }
}

impl<M: Model, R: for<'r> FromRow<'r> + Send + 'static> ParallelScan<M, R> {
    /// The rows as a stream. Memory is bounded by one page for each range that is read.
    ///
    /// # Errors
    /// See [`Error`]. What fails later is an item of the stream, its last.
    ///
    /// # Cancel safety
    /// Dropping the stream stops reading.
    pub async fn stream(
        self,
        db: &Mapper,
    ) -> Result<impl Stream<Item = Result<R, Error>> + Unpin + Send + use<M, R>, Error> {
        let What::Query(query) = &self.select.what else {
            let rows: BoxStream<'static, Result<R, Error>> = self.select.stream(db).await?.boxed();
            return Ok(rows);
        };
        let shape = &query.shape;
        let columns = shape.selected();
        let is_whole = shape.terms.is_empty() && columns.iter().all(|column| column.role.is_stored());
        if !is_whole {
            return Ok(self.select.stream(db).await?.boxed());
        }
        let keyspace = db.keyspace_of(M::META)?;
        let options = &self.select.options;
        let mut scan = db.session().scan(&*keyspace, M::META.table).parallelism(self.ranges);
        scan = scan.columns(columns.iter().map(|column| column.name));
        scan =
            scan.partition_key(M::META.partition_key.iter().filter_map(|at| Some(M::META.column(*at)?.name)));
        if let Some(level) = options.consistency {
            scan = scan.consistency(level);
        }
        if let Some(timeout) = options.timeout {
            scan = scan.page_timeout(timeout);
        }
        if let Some(rows) = options.page_size {
            scan = scan.page_size(rows);
        }
        let cql = shape.cql();
        let told = move |error| failed_with(M::META, &cql, false, error);
        let scan = scan.start().await.map_err(&told)?;
        let rows = scan.into_rows::<R>().map(move |row| row.map_err(&told));
        Ok(rows.boxed())
    }
}
