//! The rules for all conditions together.

use super::{Restrictions, Use};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Column;
use std::ops::Range;

impl Restrictions {
    /// What UPDATE and DELETE may have.
    pub(super) fn check_for_writing(&self, of: Use) -> Result<()> {
        let statement = of.statement();
        if self.token.is_some() {
            let message = "The token function cannot be used in WHERE clauses for";
            return Err(problem::invalid(format!("{message} {statement} statements")));
        }
        let missing = self.unrestricted(0..self.table.partition_key().len());
        if !missing.is_empty() {
            return Err(problem::invalid(format!("Some partition key parts are missing: {missing}")));
        }
        if self.partition.iter().any(|restriction| !restriction.is_equality()) {
            let message = "Only EQ and IN relation are supported on the partition key (unless you use the token() function) for";
            return Err(problem::invalid(format!("{message} {statement} statements")));
        }
        let statics_only = matches!(of, Use::UpdateStatics | Use::DeleteStatics);
        if statics_only && self.has_clustering() {
            let message = format!(
                "Invalid restrictions on clustering columns since the {statement} statement modifies only static columns"
            );
            return Err(problem::invalid(message));
        }
        if matches!(of, Use::Update | Use::UpdateStatics) {
            if self.clustering.iter().any(super::Restriction::is_slice) {
                let message = "Slice restrictions are not supported on the clustering columns in";
                return Err(problem::invalid(format!("{message} {statement} statements")));
            }
            let missing = self.unrestricted(self.clustering_columns());
            if !statics_only && !missing.is_empty() {
                return Err(problem::invalid(format!("Some clustering keys are missing: {missing}")));
            }
        }
        self.check_clustering_prefix()?;
        if self.others.is_empty() {
            return Ok(());
        }
        let names = self.others.iter().filter_map(|other| self.table.columns.get(other.first));
        let names = names.map(|column| &*column.name).collect::<Vec<_>>().join(", ");
        Err(problem::invalid(format!("Non PRIMARY KEY columns found in where clause: {names} ")))
    }

    /// Checks that clustering columns are restricted from the first one on.
    pub(super) fn check_clustering_prefix(&self) -> Result<()> {
        let restricted = self.clustering.iter().flat_map(super::Restriction::columns);
        for (expected, restricted) in self.clustering_columns().zip(restricted) {
            if expected != restricted {
                let (restricted, preceding) = (&self.column(restricted)?.name, &self.column(expected)?.name);
                let message = format!(
                    "PRIMARY KEY column \"{restricted}\" cannot be restricted as preceding column \"{preceding}\" is not restricted"
                );
                return Err(problem::invalid(message));
            }
        }
        Ok(())
    }

    /// The places of clustering columns in the table.
    pub(super) fn clustering_columns(&self) -> Range<usize> {
        let first = self.table.partition_key().len();
        first..first + self.table.order.len()
    }

    /// The names of key columns in that range without restriction.
    pub(super) fn unrestricted(&self, columns: Range<usize>) -> String {
        let restricted = |at: &usize| {
            let mut all = self.partition.iter().chain(&self.clustering);
            all.any(|restriction| restriction.columns().contains(at))
        };
        let missing = columns.filter(|at| !restricted(at)).filter_map(|at| self.table.columns.get(at));
        missing.map(|column: &Column| &*column.name).collect::<Vec<_>>().join(", ")
    }
}
