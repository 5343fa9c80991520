//! ORDER BY.

use super::nearest::Similarity;
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::{Restrictions, existing, vector_index};
use crate::engine::schema::{Column, Kind, Table};
use crate::engine::syntax::ast::Order;
use crate::engine::terms::{self, Receiver, Scope, Term};

/// How rows are sorted that were read.
#[derive(Debug)]
pub(super) enum Sort {
    /// By clustering columns, by their places in the table: rows of several partitions.
    Columns(Vec<usize>),
    Near(Near),
}

/// By how near a vector is to another one.
#[derive(Debug)]
pub(super) struct Near {
    /// Its place in the table.
    pub(super) column: usize,
    pub(super) to: Term,
    pub(super) similarity: Similarity,
}

/// ANN OF, if it is what is ordered by.
pub(super) fn near(orders: &[Order], table: &Table, scope: &mut Scope<'_>) -> Result<Option<Near>> {
    let mut found = None;
    for order in orders {
        match order {
            Order::By { column, .. } => {
                existing(table, column)?;
            }
            Order::Near { column, to } => {
                let (at, column) = existing(table, column)?;
                let to = terms::prepare(to, &Receiver::of(column), scope)?;
                if found.is_some() {
                    return Err(problem::invalid("Cannot specify more than one ANN ordering"));
                }
                let similarity = vector_index(column, table).map_or(Similarity::Cosine, Similarity::of);
                found = Some(Near { column: at, to, similarity });
            }
        }
    }
    if found.is_some() && orders.len() > 1 {
        return Err(problem::invalid("ANN ordering does not support any other ordering"));
    }
    Ok(found)
}

/// How rows are sorted, and whether they are read from the last to the first.
pub(super) fn prepare(
    orders: &[Order],
    near: Option<Near>,
    table: &Table,
    restrictions: &Restrictions,
) -> Result<(Option<Sort>, bool)> {
    if let Some(near) = near {
        return Ok((Some(Sort::Near(near)), false));
    }
    if orders.is_empty() {
        return Ok((None, false));
    }
    if restrictions.uses_index() {
        let message = "ORDER BY with 2ndary indexes is not supported, except for ANN queries.";
        return Err(problem::invalid(message));
    }
    if restrictions.is_key_range() {
        let message = "ORDER BY is only supported when the partition key is restricted by an EQ or an IN.";
        return Err(problem::invalid(message));
    }
    let mut places = Vec::with_capacity(orders.len());
    let mut directions = Vec::with_capacity(orders.len());
    for order in orders {
        let Order::By { column, descends } = order else { continue };
        let (at, column) = existing(table, column)?;
        let Kind::Clustering { descends: is_reversed, .. } = column.kind else {
            let message =
                "Order by is currently only supported on the clustered columns of the PRIMARY KEY, got";
            return Err(problem::invalid(format!("{message} {}", column.name)));
        };
        // What is named twice counts as it was named last.
        if let Some(again) = places.iter().position(|other| *other == at) {
            directions.remove(again);
            directions.insert(again, *descends != is_reversed);
        } else {
            places.push(at);
            directions.push(*descends != is_reversed);
        }
    }
    check_sequence(&places, table, restrictions)?;
    let descends = directions.first().copied().unwrap_or_default();
    if directions.iter().any(|other| *other != descends) {
        return Err(problem::invalid("Unsupported order by relation"));
    }
    let sort = restrictions.has_key_in().then_some(Sort::Columns(places));
    Ok((sort, descends))
}

/// Columns are in their order in the key; those between them have one value.
fn check_sequence(places: &[usize], table: &Table, restrictions: &Restrictions) -> Result<()> {
    let mut next = table.partition_key().len();
    for at in places {
        while next != *at {
            if next >= table.columns.len()
                || !table.columns.get(next).is_some_and(Column::is_clustering)
                || !restrictions.is_fixed(next)
            {
                let message = "Order by currently only supports the ordering of columns following their declared order in the PRIMARY KEY";
                return Err(problem::invalid(message));
            }
            next += 1;
        }
        next += 1;
    }
    Ok(())
}
