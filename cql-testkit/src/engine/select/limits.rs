//! How many rows are told: LIMIT, PER PARTITION LIMIT and pages.

use super::paging::Position;
use super::{Grouping, Output, Plan, Sort};
use crate::engine::Call;
use crate::engine::problem::{self, Result};
use crate::engine::schema::Column;
use crate::engine::terms::{Bindings, Term};
use crate::request::Bound;

/// No limit.
const ALL: u32 = u32::MAX;

/// How many rows may still come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) rows: u32,
    pub(super) per_partition: u32,
    /// Rows in a page; `None` when all come at once.
    pub(super) page: Option<u32>,
}

impl Plan {
    pub(super) fn limits(&self, call: &Call<'_>, bindings: Bindings<'_>) -> Result<Limits> {
        let rows = limit(self.limit.as_ref(), bindings)?;
        let per_partition = limit(self.per_partition_limit.as_ref(), bindings)?;
        let size = call.page_size.and_then(|size| u32::try_from(size).ok()).filter(|size| *size > 0);
        // All of an aggregate is read. What fits into a page is never paged.
        let page = match &self.grouping {
            Some(Grouping::Everything) => None,
            Some(Grouping::By { .. }) => size.filter(|_| !self.is_distinct),
            None => size.filter(|size| rows > *size),
        };
        let per_partition = if self.is_distinct && self.grouping.is_none() { 1 } else { per_partition };
        Ok(Limits { rows, per_partition, page })
    }

    /// What of the limits is left after a page.
    pub(super) fn limits_after(&self, limits: Limits, after: Option<&Position>) -> Limits {
        after.map_or(limits, |after| Limits { rows: limits.rows.min(after.limit), ..limits })
    }

    /// Rows that are sorted afterwards cannot be paged.
    pub(super) fn check_paging(&self, call: &Call<'_>, bindings: Bindings<'_>) -> Result<()> {
        if !matches!(self.sort, Some(Sort::Columns(_))) || call.page_size.is_none_or(|size| size <= 0) {
            return Ok(());
        }
        // LIMIT is for what was sorted, and keeps nothing from being read by pages; but where nothing is named nothing is read.
        let restrictions = &self.restrictions;
        let reads = || -> Result<bool> {
            let keys = restrictions.keys(bindings)?;
            if keys.as_ref().is_some_and(Vec::is_empty) {
                return Ok(false);
            }
            Ok(!restrictions.slices(bindings)?.is_empty() || self.reads_statics_alone())
        };
        if self.grouping.is_some() || reads()? {
            let message = "Cannot page queries with both ORDER BY and a IN restriction on the partition key; you must either remove the ORDER BY or the IN and sort client side, or disable paging for this query";
            return Err(problem::invalid(message));
        }
        Ok(())
    }
}

impl Plan {
    /// Whether static columns are read also where IN names no rows: if it is rows and not ranges that it would name.
    pub(super) fn reads_statics_alone(&self) -> bool {
        let restrictions = &self.restrictions;
        restrictions.has_clustering_in() && restrictions.names_rows() && self.fetches_statics()
    }

    /// Whether a server fetches static columns: those that are selected or looked at, and all where none but key columns are.
    fn fetches_statics(&self) -> bool {
        let mut read = if let Output::Columns(columns) = &self.output { columns.clone() } else { Vec::new() };
        self.output.expressions().iter().for_each(|one| one.columns(&mut read));
        read.extend(self.restrictions.other_columns());
        let columns = || read.iter().filter_map(|at| self.table.columns.get(*at));
        let selects_keys_alone = columns().all(Column::is_key) && self.table.statics().next().is_some();
        selects_keys_alone || columns().any(Column::is_static)
    }
}

fn limit(limit: Option<&Term>, bindings: Bindings<'_>) -> Result<u32> {
    let Some(limit) = limit else { return Ok(ALL) };
    let bytes = match limit.evaluate(bindings)? {
        Bound::Value(bytes) => bytes,
        Bound::Unset => return Ok(ALL),
        Bound::Null => return Err(problem::invalid("Invalid null value of limit")),
    };
    let Some(limit) = bytes.first_chunk().map(|bytes| i32::from_be_bytes(*bytes)) else {
        return Err(problem::invalid("Invalid limit value"));
    };
    match u32::try_from(limit) {
        // The greatest number stands for no limit.
        Ok(limit) if limit == i32::MAX.unsigned_abs() => Ok(ALL),
        Ok(limit) if limit > 0 => Ok(limit),
        _ => Err(problem::invalid("LIMIT must be strictly positive")),
    }
}
