//! Puts load on a server and prints what it cost this process, in one line.
//!
//! ```text
//! load get|get-borrowed|put|scan|scan-borrowed|bulk COUNT CONCURRENCY THREADS ADDRESS
//!      [--protocol 3|4|5] [--compression lz4] [--warm-up COUNT]
//! ```
//!
//! COUNT is operations, for a scan rows; THREADS are those of the runtime, 0 for one that runs in the main thread.
//! ADDRESS is that of a server that knows `bench.kv`, or `null` for a null server of its own, whose options follow, and
//! which tells on standard error what it cost.

use cql_benches::Failure;
use cql_benches::arguments::Arguments;
use cql_benches::child::{self, SERVE, ServerProcess};
use cql_benches::null_server::Options;
use cql_benches::usage::CpuTime;
use cql_benches::workload::{Done, Get, GetBorrowed, Put, Scan, ScanBorrowed, Work, connect, drive};
use cql_driver::{Compression, ProtocolVersion, Session};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats, StatsAlloc};
use std::alloc::System;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const WARM_UP: u64 = 20_000;

fn main() -> Result<(), Failure> {
    let mut arguments = Arguments::of_process();
    if arguments.take(SERVE) {
        let options = Options::take(&mut arguments)?;
        arguments.finish()?;
        return child::serve(options);
    }
    let (run, mut options) = Run::take(arguments)?;
    options.port = 0;
    let own = (run.address == "null").then(|| ServerProcess::start(&options)).transpose()?;
    let address = own.as_ref().map_or(run.address.as_str(), ServerProcess::address);
    let runtime = match run.threads {
        0 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        threads => {
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?
        }
    };
    runtime.block_on(async {
        let session = connect(address, run.protocol, run.compression).await?;
        let figures = run.all(&session).await?;
        figures.print(&run, session.protocol_version());
        session.close().await;
        Ok(())
    })
}

/// The command line.
#[derive(Debug)]
struct Run {
    work: String,
    count: u64,
    concurrency: usize,
    threads: usize,
    address: String,
    protocol: Option<ProtocolVersion>,
    compression: Option<Compression>,
    warm_up: u64,
}

impl Run {
    fn take(mut arguments: Arguments) -> Result<(Self, Options), Failure> {
        let options = Options::take(&mut arguments)?;
        let protocol = match arguments.option("--protocol")? {
            Some(number) => Some(ProtocolVersion::from_number(number).ok_or("no such protocol version")?),
            None => None,
        };
        let compression = match arguments.option::<String>("--compression")? {
            Some(name) => Some(Compression::from_name(&name).ok_or("no such compression")?),
            None => None,
        };
        let warm_up = arguments.option("--warm-up")?.unwrap_or(WARM_UP);
        let run = Run {
            work: arguments.word("WORK")?,
            count: arguments.word("COUNT")?,
            concurrency: arguments.word("CONCURRENCY")?,
            threads: arguments.word("THREADS")?,
            address: arguments.word("ADDRESS")?,
            protocol,
            compression,
            warm_up,
        };
        arguments.finish()?;
        Ok((run, options))
    }

    async fn all(&self, session: &Session) -> Result<Figures, Failure> {
        match self.work.as_str() {
            "get" => self.driven(Get::new(session).await?).await,
            "get-borrowed" => self.driven(GetBorrowed::new(session).await?).await,
            "put" => self.driven(Put::new(session).await?).await,
            "scan" => self.driven(Scan::new(session).await?).await,
            "scan-borrowed" => self.driven(ScanBorrowed::new(session).await?).await,
            "bulk" => {
                let put = Put::new(session).await?;
                self.warmed_up(async |count| self.in_task(put.clone(), count).await).await
            }
            other => Err(format!("no such work: {other}").into()),
        }
    }

    async fn driven<W: Work + Clone>(&self, work: W) -> Result<Figures, Failure> {
        let concurrency = u64::try_from(self.concurrency)?;
        self.warmed_up(async |count| drive(work.clone(), count, concurrency).await).await
    }

    /// On a worker thread, where tasks are, not in the main thread, where every wake is one of the system.
    async fn in_task(&self, put: Put, count: u64) -> Result<Done, Failure> {
        let concurrency = self.concurrency;
        tokio::spawn(async move { put.bulk(count, concurrency).await }).await?
    }

    async fn warmed_up(&self, work: impl AsyncFn(u64) -> Result<Done, Failure>) -> Result<Figures, Failure> {
        if self.warm_up > 0 {
            work(self.warm_up).await?;
        }
        let (began, cpu, memory) = (Instant::now(), CpuTime::now()?, ALLOCATOR.stats());
        let done = work(self.count).await?;
        let (user, system) = CpuTime::now()?.per_operation(cpu, done.operations);
        Ok(Figures { elapsed: began.elapsed(), user, system, memory: ALLOCATOR.stats() - memory, done })
    }
}

#[derive(Debug)]
struct Figures {
    elapsed: Duration,
    user: f64,
    system: f64,
    memory: Stats,
    done: Done,
}

impl Figures {
    fn print(mut self, run: &Run, version: ProtocolVersion) {
        let operations = self.done.operations as f64;
        let allocations = (self.memory.allocations + self.memory.reallocations) as f64;
        let (median, late) = (self.percentile(50), self.percentile(99));
        let compression = run.compression.map_or("", Compression::name);
        println!(
            "cql-driver-{version}{compression} {} conc={} threads={} ops/s={:.0} user_us/op={:.3} sys_us/op={:.3} \
             allocs/op={:.3} bytes/op={:.0} p50_us={:.1} p99_us={:.1}",
            run.work,
            run.concurrency,
            run.threads,
            operations / self.elapsed.as_secs_f64(),
            self.user,
            self.system,
            allocations / operations,
            self.memory.bytes_allocated as f64 / operations,
            median,
            late,
        );
    }

    /// Of the latencies, in microseconds. They are not sorted: that would show in the instructions of an operation.
    fn percentile(&mut self, percent: usize) -> f64 {
        let at = self.done.latencies.len().saturating_sub(1) * percent / 100;
        if self.done.latencies.is_empty() {
            return 0.0;
        }
        let (_, nanos, _) = self.done.latencies.select_nth_unstable(at);
        f64::from(*nanos) / 1000.0
    }
}
