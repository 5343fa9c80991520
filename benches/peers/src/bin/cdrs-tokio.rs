//! `load` with the driver `cdrs-tokio`: get, put, scan, hundred, wide.

use cdrs_tokio::cluster::session::{Session, SessionBuilder, TcpSessionBuilder};
use cdrs_tokio::cluster::{NodeTcpConfigBuilder, TcpConnectionManager};
use cdrs_tokio::load_balancing::RoundRobinLoadBalancingStrategy;
use cdrs_tokio::query::PreparedQuery;
use cdrs_tokio::transport::TransportTcp;
use cdrs_tokio::types::IntoRustByIndex;
use cdrs_tokio::types::blob::Blob;
use cdrs_tokio::types::rows::Row;
use cql_benches::Failure;
use cql_benches::run::{Figures, Run, run};
use cql_benches::statements::{A, B, C, GET, HUNDRED, PAGE_ROWS, PUT, SCAN, WIDE, WIDE_TEXTS};
use cql_benches::workload::Work;
use cql_driver::ProtocolVersion;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::hint::black_box;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

type Connected = Session<
    TransportTcp,
    TcpConnectionManager,
    RoundRobinLoadBalancingStrategy<TransportTcp, TcpConnectionManager>,
>;

fn main() -> Result<(), Failure> {
    run(async |run: Run, address| {
        if run.protocol.is_some_and(|version| version != ProtocolVersion::V4)
            || run.compression.is_some()
            || run.connections != 1
        {
            return Err("cdrs-tokio is measured by v4 alone, as it is by default".into());
        }
        let config = NodeTcpConfigBuilder::new().with_contact_point(address.into()).build().await?;
        let session = TcpSessionBuilder::new(RoundRobinLoadBalancingStrategy::new(), config).build().await?;
        Ok(("cdrs-tokio-v4".to_owned(), load(&run, Arc::new(session)).await?))
    })
}

async fn load(run: &Run, session: Arc<Connected>) -> Result<Figures, Failure> {
    match run.work.as_str() {
        "get" => run.driven(Get(Prepared::new(session, GET).await?)).await,
        "put" => run.driven(Put(Prepared::new(session, PUT).await?)).await,
        "scan" => run.driven(Scan(Prepared::new(session, SCAN).await?)).await,
        "hundred" => run.driven(Hundred(Prepared::new(session, HUNDRED).await?)).await,
        "wide" => run.driven(Wide(Prepared::new(session, WIDE).await?)).await,
        other => Err(format!("no such work: {other}").into()),
    }
}

#[derive(Clone)]
struct Prepared {
    session: Arc<Connected>,
    statement: Arc<PreparedQuery>,
}

impl Prepared {
    async fn new(session: Arc<Connected>, text: &str) -> Result<Self, Failure> {
        Ok(Prepared { statement: Arc::new(session.prepare(text).await?), session })
    }
}

fn read(row: &Row) -> Result<(i64, String, Vec<u8>, f64), Failure> {
    let bytes: Blob = row.get_r_by_index(2)?;
    Ok((row.get_r_by_index(0)?, row.get_r_by_index(1)?, bytes.into_vec(), row.get_r_by_index(3)?))
}

#[derive(Clone)]
struct Get(Prepared);

impl Work for Get {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let Prepared { session, statement } = &self.0;
        let frame = session.exec_with_values(statement, cdrs_tokio::query_values!(id)).await?;
        let rows = frame.response_body()?.into_rows().ok_or("no rows")?;
        black_box(read(rows.first().ok_or("no row")?)?);
        Ok(1)
    }
}

#[derive(Clone)]
struct Put(Prepared);

impl Work for Put {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let Prepared { session, statement } = &self.0;
        let values = cdrs_tokio::query_values!(id, A, Blob::new(B.to_vec()), C);
        session.exec_with_values(statement, values).await?;
        Ok(1)
    }
}

#[derive(Clone)]
struct Hundred(Prepared);

impl Work for Hundred {
    type Error = Failure;

    async fn once(&self, _: i64) -> Result<u64, Failure> {
        let Prepared { session, statement } = &self.0;
        let frame = session.exec(statement).await?;
        let rows = frame.response_body()?.into_rows().ok_or("no rows")?;
        black_box(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?);
        Ok(1)
    }
}

#[derive(Clone)]
struct Wide(Prepared);

impl Work for Wide {
    type Error = Failure;

    async fn once(&self, id: i64) -> Result<u64, Failure> {
        let Prepared { session, statement } = &self.0;
        let frame = session.exec_with_values(statement, cdrs_tokio::query_values!(id)).await?;
        let rows = frame.response_body()?.into_rows().ok_or("no rows")?;
        let row = rows.first().ok_or("no row")?;
        let id: i64 = row.get_r_by_index(0)?;
        let mut texts: [String; WIDE_TEXTS] = Default::default();
        for (index, text) in texts.iter_mut().enumerate() {
            *text = row.get_r_by_index(1 + index)?;
        }
        black_box((id, texts));
        Ok(1)
    }
}

#[derive(Clone)]
struct Scan(Prepared);

impl Work for Scan {
    type Error = Failure;

    async fn once(&self, _: i64) -> Result<u64, Failure> {
        let mut pager = self.0.session.paged(PAGE_ROWS.try_into()?);
        let mut query = pager.exec(&self.0.statement);
        let mut count = 0;
        loop {
            for row in query.next().await? {
                black_box(read(&row)?);
                count += 1;
            }
            if !query.has_more() {
                return Ok(count);
            }
        }
    }
}
