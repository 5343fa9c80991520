//! Requests of all kinds by tasks that never rest unless told to, and how they ended.

use cql_driver::error::ErrorKind;
use cql_driver::{Batch, Error, PreparedStatement, Session, Statement};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

const TASKS: u32 = 32;
const IDS: usize = 1 << 14;
const MANY: usize = 24;
/// Failures that are shown in full.
const SHOWN: usize = 5;
/// The kind of call that reads pages: of the whole ring.
const PAGES: u32 = 0;
/// How those may end, whatever the driver does short of speculation: Cassandra asks no second replica for a range of the
/// ring while the first is silent, and waits 10 s for one that was killed a moment ago.
pub(crate) const TIMEOUT_OF_PAGES: &str = "timeout_of_pages";
/// Rows that one read by pages asks for.
pub(crate) const ROWS: usize = 400;

/// `TABLE (id int PRIMARY KEY, v int)`, in which each row's value is its id: whoever gets another's answer notices.
pub(crate) struct Load {
    session: Session,
    statements: Statements,
    table: String,
    /// One for each task; taken for each call.
    turns: Semaphore,
    over: AtomicBool,
    /// Ids whose write was acknowledged.
    written: Vec<AtomicBool>,
    pub(crate) counts: Counts,
}

struct Statements {
    select: PreparedStatement,
    insert: PreparedStatement,
    pages: PreparedStatement,
}

/// How calls ended.
#[derive(Default)]
pub(crate) struct Counts {
    done: AtomicU64,
    failed: Mutex<BTreeMap<&'static str, u64>>,
    shown: Mutex<Vec<String>>,
}

impl Counts {
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Relaxed)
    }

    /// By kind.
    pub(crate) fn failed(&self) -> BTreeMap<&'static str, u64> {
        self.failed.lock().unwrap().clone()
    }

    /// The first of them.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.shown.lock().unwrap().clone()
    }

    fn count(&self, call: u32, ended: Result<(), Error>) {
        let Err(error) = ended else {
            self.done.fetch_add(1, Relaxed);
            return;
        };
        let kind = match (call, error.kind()) {
            (PAGES, ErrorKind::Timeout { .. }) => TIMEOUT_OF_PAGES,
            (_, kind) => kind.name(),
        };
        *self.failed.lock().unwrap().entry(kind).or_default() += 1;
        let mut shown = self.shown.lock().unwrap();
        if shown.len() < SHOWN {
            shown.push(format!("{kind}: {error}"));
        }
    }
}

/// The statements' texts for a table.
pub(crate) struct Texts {
    pub(crate) select: String,
    pub(crate) insert: String,
    pub(crate) pages: String,
}

impl Texts {
    pub(crate) fn new(table: &str) -> Self {
        Texts {
            select: format!("SELECT v FROM {table} WHERE id = ?"),
            insert: format!("INSERT INTO {table} (id, v) VALUES (?, ?)"),
            pages: format!("SELECT id, v FROM {table} LIMIT {ROWS}"),
        }
    }
}

impl Load {
    pub(crate) async fn new(session: Session, table: &str) -> Arc<Self> {
        let texts = Texts::new(table);
        let prepare = async |text: &str| session.prepare(text).await.unwrap().with_idempotent(true);
        let statements = Statements {
            select: prepare(&texts.select).await,
            insert: prepare(&texts.insert).await,
            pages: prepare(&texts.pages).await.with_page_size(100),
        };
        Arc::new(Load {
            session,
            statements,
            table: table.to_owned(),
            turns: Semaphore::new(TASKS as usize),
            over: AtomicBool::new(false),
            written: (0..IDS).map(|_| AtomicBool::new(false)).collect(),
            counts: Counts::default(),
        })
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Starts the tasks. `pace` is how long each waits between two calls.
    pub(crate) fn start(self: &Arc<Self>, pace: Duration) -> JoinSet<()> {
        (0..u64::from(TASKS)).map(|task| Arc::clone(self).go_on(task, pace)).collect()
    }

    /// Waits until no call goes on; none is begun before what it returns is dropped.
    pub(crate) async fn rest(&self) -> SemaphorePermit<'_> {
        self.turns.acquire_many(TASKS).await.unwrap()
    }

    /// Ends all tasks.
    pub(crate) async fn end(&self, tasks: JoinSet<()>) {
        self.over.store(true, Relaxed);
        tasks.join_all().await;
    }

    /// Some calls of each kind, every one of which must succeed.
    pub(crate) async fn all_succeed(&self) {
        for turn in 0..40 {
            self.call(turn, turn as usize).await.expect("nodes are well, and a call fails");
        }
    }

    /// Reads back each row whose write was acknowledged.
    pub(crate) async fn nothing_is_lost(&self) -> usize {
        let ids = (0..IDS).filter(|id| self.written[*id].load(Relaxed));
        let ids: Vec<(i32,)> = ids.map(|id| (number(id),)).collect();
        let read = self.session.execute_concurrent(&self.statements.select, ids.clone()).collect().await;
        for ((id,), outcome) in ids.iter().zip(read) {
            let (value,) = outcome.unwrap().single_row::<(i32,)>().expect("an acknowledged write is lost");
            assert_eq!(value, *id, "another's answer");
        }
        ids.len()
    }

    async fn go_on(self: Arc<Self>, task: u64, pace: Duration) {
        let mut random = fastrand::Rng::with_seed(task);
        loop {
            let turn = self.turns.acquire().await.unwrap();
            if self.over.load(Relaxed) {
                return;
            }
            let call = random.u32(0..40);
            self.counts.count(call, self.call(call, random.usize(0..IDS)).await);
            drop(turn);
            tokio::time::sleep(pace).await;
        }
    }

    async fn call(&self, kind: u32, id: usize) -> Result<(), Error> {
        match kind {
            PAGES => self.read_pages().await,
            1 => self.read_many(id).await,
            2 => self.session.prepare(format!("{} LIMIT 1", Texts::new(&self.table).select)).await.map(drop),
            3 => self.text().await,
            4..8 => self.write_two(id).await,
            8..20 => self.write(id).await,
            _ => self.read(id).await,
        }
    }

    async fn read(&self, id: usize) -> Result<(), Error> {
        let expected = self.written[id].load(Relaxed);
        let result = self.session.execute(&self.statements.select, (number(id),)).await?;
        match result.rows::<(i32,)>()?.next().transpose()? {
            Some((value,)) => assert_eq!(value, number(id), "another's answer"),
            None => assert!(!expected, "the acknowledged write of {id} is lost"),
        }
        Ok(())
    }

    async fn write(&self, id: usize) -> Result<(), Error> {
        self.session.execute(&self.statements.insert, (number(id), number(id))).await?;
        self.written[id].store(true, Relaxed);
        Ok(())
    }

    async fn write_two(&self, id: usize) -> Result<(), Error> {
        let other = (id + 1) % IDS;
        let mut batch = Batch::unlogged().with_idempotent(true);
        for id in [id, other] {
            batch.add(&self.statements.insert, (number(id), number(id)))?;
        }
        self.session.batch(&batch).await?;
        self.written[id].store(true, Relaxed);
        self.written[other].store(true, Relaxed);
        Ok(())
    }

    async fn read_pages(&self) -> Result<(), Error> {
        let mut rows = self.session.stream::<(i32, i32)>(&self.statements.pages, ())?;
        let mut count = 0;
        while let Some(row) = rows.next().await {
            let (id, value) = row?;
            assert_eq!(value, id, "a row of nowhere");
            count += 1;
        }
        assert!(count <= ROWS, "{count} rows");
        Ok(())
    }

    async fn read_many(&self, first: usize) -> Result<(), Error> {
        let ids = (0..MANY).map(|next| (number((first + next) % IDS),));
        let outcomes = self.session.execute_concurrent(&self.statements.select, ids.clone()).collect().await;
        for ((id,), outcome) in ids.zip(outcomes) {
            if let Some((value,)) = outcome?.rows::<(i32,)>()?.next().transpose()? {
                assert_eq!(value, id, "another's answer");
            }
        }
        Ok(())
    }

    async fn text(&self) -> Result<(), Error> {
        let statement = Statement::new("SELECT key FROM system.local").with_idempotent(true);
        self.session.execute(statement, ()).await.map(drop)
    }
}

fn number(id: usize) -> i32 {
    i32::try_from(id).unwrap()
}
