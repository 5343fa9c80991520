//! A SELECT looked up and checked.

use super::aggregate::Kind;
use super::expression::Expression;
use super::grouping::{self, Grouping};
use super::ordering;
use super::selection::{Preparing, Typed};
use super::{Output, Plan};
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::{Restrictions, Selecting, existing, prepare_select};
use crate::engine::schema::{Column, Table};
use crate::engine::syntax::ast;
use crate::engine::terms::{self, Receiver, Scope, Term};
use cql_protocol::response::ServerError;
use cql_protocol::types::{ColumnSpec, ColumnType};
use std::sync::Arc;

pub(crate) fn prepare(select: &ast::Select, table: &Arc<Table>, scope: &mut Scope<'_>) -> Result<Plan> {
    let mut preparing = Preparing { table, scope, aggregates: Vec::new(), in_aggregate: false };
    let (selected, specs) = match selected(select, &mut preparing) {
        Ok(selected) => selected,
        Err(error) => return Err(refused_before(select, table, scope).unwrap_or(error)),
    };
    let aggregates = preparing.aggregates;
    let mut read = Vec::new();
    selected.iter().for_each(|expression| expression.columns(&mut read));
    aggregates.iter().filter_map(|it| it.argument.as_ref()).for_each(|it| it.columns(&mut read));
    let is_all = matches!(select.selectors, ast::Selectors::All);
    let near = ordering::near(&select.order_by, table, scope)?;
    let of = Selecting {
        only_statics: !is_all && reads_only_statics(table, &read),
        allows_filtering: select.allow_filtering,
        near: near.as_ref().and_then(|near| table.columns.get(near.column)),
        is_virtual: matches!(table.keyspace(), "system_views" | "system_virtual_schema"),
    };
    let restrictions = prepare_select(&select.conditions, of, table, scope)?;
    if select.is_distinct {
        // What rows of several partitions are sorted by is read, too.
        let sorted = select.order_by.iter().filter(|_| restrictions.has_key_in());
        read.extend(sorted.filter_map(|order| match order {
            ast::Order::By { column, .. } => existing(table, column).ok().map(|(at, _)| at),
            ast::Order::Near { .. } => None,
        }));
        check_distinct(table, &restrictions, &read)?;
    }
    let grouping = grouping::prepare(select, table, &restrictions, !aggregates.is_empty(), scope)?;
    check_per_partition_limit(select, grouping.as_ref())?;
    let (sort, descends) = ordering::prepare(&select.order_by, near, table, &restrictions)?;
    restrictions.check_filtering(of)?;
    let mut limit = |term: &Option<ast::Term>, name: &str| -> Result<Option<Term>> {
        let receiver = Receiver::new(name, ColumnType::Int);
        term.as_ref().map(|term| terms::prepare(term, &receiver, scope)).transpose()
    };
    let per_partition_limit = limit(&select.per_partition_limit, "[per_partition_limit]")?;
    let limit = limit(&select.limit, "[limit]")?;
    let (columns, output) = output(select.is_json, selected, specs, table);
    Ok(Plan {
        table: Arc::clone(table),
        restrictions,
        is_made: table.keyspace().starts_with("system"),
        columns,
        output,
        aggregates,
        grouping,
        is_distinct: select.is_distinct,
        limit,
        per_partition_limit,
        descends,
        sort,
    })
}

/// What is selected, and how it is told.
/// What a server complains of before it looks at what is selected: the order and the conditions.
fn refused_before(select: &ast::Select, table: &Arc<Table>, scope: &mut Scope<'_>) -> Option<ServerError> {
    let near = match ordering::near(&select.order_by, table, scope) {
        Ok(near) => near,
        Err(error) => return Some(error),
    };
    let of = Selecting {
        only_statics: false,
        allows_filtering: select.allow_filtering,
        near: near.as_ref().and_then(|near| table.columns.get(near.column)),
        is_virtual: matches!(table.keyspace(), "system_views" | "system_virtual_schema"),
    };
    prepare_select(&select.conditions, of, table, scope).err()
}

fn selected(
    select: &ast::Select,
    preparing: &mut Preparing<'_, '_>,
) -> Result<(Vec<Expression>, Vec<ColumnSpec>)> {
    let table = preparing.table;
    let selectors = match &select.selectors {
        ast::Selectors::All => {
            let specs = table.columns.iter().map(|column| column.spec(&table.spec)).collect();
            return Ok(((0..table.columns.len()).map(Expression::Column).collect(), specs));
        }
        ast::Selectors::Some(selectors) => selectors,
    };
    let mut specs = Vec::with_capacity(selectors.len());
    let mut expressions = Vec::with_capacity(selectors.len());
    for (selector, alias) in selectors {
        let Typed { expression, column_type, name, .. } = preparing.prepare(selector)?;
        let name = alias.clone().unwrap_or(name);
        let column_type =
            if select.is_json { column_type } else { told(&expression, column_type, preparing) };
        specs.push(ColumnSpec::new(Arc::clone(&table.spec), name, column_type));
        expressions.push(expression);
    }
    Ok((expressions, specs))
}

/// The type as clients are told: the server has a class of its own for the least and greatest time-based UUID.
fn told(expression: &Expression, column_type: ColumnType, preparing: &Preparing<'_, '_>) -> ColumnType {
    let Expression::Aggregate(number) = expression else { return column_type };
    let aggregate = preparing.aggregates.get(*number);
    let kind = aggregate.map(|aggregate| aggregate.kind);
    // One of the order of the other direction it takes for what it is.
    let descends = match aggregate.and_then(|aggregate| aggregate.argument.as_ref()) {
        Some(Expression::Column(at)) => preparing.table.columns.get(*at).is_some_and(Column::descends),
        _ => false,
    };
    match (kind, column_type) {
        (Some(Kind::Min | Kind::Max), ColumnType::TimeUuid) if !descends => {
            ColumnType::Custom("org.apache.cassandra.db.marshal.LegacyTimeUUIDType".into())
        }
        (_, column_type) => column_type,
    }
}

fn output(
    is_json: bool,
    selected: Vec<Expression>,
    specs: Vec<ColumnSpec>,
    table: &Table,
) -> (Arc<[ColumnSpec]>, Output) {
    if is_json {
        let json = ColumnSpec::new(Arc::clone(&table.spec), "[json]", ColumnType::Text);
        return (Arc::new([json]), Output::Json(selected, specs));
    }
    let plain = selected.iter().map(|expression| match expression {
        Expression::Column(at) => Some(*at),
        _ => None,
    });
    match plain.collect() {
        Some(columns) => (specs.into(), Output::Columns(columns)),
        None => (specs.into(), Output::Computed(selected)),
    }
}

fn reads_only_statics(table: &Table, read: &[usize]) -> bool {
    let mut columns = read.iter().filter_map(|at| table.columns.get(*at));
    let all = columns.clone().all(|column| column.is_partition_key() || column.is_static());
    all && columns.any(super::super::schema::Column::is_static)
}

fn check_distinct(table: &Table, restrictions: &Restrictions, read: &[usize]) -> Result<()> {
    if !restrictions.returns_static_rows() {
        let message = "SELECT DISTINCT with WHERE clause only supports restriction by partition key and/or static columns.";
        return Err(problem::invalid(message));
    }
    for column in read.iter().filter_map(|at| table.columns.get(*at)) {
        if !column.is_partition_key() && !column.is_static() {
            let message =
                "SELECT DISTINCT queries must only request partition key columns and/or static columns";
            return Err(problem::invalid(format!("{message} (not {})", column.name)));
        }
    }
    if !restrictions.is_key_range() {
        return Ok(());
    }
    match table.partition_key().iter().enumerate().find(|(at, _)| !read.contains(at)) {
        Some((_, column)) => {
            let message = "SELECT DISTINCT queries must request all the partition key columns";
            Err(problem::invalid(format!("{message} (missing {})", column.name)))
        }
        None => Ok(()),
    }
}

fn check_per_partition_limit(select: &ast::Select, grouping: Option<&Grouping>) -> Result<()> {
    if select.per_partition_limit.is_none() {
        return Ok(());
    }
    if select.is_distinct {
        let message = "PER PARTITION LIMIT is not allowed with SELECT DISTINCT queries";
        return Err(problem::invalid(message));
    }
    if matches!(grouping, Some(Grouping::Everything)) {
        return Err(problem::invalid("PER PARTITION LIMIT is not allowed with aggregate queries."));
    }
    Ok(())
}
