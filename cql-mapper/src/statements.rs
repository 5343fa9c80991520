//! The statements that were prepared, by shape and keyspace, a bounded number of them.

use crate::query::Shape;
use cql_driver::PreparedStatement;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Statements kept unless said otherwise.
const BOUND: usize = 1000;

/// Shapes are the program's, not its users': nobody chooses them so that they collide.
type Hasher = BuildHasherDefault<rustc_hash::FxHasher>;

/// A prepared statement of a shape.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) prepared: PreparedStatement,
    pub(crate) cql: Arc<str>,
}

/// What was prepared.
#[derive(Debug)]
pub(crate) struct Statements {
    /// By the hash of shape and keyspace; mostly one each.
    known: RwLock<HashMap<u64, Vec<Known>, Hasher>>,
    bound: usize,
    /// Counts uses; what was used when it was smallest was not used for longest.
    clock: AtomicU64,
    prepared: AtomicU64,
    forgotten: AtomicU64,
    warned: AtomicBool,
}

#[derive(Debug)]
struct Known {
    shape: Shape,
    keyspace: Box<str>,
    statement: Arc<Statement>,
    used: AtomicU64,
}

impl Known {
    fn is_of(&self, shape: &Shape, keyspace: &str) -> bool {
        *self.keyspace == *keyspace && self.shape == *shape
    }
}

impl Default for Statements {
    fn default() -> Self {
        Statements::new(BOUND)
    }
}

impl Statements {
    pub(crate) fn new(bound: usize) -> Self {
        Statements {
            known: RwLock::default(),
            bound: bound.max(1),
            clock: AtomicU64::new(0),
            prepared: AtomicU64::new(0),
            forgotten: AtomicU64::new(0),
            warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn get(&self, shape: &Shape, keyspace: &str) -> Option<Arc<Statement>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&hash(shape, keyspace))?.iter().find(|known| known.is_of(shape, keyspace))?;
        // What is used again and again writes nothing: the line stays shared between processors.
        if found.used.load(Ordering::Relaxed) != self.clock.load(Ordering::Relaxed) {
            found.used.store(self.tick(), Ordering::Relaxed);
        }
        Some(Arc::clone(&found.statement))
    }

    /// Keeps a statement; if another task was first, its is used.
    pub(crate) fn insert(&self, shape: &Shape, keyspace: &str, statement: Arc<Statement>) -> Arc<Statement> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let hash = hash(shape, keyspace);
        if let Some(first) =
            known.get(&hash).and_then(|known| known.iter().find(|known| known.is_of(shape, keyspace)))
        {
            return Arc::clone(&first.statement);
        }
        if known.values().map(Vec::len).sum::<usize>() >= self.bound {
            self.forget_one(&mut known);
        }
        self.prepared.fetch_add(1, Ordering::Relaxed);
        let used = AtomicU64::new(self.tick());
        let entry = Known {
            shape: shape.clone(),
            keyspace: keyspace.into(),
            statement: Arc::clone(&statement),
            used,
        };
        known.entry(hash).or_default().push(entry);
        statement
    }

    /// A moment that no other statement was used at.
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn forget_one(&self, known: &mut HashMap<u64, Vec<Known>, Hasher>) {
        let oldest = known
            .iter()
            .flat_map(|(hash, all)| all.iter().map(move |one| (one.used.load(Ordering::Relaxed), *hash)))
            .min();
        let Some((used, hash)) = oldest else { return };
        if let Some(all) = known.get_mut(&hash) {
            all.retain(|one| one.used.load(Ordering::Relaxed) != used);
            if all.is_empty() {
                known.remove(&hash);
            }
        }
        self.forgotten.fetch_add(1, Ordering::Relaxed);
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                bound = self.bound,
                "more shapes of statements than the mapper keeps: the least recently used is prepared again when it is \
                 used again; see Mapper::with_statements"
            );
        }
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.prepared.load(Ordering::Relaxed), self.forgotten.load(Ordering::Relaxed))
    }
}

fn hash(shape: &Shape, keyspace: &str) -> u64 {
    Hasher::default().hash_one((shape, keyspace))
}
