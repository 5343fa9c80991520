//! SELECT.
//!
//! | what | where |
//! |---|---|
//! | the statement checked and looked up | `prepare`, `selection`, `grouping`, `ordering` |
//! | rows one after the other | `reading`, `row` |
//! | what is computed of them | `expression`, `times`, `aggregate` |
//! | rows as bytes, groups, limits, pages | `execute`, `output`, `limits`, `paging` |

mod aggregate;
mod execute;
mod expression;
mod given;
mod grouping;
mod limits;
mod nearest;
mod ordering;
mod output;
mod paging;
mod prepare;
mod reading;
mod row;
mod selection;
#[cfg(test)]
mod tests;
mod times;

use super::restrictions::Restrictions;
use super::schema::Table;
use super::terms::Term;
use cql_protocol::types::ColumnSpec;
use expression::Expression;
use grouping::Grouping;
use ordering::Sort;
use selection::Aggregate;
use std::sync::Arc;

pub(crate) use prepare::prepare;

/// A SELECT that can be executed.
#[derive(Debug)]
pub(crate) struct Plan {
    table: Arc<Table>,
    restrictions: Restrictions,
    /// Whether it is a table of the server's own, whose contents are made when they are read.
    is_made: bool,
    /// Of the rows that are told.
    columns: Arc<[ColumnSpec]>,
    output: Output,
    aggregates: Vec<Aggregate>,
    grouping: Option<Grouping>,
    is_distinct: bool,
    limit: Option<Term>,
    per_partition_limit: Option<Term>,
    /// Whether rows are read from the last to the first.
    descends: bool,
    sort: Option<Sort>,
}

/// What a row of the result is made of.
#[derive(Debug)]
enum Output {
    /// Columns, by their places in the table.
    Columns(Vec<usize>),
    Computed(Vec<Expression>),
    /// One text, of values with their names and types.
    Json(Vec<Expression>, Vec<ColumnSpec>),
}

impl Output {
    /// What is computed of each row.
    fn expressions(&self) -> &[Expression] {
        match self {
            Output::Columns(_) => &[],
            Output::Computed(expressions) | Output::Json(expressions, _) => expressions,
        }
    }
}

impl Plan {
    /// The columns of its rows.
    pub(crate) fn columns(&self) -> Arc<[ColumnSpec]> {
        Arc::clone(&self.columns)
    }
}
