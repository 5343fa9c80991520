//! Results of many pages: page by page, or as one stream of rows with the next page on its way.

use super::Context;
use super::first::Execution;
use super::request::{Input, OwnedStatement};
use crate::error::Error;
use crate::result::{PagingState, QueryResult, fingerprint};
use crate::statement::StatementRef;
use bytes::Bytes;
use cql_protocol::value::{BindRow, FromRow};
use futures::Stream;
use futures::future::BoxFuture;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

/// A statement with its values, held for as many pages as there are.
struct Paged {
    context: Arc<Context>,
    statement: OwnedStatement,
    values: Vec<u8>,
    named: bool,
}

impl Paged {
    fn new(context: Arc<Context>, statement: StatementRef<'_>, row: &dyn BindRow) -> Result<Self, Error> {
        let statement = OwnedStatement::from(statement);
        let mut values = Vec::new();
        let named = statement.encode_values(row, context.version, &mut values)?;
        Ok(Paged { context, statement, values, named })
    }

    /// What its paging states are bound to.
    fn fingerprint(&self) -> u64 {
        fingerprint(self.statement.text(), &self.values)
    }

    async fn fetch(&self, paging_state: Option<&[u8]>) -> Result<QueryResult, Error> {
        let input = Input::Encoded(&self.values, self.named);
        let settings = self.statement.settings(&self.context)?;
        let request = self.statement.request(input, paging_state);
        Execution::new(&self.context, &request, &settings).await
    }
}

/// The pages of a result, one at a time, from [`crate::Session::pages`]. Rows borrow from the page they are in.
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
/// let mut pages = session.pages("SELECT id, name FROM ks.t", ())?;
/// while let Some(page) = pages.next().await? {
///     for row in page.rows::<(i32, &str)>()? {
///         let (id, name) = row?;
///         println!("{id}: {name}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pages {
    paged: Paged,
    next: Next,
}

/// Where to go on.
enum Next {
    First,
    From(Bytes),
    /// Told to begin where something else ended.
    Refused(Error),
    End,
}

impl Pages {
    pub(crate) fn new(
        context: Arc<Context>,
        statement: StatementRef<'_>,
        values: &dyn BindRow,
    ) -> Result<Self, Error> {
        Ok(Pages { paged: Paged::new(context, statement, values)?, next: Next::First })
    }

    /// Begins where an earlier page of the same statement and values ended. With the state of another, the first page is
    /// an error, and nothing is sent.
    #[must_use]
    pub fn starting_at(mut self, state: PagingState) -> Self {
        self.next = match state.for_request(self.paged.fingerprint()) {
            Ok(state) => Next::From(state),
            Err(error) => Next::Refused(error),
        };
        self
    }

    /// The rows as a stream, pages being fetched ahead: what [`Session::stream`](crate::Session::stream) gives, from
    /// where these pages are.
    pub fn into_rows<R: for<'r> FromRow<'r>>(self) -> RowStream<R> {
        RowStream::new(self)
    }

    /// Fetches the next page; `None` after the last. A page may be empty though others follow.
    ///
    /// # Errors
    /// Any failure of the request; calling again tries the same page again.
    ///
    /// # Cancel safety
    /// A page whose future is dropped is fetched again by the next call.
    pub async fn next(&mut self) -> Result<Option<QueryResult>, Error> {
        let page = match &self.next {
            Next::First => self.paged.fetch(None).await?,
            Next::From(state) => self.paged.fetch(Some(state)).await?,
            Next::Refused(error) => return Err(error.clone()),
            Next::End => return Ok(None),
        };
        self.next = Next::End;
        if let Some(state) = page.paging_state() {
            self.next = Next::From(state.for_request(self.paged.fingerprint())?);
        }
        Ok(Some(page))
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("done", &matches!(self.next, Next::End)).finish_non_exhaustive()
    }
}

type Fetched = Result<(Pages, Option<QueryResult>), Error>;
type Fetch = BoxFuture<'static, Fetched>;

/// The rows of a result of any size, as a [`Stream`], from [`crate::Session::stream`]. While the rows of one page are
/// taken, the next page is fetched; at most two pages are held. Dropping it stops fetching.
#[must_use = "streams do nothing unless polled"]
pub struct RowStream<R> {
    /// Rows that are decoded, a few at a time.
    rows: VecDeque<R>,
    /// What is left of the page at hand.
    page: Option<Rest>,
    next: NextPage,
    paging_state: Option<PagingState>,
}

/// A page whose first rows have been decoded.
struct Rest {
    page: QueryResult,
    /// How many, and the bytes that they take.
    decoded: (usize, usize),
}

/// Rows that are decoded at a time. Those of a whole page would not stay in the processor's caches until they are taken; and
/// allocators keep few freed blocks of one size at hand (glibc seven for each thread), which the next rows take.
const AT_A_TIME: usize = 6;

enum NextPage {
    Coming(Fetch),
    Here(Box<Fetched>),
    Failed(Error),
    End,
}

impl<R> RowStream<R> {
    pub(crate) fn new(pages: Pages) -> Self {
        RowStream {
            rows: VecDeque::new(),
            page: None,
            next: NextPage::Coming(Self::fetch(pages)),
            paging_state: None,
        }
    }

    fn fetch(mut pages: Pages) -> Fetch {
        Box::pin(async move {
            let page = pages.next().await?;
            Ok((pages, page))
        })
    }

    /// Where the page after the one whose rows are being given begins.
    #[must_use]
    pub fn paging_state(&self) -> Option<&PagingState> {
        self.paging_state.as_ref()
    }
}

impl<R> fmt::Debug for RowStream<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowStream").field("rows_at_hand", &self.rows.len()).finish_non_exhaustive()
    }
}

impl<R: for<'r> FromRow<'r>> RowStream<R> {
    /// Takes a page, and has the next one fetched while its rows are taken.
    fn take_page(&mut self, pages: Pages, page: QueryResult, cx: &mut TaskContext<'_>) {
        self.paging_state = page.paging_state();
        if self.paging_state.is_some() {
            let mut fetch = Self::fetch(pages);
            // The first poll sends the request.
            self.next = match fetch.as_mut().poll(cx) {
                Poll::Ready(fetched) => NextPage::Here(Box::new(fetched)),
                Poll::Pending => NextPage::Coming(fetch),
            };
        }
        self.page = Some(Rest { page, decoded: (0, 0) });
    }

    /// Decodes some rows of the page at hand; there may be none left.
    fn decode_some(&mut self) -> Result<(), Error> {
        let Some(mut rest) = self.page.take() else { return Ok(()) };
        let left = {
            let mut rows = rest.page.rows_after::<R>(rest.decoded)?;
            let before = rows.len();
            for row in rows.by_ref().take(AT_A_TIME) {
                self.rows.push_back(row?);
            }
            rest.decoded.0 += before - rows.len();
            rest.decoded.1 = rest.page.data_len() - rows.rest().len();
            rows.len()
        };
        self.page = Some(rest).filter(|_| left > 0);
        Ok(())
    }
}

// Rows are only ever moved out of it.
impl<R> Unpin for RowStream<R> {}

impl<R: for<'r> FromRow<'r>> Stream for RowStream<R> {
    type Item = Result<R, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            if self.page.is_some() {
                if let Err(error) = self.decode_some() {
                    // Told behind the rows that came before the one at fault.
                    self.next = NextPage::Failed(error);
                }
                continue;
            }
            let fetched = match std::mem::replace(&mut self.next, NextPage::End) {
                NextPage::End => return Poll::Ready(None),
                // The stream is at its end: which rows are missing is not known.
                NextPage::Failed(error) => return Poll::Ready(Some(Err(error))),
                NextPage::Here(fetched) => *fetched,
                NextPage::Coming(mut fetch) => match fetch.as_mut().poll(cx) {
                    Poll::Ready(fetched) => fetched,
                    Poll::Pending => {
                        self.next = NextPage::Coming(fetch);
                        return Poll::Pending;
                    }
                },
            };
            match fetched {
                Ok((pages, Some(page))) => self.take_page(pages, page, cx),
                Ok((_, None)) => return Poll::Ready(None),
                Err(error) => self.next = NextPage::Failed(error),
            }
        }
    }
}
