//! What every test needs: a paused clock, a cluster within the process, a session on it.

use crate::logged;
use cql_driver::policy::{ExponentialReconnection, LoadBalancingPolicy, PlanRequest};
use cql_driver::topology::NodeIndex;
use cql_driver::{Cluster, ClusterBuilder, Error, Session};
use cql_testkit::{ColumnType, Prime, Reply, Rows, SimCluster, Table};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::Poll;
use std::time::Duration;

/// A test that takes longer, by its own clock, hangs.
const HOUR: Duration = Duration::from_secs(3600);

/// Runs a test with its clock paused.
#[track_caller]
pub(crate) fn simulate<T>(test: impl Future<Output = T>) -> T {
    simulate_seeded(0, test)
}

/// As [`simulate`]; the driver's choices at random repeat themselves with the seed.
#[track_caller]
pub(crate) fn simulate_seeded<T>(seed: u64, test: impl Future<Output = T>) -> T {
    logged::make_spans_if_asked();
    fastrand::seed(seed);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async { tokio::time::timeout(HOUR, test).await.expect("hangs") })
}

/// Runs a test once for each seed, and names the seed of one that fails.
pub(crate) fn simulate_seeds<F: Future<Output = ()>>(count: u64, test: impl Fn(u64) -> F) {
    struct Named(u64);
    impl Drop for Named {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("failed with seed {}", self.0);
            }
        }
    }
    for seed in 0..count {
        let _named = Named(seed);
        simulate_seeded(seed, test(seed));
    }
}

/// The number in an environment variable, by which a test can be made to run longer.
pub(crate) fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics from here on that come from the driver or what it uses, in whatever task they happen.
pub(crate) fn count_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let file = panic.location().map_or("", |location| location.file());
            if !file.contains("simulated") {
                PANICS.fetch_add(1, Relaxed);
            }
            print(panic);
        }));
    });
}

/// How many there were.
pub(crate) fn panics() -> usize {
    PANICS.load(Relaxed)
}

pub(crate) const INSERT: &str = "INSERT INTO ks.t (id, v) VALUES (?, ?)";
pub(crate) const SELECT: &str = "SELECT v FROM ks.t WHERE id = ?";

/// `ks.t (id int, v int)` on so many nodes within the process, and all of them replicas of everything.
pub(crate) fn nodes(count: usize) -> cql_testkit::ClusterBuilder {
    SimCluster::builder().dc("dc1", count).in_memory().simple_keyspace("ks", count).table(table())
}

pub(crate) fn table() -> Table {
    Table::new("ks", "t").partition_key("id", ColumnType::Int).column("v", ColumnType::Int)
}

/// A driver's settings for that cluster.
pub(crate) fn driver(sim: &SimCluster) -> ClusterBuilder {
    let network = sim.network().clone();
    Cluster::builder().contact_points(sim.contact_points()).dialer(move |address| network.dial(address))
}

pub(crate) async fn try_session(builder: ClusterBuilder) -> Result<Session, Error> {
    builder.build()?.connect().await
}

/// A session, connected to all nodes.
pub(crate) async fn session(sim: &SimCluster) -> Session {
    session_of(driver(sim)).await
}

pub(crate) async fn session_of(builder: ClusterBuilder) -> Session {
    try_session(builder).await.unwrap()
}

/// Answers the select with its own `id`: whoever gets another's answer notices.
pub(crate) fn echo() -> Prime {
    Prime::query(SELECT).reply(own_id())
}

/// A row with the `id` that was asked for.
pub(crate) fn own_id() -> Reply {
    Reply::computed(|request| one(request.value::<i32>(0)))
}

/// A row with one column `v`.
pub(crate) fn one(value: i32) -> Reply {
    Reply::rows(Rows::new([("v", ColumnType::Int)]).row((value,)))
}

pub(crate) fn backoff(first: Duration, longest: Duration) -> ExponentialReconnection {
    ExponentialReconnection::new(first, longest)
}

/// All nodes, by their addresses: tests that count what each one gets need to know which comes first.
#[derive(Debug)]
pub(crate) struct InOrder;

impl LoadBalancingPolicy for InOrder {
    fn plan(&self, request: &PlanRequest<'_>, plan: &mut Vec<NodeIndex>) {
        let mut nodes = request.topology.nearest_first().to_vec();
        nodes.sort_by_key(|node| request.topology.node(*node).map(|node| node.address()));
        plan.append(&mut nodes);
    }
}

/// Lets everything that can happen without time passing happen.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

pub(crate) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Polls a future once; `true` if it is ready.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_ready())).await
}
