//! The shape of a statement: all of it but the values. Statements of one shape have one text.

use super::cql::Text;
use crate::model::{ColumnMeta, ModelMeta, Nulls};
use crate::value::{Cell, Values};
use cql_driver::value::ValueError;
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Select,
    Insert(Nulls),
    Update,
    /// Of rows, or with [`Clause::Assign`] of columns.
    Delete,
}

/// Which part of a statement a term belongs to, in the order in which the values stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Clause {
    Timestamp,
    Ttl,
    Assign,
    Where,
    If,
    Order,
    PartitionLimit,
    Limit,
}

/// What a term says of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::enum_variant_names, reason = "CQL's words")]
pub(crate) enum Op {
    Eq,
    NotEq,
    In,
    Gt,
    Ge,
    Lt,
    Le,
    Contains,
    ContainsKey,
    Like,
    /// `(column, next) > (?, ?)`: so many clustering columns from this one on.
    Slice(Bound, u8),
    /// `token(partition key) > ?`
    Token(Bound),
    /// `token(partition key) > token(?, ?)`
    AfterTokenOf,
    /// `column[key] = value`.
    Entry,
    /// `column = ?`
    Set,
    /// `column = column + ?`
    Add,
    /// `column = column - ?`
    Remove,
    /// `column = ? + column`
    Prepend,
    /// `column[?] = ?`
    Put,
    /// `column.field = ?`, by the field's number.
    Field(u16),
    Asc,
    Desc,
    Ann,
    Marker,
}

/// How values are compared by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bound {
    Gt,
    Ge,
    Lt,
    Le,
}

impl Bound {
    pub(crate) fn operator(self) -> &'static str {
        match self {
            Bound::Gt => ">",
            Bound::Ge => ">=",
            Bound::Lt => "<",
            Bound::Le => "<=",
        }
    }
}

/// One condition, assignment, order or limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Term {
    pub(crate) clause: Clause,
    pub(crate) column: u16,
    pub(crate) op: Op,
}

/// What is selected.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Columns {
    /// All that the model has.
    All,
    /// Those of a projection.
    Listed(&'static [u16]),
    /// Those of a tuple.
    Chosen(SmallVec<[u16; 8]>),
    /// The partition keys that there are.
    Partitions,
    Count,
}

/// All of a statement but its values.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) meta: &'static ModelMeta,
    pub(crate) verb: Verb,
    pub(crate) columns: Columns,
    pub(crate) terms: SmallVec<[Term; 8]>,
    /// `IF EXISTS`, or for an INSERT `IF NOT EXISTS`.
    pub(crate) if_exists: bool,
    pub(crate) allow_filtering: bool,
    /// For an INSERT where nothing can be left unset: a bit for each column that is not written.
    pub(crate) left_out: u128,
    /// What stands behind the table in a SELECT that is written by hand.
    pub(crate) raw: Option<&'static str>,
}

impl Shape {
    pub(crate) fn new(meta: &'static ModelMeta, verb: Verb) -> Self {
        Shape {
            meta,
            verb,
            columns: Columns::All,
            terms: SmallVec::new(),
            if_exists: false,
            allow_filtering: false,
            left_out: 0,
            raw: None,
        }
    }

    /// The text, for a table in the keyspace that its model names.
    pub(crate) fn cql(&self) -> String {
        Text::of(self, self.meta.keyspace).cql
    }

    /// The columns that are selected, in order.
    pub(crate) fn selected(&self) -> Vec<&'static ColumnMeta> {
        let of = |numbers: &[u16]| numbers.iter().filter_map(|at| self.meta.column(*at)).collect();
        match &self.columns {
            Columns::All | Columns::Count => self.meta.columns.iter().collect(),
            Columns::Listed(listed) => of(listed),
            Columns::Chosen(chosen) => of(chosen),
            Columns::Partitions => of(self.meta.partition_key),
        }
    }

    /// The terms of a clause with their numbers.
    pub(crate) fn terms_of(&self, clause: Clause) -> impl Iterator<Item = (usize, Term)> {
        self.terms.iter().copied().enumerate().filter(move |(_, term)| term.clause == clause)
    }

    /// Whether it is a lightweight transaction.
    pub(crate) fn is_conditional(&self) -> bool {
        self.if_exists || self.terms.iter().any(|term| term.clause == Clause::If)
    }

    /// Whether executing it twice has the effect of executing it once.
    pub(crate) fn is_idempotent(&self) -> bool {
        let repeats = |term: &Term| {
            let column = self.meta.column(term.column);
            let of_list = column.is_some_and(|column| {
                column.type_def.is_counter() || matches!(column.type_def, crate::value::TypeDef::List(_))
            });
            matches!(term.op, Op::Add | Op::Remove | Op::Prepend | Op::Put) && of_list
        };
        !self.is_conditional() && !self.terms.iter().any(repeats)
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.meta, other.meta)
            && self.verb == other.verb
            && self.terms == other.terms
            && self.columns == other.columns
            && (self.if_exists, self.allow_filtering, self.left_out, self.raw)
                == (other.if_exists, other.allow_filtering, other.left_out, other.raw)
    }
}

impl Eq for Shape {}

impl Hash for Shape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.meta, state);
        self.verb.hash(state);
        self.columns.hash(state);
        self.terms.hash(state);
        (self.if_exists, self.allow_filtering, self.left_out, self.raw).hash(state);
    }
}

/// A statement with its values, one for each term but those of an order.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) shape: Shape,
    pub(crate) values: Values,
    /// The first value that could not be encoded, told when the statement is executed.
    pub(crate) failed: Option<ValueError>,
    /// A time to live that is too long, told when the statement is executed.
    pub(crate) too_long: Option<u32>,
    /// A condition that no row meets: `is_in` of nothing.
    pub(crate) is_empty: bool,
}

impl Query {
    pub(crate) fn new(meta: &'static ModelMeta, verb: Verb) -> Self {
        let shape = Shape::new(meta, verb);
        Query { shape, values: Values::default(), failed: None, too_long: None, is_empty: false }
    }

    /// Adds a term with its value.
    pub(crate) fn push(&mut self, term: Term, write: impl FnOnce(&mut Vec<u8>) -> Result<(), ValueError>) {
        self.shape.terms.push(term);
        if let Err(error) = self.values.push(write) {
            self.failed.get_or_insert(error);
        }
    }

    /// Adds a term whose value is encoded.
    pub(crate) fn push_encoded(&mut self, term: Term, value: &[u8]) {
        self.push(term, |out| {
            out.extend_from_slice(value);
            Ok(())
        });
    }

    /// Adds a term with a value that may be null or unset.
    pub(crate) fn push_cell(&mut self, term: Term, value: Cell<'_>) {
        self.push(term, |out| value.write(out));
    }

    /// Sets a limit or the like; what was set before is replaced.
    pub(crate) fn set(&mut self, clause: Clause, value: i32) {
        let term = Term { clause, column: 0, op: Op::Marker };
        let mut bytes = 4_i32.to_be_bytes().to_vec();
        bytes.extend_from_slice(&value.to_be_bytes());
        self.replace(term, &bytes);
    }

    /// How many rows are read at most, if that is said.
    pub(crate) fn limit(&self) -> Option<i32> {
        let (at, _) = self.shape.terms_of(Clause::Limit).next()?;
        self.values.get(at).last_chunk().map(|bytes| i32::from_be_bytes(*bytes))
    }

    /// Sets a time to live.
    pub(crate) fn set_ttl(&mut self, seconds: u32) {
        match crate::options::ttl(seconds) {
            Ok(seconds) => self.set(Clause::Ttl, seconds),
            Err(_) => self.too_long = Some(seconds),
        }
    }

    /// Sets a timestamp in the text.
    pub(crate) fn set_timestamp(&mut self, micros: i64) {
        let term = Term { clause: Clause::Timestamp, column: 0, op: Op::Marker };
        let mut bytes = 8_i32.to_be_bytes().to_vec();
        bytes.extend_from_slice(&micros.to_be_bytes());
        self.replace(term, &bytes);
    }

    fn replace(&mut self, term: Term, bytes: &[u8]) {
        if self.shape.terms.contains(&term) {
            let (terms, values) = (std::mem::take(&mut self.shape.terms), std::mem::take(&mut self.values));
            for (at, other) in terms.into_iter().enumerate().filter(|(_, other)| *other != term) {
                self.push_encoded(other, values.get(at));
            }
        }
        self.push_encoded(term, bytes);
    }
}
