//! The ids by which a node knows statements, where they are not those it was asked for.
//!
//! An id is made of the statement, and yet releases of Cassandra make it differently, so that it changes while a cluster
//! is upgraded. A node that says UNPREPARED and then prepares under another id may know the statement by both: the one
//! it was asked for is tried once more, then the other one. What has worked is what requests to come begin with.

use crate::statement::Prepared;
use bytes::Bytes;

/// What one request has learned of the ids of its statements.
#[derive(Debug, Default)]
pub(crate) struct OtherIds(Vec<OtherId>);

#[derive(Debug)]
struct OtherId {
    asked: Bytes,
    other: Bytes,
    /// The id asked for has had its second chance.
    due: bool,
}

impl OtherIds {
    /// Hands on the id to execute a statement by.
    #[inline]
    pub(super) fn with_id<T>(&self, prepared: &Prepared, hand_on: impl FnOnce(&Bytes) -> T) -> T {
        if self.0.is_empty() {
            return prepared.with_id(hand_on);
        }
        // What this request knows of its node comes before what others have learned meanwhile.
        match self.0.iter().find(|ids| prepared.is_known_by(&ids.asked)) {
            Some(OtherId { other, due: true, .. }) => hand_on(other),
            Some(OtherId { asked, .. }) => hand_on(asked),
            None => prepared.with_id(hand_on),
        }
    }

    /// Whether a node may have meant this statement by that id.
    pub(super) fn is_of(&self, prepared: &Prepared, id: &Bytes) -> bool {
        let other = self.0.iter().any(|ids| ids.other == *id && prepared.is_known_by(&ids.asked));
        other || prepared.is_known_by(id)
    }

    /// The id asked for, and the other one, of the statement that has either.
    pub(super) fn both(&self, id: &Bytes) -> Option<(&Bytes, &Bytes)> {
        let ids = self.0.iter().find(|ids| ids.asked == *id || ids.other == *id)?;
        Some((&ids.asked, &ids.other))
    }

    /// The node was asked for a statement by one id and prepared it under another.
    pub(super) fn learn(&mut self, asked: &Bytes, other: &Bytes) {
        match self.0.iter_mut().find(|ids| ids.asked == *asked || ids.other == *asked) {
            Some(ids) => (ids.other, ids.due) = (other.clone(), true),
            None => self.0.push(OtherId { asked: asked.clone(), other: other.clone(), due: false }),
        }
    }

    /// The node does not know that id, again: whether there is another one to try now.
    pub(super) fn turn_to_other(&mut self, asked: &Bytes) -> bool {
        let waiting = self.0.iter_mut().find(|ids| ids.asked == *asked && !ids.due);
        waiting.map(|ids| ids.due = true).is_some()
    }

    /// The request was executed: the id that this took is the one to begin with from now on.
    pub(super) fn keep<'p>(&self, statements: impl Iterator<Item = &'p Prepared>) {
        for prepared in statements {
            let used = self.0.iter().find(|ids| ids.due && prepared.is_known_by(&ids.asked));
            if let Some(ids) = used {
                prepared.learn_id(&ids.other);
            }
        }
    }
}
