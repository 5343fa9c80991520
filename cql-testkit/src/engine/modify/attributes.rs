//! USING TIMESTAMP and TTL.

use crate::engine::problem::{self, Result};
use crate::engine::schema::Table;
use crate::engine::syntax::ast;
use crate::engine::terms::{self, Bindings, Receiver, Scope, Term};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::ColumnType;

/// The longest time to live: 20 years in seconds.
const MAX_TTL: i32 = 20 * 365 * 24 * 60 * 60;

/// The last second at which something can end: where a server of 5.0 that is not told otherwise stops.
const LAST_END: i64 = 0x7fff_fffe;

/// What stands behind USING.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    timestamp: Option<Term>,
    ttl: Option<Term>,
}

impl Attributes {
    pub(super) fn prepare(
        timestamp: Option<&ast::Term>,
        ttl: Option<&ast::Term>,
        scope: &mut Scope<'_>,
    ) -> Result<Self> {
        let mut prepare = |term: Option<&ast::Term>, name, of| {
            term.map(|term| terms::prepare(term, &Receiver::new(name, of), scope)).transpose()
        };
        let timestamp = prepare(timestamp, "[timestamp]", ColumnType::BigInt)?;
        let ttl = prepare(ttl, "[ttl]", ColumnType::Int)?;
        Ok(Attributes { timestamp, ttl })
    }

    pub(super) fn has_timestamp(&self) -> bool {
        self.timestamp.is_some()
    }

    pub(super) fn has_ttl(&self) -> bool {
        self.ttl.is_some()
    }

    /// The time that is said, else the one that is given.
    pub(super) fn timestamp(&self, bindings: Bindings<'_>, given: i64) -> Result<i64> {
        let Some(term) = &self.timestamp else { return in_bounds(given) };
        match term.evaluate(bindings)? {
            Bound::Unset => in_bounds(given),
            Bound::Null => Err(problem::invalid("Invalid null value of timestamp")),
            Bound::Value(value) => match number(&value) {
                Some(value) => in_bounds(i64::from_be_bytes(value)),
                None => Err(problem::invalid("Invalid timestamp value")),
            },
        }
    }

    /// Seconds, 0 for none.
    pub(super) fn ttl(&self, bindings: Bindings<'_>, table: &Table) -> Result<i32> {
        let of_table = table.options.default_time_to_live;
        let ttl = match &self.ttl {
            None => of_table,
            Some(term) => match term.evaluate(bindings)? {
                Bound::Unset => of_table,
                Bound::Null => 0,
                // A server takes no bytes for no time.
                Bound::Value(value) if value.is_empty() => 0,
                Bound::Value(value) => match number(&value) {
                    Some(value) => i32::from_be_bytes(value),
                    None => return Err(problem::invalid("Invalid TTL value")),
                },
            },
        };
        if ttl < 0 {
            let message = format!("A TTL must be greater or equal to 0, but was {ttl}");
            return Err(problem::invalid(message));
        }
        if ttl > MAX_TTL {
            let message = format!("ttl is too large. requested ({ttl}) maximum ({MAX_TTL})");
            return Err(problem::invalid(message));
        }
        if ttl > 0 && bindings.now.seconds().saturating_add(i64::from(ttl)) > LAST_END {
            return Err(problem::invalid(format!(
                "Request on table {}.{} with ttl of {ttl} seconds exceeds maximum supported expiration date of \
                 2038-01-19T03:14:06+00:00. In order to avoid this use a lower TTL, change the expiration date \
                 overflow policy or upgrade to a version where this limitation is fixed. See CASSANDRA-14092 and \
                 CASSANDRA-14227 for more details.",
                table.keyspace(),
                table.name()
            )));
        }
        Ok(ttl)
    }
}

fn number<const N: usize>(value: &Bytes) -> Option<[u8; N]> {
    (**value).try_into().ok()
}

fn in_bounds(timestamp: i64) -> Result<i64> {
    if timestamp == i64::MIN {
        let message = format!("Out of bound timestamp, must be in [{}, {}]", i64::MIN + 1, i64::MAX);
        return Err(problem::invalid(message));
    }
    Ok(timestamp)
}
