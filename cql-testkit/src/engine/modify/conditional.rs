//! Statements with IF: all of one partition, which is looked at and then written to.

use super::check::BoundTest;
use super::condition::Condition;
use super::limits::Writes;
use super::{Plan, Timestamp, consistency, write};
use crate::engine::clock::Now;
use crate::engine::placement::{self, Access};
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Kind, Schema, Table};
use crate::engine::storage::{Clustering, Key, Partition, Row, Store};
use crate::engine::terms::Bindings;
use crate::engine::{Call, Outcome};
use bytes::Bytes;
use cql_protocol::response::{CqlResult, ResultMetadata, Rows};
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_protocol::wire::Write as _;
use std::collections::BTreeMap;

/// The most conditions of a statement or a batch: each may look at all of a long collection.
const MOST_TESTS: usize = 1000;

/// What must hold of a row, or of the static columns.
#[derive(Debug)]
enum Expected<'a> {
    NotExists,
    Exists,
    Passes(Vec<BoundTest<'a>>),
}

/// The conditions of a statement or a batch.
#[derive(Debug, Default)]
struct Request<'a> {
    /// By the place of the row; `None` for the static columns.
    expected: BTreeMap<Option<Clustering>, Expected<'a>>,
    /// How many conditions there are.
    tests: usize,
    /// Those that conditions name.
    columns: Vec<&'a Column>,
    /// Whether a condition is of a row's existence: all columns are told then.
    asks_existence: bool,
    /// Whether any statement writes rows, and one with conditions static columns: a server reads what these are.
    writes_rows: bool,
    writes_statics: bool,
}

/// Applies statements if all their conditions hold.
pub(super) fn execute(
    statements: &[(&Plan, &Call<'_>)],
    is_batch: bool,
    schema: &Schema,
    store: &mut Store,
) -> Result<Outcome> {
    let Some((first, call)) = statements.first() else { return Ok(Outcome::void()) };
    consistency::check_conditional(call)?;
    let (table, now) = (&first.table, call.now);
    let mut request = Request::default();
    let mut partition_key: Option<Key> = None;
    for (plan, call) in statements {
        let bindings = Bindings { values: call.values, now };
        partition_key = Some(request.add(plan, bindings, is_batch, partition_key.as_ref())?);
    }
    let Some(key) = partition_key else { return Ok(Outcome::void()) };
    placement::assure(schema.keyspace_of(table)?, call, Access::Serial, [key.token])?;
    let partition = store.table(table.id).and_then(|table| table.partition(&key));
    if !request.holds(partition, now)? {
        return Ok(request.refusal(&key, partition, table, now, is_batch));
    }
    // Clients' times are not for conditional statements, nor for those that are in a batch with one.
    let timestamp = store.timestamp(now);
    let mut writes = Writes::default();
    for (plan, call) in statements {
        plan.evaluate(store, call, Timestamp::OfAll(timestamp), &mut writes)?;
    }
    let mut writes = writes.all;
    if statements.len() > 1 {
        write::settle(&mut writes, now);
    }
    write::delete_first(&mut writes, timestamp);
    write::apply(writes, store, now);
    Ok(outcome(vec![applied_spec(table)], 1, vec![0, 0, 0, 1, 1]))
}

impl<'a> Request<'a> {
    /// Notes a statement's conditions. Returns its partition, which is that of those before it.
    fn add(
        &mut self,
        plan: &'a Plan,
        bindings: Bindings<'_>,
        is_batch: bool,
        before: Option<&Key>,
    ) -> Result<Key> {
        let (key, place) = plan.only_row(bindings, is_batch)?;
        if before.is_some_and(|other| *other != key) {
            return Err(problem::invalid("Batch with conditions cannot span multiple partitions"));
        }
        self.writes_rows |= plan.writes_rows();
        self.writes_statics |= plan.condition.is_some() && !plan.statics.is_empty();
        match &plan.condition {
            Condition::Always => {}
            Condition::NotExists => self.expect_existence(place, Expected::NotExists)?,
            Condition::Exists => self.expect_existence(place, Expected::Exists)?,
            Condition::Tests { regulars, statics } => {
                for (place, tests) in [(None, statics), (place, regulars)] {
                    if tests.is_empty() {
                        continue;
                    }
                    self.tests += tests.len();
                    if self.tests > MOST_TESTS {
                        return Err(problem::unsupported(&format!("more than {MOST_TESTS} conditions")));
                    }
                    let tests = tests.iter().map(|test| BoundTest::new(test, bindings));
                    let tests = tests.collect::<Result<Vec<_>>>()?;
                    match self.expected.entry(place).or_insert(Expected::Passes(Vec::new())) {
                        Expected::Passes(all) => all.extend(tests),
                        _ => {
                            let message = "Cannot mix IF conditions and IF NOT EXISTS for the same row";
                            return Err(problem::invalid(message));
                        }
                    }
                }
                for column in plan.condition.columns() {
                    if self.columns.iter().all(|other| other.id != column.id) {
                        self.columns.push(column);
                    }
                }
            }
        }
        Ok(key)
    }

    fn expect_existence(&mut self, place: Option<Clustering>, expected: Expected<'a>) -> Result<()> {
        self.asks_existence = true;
        let message = match (self.expected.get(&place), &expected) {
            (Some(Expected::Passes(_)), Expected::NotExists) => {
                "Cannot mix IF conditions and IF NOT EXISTS for the same row"
            }
            (Some(Expected::Passes(_)), _) => "Cannot mix IF conditions and IF EXISTS for the same row",
            (Some(Expected::Exists), Expected::NotExists) | (Some(Expected::NotExists), Expected::Exists) => {
                "Cannot mix IF EXISTS and IF NOT EXISTS conditions for the same row"
            }
            _ => {
                self.expected.insert(place, expected);
                return Ok(());
            }
        };
        Err(problem::invalid(message))
    }

    fn holds(&self, partition: Option<&Partition>, now: Now) -> Result<bool> {
        for (place, expected) in &self.expected {
            let row = match (place, partition) {
                (_, None) => None,
                (None, Some(partition)) => Some(partition.statics()),
                (Some(place), Some(partition)) => partition.row(place),
            };
            let row = row.filter(|row| row.is_live(now));
            let holds = match expected {
                Expected::Exists => row.is_some(),
                Expected::NotExists => row.is_none(),
                Expected::Passes(tests) => all_pass(tests, row, now)?,
            };
            if !holds {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a server reads this column to decide: others it does not know, and tells as null.
    fn reads(&self, column: &Column) -> bool {
        let is_written = if column.is_static() { self.writes_statics } else { self.writes_rows };
        is_written || self.columns.iter().any(|other| other.id == column.id)
    }

    /// The answer when it is not applied: what the rows are like that conditions are of.
    fn refusal(
        &self,
        key: &Key,
        partition: Option<&Partition>,
        table: &Table,
        now: Now,
        is_batch: bool,
    ) -> Outcome {
        let rows = partition.map(|partition| self.rows(partition, table, now)).unwrap_or_default();
        let mut specs = vec![applied_spec(table)];
        if rows.is_empty() {
            return outcome(specs, 1, vec![0, 0, 0, 1, 0]);
        }
        let mut columns = Vec::new();
        if self.asks_existence {
            columns.extend(&table.columns);
        } else {
            if is_batch {
                columns.extend(table.partition_key().iter().chain(table.clustering()));
            }
            columns.extend(&self.columns);
        }
        specs.extend(columns.iter().map(|column| column.spec(&table.spec)));
        let keys = key.values(table.partition_key().len());
        let statics = partition.map(Partition::statics);
        let mut data = Vec::new();
        for (place, row) in &rows {
            data.extend_from_slice(&[0, 0, 0, 1, 0]);
            for column in &columns {
                let of_row = |row: Option<&Row>| {
                    row.filter(|_| self.reads(column)).and_then(|row| row.value(column, now))
                };
                let value: Option<Bytes> = match column.kind {
                    Kind::PartitionKey(position) => keys.get(position).cloned(),
                    Kind::Clustering { position, .. } => {
                        place.and_then(|place| place.values().get(position).cloned())
                    }
                    Kind::Static => of_row(statics),
                    Kind::Regular => of_row(*row),
                };
                if data.write_opt_bytes(value.as_deref(), "cell").is_err() {
                    data.write_int(-1);
                }
            }
        }
        outcome(specs, rows.len(), data)
    }

    /// The rows that are told, those that exist; a partition's static columns alone when none does.
    fn rows<'p>(
        &self,
        partition: &'p Partition,
        table: &Table,
        now: Now,
    ) -> Vec<(Option<&'p Clustering>, Option<&'p Row>)> {
        let mut rows = Vec::new();
        if self.expected.keys().any(Option::is_some) {
            for place in self.expected.keys().flatten() {
                let found = partition.row_at(place).filter(|(_, row)| row.is_live(now));
                rows.extend(found.map(|(place, row)| (Some(place), Some(row))));
            }
        } else {
            // Without its columns a row is seen if it was inserted.
            let is_seen = |row: &Row| row.was_inserted(now) || self.writes_rows && row.is_live(now);
            let found = partition.all_rows().find(|(_, row)| is_seen(row));
            rows.extend(found.map(|(place, row)| (Some(place), Some(row))));
        }
        let statics = partition.statics();
        let has_statics =
            || table.statics().any(|column| self.reads(column) && statics.value(column, now).is_some());
        if rows.is_empty() && has_statics() {
            rows.push((None, None));
        }
        rows
    }
}

/// Whether all tests pass. A server looks at them in no certain order, and no further than to the first that does not
/// pass: here that one is always found before one that is wrong.
fn all_pass(tests: &[BoundTest<'_>], row: Option<&Row>, now: Now) -> Result<bool> {
    let mut passes = Ok(true);
    for test in tests {
        match test.passes(row, now) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) => passes = passes.and(Err(error)),
        }
    }
    passes
}

fn applied_spec(table: &Table) -> ColumnSpec {
    ColumnSpec::new(std::sync::Arc::clone(&table.spec), "[applied]", ColumnType::Boolean)
}

fn outcome(specs: Vec<ColumnSpec>, rows: usize, data: Vec<u8>) -> Outcome {
    let metadata = ResultMetadata::new(specs);
    Outcome::of(CqlResult::Rows(Rows::new(metadata, rows, data.into())))
}
