//! `load` with the driver `scylla`: get, put, scan, hundred, wide.

use cql_benches::Failure;
use cql_benches::run::{Figures, Run, run};
use cql_benches::statements::{A, B, C, GET, HUNDRED, PAGE_ROWS, PUT, Row, SCAN, WIDE, WideRow};
use cql_benches::workload::Work;
use cql_driver::{Compression, ProtocolVersion};
use futures::TryStreamExt;
use scylla::client::PoolSize;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::prepared::PreparedStatement;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> Result<(), Failure> {
    run(async |run: Run, address| {
        if run.protocol.is_some_and(|version| version != ProtocolVersion::V4) {
            return Err("scylla speaks v4 alone".into());
        }
        let compression = match run.compression {
            None => None,
            Some(Compression::Lz4) => Some(scylla::client::Compression::Lz4),
            Some(_) => Some(scylla::client::Compression::Snappy),
        };
        let session = SessionBuilder::new()
            .known_node(&address)
            .compression(compression)
            .pool_size(PoolSize::PerHost(NonZeroUsize::new(run.connections).ok_or("no connections")?))
            .build()
            .await?;
        let figures = load(&run, Arc::new(session)).await?;
        Ok((format!("scylla-v4{}", run.compression.map_or("", Compression::name)), figures))
    })
}

async fn load(run: &Run, session: Arc<Session>) -> Result<Figures, Failure> {
    match run.work.as_str() {
        "get" => run.driven(Get(Prepared::new(session, GET).await?)).await,
        "put" => run.driven(Put(Prepared::new(session, PUT).await?)).await,
        "scan" => {
            let mut prepared = Prepared::new(session, SCAN).await?;
            prepared.statement.set_page_size(PAGE_ROWS.try_into()?);
            run.driven(Scan(prepared)).await
        }
        "hundred" => run.driven(Hundred(Prepared::new(session, HUNDRED).await?)).await,
        "wide" => run.driven(Wide(Prepared::new(session, WIDE).await?)).await,
        other => Err(format!("no such work: {other}").into()),
    }
}

#[derive(Clone)]
struct Prepared {
    session: Arc<Session>,
    statement: PreparedStatement,
}

impl Prepared {
    async fn new(session: Arc<Session>, text: &str) -> Result<Self, Failure> {
        Ok(Prepared { statement: session.prepare(text).await?, session })
    }
}

#[derive(Clone)]
struct Get(Prepared);

impl Work for Get {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let result = self.0.session.execute_unpaged(&self.0.statement, (id,)).await?;
        black_box(result.into_rows_result()?.single_row::<Row>()?);
        Ok(1)
    }
}

#[derive(Clone)]
struct Put(Prepared);

impl Work for Put {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        self.0.session.execute_unpaged(&self.0.statement, (id, A, B, C)).await?;
        Ok(1)
    }
}

#[derive(Clone)]
struct Hundred(Prepared);

impl Work for Hundred {
    type Error = Failure;

    async fn once(&self, _: i64) -> Result<u64, Failure> {
        let result = self.0.session.execute_unpaged(&self.0.statement, ()).await?;
        black_box(result.into_rows_result()?.rows::<Row>()?.collect::<Result<Vec<_>, _>>()?);
        Ok(1)
    }
}

#[derive(Clone)]
struct Wide(Prepared);

impl Work for Wide {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let result = self.0.session.execute_unpaged(&self.0.statement, (id,)).await?;
        black_box(result.into_rows_result()?.single_row::<WideRow<String>>()?);
        Ok(1)
    }
}

#[derive(Clone)]
struct Scan(Prepared);

impl Work for Scan {
    type Error = Failure;

    async fn once(&self, _: i64) -> Result<u64, Failure> {
        let pages = self.0.session.execute_iter(self.0.statement.clone(), ()).await?;
        let mut rows = pages.rows_stream::<Row>()?;
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            black_box(row);
            count += 1;
        }
        Ok(count)
    }
}
