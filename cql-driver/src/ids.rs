//! Small numbers that stand for things, so that hot paths index arrays instead of hashing names.

use std::fmt;

/// A node's place in one [`Topology`](crate::topology::Topology).
///
/// It means nothing in another snapshot: after a change of the cluster the same number may be another node. What has
/// to outlive a snapshot is the node's host id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(u32);

impl NodeIndex {
    /// The index of the `position`-th node; `None` beyond what 32 bits can number.
    pub(crate) fn new(position: usize) -> Option<Self> {
        u32::try_from(position).ok().map(NodeIndex)
    }

    /// The index into an array that runs parallel to [`Topology::nodes`](crate::topology::Topology::nodes).
    #[must_use]
    #[inline]
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for NodeIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
