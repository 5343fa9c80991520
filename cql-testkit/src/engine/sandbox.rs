//! An engine with no cluster around it, for fuzzing.

use super::{Call, Engine, View};
use crate::request::Bound;
use crate::topology::Topology;
use bytes::Bytes;
use cql_protocol::response::{CqlResult, Response, ServerError};
use cql_protocol::types::ColumnSpec;
use cql_protocol::{Consistency, ProtocolVersion};
use std::sync::Mutex;

/// Executes statements by itself, as a connection with a keyspace would have them executed.
#[derive(Debug)]
pub struct Sandbox {
    engine: Engine,
    topology: Mutex<Topology>,
}

/// What came of a statement.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The body of the response.
    pub body: Vec<u8>,
    /// Where the next page begins, if there is one.
    pub paging_state: Option<Bytes>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox { engine: Engine::new(), topology: Mutex::default() }
    }
}

impl Sandbox {
    /// Another one that begins with what is in this.
    #[must_use]
    pub fn fork(&self) -> Self {
        Sandbox { engine: self.engine.fork(), ..Sandbox::default() }
    }

    /// Executes a statement whose unqualified names are of `keyspace`; `value` is asked for what to bind to each marker.
    ///
    /// # Errors
    /// What a server would answer.
    pub fn execute(
        &self,
        text: &str,
        keyspace: &str,
        (page_size, paging_state): (Option<i32>, Option<Bytes>),
        mut value: impl FnMut(&ColumnSpec) -> Bound,
    ) -> Result<Answer, ServerError> {
        let prepared = self.engine.prepare(text, Some(keyspace))?;
        let values: Vec<Bound> = prepared.markers.iter().map(&mut value).collect();
        let view = View { topology: &self.topology, node: 0 };
        let call = Call::new(&values, Consistency::One, self.engine.now(None), view);
        let call = Call { page_size, paging_state, ..call };
        let result = self.engine.execute(&prepared, &call)?.result;
        let paging_state = match &result {
            CqlResult::Rows(rows) => rows.metadata.paging_state.clone(),
            _ => None,
        };
        let mut body = Vec::new();
        let encoded = Response::Result(result).encode(ProtocolVersion::V5, &mut body);
        encoded.map_err(|error| super::problem::server(error.to_string()))?;
        Ok(Answer { body, paging_state })
    }
}
