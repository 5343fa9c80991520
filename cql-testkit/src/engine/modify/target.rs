//! Which partitions and rows a statement is to.

use super::json::JsonValues;
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::Restrictions;
use crate::engine::schema::{Column, Table};
use crate::engine::storage::{Clustering, Key};
use crate::engine::terms::{Bindings, Term};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::response::ServerError;

/// The longest key.
const LIMIT: usize = 65_535;

/// Which partitions and rows.
#[derive(Debug)]
pub(super) enum Target {
    /// What an INSERT names.
    Values(Values),
    /// What the conditions of an UPDATE or DELETE leave.
    Where(Restrictions),
}

/// Terms for the columns of the primary key.
#[derive(Debug)]
pub(super) struct Values {
    /// In the order of the columns.
    pub(super) partition: Vec<Term>,
    /// Those of a row; `None` when only static columns are written.
    pub(super) clustering: Option<Vec<Term>>,
    /// What gives all terms of the statement their values, if it is not what is bound.
    pub(super) json: Option<JsonValues>,
}

impl Values {
    /// The partition and the row, and what the statement's other terms are evaluated with: of JSON these are the values
    /// that its text has, kept in `json`.
    pub(super) fn evaluate<'v>(
        &self,
        table: &Table,
        bindings: Bindings<'v>,
        json: &'v mut Vec<Bound>,
    ) -> Result<(Key, Option<Clustering>, Bindings<'v>)> {
        let mut own = bindings;
        if let Some(of) = &self.json {
            *json = of.values(table, bindings)?;
            own.values = json;
        }
        Ok((self.key(table, own)?, self.place(table, own)?, own))
    }

    fn key(&self, table: &Table, bindings: Bindings<'_>) -> Result<Key> {
        if let [term] = &*self.partition {
            let value = table.partition_key().first().map(|column| of_key(term, column, bindings));
            return key(&[value.unwrap_or_else(|| Ok(Bytes::new()))?]);
        }
        key(&of_keys(&self.partition, table.partition_key(), bindings)?)
    }

    fn place(&self, table: &Table, bindings: Bindings<'_>) -> Result<Option<Clustering>> {
        let Some(clustering) = &self.clustering else { return Ok(None) };
        let mut values = of_keys(clustering, table.clustering(), bindings)?;
        if let Some(long) = values.iter().find(|value| value.len() > LIMIT) {
            return Err(too_long(long.len()));
        }
        values.iter_mut().for_each(|value| *value = Bytes::copy_from_slice(value));
        Ok(Some(Clustering::row(values, &table.order)))
    }
}

/// The key of these values, which holds on to no request.
pub(super) fn key(values: &[Bytes]) -> Result<Key> {
    let key = match values {
        [only] if only.is_empty() => return Err(problem::invalid("Key may not be empty")),
        [only] if only.len() > LIMIT => Err(only.len()),
        [only] => Ok(Key::new(Bytes::copy_from_slice(only))),
        several => Key::of_values(several)
            .filter(|key| key.bytes.len() <= LIMIT)
            .ok_or_else(|| several.iter().map(|value| value.len() + 3).sum()),
    };
    key.map_err(too_long)
}

fn too_long(length: usize) -> ServerError {
    problem::invalid(format!("Key length of {length} is longer than maximum of {LIMIT}"))
}

fn of_keys(terms: &[Term], columns: &[Column], bindings: Bindings<'_>) -> Result<Vec<Bytes>> {
    terms.iter().zip(columns).map(|(term, column)| of_key(term, column, bindings)).collect()
}

fn of_key(term: &Term, column: &Column, bindings: Bindings<'_>) -> Result<Bytes> {
    match term.evaluate(bindings)? {
        Bound::Value(value) => Ok(value),
        Bound::Null => {
            Err(problem::invalid(format!("Invalid null value in condition for column {}", column.name)))
        }
        Bound::Unset => Err(problem::invalid(format!("Invalid unset value for column {}", column.name))),
    }
}
