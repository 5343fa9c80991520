//! A session and tables for tests that go side by side.
//!
//! All tests of a program share one runtime, one session and one keyspace, because changes of the schema are slow: a
//! test has tables, or partitions, of its own. The keyspace has a name of its own in every run. Nobody knows which test
//! is the last, so that a run drops what runs of an hour ago have left.

use crate::environment::{builder, nodes, release};
use crate::release::{Capability, Release};
use cql_driver::value::{BindRow, FromRow};
use cql_driver::{ClusterBuilder, ProtocolVersion, QueryResult, Session};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::runtime::Runtime;
use tokio::sync::{OnceCell, Semaphore};

/// Tests at once: more would only wait for one another's changes of the schema.
const AT_ONCE: usize = 4;
/// Tests that take longer say so.
const SLOW: Duration = Duration::from_secs(2);
const PREFIX: &str = "live";
const KEPT_SECONDS: u64 = 3600;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
});
static DATABASE: OnceCell<Database> = OnceCell::const_new();
static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);

/// Runs a test on the cluster.
pub fn live<F: AsyncFnOnce(&'static Database)>(test: F) {
    live_with(&[], test);
}

/// Runs a test on the cluster, or says why its release cannot.
///
/// # Panics
/// When the test does, or no cluster is there.
pub fn live_with<F: AsyncFnOnce(&'static Database)>(needs: &[Capability], test: F) {
    let release = release();
    if let Some(missing) = needs.iter().find(|capability| !release.can(**capability)) {
        println!("SKIP {}: {release} has no {missing}", name_of(&test));
        return;
    }
    RUNTIME.block_on(async {
        let _running = RUNNING.acquire().await.expect("it is never closed");
        let database = DATABASE.get_or_init(Database::open).await;
        let began = Instant::now();
        let name = name_of(&test);
        test(database).await;
        if began.elapsed() >= SLOW {
            println!("{name} took {:.1} s", began.elapsed().as_secs_f64());
        }
    });
}

/// The name of the function that a closure stands in, the innermost one.
fn name_of<T>(_: &T) -> &'static str {
    let name = std::any::type_name::<T>();
    let innermost = name.rsplit('<').next().unwrap_or(name);
    innermost.split("::{{closure}}").next().unwrap_or(innermost)
}

/// The cluster with the session and the keyspace that tests share.
#[derive(Debug)]
pub struct Database {
    session: Session,
    keyspace: String,
    release: Release,
    tables: Mutex<HashMap<String, Arc<OnceCell<()>>>>,
    /// One change of the schema at a time: some releases lose one of two that overlap.
    changing: tokio::sync::Mutex<()>,
}

impl Database {
    async fn open() -> Self {
        let session = builder().build().expect("the settings are good").connect().await.expect("a session");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let database = Database {
            session,
            keyspace: format!("{PREFIX}_{now}_{}", std::process::id()),
            release: release(),
            tables: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
        };
        database.drop_leftovers(now).await;
        database.create_keyspace(&database.keyspace, 1).await;
        database
    }

    async fn drop_leftovers(&self, now: u64) {
        let names = match self.session.execute("SELECT keyspace_name FROM system_schema.keyspaces", ()).await
        {
            Ok(names) => names,
            Err(_) => self.execute("SELECT keyspace_name FROM system.schema_keyspaces").await,
        };
        for row in names.rows::<(String,)>().expect("one column") {
            let (name,) = row.expect("a name");
            let mut parts = name.split('_');
            let since = match (parts.next(), parts.next().map(str::parse::<u64>)) {
                (Some(PREFIX), Some(Ok(since))) => since,
                _ => continue,
            };
            if since + KEPT_SECONDS < now {
                self.alter(&format!("DROP KEYSPACE IF EXISTS {name}")).await;
            }
        }
    }

    /// The session that tests share: negotiated version, no compression, no keyspace.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// A builder for a session of one's own.
    pub fn builder(&self) -> ClusterBuilder {
        builder()
    }

    /// A session of one's own that speaks a version.
    ///
    /// # Panics
    /// When it cannot be connected.
    pub async fn session_of(&self, version: ProtocolVersion) -> Session {
        let cluster = builder().protocol_version(version).build().expect("the settings are good");
        cluster.connect().await.expect("a session")
    }

    /// The keyspace that tests share: replication factor 1.
    #[must_use]
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// The release of the nodes.
    #[must_use]
    pub fn release(&self) -> Release {
        self.release
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        nodes()
    }

    /// Whether the release can do something; for parts of a test.
    #[must_use]
    pub fn can(&self, capability: Capability) -> bool {
        self.release.can(capability)
    }

    /// A table in the keyspace that tests share, created when it is first asked for; its full name.
    ///
    /// # Panics
    /// When it cannot be created.
    pub async fn table(&self, name: &str, definition: &str) -> String {
        let full = format!("{}.{name}", self.keyspace);
        self.once(&full, &format!("CREATE TABLE {full} {definition}")).await;
        full
    }

    /// A table for whatever needs partitions of rows: `key text, id int, number int, body text, bytes blob`.
    ///
    /// # Panics
    /// When it cannot be created.
    pub async fn rows_table(&self) -> String {
        let columns = "key text, id int, number int, body text, bytes blob";
        self.table("shared_rows", &format!("({columns}, PRIMARY KEY (key, id))")).await
    }

    /// A user-defined type in the keyspace that tests share, created when it is first asked for; its full name.
    ///
    /// # Panics
    /// When it cannot be created.
    pub async fn user_type(&self, name: &str, definition: &str) -> String {
        let full = format!("{}.{name}", self.keyspace);
        self.once(&full, &format!("CREATE TYPE {full} {definition}")).await;
        full
    }

    /// A keyspace of the test's own, created when it is first asked for.
    ///
    /// # Panics
    /// When it cannot be created.
    pub async fn own_keyspace(&self, name: &str, replication_factor: usize) -> String {
        let full = format!("{}_{name}", self.keyspace);
        let place = self.place(&full);
        place.get_or_init(|| self.create_keyspace(&full, replication_factor)).await;
        full
    }

    async fn create_keyspace(&self, name: &str, replication_factor: usize) {
        let strategy = format!("{{'class': 'SimpleStrategy', 'replication_factor': {replication_factor}}}");
        self.alter(&format!("CREATE KEYSPACE {name} WITH replication = {strategy}")).await;
    }

    fn place(&self, name: &str) -> Arc<OnceCell<()>> {
        let mut tables = self.tables.lock().expect("no test panics while it holds it");
        Arc::clone(tables.entry(name.to_owned()).or_default())
    }

    async fn once(&self, name: &str, change: &str) {
        let place = self.place(name);
        place
            .get_or_init(|| async {
                self.alter(change).await;
            })
            .await;
    }

    /// Changes the schema, one change at a time.
    ///
    /// # Panics
    /// When it fails, or not all nodes have it in time.
    pub async fn alter(&self, change: &str) -> QueryResult {
        self.alter_by(&self.session, change).await
    }

    /// Changes the schema through another session.
    ///
    /// # Panics
    /// When it fails, or not all nodes have it in time.
    pub async fn alter_by(&self, session: &Session, change: &str) -> QueryResult {
        let _alone = self.changing.lock().await;
        let result = session.execute(change, ()).await.unwrap_or_else(|error| panic!("`{change}`: {error}"));
        // There is no answer where nothing had to be changed.
        assert_ne!(result.schema_agreed(), Some(false), "not all nodes have `{change}`");
        result
    }

    /// Executes text without values.
    ///
    /// # Panics
    /// When it fails.
    pub async fn execute(&self, text: &str) -> QueryResult {
        self.execute_with(text, ()).await
    }

    /// Executes text with values.
    ///
    /// # Panics
    /// When it fails.
    pub async fn execute_with(&self, text: &str, values: impl BindRow + Sync) -> QueryResult {
        self.session.execute(text, values).await.unwrap_or_else(|error| panic!("`{text}`: {error}"))
    }

    /// All rows of one page.
    ///
    /// # Panics
    /// When it fails.
    pub async fn rows<R: for<'r> FromRow<'r>>(&self, text: &str) -> Vec<R> {
        let result = self.execute(text).await;
        let rows = result.rows().unwrap_or_else(|error| panic!("`{text}`: {error}"));
        rows.map(|row| row.unwrap_or_else(|error| panic!("`{text}`: {error}"))).collect()
    }

    /// The one row there is.
    ///
    /// # Panics
    /// When it fails, or there is another number of rows.
    pub async fn row<R: for<'r> FromRow<'r>>(&self, text: &str) -> R {
        let mut rows = self.rows(text).await;
        assert_eq!(rows.len(), 1, "`{text}`");
        rows.remove(0)
    }
}
