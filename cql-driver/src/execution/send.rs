//! Sends one attempt of a request: its body, the connection that takes it, that connection's buffer.

use super::Context;
use super::request::{Request, Settings};
use crate::connection::{Connection, Failure, Handed, Outgoing, Place, Response, Tick};
use crate::error::Error;
use crate::pool::{Plan, Routes, Tried, Wish};
use bytes::Bytes;
use cql_protocol::ProtocolVersion;
use cql_protocol::compression::compress_body;
use cql_protocol::frame::{COMPRESSION_THRESHOLD, Direction, Flags, Prelude};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::task::Context as TaskContext;

thread_local! {
    /// Where bodies are encoded before they are copied, as a whole, into a connection's buffer: encoding may fail,
    /// the token must be known before the connection, and the connection's lock is held for the copy only.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A scratch buffer above this is given back after use.
const KEPT_SCRATCH: usize = 1 << 20;

/// What is sent, and what the choice of a connection depends on.
#[derive(Clone, Copy)]
pub(super) struct Sending<'s> {
    pub(super) context: &'s Context,
    pub(super) request: &'s Request<'s>,
    pub(super) settings: &'s Settings<'s>,
    /// The snapshot to choose a connection from, if not the one at the time.
    pub(super) routes: Option<&'s Routes>,
    /// The connection that must take it.
    pub(super) fixed: Option<&'s Arc<Connection>>,
    pub(super) tried: Tried<'s>,
    /// Where a policy's plan is kept for the attempts that follow.
    pub(super) plan: Option<&'s OnceLock<Box<Plan>>>,
}

/// What became of it.
pub(super) enum Sent {
    InFlight(Response),
    /// The connection is full: send again from this place when the task is woken.
    Full(Place),
    /// There is no connection left that was not tried.
    NoNode,
    /// The connection took nothing.
    Failed(Arc<Connection>, Failure),
}

impl Sending<'_> {
    /// Encodes the request and hands it to a connection: that of `place`, if it has waited there.
    #[inline(always)]
    pub(super) fn send(
        &self,
        cx: &TaskContext<'_>,
        timeout: Tick,
        place: Option<Place>,
    ) -> Result<Sent, Error> {
        // Taken rather than borrowed: encoding runs code of the caller's, which may execute requests itself.
        let mut scratch = SCRATCH.take();
        let sent = self.send_by(&mut scratch, cx, timeout, place);
        if scratch.capacity() <= KEPT_SCRATCH {
            SCRATCH.set(scratch);
        }
        sent
    }

    #[inline]
    fn send_by(
        &self,
        body: &mut Vec<u8>,
        cx: &TaskContext<'_>,
        timeout: Tick,
        place: Option<Place>,
    ) -> Result<Sent, Error> {
        let fixed = place.as_ref().map(Place::connection).or(self.fixed);
        let Some((connection, flags)) = (Sending { fixed, ..*self }).write(body)? else {
            return Ok(Sent::NoNode);
        };
        let out = Outgoing { opcode: self.request.opcode(), flags, body };
        Ok(match connection.hand_in(out, cx, timeout, place) {
            Handed::InFlight(response) => Sent::InFlight(response),
            Handed::Full(place) => Sent::Full(place),
            Handed::Failed(connection, failure) => Sent::Failed(connection, failure),
        })
    }

    /// Writes the whole body to `body` and chooses the connection that takes it. `None`: there is none left that was
    /// not tried.
    #[inline]
    pub(super) fn write(&self, body: &mut Vec<u8>) -> Result<Option<(Arc<Connection>, Flags)>, Error> {
        let Sending { context, request, settings, .. } = *self;
        body.clear();
        let mut flags = if settings.tracing { Flags::TRACING } else { Flags::EMPTY };
        if let Some(payload) = settings.payload() {
            flags = flags.union(write_payload(payload, context.version, body)?);
        }
        let values = request.encode(context.version, settings, body)?;
        let limit = context.config.limits.request;
        if body.len() > limit {
            return Err(Error::invalid(format!(
                "the request has {} bytes, the limit is {limit}",
                body.len()
            )));
        }
        let connection = match self.fixed {
            Some(connection) => Arc::clone(connection),
            None => {
                let loaded;
                let routes = match self.routes {
                    Some(routes) => routes,
                    None => {
                        loaded = context.routes.load();
                        &**loaded
                    }
                };
                let target = match settings.routing() {
                    None => request.target(routes.topology().partitioner(), body, values)?,
                    routing => routing,
                };
                let wish = Wish { target, consistency: settings.consistency, is_serial: settings.serial };
                let chosen = match self.special_choice(&wish) {
                    None => routes.choose(&wish, self.tried),
                    Some(chosen) => chosen,
                };
                match chosen {
                    Some(connection) => connection,
                    None => return Ok(None),
                }
            }
        };
        if let Some(compression) = connection.origin().body_compression
            && body.len() >= COMPRESSION_THRESHOLD
        {
            let mut compressed = Vec::with_capacity(body.len());
            compress_body(compression, body, &mut compressed)
                .map_err(|error| Error::invalid(error.to_string()))?;
            *body = compressed;
            flags = flags.union(Flags::COMPRESSED);
        }
        Ok(Some((connection, flags)))
    }

    /// The choice of a statement that is for one node, or of a policy, if there is either.
    #[inline]
    fn special_choice(&self, wish: &Wish<'_>) -> Option<Option<Arc<Connection>>> {
        let Sending { context, settings, tried, plan, .. } = *self;
        if let Some(node) = settings.node() {
            return Some(context.routes.load().pinned(node, tried));
        }
        let policy = settings.policies.as_ref()?.load_balancing.as_ref()?;
        let make = || Box::new(context.routes.load_full().plan(&**policy, wish));
        Some(match plan {
            Some(plan) => plan.get_or_init(make).next(),
            None => make().next(),
        })
    }
}

pub(super) fn write_payload(
    payload: &BTreeMap<String, Option<Bytes>>,
    version: ProtocolVersion,
    body: &mut Vec<u8>,
) -> Result<Flags, Error> {
    let mut prelude = Prelude::default();
    prelude.custom_payload = Some(payload.clone());
    Ok(prelude.encode(version, Direction::Request, body)?)
}
