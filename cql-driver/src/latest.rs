//! Values that may be replaced and hardly ever are, such as the columns of a prepared statement.

use arc_swap::ArcSwapOption;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// A value that is read for every request and, in nearly all sessions, is the one it was made with. As long as it is,
/// reading it writes nothing to memory, where an [`arc_swap::ArcSwap`] takes two atomic operations.
#[derive(Debug)]
pub(crate) struct Latest<T> {
    first: Arc<T>,
    is_replaced: AtomicBool,
    later: ArcSwapOption<T>,
}

/// The value at one moment, to be kept for as long as it is needed.
#[derive(Debug)]
pub(crate) enum Current<'a, T> {
    First(&'a Arc<T>),
    Later(Arc<T>),
}

impl<T> Latest<T> {
    pub(crate) fn new(first: T) -> Self {
        Latest {
            first: Arc::new(first),
            is_replaced: AtomicBool::new(false),
            later: ArcSwapOption::const_empty(),
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Current<'_, T> {
        // Relaxed: a thread that knows of the replacement by other means sees it, as it does any write it knows of.
        if self.is_replaced.load(Relaxed) { self.get_later() } else { Current::First(&self.first) }
    }

    /// What it was made with.
    #[inline]
    pub(crate) fn first(&self) -> &Arc<T> {
        &self.first
    }

    #[cold]
    fn get_later(&self) -> Current<'_, T> {
        self.later.load_full().map_or(Current::First(&self.first), Current::Later)
    }

    pub(crate) fn replace(&self, value: Arc<T>) {
        self.later.store(Some(value));
        self.is_replaced.store(true, Relaxed);
    }

    /// Replaces it by what `change` makes of it; called again when another thread was faster.
    pub(crate) fn change(&self, mut change: impl FnMut(&T) -> T) {
        self.later.rcu(|current| Some(Arc::new(change(current.as_ref().unwrap_or(&self.first)))));
        self.is_replaced.store(true, Relaxed);
    }
}

impl<T> Current<'_, T> {
    #[inline]
    pub(crate) fn as_arc(&self) -> &Arc<T> {
        match self {
            Current::First(value) => value,
            Current::Later(value) => value,
        }
    }

    /// The value, unless it is the one that its [`Latest`] was made with.
    #[inline]
    pub(crate) fn later(&self) -> Option<&Arc<T>> {
        match self {
            Current::First(_) => None,
            Current::Later(value) => Some(value),
        }
    }
}

impl<T> Clone for Current<'_, T> {
    fn clone(&self) -> Self {
        match self {
            Current::First(value) => Current::First(value),
            Current::Later(value) => Current::Later(Arc::clone(value)),
        }
    }
}

impl<T> Deref for Current<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.as_arc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_stays_and_what_replaced_it_is_read_next() {
        let latest = Latest::new(1);
        let first = latest.get();
        latest.replace(Arc::new(2));
        let second = latest.get();
        latest.change(|value| value + 1);
        assert_eq!((*first, *second, *latest.get()), (1, 2, 3));
    }

    #[test]
    fn changes_of_several_threads_are_all_made() {
        let latest = Latest::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|_| latest.change(|value| value + 1)));
            }
        });
        assert_eq!(*latest.get(), 4000);
    }
}
