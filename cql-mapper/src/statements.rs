//! The statements that were prepared, by form and keyspace, a bounded number of them.

use crate::model::{ModelMeta, Nulls};
use crate::query::{Clause, Op, Shape, Term, Verb};
use cql_driver::PreparedStatement;
use std::collections::HashMap;
use std::hash::{Hash, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Statements kept unless said otherwise.
const BOUND: usize = 1000;

/// Forms are the program's, not its users': nobody chooses them so that they collide.
type Hasher = rustc_hash::FxHasher;

/// A prepared statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) prepared: PreparedStatement,
    pub(crate) cql: Arc<str>,
    /// Whether it has conditions, so that it may be unknown whether it was applied.
    pub(crate) is_conditional: bool,
}

/// What a statement is looked up by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form<'a> {
    /// One of those that every model has: there is no shape to make and to compare.
    Fixed(&'static ModelMeta, Fixed),
    Shape(&'a Shape),
}

/// Statements that every model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fixed {
    /// SELECT of all columns by the primary key.
    Find,
    /// INSERT of all columns that leaves unset what is null.
    Insert,
    /// INSERT of all columns.
    Replace,
}

impl Fixed {
    pub(crate) fn insert(nulls: Nulls) -> Self {
        match nulls {
            Nulls::Keep => Fixed::Insert,
            Nulls::Write => Fixed::Replace,
        }
    }

    fn shape(self, meta: &'static ModelMeta) -> Shape {
        match self {
            Fixed::Find => by_key(meta),
            Fixed::Insert => Shape::new(meta, Verb::Insert(Nulls::Keep)),
            Fixed::Replace => Shape::new(meta, Verb::Insert(Nulls::Write)),
        }
    }
}

/// A SELECT by the primary key.
pub(crate) fn by_key(meta: &'static ModelMeta) -> Shape {
    let mut shape = Shape::new(meta, Verb::Select);
    let terms = meta.primary_key().map(|column| Term { clause: Clause::Where, column, op: Op::Eq });
    shape.terms.extend(terms);
    shape
}

impl Form<'_> {
    pub(crate) fn meta(&self) -> &'static ModelMeta {
        match self {
            Form::Fixed(meta, _) => meta,
            Form::Shape(shape) => shape.meta,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        match self {
            Form::Fixed(meta, fixed) => fixed.shape(meta),
            Form::Shape(shape) => (*shape).clone(),
        }
    }

    fn hash(&self, keyspace: &str) -> u64 {
        let mut hasher = Hasher::default();
        match self {
            Form::Fixed(meta, fixed) => (std::ptr::from_ref(*meta).addr(), fixed).hash(&mut hasher),
            Form::Shape(shape) => shape.hash(&mut hasher),
        }
        hasher.write(keyspace.as_bytes());
        hasher.finish()
    }
}

/// What was prepared.
#[derive(Debug)]
pub(crate) struct Statements {
    /// By the hash of form and keyspace; mostly one each.
    known: RwLock<HashMap<u64, Vec<Known>, std::hash::BuildHasherDefault<Hasher>>>,
    bound: usize,
    /// Counts uses; what was used when it was smallest was not used for longest.
    clock: AtomicU64,
    prepared: AtomicU64,
    forgotten: AtomicU64,
    warned: AtomicBool,
}

#[derive(Debug)]
struct Known {
    form: Owned,
    keyspace: Box<str>,
    statement: Arc<Statement>,
    used: AtomicU64,
}

#[derive(Debug)]
enum Owned {
    Fixed(&'static ModelMeta, Fixed),
    Shape(Box<Shape>),
}

impl Known {
    fn is_of(&self, form: Form<'_>, keyspace: &str) -> bool {
        let is_same = match (&self.form, form) {
            (Owned::Fixed(meta, fixed), Form::Fixed(of, other)) => std::ptr::eq(*meta, of) && *fixed == other,
            (Owned::Shape(shape), Form::Shape(other)) => **shape == *other,
            _ => false,
        };
        is_same && *self.keyspace == *keyspace
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

    pub(crate) fn get(&self, form: Form<'_>, keyspace: &str) -> Option<Arc<Statement>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&form.hash(keyspace))?.iter().find(|known| known.is_of(form, keyspace))?;
        // What is used again and again writes nothing: the line stays shared between processors.
        if found.used.load(Ordering::Relaxed) != self.clock.load(Ordering::Relaxed) {
            found.used.store(self.tick(), Ordering::Relaxed);
        }
        Some(Arc::clone(&found.statement))
    }

    /// Keeps a statement; if another task was first, its is used.
    pub(crate) fn insert(&self, form: Form<'_>, keyspace: &str, statement: Arc<Statement>) -> Arc<Statement> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let hash = form.hash(keyspace);
        let same = known.get(&hash).and_then(|known| known.iter().find(|known| known.is_of(form, keyspace)));
        if let Some(first) = same {
            return Arc::clone(&first.statement);
        }
        if known.values().map(Vec::len).sum::<usize>() >= self.bound {
            self.forget_one(&mut known);
        }
        self.prepared.fetch_add(1, Ordering::Relaxed);
        let used = AtomicU64::new(self.tick());
        let form = match form {
            Form::Fixed(meta, fixed) => Owned::Fixed(meta, fixed),
            Form::Shape(shape) => Owned::Shape(Box::new(shape.clone())),
        };
        let entry = Known { form, keyspace: keyspace.into(), statement: Arc::clone(&statement), used };
        known.entry(hash).or_default().push(entry);
        statement
    }

    /// A moment that no other statement was used at.
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn forget_one(&self, known: &mut HashMap<u64, Vec<Known>, std::hash::BuildHasherDefault<Hasher>>) {
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
