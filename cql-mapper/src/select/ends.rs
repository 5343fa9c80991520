//! How the rows of a query are taken: all, one, page by page, as a stream.

use super::what::{Key, What};
use super::{Dynamic, Select};
use crate::error::{Error, QueryError};
use crate::key_state::Runnable;
use crate::mapper::{Mapper, failed};
use crate::model::{Model, ModelMeta};
use crate::options::Options;
use crate::query::{Clause, Query, Verb};
use crate::statements::{Fixed, Form, Of, Statement};
use cql_driver::error::ErrorKind;
use cql_driver::value::FromRow;
use cql_driver::{Pages, QueryResult, RowStream};
use futures::{Stream, StreamExt};
use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

impl<M: Model, R, K: 'static> Select<M, R, K> {
    /// Without what its types say of the conditions: what follows is made once for each type of row, not for each query.
    fn checked(self) -> Checked<R> {
        let is_dynamic = TypeId::of::<K>() == TypeId::of::<Dynamic>();
        Checked {
            of: Of::model::<M>(),
            failed: if is_dynamic { self.what.check().err().map(Box::new) } else { None },
            is_by_key: TypeId::of::<K>() == TypeId::of::<M::FullKey>(),
            what: self.what,
            options: self.options,
            rows: PhantomData,
        }
    }

    /// The number of rows. The server counts them, page by page of its own.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn count(self, db: &Mapper) -> impl Future<Output = Result<i64, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        count(self.checked().untyped(), db)
    }

    /// The pages as the driver has them, for rows that borrow: `page.rows::<R>()`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn pages(self, db: &Mapper) -> impl Future<Output = Result<Pages, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        pages(self.checked().untyped(), db)
    }
}

impl<M: Model, R: for<'r> FromRow<'r> + Send + 'static, K: 'static> Select<M, R, K> {
    /// All rows, however many there are.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn all(self, db: &Mapper) -> impl Future<Output = Result<Vec<R>, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        self.checked().all(db)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn first(
        self,
        db: &Mapper,
    ) -> impl Future<Output = Result<Option<R>, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        self.checked().first(db)
    }

    /// The row, if there is exactly one.
    ///
    /// # Errors
    /// [`Error::NotFound`] and [`Error::TooManyRows`], otherwise see [`Error`].
    pub fn one(self, db: &Mapper) -> impl Future<Output = Result<R, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        self.checked().one(db)
    }

    /// The rows as a stream, pages being fetched ahead.
    ///
    /// # Errors
    /// See [`Error`]. What fails later is an item of the stream, its last.
    pub fn stream(self, db: &Mapper) -> impl Future<Output = Result<Rows<R>, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        self.checked().stream(db)
    }

    /// One page: its rows, and where the next one begins. `state` is where an earlier page of the same query ended.
    ///
    /// # Errors
    /// [`Error::PageStateMismatch`] for the state of another query, or of other values, and nothing is sent; otherwise
    /// see [`Error`].
    pub fn page(
        self,
        db: &Mapper,
        state: Option<PageState>,
    ) -> impl Future<Output = Result<Page<R>, Error>> + Send + use<'_, M, R, K>
    where
        K: Runnable,
    {
        self.checked().page(db, state)
    }
}

/// A query whose conditions are legal, or that failed.
struct Checked<R> {
    of: Of,
    what: What,
    options: Options,
    failed: Option<Box<QueryError>>,
    /// Whether there is one row at most.
    is_by_key: bool,
    rows: PhantomData<fn() -> R>,
}

impl<R> Checked<R> {
    fn untyped(self) -> Checked<()> {
        let Checked { of, what, options, failed, is_by_key, .. } = self;
        Checked { of, what, options, failed, is_by_key, rows: PhantomData }
    }

    fn into_query(mut self) -> Result<(Query, Options), Error> {
        if let Some(error) = self.failed {
            return Err(Error::Query { table: self.of.meta.table, error: *error });
        }
        let query = std::mem::replace(self.what.query(self.of.meta), Query::new(self.of.meta, Verb::Select));
        Ok((query, self.options))
    }
}

/// An answer, and the statement that it is to.
type Found = (QueryResult, Arc<Statement>);

async fn count(of: Checked<()>, db: &Mapper) -> Result<i64, Error> {
    let meta = of.of.meta;
    let (query, options) = of.into_query()?;
    if query.is_empty {
        return Ok(0);
    }
    let (result, statement) = db.execute(&query.counting(), &options).await?;
    let count = result.single_row::<(i64,)>().map_err(|error| failed(meta, &statement, error))?;
    Ok(count.0)
}

async fn pages(of: Checked<()>, db: &Mapper) -> Result<Pages, Error> {
    let (query, options) = of.into_query()?;
    Ok(db.pages(&query, &options).await?.0)
}

/// The pages, and the statement; `None` where no row can meet the conditions.
async fn opened(of: Checked<()>, db: &Mapper) -> Result<Option<(Pages, Arc<Statement>)>, Error> {
    let (query, options) = of.into_query()?;
    if query.is_empty { Ok(None) } else { db.pages(&query, &options).await.map(Some) }
}

/// At most so many rows, in one page: `None` where no row can meet the conditions. Of a query by the whole primary key
/// there is one at most, and no limit is sent.
async fn some(of: Checked<()>, db: &Mapper, rows: i32) -> Result<Option<Found>, Error> {
    let is_by_key = of.is_by_key;
    let (mut query, options) = of.into_query()?;
    if query.is_empty {
        return Ok(None);
    }
    // A limit of the caller's may be less.
    if !is_by_key && query.limit().is_none_or(|limit| limit > rows) {
        query.set(Clause::Limit, rows);
    }
    db.execute(&query, &options).await.map(Some)
}

/// An answer that has one row.
async fn only(of: Checked<()>, db: &Mapper) -> Result<Found, Error> {
    let table = of.of.meta.table;
    match some(of, db, 2).await? {
        Some((result, statement)) if result.rows_count() == 1 => Ok((result, statement)),
        Some((result, _)) if result.rows_count() > 1 => Err(Error::TooManyRows { table }),
        _ => Err(Error::NotFound { table }),
    }
}

impl<R: for<'r> FromRow<'r> + Send + 'static> Checked<R> {
    async fn all(self, db: &Mapper) -> Result<Vec<R>, Error> {
        let meta = self.of.meta;
        let mut rows = Vec::new();
        let Some((mut pages, statement)) = Box::pin(opened(self.untyped(), db)).await? else {
            return Ok(rows);
        };
        let told = |error| failed(meta, &statement, error);
        while let Some(page) = pages.next().await.map_err(told)? {
            push_rows(&page, &mut rows).map_err(told)?;
        }
        Ok(rows)
    }

    // Not `async fn`, which would have its arguments in the future twice.
    #[allow(clippy::manual_async_fn, reason = "see above")]
    fn first(self, db: &Mapper) -> impl Future<Output = Result<Option<R>, Error>> + Send + use<'_, R> {
        async move {
            let meta = self.of.meta;
            if let What::Key(key) = &self.what {
                return find(db, self.of, key, &self.options).await;
            }
            match Box::pin(some(self.untyped(), db, 1)).await? {
                Some((result, statement)) => {
                    result.first_row().map_err(|error| failed(meta, &statement, error))
                }
                None => Ok(None),
            }
        }
    }

    #[allow(clippy::manual_async_fn, reason = "see above")]
    fn one(self, db: &Mapper) -> impl Future<Output = Result<R, Error>> + Send + use<'_, R> {
        async move {
            let meta = self.of.meta;
            if let What::Key(key) = &self.what {
                let row = find(db, self.of, key, &self.options).await?;
                return row.ok_or(Error::NotFound { table: meta.table });
            }
            Box::pin(only(self.untyped(), db)).await.and_then(|(result, statement)| {
                let row = result.first_row().map_err(|error| failed(meta, &statement, error))?;
                row.ok_or(Error::NotFound { table: meta.table })
            })
        }
    }

    async fn stream(self, db: &Mapper) -> Result<Rows<R>, Error> {
        let meta = self.of.meta;
        match Box::pin(opened(self.untyped(), db)).await? {
            Some((pages, statement)) => Ok(Rows::new(pages, statement, meta)),
            None => Ok(Rows { rows: None, of: None }),
        }
    }

    async fn page(self, db: &Mapper, state: Option<PageState>) -> Result<Page<R>, Error> {
        let meta = self.of.meta;
        let mut rows = Vec::new();
        let Some((page, statement)) = Box::pin(page(self.untyped(), db, state)).await? else {
            return Ok(Page { rows, next: None });
        };
        push_rows(&page, &mut rows).map_err(|error| failed(meta, &statement, error))?;
        Ok(Page { rows, next: page.paging_state().map(PageState) })
    }
}

async fn page(of: Checked<()>, db: &Mapper, state: Option<PageState>) -> Result<Option<Found>, Error> {
    let meta = of.of.meta;
    let Some((mut pages, statement)) = opened(of, db).await? else { return Ok(None) };
    let continues = state.is_some();
    if let Some(PageState(state)) = state {
        pages = pages.starting_at(state);
    }
    let page = pages.next().await.map_err(|error| {
        let refused = continues && matches!(error.kind(), ErrorKind::Invalid(_));
        if refused { Error::PageStateMismatch } else { failed(meta, &statement, error) }
    })?;
    Ok(page.map(|page| (page, statement)))
}

/// The row by its key, if it is there: the statement that every model has, and values that are encoded.
async fn find<R: for<'r> FromRow<'r>>(
    db: &Mapper,
    of: Of,
    key: &Key,
    options: &Options,
) -> Result<Option<R>, Error> {
    let meta = of.meta;
    key.ready(meta)?;
    let prepared;
    let statement = match db.fixed(of, Fixed::Find) {
        Some(known) => known,
        None => {
            prepared = Box::pin(db.statement(Form::Fixed(of, Fixed::Find))).await?;
            &*prepared
        }
    };
    // Nearly all of them are as plain as that: each future less between a caller and the driver counts, and so does its
    // size, as callers hold many. What is rare has its own, and does not make the usual one larger.
    if !db.is_plain(options) {
        let result = Box::pin(db.run(meta, statement, options, key)).await?;
        return result.first_row().map_err(|error| failed(meta, statement, error));
    }
    let read = match db.session().execute(&statement.prepared, key).await {
        Ok(result) => result.first_row(),
        Err(error) => Err(error),
    };
    read.map_err(|error| failed(meta, statement, error))
}

fn push_rows<R: for<'r> FromRow<'r>>(page: &QueryResult, rows: &mut Vec<R>) -> Result<(), cql_driver::Error> {
    rows.reserve(page.rows_count());
    for row in page.rows::<R>()? {
        rows.push(row?);
    }
    Ok(())
}

/// The rows of a query as a [`Stream`], pages being fetched ahead: from [`Select::stream`]. Dropping it stops fetching.
#[must_use = "streams do nothing unless polled"]
pub struct Rows<R> {
    /// `None` where no row can meet the conditions.
    rows: Option<RowStream<R>>,
    of: Option<(&'static ModelMeta, Arc<Statement>)>,
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cql = self.of.as_ref().map(|(_, statement)| &statement.cql);
        f.debug_struct("Rows").field("cql", &cql).finish_non_exhaustive()
    }
}

impl<R: for<'r> FromRow<'r>> Rows<R> {
    pub(crate) fn new(pages: Pages, statement: Arc<Statement>, meta: &'static ModelMeta) -> Self {
        Rows { rows: Some(pages.into_rows()), of: Some((meta, statement)) }
    }
}

impl<R: for<'r> FromRow<'r>> Stream for Rows<R> {
    type Item = Result<R, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let (Some(rows), Some((meta, statement))) = (&mut this.rows, &this.of) else {
            return Poll::Ready(None);
        };
        let polled = rows.poll_next_unpin(cx);
        polled.map(|row| row.map(|row| row.map_err(|error| failed(meta, statement, error))))
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
