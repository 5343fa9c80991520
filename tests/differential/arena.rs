//! Both servers, and the keyspaces in which sequences run on both.

use crate::accepted::AcceptedList;
use crate::answer::{Answer, Outcome};
use crate::compare::{Kind, difference};
use crate::side::{Place, Side};
use crate::step::Step;
use cql_testkit::EmbeddedCluster;
use cql_tests::{contact_points, environment};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub(crate) struct Arena {
    reference: Side,
    other: Side,
    /// The engine, unless another server stands in its place.
    _embedded: Option<EmbeddedCluster>,
    instances: AtomicUsize,
    accepted: AcceptedList,
}

/// A keyspace of each server with the same in it.
#[derive(Debug)]
pub(crate) struct Instance {
    reference: Place,
    other: Place,
}

/// Two answers, and how they differ.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) reference: Answer,
    pub(crate) other: Answer,
    pub(crate) difference: Option<Kind>,
}

impl Arena {
    /// The server of the environment, and the engine or what is said to stand in its place.
    pub(crate) async fn new(name: &str) -> Self {
        let (embedded, other) = match environment("CQL_OTHER") {
            Some(points) => (None, points.split(',').map(str::to_owned).collect()),
            None => {
                let embedded = EmbeddedCluster::start().await.expect("an address");
                let points = embedded.contact_points();
                (Some(embedded), points)
            }
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let began = i32::try_from(since.as_secs()).expect("before 2038");
        // Of the same length, as places in texts are counted; of different names, should both be one server.
        let names = [format!("dr_{name}_{began}"), format!("do_{name}_{began}")];
        let [first, second] = names;
        Arena {
            reference: Side::connect(contact_points(), first, began).await,
            other: Side::connect(other, second, began).await,
            _embedded: embedded,
            instances: AtomicUsize::new(0),
            accepted: AcceptedList::read(),
        }
    }

    pub(crate) async fn open(&self) -> Instance {
        let number = self.instances.fetch_add(1, Relaxed);
        let (reference, other) = tokio::join!(self.reference.open(number), self.other.open(number));
        Instance { reference, other }
    }

    pub(crate) async fn close(&self, instance: Instance) {
        tokio::join!(self.reference.close(instance.reference), self.other.close(instance.other));
    }

    /// `before` is what was executed in the keyspace.
    pub(crate) async fn compare(&self, instance: &Instance, step: &Step, before: &[&[Step]]) -> Compared {
        let (reference, other) = tokio::join!(instance.reference.answer(step), instance.other.answer(step));
        let found = difference(&reference, &other).filter(|_| {
            !reference.outcome.is_fault() && !self.accepted.has(step, before, &reference, &other)
        });
        Compared { reference, other, difference: found }
    }
}

impl Compared {
    /// Whether nothing more can be said of what follows: a server was too busy, also to build an index in time, or failed where
    /// the engine did not.
    pub(crate) fn is_void(&self, step: &Step) -> bool {
        let (reference, other) = (&self.reference.outcome, &self.other.outcome);
        let fault = reference.is_fault() && !step.reads() && !matches!(other, Outcome::Error(_));
        reference.is_overload() || reference.waits_for_index() || other.is_overload() || fault
    }
}
