//! What must not be seen in logs, errors and `Debug` output.

use crate::support::{driver, ms, nodes, session_of, simulate, try_session};
use cql_driver::{Batch, Statement};
use cql_testkit::{ColumnType, ErrorCode, Fault, Prime, Reply, Table};
use std::cell::RefCell;
use std::fmt::{self, Write};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    /// What is logged on this thread at any level, once it is listened to.
    static LOGGED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Listens on all threads, since whether a line of code logs is decided once for all of them, and keeps what comes from
/// those that want to know.
struct Captured;

impl Captured {
    fn write(write: impl FnOnce(&mut String)) {
        LOGGED.with_borrow_mut(|logged| logged.as_mut().map(write));
    }
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        Captured::write(|text| span.record(&mut Text(text)));
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        Captured::write(|text| values.record(&mut Text(text)));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        Captured::write(|text| {
            event.record(&mut Text(text));
            text.push('\n');
        });
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

const PASSWORD: &str = "correct-horse";
const VALUE: &str = "battery-staple";

#[test]
fn no_password_and_no_value_shows_anywhere() {
    tracing::subscriber::set_global_default(Captured).unwrap();
    LOGGED.set(Some(String::new()));
    let mut seen = String::new();
    simulate(async {
        let table = Table::new("ks", "s").partition_key("id", ColumnType::Text).column("v", ColumnType::Text);
        let sim = nodes(2).credentials("me", PASSWORD).table(table).start().await.unwrap();
        let wrong = driver(&sim).credentials("me", format!("{PASSWORD}-not"));
        let _ = write!(seen, "{wrong:?}");
        let error = try_session(wrong).await.unwrap_err();
        let _ = write!(seen, "{error} {error:?}");

        let builder = driver(&sim).credentials("me", PASSWORD).reconnection(ms(5), ms(20));
        let session = session_of(builder).await;
        let text = "INSERT INTO ks.s (id, v) VALUES (?, ?)";
        let insert = session.prepare(text).await.unwrap().with_timeout(ms(200));
        let _ = write!(seen, "{session:?} {insert:?}");
        let mut batch = Batch::logged().with_timeout(ms(200));
        batch.add(&insert, (VALUE, VALUE)).unwrap();
        let _ = write!(seen, "{batch:?}");
        for trouble in [
            Reply::void(),
            Reply::error_code(ErrorCode::INVALID, "no"),
            Reply::error_code(ErrorCode::OVERLOADED, "no"),
            Reply::nothing(),
            Reply::close(),
            Reply::void().with_fault(Fault::PayloadChecksum),
            Reply::body(cql_testkit::Opcode::RESULT, vec![9, 9]),
            Reply::void().with_warning("careful"),
        ] {
            sim.clear_primes();
            sim.prime(Prime::query(text).reply(trouble));
            let unprepared = Statement::new(text).with_timeout(ms(200));
            for result in [
                session.execute(&insert, (VALUE, VALUE)).await,
                session.execute(&unprepared, (VALUE, VALUE)).await,
                session.batch(&batch).await,
            ] {
                match result {
                    Ok(result) => drop(write!(seen, "{result:?}")),
                    Err(error) => drop(write!(seen, "{error} {error:?}")),
                }
            }
            tokio::time::sleep(ms(100)).await;
            sim.nodes().iter().for_each(cql_testkit::Node::forget_all);
        }
        let error = session.execute(&insert, (7, VALUE)).await.unwrap_err();
        let _ = write!(seen, "{error} {error:?}");
        session.close().await;
    });
    let logged = LOGGED.take().unwrap();
    assert!(logged.len() > 500, "the log was listened to: {logged}");
    for secret in [PASSWORD, VALUE] {
        assert!(!logged.contains(secret), "{secret} in the log: {logged}");
        assert!(!seen.contains(secret), "{secret} in an error or in debug output: {seen}");
        let bytes = format!("{:?}", secret.as_bytes());
        let inner = &bytes[1..bytes.len() - 1];
        assert!(!logged.contains(inner) && !seen.contains(inner), "{secret} as bytes");
    }
}
