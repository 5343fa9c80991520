//! GROUP BY: which rows are one.

use super::expression::Expression;
use super::selection::Preparing;
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::{Restrictions, existing};
use crate::engine::schema::Table;
use crate::engine::syntax::ast::{self, Selector};
use crate::engine::terms::Scope;

/// Which rows are made one.
#[derive(Debug)]
pub(super) enum Grouping {
    /// All, also when there are none.
    Everything,
    /// Those of a partition with the same values of its first clustering columns. Of the last of them, what a function
    /// makes of it can count instead.
    By { clustering: usize, function: Option<Expression> },
}

/// Functions whose values have the order of what they are of.
const MONOTONIC: [&str; 7] =
    ["floor", "to_date", "to_timestamp", "to_unix_timestamp", "todate", "totimestamp", "tounixtimestamp"];

pub(super) fn prepare(
    select: &ast::Select,
    table: &Table,
    restrictions: &Restrictions,
    has_aggregates: bool,
    scope: &mut Scope<'_>,
) -> Result<Option<Grouping>> {
    if select.group_by.is_empty() {
        return Ok(has_aggregates.then_some(Grouping::Everything));
    }
    let keys = table.partition_key().len();
    let whole_key = keys + table.clustering().len();
    let (mut next, mut function) = (0, None);
    for selector in &select.group_by {
        let at = match selector {
            Selector::Column(name) => {
                let (at, column) = existing(table, name)?;
                if !column.is_key() {
                    let message =
                        "Group by is currently only supported on the columns of the PRIMARY KEY, got";
                    return Err(problem::invalid(format!("{message} {name}")));
                }
                if function.is_some() {
                    let message = "Functions are only supported on the last element of the GROUP BY clause";
                    return Err(problem::invalid(message));
                }
                at
            }
            other => {
                let (at, expression) = of_function(other, table, scope)?;
                function = Some(expression);
                at
            }
        };
        loop {
            let column = next;
            next += 1;
            if column == at && column < whole_key {
                break;
            }
            if column >= whole_key || !restrictions.is_fixed(column) {
                let message = "Group by currently only support groups of columns following their declared order in the PRIMARY KEY";
                return Err(problem::invalid(message));
            }
        }
    }
    if next < keys {
        return Err(problem::invalid("Group by is not supported on only a part of the partition key"));
    }
    if next > keys && select.is_distinct {
        let message = "Grouping on clustering columns is not allowed for SELECT DISTINCT queries";
        return Err(problem::invalid(message));
    }
    Ok(Some(Grouping::By { clustering: next - keys, function }))
}

/// A function of a clustering column, and the column's place.
fn of_function(selector: &Selector, table: &Table, scope: &mut Scope<'_>) -> Result<(usize, Expression)> {
    let mut preparing = Preparing { table, scope, aggregates: Vec::new(), in_aggregate: false };
    let super::selection::Typed { expression, name, .. } = preparing.prepare(selector)?;
    if !preparing.aggregates.is_empty() {
        let message = "Aggregate functions are not supported within the GROUP BY clause, got:";
        let function = name.split('(').next().unwrap_or_default();
        return Err(problem::invalid(format!("{message} {function}")));
    }
    let mut read = Vec::new();
    expression.columns(&mut read);
    let name = |at: &usize| table.columns.get(*at).map_or("", |column| &*column.name);
    match read.as_slice() {
        [] => {
            let message = "GROUP BY functions must have one clustering column name as parameter";
            Err(problem::invalid(message))
        }
        [at] if table.columns.get(*at).is_some_and(|column| column.is_clustering()) => {
            check_monotonic(&expression)?;
            Ok((*at, expression))
        }
        [at] => {
            let message = "Group by functions are only supported on clustering columns, got";
            Err(problem::invalid(format!("{message} {}", name(at))))
        }
        several => {
            let names = several.iter().map(name).collect::<Vec<_>>().join(",");
            let message = "GROUP BY functions accept only one clustering column as parameter, got:";
            Err(problem::invalid(format!("{message} {names}")))
        }
    }
}

/// Whether what a function makes of values has their order.
fn check_monotonic(expression: &Expression) -> Result<()> {
    if let Expression::Call(function, _) = &expression
        && !MONOTONIC.contains(&function.name.as_str())
    {
        let message = "Only monotonic functions are supported in the GROUP BY clause. Got:";
        return Err(problem::invalid(format!("{message} {function:?} ")));
    }
    Ok(())
}
