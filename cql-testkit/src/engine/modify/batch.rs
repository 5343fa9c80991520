//! BATCH: statements as one.

use super::attributes::Attributes;
use super::limits::{self, Writes};
use super::{Plan, Timestamp, conditional, prepare, write};
use crate::engine::placement::Access;
use crate::engine::problem::{self, Result};
use crate::engine::run;
use crate::engine::schema::Schema;
use crate::engine::storage::Store;
use crate::engine::syntax::ast::{self, Statement};
use crate::engine::terms::{Bindings, Markers, Scope};
use crate::engine::{Call, Outcome};
use cql_protocol::request::BatchKind;
use cql_protocol::types::TableSpec;
use std::sync::Arc;

/// A batch that came as one text.
#[derive(Debug)]
pub(crate) struct BatchPlan {
    kind: BatchKind,
    attributes: Attributes,
    plans: Vec<Plan>,
}

pub(crate) fn prepare_batch(
    batch: &ast::Batch,
    markers: Markers,
    schema: &Schema,
    keyspace: Option<&str>,
) -> Result<(BatchPlan, Markers)> {
    let table = Arc::new(TableSpec::new("[batch]", "[batch]"));
    let mut scope = Scope { schema, table, markers };
    let attributes = Attributes::prepare(batch.timestamp.as_ref(), None, &mut scope)?;
    let (mut markers, mut plans) = (scope.markers, Vec::with_capacity(batch.statements.len()));
    for statement in &batch.statements {
        let (Statement::Insert(ast::Insert { table: name, .. })
        | Statement::Update(ast::Update { table: name, .. })
        | Statement::Delete(ast::Delete { table: name, .. })) = statement
        else {
            return Err(problem::invalid(super::NOT_IN_BATCHES));
        };
        let (table, mut scope) = run::scope(name, markers, schema, keyspace)?;
        plans.push(prepare(statement, &table, &mut scope)?);
        markers = scope.markers;
    }
    let kind = match batch.kind {
        ast::BatchKind::Logged => BatchKind::LOGGED,
        ast::BatchKind::Unlogged => BatchKind::UNLOGGED,
        ast::BatchKind::Counter => BatchKind::COUNTER,
    };
    check(kind, attributes.has_timestamp(), &plans.iter().collect::<Vec<_>>())?;
    Ok((BatchPlan { kind, attributes, plans }, markers))
}

/// Executes statements as one.
pub(crate) fn execute_batch(
    kind: BatchKind,
    statements: &[(&Plan, &Call<'_>)],
    schema: &Schema,
    store: &mut Store,
) -> Result<Outcome> {
    check(kind, false, &statements.iter().map(|(plan, _)| *plan).collect::<Vec<_>>())?;
    execute(kind, None, statements, schema, store)
}

impl BatchPlan {
    /// The columns of its partition key, if all its statements are of one table.
    pub(crate) fn key_columns(&self) -> Option<usize> {
        let (first, others) = self.plans.split_first()?;
        let same = others.iter().all(|plan| plan.table.id == first.table.id);
        same.then(|| first.table.partition_key().len())
    }

    /// The tables of its statements.
    pub(crate) fn tables(&self) -> Vec<Arc<TableSpec>> {
        self.plans.iter().map(|plan| Arc::clone(&plan.table.spec)).collect()
    }

    pub(crate) fn execute(&self, schema: &Schema, store: &mut Store, call: &Call<'_>) -> Result<Outcome> {
        let timestamp = if self.attributes.has_timestamp() {
            let bindings = Bindings { values: call.values, now: call.now };
            let given = call.timestamp.unwrap_or_else(|| store.timestamp(call.now));
            Some(self.attributes.timestamp(bindings, given)?)
        } else {
            None
        };
        let statements = self.plans.iter().map(|plan| (plan, call)).collect::<Vec<_>>();
        execute(self.kind, timestamp, &statements, schema, store)
    }
}

fn execute(
    kind: BatchKind,
    timestamp: Option<i64>,
    statements: &[(&Plan, &Call<'_>)],
    schema: &Schema,
    store: &mut Store,
) -> Result<Outcome> {
    let Some((_, call)) = statements.first() else { return Ok(Outcome::void()) };
    if statements.iter().any(|(plan, _)| plan.condition.is_some()) {
        return conditional::execute(statements, true, schema, store);
    }
    let timestamp = timestamp.or(call.timestamp).unwrap_or_else(|| store.timestamp(call.now));
    let mut writes = Writes::default();
    for (plan, call) in statements {
        plan.evaluate(store, call, Timestamp::Given(timestamp), &mut writes)?;
    }
    let writes = writes.all;
    let tables = statements.iter().map(|(plan, _)| &*plan.table).collect::<Vec<_>>();
    let warnings = limits::warnings(kind, &tables, &writes)?;
    let mut assured = Vec::new();
    for (plan, call) in statements {
        if !assured.contains(&plan.table.id) {
            plan.assure(schema, call, Access::Write, &writes)?;
            assured.push(plan.table.id);
        }
    }
    write::apply(writes, store, call.now);
    Ok(Outcome { warnings, ..Outcome::void() })
}

/// The rules for what may be together.
fn check(kind: BatchKind, has_timestamp: bool, plans: &[&Plan]) -> Result<()> {
    let is_conditional = plans.iter().any(|plan| plan.condition.is_some());
    let counters = plans.iter().filter(|plan| plan.table.is_counter()).count();
    let of_other_tables =
        || plans.windows(2).any(|pair| matches!(pair, [one, two] if one.table.id != two.table.id));
    let has_both_timestamps = || has_timestamp && plans.iter().any(|plan| plan.attributes.has_timestamp());
    let message = match () {
        () if has_timestamp && is_conditional => "Cannot provide custom timestamp for conditional BATCH",
        () if has_timestamp && kind == BatchKind::COUNTER => {
            "Cannot provide custom timestamp for counter BATCH"
        }
        () if has_both_timestamps() => "Timestamp must be set either on BATCH or individual statements",
        () if has_timestamp && counters > 0 => {
            "Cannot provide custom timestamp for a BATCH containing counters"
        }
        () if kind == BatchKind::COUNTER && counters < plans.len() => {
            "Cannot include non-counter statement in a counter batch"
        }
        () if counters > 0 && counters < plans.len() => {
            "Counter and non-counter mutations cannot exist in the same batch"
        }
        () if kind == BatchKind::LOGGED && counters > 0 => {
            "Cannot include a counter statement in a logged batch"
        }
        () if is_conditional && of_other_tables() => "Batch with conditions cannot span multiple tables",
        () => return Ok(()),
    };
    Err(problem::invalid(message))
}
