//! A SELECT executed: one page of its rows.

use super::aggregate::State;
use super::expression::Context;
use super::grouping::Grouping;
use super::limits::Limits;
use super::output::Rows;
use super::paging::Position;
use super::reading::{Partitions, Reading, Then};
use super::row::RowRef;
use super::{Plan, Sort};
use crate::engine::placement::{self, Access};
use crate::engine::problem::{self, Result};
use crate::engine::restrictions::{Slice, check_combinations, check_keys};
use crate::engine::schema::{Column, Schema, system::contents};
use crate::engine::storage::{Clustering, Key, Row, Store, TableData};
use crate::engine::terms::Bindings;
use crate::engine::{Call, Outcome};
use bytes::Bytes;
use cql_protocol::Consistency;
use cql_protocol::response::{CqlResult, ResultMetadata, Rows as Response};
use std::cell::Cell;
use std::sync::Arc;

/// The most rows that are near to a vector.
const MOST_NEAREST: u32 = 1000;

impl Plan {
    /// Reads one page of rows.
    pub(crate) fn execute(&self, schema: &Schema, store: &Store, call: &Call<'_>) -> Result<Outcome> {
        let bindings = Bindings { values: call.values, now: call.now };
        let state = call.paging_state.as_ref().map(|state| Position::decode(state, &self.table));
        let state = state.transpose()?;
        let limits = self.limits(call, bindings)?;
        self.check_selected(bindings)?;
        let warnings = self.check_limits(limits, call, bindings)?;
        let after = state.filter(|_| limits.page.is_some());
        let limits = self.limits_after(limits, after.as_ref());
        let made = self.is_made.then(|| contents(&self.table, schema, call.view, call.now)).flatten();
        let empty = TableData::default();
        let data = made.as_ref().or_else(|| store.table(self.table.id)).unwrap_or(&empty);
        let reading = self.reading(data, after.as_ref(), bindings)?;
        self.assure(schema, call, &reading.partitions)?;
        let mut rows = Rows::new(self, bindings)?;
        let next = match &self.grouping {
            None => read_rows(&reading, limits, &mut rows)?,
            Some(grouping) => Groups::new(self, grouping, limits, bindings).read(&reading, &mut rows)?,
        };
        rows.sort(limits.rows);
        let mut metadata = ResultMetadata::new(Arc::clone(&self.columns));
        metadata.paging_state = next.map(|next| next.encode());
        let count = usize::try_from(rows.count).unwrap_or(usize::MAX);
        let response = Response::new(metadata, count, rows.data.into());
        Ok(Outcome { result: CqlResult::Rows(response), warnings })
    }

    /// Checks what is bound in the selection, which a server does before it looks for rows.
    fn check_selected(&self, bindings: Bindings<'_>) -> Result<()> {
        let aggregated = self.aggregates.iter().filter_map(|aggregate| aggregate.argument.as_ref());
        let mut all = self.output.expressions().iter().chain(aggregated);
        all.try_for_each(|expression| expression.check(&self.table, bindings))
    }

    /// Checks that the table is there still, and enough replicas are up for what is read.
    fn assure(&self, schema: &Schema, call: &Call<'_>, partitions: &Partitions) -> Result<()> {
        let keyspace = schema.keyspace_of(&self.table)?;
        match partitions {
            Partitions::Keys(keys) => {
                placement::assure(keyspace, call, Access::Read, keys.iter().map(|key| key.token))
            }
            Partitions::Ring(_) => placement::assure_all(keyspace, call),
        }
    }

    fn reading<'a>(
        &'a self,
        data: &'a TableData,
        after: Option<&'a Position>,
        bindings: Bindings<'_>,
    ) -> Result<Reading<'a>> {
        let restrictions = &self.restrictions;
        let keys = restrictions.keys(bindings)?;
        let filter = restrictions.filter(keys.is_some(), bindings)?;
        // Where IN names no partition, a server does not look for rows.
        let is_nothing = keys.as_ref().is_some_and(Vec::is_empty);
        let mut slices = if is_nothing { Vec::new() } else { restrictions.slices(bindings)? };
        if keys.is_some() && restrictions.asks_index_of_statics() {
            slices.retain(Slice::begins_its_partition);
        }
        let reads = || !slices.is_empty() || self.reads_statics_alone();
        if let Some(keys) = keys.as_ref().filter(|keys| !keys.is_empty() && reads()) {
            check_keys(keys)?;
        }
        check_combinations(keys.as_ref().map_or(1, Vec::len), slices.len())?;
        let partitions = match keys {
            Some(keys) => Partitions::Keys(keys),
            None => Partitions::Ring(restrictions.ring(bindings)?),
        };
        Ok(Reading {
            data,
            table: &self.table,
            partitions,
            slices,
            filter,
            descends: self.descends,
            // What was written to static columns that were dropped tells of nothing.
            returns_static_rows: restrictions.returns_static_rows()
                && self.table.columns.iter().any(Column::is_static),
            after,
            now: bindings.now,
        })
    }

    /// Refuses limits that do not fit what is asked for; says what a server warns of.
    fn check_limits(&self, limits: Limits, call: &Call<'_>, bindings: Bindings<'_>) -> Result<Vec<String>> {
        self.check_paging(call, bindings)?;
        let mut warnings = Vec::new();
        if let Some(Sort::Near(_)) = &self.sort {
            self.check_nearest(limits, call, &mut warnings)?;
        }
        if self.grouping.is_some() {
            if !self.restrictions.has_partition() {
                warnings.push("Aggregation query used without partition key".to_owned());
            } else if self.restrictions.has_key_in() {
                let message = "Aggregation query used on multiple partition keys (IN restriction)";
                warnings.push(message.to_owned());
            }
        }
        Ok(warnings)
    }

    fn check_nearest(&self, limits: Limits, call: &Call<'_>, warnings: &mut Vec<String>) -> Result<()> {
        if self.grouping.is_some() {
            return Err(problem::invalid("Top-K queries can not be run with aggregation"));
        }
        let consistency = call.consistency;
        if matches!(consistency, Consistency::Serial | Consistency::LocalSerial) {
            let message =
                "Top-K queries can only be run with consistency level ONE/LOCAL_ONE. Consistency level";
            return Err(problem::invalid(format!("{message} {consistency} was used.")));
        }
        let lowered = match consistency {
            Consistency::One | Consistency::LocalOne | Consistency::Any => None,
            Consistency::LocalQuorum => Some(Consistency::LocalOne),
            _ => Some(Consistency::One),
        };
        if let Some(lowered) = lowered {
            let message =
                "Top-K queries can only be run with consistency level ONE / LOCAL_ONE / NODE_LOCAL.";
            warnings.push(format!(
                "{message} Consistency level {consistency} was requested. Downgrading the consistency level to {lowered}."
            ));
        }
        if limits.rows == u32::MAX {
            let message = "Top-K queries must have a limit specified and the limit must be less than the query page size";
            return Err(problem::invalid(message));
        }
        if limits.per_partition != u32::MAX {
            return Err(problem::invalid("Top-K queries do not support per-partition limits"));
        }
        let rows = limits.rows;
        if let Some(page) = limits.page {
            warnings.push(format!(
                "Top-K queries do not support paging and the page size is set to {page}, which is less than LIMIT {rows}. The page size has been set to {rows} to match the LIMIT."
            ));
        }
        if rows > MOST_NEAREST {
            let message = "Use of ANN OF in an ORDER BY clause requires a LIMIT that is not greater than";
            return Err(problem::invalid(format!("{message} {MOST_NEAREST}. LIMIT was {rows}")));
        }
        Ok(())
    }
}

/// What is left of PER PARTITION LIMIT in the partition that is being read.
struct InPartition<'a> {
    limit: u32,
    key: Option<&'a Key>,
    left: u32,
}

impl<'a> InPartition<'a> {
    fn new(limit: u32) -> Self {
        InPartition { limit, key: None, left: limit }
    }

    /// What is left in the partition of that key.
    fn left(&mut self, key: &'a Key, after: Option<&Position>) -> &mut u32 {
        if !self.key.is_some_and(|old| std::ptr::eq(old, key)) {
            let resumed = after.filter(|after| after.key == *key).map(|after| after.in_partition);
            self.left = resumed.unwrap_or(self.limit).min(self.limit);
            self.key = Some(key);
        }
        &mut self.left
    }
}

/// Reads rows as they are. Says where the next page begins.
fn read_rows<'a>(reading: &'a Reading<'a>, limits: Limits, rows: &mut Rows<'_>) -> Result<Option<Position>> {
    let mut in_partition = InPartition::new(limits.per_partition);
    let sorts = rows.sorts();
    let mut next = None;
    let mut left = limits.rows;
    reading.visit(&mut |row| {
        let of_partition = in_partition.left(row.key, reading.after);
        if !rows.write(Some(row), &[])? {
            return Ok(Then::NextRow);
        }
        *of_partition -= 1;
        if sorts {
            // The first ones are known when all were read.
            return Ok(if *of_partition == 0 { Then::NextPartition } else { Then::NextRow });
        }
        left -= 1;
        if left == 0 {
            return Ok(Then::Stop);
        }
        if limits.page == Some(rows.count) {
            next = position(reading, (row.key, row.place), left, *of_partition);
            return Ok(Then::Stop);
        }
        Ok(if *of_partition == 0 { Then::NextPartition } else { Then::NextRow })
    })?;
    Ok(next)
}

/// Where the next page begins, if there is one.
fn position(
    reading: &Reading<'_>,
    (key, place): (&Key, Option<&Clustering>),
    limit: u32,
    in_partition: u32,
) -> Option<Position> {
    // Behind a row that has no place in its partition nothing comes there.
    let ends = in_partition == 0 || place.is_none_or(|place| place.values().is_empty());
    if ends && reading.is_last(key) {
        return None;
    }
    let place = place.filter(|_| !ends).cloned();
    Some(Position { key: key.clone(), place, limit, in_partition })
}

/// Rows made one: those of a group.
struct Groups<'p, 'a> {
    plan: &'p Plan,
    grouping: &'p Grouping,
    limits: Limits,
    bindings: Bindings<'p>,
    group: Option<Group<'a>>,
    left: u32,
    in_partition: InPartition<'a>,
    /// The last row of the last group.
    last: Option<(&'a Key, Option<&'a Clustering>)>,
}

/// The group that is being read: its first row, and what was found in its rows.
struct Group<'a> {
    key: &'a Key,
    place: Option<&'a Clustering>,
    statics: &'a Row,
    row: Option<&'a Row>,
    /// What a function makes of the last grouping column.
    function: Option<Bytes>,
    states: Vec<State>,
}

impl<'p, 'a> Groups<'p, 'a> {
    fn new(plan: &'p Plan, grouping: &'p Grouping, limits: Limits, bindings: Bindings<'p>) -> Self {
        let in_partition = InPartition::new(limits.per_partition);
        let left = limits.rows;
        Groups { plan, grouping, limits, bindings, group: None, left, in_partition, last: None }
    }

    /// Reads groups. Says where the next page begins.
    fn read(mut self, reading: &'a Reading<'a>, rows: &mut Rows<'_>) -> Result<Option<Position>> {
        let mut stopped = false;
        reading.visit(&mut |row| {
            let then = self.row(row, reading, rows)?;
            stopped = then == Then::Stop;
            Ok(then)
        })?;
        if !stopped {
            self.finish(reading, rows)?;
        }
        if matches!(self.grouping, Grouping::Everything) && rows.count == 0 && self.last.is_none() {
            let states = self.states();
            self.write(None, &states, rows)?;
        }
        if self.left == 0 || self.limits.page != Some(rows.count) {
            return Ok(None);
        }
        Ok(self.last.and_then(|last| position(reading, last, self.left, self.in_partition.left)))
    }

    fn row(&mut self, row: &RowRef<'a, '_>, reading: &Reading<'_>, rows: &mut Rows<'_>) -> Result<Then> {
        let function = self.function(row)?;
        if !self.group.as_ref().is_some_and(|group| self.is_of(group, row, function.as_ref())) {
            self.finish(reading, rows)?;
            if !rows.sorts() && (self.left == 0 || self.limits.page == Some(rows.count)) {
                return Ok(Then::Stop);
            }
            if *self.in_partition.left(row.key, reading.after) == 0 {
                return Ok(Then::NextPartition);
            }
            let states = self.states();
            let RowRef { key, place, statics, row, .. } = *row;
            self.group = Some(Group { key, place, statics, row, function, states });
        }
        self.last = Some((row.key, row.place));
        let Some(group) = &mut self.group else { return Ok(Then::NextRow) };
        let spent = Cell::new(0);
        for (state, aggregate) in group.states.iter_mut().zip(&self.plan.aggregates) {
            let value = match &aggregate.argument {
                Some(argument) => argument.evaluate(Context {
                    table: &self.plan.table,
                    bindings: self.bindings,
                    row: Some(row),
                    aggregates: &[],
                    spent: &spent,
                })?,
                None => None,
            };
            state.add(value.as_ref())?;
        }
        Ok(if self.plan.is_distinct { Then::NextPartition } else { Then::NextRow })
    }

    fn states(&self) -> Vec<State> {
        self.plan.aggregates.iter().map(|aggregate| State::new(aggregate.kind, &aggregate.of)).collect()
    }

    fn function(&self, row: &RowRef<'_, '_>) -> Result<Option<Bytes>> {
        let Grouping::By { function: Some(function), .. } = self.grouping else { return Ok(None) };
        let (table, bindings) = (&*self.plan.table, self.bindings);
        let spent = Cell::new(0);
        function.evaluate(Context { table, bindings, row: Some(row), aggregates: &[], spent: &spent })
    }

    fn is_of(&self, group: &Group<'_>, row: &RowRef<'_, '_>, function: Option<&Bytes>) -> bool {
        let Grouping::By { clustering, function: by } = self.grouping else { return true };
        // With a function, the last column itself does not count.
        let columns = if by.is_some() { clustering.saturating_sub(1) } else { *clustering };
        let prefix = |place: Option<&'_ Clustering>| {
            place.map(|place| place.values().get(..columns).unwrap_or_default().to_vec())
        };
        std::ptr::eq(group.key, row.key)
            && (columns == 0 || prefix(group.place) == prefix(row.place))
            && group.function.as_ref() == function
    }

    /// Writes the group that was read, if there is one.
    fn finish(&mut self, reading: &Reading<'_>, rows: &mut Rows<'_>) -> Result<()> {
        let Some(group) = self.group.take() else { return Ok(()) };
        let columns = self.plan.table.partition_key().len();
        let key_values = group.key.values(columns);
        let Group { key, place, statics, row, states, .. } = group;
        let first = RowRef { key, key_values: &key_values, place, statics, row, now: reading.now };
        self.write(Some(&first), &states, rows)?;
        *self.in_partition.left(key, reading.after) -= 1;
        if !rows.sorts() {
            self.left -= 1;
        }
        Ok(())
    }

    fn write(&self, row: Option<&RowRef<'_, '_>>, states: &[State], rows: &mut Rows<'_>) -> Result<()> {
        let values = states.iter().map(State::value).collect::<Vec<_>>();
        rows.write(row, &values).map(|_| ())
    }
}
