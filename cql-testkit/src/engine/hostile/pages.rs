//! Paging states that no page was ended with.

use super::run::{bench, execute};
use crate::engine::testing::Bench;
use crate::engine::{Call, Prepared};
use bytes::Bytes;
use cql_protocol::response::CqlResult;

const SELECTS: [&str; 12] = [
    "SELECT * FROM types",
    "SELECT p FROM types WHERE p = 1 LIMIT 2",
    "SELECT p FROM types WHERE p = 1 ORDER BY k DESC",
    "SELECT p FROM types WHERE p IN (1, 2) AND k IN (1, 2)",
    "SELECT DISTINCT p FROM types LIMIT 2",
    "SELECT p FROM types PER PARTITION LIMIT 1",
    "SELECT k, count(*) FROM types GROUP BY p, k PER PARTITION LIMIT 2",
    "SELECT p FROM types WHERE token(p) > -9223372036854775808 LIMIT 2",
    "SELECT * FROM parts",
    "SELECT * FROM keys WHERE i = 1 ALLOW FILTERING",
    "SELECT * FROM keys",
    "SELECT keyspace_name FROM system_schema.tables",
];

/// The paging state behind the first row.
fn first_state(bench: &Bench, prepared: &Prepared) -> Option<Bytes> {
    let call = Call { page_size: Some(1), ..bench.call(&[]) };
    let CqlResult::Rows(rows) = bench.engine.execute(prepared, &call).unwrap().result else {
        panic!("no rows")
    };
    rows.metadata.paging_state
}

/// The state cut, longer, and with each of its bytes and numbers at their borders.
fn changed(state: &[u8]) -> Vec<Vec<u8>> {
    let mut states = vec![Vec::new(), [state, &[0]].concat(), [state, state].concat()];
    for at in 0..state.len() {
        states.push(state[..at].to_vec());
        states.push(state[at..].to_vec());
        for byte in [0, 1, 2, 0x7F, 0x80, 0xFF] {
            let mut state = state.to_vec();
            state[at] = byte;
            states.push(state);
        }
        for number in [0, 1, i32::MAX, i32::MIN, -1] {
            let (before, behind) = state.split_at(at);
            states.push([before, &number.to_be_bytes(), behind.get(4..).unwrap_or_default()].concat());
        }
    }
    states
}

#[test]
fn paging_states_of_any_bytes_are_answered() {
    let bench = bench();
    bench.ok("INSERT INTO types (p, k) VALUES (1, 3)");
    bench.ok("INSERT INTO types (p, k) VALUES (2, 1)");
    bench.ok("INSERT INTO parts (p) VALUES (2)");
    bench.ok("INSERT INTO keys (p, q, k, kk, kkk, i) VALUES (1, 'a', 1.0, 1, 1, 1)");
    let prepared = SELECTS.map(|select| bench.engine.prepare(select, Some("ks")).unwrap());
    // Each may be sent with any statement.
    let states = prepared.iter().filter_map(|prepared| first_state(&bench, prepared)).collect::<Vec<_>>();
    assert!(states.len() > 9, "{}", states.len());
    for state in states.iter().flat_map(|state| changed(state)) {
        for prepared in &prepared {
            let paging_state = Some(Bytes::from(state.clone()));
            let _ = execute(&bench, prepared, &Call { page_size: Some(1), paging_state, ..bench.call(&[]) });
        }
    }
}
