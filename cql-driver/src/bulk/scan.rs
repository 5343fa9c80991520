//! Reads a whole table, range of tokens by range of tokens, several at a time.

use super::ranges::{self, Range};
use crate::cql::quoted;
use crate::error::Error;
use crate::result::{PagingState, QueryResult, fingerprint};
use crate::routing::{Partitioner, Token};
use crate::session::Session;
use crate::statement::PreparedStatement;
use cql_protocol::Consistency;
use cql_protocol::value::{CqlValue, CqlVarint, FromRow};
use futures::future::BoxFuture;
use futures::stream::{self, FuturesUnordered, Stream, StreamExt};
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fmt;
use std::time::Duration;

/// Ranges for each that is read at a time, so that the last ones do not leave the others idle.
const RANGES_EACH: usize = 4;

impl Session {
    /// Reads a whole table: see [`Scan`].
    pub fn scan(&self, keyspace: impl Into<String>, table: impl Into<String>) -> ScanBuilder {
        ScanBuilder {
            session: self.clone(),
            keyspace: keyspace.into(),
            table: table.into(),
            columns: Vec::new(),
            key: Vec::new(),
            parallelism: 16,
            page_size: 1000,
            consistency: None,
            timeout: None,
            checkpoint: None,
        }
    }
}

/// What to read of a table, and how; from [`Session::scan`].
#[derive(Debug, Clone)]
#[must_use = "nothing is read before it is started"]
pub struct ScanBuilder {
    session: Session,
    keyspace: String,
    table: String,
    columns: Vec<String>,
    key: Vec<String>,
    parallelism: usize,
    page_size: u32,
    consistency: Option<Consistency>,
    timeout: Option<Duration>,
    checkpoint: Option<Checkpoint>,
}

impl ScanBuilder {
    /// These columns only, by their names without quotes. Default: all.
    pub fn columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// The columns of the partition key, in order. Default: what the schema says; needed only where its metadata is off.
    pub fn partition_key<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.key = columns.into_iter().map(Into::into).collect();
        self
    }

    /// How many ranges are read at a time; 0 counts as 1. Default: 16. Memory is bounded by so many pages.
    pub fn parallelism(mut self, ranges: usize) -> Self {
        self.parallelism = ranges.max(1);
        self
    }

    /// Rows a page. Default: 1000.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// How many replicas must answer. Default: as the session's profile says.
    pub fn consistency(mut self, level: Consistency) -> Self {
        self.consistency = Some(level);
        self
    }

    /// How long one page may take, retries included. Default: as the session's profile says.
    pub fn page_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Goes on where an earlier scan of the same table and columns was.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Prepares the statements.
    ///
    /// # Errors
    /// When the table is not known, the checkpoint is of another table or other columns, or preparing fails.
    ///
    /// # Cancel safety
    /// Nothing has been read.
    pub async fn start(self) -> Result<Scan, Error> {
        let columns: Vec<String> = self.columns.iter().map(|name| quoted(name)).collect();
        let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        self.open(&columns).await
    }

    /// Counts the rows, without reading them: each range is counted by a replica of it. Nothing limits the number of
    /// rows as long as those of one range are counted in time.
    ///
    /// # Errors
    /// When any range cannot be counted.
    ///
    /// # Cancel safety
    /// Counting stops.
    pub async fn count(self) -> Result<u64, Error> {
        let mut scan = self.open("count(*)").await?;
        let mut count: u64 = 0;
        while let Some(page) = scan.next().await {
            let (rows,) = page?.result.single_row::<(i64,)>()?;
            count += rows.max(0).unsigned_abs();
        }
        Ok(count)
    }

    async fn open(self, columns: &str) -> Result<Scan, Error> {
        let key = self.key_columns()?;
        let table = format!("{}.{}", quoted(&self.keyspace), quoted(&self.table));
        let select = format!("SELECT {columns} FROM {table}");
        let topology = self.session.topology();
        let partitioner = topology.partitioner();
        let of = fingerprint(&select, &[]);
        let work: VecDeque<Work> = match self.checkpoint.clone() {
            Some(checkpoint) => checkpoint.into_work(of, partitioner)?,
            None => {
                ranges::of_ring(&topology, self.parallelism * RANGES_EACH).into_iter().map(Work::of).collect()
            }
        };
        let mut statements = BTreeMap::new();
        for work in &work {
            let Entry::Vacant(place) = statements.entry(work.range.condition(&key)) else { continue };
            let prepared = self.session.prepare(format!("{select}{}", place.key())).await?;
            let mut prepared = prepared.with_idempotent(true).with_page_size(self.page_size);
            if let Some(level) = self.consistency {
                prepared = prepared.with_consistency(level);
            }
            if let Some(timeout) = self.timeout {
                prepared = prepared.with_timeout(timeout);
            }
            place.insert(prepared);
        }
        Ok(Scan {
            session: self.session,
            keyspace: self.keyspace,
            key,
            of,
            parallelism: self.parallelism,
            statements,
            waiting: work,
            begun: BTreeMap::new(),
            next: 0,
            running: FuturesUnordered::new(),
        })
    }

    /// The partition key, as `token(…)` takes it.
    fn key_columns(&self) -> Result<String, Error> {
        let schema = self.session.schema();
        let mut key = self.key.clone();
        if key.is_empty() {
            let known = schema.keyspace(&self.keyspace).and_then(|keyspace| {
                let view = || keyspace.view(&self.table).map(|view| &view.table);
                keyspace.table(&self.table).or_else(view)
            });
            key.extend(known.into_iter().flat_map(|table| table.partition_key()).map(|key| key.name.clone()));
        }
        if key.is_empty() {
            return Err(Error::invalid(format!(
                "the partition key of {}.{} is not known: is there such a table, and is its keyspace in schema_metadata? \
                 Otherwise call partition_key",
                self.keyspace, self.table
            )));
        }
        Ok(key.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
    }
}

/// What is left of a range.
#[derive(Debug, Clone)]
struct Work {
    range: Range,
    /// Where its next page begins; `None` at its beginning.
    from: Option<PagingState>,
}

impl Work {
    fn of(range: Range) -> Self {
        Work { range, from: None }
    }
}

type Fetched = (u64, Result<QueryResult, Error>);

/// A whole table, page by page, in no particular order.
///
/// The ring is cut into ranges of tokens, several of which are read at a time, each by one of its replicas. At any time
/// a [`Checkpoint`] says what has not been given out yet: a scan that [resumes](ScanBuilder::resume) there, in another
/// process perhaps, gives out the rest, and no page twice. Of rows that are written meanwhile a scan may or may not see
/// those of ranges it has not read.
///
/// ```no_run
/// # async fn example(session: cql_driver::Session) -> Result<(), cql_driver::Error> {
/// let mut scan = session.scan("ks", "users").columns(["id", "name"]).parallelism(8).start().await?;
/// while let Some(page) = scan.next().await {
///     for row in page?.rows::<(i32, &str)>()? {
///         let (id, name) = row?;
///         println!("{id}: {name}");
///     }
///     // std::fs::write("checkpoint", scan.checkpoint().to_bytes())
/// }
/// let users = session.scan("ks", "users").count().await?;
/// # Ok(())
/// # }
/// ```
pub struct Scan {
    session: Session,
    keyspace: String,
    key: String,
    of: u64,
    parallelism: usize,
    /// By the condition on tokens.
    statements: BTreeMap<String, PreparedStatement>,
    waiting: VecDeque<Work>,
    /// Ranges whose next page is being fetched.
    begun: BTreeMap<u64, Work>,
    next: u64,
    running: FuturesUnordered<BoxFuture<'static, Fetched>>,
}

/// Some rows of a scan: a page of one range.
#[derive(Debug)]
#[non_exhaustive]
pub struct ScanPage {
    /// The page.
    pub result: QueryResult,
}

impl ScanPage {
    /// Its rows, as [`QueryResult::rows`].
    ///
    /// # Errors
    /// When the columns do not fit `R`.
    pub fn rows<'r, R: FromRow<'r>>(&'r self) -> Result<cql_protocol::value::RowIter<'r, R>, Error> {
        self.result.rows()
    }
}

impl Scan {
    /// The next page; `None` when all were given out. After an error what failed is read again by the next call.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn next(&mut self) -> Option<Result<ScanPage, Error>> {
        loop {
            while self.running.len() < self.parallelism
                && let Some(work) = self.waiting.pop_front()
            {
                self.begin(work);
            }
            let (number, fetched) = self.running.next().await?;
            let Some(work) = self.begun.remove(&number) else { continue };
            match fetched {
                Ok(page) => {
                    if let Some(state) = page.paging_state() {
                        self.begin(Work { from: Some(state), ..work });
                    }
                    if page.rows_count() > 0 {
                        return Some(Ok(ScanPage { result: page }));
                    }
                }
                Err(error) => {
                    self.waiting.push_front(work);
                    return Some(Err(error));
                }
            }
        }
    }

    /// What has not been given out yet.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let text = |token: &Option<Token>| token.as_ref().map(Token::to_string);
        let left = self.begun.values().chain(&self.waiting);
        let ranges = left.map(|work| (text(&work.range.start), text(&work.range.end), work.from.clone()));
        Checkpoint { of: self.of, ranges: ranges.collect() }
    }

    /// All rows as a stream, which ends after the first error.
    pub fn into_rows<R>(self) -> impl Stream<Item = Result<R, Error>> + Send
    where
        R: for<'r> FromRow<'r> + Send,
    {
        let pages = stream::unfold(Some(self), |scan| async move {
            let mut scan = scan?;
            let rows = match scan.next().await? {
                Ok(page) => page.rows::<R>().map(|rows| rows.map(|row| row.map_err(Error::from)).collect()),
                Err(error) => Err(error),
            };
            let goes_on = rows.is_ok().then_some(scan);
            let rows: Vec<Result<R, Error>> = rows.unwrap_or_else(|error| vec![Err(error)]);
            Some((stream::iter(rows), goes_on))
        });
        pages.flatten()
    }

    fn begin(&mut self, work: Work) {
        let number = self.next;
        self.next += 1;
        // Every condition was prepared when the scan was opened.
        let Some(statement) = self.statements.get(&work.range.condition(&self.key)) else { return };
        let mut statement = statement.clone();
        if let Some(token) = work.range.token() {
            statement = statement.with_routing(&*self.keyspace, token.clone());
        }
        let values: Vec<CqlValue> = work.range.start.iter().chain(&work.range.end).map(value_of).collect();
        let (session, from) = (self.session.clone(), work.from.clone());
        self.begun.insert(number, work);
        self.running.push(Box::pin(async move {
            let fetched = async {
                let mut pages = session.pages(&statement, values)?;
                if let Some(state) = from {
                    pages = pages.starting_at(state);
                }
                pages.next().await?.ok_or_else(|| Error::invalid("a page after the last"))
            };
            (number, fetched.await)
        }));
    }
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.begun.len() + self.waiting.len();
        f.debug_struct("Scan").field("ranges_left", &left).finish_non_exhaustive()
    }
}

/// A token as `token(…)` is compared with.
fn value_of(token: &Token) -> CqlValue {
    match (token.as_murmur3(), token.as_random()) {
        (Some(number), _) => CqlValue::BigInt(number),
        // 128 bits without a sign need one more byte.
        (_, Some(number)) => {
            CqlValue::Varint(CqlVarint::from_be_bytes(&[&[0], &number.to_be_bytes()[..]].concat()))
        }
        _ => CqlValue::Blob(token.as_key().unwrap_or_default().to_vec()),
    }
}

/// What a scan has not given out yet. Its bytes can be kept anywhere; they hold keys of rows in the clear, as those of
/// a [`PagingState`] do.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    of: u64,
    ranges: Vec<(Option<String>, Option<String>, Option<PagingState>)>,
}

/// The first byte of a checkpoint's layout.
const LAYOUT: u8 = 0x21;

impl Checkpoint {
    /// How many ranges are left, begun ones among them.
    #[must_use]
    pub fn ranges_left(&self) -> usize {
        self.ranges.len()
    }

    /// Bytes to be kept.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        bytes.extend_from_slice(&self.of.to_be_bytes());
        for (start, end, state) in &self.ranges {
            let state = state.as_ref().map(PagingState::to_bytes);
            let parts =
                [start.as_deref().map(str::as_bytes), end.as_deref().map(str::as_bytes), state.as_deref()];
            for part in parts {
                // A length of 0 is none: neither texts of tokens nor states are empty.
                let part = part.unwrap_or_default();
                bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
                bytes.extend_from_slice(part);
            }
        }
        bytes
    }

    /// From bytes got by [`Checkpoint::to_bytes`].
    ///
    /// # Errors
    /// When they are no such bytes.
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        let damaged = || Error::invalid("these bytes are no checkpoint of a scan");
        let rest = bytes.as_ref().strip_prefix(&[LAYOUT]).ok_or_else(damaged)?;
        let (of, mut rest) = rest.split_first_chunk().ok_or_else(damaged)?;
        let mut part = || -> Result<Vec<u8>, Error> {
            let (length, after) = rest.split_first_chunk().ok_or_else(damaged)?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
            let (part, after) = after.split_at_checked(length).ok_or_else(damaged)?;
            rest = after;
            Ok(part.to_vec())
        };
        let mut ranges = Vec::new();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| damaged());
        loop {
            let start = match part() {
                Ok(start) => text(start)?,
                // Nothing may be left behind the last range.
                Err(error) if rest.is_empty() => break drop(error),
                Err(error) => return Err(error),
            };
            let (end, state) = (text(part()?)?, part()?);
            let state = if state.is_empty() { None } else { Some(PagingState::from_bytes(state)?) };
            let some = |text: String| Some(text).filter(|text| !text.is_empty());
            ranges.push((some(start), some(end), state));
        }
        Ok(Checkpoint { of: u64::from_be_bytes(*of), ranges })
    }

    fn into_work(self, of: u64, partitioner: Option<Partitioner>) -> Result<VecDeque<Work>, Error> {
        if self.of != of {
            return Err(Error::invalid("the checkpoint is of a scan of another table, or of other columns"));
        }
        let token = |text: Option<String>| match (text, partitioner) {
            (None, _) => Ok(None),
            (Some(text), Some(partitioner)) => partitioner
                .parse_token(text.trim_start_matches("0x"))
                .map(Some)
                .map_err(|error| Error::invalid(error.to_string())),
            (Some(_), None) => Err(Error::invalid("the cluster's partitioner is not known")),
        };
        let works = self.ranges.into_iter().map(|(start, end, from)| {
            Ok(Work { range: Range { start: token(start)?, end: token(end)? }, from })
        });
        works.collect()
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint").field("ranges_left", &self.ranges.len()).finish_non_exhaustive()
    }
}
