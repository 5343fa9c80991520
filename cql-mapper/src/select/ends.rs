//! How the rows of a query are taken: all, one, page by page, as a stream.

use super::what::{Key, What};
use super::{Dynamic, Select};
use crate::error::{Error, QueryError};
use crate::key_state::Runnable;
use crate::mapper::{Mapper, failed};
use crate::model::{Model, ModelMeta};
use crate::options::Options;
use crate::statements::{Fixed, Form, Statement};
use cql_driver::value::FromRow;
use cql_driver::{Pages, QueryResult, RowStream};
use futures::{Stream, StreamExt};
use std::any::TypeId;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

impl<M: Model, R, K: 'static> Select<M, R, K> {
    /// The conditions, checked unless their types were.
    fn checked(&self) -> Result<(), Error> {
        if TypeId::of::<K>() != TypeId::of::<Dynamic>() {
            return Ok(());
        }
        self.what.check().map_err(|error: QueryError| Error::Query { table: M::META.table, error })
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
        let (query, options) = self.into_query();
        if query.is_empty {
            return Ok(0);
        }
        let (result, statement) = db.execute(&query.counting(), &options).await?;
        let count = result.single_row::<(i64,)>().map_err(|error| failed(M::META, &statement, error))?;
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
        let (query, options) = self.into_query();
        Ok(db.pages(&query, &options).await?.0)
    }

    /// At most so many rows, in one page: `None` where no row can meet the conditions. Of a query by the whole primary key
    /// there is one at most, and no limit is sent.
    async fn some(mut self, db: &Mapper, rows: u32) -> Result<Option<Found>, Error> {
        self.checked()?;
        if TypeId::of::<K>() != TypeId::of::<M::FullKey>() {
            self = self.limit(rows);
        }
        let (query, options) = self.into_query();
        if query.is_empty {
            return Ok(None);
        }
        db.execute(&query, &options).await.map(Some)
    }
}

/// An answer, and the statement that it is to.
type Found = (QueryResult, Arc<Statement>);

/// The row by its key, if it is there: the statement that every model has, and values that are encoded.
async fn find<R: for<'r> FromRow<'r>>(
    db: &Mapper,
    meta: &'static ModelMeta,
    key: &Key,
    options: &Options,
) -> Result<Option<R>, Error> {
    key.ready(meta)?;
    let form = Form::Fixed(meta, Fixed::Find);
    let statement = match db.known(form) {
        Some(known) => known,
        None => Box::pin(db.statement(form)).await?,
    };
    // Nearly all of them are as plain as that: each future less between a caller and the driver counts, and so does its
    // size, as callers hold many. What is rare has its own, and does not make the usual one larger.
    if !db.is_plain(options) {
        let result = Box::pin(db.run(meta, &statement, options, key)).await?;
        return result.first_row().map_err(|error| failed(meta, &statement, error));
    }
    let read = match db.session().execute(&statement.prepared, key).await {
        Ok(result) => result.first_row(),
        Err(error) => Err(error),
    };
    read.map_err(|error| failed(meta, &statement, error))
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
        if let What::Key(key) = &self.what {
            return find(db, M::META, key, &self.options).await;
        }
        let Some((result, statement)) = Box::pin(self.some(db, 1)).await? else { return Ok(None) };
        result.first_row().map_err(|error| failed(M::META, &statement, error))
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
        if let What::Key(key) = &self.what {
            let row = find(db, M::META, key, &self.options).await?;
            return row.ok_or(Error::NotFound { table });
        }
        let Some((result, statement)) = Box::pin(self.some(db, 2)).await? else {
            return Err(Error::NotFound { table });
        };
        match (result.first_row().map_err(|error| failed(M::META, &statement, error))?, result.rows_count()) {
            (Some(row), 1) => Ok(row),
            (Some(_), _) => Err(Error::TooManyRows { table }),
            (None, _) => Err(Error::NotFound { table }),
        }
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
        let (query, options) = self.into_query();
        if query.is_empty {
            return Ok(Rows { rows: None, of: None });
        }
        let (pages, statement) = db.pages(&query, &options).await?;
        Ok(Rows::new(pages, statement, M::META))
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
        let (query, options) = self.into_query();
        if query.is_empty {
            return Ok(Page { rows: Vec::new(), next: None });
        }
        let (mut pages, statement) = db.pages(&query, &options).await?;
        let continues = state.is_some();
        if let Some(PageState(state)) = state {
            pages = pages.starting_at(state);
        }
        let page = pages.next().await.map_err(|error| {
            let refused = continues && matches!(error.kind(), cql_driver::error::ErrorKind::Invalid(_));
            if refused { Error::PageStateMismatch } else { failed(M::META, &statement, error) }
        })?;
        let Some(page) = page else { return Ok(Page { rows: Vec::new(), next: None }) };
        let rows = rows_of(&page).map_err(|error| failed(M::META, &statement, error))?;
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
