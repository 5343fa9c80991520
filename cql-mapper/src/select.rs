//! Queries: what is read, by which conditions, in which order; and how the rows are taken.

use crate::column::{AnnColumn, Column, ColumnOf, Condition, Encoded, Order, ValueOf, number_in};
use crate::error::{Error, QueryError};
use crate::key_state::{Apply, Filtering, Orderable, Runnable, Scanning};
use crate::mapper::{Bound, Mapper, failed, ready};
use crate::model::{KeyFor, KeyWriter, Model, ModelMeta};
use crate::options::{Options, option_methods};
use crate::projection::{ColumnTuple, Projection};
use crate::query::{Bound as Comparison, Clause, Columns, Op, Query, Shape, Term, Verb};
use crate::statements::Statement;
use crate::value::{Bind, Native, TypeDef, Values};
use cql_driver::value::FromRow;
use cql_driver::{Pages, QueryResult, RowStream};
use futures::{Stream, StreamExt};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound as End, RangeBounds};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A query of model `M` whose rows are read as `R`; `K` says which keys are restricted.
///
/// What is no legal CQL does not compile: see [`key_state`](crate::key_state). Cloning it and changing the clone leaves
/// the original as it is.
///
/// ```no_run
/// # async fn example(db: cql_mapper::Mapper) -> Result<(), cql_mapper::Error> {
/// use cql_mapper::prelude::*;
///
/// #[derive(Model)]
/// #[cql(keyspace = "cars", table = "automobiles")]
/// struct Automobile {
///     #[cql(partition_key)]
///     manufacturer: String,
///     #[cql(clustering_key(desc))]
///     year: i32,
///     model: String,
/// }
///
/// let newer = Automobile::objects()
///     .filter(Automobile.manufacturer.eq("Tesla"))
///     .filter(Automobile.year.gt(2010))
///     .limit(10)
///     .all(&db)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing before `all`, `first`, `stream` or another of its ends is awaited"]
pub struct Select<M, R, K> {
    pub(crate) query: Query,
    pub(crate) options: Options,
    of: Of<(M, R, K)>,
}

/// What a query is of, without holding any.
type Of<T> = PhantomData<fn() -> T>;

/// A query that is built at run time: the same rules, checked when it is executed. From [`Select::dynamic`].
pub type DynamicSelect<M, R = M> = Select<M, R, Dynamic>;

/// The state of a query whose conditions are checked when it is executed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Dynamic;

impl<Role, Op: crate::key_state::op::Filters> Apply<Role, Op> for Dynamic {
    type Out = Dynamic;
}
impl Runnable for Dynamic {}
impl<Role> Orderable<Role> for Dynamic {}

impl<M, R, K> Clone for Select<M, R, K> {
    fn clone(&self) -> Self {
        Select { query: self.query.clone(), options: self.options.clone(), of: PhantomData }
    }
}

impl<M, R, K> fmt::Debug for Select<M, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("table", &self.query.shape.meta.table)
            .field("terms", &self.query.shape.terms.len())
            .finish_non_exhaustive()
    }
}

impl<M: Model> Select<M, M, M::Keys> {
    pub(crate) fn all_rows() -> Self {
        let mut query = Query::new(M::META, Verb::Select);
        // Of several models in a table, the rows of this one.
        if let Some((at, tag)) = M::META.discriminator {
            let term = Term { clause: Clause::Where, column: at, op: Op::Eq };
            let type_def = M::META.column(at).map_or(TypeDef::Native(Native::Text), |column| column.type_def);
            add(&mut query, term, Encoded { bytes: tag.encode(&type_def), elements: None });
        }
        Select::of(query)
    }
}

impl<M: Model> Select<M, M, M::Keys> {
    /// Reads the partitions whose tokens are in a range: part of the table. Tokens are those of the Murmur3 partitioner;
    /// `Session::token_ranges` tells the ranges and who has them.
    pub fn token_range(mut self, tokens: impl RangeBounds<i64>) -> Select<M, M, Scanning> {
        let lower = match tokens.start_bound() {
            End::Included(token) => Some((Comparison::Ge, *token)),
            End::Excluded(token) => Some((Comparison::Gt, *token)),
            End::Unbounded => None,
        };
        let upper = match tokens.end_bound() {
            End::Included(token) => Some((Comparison::Le, *token)),
            End::Excluded(token) => Some((Comparison::Lt, *token)),
            End::Unbounded => None,
        };
        for (bound, token) in lower.into_iter().chain(upper) {
            let term = Term { clause: Clause::Where, column: 0, op: Op::Token(bound) };
            add(&mut self.query, term, Encoded::of::<i64>(&token));
        }
        self.become_()
    }

    /// Reads the partitions behind that one, in the order of tokens: the rest of a table that was read until there.
    pub fn after_token_of(mut self, key: impl KeyFor<M::PartitionKey>) -> Select<M, M, Scanning> {
        let mut values = Values::default();
        let written = key.write(&mut KeyWriter(&mut values));
        let value = Encoded { bytes: written.map(|()| values.into_bytes()), elements: None };
        add(&mut self.query, Term { clause: Clause::Where, column: 0, op: Op::AfterTokenOf }, value);
        self.become_()
    }
}

impl<M: Model> Select<M, M::PartitionKey, Scanning> {
    pub(crate) fn partitions() -> Self {
        let mut query = Query::new(M::META, Verb::Select);
        query.shape.columns = Columns::Partitions;
        Select::of(query)
    }
}

impl<M: Model> Select<M, M, M::FullKey> {
    pub(crate) fn by_key(key: &impl KeyFor<M::PrimaryKey>) -> Self {
        Select::of(keyed(M::META, Verb::Select, M::META.primary_key(), key))
    }
}

/// A query with the columns of a key restricted.
pub(crate) fn keyed<K>(
    meta: &'static ModelMeta,
    verb: Verb,
    columns: impl Iterator<Item = u16>,
    key: &impl KeyFor<K>,
) -> Query {
    let mut query = Query::new(meta, verb);
    query.shape.terms.extend(columns.map(|column| Term { clause: Clause::Where, column, op: Op::Eq }));
    if let Err(error) = key.write(&mut KeyWriter(&mut query.values)) {
        query.failed = Some(error);
    }
    query
}

impl<M: Model, R, K> Select<M, R, K> {
    fn of(query: Query) -> Self {
        Select { query, options: Options::default(), of: PhantomData }
    }

    fn become_<R2, K2>(self) -> Select<M, R2, K2> {
        Select { query: self.query, options: self.options, of: PhantomData }
    }

    /// Adds a condition.
    pub fn filter<C, O>(mut self, condition: Condition<C, O>) -> Select<M, R, K::Out>
    where
        C: Column + ColumnOf<M>,
        K: Apply<C::Role, O>,
    {
        let term = Term { column: number_in::<M, C>(), ..condition.term };
        add(&mut self.query, term, condition.value);
        self.become_()
    }

    /// Orders the rows; the columns of the clustering key before this one must each have one value.
    pub fn order_by<C>(mut self, order: Order<C>) -> Self
    where
        C: Column + ColumnOf<M>,
        K: Orderable<C::Role>,
    {
        self.query.push(Term { column: number_in::<M, C>(), ..order.term }, |_| Ok(()));
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.query.set(Clause::Limit, i32::try_from(rows).unwrap_or(i32::MAX));
        self
    }

    /// At most so many rows of each partition.
    pub fn per_partition_limit(mut self, rows: u32) -> Self {
        self.query.set(Clause::PartitionLimit, i32::try_from(rows).unwrap_or(i32::MAX));
        self
    }

    /// Rows a page. Default: as the profile says.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.options.page_size = Some(rows);
        self
    }

    /// Lets the server read rows that it then leaves out: any condition is allowed, and none is cheap.
    pub fn allow_filtering(mut self) -> Select<M, R, Filtering> {
        self.query.shape.allow_filtering = true;
        self.become_()
    }

    /// Reads the whole table.
    pub fn scan(self) -> Select<M, R, Scanning> {
        self.become_()
    }

    /// The rows nearest to a vector, by the index of that column, at most so many.
    pub fn nearest<C>(mut self, column: C, to: impl Bind<ValueOf<C>>, rows: u32) -> Select<M, R, Scanning>
    where
        C: Column + ColumnOf<M> + AnnColumn,
    {
        let _ = column;
        let term = Term { clause: Clause::Order, column: number_in::<M, C>(), op: Op::Ann };
        add(&mut self.query, term, Encoded::of(&to));
        self.limit(rows).become_()
    }

    /// Reads rows as a struct with some of the columns.
    pub fn project<P: Projection<M>>(mut self) -> Select<M, P, K> {
        self.query.shape.columns = Columns::Listed(P::COLUMNS);
        self.become_()
    }

    /// Reads rows as tuples of some of the columns.
    pub fn columns<T: ColumnTuple<M>>(mut self, columns: T) -> Select<M, T::Row, K> {
        let _ = columns;
        self.query.shape.columns = Columns::Chosen(T::indexes());
        self.become_()
    }

    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        self.query.shape.cql()
    }

    /// The same with conditions that are added at run time: what types check until here is then checked when the query
    /// is executed, before anything is sent.
    pub fn dynamic(self) -> DynamicSelect<M, R> {
        self.become_()
    }

    option_methods!();
}

/// Adds a term with a value that was encoded.
pub(crate) fn add(query: &mut Query, term: Term, value: Encoded) {
    if term.op == Op::In && value.elements == Some(0) {
        query.is_empty = true;
    }
    match value.bytes {
        Ok(bytes) => query.push_encoded(term, &bytes),
        Err(error) => query.push(term, |_| Err(error)),
    }
}

impl<M: Model, R> DynamicSelect<M, R> {
    /// Checks the conditions as executing it does, without executing it.
    ///
    /// # Errors
    /// What is no legal CQL.
    pub fn check(&self) -> Result<(), QueryError> {
        self.query.check()
    }
}

impl<M: Model, R, K: 'static> Select<M, R, K> {
    /// The conditions, checked unless their types were.
    fn checked(&self) -> Result<(), Error> {
        if std::any::TypeId::of::<K>() != std::any::TypeId::of::<Dynamic>() {
            return Ok(());
        }
        self.query.check().map_err(|error: QueryError| Error::Query { table: M::META.table, error })
    }

    /// The number of rows. The server counts them, page by page of its own.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn count(self, db: &Mapper) -> Result<i64, Error>
    where
        K: Runnable,
    {
        self.checked()?;
        if self.query.is_empty {
            return Ok(0);
        }
        let (query, options) = (self.query.counting(), self.options);
        let result = db.execute(&query, &options).await?;
        let count =
            result.single_row::<(i64,)>().map_err(|error| failed(&query.shape, "SELECT count(*)", error))?;
        Ok(count.0)
    }

    /// The pages as the driver has them, for rows that borrow: `page.rows::<R>()`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pages(self, db: &Mapper) -> Result<Pages, Error>
    where
        K: Runnable,
    {
        self.checked()?;
        Ok(db.pages(&self.query, &self.options).await?.0)
    }
}

impl<M: Model, R: for<'r> FromRow<'r> + Send + 'static, K: 'static> Select<M, R, K> {
    /// All rows, however many there are.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all(self, db: &Mapper) -> Result<Vec<R>, Error>
    where
        K: Runnable,
    {
        let mut rows = self.stream(db).await?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn first(self, db: &Mapper) -> Result<Option<R>, Error>
    where
        K: Runnable,
    {
        Ok(self.some(db, 1).await?.into_iter().next())
    }

    /// The row, if there is exactly one.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::TooManyRows`], otherwise see [`Error`].
    pub async fn one(self, db: &Mapper) -> Result<R, Error>
    where
        K: Runnable,
    {
        let table = M::META.table;
        let mut rows = self.some(db, 2).await?;
        match (rows.pop(), rows.is_empty()) {
            (Some(row), true) => Ok(row),
            (Some(_), false) => Err(Error::TooManyRows { table }),
            (None, _) => Err(Error::NotFound { table }),
        }
    }

    /// At most so many rows, in one page. Of a query by the whole primary key there is one at most, and no limit is sent.
    async fn some(self, db: &Mapper, rows: u32) -> Result<Vec<R>, Error> {
        self.checked()?;
        if self.query.is_empty {
            return Ok(Vec::new());
        }
        let is_by_key = std::any::TypeId::of::<K>() == std::any::TypeId::of::<M::FullKey>();
        let limited = if is_by_key { self } else { self.limit(rows) };
        let (query, options) = (&limited.query, &limited.options);
        ready(query)?;
        let statement = db.statement(&query.shape).await?;
        let result = db.run(&query.shape, &statement, options, &Bound(query)).await?;
        rows_of(&result).map_err(|error| failed(&query.shape, &statement.cql, error))
    }

    /// The rows as a stream, pages being fetched ahead.
    ///
    /// # Errors
    /// See [`Error`]. What fails later is an item of the stream, its last.
    pub async fn stream(self, db: &Mapper) -> Result<Rows<R>, Error>
    where
        K: Runnable,
    {
        self.checked()?;
        if self.query.is_empty {
            return Ok(Rows { rows: None, cql: "".into(), shape: self.query.shape });
        }
        let (pages, statement) = db.pages(&self.query, &self.options).await?;
        Ok(Rows::of(pages, &statement, self.query.shape))
    }

    /// One page: its rows, and where the next one begins. `state` is where an earlier page of the same query ended.
    ///
    /// # Errors
    /// [`Error::PageStateMismatch`] for the state of another query, or of other values, and nothing is sent; otherwise
    /// see [`Error`].
    pub async fn page(self, db: &Mapper, state: Option<PageState>) -> Result<Page<R>, Error>
    where
        K: Runnable,
    {
        self.checked()?;
        if self.query.is_empty {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let (mut pages, statement) = db.pages(&self.query, &self.options).await?;
        let continues = state.is_some();
        if let Some(PageState(state)) = state {
            pages = pages.starting_at(state);
        }
        let shape = &self.query.shape;
        let page = pages.next().await.map_err(|error| {
            let refused = continues && matches!(error.kind(), cql_driver::error::ErrorKind::Invalid(_));
            if refused { Error::PageStateMismatch } else { failed(shape, &statement.cql, error) }
        })?;
        let Some(page) = page else { return Ok(Page { rows: Vec::new(), next: None }) };
        let rows = rows_of(&page).map_err(|error| failed(shape, &statement.cql, error))?;
        Ok(Page { rows, next: page.paging_state().map(PageState) })
    }
}

fn rows_of<R: for<'r> FromRow<'r>>(result: &QueryResult) -> Result<Vec<R>, cql_driver::Error> {
    let mut rows = Vec::with_capacity(result.rows_count());
    for row in result.rows::<R>()? {
        rows.push(row?);
    }
    Ok(rows)
}

/// The rows of a query as a [`Stream`], pages being fetched ahead: from [`Select::stream`]. Dropping it stops fetching.
#[must_use = "streams do nothing unless polled"]
pub struct Rows<R> {
    /// `None` where no row can meet the conditions.
    rows: Option<RowStream<R>>,
    cql: Arc<str>,
    shape: Shape,
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("cql", &self.cql).finish_non_exhaustive()
    }
}

impl<R: for<'r> FromRow<'r>> Rows<R> {
    pub(crate) fn of(pages: Pages, statement: &Statement, shape: Shape) -> Self {
        Rows { rows: Some(pages.into_rows()), cql: Arc::clone(&statement.cql), shape }
    }
}

impl<R: for<'r> FromRow<'r>> Stream for Rows<R> {
    type Item = Result<R, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(rows) = &mut this.rows else { return Poll::Ready(None) };
        let polled = rows.poll_next_unpin(cx);
        polled.map(|row| row.map(|row| row.map_err(|error| failed(&this.shape, &this.cql, error))))
    }
}

/// A page of rows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Page<R> {
    /// The rows; there may be none though others follow.
    pub rows: Vec<R>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<PageState>,
}

/// Where a page ended, bound to its query and values. It stays valid in other sessions and after a restart.
///
/// Its bytes hold the last row's primary key in the clear: encrypt or sign them before showing them to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageState(cql_driver::PagingState);

impl PageState {
    /// From bytes got by [`PageState::to_bytes`].
    ///
    /// # Errors
    /// [`Error::PageStateMismatch`] when they are no such bytes.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        cql_driver::PagingState::from_bytes(bytes).map(PageState).map_err(|_| Error::PageStateMismatch)
    }

    /// Bytes to be kept or sent elsewhere.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }
}
