//! What must not be seen in logs, errors and `Debug` output.

use crate::logged;
use crate::support::{backoff, driver, ms, nodes, session_of, simulate, try_session};
use cql_driver::{Batch, Statement};
use cql_testkit::{ColumnType, ErrorCode, Fault, Prime, Reply, Table};
use std::fmt::Write;

const PASSWORD: &str = "correct-horse";
const VALUE: &str = "battery-staple";

#[test]
fn no_password_and_no_value_shows_anywhere() {
    logged::listen();
    let mut seen = String::new();
    simulate(async {
        let table = Table::new("ks", "s").partition_key("id", ColumnType::Text).column("v", ColumnType::Text);
        let sim = nodes(2).credentials("me", PASSWORD).table(table).start().await.unwrap();
        let wrong = driver(&sim).credentials("me", format!("{PASSWORD}-not"));
        let _ = write!(seen, "{wrong:?}");
        let error = try_session(wrong).await.unwrap_err();
        let _ = write!(seen, "{error} {error:?}");

        let builder = driver(&sim)
            .log_slow_requests(ms(1))
            .credentials("me", PASSWORD)
            .reconnection(backoff(ms(5), ms(20)));
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
        // Values within the text are for no log either, though `Debug` of a statement shows its text.
        sim.clear_primes();
        for trouble in [Reply::void(), Reply::error_code(ErrorCode::OVERLOADED, "no"), Reply::nothing()] {
            let literal = format!("INSERT INTO ks.s (id, v) VALUES ('{VALUE}', '{VALUE}')");
            sim.prime(Prime::query(&literal).reply(trouble));
            let statement = Statement::new(&*literal).with_timeout(ms(200)).with_idempotent(true);
            if let Err(error) = session.execute(statement, ()).await {
                let _ = write!(seen, "{error} {error:?}");
            }
            let _ = session.prepare(&literal).await;
        }
        let error = session.execute(&insert, (7, VALUE)).await.unwrap_err();
        let _ = write!(seen, "{error} {error:?}");
        session.close().await;
    });
    let logged = logged::take();
    assert!(logged.len() > 500, "the log was listened to: {logged}");
    for secret in [PASSWORD, VALUE] {
        assert!(!logged.contains(secret), "{secret} in the log: {logged}");
        assert!(!seen.contains(secret), "{secret} in an error or in debug output: {seen}");
        let bytes = format!("{:?}", secret.as_bytes());
        let inner = &bytes[1..bytes.len() - 1];
        assert!(!logged.contains(inner) && !seen.contains(inner), "{secret} as bytes");
    }
}
