//! WHERE: which partitions and rows a statement is about.

mod bounds;
mod check;
mod filter;
mod index;
mod merge;
mod relation;
mod selecting;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use super::problem::{self, Result};
use super::schema::{Column, Table};
use super::storage::Clustering;
use super::syntax::ast;
use super::terms::Scope;
pub(crate) use bounds::{check_combinations, check_keys};
pub(crate) use filter::Filter;
pub(crate) use relation::existing;
use relation::{Restriction, Test};
pub(crate) use selecting::{Selecting, prepare_select, vector_index};
use std::sync::Arc;

/// What the conditions are for, which decides what they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Select,
    /// INSERT in the words of messages, too.
    Update,
    /// That assigns static columns alone.
    UpdateStatics,
    Delete,
    /// That deletes static columns alone.
    DeleteStatics,
}

/// The conditions of a WHERE, their columns looked up and their terms typed.
#[derive(Debug)]
pub(crate) struct Restrictions {
    table: Arc<Table>,
    /// On columns of the partition key, in its order.
    partition: Vec<Restriction>,
    /// On the token, with `=` or between bounds.
    token: Option<Test>,
    /// On clustering columns, in their order.
    clustering: Vec<Restriction>,
    /// On other columns, static ones first, then by name.
    others: Vec<Restriction>,
    /// Whether the statement says so.
    allows_filtering: bool,
    /// Whether it is of a SELECT.
    reads: bool,
    /// Whether partitions are not named by values.
    is_range: bool,
    /// Whether an index would be asked.
    uses_index: bool,
    /// Whether what is restricted of the partition key, and of clustering columns, would be looked at row by row.
    looks_at: (bool, bool),
}

/// Rows of a partition, by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Slice {
    Row(Clustering),
    /// Between two edges.
    Range(Clustering, Clustering),
}

impl Slice {
    /// Whether the first row of a partition is of it, whichever that is.
    pub(crate) fn begins_its_partition(&self) -> bool {
        matches!(self, Slice::Range(from, _) if from.values().is_empty())
    }
}

pub(crate) fn prepare(
    conditions: &[ast::Condition],
    of: Use,
    table: &Arc<Table>,
    scope: &mut Scope<'_>,
) -> Result<Restrictions> {
    let mut restrictions = Restrictions::none(table);
    for condition in conditions {
        restrictions.add(condition, of, scope)?;
    }
    if of != Use::Select {
        restrictions.check_for_writing(of)?;
    }
    Ok(restrictions)
}

impl Use {
    /// In the words of messages.
    fn statement(self) -> &'static str {
        match self {
            Use::Select => "SELECT",
            Use::Update | Use::UpdateStatics => "UPDATE",
            Use::Delete | Use::DeleteStatics => "DELETE",
        }
    }
}

impl Restrictions {
    fn none(table: &Arc<Table>) -> Self {
        Restrictions {
            table: Arc::clone(table),
            partition: Vec::new(),
            token: None,
            clustering: Vec::new(),
            others: Vec::new(),
            allows_filtering: false,
            reads: false,
            is_range: false,
            uses_index: false,
            looks_at: (false, false),
        }
    }

    /// Whether each partition key and each row is named by values: no ranges, no columns left out.
    pub(crate) fn names_rows(&self) -> bool {
        let columns = self.clustering.iter().map(|restriction| restriction.len).sum::<usize>();
        columns == self.table.order.len() && self.clustering.iter().all(Restriction::is_equality)
    }

    /// The columns that there are conditions on beside those of the primary key.
    pub(crate) fn other_columns(&self) -> impl Iterator<Item = usize> {
        self.others.iter().flat_map(Restriction::columns)
    }

    /// Whether there are conditions on clustering columns.
    pub(crate) fn has_clustering(&self) -> bool {
        !self.clustering.is_empty()
    }

    /// Whether IN, with other than one value, names partitions.
    pub(crate) fn has_key_in(&self) -> bool {
        self.partition.iter().any(|restriction| matches!(restriction.test, Test::In(_)))
    }

    /// Whether IN, with other than one value, names rows.
    pub(crate) fn has_clustering_in(&self) -> bool {
        self.clustering.iter().any(|restriction| matches!(restriction.test, Test::In(_)))
    }

    fn column(&self, at: usize) -> Result<&Column> {
        self.table.columns.get(at).ok_or_else(|| problem::invalid("no such column"))
    }
}
