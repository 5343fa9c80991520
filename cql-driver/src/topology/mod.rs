//! What the driver knows of the cluster: nodes, ring and replicas, as immutable data.
//!
//! A [`Topology`] is a snapshot. The control connection builds a new one when something changes; requests and policies
//! read the one they started with. Nothing here does I/O, locks or knows connections: pools sit beside a snapshot, in
//! arrays indexed by [`NodeIndex`].

mod diff;
mod node;
mod placement;
mod release_version;
mod replicas;
mod replication;
mod snapshot;
mod token_ring;

pub use crate::ids::NodeIndex;
pub use diff::TopologyDiff;
pub use node::{Node, NodeBuilder};
pub use release_version::{ParseReleaseVersionError, ReleaseVersion};
pub use replicas::Replicas;
pub use replication::{ReplicationFactor, ReplicationStrategy};
pub use snapshot::{Datacenter, Topology, TopologyBuilder};
pub use token_ring::TokenRing;
