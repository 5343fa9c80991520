//! What servers note of requests.

use cql_driver::Statement;
use cql_tests::live;

#[test]
fn p28_a_trace_tells_what_servers_did() {
    live(async |db| {
        let table = db.rows_table().await;
        let text = format!("INSERT INTO {table} (key, id) VALUES ('traced', 1)");
        let result = db.session().execute(Statement::new(text).with_tracing(true), ()).await.unwrap();
        let trace = db.session().trace(result.tracing_id().unwrap()).await.unwrap();
        assert!(!trace.duration.is_zero() && !trace.events.is_empty(), "{trace:?}");
        assert!(trace.request.contains("CQL3"), "{trace:?}");
        assert!(trace.parameters.contains_key("query"), "{trace:?}");
        assert!(trace.started_at.0 > 1_700_000_000_000, "{trace:?}");
    });
}
