//! What the embedded engine takes: bytes of the heap for each row it holds, and allocations for each request, with limits.
//! Client and engine run in the thread of the test, so that both are counted; that the client takes nothing for a put and
//! the row alone for a get, `allocations.rs` makes sure.

use allocation_counter::measure;
use cql_benches::Failure;
use cql_benches::embedded::Embedded;
use cql_benches::statements::{A, B, C, GET, PUT, Row};
use cql_driver::value::BindRow;
use cql_driver::{PreparedStatement, ProtocolVersion};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

const ROWS: i64 = 10_000;
const CONCURRENCY: usize = 64;

/// What the client and the engine have of their own, and grow now and then: buffers, queues, prepared statements.
const SLACK: i64 = 128 << 10;

const SERIES: &str =
    "CREATE TABLE bench.series (p bigint, id bigint, a text, b blob, c double, PRIMARY KEY (p, id))";
const PUT_SERIES: &str = "INSERT INTO bench.series (p, id, a, b, c) VALUES (7, ?, ?, ?, ?)";
const DELETE: &str = "DELETE FROM bench.kv WHERE id = ?";
const DELETE_ROW: &str = "DELETE FROM bench.series WHERE p = 7 AND id = ?";

struct Engine {
    embedded: Embedded,
    runtime: Runtime,
}

/// What a run took: of each of its operations, and what is left of all.
struct Taken {
    allocations: f64,
    bytes: f64,
}

/// Runs `test` on an engine that is spoken to in each version that has a framing of its own.
fn on_each_version(test: impl Fn(&Engine) -> Result<(), Failure>) -> Result<(), Failure> {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let engine = Engine::start(version)?;
        test(&engine)?;
        engine.runtime.block_on(engine.embedded.session().close());
    }
    Ok(())
}

impl Engine {
    fn start(version: ProtocolVersion) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let embedded = runtime.block_on(Embedded::with_tables(Some(version)))?;
        let engine = Engine { embedded, runtime };
        engine.ok(SERIES)?;
        // Buffers get their sizes, and statements are prepared.
        engine.put()?;
        engine.ok("TRUNCATE bench.kv")?;
        Ok(engine)
    }

    fn ok(&self, text: &str) -> Result<(), Failure> {
        self.runtime.block_on(self.embedded.session().execute(text, ()))?;
        Ok(())
    }

    fn prepare(&self, text: &str) -> Result<PreparedStatement, Failure> {
        Ok(self.runtime.block_on(self.embedded.session().prepare(text))?)
    }

    fn put(&self) -> Result<Taken, Failure> {
        self.each_key(PUT, |id| (id, A, B, C))
    }

    /// Executes a statement for each key.
    fn each_key<R: BindRow + Send>(
        &self,
        text: &str,
        row: impl Fn(i64) -> R + Sync,
    ) -> Result<Taken, Failure> {
        let statement = self.prepare(text)?;
        self.measured(async |engine| {
            let concurrent = engine.session().execute_concurrent(&statement, (0..ROWS).map(&row));
            Ok(concurrent.concurrency(CONCURRENCY).count().await?)
        })
    }

    fn get(&self) -> Result<Taken, Failure> {
        let statement = self.prepare(GET)?;
        self.measured(async |engine| {
            let concurrent = engine.session().execute_concurrent(&statement, (0..ROWS).map(|id| (id,)));
            let mut results = concurrent.concurrency(CONCURRENCY).results();
            let mut found = 0;
            while let Some(result) = results.try_next().await? {
                result.single_row::<Row>()?;
                found += 1;
            }
            Ok(found)
        })
    }

    /// Net bytes of the heap that something else takes.
    fn bytes(&self, run: impl FnOnce() -> Result<(), Failure>) -> Result<i64, Failure> {
        let mut done = Ok(());
        let info = measure(|| done = run());
        done.map(|()| info.bytes_current)
    }

    fn measured(&self, run: impl AsyncFn(&Embedded) -> Result<u64, Failure>) -> Result<Taken, Failure> {
        let mut done = Ok(0);
        let info = measure(|| done = self.runtime.block_on(run(&self.embedded)));
        assert_eq!(done?, ROWS.cast_unsigned());
        let each = |number: f64| number / ROWS as f64;
        let taken =
            Taken { allocations: each(info.count_total as f64), bytes: each(info.bytes_current as f64) };
        println!("{:.4} allocations, {:.1} bytes", taken.allocations, taken.bytes);
        Ok(taken)
    }
}

/// A row of 136 bytes that is a partition. An overwrite takes the place of what was there, a read keeps nothing.
#[test]
fn memory_is_in_proportion_to_partitions() -> Result<(), Failure> {
    on_each_version(|engine| {
        let bytes = engine.put()?.bytes;
        assert!(bytes <= 560.0, "{bytes} bytes a row");
        let more = engine.bytes(|| (0..5).try_for_each(|_| engine.put().map(drop)))?;
        assert!(more <= SLACK, "{more} bytes more after the same rows again");
        let more = engine.bytes(|| (0..5).try_for_each(|_| engine.get().map(drop)))?;
        assert!(more <= SLACK, "{more} bytes more after reading");
        Ok(())
    })
}

/// A row of 136 bytes among others.
#[test]
fn memory_is_in_proportion_to_rows_of_a_partition() -> Result<(), Failure> {
    on_each_version(|engine| {
        let put = || engine.each_key(PUT_SERIES, |id| (id, A, B, C));
        let bytes = put()?.bytes;
        assert!(bytes <= 560.0, "{bytes} bytes a row");
        let more = engine.bytes(|| (0..5).try_for_each(|_| put().map(drop)))?;
        assert!(more <= SLACK, "{more} bytes more after the same rows again");
        Ok(())
    })
}

#[test]
fn what_is_deleted_is_given_back() -> Result<(), Failure> {
    on_each_version(|engine| {
        let left = engine.bytes(|| {
            engine.put()?;
            let freed = -engine.each_key(DELETE, |id| (id,))?.bytes;
            assert!(freed >= 285.0, "{freed} bytes a row, of columns and values");
            engine.ok("TRUNCATE bench.kv")?;
            engine.put()?;
            engine.ok("TRUNCATE bench.kv")?;
            engine.each_key(PUT_SERIES, |id| (id, A, B, C))?;
            let freed = -engine.each_key(DELETE_ROW, |id| (id,))?.bytes;
            assert!(freed >= 285.0, "{freed} bytes a row, of columns and values");
            engine.ok("DROP TABLE bench.series")
        })?;
        assert!(left <= SLACK, "{left} bytes are left when all tables are empty or gone");
        Ok(())
    })
}

#[test]
fn a_put_allocates_little() -> Result<(), Failure> {
    on_each_version(|engine| {
        let first = engine.put()?.allocations;
        assert!(first <= 16.6, "{first} allocations of a new row");
        let again = engine.put()?.allocations;
        assert!(again <= 14.5, "{again} allocations of one that is there");
        Ok(())
    })
}

/// Two are the client's: of a text and a blob.
#[test]
fn a_get_allocates_little() -> Result<(), Failure> {
    on_each_version(|engine| {
        engine.put()?;
        let count = engine.get()?.allocations;
        assert!(count <= 15.5, "{count} allocations");
        Ok(())
    })
}
