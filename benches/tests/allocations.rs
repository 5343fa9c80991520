//! What the driver allocates for a request, with a limit for each kind. Only the client's thread is counted: the server
//! has one of its own, and everything of the driver runs in the test's.

use allocation_counter::measure;
use cql_benches::Failure;
use cql_benches::models::{ModelGet, ModelPut, ModelScan};
use cql_benches::null_server::{NullServer, Options};
use cql_benches::workload::{ALL_KEYS, Get, GetBorrowed, Put, Scan, ScanBorrowed, Work, connect, drive};
use cql_driver::{ProtocolVersion, Session};
use tokio::runtime::Runtime;

const OPERATIONS: u64 = 20_000;
const WARM_UP: u64 = 5_000;
const CONCURRENCY: u64 = 64;

const PAGE_ROWS: u64 = 5000;
const PAGES: u64 = 4;

/// Answers to what is awaited, in the thread of the test.
struct Client {
    session: Session,
    runtime: Runtime,
}

/// Runs `test` on a session of each version that has a framing of its own.
fn on_each_version(test: impl Fn(&Client) -> Result<(), Failure>) -> Result<(), Failure> {
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        let mut options = Options::default();
        options.port = 0;
        options.page_rows = usize::try_from(PAGE_ROWS)?;
        options.pages = usize::try_from(PAGES)?;
        let server = NullServer::bind(options)?.spawn()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let session = runtime.block_on(connect(&server.address().to_string(), Some(version), None, 1))?;
        assert_eq!(session.protocol_version(), version);
        let client = Client { session, runtime };
        test(&client)?;
        client.runtime.block_on(client.session.close());
    }
    Ok(())
}

impl Client {
    /// Allocations per operation of `run`, which gives the number of operations, after a first run of it.
    fn count(&self, run: impl AsyncFn(u64) -> Result<u64, Failure>) -> Result<f64, Failure> {
        self.runtime.block_on(run(WARM_UP))?;
        let mut done = Ok(0);
        let info = measure(|| done = self.runtime.block_on(run(OPERATIONS)));
        let per_operation = info.count_total as f64 / done? as f64;
        println!("{}: {per_operation:.4}", self.session.protocol_version());
        Ok(per_operation)
    }

    /// As many tasks as are usual, which are counted too: a few allocations each.
    fn count_work<W: Work + Clone>(&self, work: W) -> Result<f64, Failure> {
        self.count(async |count| Ok(drive(work.clone(), count, CONCURRENCY, ALL_KEYS).await?.operations))
    }

    /// Scans once after another, and returns allocations per page.
    fn count_scan<W: Work + Clone>(&self, scan: W) -> Result<f64, Failure> {
        let per_row =
            self.count(async |count| Ok(drive(scan.clone(), count, 1, ALL_KEYS).await?.operations))?;
        Ok(per_row * PAGE_ROWS as f64)
    }
}

#[test]
fn a_put_allocates_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let put = client.runtime.block_on(Put::new(&client.session))?;
        let count = client.count_work(put)?;
        assert!(count <= 0.1, "{count} allocations");
        Ok(())
    })
}

/// A row is encoded straight from its model.
#[test]
fn a_put_of_a_model_allocates_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let count = client.count_work(ModelPut::new(&client.session))?;
        assert!(count <= 0.1, "{count} allocations");
        Ok(())
    })
}

/// The two of the caller's text and blob.
#[test]
fn a_get_of_a_model_allocates_for_its_row_alone() -> Result<(), Failure> {
    on_each_version(|client| {
        let count = client.count_work(ModelGet::new(&client.session))?;
        assert!(count <= 2.1, "{count} allocations");
        Ok(())
    })
}

#[test]
fn a_get_of_borrowed_values_allocates_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let get = client.runtime.block_on(GetBorrowed::new(&client.session))?;
        let count = client.count_work(get)?;
        assert!(count <= 0.1, "{count} allocations");
        Ok(())
    })
}

#[test]
fn a_get_of_owned_values_allocates_those() -> Result<(), Failure> {
    on_each_version(|client| {
        let get = client.runtime.block_on(Get::new(&client.session))?;
        let count = client.count_work(get)?;
        assert!((2.0..=2.1).contains(&count), "{count} allocations, a text and a blob");
        Ok(())
    })
}

#[test]
fn rows_of_a_scan_that_are_borrowed_allocate_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let scan = client.runtime.block_on(ScanBorrowed::new(&client.session))?;
        let count = client.count_scan(scan)?;
        assert!(count <= 16.0, "{count} allocations a page");
        Ok(())
    })
}

#[test]
fn rows_of_a_scan_that_are_owned_allocate_what_they_own() -> Result<(), Failure> {
    on_each_version(|client| {
        let scan = client.runtime.block_on(Scan::new(&client.session))?;
        let count = client.count_scan(scan)? - 2.0 * PAGE_ROWS as f64;
        assert!(count <= 32.0, "{count} allocations a page beside a text and a blob of each row");
        Ok(())
    })
}

/// Scenario M40: a million rows of a struct that owns nothing allocate nothing, but for what their pages take.
#[test]
fn m40_rows_of_models_without_owned_fields_allocate_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let scan = ModelScan::new(&client.session);
        let rows = async |count| Ok::<_, Failure>(drive(scan.clone(), count, 1, ALL_KEYS).await?.operations);
        client.runtime.block_on(rows(WARM_UP))?;
        let mut read = Ok(0);
        let info = measure(|| read = client.runtime.block_on(rows(1_000_000)));
        let (read, pages) = (read?, 1_000_000 / PAGE_ROWS);
        assert!(read >= 1_000_000, "{read} rows");
        assert!(info.count_total <= pages * 32, "{} allocations for {pages} pages", info.count_total);
        Ok(())
    })
}

#[test]
fn a_put_in_bulk_allocates_nothing() -> Result<(), Failure> {
    on_each_version(|client| {
        let put = client.runtime.block_on(Put::new(&client.session))?;
        let count = client.count(async |count| {
            Ok(put.bulk(count, usize::try_from(CONCURRENCY)?, ALL_KEYS).await?.operations)
        })?;
        assert!(count <= 0.1, "{count} allocations");
        Ok(())
    })
}
