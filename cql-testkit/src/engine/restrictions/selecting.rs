//! What SELECT may have, and how it is answered.

use super::index::{answering, is_answered, is_attached, is_indexed};
use super::relation::{Limit, Restriction, Test, Value};
use super::{Restrictions, Use};
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Index, Table};
use crate::engine::storage::Key;
use crate::engine::syntax::ast;
use crate::engine::terms::{Bindings, Scope, Term};
use crate::request::Bound;
use cql_protocol::types::ColumnType;
use std::sync::Arc;

/// What a SELECT is beside its conditions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selecting<'a> {
    /// Whether it asks for static columns and the partition key alone.
    pub(crate) only_statics: bool,
    pub(crate) allows_filtering: bool,
    /// The column whose nearest neighbours are asked for.
    pub(crate) near: Option<&'a Column>,
    /// Whether the table may be filtered without saying so.
    pub(crate) is_virtual: bool,
}

const FILTERING: &str = "Cannot execute this query as it might involve data filtering and thus may have unpredictable performance. If you want to execute this query despite the performance unpredictability, use ALLOW FILTERING";

/// The conditions of a SELECT.
pub(crate) fn prepare_select(
    conditions: &[ast::Condition],
    of: Selecting<'_>,
    table: &Arc<Table>,
    scope: &mut Scope<'_>,
) -> Result<Restrictions> {
    let mut restrictions = Restrictions::none(table);
    restrictions.allows_filtering = of.allows_filtering;
    restrictions.reads = true;
    for condition in conditions {
        restrictions.add(condition, Use::Select, scope)?;
    }
    restrictions.check_for_reading(of)?;
    Ok(restrictions)
}

impl Restrictions {
    fn check_for_reading(&mut self, of: Selecting<'_>) -> Result<()> {
        let may_filter = of.allows_filtering || of.is_virtual;
        if let Some(near) = of.near {
            self.check_restricted_once(near)?;
        }
        let near_is_indexed = of.near.is_some_and(|near| vector_index(near, &self.table).is_some());
        let any_indexed = |all: &[Restriction]| all.iter().any(|one| is_indexed(one, &self.table));
        let clustering_is_indexed = any_indexed(&self.clustering);
        let is_indexed = clustering_is_indexed
            || any_indexed(&self.partition)
            || any_indexed(&self.others)
            || near_is_indexed;
        if self.token.is_some() && self.partition.len() < self.table.partition_key().len() {
            self.is_range = true;
        }
        if self.partition.is_empty() && self.token.is_none() {
            self.is_range = true;
            self.uses_index = is_indexed;
        }
        if self.filters_partitions() {
            if !may_filter && !is_indexed {
                return Err(problem::invalid(FILTERING));
            }
            self.is_range = true;
            self.uses_index = is_indexed;
        }
        self.looks_at.0 = self.uses_index || self.filters_partitions();
        if of.only_statics && self.has_clustering() {
            let message = "Cannot restrict clustering columns when selecting only static columns";
            return Err(problem::invalid(message));
        }
        if self.clustering.iter().any(Restriction::is_contains) && !is_indexed && !of.allows_filtering {
            let message =
                "Clustering columns can only be restricted with CONTAINS with a secondary index or filtering";
            return Err(problem::invalid(message));
        }
        if self.filters_clustering() {
            if is_indexed {
                self.uses_index = true;
            } else if !of.allows_filtering {
                self.check_clustering_prefix()?;
            }
        }
        self.uses_index |= self.is_range && clustering_is_indexed;
        self.looks_at.1 = self.uses_index || self.filters_clustering();
        self.check_others(of, is_indexed, may_filter)?;
        if self.uses_index && self.has_key_in() {
            let message =
                "Select on indexed columns and with IN clause for the PRIMARY KEY are not supported";
            return Err(problem::invalid(message));
        }
        Ok(())
    }

    /// Refuses to look at rows that are not asked for, unless the statement allows it.
    pub(crate) fn check_filtering(&self, of: Selecting<'_>) -> Result<()> {
        let may_filter = of.allows_filtering || of.is_virtual;
        if !may_filter && (self.is_range || self.uses_index) && self.needs_filtering(of.near) {
            return Err(problem::invalid(FILTERING));
        }
        Ok(())
    }

    /// What is not of the primary key.
    fn check_others(&mut self, of: Selecting<'_>, is_indexed: bool, may_filter: bool) -> Result<()> {
        if let Some(near) = of.near {
            self.check_near(near)?;
        } else if self.others.iter().any(|other| {
            let column = self.table.columns.get(other.first);
            column.is_some_and(|column| {
                matches!(column.column_type, ColumnType::Vector(_)) && has_index(column, &self.table)
            })
        }) {
            return Err(problem::invalid("Vector indexes only support ANN queries"));
        }
        if self.others.is_empty() && of.near.is_none() {
            return Ok(());
        }
        if is_indexed {
            self.uses_index = true;
        } else if !may_filter {
            return Err(problem::invalid(FILTERING));
        }
        Ok(())
    }

    /// Refuses conditions on the column whose nearest neighbours are asked for.
    fn check_restricted_once(&self, near: &Column) -> Result<()> {
        let at = self.table.columns.iter().position(|column| column.id == near.id);
        let restricted = self.others.iter().find(|other| at.is_some_and(|at| other.columns().contains(&at)));
        restricted.map_or(Ok(()), |restriction| Err(restriction.conflict(&near.name)))
    }

    fn check_near(&self, near: &Column) -> Result<()> {
        let is_float = matches!(
            &near.column_type,
            ColumnType::Vector(vector) if *vector.element() == ColumnType::Float
        );
        if !is_float {
            return Err(problem::invalid("ANN ordering is only supported on float vector indexes"));
        }
        if vector_index(near, &self.table).is_none() {
            return Err(problem::invalid("ANN ordering by vector requires the column to be indexed"));
        }
        let all_indexed = "ANN ordering by vector requires all restricted column(s) to be indexed";
        if self.filters_partitions() {
            return Err(problem::invalid(all_indexed));
        }
        let restricted = self.others.iter().chain(&self.clustering).flat_map(Restriction::columns);
        let mut without_index = restricted.filter(|at| {
            let column = self.table.columns.get(*at);
            !column.is_some_and(|column| has_index(column, &self.table))
        });
        let (has_others, all_clustering) = without_index
            .by_ref()
            .fold((false, true), |(_, all), at| (true, all && self.clustering_columns().contains(&at)));
        let whole_key = self.partition.len() == self.table.partition_key().len();
        if has_others && (!all_clustering || !whole_key || self.filters_clustering()) {
            return Err(problem::invalid(all_indexed));
        }
        Ok(())
    }

    /// Whether not all columns of the partition key have values, but some are restricted.
    fn filters_partitions(&self) -> bool {
        !self.partition.is_empty()
            && (self.partition.len() < self.table.partition_key().len()
                || !self.partition.iter().all(Restriction::is_equality))
    }

    /// Whether clustering columns are restricted in a way that ranges of rows do not answer.
    fn filters_clustering(&self) -> bool {
        let mut next = self.clustering_columns().start;
        self.clustering.iter().any(|restriction| {
            let filters = restriction.first != next || restriction.is_contains();
            if !restriction.is_slice() {
                next += restriction.len;
            }
            filters
        })
    }

    /// Whether rows are looked at that are not asked for: no index, or group of attached ones, answers all conditions.
    fn needs_filtering(&self, near: Option<&Column>) -> bool {
        let mut filtered = self.others.iter().collect::<Vec<_>>();
        if self.looks_at.0 {
            filtered.extend(&self.partition);
        }
        if self.looks_at.1 {
            filtered.extend(&self.clustering);
        }
        if filtered.is_empty() && near.is_none() {
            return !self.clustering.is_empty();
        }
        let (attached, others): (Vec<_>, Vec<_>) = self.table.indexes.iter().partition(|it| is_attached(it));
        let groups = others.into_iter().map(|index| vec![index]).chain([attached]);
        let answers = |group: &[&Index]| {
            filtered.iter().all(|restriction| is_answered(restriction, &self.table, group))
                && near.is_none_or(|near| group.iter().any(|index| index.target.column == *near.name))
        };
        !groups.filter(|group| !group.is_empty()).any(|group| answers(&group))
    }

    /// Whether partitions are not named by values.
    pub(crate) fn is_key_range(&self) -> bool {
        self.is_range
    }

    /// Whether a server would ask an index.
    pub(crate) fn uses_index(&self) -> bool {
        self.uses_index
    }

    /// Whether a server would ask indexes, all of them such ones.
    fn asks(&self, is_such: impl Fn(&Column, &Index) -> bool) -> bool {
        let partition = self.partition.iter().filter(|_| self.looks_at.0);
        let clustering = self.clustering.iter().filter(|_| self.looks_at.1);
        let all = partition.chain(clustering).chain(&self.others);
        let mut asked = all.flat_map(|restriction| answering(restriction, &self.table)).peekable();
        self.uses_index && asked.peek().is_some() && asked.all(|(column, index)| is_such(column, index))
    }

    /// Whether a server would ask attached indexes. What is no index's part it then looks at by itself, and finds nothing in
    /// frozen collections.
    pub(super) fn asks_attached_indexes(&self) -> bool {
        self.asks(|_, index| is_attached(index))
    }

    /// Whether attached indexes alone are asked, and one of them answers that restriction by that column.
    pub(super) fn is_found_by_attached(&self, column: &Column, restriction: &Restriction) -> bool {
        answering(restriction, &self.table).any(|(of, _)| of.id == column.id) && self.asks_attached_indexes()
    }

    /// Whether a server would ask an index of a static column that is not an attached one. It finds partitions by no more
    /// than their keys, and so no rows behind the first of its partition.
    pub(crate) fn asks_index_of_statics(&self) -> bool {
        self.asks(|column, index| column.is_static() && !is_attached(index))
    }

    pub(crate) fn has_partition(&self) -> bool {
        !self.partition.is_empty() || self.token.is_some()
    }

    /// Whether a partition without rows is told by its static columns.
    pub(crate) fn returns_static_rows(&self) -> bool {
        let is_regular = |restriction: &Restriction| {
            let column = self.table.columns.get(restriction.first);
            column.is_some_and(|column| !column.is_static())
        };
        !self.has_clustering() && !self.others.iter().any(is_regular)
    }

    /// Whether the column at that place in the table has one value alone.
    pub(crate) fn is_fixed(&self, at: usize) -> bool {
        let mut all = self.partition.iter().chain(&self.clustering).chain(&self.others);
        all.any(|restriction| {
            restriction.columns().contains(&at) && matches!(restriction.test, Test::Equal(_))
        })
    }

    /// The part of the ring that is asked for: the first and last token. `None` when nothing is.
    pub(crate) fn ring(&self, bindings: Bindings<'_>) -> Result<Option<(i64, i64)>> {
        self.token.as_ref().map_or(Ok(Some((i64::MIN, i64::MAX))), |test| tokens(test, bindings))
    }

    /// Keys whose token is asked for.
    pub(super) fn in_ring(&self, keys: Vec<Key>, bindings: Bindings<'_>) -> Result<Vec<Key>> {
        let Some((first, last)) = self.ring(bindings)? else { return Ok(Vec::new()) };
        Ok(keys.into_iter().filter(|key| (first..=last).contains(&key.token)).collect())
    }
}

/// The first and the last token that is asked for.
fn tokens(test: &Test, bindings: Bindings<'_>) -> Result<Option<(i64, i64)>> {
    let bound = |bound: &Limit| {
        bound.as_ref().map(|(value, includes)| Ok((token(value, bindings)?, *includes))).transpose()
    };
    let (start, end) = match test {
        Test::Equal(value) => {
            let token = token(value, bindings)?;
            (Some((token, true)), Some((token, true)))
        }
        Test::Slice { start, end } => (bound(start)?, bound(end)?),
        Test::In(_) | Test::Contains { .. } => {
            return Err(problem::unsupported("this condition on a token"));
        }
    };
    let first = match start {
        Some((token, true)) => Some(token),
        Some((token, false)) => token.checked_add(1),
        None => Some(i64::MIN),
    };
    let last = match end {
        // The least token is no token of a partition: as an end it stands for the end of the ring.
        Some((i64::MIN, _)) | None => Some(i64::MAX),
        Some((token, true)) => Some(token),
        Some((token, false)) => token.checked_sub(1),
    };
    Ok(first.zip(last).filter(|(first, last)| first <= last))
}

fn token(value: &Value, bindings: Bindings<'_>) -> Result<i64> {
    let term: Option<&Term> = match value {
        Value::Each(terms) => terms.first(),
        Value::Whole(term, _) => Some(term),
    };
    match term.map(|term| term.evaluate(bindings)).transpose()? {
        Some(Bound::Value(value)) => match value.first_chunk() {
            Some(bytes) if value.len() == 8 => Ok(i64::from_be_bytes(*bytes)),
            _ => Err(problem::invalid("Invalid token value")),
        },
        Some(Bound::Unset) => Err(problem::invalid("Invalid unset token value")),
        _ => Err(problem::invalid("Invalid null token value")),
    }
}

/// Whether there is an index of any kind on a column.
fn has_index(column: &Column, table: &Table) -> bool {
    table.indexes.iter().any(|index| index.target.column == *column.name)
}

/// The index that answers which vectors are near.
pub(crate) fn vector_index<'a>(column: &Column, table: &'a Table) -> Option<&'a Index> {
    let is_vector = matches!(column.column_type, ColumnType::Vector(_));
    let of = |index: &&Index| index.target.column == *column.name && is_attached(index);
    table.indexes.iter().find(of).filter(|_| is_vector)
}
