//! What a query asks for: a row by its key, as long as nothing else is said, or anything.

use crate::error::{Error, QueryError};
use crate::model::{KeyFor, KeyWriter, ModelMeta};
use crate::query::{Clause, Op, Query, Term, Verb};
use crate::value::split;
use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, ValueError, ValuesWriter};
use smallvec::SmallVec;
use std::cell::Cell;

#[derive(Debug, Clone)]
pub(crate) enum What {
    /// The row with that key. It is by far the most frequent query, and needs neither a shape nor an allocation.
    Key(Key),
    Query(Box<Query>),
}

impl What {
    /// The query, to add to it.
    pub(super) fn query(&mut self, meta: &'static ModelMeta) -> &mut Query {
        if let What::Key(key) = self {
            *self = What::Query(Box::new(key.query(meta, Verb::Select, meta.primary_key())));
        }
        match self {
            What::Query(query) => query,
            What::Key(_) => unreachable!("it has become a query"),
        }
    }

    /// Checks that the conditions are legal CQL. A key always is.
    pub(super) fn check(&self) -> Result<(), QueryError> {
        match self {
            What::Key(_) => Ok(()),
            What::Query(query) => query.check(),
        }
    }
}

/// A whole primary key, encoded.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// A `[value]` for each column.
    values: SmallVec<[u8; 36]>,
    count: u16,
    /// Why it could not be encoded.
    failed: Option<ValueError>,
}

thread_local! {
    /// Where keys are encoded, so that it is not allocated for each.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

impl Key {
    pub(crate) fn new<K>(key: &impl KeyFor<K>) -> Self {
        let mut scratch = SCRATCH.take();
        scratch.clear();
        let mut writer = KeyWriter::new(&mut scratch);
        let failed = key.write(&mut writer).err();
        let count = writer.count();
        let encoded = Key { values: SmallVec::from_slice(&scratch), count, failed };
        SCRATCH.set(scratch);
        encoded
    }

    /// Checks that it could be encoded.
    pub(super) fn ready(&self, meta: &'static ModelMeta) -> Result<(), Error> {
        match &self.failed {
            Some(error) => Err(Error::Value { table: meta.table, error: error.clone() }),
            None => Ok(()),
        }
    }

    /// A statement whose conditions are that these columns have these values.
    pub(crate) fn query(
        &self,
        meta: &'static ModelMeta,
        verb: Verb,
        columns: impl Iterator<Item = u16>,
    ) -> Query {
        let mut query = Query::new(meta, verb);
        for (column, value) in columns.zip(split(&self.values)) {
            query.push_cell(Term { clause: Clause::Where, column, op: Op::Eq }, value);
        }
        query.failed.clone_from(&self.failed);
        query
    }

    /// The bytes of all columns, or why there are none.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, ValueError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.values.into_vec()),
        }
    }
}

impl BindRow for Key {
    fn bind(&self, _: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        values.encoded(self.count, &self.values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        values.encoded(self.count, &self.values)
    }
}
