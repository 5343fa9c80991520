//! Writers and readers that go on whatever happens to nodes, and what they have seen.
//!
//! Each writer owns some keys and raises their versions. A reader notes which version of a key is acknowledged, reads
//! the key, and must see that version or a later one: a write that was lost shows, and one that came again too late.

use cql_driver::{Consistency, PreparedStatement, Session};
use cql_tests::Database;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;

const WRITERS: usize = 64;
const READERS: usize = 64;
const KEYS_PER_WRITER: usize = 64;
/// How finely the throughput is counted.
const BUCKET: Duration = Duration::from_millis(100);
const BUCKETS: usize = 6000;
/// How long nodes may disagree about a ring that changes; less than a key that is written at a pace waits for its next
/// version, which would hide that one was lost.
const RING_SETTLES: Duration = Duration::from_secs(1);
/// Failures that are kept; the rest is only counted.
const FAILURES_SHOWN: usize = 10;

/// The table, with three replicas, and when it was made. All tests have the same: a new one would have to grow old for each.
static TABLE: OnceCell<(String, Instant)> = OnceCell::const_new();
/// A node that answers asks another replica when one is silent. As long as a table is new it waits half its read timeout
/// for that, here 7.5 s, which with a first node that is silent is all the time a request has: nodes look once in a read
/// timeout what the table says. To a node that was started again all tables are new.
pub(crate) const HABITS_TAKE_HOLD: Duration = Duration::from_secs(16);
/// How often there was traffic. What an earlier test has written is older than all that is acknowledged in a later one.
static RUNS: AtomicI64 = AtomicI64::new(0);
const VERSIONS_PER_RUN: i64 = 1 << 32;

async fn make_table(db: &Database) -> (String, Instant) {
    let table = format!("{}.t", db.own_keyspace("traffic", 3).await);
    let columns = "(k int PRIMARY KEY, v bigint) WITH speculative_retry = '100ms'";
    db.alter(&format!("CREATE TABLE {table} {columns}")).await;
    (table, Instant::now())
}

/// Idempotent writes and reads at QUORUM, by tasks that never rest or that keep a pace.
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    session: Session,
    insert: PreparedStatement,
    select: PreparedStatement,
    pace: Option<Duration>,
    stop: AtomicBool,
    ring_changes: AtomicBool,
    began: Instant,
    /// Versions begin behind it.
    before: i64,
    /// The version of each key that the cluster has acknowledged last; 0 before the first.
    acknowledged: Vec<AtomicI64>,
    /// Requests that have ended well, by `BUCKET` since `began`.
    done: Vec<AtomicU32>,
    slowest_micros: AtomicU64,
    failures: Mutex<Vec<String>>,
    failed: AtomicU32,
}

/// What the traffic was like.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Requests that ended well.
    pub(crate) done: u64,
    /// How long the slowest of them took, with all its attempts; of those since `take_slowest`.
    pub(crate) slowest: Duration,
}

impl Traffic {
    /// Starts, once the table is no longer new.
    pub(crate) async fn start(db: &Database, session: &Session, pace: Option<Duration>) -> Self {
        let (table, made) = TABLE.get_or_init(|| make_table(db)).await;
        tokio::time::sleep(HABITS_TAKE_HOLD.saturating_sub(made.elapsed())).await;
        let statement = async |text: String| {
            let prepared = session.prepare(text).await.unwrap();
            prepared.with_consistency(Consistency::Quorum).with_idempotent(true)
        };
        let shared = Arc::new(Shared {
            session: session.clone(),
            insert: statement(format!("INSERT INTO {table} (k, v) VALUES (?, ?)")).await,
            select: statement(format!("SELECT k, v FROM {table} WHERE k = ?")).await,
            pace,
            stop: AtomicBool::new(false),
            ring_changes: AtomicBool::new(false),
            began: Instant::now(),
            before: RUNS.fetch_add(1, Relaxed) * VERSIONS_PER_RUN,
            acknowledged: (0..WRITERS * KEYS_PER_WRITER).map(|_| AtomicI64::new(0)).collect(),
            done: (0..BUCKETS).map(|_| AtomicU32::new(0)).collect(),
            slowest_micros: AtomicU64::new(0),
            failures: Mutex::default(),
            failed: AtomicU32::new(0),
        });
        let writers = (0..WRITERS).map(|writer| tokio::spawn(Arc::clone(&shared).write(writer)));
        let readers = (0..READERS).map(|reader| tokio::spawn(Arc::clone(&shared).read(reader)));
        Traffic { tasks: writers.chain(readers).collect(), shared: Arc::clone(&shared) }
    }

    /// Nodes join or leave meanwhile. Until all of them know the same ring, a quorum of the old replicas and one of the new
    /// need not meet: an acknowledged write may be seen a moment later, and must be then.
    pub(crate) fn ring_changes(&self) {
        self.shared.ring_changes.store(true, Relaxed);
    }

    /// How long it has gone on.
    pub(crate) fn elapsed(&self) -> Duration {
        self.shared.began.elapsed()
    }

    /// How long the slowest request took that has ended since the last call of this.
    pub(crate) fn take_slowest(&self) -> Duration {
        Duration::from_micros(self.shared.slowest_micros.swap(0, Relaxed))
    }

    /// Requests per second between two times of `elapsed`.
    pub(crate) fn rate(&self, during: Range<Duration>) -> f64 {
        let bucket = |at: Duration| (at.as_millis() / BUCKET.as_millis()) as usize;
        let (first, last) = (bucket(during.start), bucket(during.end));
        let done: u64 = self.shared.done[first..last].iter().map(|done| u64::from(done.load(Relaxed))).sum();
        done as f64 / ((last - first) as f64 * BUCKET.as_secs_f64())
    }

    /// Stops, reads back all that was acknowledged, and fails if any request did.
    pub(crate) async fn end(self) -> Seen {
        self.shared.stop.store(true, Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let shared = self.shared;
        // Everybody knows the ring by now.
        shared.ring_changes.store(false, Relaxed);
        for (key, version) in shared.acknowledged.iter().enumerate() {
            shared.read_key(key, version.load(Relaxed)).await;
        }
        let failures = shared.failures.lock().unwrap().join("\n  ");
        let failed = shared.failed.load(Relaxed);
        assert_eq!(failed, 0, "requests failed:\n  {failures}");
        Seen {
            done: shared.done.iter().map(|done| u64::from(done.load(Relaxed))).sum(),
            slowest: Duration::from_micros(shared.slowest_micros.load(Relaxed)),
        }
    }
}

impl Shared {
    async fn write(self: Arc<Self>, writer: usize) {
        let mut pace = self.pace.map(tokio::time::interval);
        for turn in 0.. {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            if self.stop.load(Relaxed) {
                return;
            }
            let key = writer * KEYS_PER_WRITER + turn % KEYS_PER_WRITER;
            let version = self.before + (turn / KEYS_PER_WRITER) as i64 + 1;
            let began = Instant::now();
            match self.session.execute(&self.insert, (number(key), version)).await {
                Ok(_) => {
                    self.acknowledged[key].store(version, Relaxed);
                    self.ended(began);
                }
                Err(error) => self.fail(began, &format!("write of {key}: {error}")),
            }
        }
    }

    async fn read(self: Arc<Self>, reader: usize) {
        let mut pace = self.pace.map(tokio::time::interval);
        for turn in 0.. {
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            if self.stop.load(Relaxed) {
                return;
            }
            // Each key, in another order for each reader.
            let key = (reader * 997 + turn * 613) % self.acknowledged.len();
            let began = Instant::now();
            if self.read_key(key, self.acknowledged[key].load(Relaxed)).await {
                self.ended(began);
            }
        }
    }

    /// Reads a key whose version is at least `acknowledged`; whether it was so.
    async fn read_key(&self, key: usize, acknowledged: i64) -> bool {
        let patience = if self.ring_changes.load(Relaxed) { RING_SETTLES } else { Duration::ZERO };
        let began = Instant::now();
        loop {
            match self.read_once(key).await {
                Some(version) if version < acknowledged && began.elapsed() < patience => {
                    tokio::time::sleep(BUCKET).await;
                }
                Some(version) if version < acknowledged => {
                    let stale =
                        format!("key {key} has version {version}, and {acknowledged} was acknowledged");
                    self.fail(began, &stale);
                    return false;
                }
                version => return version.is_some(),
            }
        }
    }

    async fn read_once(&self, key: usize) -> Option<i64> {
        let began = Instant::now();
        let read = match self.session.execute(&self.select, (number(key),)).await {
            Ok(read) => read,
            Err(error) => {
                self.fail(began, &format!("read of {key}: {error}"));
                return None;
            }
        };
        let Some(row) = read.rows::<(i32, i64)>().unwrap().next() else { return Some(0) };
        let (whose, version) = row.unwrap();
        assert_eq!(whose, number(key), "another's answer");
        Some(version)
    }

    fn ended(&self, began: Instant) {
        self.slowest_micros.fetch_max(u64::try_from(began.elapsed().as_micros()).unwrap(), Relaxed);
        let bucket = (self.began.elapsed().as_millis() / BUCKET.as_millis()) as usize;
        self.done[bucket.min(BUCKETS - 1)].fetch_add(1, Relaxed);
    }

    fn fail(&self, began: Instant, failure: &str) {
        self.failed.fetch_add(1, Relaxed);
        let mut failures = self.failures.lock().unwrap();
        if failures.len() < FAILURES_SHOWN {
            let (from, to) = (began - self.began, self.began.elapsed());
            failures.push(format!(
                "from {:.2} s to {:.2} s: {failure}",
                from.as_secs_f64(),
                to.as_secs_f64()
            ));
        }
    }
}

fn number(key: usize) -> i32 {
    i32::try_from(key).unwrap()
}
