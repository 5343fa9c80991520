//! Statements in tests of the engine: from text to rows in words.

use super::{Call, Engine, Outcome, View};
use crate::request::Bound;
use crate::topology::Topology;
use cql_protocol::Consistency;
use cql_protocol::response::{CqlResult, ServerError};
use std::sync::Mutex;

/// An engine with a keyspace `ks` that is in use.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    topology: Mutex<Topology>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Bench { engine: Engine::new(), topology: Mutex::default() };
        let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
        bench.ok(&format!("CREATE KEYSPACE ks WITH replication = {replication}"));
        bench
    }

    pub(crate) fn call<'a>(&'a self, values: &'a [Bound]) -> Call<'a> {
        let view = View { topology: &self.topology, node: 0 };
        Call::new(values, Consistency::One, self.engine.now(None), view)
    }

    pub(crate) fn outcome(&self, text: &str, values: &[Bound]) -> Result<Outcome, ServerError> {
        let prepared = self.engine.prepare(text, Some("ks"))?;
        self.engine.execute(&prepared, &self.call(values))
    }

    /// Executes what must succeed.
    #[track_caller]
    pub(crate) fn ok(&self, text: &str) {
        if let Err(error) = self.outcome(text, &[]) {
            panic!("{text}: {error}");
        }
    }

    /// The message of what must fail.
    #[track_caller]
    pub(crate) fn error(&self, text: &str) -> String {
        match self.outcome(text, &[]) {
            Ok(outcome) => panic!("{text}: {outcome:?}"),
            Err(error) => error.message,
        }
    }

    /// The rows of a SELECT, or of a conditional write: values as text, null as `null`, rows by ` | `.
    #[track_caller]
    pub(crate) fn rows(&self, text: &str) -> Vec<String> {
        let outcome = self.outcome(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
        let CqlResult::Rows(rows) = outcome.result else { panic!("{text}: no rows") };
        let columns = rows.metadata.columns.clone().unwrap();
        let mut reader = cql_protocol::wire::Reader::new(&rows.data);
        let mut lines = Vec::new();
        for _ in 0..rows.rows_count {
            let cells = columns.iter().map(|column| {
                let bytes = reader.opt_bytes("cell").unwrap();
                super::values::to_json(column.column_type(), bytes)
            });
            lines.push(cells.collect::<Vec<_>>().join(" | "));
        }
        lines
    }
}
