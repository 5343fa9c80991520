//! Prepares and executes statements, each by the part of the engine that it is for.

use super::clock::{Clock, Now};
use super::problem::{self, Result};
use super::schema::{self, Schema, Table};
use super::storage::{Compaction, Store};
use super::syntax::{self, ast};
use super::terms::{Markers, Scope};
use super::{Call, Engine, Outcome, Plan, Prepared, State, modify, select};
use crate::sync::lock;
use cql_protocol::request::BatchKind;
use cql_protocol::response::{CqlResult, SchemaChange};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

impl Engine {
    /// Without anything but the server's tables.
    pub(crate) fn new() -> Self {
        let state = State { schema: Schema::with_system(), store: Store::default() };
        Engine { state: Mutex::new(state), clock: Clock::new() }
    }

    /// Another one that begins with what is in this.
    pub(crate) fn fork(&self) -> Self {
        Engine { state: Mutex::new(lock(&self.state).clone()), clock: Clock::new() }
    }

    /// Now; `seconds` is what a client has it be, which goes for how long things live.
    pub(crate) fn now(&self, seconds: Option<i32>) -> Now {
        match seconds {
            Some(seconds) => self.clock.now().at_second(i64::from(seconds)),
            None => self.clock.now(),
        }
    }

    pub(crate) fn schema_version(&self) -> Uuid {
        lock(&self.state).schema.version
    }

    /// Prepares a statement whose unqualified names are of `keyspace`.
    pub(crate) fn prepare(&self, text: &str, keyspace: Option<&str>) -> Result<Prepared> {
        let parsed = syntax::parse(text).map_err(|error| problem::syntax(error.to_string()))?;
        let state = lock(&self.state);
        let markers = Markers::new(parsed.markers.len());
        prepare(parsed.statement, markers, &state.schema, keyspace)
    }

    /// Executes a statement. What fails has changed nothing.
    pub(crate) fn execute(&self, prepared: &Prepared, call: &Call<'_>) -> Result<Outcome> {
        let mut state = lock(&self.state);
        let State { schema, store } = &mut *state;
        prepared.check(call)?;
        let outcome = match &prepared.plan {
            Plan::Select(plan) => plan.execute(schema, store, call),
            Plan::Modify(plan) => plan.execute(schema, store, call),
            Plan::Batch(plan) => plan.execute(schema, store, call),
            Plan::Truncate(table) => {
                schema.keyspace_of(table)?;
                store.forget(table.id);
                Ok(Outcome::void())
            }
            Plan::Use(keyspace) => {
                if !schema.keyspaces.contains_key(keyspace) {
                    return Err(problem::invalid(format!("Keyspace '{keyspace}' does not exist")));
                }
                Ok(Outcome::of(CqlResult::SetKeyspace(keyspace.clone())))
            }
            Plan::Schema(statement) => schema::change(statement, schema, store, call),
        };
        self.compact(schema, store);
        outcome
    }

    /// Compacts the tables for which enough was written that is of no use some time.
    fn compact(&self, schema: &Schema, store: &mut Store) {
        while let Some(id) = store.due() {
            if let Some(table) = schema.table_by_id(id) {
                store.compact(id, Compaction::new(self.clock.now(), table.options.gc_grace_seconds));
            }
        }
    }

    /// Executes statements as a batch: all of them or, when one fails, none.
    pub(crate) fn execute_batch(
        &self,
        kind: BatchKind,
        statements: &[(Arc<Prepared>, Call<'_>)],
    ) -> Result<Outcome> {
        let mut state = lock(&self.state);
        let mut plans = Vec::with_capacity(statements.len());
        for (prepared, call) in statements {
            match &prepared.plan {
                Plan::Modify(plan) => plans.push((plan, call)),
                _ => return Err(problem::invalid(modify::NOT_IN_BATCHES)),
            }
        }
        let State { schema, store } = &mut *state;
        let outcome = modify::execute_batch(kind, &plans, schema, store);
        self.compact(schema, store);
        outcome
    }
}

impl Prepared {
    /// Each marker has to have a value.
    fn check(&self, call: &Call<'_>) -> Result<()> {
        let (expected, found) = (self.markers.len(), call.values.len());
        let message = match found {
            _ if found == expected => return Ok(()),
            0 => "Invalid amount of bind variables".to_owned(),
            _ => format!("there were {expected} markers(?) in CQL but {found} bound variables"),
        };
        Err(problem::invalid(message))
    }

    /// The same in a batch, for which a server has other words, and says them before it looks at the next statement.
    pub(crate) fn check_in_batch(&self, found: usize) -> Result<()> {
        let expected = self.markers.len();
        if found == expected {
            return Ok(());
        }
        let message = format!("There were {expected} markers(?) in CQL but {found} bound variables");
        Err(problem::invalid(message))
    }

    /// Whether it may be another statement after that change.
    pub(crate) fn is_affected_by(&self, change: &SchemaChange) -> bool {
        self.tables.iter().any(|table| schema::affects(change, (table.keyspace(), table.table())))
    }
}

impl Outcome {
    pub(crate) fn of(result: CqlResult) -> Self {
        Outcome { result, warnings: Vec::new() }
    }

    pub(crate) fn void() -> Self {
        Outcome::of(CqlResult::Void)
    }
}

fn prepare(
    statement: ast::Statement,
    markers: Markers,
    schema: &Schema,
    keyspace: Option<&str>,
) -> Result<Prepared> {
    modify::check_text(&statement)?;
    match statement {
        ast::Statement::Select(select) => {
            let (table, mut scope) = scope(&select.from, markers, schema, keyspace)?;
            let plan = select::prepare(&select, &table, &mut scope)?;
            let columns = Some(plan.columns());
            Ok(Prepared { columns, ..prepared(Plan::Select(plan), &table, scope.markers) })
        }
        ast::Statement::Insert(ast::Insert { table: ref name, .. })
        | ast::Statement::Update(ast::Update { table: ref name, .. })
        | ast::Statement::Delete(ast::Delete { table: ref name, .. }) => {
            let (table, mut scope) = scope(name, markers, schema, keyspace)?;
            let plan = modify::prepare(&statement, &table, &mut scope)?;
            Ok(prepared(Plan::Modify(plan), &table, scope.markers))
        }
        ast::Statement::Batch(batch) => {
            let (plan, markers) = modify::prepare_batch(&batch, markers, schema, keyspace)?;
            let key = plan.key_columns().map(|columns| markers.key_indexes(columns)).unwrap_or_default();
            let tables = plan.tables();
            Ok(Prepared { key, tables, ..without_table(Plan::Batch(plan), markers) })
        }
        ast::Statement::Truncate(name) => {
            let (table, scope) = scope(&name, markers, schema, keyspace)?;
            schema::system::check_write(&table, "Truncation")?;
            Ok(prepared(Plan::Truncate(Arc::clone(&table)), &table, scope.markers))
        }
        ast::Statement::Use(keyspace) => Ok(without_table(Plan::Use(keyspace), markers)),
        ast::Statement::Unsupported(what) => Err(problem::unsupported(&what)),
        mut other => {
            schema::qualify(&mut other, keyspace)?;
            Ok(without_table(Plan::Schema(Box::new(other)), markers))
        }
    }
}

/// Finds the table of a statement, and what its terms are prepared with.
pub(super) fn scope<'a>(
    name: &ast::Name,
    markers: Markers,
    schema: &'a Schema,
    keyspace: Option<&str>,
) -> Result<(Arc<Table>, Scope<'a>)> {
    let no_keyspace =
        "No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename";
    let keyspace = name.keyspace.as_deref().or(keyspace).ok_or_else(|| problem::invalid(no_keyspace))?;
    if !schema.keyspaces.contains_key(keyspace) {
        return Err(problem::invalid(format!("keyspace {keyspace} does not exist")));
    }
    let table = schema.table(keyspace, &name.name).ok_or_else(|| schema::no_table(&name.name))?;
    Ok((Arc::clone(table), Scope { schema, table: Arc::clone(&table.spec), markers }))
}

fn prepared(plan: Plan, table: &Table, markers: Markers) -> Prepared {
    let key = markers.key_indexes(table.partition_key().len());
    let tables = vec![Arc::clone(&table.spec)];
    Prepared { plan, tables, key, markers: markers.into_specs().into(), columns: None }
}

fn without_table(plan: Plan, markers: Markers) -> Prepared {
    let markers = markers.into_specs().into();
    Prepared { plan, tables: Vec::new(), markers, key: Box::default(), columns: None }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::request::Bound;
    use crate::sync::lock;
    use cql_protocol::request::BatchKind;
    use cql_protocol::response::{SchemaChange, SchemaChangeKind, SchemaTarget};
    use std::time::Duration;

    #[test]
    fn statements_are_evicted_with_any_of_their_tables() {
        let bench = Bench::new();
        for name in ["a", "b", "c"] {
            bench.ok(&format!("CREATE TABLE {name} (k int PRIMARY KEY, v int)"));
        }
        let batch = "BEGIN BATCH DELETE FROM a WHERE k = ?; INSERT INTO b (k) VALUES (?) APPLY BATCH";
        let affected = |text: &str, table: &str| {
            let target = SchemaTarget::Table { keyspace: "ks".to_owned(), name: table.to_owned() };
            let change = SchemaChange::new(SchemaChangeKind::UPDATED, target);
            bench.engine.prepare(text, Some("ks")).unwrap().is_affected_by(&change)
        };
        assert_eq!(["a", "b", "c"].map(|table| affected(batch, table)), [true, true, false]);
        assert_eq!(["a", "b"].map(|table| affected("SELECT * FROM a", table)), [true, false]);
    }

    /// By the engine's own clock, whatever second a client has it be.
    #[tokio::test(start_paused = true)]
    async fn what_is_of_no_use_any_more_is_forgotten() {
        let bench = Bench::new();
        bench.ok("CREATE TABLE t (k int PRIMARY KEY, v blob) WITH gc_grace_seconds = 0");
        let value = Bound::Value(vec![7; 100_000].into());
        for k in 0..100 {
            bench
                .outcome(
                    &format!("INSERT INTO t (k, v) VALUES ({k}, ?) USING TTL 5"),
                    std::slice::from_ref(&value),
                )
                .unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(bench.rows("SELECT count(*) FROM t"), ["4"]);
        let state = lock(&bench.engine.state);
        let table = state.schema.table("ks", "t").unwrap();
        let kept = state.store.table(table.id).unwrap().partitions().len();
        assert!(kept <= 4 + 12, "{kept} partitions");
    }

    #[test]
    fn what_is_in_flight_while_its_table_is_dropped_is_refused() {
        let (create, drop) = ("CREATE TABLE a (k int PRIMARY KEY, v int)", "DROP TABLE a");
        let statements = [
            "INSERT INTO a (k, v) VALUES (1, 1)",
            "INSERT INTO a (k, v) VALUES (1, 1) IF NOT EXISTS",
            "BEGIN BATCH UPDATE a SET v = 1 WHERE k = 1; DELETE FROM a WHERE k = 2 APPLY BATCH",
            "SELECT * FROM a WHERE k = 1",
            "TRUNCATE a",
        ];
        // Gone, there again as another one, and gone with all that is in the keyspace.
        for changes in [vec![drop], vec![drop, create], vec!["DROP KEYSPACE ks"]] {
            let bench = Bench::new();
            bench.ok(create);
            let prepared = statements.map(|text| bench.engine.prepare(text, Some("ks")).unwrap());
            changes.iter().for_each(|change| bench.ok(change));
            for (prepared, text) in prepared.iter().zip(statements) {
                let error = bench.engine.execute(prepared, &bench.call(&[])).unwrap_err();
                assert_eq!(error.message, "table a does not exist", "{changes:?}: {text}");
            }
            let insert = std::sync::Arc::new(prepared.into_iter().next().unwrap());
            let batch = bench.engine.execute_batch(BatchKind::LOGGED, &[(insert, bench.call(&[]))]);
            assert_eq!(batch.unwrap_err().message, "table a does not exist", "{changes:?}");
            assert_eq!(super::lock(&bench.engine.state).store.size(), 0, "{changes:?}: nothing was written");
        }
    }
}
