//! Figures, observers, spans, the log of slow requests, traces.

use crate::logged;
use crate::support::{
    INSERT, InOrder, SELECT, backoff, driver, echo, ms, nodes, one, session, session_of, settle, simulate,
};
use cql_driver::error::ErrorKind;
use cql_driver::metrics::{Metrics, MetricsExporter};
use cql_driver::observer::{RequestObserver, RequestReport};
use cql_driver::policy::{ConstantSpeculation, Throttle};
use cql_driver::{Batch, ExecutionProfile, Session, Statement};
use cql_testkit::{ColumnType, ErrorCode, Prime, Reply, Rows, SimCluster};
use futures::TryStreamExt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::time::Instant;

const READ: &str = "SELECT v FROM ks.t WHERE id = 1";

async fn read(session: &Session) -> Result<(), cql_driver::Error> {
    session.execute(Statement::new(READ).with_idempotent(true), ()).await.map(drop)
}

/// What was counted since.
fn since(session: &Session, before: &Metrics) -> [u64; 7] {
    let now = session.metrics();
    [
        now.requests - before.requests,
        now.responses - before.responses,
        now.retries - before.retries,
        now.server_errors - before.server_errors,
        now.connection_errors - before.connection_errors,
        now.timeouts - before.timeouts,
        now.statements_reprepared - before.statements_reprepared,
    ]
}

#[test]
fn everything_that_happens_is_counted_once() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(echo());
        let profile = ExecutionProfile::builder().load_balancing(InOrder).build().unwrap();
        let session = session_of(driver(&sim).default_profile(profile)).await;
        let before = session.metrics();
        sim.prime(Prime::query(READ).reply(one(1)));
        for _ in 0..10 {
            read(&session).await.unwrap();
        }
        assert_eq!(since(&session, &before), [10, 10, 0, 0, 0, 0, 0]);
        // Two attempts, one error.
        let before = session.metrics();
        sim.prime(Prime::query(READ).once(Reply::error_code(ErrorCode::OVERLOADED, "busy")).reply(one(1)));
        read(&session).await.unwrap();
        assert_eq!(since(&session, &before), [2, 2, 1, 1, 0, 0, 0]);
        // A lost connection.
        let before = session.metrics();
        sim.prime(Prime::query(READ).once(Reply::close()).reply(one(1)));
        read(&session).await.unwrap();
        tokio::time::sleep(ms(3000)).await;
        // The new connection asks for the name of the cluster.
        assert_eq!(since(&session, &before), [3, 2, 1, 0, 1, 0, 0]);
        let before = session.metrics();
        sim.prime(Prime::query(READ).once(Reply::nothing()).reply(one(1)));
        session.execute(Statement::new(READ).with_timeout(ms(50)), ()).await.unwrap_err();
        assert_eq!(since(&session, &before), [1, 0, 0, 0, 0, 1, 0]);
        let expired: u64 = session.metrics().nodes.iter().map(|node| node.expired).sum();
        assert_eq!(expired, 1);
        // A statement that a node forgot: refused, prepared, executed.
        let select = session.prepare(SELECT).await.unwrap();
        session.execute(&select, (1,)).await.unwrap();
        sim.nodes().iter().for_each(|node| node.forget_all());
        let before = session.metrics();
        session.execute(&select, (1,)).await.unwrap();
        assert_eq!(since(&session, &before), [3, 3, 0, 0, 0, 0, 1]);
        // Bulk counts the same.
        let before = session.metrics();
        session.execute_concurrent(&select, (0..500).map(|id| (id,))).count().await.unwrap();
        assert_eq!(since(&session, &before), [500, 500, 0, 0, 0, 0, 0]);
        assert!(session.metrics().bytes_read > before.bytes_read + 500 * 9);
        assert!(session.metrics().bytes_written > before.bytes_written + 500 * 9);
    });
}

#[test]
fn latencies_are_what_responses_took_by_node() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        let before = session.metrics();
        for (node, delay) in [(0, 5), (1, 200)] {
            sim.node(node).prime(Prime::query(SELECT).reply(one(1).after(ms(delay))));
            let pinned = select.clone().with_node(sim.node(node).host_id());
            // The node learns the statement first.
            for _ in 0..101 {
                session.execute(&pinned, (1,)).await.unwrap();
            }
        }
        let metrics = session.metrics();
        for (address, delay) in [(sim.node(0).address(), 5), (sim.node(1).address(), 200)] {
            let of = |metrics: &Metrics| {
                let node = metrics.nodes.iter().find(|node| node.address == address);
                node.unwrap().latencies.clone()
            };
            let latencies = of(&metrics).since(&of(&before));
            let median = latencies.quantile(0.5).unwrap().as_millis();
            assert!((delay..=delay + delay / 8 + 1).contains(&median), "{latencies:?}");
        }
        assert_eq!(metrics.latencies.count(), metrics.responses);
        // With many in flight, too.
        let before = session.metrics();
        let pinned = select.with_node(sim.node(1).host_id());
        session.execute_concurrent(&pinned, (0..400).map(|id| (id,))).concurrency(100).count().await.unwrap();
        let latencies = session.metrics().latencies.since(&before.latencies);
        assert_eq!(latencies.count(), 400);
        let (low, high) = (latencies.quantile(0.01).unwrap(), latencies.quantile(1.0).unwrap());
        assert!(low >= ms(190) && high <= ms(230), "{latencies:?}");
    });
}

#[test]
fn figures_never_go_back() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1)));
        let session = session_of(driver(&sim).reconnection(backoff(ms(50), ms(50)))).await;
        let mut last = session.metrics();
        for round in 0..30 {
            for _ in 0..20 {
                let _ = read(&session).await;
            }
            match round % 5 {
                0 => sim.node(round % 3).reset_connections(),
                1 => session.resize_pools(1 + round % 4, 1),
                2 => {
                    let moved = SocketAddr::from(([10, 0, 1, u8::try_from(round).unwrap()], 9042));
                    let node = sim.node(round % 3);
                    node.restart_as(|spec| {
                        spec.set_address(moved);
                    })
                    .await
                    .unwrap();
                    sim.push(&cql_testkit::events::new_node(moved));
                }
                _ => {}
            }
            tokio::time::sleep(ms(1700)).await;
            let now = session.metrics();
            assert!(now.requests >= last.requests + 15 && now.responses >= last.responses + 15, "{round}");
            assert!(now.bytes_read > last.bytes_read && now.bytes_written > last.bytes_written);
            assert!(now.latencies.count() >= last.latencies.count());
            last = now;
        }
        let opened: u64 = last.nodes.iter().map(|node| node.connections_opened).sum();
        assert!(opened > 10);
    });
}

#[test]
fn speculation_and_the_throttle_are_counted() {
    simulate(async {
        let sim = nodes(3).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1).after(ms(500))));
        let speculation = ConstantSpeculation::new(ms(100), 2);
        let profile = ExecutionProfile::builder().speculation(speculation).build().unwrap();
        let builder = driver(&sim).default_profile(profile).throttle(Throttle::concurrency(1, 0));
        let session = session_of(builder).await;
        let (first, second) = tokio::join!(read(&session), read(&session));
        first.unwrap();
        second.unwrap_err();
        let metrics = session.metrics();
        assert_eq!((metrics.speculative_executions, metrics.throttled), (2, 1));
    });
}

/// Notes what it is told.
#[derive(Debug, Clone, Default)]
struct Notes(Arc<Mutex<Vec<Told>>>);

/// The statement, whether it went well, how many milliseconds it took, and attempts that failed.
type Told = (String, bool, u128, usize);

impl RequestObserver for Notes {
    fn ended(&self, report: &RequestReport<'_>) {
        let attempts = match report.outcome {
            Ok(result) => result.attempts().len(),
            Err(error) => error.attempts().len(),
        };
        let told =
            (report.statement().into_owned(), report.outcome.is_ok(), report.elapsed.as_millis(), attempts);
        self.0.lock().unwrap().push(told);
    }
}

impl Notes {
    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[test]
fn an_observer_is_told_of_every_request() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let notes = Notes::default();
        let session = session_of(driver(&sim).observer(notes.clone())).await;
        sim.prime(echo());
        let text = "SELECT v FROM ks.t WHERE id = 4711";
        sim.prime(
            Prime::query(text)
                .once(Reply::error_code(ErrorCode::OVERLOADED, "busy"))
                .reply(one(1).after(ms(30))),
        );
        session.execute(Statement::new(text).with_idempotent(true), ()).await.unwrap();
        let shown = "SELECT v FROM ks.t WHERE id = ?";
        assert_eq!(notes.take(), [(shown.to_owned(), true, 30, 1)]);
        sim.prime(Prime::query(text).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        session.execute(text, ()).await.unwrap_err();
        assert_eq!(notes.take(), [(shown.to_owned(), false, 0, 1)]);
        // Batches, pages, loads of many.
        let insert = session.prepare(INSERT).await.unwrap();
        let mut batch = Batch::logged();
        batch.add(&insert, (1, 1)).unwrap().add(&insert, (2, 2)).unwrap();
        session.batch(&batch).await.unwrap();
        assert_eq!(notes.take()[0].0, "BATCH of 2");
        session
            .execute_concurrent(&insert, (0..100).map(|id| (id, id)))
            .concurrency(7)
            .count()
            .await
            .unwrap();
        let told = notes.take();
        assert_eq!(told.len(), 100);
        assert!(told.iter().all(|(text, ok, ..)| text == INSERT && *ok));
        let page = |value: i32| Rows::new([("v", ColumnType::Int)]).row((value,));
        sim.prime(Prime::query("SELECT v FROM ks.t").reply(Reply::pages((0..3).map(page))));
        let rows: Vec<(i32,)> =
            session.stream::<(i32,)>("SELECT v FROM ks.t", ()).unwrap().try_collect().await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(notes.take().len(), 3);
    });
}

#[test]
fn slow_requests_are_logged_without_values() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session_of(driver(&sim).log_slow_requests(ms(100))).await;
        let text = "SELECT v FROM ks.t WHERE id = 4711 AND s = 'battery-staple'";
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(Prime::query(text).once(one(1).after(ms(99))).reply(one(1).after(ms(100))));
        sim.prime(Prime::query(SELECT).reply(one(1).after(ms(150))));
        logged::listen();
        session.execute(text, ()).await.unwrap();
        assert_eq!(logged::take().matches("slow request").count(), 0);
        logged::listen();
        session.execute(text, ()).await.unwrap();
        session.execute(&select, (4712,)).await.unwrap();
        let logged = logged::take();
        assert_eq!(logged.matches("slow request").count(), 2, "{logged}");
        assert!(logged.contains("WHERE id = ? AND s = ?") && logged.contains(SELECT), "{logged}");
        assert!(logged.contains("10.0.0.1:9042"), "{logged}");
        for secret in ["4711", "4712", "battery"] {
            assert!(!logged.contains(secret), "{secret}: {logged}");
        }
    });
}

#[test]
fn spans_follow_the_conventions_for_databases() {
    simulate(async {
        let sim = nodes(2).start().await.unwrap();
        let session = session(&sim).await;
        let select = session.prepare(SELECT).await.unwrap();
        sim.prime(Prime::query(SELECT).once(one(1)).reply(Reply::error_code(ErrorCode::INVALID, "no")));
        logged::listen();
        session.execute(&select, (4711,)).await.unwrap();
        let span = logged::take();
        for part in [
            "db.system.name=\"cassandra\"",
            "db.operation.name=SELECT",
            "db.query.text=SELECT v FROM ks.t WHERE id = ?",
            "db.namespace=\"ks\"",
            "cassandra.consistency.level=LOCAL_ONE",
            "cassandra.coordinator.dc=\"dc1\"",
            "server.address=10.0.0.",
            "server.port=9042",
            "cassandra.speculative_execution.count=0",
        ] {
            assert!(span.contains(part), "{part}: {span}");
        }
        assert!(!span.contains("4711") && !span.contains("otel.status_code"), "{span}");
        logged::listen();
        session.execute(&select, (1,)).await.unwrap_err();
        let span = logged::take();
        assert!(
            span.contains("otel.status_code=\"ERROR\"") && span.contains("error.type=\"server\""),
            "{span}"
        );
        assert!(span.contains("db.response.status_code=\"0x2200\""), "{span}");
    });
}

fn trace_rows(duration: Option<i32>) -> Reply {
    let rows = Rows::new([
        ("session_id", ColumnType::Uuid),
        ("coordinator", ColumnType::Inet),
        ("request", ColumnType::Text),
        ("duration", ColumnType::Int),
        ("started_at", ColumnType::Timestamp),
        ("parameters", ColumnType::Map(Box::new((ColumnType::Text, ColumnType::Text)))),
    ]);
    let coordinator = IpAddr::from([10, 0, 0, 1]);
    let started = cql_driver::value::CqlTimestamp(1_000);
    let parameters = std::collections::BTreeMap::from([("query", "SELECT")]);
    Reply::rows(rows.row((
        uuid::Uuid::nil(),
        coordinator,
        "Execute CQL3 query",
        duration,
        started,
        parameters,
    )))
}

// P28: asked for again, twice as late each time, until the duration is there; or an error when it is not in time.
#[test]
fn p28_a_trace_is_waited_for_with_back_off() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        let session = session(&sim).await;
        let sessions = "SELECT * FROM system_traces.sessions WHERE session_id = ?";
        let events =
            "SELECT activity, source, source_elapsed, thread FROM system_traces.events WHERE session_id = ?";
        sim.prime(
            Prime::query(sessions)
                .times(2, Reply::rows(Rows::new([("session_id", ColumnType::Uuid)])))
                .times(2, trace_rows(None))
                .reply(trace_rows(Some(1234))),
        );
        let rows = Rows::new([
            ("activity", ColumnType::Text),
            ("source", ColumnType::Inet),
            ("source_elapsed", ColumnType::Int),
            ("thread", ColumnType::Text),
        ]);
        let source = IpAddr::from([10, 0, 0, 2]);
        sim.prime(Prime::query(events).reply(Reply::rows(
            rows.row(("Parsing", source, Some(7), Some("t1"))).row((
                "Done",
                source,
                None::<i32>,
                None::<&str>,
            )),
        )));
        let id = uuid::Uuid::from_u128(7);
        let traced = Reply::void().with_tracing_id(id);
        sim.prime(Prime::query("INSERT INTO ks.t (id) VALUES (1)").reply(traced));
        let insert = Statement::new("INSERT INTO ks.t (id) VALUES (1)").with_tracing(true);
        let told = session.execute(insert, ()).await.unwrap().tracing_id().unwrap();
        assert_eq!(told, id);
        let began = Instant::now();
        let trace = session.trace(told).await.unwrap();
        // 3, 6, 12 and 24 ms.
        assert_eq!(began.elapsed().as_millis(), 45);
        assert_eq!((trace.id, trace.duration.as_micros(), trace.events.len()), (id, 1234, 2));
        assert_eq!(trace.request, "Execute CQL3 query");
        assert_eq!(trace.events[0].source_elapsed.unwrap().as_micros(), 7);
        assert_eq!(trace.events[1].source_elapsed, None);

        sim.prime(Prime::query(sessions).reply(trace_rows(None)));
        let began = Instant::now();
        let error = session.trace_within(id, ms(100)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoTrace { id: told, .. } if *told == id), "{error}");
        assert!((ms(100)..ms(110)).contains(&began.elapsed()), "{:?}", began.elapsed());
    });
}

/// Keeps what the facade is handed.
mod recorder {
    use metrics_024::{
        Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
        SharedString, Unit,
    };
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    pub(super) struct Kept(pub(super) Arc<Mutex<BTreeMap<String, f64>>>);

    struct Cell(Kept, String);

    impl Cell {
        fn set(&self, value: f64) {
            self.0.0.lock().unwrap().insert(self.1.clone(), value);
        }
    }

    impl CounterFn for Cell {
        fn increment(&self, _: u64) {
            panic!("counters are absolute");
        }
        fn absolute(&self, value: u64) {
            self.set(value as f64);
        }
    }

    impl GaugeFn for Cell {
        fn increment(&self, _: f64) {}
        fn decrement(&self, _: f64) {}
        fn set(&self, value: f64) {
            Cell::set(self, value);
        }
    }

    impl HistogramFn for Cell {
        fn record(&self, _: f64) {
            *self.0.0.lock().unwrap().entry(self.1.clone()).or_default() += 1.0;
        }
    }

    impl Kept {
        fn cell(&self, key: &Key) -> Arc<Cell> {
            let node = key.labels().find(|label| label.key() == "node").map_or("", |label| label.value());
            Arc::new(Cell(self.clone(), format!("{} {node}", key.name())))
        }
    }

    impl Recorder for Kept {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(self.cell(key))
        }
        fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::from_arc(self.cell(key))
        }
        fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::from_arc(self.cell(key))
        }
    }
}

#[test]
fn the_facade_is_handed_everything_once() {
    simulate(async {
        let sim = nodes(1).start().await.unwrap();
        sim.prime(Prime::query(READ).reply(one(1)));
        let session = session(&sim).await;
        let kept = recorder::Kept::default();
        let mut exporter = MetricsExporter::new("orders");
        for round in 1..4 {
            for _ in 0..50 {
                read(&session).await.unwrap();
            }
            let metrics = session.metrics();
            metrics_024::with_local_recorder(&kept, || exporter.export(&metrics));
            let kept = kept.0.lock().unwrap();
            let figure = |name: &str| kept[&format!("{name} 10.0.0.1:9042")];
            assert_eq!(figure("cql_requests_total"), metrics.requests as f64);
            assert_eq!(figure("cql_response_seconds"), metrics.responses as f64, "round {round}");
            assert_eq!(figure("cql_open_connections"), 1.0);
            assert_eq!(kept["cql_retries_total "], 0.0);
        }
    });
}

#[test]
fn clients_can_be_told_apart() {
    simulate(async {
        let sim: SimCluster = nodes(2).start().await.unwrap();
        let sessions = [session(&sim).await, session(&sim).await];
        settle().await;
        let mut ids = std::collections::BTreeMap::new();
        for request in sim.log().opcode(cql_testkit::Opcode::STARTUP).iter() {
            let Ok(cql_protocol::request::Request::Startup(startup)) = request.message() else { panic!() };
            *ids.entry(startup.option("CLIENT_ID").unwrap().to_owned()).or_insert(0) += 1;
        }
        assert_eq!(ids.into_values().collect::<Vec<_>>(), [3, 3], "all connections of a client have its id");
        drop(sessions);
    });
}
