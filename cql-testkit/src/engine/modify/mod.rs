//! INSERT, UPDATE and DELETE, with conditions or without, and batches of them.
//!
//! Everything is evaluated before anything is written: what fails leaves the tables as they are.

mod assignment;
mod attributes;
mod batch;
mod check;
mod condition;
mod conditional;
mod consistency;
mod insert;
mod json;
mod limits;
mod operation;
mod target;
#[cfg(test)]
mod tests;
mod update;
mod write;

pub(crate) use batch::{BatchPlan, execute_batch, prepare_batch};

use super::placement::{self, Access};
use super::problem::{self, Result};
use super::restrictions::{Restrictions, Slice, check_combinations, check_keys};
use super::schema::{self, Column, Schema, Table};
use super::storage::{Clustering, Deletion, Key, Liveness, Partition, Store};
use super::syntax::ast::Statement;
use super::terms::{Bindings, Scope};
use super::{Call, Outcome};
use attributes::Attributes;
use condition::Condition;
use cql_protocol::response::{ErrorCode, ServerError};
use cql_protocol::types::ColumnType;
use limits::Writes;
use operation::{Context, Operation};
use std::slice;
use std::sync::Arc;
use target::Target;
use write::{To, Write};

pub(super) const NOT_IN_BATCHES: &str =
    "Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.";

/// A statement that writes, and can be executed.
#[derive(Debug)]
pub(crate) struct Plan {
    table: Arc<Table>,
    kind: Kind,
    attributes: Attributes,
    target: Target,
    regulars: Vec<Operation>,
    statics: Vec<Operation>,
    condition: Condition,
}

/// When it is written.
#[derive(Debug, Clone, Copy)]
enum Timestamp {
    /// Unless the statement says another.
    Given(i64),
    /// Whatever it says.
    OfAll(i64),
}

/// What a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Insert,
    Update,
    Delete,
}

/// Refuses what a server refuses while it reads the text, before it looks for tables.
pub(crate) fn check_text(statement: &Statement) -> Result<()> {
    match statement {
        Statement::Update(update) => update::refuse_incompatible(&update.assignments),
        Statement::Batch(batch) => batch.statements.iter().try_for_each(check_text),
        _ => Ok(()),
    }
}

pub(crate) fn prepare(statement: &Statement, table: &Arc<Table>, scope: &mut Scope<'_>) -> Result<Plan> {
    schema::system::check_write(table, "Modification")?;
    let plan = match statement {
        Statement::Insert(insert) => insert::prepare(insert, table, scope),
        Statement::Update(update) => update::update(update, table, scope),
        Statement::Delete(delete) => update::delete(delete, table, scope),
        _ => Err(problem::invalid(NOT_IN_BATCHES)),
    }?;
    plan.check()?;
    Ok(plan)
}

impl Plan {
    pub(crate) fn execute(&self, schema: &Schema, store: &mut Store, call: &Call<'_>) -> Result<Outcome> {
        if self.condition.is_some() {
            return conditional::execute(&[(self, call)], false, schema, store);
        }
        consistency::check(self, call)?;
        let given = call.timestamp.unwrap_or_else(|| store.timestamp(call.now));
        // A server looks at it before all else, to see whether it is in bounds.
        let bindings = Bindings { values: call.values, now: call.now };
        let timestamp = self.attributes.timestamp(bindings, given)?;
        let mut writes = Writes::default();
        self.evaluate(store, call, Timestamp::OfAll(timestamp), &mut writes)?;
        self.assure(schema, call, Access::Write, &writes.all)?;
        write::apply(writes.all, store, call.now);
        Ok(Outcome::void())
    }

    /// Checks that its table is there still, and that enough replicas are up for those of the writes that are to it.
    fn assure(&self, schema: &Schema, call: &Call<'_>, access: Access, writes: &[Write<'_>]) -> Result<()> {
        let keyspace = schema.keyspace_of(&self.table)?;
        let own = writes.iter().filter(|write| write.table == self.table.id);
        placement::assure(keyspace, call, access, own.map(|write| write.key.token))
    }

    /// What is refused whatever the values.
    fn check(&self) -> Result<()> {
        let (is_conditional, is_counter) = (self.condition.is_some(), self.table.is_counter());
        let message = match () {
            () if is_conditional && is_counter => "Conditional updates are not supported on counter tables",
            () if is_conditional && self.attributes.has_timestamp() => {
                "Cannot provide custom timestamp for conditional updates"
            }
            () if is_counter && self.attributes.has_timestamp() => {
                "Cannot provide custom timestamp for counter updates"
            }
            () if is_counter && self.attributes.has_ttl() => "Cannot provide custom TTL for counter updates",
            () => return Ok(()),
        };
        Err(problem::invalid(message))
    }

    /// What is to be written. Nothing is written yet.
    fn evaluate<'a>(
        &'a self,
        store: &Store,
        call: &Call<'_>,
        timestamp: Timestamp,
        writes: &mut Writes<'a>,
    ) -> Result<()> {
        let bindings = Bindings { values: call.values, now: call.now };
        match &self.target {
            Target::Values(values) => {
                let mut json = Vec::new();
                let (key, place, own) = values.evaluate(&self.table, bindings, &mut json)?;
                let context = Context { bindings: own, ..self.context(store, bindings, timestamp)? };
                self.check_constants(slice::from_ref(&key))?;
                self.write_row(&context, key, place, writes)
            }
            Target::Where(restrictions) => {
                let keys = restrictions.keys(bindings)?.unwrap_or_default();
                check_keys(&keys)?;
                let slices = self.slices(restrictions, bindings)?;
                // Where IN names no row, a server looks at no other values.
                if slices.is_empty() {
                    return Ok(());
                }
                check_combinations(keys.len(), slices.len())?;
                let context = self.context(store, bindings, timestamp)?;
                self.check_constants(&keys)?;
                for key in keys {
                    let key = key.detached();
                    for slice in &slices {
                        self.write_slice(&context, key.clone(), slice.as_ref(), writes)?;
                    }
                }
                Ok(())
            }
        }
    }

    fn context<'a>(
        &self,
        store: &'a Store,
        bindings: Bindings<'a>,
        timestamp: Timestamp,
    ) -> Result<Context<'a>> {
        let timestamp = match timestamp {
            Timestamp::Given(timestamp) => self.attributes.timestamp(bindings, timestamp)?,
            Timestamp::OfAll(timestamp) => timestamp,
        };
        let ttl = self.attributes.ttl(bindings, &self.table)?;
        Ok(Context { store, bindings, timestamp, ttl })
    }

    /// What of each partition is meant; `None` for the static columns alone, or the whole partition to delete.
    fn slices(&self, restrictions: &Restrictions, bindings: Bindings<'_>) -> Result<Vec<Option<Slice>>> {
        if !restrictions.has_clustering() && !self.table.order.is_empty() {
            return Ok(vec![None]);
        }
        Ok(restrictions.slices(bindings)?.into_iter().map(Some).collect())
    }

    /// Whether it is about rows, not static columns alone.
    fn writes_rows(&self) -> bool {
        match &self.target {
            Target::Values(values) => values.clustering.is_some(),
            Target::Where(restrictions) => self.table.order.is_empty() || restrictions.has_clustering(),
        }
    }

    fn write_slice<'a>(
        &'a self,
        context: &Context<'_>,
        key: Key,
        slice: Option<&Slice>,
        writes: &mut Writes<'a>,
    ) -> Result<()> {
        let place = match slice {
            Some(Slice::Row(place)) => Some(place.detached()),
            _ => None,
        };
        let is_row = place.is_some();
        if self.kind != Kind::Delete || !self.regulars.is_empty() || !self.statics.is_empty() {
            if !is_row && !self.regulars.is_empty() {
                return Err(problem::invalid("Range deletions are not supported for specific columns"));
            }
            let place = place.filter(|_| self.kind != Kind::Delete || !self.regulars.is_empty());
            return self.write_row(context, key, place, writes);
        }
        let deletion = Deletion::new(context.timestamp, context.bindings.now);
        let to = match (slice, place) {
            (_, Some(place)) if !self.table.order.is_empty() => To::DeletedRow(place, deletion),
            (Some(Slice::Range(from, to)), _) => To::DeletedRange(from.detached(), to.detached(), deletion),
            _ => To::DeletedPartition(deletion),
        };
        writes.push(Write { table: self.table.id, key, to })
    }

    /// Writes a row and then static columns, or without a place these alone.
    fn write_row<'a>(
        &'a self,
        context: &Context<'_>,
        key: Key,
        place: Option<Clustering>,
        writes: &mut Writes<'a>,
    ) -> Result<()> {
        let Context { store, bindings, timestamp, ttl } = *context;
        let table = self.table.id;
        let partition = || store.table(table)?.partition(&key);
        let has_statics = !self.statics.is_empty();
        if let Some(place) = place {
            let current = || partition()?.row(&place);
            let changes = context.changes(&self.regulars, current, &mut writes.looked_at)?;
            let is_insert = self.kind == Kind::Insert;
            let liveness = is_insert.then(|| Liveness::new(timestamp, ttl, bindings.now));
            let to = To::Row { place: Some(place), timestamp, liveness, changes };
            if !has_statics {
                return writes.push(Write { table, key, to });
            }
            writes.push(Write { table, key: key.clone(), to })?;
        }
        if has_statics {
            let current = || partition().map(Partition::statics);
            let changes = context.changes(&self.statics, current, &mut writes.looked_at)?;
            writes.push(Write {
                table,
                key,
                to: To::Row { place: None, timestamp, liveness: None, changes },
            })?;
        }
        Ok(())
    }

    /// Checks what was not when it was bound: constants in hexadecimal, which may be anything where they are not of blobs. A
    /// server looks at keys alone, and not at those of conditional statements.
    fn check_constants(&self, keys: &[Key]) -> Result<()> {
        let columns = self.table.partition_key();
        let may_be_anything =
            |of: &Column| matches!(of.column_type, ColumnType::TinyInt | ColumnType::Tuple(_));
        if self.condition.is_some() || !columns.iter().any(may_be_anything) {
            return Ok(());
        }
        let check = |key: &Key| Column::check_values(columns, &key.values(columns.len()));
        keys.iter().try_for_each(check).map_err(problem::invalid)
    }

    /// The partition of a conditional statement, and its row if it is about one.
    fn only_row(&self, bindings: Bindings<'_>, is_batch: bool) -> Result<(Key, Option<Clustering>)> {
        let restrictions = match &self.target {
            Target::Values(values) => {
                let mut json = Vec::new();
                let (key, place, _) = values.evaluate(&self.table, bindings, &mut json)?;
                return Ok((key, place));
            }
            Target::Where(restrictions) => restrictions,
        };
        let what = if self.kind == Kind::Delete { "deletions" } else { "updates" };
        let mut keys = restrictions.keys(bindings)?.unwrap_or_default();
        check_keys(&keys)?;
        if keys.len() > 1 && is_batch {
            let message = "java.lang.IllegalArgumentException: Batch with conditions cannot span multiple partitions (you cannot use IN on the partition key)";
            return Err(ServerError::new(ErrorCode::SERVER_ERROR, message));
        }
        let refused = |of: &str| {
            Err(problem::invalid(format!("IN on the {of} is not supported with conditional {what}")))
        };
        // However many values are left of it.
        if restrictions.has_key_in() && !is_batch {
            return refused("partition key");
        }
        if restrictions.has_clustering_in() {
            return refused("clustering key columns");
        }
        let Some(key) = keys.pop() else { return refused("partition key") };
        let mut places = self.slices(restrictions, bindings)?.into_iter();
        let place = match places.next().flatten() {
            Some(Slice::Row(place)) => Some(place.detached()),
            _ => None,
        };
        Ok((key.detached(), place))
    }
}

/// A column that must be there.
fn existing<'a>(table: &'a Table, name: &str) -> Result<&'a Column> {
    table.column(name).ok_or_else(|| {
        let table = format_args!("{}.{}", table.keyspace(), table.name());
        problem::invalid(format!("Undefined column name {name} in table {table}"))
    })
}
