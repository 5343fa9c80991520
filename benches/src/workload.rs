//! What is done over and over while it is measured.

use crate::failure::Failure;
use crate::statements::{
    A, B, BorrowedRow, C, GET, HUNDRED, PUT, PUT_WIDE, Row, SCAN, SCHEMA, T, WIDE, WideRow,
};
use cql_driver::{Cluster, Compression, Error, PreparedStatement, ProtocolVersion, Session};
use futures::TryStreamExt;
use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

/// Connects as a measurement wants it.
///
/// # Errors
/// When that fails.
pub async fn connect(
    address: &str,
    version: Option<ProtocolVersion>,
    compression: Option<Compression>,
    connections: usize,
) -> Result<Session, Error> {
    let mut builder = Cluster::builder().contact_points([address]).connections_per_node(connections);
    if let Some(version) = version {
        builder = builder.protocol_version(version);
    }
    if let Some(compression) = compression {
        builder = builder.compression(compression);
    }
    builder.build()?.connect().await
}

/// One kind of operation.
pub trait Work: Send + Sync + 'static {
    /// How it fails.
    type Error: Into<Failure> + Send;

    /// Does it once, and returns how many operations that counts for: 1, or as many as there were rows.
    fn once(&self, id: i64) -> impl Future<Output = Result<u64, Self::Error>> + Send;
}

/// A session with one of the statements.
#[derive(Debug, Clone)]
pub struct Prepared {
    session: Session,
    statement: PreparedStatement,
}

impl Prepared {
    async fn new(session: &Session, text: &str) -> Result<Self, Error> {
        Ok(Prepared { statement: session.prepare(text).await?, session: session.clone() })
    }
}

macro_rules! works {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Prepared);

        impl $name {
            /// Prepares it.
            ///
            /// # Errors
            /// When that fails.
            pub async fn new(session: &Session) -> Result<Self, Error> {
                Prepared::new(session, $text).await.map(Self)
            }
        }
    )*};
}

works! {
    /// Reads a row, as owned values.
    Get = GET;
    /// Reads a row, as values that borrow from the answer.
    GetBorrowed = GET;
    /// Writes a row.
    Put = PUT;
    /// Streams all rows, as owned values.
    Scan = SCAN;
    /// Reads all rows page by page, as values that borrow from their page.
    ScanBorrowed = SCAN;
    /// Reads a hundred rows, as owned values.
    Hundred = HUNDRED;
    /// Reads a hundred rows, as values that borrow from the answer.
    HundredBorrowed = HUNDRED;
    /// Reads a wide row, as owned values.
    Wide = WIDE;
    /// Reads a wide row, as values that borrow from the answer.
    WideBorrowed = WIDE;
    /// Writes a wide row.
    PutWide = PUT_WIDE;
}

impl Work for Get {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, (id,)).await?;
        black_box(result.single_row::<Row>()?);
        Ok(1)
    }
}

impl Work for GetBorrowed {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, (id,)).await?;
        black_box(result.single_row::<BorrowedRow<'_>>()?);
        Ok(1)
    }
}

impl Work for Put {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        self.0.session.execute(&self.0.statement, (id, A, B, C)).await?;
        Ok(1)
    }
}

impl Work for Scan {
    type Error = Error;

    async fn once(&self, _: i64) -> Result<u64, Error> {
        let mut rows = self.0.session.stream::<Row>(&self.0.statement, ())?;
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            black_box(row);
            count += 1;
        }
        Ok(count)
    }
}

impl Work for ScanBorrowed {
    type Error = Error;

    async fn once(&self, _: i64) -> Result<u64, Error> {
        let mut pages = self.0.session.pages(&self.0.statement, ())?;
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            for row in page.rows::<BorrowedRow<'_>>()? {
                black_box(row?);
                count += 1;
            }
        }
        Ok(count)
    }
}

impl Work for Hundred {
    type Error = Error;

    async fn once(&self, _: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, ()).await?;
        black_box(result.rows::<Row>()?.collect::<Result<Vec<_>, _>>()?);
        Ok(1)
    }
}

impl Work for HundredBorrowed {
    type Error = Error;

    async fn once(&self, _: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, ()).await?;
        for row in result.rows::<BorrowedRow<'_>>()? {
            black_box(row?);
        }
        Ok(1)
    }
}

impl Work for Wide {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, (id,)).await?;
        black_box(result.single_row::<WideRow<String>>()?);
        Ok(1)
    }
}

impl Work for WideBorrowed {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        let result = self.0.session.execute(&self.0.statement, (id,)).await?;
        black_box(result.single_row::<WideRow<&str>>()?);
        Ok(1)
    }
}

impl Work for PutWide {
    type Error = Error;

    async fn once(&self, id: i64) -> Result<u64, Error> {
        let values = (T, T, T, T, T, T, T, T, T, T, T, T, T, T, T, id);
        self.0.session.execute(&self.0.statement, values).await?;
        Ok(1)
    }
}

/// Every operation has a key of its own.
pub const ALL_KEYS: u64 = u64::MAX;

/// How a run went.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Done {
    /// Operations.
    pub operations: u64,
    /// How long each call took, in nanoseconds, in no order; empty where calls are not told apart.
    pub latencies: Vec<u32>,
}

/// Does at least `count` operations, by `concurrency` tasks that each do one after the other, on keys below `keys`.
///
/// # Errors
/// The first failure of a task.
pub async fn drive<W: Work>(work: W, count: u64, concurrency: u64, keys: u64) -> Result<Done, Failure> {
    let work = Arc::new(work);
    let share = count.div_ceil(concurrency.max(1));
    let tasks: Vec<_> = (0..concurrency.max(1))
        .map(|task| tokio::spawn(one_task(Arc::clone(&work), task * share, share, keys)))
        .collect();
    let mut all = Done::default();
    for task in tasks {
        let done = task.await??;
        all.operations += done.operations;
        all.latencies.extend(done.latencies);
    }
    Ok(all)
}

async fn one_task<W: Work>(work: Arc<W>, first: u64, share: u64, keys: u64) -> Result<Done, Failure> {
    let mut done = Done { operations: 0, latencies: Vec::with_capacity(usize::try_from(share)?) };
    // Each operation begins where the one before it ends: the clock is not asked twice.
    let mut began = Instant::now();
    while done.operations < share {
        done.operations += work.once(key(first + done.operations, keys)).await.map_err(Into::into)?;
        let ended = Instant::now();
        done.latencies.push(u32::try_from((ended - began).as_nanos()).unwrap_or(u32::MAX));
        began = ended;
    }
    Ok(done)
}

/// The key of the operation of that number.
#[inline]
fn key(number: u64, keys: u64) -> i64 {
    // A division would cost more than a comparison, which is always foreseen.
    let key = if number < keys { number } else { number % keys };
    key.cast_signed()
}

/// Creates the tables where they are not there, and writes rows with the keys below `keys`.
///
/// # Errors
/// The first failure.
pub async fn set_up(session: &Session, keys: u64) -> Result<Done, Failure> {
    for change in SCHEMA {
        session.execute(change, ()).await?;
    }
    // Few at a time: what is being set up need not be fast.
    let rows = drive(Put::new(session).await?, keys, 32, keys).await?;
    let wide = drive(PutWide::new(session).await?, keys, 32, keys).await?;
    Ok(Done { operations: rows.operations + wide.operations, latencies: rows.latencies })
}

impl Put {
    /// Does `count` of them by [`Session::execute_concurrent`].
    ///
    /// # Errors
    /// The first failure.
    pub async fn bulk(&self, count: u64, concurrency: usize, keys: u64) -> Result<Done, Failure> {
        let rows = (0..count).map(move |number| (key(number, keys), A, B, C));
        let concurrent = self.0.session.execute_concurrent(&self.0.statement, rows);
        let operations = concurrent.concurrency(concurrency).count().await?;
        Ok(Done { operations, latencies: Vec::new() })
    }
}
