//! A number for each model of a program, to find by it what is kept for the model.

use std::sync::atomic::{AtomicU32, Ordering};

/// Where a model's number is. The derives make one for each model.
#[derive(Debug)]
pub struct Slot(AtomicU32);

/// The number of the next model; 0 is for none.
static NEXT: AtomicU32 = AtomicU32::new(1);

impl Slot {
    /// Without a number yet.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "statics are made of it")]
    pub const fn new() -> Self {
        Slot(AtomicU32::new(0))
    }

    /// The number, counted from 1 in the order in which models are used first.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        match self.0.load(Ordering::Relaxed) {
            0 => self.take(),
            number => number,
        }
    }

    #[cold]
    fn take(&self) -> u32 {
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        // Another thread may have been first; its number holds.
        match self.0.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => next,
            Err(taken) => taken,
        }
    }
}
