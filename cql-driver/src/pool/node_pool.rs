//! The connections of one session to one node.

use super::presence::{NodeEventSender, Presence};
use super::slot::{Slot, Wiring};
use crate::connection::Connection;
use crate::error::ConnectError;
use crate::metrics::{NodeMetrics, Traffic};
use crate::topology::Node;
use futures::future::join_all;
use std::net::SocketAddr;
use std::sync::Arc;

/// One session's way to one node.
#[derive(Debug)]
pub(crate) struct NodePool {
    address: SocketAddr,
    presence: Arc<Presence>,
    slots: Box<[Arc<Slot>]>,
}

impl NodePool {
    /// Starts connecting, `size` times.
    pub(crate) fn start(
        wiring: &Wiring,
        node: &Arc<Node>,
        size: usize,
        events: &NodeEventSender,
    ) -> Arc<Self> {
        let presence = Arc::new(Presence::new(Arc::clone(node), events.clone()));
        Arc::new(NodePool { address: node.address(), presence, slots: Box::default() }.sized(size, wiring))
    }

    /// The same pool with another number of connections: those it has are kept as far as there is room for them.
    pub(crate) fn resized(&self, size: usize, wiring: &Wiring) -> Arc<Self> {
        let NodePool { address, ref presence, ref slots } = *self;
        Arc::new(
            NodePool { address, presence: Arc::clone(presence), slots: slots.clone() }.sized(size, wiring),
        )
    }

    fn sized(mut self, size: usize, wiring: &Wiring) -> Self {
        let mut slots = self.slots.into_vec();
        slots.truncate(size);
        while slots.len() < size {
            slots.push(Slot::start(wiring.clone(), self.address, Arc::clone(&self.presence)));
        }
        self.slots = slots.into();
        self
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether an event about that address is about this node.
    pub(crate) fn is_at(&self, address: SocketAddr) -> bool {
        self.address == address || self.presence.node().announced_address() == address
    }

    /// How many connections there should be.
    pub(crate) fn size(&self) -> usize {
        self.slots.len()
    }

    /// The least busy of the connections that take requests.
    #[inline]
    pub(crate) fn connection(&self) -> Option<Arc<Connection>> {
        match &*self.slots {
            [only] => only.connection(),
            slots => slots.iter().filter_map(|slot| slot.connection()).min_by_key(|open| open.load()),
        }
    }

    /// All connections that take requests.
    pub(crate) fn connections(&self) -> impl Iterator<Item = Arc<Connection>> {
        self.slots.iter().filter_map(|slot| slot.connection())
    }

    /// How busy the least busy of them is, and whether it is suspect; `None` without one.
    #[inline]
    pub(crate) fn load(&self) -> Option<u32> {
        match &*self.slots {
            [only] => only.load(),
            slots => slots.iter().filter_map(|slot| slot.load()).min(),
        }
    }

    /// What went over all its connections so far.
    pub(crate) fn traffic(&self) -> Traffic {
        self.presence.traffic()
    }

    /// Its figures so far.
    pub(crate) fn metrics(&self) -> NodeMetrics {
        let Traffic { requests, responses, expired, bytes_written, bytes_read, latencies } = self.traffic();
        let node = self.presence.node();
        let (connections_opened, connect_failures) = self.presence.tries();
        let mut metrics = NodeMetrics {
            host_id: node.host_id(),
            address: self.address,
            datacenter: Arc::clone(node.datacenter()),
            open_connections: 0,
            in_flight: 0,
            orphans: 0,
            connections_opened,
            connect_failures,
            last_failure: self.failure(),
            requests,
            responses,
            expired,
            bytes_written,
            bytes_read,
            latencies,
        };
        for connection in self.connections() {
            let (in_flight, orphans, _) = connection.counts();
            metrics.open_connections += 1;
            metrics.in_flight += in_flight;
            metrics.orphans += orphans;
        }
        metrics
    }

    /// Whether it is the same way to the same node, with another number of connections perhaps.
    pub(crate) fn continues(&self, other: &NodePool) -> bool {
        Arc::ptr_eq(&self.presence, &other.presence)
    }

    /// Why there is none.
    pub(crate) fn failure(&self) -> Option<Arc<ConnectError>> {
        self.slots.iter().find_map(|slot| slot.failure())
    }

    /// Tries to connect now instead of after the delay.
    pub(crate) fn hurry(&self) {
        self.slots.iter().for_each(|slot| slot.hurry());
    }

    /// Waits for the end of the first try.
    pub(crate) async fn tried(&self) {
        join_all(self.slots.iter().map(|slot| slot.tried())).await;
    }

    /// Has the connections that `kept` does not have take no new requests, and waits until those in flight are done and
    /// the connections closed.
    pub(crate) async fn close_all_but(&self, kept: Option<&NodePool>) {
        let is_kept = |slot: &&Arc<Slot>| {
            kept.is_some_and(|kept| kept.slots.iter().any(|kept| Arc::ptr_eq(kept, slot)))
        };
        join_all(self.slots.iter().filter(|slot| !is_kept(slot)).map(|slot| slot.close())).await;
    }
}
