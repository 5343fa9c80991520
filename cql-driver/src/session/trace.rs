//! What servers have noted of a request that was traced.

use super::Session;
use crate::error::{Error, ErrorKind};
use crate::statement::Statement;
use cql_protocol::Consistency;
use cql_protocol::value::{CqlTimestamp, RawRow};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// The first wait for a trace; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(3);
/// How long [`Session::trace`] waits.
const LONGEST: Duration = Duration::from_secs(2);

/// What servers did for one request, by [`Session::trace`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trace {
    /// Its id.
    pub id: Uuid,
    /// The node that coordinated.
    pub coordinator: IpAddr,
    /// What kind of request it was.
    pub request: String,
    /// How long it took there.
    pub duration: Duration,
    /// When it began, by the coordinator's clock.
    pub started_at: CqlTimestamp,
    /// Statement, levels and the like. Values may be among them: it is not for logs.
    pub parameters: BTreeMap<String, String>,
    /// What was done, in order.
    pub events: Vec<TraceEvent>,
}

/// One thing that a server did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TraceEvent {
    /// What it did.
    pub activity: String,
    /// The node.
    pub source: IpAddr,
    /// How long after the request had come to that node; `None` where it did not say.
    pub source_elapsed: Option<Duration>,
    /// The thread.
    pub thread: Option<String>,
}

impl Session {
    /// Reads what servers noted of a request that was made [with tracing](crate::Statement::with_tracing), by the id in its
    /// result. They write it after they have answered, so that it is asked for again, less and less often, for up to 2 s.
    ///
    /// # Errors
    /// [`ErrorKind::NoTrace`] when it is not complete by then.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn trace(&self, id: Uuid) -> Result<Trace, Error> {
        self.trace_within(id, LONGEST).await
    }

    /// As [`Session::trace`], waiting so long.
    ///
    /// # Errors
    /// [`ErrorKind::NoTrace`] when it is not complete by then.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn trace_within(&self, id: Uuid, longest: Duration) -> Result<Trace, Error> {
        let began = Instant::now();
        let mut wait = FIRST_WAIT;
        loop {
            if let Some(trace) = self.read_trace(id, longest.max(FIRST_WAIT)).await? {
                return Ok(trace);
            }
            let left = longest.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(Error::new(ErrorKind::NoTrace { id, waited: began.elapsed() }));
            }
            tokio::time::sleep(wait.min(left)).await;
            wait *= 2;
        }
    }

    /// `None` while it is not complete.
    async fn read_trace(&self, id: Uuid, timeout: Duration) -> Result<Option<Trace>, Error> {
        let read = |text: &str| {
            Statement::new(text)
                .with_idempotent(true)
                .with_consistency(Consistency::One)
                .with_timeout(timeout)
        };
        let session = read("SELECT * FROM system_traces.sessions WHERE session_id = ?");
        let result = self.execute(session, (id,)).await?;
        let Some(row) = result.first_row::<RawRow<'_>>()? else { return Ok(None) };
        // The duration is written last.
        let Some(micros) = row.value::<Option<i32>>("duration").map_err(Error::new)? else { return Ok(None) };
        let parameters: Option<BTreeMap<String, String>> = row.value("parameters").map_err(Error::new)?;
        let text = |name| row.value::<Option<String>>(name).map_err(Error::new);
        let mut trace = Trace {
            id,
            coordinator: row.value("coordinator").map_err(Error::new)?,
            request: text("request")?.unwrap_or_default(),
            duration: Duration::from_micros(micros.max(0).unsigned_abs().into()),
            started_at: row.value("started_at").map_err(Error::new)?,
            parameters: parameters.unwrap_or_default(),
            events: Vec::new(),
        };
        let events = read(
            "SELECT activity, source, source_elapsed, thread FROM system_traces.events WHERE session_id = ?",
        );
        let result = self.execute(events, (id,)).await?;
        for row in result.rows::<(String, IpAddr, Option<i32>, Option<String>)>()? {
            let (activity, source, elapsed, thread) = row?;
            let source_elapsed =
                elapsed.map(|micros| Duration::from_micros(micros.max(0).unsigned_abs().into()));
            trace.events.push(TraceEvent { activity, source, source_elapsed, thread });
        }
        Ok(Some(trace))
    }
}
