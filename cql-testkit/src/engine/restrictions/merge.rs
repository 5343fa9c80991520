//! Several conditions on the same columns made one, or refused.

use super::Restrictions;
use super::index::is_indexed;
use super::relation::{Restriction, Test};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Table;
use cql_protocol::response::ServerError;

impl Restrictions {
    pub(super) fn add_restriction(&mut self, new: Restriction) -> Result<()> {
        let column = self.column(new.first)?;
        if column.is_partition_key() {
            add(&mut self.partition, new, &self.table)
        } else if column.is_clustering() {
            let (first, is_slice) = (new.first, new.is_slice());
            let may_filter = self.allows_filtering || is_indexed(&new, &self.table);
            let last = self.clustering.last().map(|last| (last.first, last.is_slice()));
            add(&mut self.clustering, new, &self.table)?;
            if may_filter { Ok(()) } else { self.check_order(last, first, is_slice) }
        } else {
            add(&mut self.others, new, &self.table)
        }
    }

    /// Conditions on the token: `=`, or bounds.
    pub(super) fn add_token(&mut self, new: Test) -> Result<()> {
        let names = self.table.partition_key().iter().map(|column| &*column.name).collect::<Vec<_>>();
        let names = names.join(", ");
        let merged = match (self.token.take(), new) {
            (None, new) => new,
            (Some(old), new) => merge_tests(old, new)
                .map_err(|conflict| problem::invalid(conflict.message("Columns", &names)))?,
        };
        self.token = Some(merged);
        Ok(())
    }

    /// A range ends what can be restricted. `last` is what was the last restriction before.
    fn check_order(&self, last: Option<(usize, bool)>, first: usize, is_slice: bool) -> Result<()> {
        let Some((last, last_is_slice)) = last else { return Ok(()) };
        let name = |at: usize| self.column(at).map(|column| column.name.clone());
        if last_is_slice && first > last {
            let (new, old) = (name(first)?, name(last)?);
            let message = format!(
                "Clustering column \"{new}\" cannot be restricted (preceding column \"{old}\" is restricted by a non-EQ relation)"
            );
            return Err(problem::invalid(message));
        }
        if first < last && is_slice {
            let next =
                self.clustering.iter().find(|other| other.first > first).map_or(last, |other| other.first);
            let (next, new) = (name(next)?, name(first)?);
            let message = format!(
                "PRIMARY KEY column \"{next}\" cannot be restricted (preceding column \"{new}\" is restricted by a non-EQ relation)"
            );
            return Err(problem::invalid(message));
        }
        Ok(())
    }
}

impl Restriction {
    /// Why there can be nothing else of another kind on its column.
    pub(super) fn conflict(&self, column: &str) -> ServerError {
        let conflict = match &self.test {
            Test::Equal(_) => Conflict::Equal,
            Test::In(_) => Conflict::In,
            Test::Slice { .. } => Conflict::Mixed,
            Test::Contains { .. } => Conflict::Contains,
        };
        problem::invalid(conflict.message("Column", column))
    }
}

/// Adds a restriction to those on other columns, and merges it with those on the same.
fn add(restrictions: &mut Vec<Restriction>, new: Restriction, table: &Table) -> Result<()> {
    let mut merged = new;
    let overlaps = |one: &Restriction, other: &Restriction| {
        one.columns().start < other.columns().end && other.columns().start < one.columns().end
    };
    while let Some(at) = restrictions.iter().position(|old| overlaps(old, &merged)) {
        let old = restrictions.remove(at);
        merged = merge(old, merged, table)?;
    }
    let at = restrictions.partition_point(|other| other.first < merged.first);
    restrictions.insert(at, merged);
    Ok(())
}

fn merge(old: Restriction, new: Restriction, table: &Table) -> Result<Restriction> {
    let common = old.columns().start.max(new.columns().start)..old.columns().end.min(new.columns().end);
    let common = table.columns.get(common).unwrap_or_default();
    let names = common.iter().map(|column| &*column.name).collect::<Vec<_>>().join(" ,");
    if old.is_slice() && new.is_slice() && old.first != new.first {
        let later = table.columns.get(old.first.max(new.first)).map_or("", |column| &column.name);
        let message = format!(
            "Column \"{later}\" cannot be restricted by two inequalities not starting with the same column"
        );
        return Err(problem::invalid(message));
    }
    let (first, len) = if old.len >= new.len { (old.first, old.len) } else { (new.first, new.len) };
    let is_multi = old.is_multi || new.is_multi;
    let test = merge_tests(old.test, new.test)
        .map_err(|conflict| problem::invalid(conflict.message("Column", &names)))?;
    Ok(Restriction { first, len, is_multi, test })
}

/// Why two conditions cannot both be.
enum Conflict {
    Equal,
    In,
    Mixed,
    Contains,
    Start,
    End,
}

impl Conflict {
    fn message(&self, columns: &str, names: &str) -> String {
        let twice = format!("{names} cannot be restricted by more than one relation if it includes a");
        match self {
            Conflict::Equal => format!("{twice}n Equal"),
            Conflict::In => format!("{twice} IN"),
            Conflict::Mixed => {
                format!(
                    "{columns} \"{names}\" cannot be restricted by both an equality and an inequality relation"
                )
            }
            Conflict::Contains => format!(
                "Collection column {names} can only be restricted by CONTAINS, CONTAINS KEY, or map-entry equality"
            ),
            Conflict::Start => format!("More than one restriction was found for the start bound on {names}"),
            Conflict::End => format!("More than one restriction was found for the end bound on {names}"),
        }
    }
}

fn merge_tests(old: Test, new: Test) -> std::result::Result<Test, Conflict> {
    match (old, new) {
        (Test::Equal(_), _) => Err(Conflict::Equal),
        (Test::In(_), _) => Err(Conflict::In),
        (Test::Slice { start, end }, Test::Slice { start: new_start, end: new_end }) => {
            if start.is_some() && new_start.is_some() {
                return Err(Conflict::Start);
            }
            if end.is_some() && new_end.is_some() {
                return Err(Conflict::End);
            }
            Ok(Test::Slice { start: start.or(new_start), end: end.or(new_end) })
        }
        (Test::Slice { .. }, _) => Err(Conflict::Mixed),
        (
            Test::Contains { mut values, mut keys, mut entries },
            Test::Contains { values: new_values, keys: new_keys, entries: new_entries },
        ) => {
            values.extend(new_values);
            keys.extend(new_keys);
            entries.extend(new_entries);
            Ok(Test::Contains { values, keys, entries })
        }
        (Test::Contains { .. }, _) => Err(Conflict::Contains),
    }
}
