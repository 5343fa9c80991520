//! Queries: what is read, by which conditions, in which order; and how the rows are taken.

mod ends;
mod what;

pub use ends::{Page, PageState, Rows};
use what::Key;
pub(crate) use what::What;

use crate::column::{AnnColumn, Column, ColumnOf, Condition, Encoded, Order, ValueOf, number_in};
use crate::error::QueryError;
use crate::key_state::{Apply, Filtering, Orderable, Runnable, Scanning};
use crate::model::{KeyFor, Model, ModelMeta};
use crate::options::{Options, option_methods};
use crate::projection::{ColumnTuple, Projection};
use crate::query::{Bound as Comparison, Clause, Columns, Op, Query, Term, Verb};
use crate::statements::by_key;
use crate::value::{Bind, Native, TypeDef};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound as End, RangeBounds};

/// A query of model `M` whose rows are read as `R`; `K` says which keys are restricted.
///
/// What is no legal CQL does not compile: see [`key_state`](crate::key_state). Cloning it and changing the clone leaves
/// the original as it is.
///
/// ```no_run
/// # async fn example(db: cql_mapper::Mapper) -> Result<(), cql_mapper::Error> {
/// use cql_mapper::prelude::*;
///
/// #[derive(Model)]
/// #[cql(keyspace = "cars", table = "automobiles")]
/// struct Automobile {
///     #[cql(partition_key)]
///     manufacturer: String,
///     #[cql(clustering_key(desc))]
///     year: i32,
///     model: String,
/// }
///
/// let newer = Automobile::objects()
///     .filter(Automobile.manufacturer.eq("Tesla"))
///     .filter(Automobile.year.gt(2010))
///     .limit(10)
///     .all(&db)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a query does nothing before `all`, `first`, `stream` or another of its ends is awaited"]
pub struct Select<M, R, K> {
    pub(crate) what: What,
    pub(crate) options: Options,
    of: Of<(M, R, K)>,
}

/// What a query is of, without holding any.
type Of<T> = PhantomData<fn() -> T>;

/// A query that is built at run time: the same rules, checked when it is executed. From [`Select::dynamic`].
pub type DynamicSelect<M, R = M> = Select<M, R, Dynamic>;

/// The state of a query whose conditions are checked when it is executed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Dynamic;

impl<Role, Op: crate::key_state::op::Filters> Apply<Role, Op> for Dynamic {
    type Out = Dynamic;
}
impl Runnable for Dynamic {}
impl<Role> Orderable<Role> for Dynamic {}

impl<M, R, K> Clone for Select<M, R, K> {
    fn clone(&self) -> Self {
        Select { what: self.what.clone(), options: self.options.clone(), of: PhantomData }
    }
}

impl<M: Model, R, K> fmt::Debug for Select<M, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select").field("cql", &self.cql()).finish_non_exhaustive()
    }
}

impl<M: Model> Select<M, M, M::Keys> {
    pub(crate) fn all_rows() -> Self {
        let mut query = Query::new(M::META, Verb::Select);
        // Of several models in a table, the rows of this one.
        if let Some((at, tag)) = M::META.discriminator {
            let term = Term { clause: Clause::Where, column: at, op: Op::Eq };
            let type_def = M::META.column(at).map_or(TypeDef::Native(Native::Text), |column| column.type_def);
            add(&mut query, term, Encoded { bytes: tag.encode(&type_def), elements: None });
        }
        Select::of(query)
    }
}

impl<M: Model> Select<M, M, M::Keys> {
    /// Reads the partitions whose tokens are in a range: part of the table. Tokens are those of the Murmur3 partitioner;
    /// `Session::token_ranges` tells the ranges and who has them.
    pub fn token_range(mut self, tokens: impl RangeBounds<i64>) -> Select<M, M, Scanning> {
        let lower = match tokens.start_bound() {
            End::Included(token) => Some((Comparison::Ge, *token)),
            End::Excluded(token) => Some((Comparison::Gt, *token)),
            End::Unbounded => None,
        };
        let upper = match tokens.end_bound() {
            End::Included(token) => Some((Comparison::Le, *token)),
            End::Excluded(token) => Some((Comparison::Lt, *token)),
            End::Unbounded => None,
        };
        for (bound, token) in lower.into_iter().chain(upper) {
            let term = Term { clause: Clause::Where, column: 0, op: Op::Token(bound) };
            add(self.query(), term, Encoded::of::<i64>(&token));
        }
        self.become_()
    }

    /// Reads the partitions behind that one, in the order of tokens: the rest of a table that was read until there.
    pub fn after_token_of(mut self, key: impl KeyFor<M::PartitionKey>) -> Select<M, M, Scanning> {
        let value = Encoded { bytes: Key::new(&key).into_bytes(), elements: None };
        add(self.query(), Term { clause: Clause::Where, column: 0, op: Op::AfterTokenOf }, value);
        self.become_()
    }
}

impl<M: Model> Select<M, M::PartitionKey, Scanning> {
    pub(crate) fn partitions() -> Self {
        let mut query = Query::new(M::META, Verb::Select);
        query.shape.columns = Columns::Partitions;
        Select::of(query)
    }
}

impl<M: Model> Select<M, M, M::FullKey> {
    pub(crate) fn by_key(key: &impl KeyFor<M::PrimaryKey>) -> Self {
        Select { what: What::Key(Key::new(key)), options: Options::default(), of: PhantomData }
    }
}

/// A query with the columns of a key restricted.
pub(crate) fn keyed<K>(
    meta: &'static ModelMeta,
    verb: Verb,
    columns: impl Iterator<Item = u16>,
    key: &impl KeyFor<K>,
) -> Query {
    Key::new(key).query(meta, verb, columns)
}

impl<M: Model, R, K> Select<M, R, K> {
    fn of(query: Query) -> Self {
        Select { what: What::Query(Box::new(query)), options: Options::default(), of: PhantomData }
    }

    fn become_<R2, K2>(self) -> Select<M, R2, K2> {
        Select { what: self.what, options: self.options, of: PhantomData }
    }

    /// The query, to add to it.
    fn query(&mut self) -> &mut Query {
        self.what.query(M::META)
    }

    pub(crate) fn into_query(mut self) -> (Query, Options) {
        let query = std::mem::replace(self.query(), Query::new(M::META, Verb::Select));
        (query, self.options)
    }

    /// Adds a condition.
    pub fn filter<C, O>(mut self, condition: Condition<C, O>) -> Select<M, R, K::Out>
    where
        C: Column + ColumnOf<M>,
        K: Apply<C::Role, O>,
    {
        let term = Term { column: number_in::<M, C>(), ..condition.term };
        add(self.query(), term, condition.value);
        self.become_()
    }

    /// Orders the rows; the columns of the clustering key before this one must each have one value.
    pub fn order_by<C>(mut self, order: Order<C>) -> Self
    where
        C: Column + ColumnOf<M>,
        K: Orderable<C::Role>,
    {
        self.query().push(Term { column: number_in::<M, C>(), ..order.term }, |_| Ok(()));
        self
    }

    /// At most so many rows.
    pub fn limit(mut self, rows: u32) -> Self {
        self.query().set(Clause::Limit, i32::try_from(rows).unwrap_or(i32::MAX));
        self
    }

    /// At most so many rows of each partition.
    pub fn per_partition_limit(mut self, rows: u32) -> Self {
        self.query().set(Clause::PartitionLimit, i32::try_from(rows).unwrap_or(i32::MAX));
        self
    }

    /// Rows a page. Default: as the profile says.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.options.page_size = Some(rows);
        self
    }

    /// Lets the server read rows that it then leaves out: any condition is allowed, and none is cheap.
    pub fn allow_filtering(mut self) -> Select<M, R, Filtering> {
        self.query().shape.allow_filtering = true;
        self.become_()
    }

    /// Reads the whole table.
    pub fn scan(self) -> Select<M, R, Scanning> {
        self.become_()
    }

    /// The rows nearest to a vector, by the index of that column, at most so many.
    pub fn nearest<C>(mut self, column: C, to: impl Bind<ValueOf<C>>, rows: u32) -> Select<M, R, Scanning>
    where
        C: Column + ColumnOf<M> + AnnColumn,
    {
        let _ = column;
        let term = Term { clause: Clause::Order, column: number_in::<M, C>(), op: Op::Ann };
        add(self.query(), term, Encoded::of(&to));
        self.limit(rows).become_()
    }

    /// Reads rows as a struct with some of the columns.
    pub fn project<P: Projection<M>>(mut self) -> Select<M, P, K> {
        self.query().shape.columns = Columns::Listed(P::COLUMNS);
        self.become_()
    }

    /// Reads rows as tuples of some of the columns.
    pub fn columns<T: ColumnTuple<M>>(mut self, columns: T) -> Select<M, T::Row, K> {
        let _ = columns;
        self.query().shape.columns = Columns::Chosen(T::indexes());
        self.become_()
    }

    /// The statement, as it is prepared in the keyspace that the model names: for tests and logs. It holds no values.
    #[must_use]
    pub fn cql(&self) -> String {
        match &self.what {
            What::Key(_) => by_key(M::META).cql(),
            What::Query(query) => query.shape.cql(),
        }
    }

    /// The same with conditions that are added at run time: what types check until here is then checked when the query
    /// is executed, before anything is sent.
    pub fn dynamic(self) -> DynamicSelect<M, R> {
        self.become_()
    }

    option_methods!();
}

/// Adds a term with a value that was encoded.
pub(crate) fn add(query: &mut Query, term: Term, value: Encoded) {
    if term.op == Op::In && value.elements == Some(0) {
        query.is_empty = true;
    }
    match value.bytes {
        Ok(bytes) => query.push_encoded(term, &bytes),
        Err(error) => query.push(term, |_| Err(error)),
    }
}

impl<M: Model, R> DynamicSelect<M, R> {
    /// Checks the conditions as executing it does, without executing it.
    ///
    /// # Errors
    /// What is no legal CQL.
    pub fn check(&self) -> Result<(), QueryError> {
        self.what.check()
    }
}
