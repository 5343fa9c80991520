//! Histories: thousands of requests of all kinds, while nodes, connections and answers do whatever a seed decides.
//!
//! Whatever happens, what the driver promises must hold, and is checked while it happens and at the end: every call ends
//! once and in time; nobody gets another's answer; a write that must not be repeated comes to servers once at most;
//! stream ids, tasks and memory are conserved; after `close` nothing is left.
//!
//! A failure names its seed. `CQL_HISTORY_SEED=7` runs that history alone, `CQL_HISTORIES=1000` runs so many.

use crate::support::{
    INSERT, SELECT, backoff, count_panics, driver, echo, ms, nodes, number, one, panics, settle,
    simulate_seeded, try_session,
};
use cql_driver::policy::ConstantSpeculation;
use cql_driver::{
    Batch, ClusterBuilder, Error, ExecutionProfile, PreparedStatement, ProtocolVersion, Session,
};
use cql_testkit::{
    Chunking, ColumnType, Connection, ErrorCode, Fault, Gate, Node, Opcode, Prime, Random, Received, Reply,
    Rows, SimCluster, events,
};
use futures::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

const STEPS: usize = 500;
const PAGES: &str = "SELECT v FROM ks.pages";
/// A request may have this long.
const TIMEOUT: Duration = ms(400);
/// What a request may take beyond: a tick of the clock, and another's turn.
const SLACK: Duration = ms(30);

/// One cluster, whoever uses it, and what was seen so far.
struct History {
    sim: SimCluster,
    random: Random,
    seed: u64,
    session: Session,
    statements: Statements,
    calls: JoinSet<()>,
    counts: Arc<Counts>,
    stopped: [bool; 3],
    /// Answers that are late wait for it.
    end: Gate,
    limit: u16,
    per_node: usize,
    /// Tasks of the cluster and the test, before there was a session.
    tasks_before: usize,
}

#[derive(Clone)]
struct Statements {
    select: PreparedStatement,
    insert: PreparedStatement,
}

#[derive(Default)]
struct Counts {
    begun: AtomicUsize,
    /// Ended or dropped: a guard counts, so that it is counted once whatever becomes of the task.
    over: AtomicUsize,
    succeeded: AtomicUsize,
    next_write: AtomicI32,
}

/// Counts a call that is over, however it came to that.
struct Over(Arc<Counts>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, Relaxed);
    }
}

impl Statements {
    /// Prepares as an application does at its start: until it succeeds.
    async fn prepare(session: &Session) -> Self {
        let prepare = async |text| loop {
            match session.prepare(text).await {
                Ok(prepared) => break prepared.with_timeout(TIMEOUT),
                Err(_) => tokio::time::sleep(ms(20)).await,
            }
        };
        let statements =
            async { Statements { select: prepare(SELECT).await, insert: prepare(INSERT).await } };
        tokio::time::timeout(ms(60_000), statements).await.expect("the cluster never answers")
    }
}

/// What nodes answer to reads: mostly what was asked for, late, and now and then anything else.
fn answer(request: &Received, random: &mut Random, end: &Gate, checked: bool) -> Reply {
    let right = one(request.value::<i32>(0)).after(ms(random.below(80) as u64));
    match random.below(60) {
        0 => Reply::close(),
        1 => Reply::reset(),
        2 => Reply::half_close(),
        3 | 4 => right.when(end),
        5 => Reply::error_code(ErrorCode::OVERLOADED, "busy"),
        6 => Reply::error_code(ErrorCode::SERVER_ERROR, "broken"),
        8 => Reply::body(Opcode::RESULT, vec![0, 0, 0, 99]),
        11 => right.with_fault(Fault::CloseAfter(random.below(30))),
        12 => right.in_chunks(Chunking::Bytes(1 + random.below(5))),
        // Before v5 damage goes unnoticed.
        13 if checked => right.with_fault(Fault::Flip { at: random.below(40), bits: 0x10 }),
        14 if checked => right.with_fault(Fault::PayloadChecksum),
        15..20 => one(request.value::<i32>(0)).after(ms(random.below(1500) as u64)),
        _ => right,
    }
}

/// What nodes answer to writes. Nothing that says that nothing was written: those may be repeated.
fn written(random: &mut Random, end: &Gate) -> Reply {
    match random.below(30) {
        0 => Reply::close(),
        1 => Reply::reset(),
        2 => Reply::void().when(end),
        3 => Reply::error_code(ErrorCode::OVERLOADED, "busy"),
        4 => Reply::error_code(ErrorCode::SERVER_ERROR, "broken"),
        5 => Reply::body(Opcode::RESULT, vec![1, 2, 3]),
        _ => Reply::void().after(ms(random.below(60) as u64)),
    }
}

impl History {
    async fn begin(seed: u64) -> Self {
        count_panics();
        let mut random = Random::new(seed);
        let version = ProtocolVersion::ALL[random.below(3)];
        let sim = nodes(3).seed(seed).socket_buffer(1 << (10 + random.below(6))).start().await.unwrap();
        settle().await;
        let tasks_before = tasks();
        let (limit, per_node) = (1 + random.below(64) as u16, 1 + random.below(2));
        let session = try_session(settings(&sim, version, (limit, per_node), &mut random)).await.unwrap();
        let statements = Statements::prepare(&session).await;
        let history = History {
            sim,
            random,
            seed,
            session,
            statements,
            calls: JoinSet::new(),
            counts: Arc::default(),
            stopped: [false; 3],
            end: Gate::new(),
            limit,
            per_node,
            tasks_before,
        };
        history.prime(version.has_segments());
        history
    }

    fn prime(&self, checked: bool) {
        let (random, end) = (Mutex::new(Random::new(!self.seed)), self.end.clone());
        self.sim.prime(Prime::query(SELECT).reply(Reply::computed(move |request| {
            answer(request, &mut random.lock().unwrap(), &end, checked)
        })));
        let (random, end) = (Mutex::new(Random::new(self.seed.rotate_left(32))), self.end.clone());
        let writes = Reply::computed(move |_| written(&mut random.lock().unwrap(), &end));
        self.sim.prime(Prime::query(INSERT).reply(writes));
        let page = |value| Rows::new([("v", ColumnType::Int)]).row((value,)).row((value + 1,));
        let pages = Reply::pages([page(0), page(2), page(4)]).after(ms(5));
        self.sim.prime(Prime::query(PAGES).reply(pages));
    }

    /// Starts a call in a task of its own. It must end within its time, unless it is dropped before.
    fn call<F>(&mut self, allowed: Duration, call: F)
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let counts = Arc::clone(&self.counts);
        counts.begun.fetch_add(1, Relaxed);
        let given_up_after = self.random.one_in(5).then(|| ms(self.random.below(300) as u64));
        self.calls.spawn(async move {
            let _over = Over(Arc::clone(&counts));
            let began = Instant::now();
            let ended = match given_up_after {
                None => call.await,
                Some(after) => match tokio::time::timeout(after, call).await {
                    Ok(ended) => ended,
                    Err(_) => return,
                },
            };
            assert!(began.elapsed() <= allowed + SLACK, "{:?} of {allowed:?}: {ended:?}", began.elapsed());
            if ended.is_ok() {
                counts.succeeded.fetch_add(1, Relaxed);
            }
        });
    }

    fn read(&mut self) {
        let (session, id) = (self.session.clone(), self.random.below(1 << 20) as i32);
        let select = self.statements.select.clone().with_idempotent(self.random.one_in(2));
        self.call(TIMEOUT, async move {
            let (value,) = session.execute(&select, (id,)).await?.single_row::<(i32,)>()?;
            assert_eq!(value, id, "another's answer");
            Ok(())
        });
    }

    fn write(&mut self) {
        let (session, insert) = (self.session.clone(), self.statements.insert.clone());
        let id = self.counts.next_write.fetch_add(2, Relaxed);
        if self.random.one_in(4) {
            let mut batch = Batch::unlogged().with_timeout(TIMEOUT);
            batch.add(&insert, (id, 0)).unwrap();
            batch.add(&insert, (id + 1, 0)).unwrap();
            self.call(TIMEOUT, async move { session.batch(&batch).await.map(drop) });
        } else {
            self.call(TIMEOUT, async move { session.execute(&insert, (id, 0)).await.map(drop) });
        }
    }

    fn read_pages(&mut self) {
        let session = self.session.clone();
        let statement = cql_driver::Statement::new(PAGES).with_timeout(TIMEOUT).with_idempotent(true);
        // Each page has the time of a request.
        self.call(TIMEOUT * 3, async move {
            let mut rows = session.stream::<(i32,)>(statement, ())?;
            let mut expected = 0;
            while let Some(row) = rows.next().await {
                assert_eq!(row?.0, expected, "a row too many, too few or twice");
                expected += 1;
            }
            assert_eq!(expected, 6);
            Ok(())
        });
    }

    fn read_many(&mut self) {
        let session = self.session.clone();
        let (select, first) = (self.statements.select.clone(), self.random.below(1 << 20) as i32);
        let count = 24;
        // Two at a time at worst, each of which may take its time.
        self.call(TIMEOUT * 12, async move {
            let ids = (first..first + count).map(|id| (id,));
            let outcomes = session.execute_concurrent(&select, ids).concurrency(8).collect().await;
            assert_eq!(outcomes.len(), count as usize);
            for (id, outcome) in (first..).zip(outcomes) {
                if let Ok((value,)) = outcome.and_then(|result| result.single_row::<(i32,)>()) {
                    assert_eq!(value, id, "another's answer");
                }
            }
            Ok(())
        });
    }

    fn prepare_another(&mut self) {
        let (session, limit) = (self.session.clone(), self.random.below(1000));
        self.call(Duration::from_secs(10), async move {
            session.prepare(format!("{SELECT} LIMIT {limit}")).await.map(drop)
        });
    }

    async fn trouble(&mut self) {
        let index = self.random.below(3);
        let node = self.sim.node(index);
        match self.random.below(16) {
            0 => node.reset_connections(),
            1 => node.close_connections().await,
            2 => node.connections().iter().for_each(Connection::half_close),
            3 => node.pause_reading(),
            4..7 => node.resume_reading(),
            7 => {
                node.restart().await.unwrap();
                self.stopped[index] = false;
            }
            8 => node.forget_all(),
            // As after an ALTER.
            9 => self.sim.nodes().iter().for_each(|node| node.change_statement_id(SELECT)),
            10 => node.accept_and_hang(),
            11 if !self.stopped.iter().any(|stopped| *stopped) => {
                node.stop().await;
                self.stopped[index] = true;
            }
            11 | 12 => self.start_all().await,
            13 => node.set_chunking(Chunking::Random { most: 1 + self.random.below(40) }),
            14 => node.set_chunking(Chunking::Whole),
            _ => self.push_events(&node),
        }
    }

    fn push_events(&mut self, node: &Node) {
        let address = node.address();
        for _ in 0..self.random.below(30) {
            let event = match self.random.below(7) {
                0 => events::up(address),
                1 => events::down(address),
                2 => events::new_node(address),
                3 => events::removed_node(address),
                4 => events::moved_node(address),
                5 => events::keyspace_updated("ks"),
                _ => events::unknown("FULL_MOON"),
            };
            self.sim.push(&event);
        }
    }

    async fn start_all(&mut self) {
        for (index, stopped) in self.stopped.iter_mut().enumerate() {
            if std::mem::take(stopped) {
                self.sim.node(index).start().await.unwrap();
            }
        }
    }

    /// The application ends its session in the middle of everything and opens another.
    async fn change_session(&mut self) {
        let closing = Instant::now();
        self.session.close().await;
        assert!(closing.elapsed() < ms(20_000), "closing took {:?}", closing.elapsed());
        let version = self.session.protocol_version();
        let began = Instant::now();
        self.session = loop {
            let settings = settings(&self.sim, version, (self.limit, self.per_node), &mut self.random);
            match try_session(settings).await {
                Ok(session) => break session,
                Err(error) => {
                    assert!(began.elapsed() < ms(60_000), "no session any more: {error}");
                    self.sim.nodes().iter().for_each(Node::resume_reading);
                    self.start_all().await;
                }
            }
        };
        self.statements = Statements::prepare(&self.session).await;
    }

    async fn step(&mut self) {
        match self.random.below(400) {
            0 => self.change_session().await,
            1..40 => self.trouble().await,
            40..80 => self.read_pages(),
            80..100 => self.read_many(),
            100..110 => self.prepare_another(),
            110..200 => self.write(),
            _ => self.read(),
        }
        if self.random.one_in(3) {
            tokio::time::sleep(ms(self.random.below(25) as u64)).await;
        }
        while let Some(ended) = self.calls.try_join_next() {
            ended.unwrap();
        }
        let bound = self.tasks_before + self.calls.len() + 2 * self.sim.log().opened().min(40) + 60;
        assert!(tasks() < bound, "{} tasks for {} calls", tasks(), self.calls.len());
    }

    /// All troubles are over; everything must come to rest, and every id be free again.
    async fn heal(&mut self) {
        self.start_all().await;
        self.end.open();
        for node in self.sim.nodes() {
            node.resume_reading();
            node.set_chunking(Chunking::Whole);
        }
        while let Some(ended) = self.calls.join_next().await {
            ended.unwrap();
        }
        assert_eq!(self.counts.begun.load(Relaxed), self.counts.over.load(Relaxed), "calls that never ended");
        self.assert_at_most_once();
        self.sim.clear_primes();
        self.sim.prime(echo());
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(self.sim.connection_count(), 3 * self.per_node + 1, "connections");
        for status in self.session.node_statuses() {
            assert!(status.is_up(), "{status:?}");
            for connection in &status.connections {
                assert_eq!((connection.in_flight, connection.orphans), (0, 0), "{status:?}");
            }
        }
    }

    /// As many requests as the connections take are in flight at once, under as many ids.
    async fn assert_ids_are_free(&self) {
        // Nodes that have forgotten the statement are taught it.
        for id in 0..50 {
            self.session.execute(&self.statements.select, (id,)).await.unwrap();
        }
        let gate = Gate::new();
        self.sim.prime(Prime::query(SELECT).reply(one(1).when(&gate)));
        self.sim.log().clear();
        let mut all = JoinSet::new();
        let capacity = usize::from(self.limit) * self.per_node * 3;
        // More than fit, so that none of the connections is passed over by chance.
        for _ in 0..capacity * 2 + 30 {
            let (session, select) = (self.session.clone(), self.statements.select.clone());
            all.spawn(async move { session.execute(&select.with_timeout(ms(60_000)), (1,)).await });
        }
        for _ in 0..20 {
            settle().await;
        }
        let mut ids: BTreeMap<u64, BTreeSet<i16>> = BTreeMap::new();
        for request in self.sim.log().executes(SELECT).iter() {
            assert!(ids.entry(request.connection()).or_default().insert(request.stream()), "used twice");
        }
        let in_flight: usize = ids.values().map(BTreeSet::len).sum();
        assert_eq!(in_flight, capacity, "ids were lost: {ids:?}");
        gate.open();
        while let Some(ended) = all.join_next().await {
            ended.unwrap().unwrap();
        }
    }

    /// Each write has a number of its own, and its statement is not idempotent.
    fn assert_at_most_once(&self) {
        let mut seen = BTreeSet::new();
        for request in self.sim.log().statements(INSERT).iter() {
            let id = request.value::<i32>(0);
            assert!(seen.insert(id), "write {id} came twice: {request}");
        }
    }

    async fn end(self) {
        let History { sim, session, statements, tasks_before, .. } = self;
        session.close().await;
        drop((session, statements));
        settle().await;
        assert_eq!((sim.connection_count(), tasks()), (0, tasks_before), "connections and tasks");
        assert_eq!(panics(), 0);
    }
}

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

fn settings(
    sim: &SimCluster,
    version: ProtocolVersion,
    (limit, per_node): (u16, usize),
    random: &mut Random,
) -> ClusterBuilder {
    let mut profile = ExecutionProfile::builder();
    if random.one_in(3) {
        profile = profile.speculation(ConstantSpeculation::new(ms(50), 2));
    }
    driver(sim)
        .protocol_version(version)
        .default_profile(profile.build().unwrap())
        .reconnection(backoff(ms(5), ms(50)))
        .heartbeat(ms(200), ms(100))
        .connect_timeout(ms(300))
        .connections_per_node(per_node)
        .max_requests_per_connection(limit)
}

async fn history(seed: u64) -> (String, usize) {
    let mut history = History::begin(seed).await;
    for _ in 0..STEPS {
        history.step().await;
    }
    history.heal().await;
    let told = history.sim.log().to_string();
    history.assert_ids_are_free().await;
    let succeeded = history.counts.succeeded.load(Relaxed);
    history.end().await;
    (told, succeeded)
}

#[test]
fn promises_hold_in_every_history() {
    let seeds = match number("CQL_HISTORY_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("CQL_HISTORIES").unwrap_or(24),
    };
    let (mut histories, mut succeeded) = (0, 0);
    for seed in seeds {
        match std::panic::catch_unwind(|| simulate_seeded(seed, history(seed))) {
            Ok((_, calls)) => (histories, succeeded) = (histories + 1, succeeded + calls),
            Err(panic) => {
                eprintln!("failed with seed {seed}; again by CQL_HISTORY_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    assert!(succeeded > histories * STEPS / 4, "{succeeded} calls of {histories} histories succeeded");
}

#[test]
fn a_history_repeats_itself_with_its_seed() {
    let (first, _) = simulate_seeded(3, history(3));
    let (second, _) = simulate_seeded(3, history(3));
    let differs = first.lines().zip(second.lines()).find(|(one, other)| one != other);
    assert_eq!(differs, None);
}

#[test]
fn a_history_leaves_no_memory_behind() {
    simulate_seeded(1, history(1));
    let allocated = allocation_counter::measure(|| drop(simulate_seeded(1, history(1))));
    assert!(allocated.bytes_current < 64 << 10, "{} bytes are left", allocated.bytes_current);
    assert!(allocated.bytes_max < 64 << 20, "{} bytes at once", allocated.bytes_max);
}
