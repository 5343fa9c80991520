//! A cluster in the process, on sockets of the loopback interface, whose nodes and answers do whatever comes.

use crate::load::{Load, ROWS, TIMEOUT_OF_PAGES, Texts};
use crate::record;
use crate::samples::{Recorder, heap, sockets, tasks};
use cql_driver::policy::ExponentialReconnection;
use cql_driver::{Cluster, ExecutionProfile, Session};
use cql_testkit::{
    Chunking, ColumnType, Connection, ErrorCode, Fault, Node, Opcode, Prime, Random, Received, Reply, Rows,
    SimCluster, Table, events,
};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const NODES: usize = 3;
const PER_NODE: usize = 2;
/// Those of pools, and the control connection.
const CONNECTIONS: usize = NODES * PER_NODE + 1;
const TABLE: &str = "ks.t";
const TIMEOUT: Duration = Duration::from_millis(400);
const PACE: Duration = Duration::from_millis(2);
/// Pages in one read by pages.
const PAGES: usize = 4;
/// Bytes that may be left after a session: what the cluster in the process has grown by is among them.
const LEFT: u64 = 64 << 10;
/// Kinds of failure that what nodes do here explains.
const EXPLAINED: [&str; 8] = [
    "server",
    "timeout",
    TIMEOUT_OF_PAGES,
    "connection",
    "no_node_available",
    "decode",
    "undecodable",
    "unexpected_response",
];

pub(crate) async fn soak(lasts: Duration, reconnections: usize, folder: &Path) {
    let sim = start().await;
    // Once before, so that what is made once only is there.
    session(&sim).await.close().await;
    quiet(&sim, 0).await;
    sim.log().clear();
    let before = (tasks(), sockets(), heap());

    let load = Load::new(session(&sim).await, TABLE).await;
    let recorder = record("simulated", folder, lasts, &load);
    let running = load.start(PACE);
    let mut trouble = Trouble { sim: &sim, random: Random::new(1), stopped: [false; NODES] };
    let period = (lasts / 20).clamp(Duration::from_secs(1), Duration::from_secs(30));
    while recorder.elapsed() < lasts {
        misbehave(&sim);
        let until = Instant::now() + period;
        while Instant::now() < until {
            trouble.make().await;
            sleep(Duration::from_millis(5 + trouble.random.below(60) as u64)).await;
        }
        trouble.heal().await;
        rest(&sim, &load, &recorder).await;
    }
    reconnect(&sim, reconnections).await;
    rest(&sim, &load, &recorder).await;
    load.end(running).await;

    recorder.end().await.check();
    load.session().close().await;
    let (counts, failures) = (load.counts.failed(), load.counts.failures());
    drop(load);
    quiet(&sim, 0).await;
    sim.log().clear();
    let after = (tasks(), sockets(), heap());
    println!("  {reconnections} connections lost on top of it");
    println!("  tasks, sockets and bytes before the session {before:?}, after it {after:?}");
    let unexplained: Vec<_> = counts.keys().filter(|kind| !EXPLAINED.contains(kind)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?} of {counts:?}: {failures:?}");
    assert_eq!((after.0, after.1), (before.0, before.1), "tasks and sockets that a session leaves");
    assert!(after.2 <= before.2 + LEFT, "{} bytes that a session leaves", after.2 - before.2);
}

async fn start() -> SimCluster {
    let table = Table::new("ks", "t").partition_key("id", ColumnType::Int).column("v", ColumnType::Int);
    let sim = SimCluster::builder().dc("dc1", NODES).simple_keyspace("ks", NODES).table(table);
    sim.start().await.unwrap()
}

async fn session(sim: &SimCluster) -> Session {
    let profile = ExecutionProfile::builder().request_timeout(TIMEOUT).build().unwrap();
    let cluster = Cluster::builder()
        .contact_points(sim.contact_points())
        .default_profile(profile)
        .reconnection(ExponentialReconnection::new(Duration::from_millis(1), Duration::from_millis(100)))
        .heartbeat(Duration::from_millis(200), Duration::from_millis(200))
        .connect_timeout(Duration::from_millis(500))
        .connections_per_node(PER_NODE);
    let session = cluster.build().unwrap().connect().await.unwrap();
    behave(sim);
    session
}

/// Every answer is right and comes at once.
fn behave(sim: &SimCluster) {
    prime(sim, |request, _| right(request));
}

/// Of 150 answers to reads 20 are late, wrong, damaged, or none.
fn misbehave(sim: &SimCluster) {
    prime(sim, |request, random| {
        let right = right(request);
        match random.below(150) {
            0 => Reply::close(),
            1 => Reply::reset(),
            2 => Reply::half_close(),
            3 => Reply::error_code(ErrorCode::OVERLOADED, "busy"),
            4 => Reply::error_code(ErrorCode::SERVER_ERROR, "broken"),
            5 => Reply::body(Opcode::RESULT, vec![0, 0, 0, 99]),
            6 => right.with_fault(Fault::CloseAfter(random.below(30))),
            7 => right.with_fault(Fault::Flip { at: random.below(40), bits: 0x10 }),
            8 => right.with_fault(Fault::PayloadChecksum),
            9 => right.after(Duration::from_millis(500 + random.below(500) as u64)),
            10..20 => right.after(Duration::from_millis(random.below(50) as u64)),
            _ => right,
        }
    });
}

fn right(request: &Received) -> Reply {
    let rows = Rows::new([("v", ColumnType::Int)]);
    Reply::rows(rows.row((request.value::<i32>(0),)))
}

fn prime(sim: &SimCluster, answer: impl Fn(&Received, &mut Random) -> Reply + Send + Sync + 'static) {
    sim.clear_primes();
    let texts = Texts::new(TABLE);
    let random = Mutex::new(Random::new(2));
    let read = Reply::computed(move |request| answer(request, &mut random.lock().unwrap()));
    sim.prime(Prime::query(&texts.select).reply(read));
    sim.prime(Prime::query(&texts.insert).reply(Reply::void()));
    let page = |page: usize| {
        let rows = Rows::new([("id", ColumnType::Int), ("v", ColumnType::Int)]);
        let ids = page * ROWS / PAGES..(page + 1) * ROWS / PAGES;
        ids.fold(rows, |rows, id| rows.row((i32::try_from(id).unwrap(), i32::try_from(id).unwrap())))
    };
    sim.prime(Prime::query(&texts.pages).reply(Reply::pages((0..PAGES).map(page))));
}

struct Trouble<'a> {
    sim: &'a SimCluster,
    random: Random,
    stopped: [bool; NODES],
}

impl Trouble<'_> {
    async fn make(&mut self) {
        // The log is for tests that look at it.
        self.sim.log().clear();
        let index = self.random.below(NODES);
        let node = self.sim.node(index);
        match self.random.below(14) {
            0 => node.reset_connections(),
            1 => node.close_connections().await,
            2 => node.connections().iter().for_each(Connection::half_close),
            3 => node.pause_reading(),
            4 | 5 => node.resume_reading(),
            6 => {
                node.restart().await.unwrap();
                self.stopped[index] = false;
            }
            7 => node.forget_all(),
            8 => node.accept_and_hang(),
            9 if !self.stopped.contains(&true) => {
                node.stop().await;
                self.stopped[index] = true;
            }
            9 | 10 => self.start_all().await,
            11 => node.set_chunking(Chunking::Random { most: 1 + self.random.below(400) }),
            12 => node.set_chunking(Chunking::Whole),
            _ => self.push_events(&node),
        }
    }

    fn push_events(&mut self, node: &Node) {
        let address = node.address();
        for _ in 0..self.random.below(20) {
            let event = match self.random.below(5) {
                0 => events::up(address),
                1 => events::down(address),
                2 => events::new_node(address),
                3 => events::keyspace_updated("ks"),
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

    async fn heal(&mut self) {
        self.start_all().await;
        behave(self.sim);
        for node in self.sim.nodes() {
            node.resume_reading();
            node.set_chunking(Chunking::Whole);
        }
    }
}

/// Everything comes to rest, what is held is noted, and every call succeeds.
async fn rest(sim: &SimCluster, load: &Arc<Load>, recorder: &Recorder) {
    let resting = load.rest().await;
    // Late answers of troubled times, among them those that end connections.
    sleep(Duration::from_millis(1200)).await;
    quiet(sim, CONNECTIONS).await;
    load.all_succeed().await;
    sleep(Duration::from_millis(50)).await;
    for status in load.session().node_statuses() {
        assert!(status.is_up(), "{status:?}");
        let busy = status.connections.iter().any(|it| (it.in_flight, it.orphans) != (0, 0));
        assert!(!busy, "ids are in use while nothing is asked: {status:?}");
    }
    sim.log().clear();
    recorder.note_rest();
    drop(resting);
}

/// Waits until there are so many connections, and no more tasks than they need.
async fn quiet(sim: &SimCluster, connections: usize) {
    let began = Instant::now();
    let (mut same, mut last) = (0, 0);
    while same < 5 {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{} connections instead of {connections}, {} tasks",
            sim.connection_count(),
            tasks()
        );
        sleep(Duration::from_millis(20)).await;
        let is_right = sim.connection_count() == connections && tasks() == last;
        (same, last) = (if is_right { same + 1 } else { 0 }, tasks());
    }
}

/// All connections are lost again and again, while requests go on.
async fn reconnect(sim: &SimCluster, count: usize) {
    let mut lost = 0;
    while lost < count {
        let began = Instant::now();
        while sim.connection_count() < CONNECTIONS {
            assert!(began.elapsed() < Duration::from_secs(30), "{} connections", sim.connection_count());
            sleep(Duration::from_millis(1)).await;
        }
        lost += sim.connection_count();
        sim.nodes().iter().for_each(Node::reset_connections);
        sim.log().clear();
        sleep(Duration::from_millis(1)).await;
    }
}
