//! One run of a load program, whoever's driver it loads: its command line, its warm-up and the line it prints.

use crate::arguments::Arguments;
use crate::child::{self, SERVE, ServerProcess};
use crate::failure::Failure;
use crate::null_server::Options;
use crate::usage::CpuTime;
use crate::workload::{ALL_KEYS, Done, Work, drive};
use cql_driver::{Compression, ProtocolVersion};
use stats_alloc::{INSTRUMENTED_SYSTEM, Stats};
use std::time::{Duration, Instant};

const WARM_UP: u64 = 20_000;

/// Runs a load program: the command line is read, the null server started if it is wanted, and `load` called on a
/// runtime with the address of the server. Its figures are printed under the name it gives.
///
/// Where the program is its own null server's process, it is that. The program's allocator has to be
/// [`INSTRUMENTED_SYSTEM`].
///
/// # Errors
/// What is wrong with the command line, or what `load` fails with.
pub fn run<F>(load: impl FnOnce(Run, String) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(String, Figures), Failure>>,
{
    let mut arguments = Arguments::of_process();
    if arguments.take(SERVE) {
        let options = Options::take(&mut arguments)?;
        arguments.finish()?;
        return child::serve(options);
    }
    let (run, mut options) = Run::take(arguments)?;
    options.port = 0;
    let own = (run.address == "null").then(|| ServerProcess::start(&options)).transpose()?;
    let address = own.as_ref().map_or(run.address.as_str(), ServerProcess::address).to_owned();
    let runtime = match run.threads {
        0 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        threads => {
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?
        }
    };
    let (who, figures) = runtime.block_on(load(run.clone(), address))?;
    figures.print(&who, &run);
    Ok(())
}

/// The command line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Run {
    /// What to do.
    pub work: String,
    /// How many operations.
    pub count: u64,
    /// How many at a time.
    pub concurrency: usize,
    /// Worker threads; 0 for the main thread alone.
    pub threads: usize,
    /// The server's address, or `null`.
    pub address: String,
    /// The protocol version to speak; that of the driver's choice if none.
    pub protocol: Option<ProtocolVersion>,
    /// How to compress; not at all if none.
    pub compression: Option<Compression>,
    /// Connections to the node.
    pub connections: usize,
    /// Keys are from 0 to below this.
    pub keys: u64,
    /// Operations before it is measured.
    pub warm_up: u64,
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
        let connections = arguments.option("--connections")?.unwrap_or(1);
        let keys = arguments.option("--keys")?.unwrap_or(ALL_KEYS);
        let warm_up = arguments.option("--warm-up")?.unwrap_or(WARM_UP);
        let run = Run {
            work: arguments.word("WORK")?,
            count: arguments.word("COUNT")?,
            concurrency: arguments.word("CONCURRENCY")?,
            threads: arguments.word("THREADS")?,
            address: arguments.word("ADDRESS")?,
            protocol,
            compression,
            connections,
            keys,
            warm_up,
        };
        arguments.finish()?;
        Ok((run, options))
    }

    /// Does it by as many tasks as are to be at a time.
    ///
    /// # Errors
    /// The first failure.
    pub async fn driven<W: Work + Clone>(&self, work: W) -> Result<Figures, Failure> {
        let concurrency = u64::try_from(self.concurrency)?;
        self.warmed_up(async |count| drive(work.clone(), count, concurrency, self.keys).await).await
    }

    /// Measures what does so many operations, after it has done those that are not counted.
    ///
    /// # Errors
    /// Its own.
    pub async fn warmed_up(
        &self,
        work: impl AsyncFn(u64) -> Result<Done, Failure>,
    ) -> Result<Figures, Failure> {
        if self.warm_up > 0 {
            work(self.warm_up).await?;
        }
        self.measured(work).await
    }

    /// The same without a warm-up.
    ///
    /// # Errors
    /// Its own.
    pub async fn measured(
        &self,
        work: impl AsyncFn(u64) -> Result<Done, Failure>,
    ) -> Result<Figures, Failure> {
        let (began, cpu, memory) = (Instant::now(), CpuTime::now()?, INSTRUMENTED_SYSTEM.stats());
        let done = work(self.count).await?;
        let (user, system) = CpuTime::now()?.per_operation(cpu, done.operations);
        Ok(Figures {
            elapsed: began.elapsed(),
            user,
            system,
            memory: INSTRUMENTED_SYSTEM.stats() - memory,
            done,
        })
    }
}

/// What a run took.
#[derive(Debug)]
pub struct Figures {
    elapsed: Duration,
    user: f64,
    system: f64,
    memory: Stats,
    done: Done,
}

impl Figures {
    fn print(mut self, who: &str, run: &Run) {
        let operations = self.done.operations as f64;
        let allocations = (self.memory.allocations + self.memory.reallocations) as f64;
        let (median, late) = (self.percentile(50), self.percentile(99));
        println!(
            "{who} {} conc={} threads={} ops/s={:.0} user_us/op={:.3} sys_us/op={:.3} \
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
