//! The statements that were prepared, by form and keyspace, a bounded number of them.

use crate::model::{Model, ModelMeta, Nulls, Slot};
use crate::query::{Clause, Op, Shape, Term, Verb};
use cql_driver::PreparedStatement;
use std::collections::HashMap;
use std::hash::{Hash, Hasher as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

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
    Fixed(Of, Fixed),
    Shape(&'a Shape),
}

/// A model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Of {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) slot: &'static Slot,
}

impl Of {
    pub(crate) fn model<M: Model>() -> Self {
        Of { meta: M::META, slot: M::slot() }
    }
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
            Form::Fixed(of, _) => of.meta,
            Form::Shape(shape) => shape.meta,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        match self {
            Form::Fixed(of, fixed) => fixed.shape(of.meta),
            Form::Shape(shape) => (*shape).clone(),
        }
    }

    fn hash(&self, keyspace: &str) -> u64 {
        let mut hasher = Hasher::default();
        match self {
            Form::Fixed(of, fixed) => (of.slot.number(), fixed).hash(&mut hasher),
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
    /// Those that every model has, by the models' numbers: found without a lock, a hash or a count of references. Each
    /// place is for the first keyspace that it was asked for in; others are found as all statements are.
    fixed: [OnceLock<Box<[Places; IN_BLOCK]>>; BLOCKS],
    bound: usize,
    /// Counts uses; what was used when it was smallest was not used for longest.
    clock: AtomicU64,
    prepared: AtomicU64,
    forgotten: AtomicU64,
    warned: AtomicBool,
}

const IN_BLOCK: usize = 32;
const BLOCKS: usize = 32;

/// A place for each of [`Fixed`].
type Places = [OnceLock<Placed>; 3];

#[derive(Debug)]
struct Placed {
    /// The keyspace, if it is the mapper's; the model's otherwise.
    keyspace: Option<Arc<str>>,
    statement: Arc<Statement>,
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
    /// By the model's number.
    Fixed(u32, Fixed),
    Shape(Box<Shape>),
}

impl Known {
    fn is_of(&self, form: Form<'_>, keyspace: &str) -> bool {
        let is_same = match (&self.form, form) {
            (Owned::Fixed(number, fixed), Form::Fixed(of, other)) => {
                *number == of.slot.number() && *fixed == other
            }
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
            fixed: [const { OnceLock::new() }; BLOCKS],
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

    /// One of those that every model has, in a keyspace of the mapper's or in the model's.
    #[inline]
    pub(crate) fn fixed(&self, of: Of, fixed: Fixed, keyspace: Option<&Arc<str>>) -> Option<&Statement> {
        let number = of.slot.number() as usize;
        let places = self.fixed.get(number / IN_BLOCK)?.get()?.get(number % IN_BLOCK)?;
        let placed = places.get(fixed as usize)?.get()?;
        let is_there = match (&placed.keyspace, keyspace) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        is_there.then_some(&*placed.statement)
    }

    /// Keeps it there, if its place is free.
    pub(crate) fn place(
        &self,
        of: Of,
        fixed: Fixed,
        keyspace: Option<&Arc<str>>,
        statement: &Arc<Statement>,
    ) {
        let number = of.slot.number() as usize;
        let Some(block) = self.fixed.get(number / IN_BLOCK) else { return };
        let places = block.get_or_init(|| Box::new([const { [const { OnceLock::new() }; 3] }; IN_BLOCK]));
        if let Some(place) = places.get(number % IN_BLOCK).and_then(|places| places.get(fixed as usize)) {
            place.get_or_init(|| Placed { keyspace: keyspace.cloned(), statement: Arc::clone(statement) });
        }
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
            Form::Fixed(of, fixed) => Owned::Fixed(of.slot.number(), fixed),
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
