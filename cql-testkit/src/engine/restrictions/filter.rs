//! Conditions that neither partition keys nor ranges of rows answer: each row is looked at.

use super::Restrictions;
use super::bounds::values_of;
use super::index::is_indexed;
use super::relation::{Limit, Restriction, Test, Value, Values};
use crate::engine::clock::Now;
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Kind};
use crate::engine::storage::{Cell, Row};
use crate::engine::terms::{Bindings, Term};
use crate::engine::values::{self, parts};
use crate::request::Bound;
use bytes::Bytes;
use cql_protocol::types::ColumnType;
use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr};

/// What rows must have, for the values that are bound.
#[derive(Debug, Default)]
pub(crate) struct Filter<'a> {
    /// On columns of the partition key and static ones.
    of_partitions: Vec<(&'a Column, Check)>,
    of_rows: Vec<(&'a Column, Check)>,
    /// Whether static collections have their dead parts, too: where keys are named, a server looks at them all.
    has_dead_parts: bool,
}

/// What a column must have.
#[derive(Debug)]
enum Check {
    Equal(Bytes),
    In(Vec<Bytes>),
    Between(Bounds),
    /// That, and that an attached index finds it, for which addresses of four bytes are among those of sixteen.
    BetweenAddresses(Bounds),
    /// That an attached index has it.
    Indexed,
    Value(Bytes),
    Key(Bytes),
    Entry(Bytes, Bytes),
    /// What no row has.
    Never,
}

/// Bounds, and whether each belongs to what is between them.
type Bounds = (Option<(Bytes, bool)>, Option<(Bytes, bool)>);

impl Restrictions {
    /// What is left to look at in rows that `keys` (if it names any) and `slices` allow.
    pub(crate) fn filter(&self, has_keys: bool, bindings: Bindings<'_>) -> Result<Filter<'_>> {
        let mut filter = Filter { has_dead_parts: has_keys, ..Filter::default() };
        if !has_keys {
            self.partition
                .iter()
                .try_for_each(|restriction| self.check(restriction, bindings, &mut filter))?;
        }
        let mut next = self.clustering_columns().start;
        for restriction in &self.clustering {
            // Where an index is asked, a server has it look at what ranges of rows answer, too.
            let is_asked = self.looks_at.1 && is_indexed(restriction, &self.table);
            if restriction.first != next || restriction.is_contains() || is_asked {
                self.check(restriction, bindings, &mut filter)?;
            } else if !restriction.is_slice() {
                next += restriction.len;
            }
        }
        self.others.iter().try_for_each(|restriction| self.check(restriction, bindings, &mut filter))?;
        Ok(filter)
    }

    fn check<'a>(
        &'a self,
        restriction: &Restriction,
        bindings: Bindings<'_>,
        filter: &mut Filter<'a>,
    ) -> Result<()> {
        let columns = self.table.columns.get(restriction.columns()).unwrap_or_default();
        let Some(first) = columns.first() else { return Ok(()) };
        let only = |value: &Value| match values_of(value, bindings)?.into_iter().next() {
            Some(value) => present(value, &format!("value for column {}", first.name)),
            None => Err(problem::invalid("no value")),
        };
        let bound =
            |bound: &Limit| bound.as_ref().map(|(value, includes)| Ok((only(value)?, *includes))).transpose();
        match &restriction.test {
            Test::Equal(value) => {
                for (value, column) in values_of(value, bindings)?.into_iter().zip(columns) {
                    let value = present(value, &format!("value for column {}", column.name))?;
                    filter.add(column, Check::Equal(value));
                    if self.is_found_by_attached(column, restriction) {
                        filter.add(column, Check::Indexed);
                    }
                }
            }
            Test::In(_) if columns.len() > 1 => {
                return Err(problem::invalid("Multicolumn IN filters are not supported"));
            }
            Test::In(values) => filter.add(first, Check::In(in_values(values, first, bindings)?)),
            Test::Slice { .. } if restriction.is_multi => {
                let message = "Multi-column slice restrictions cannot be used for filtering.";
                return Err(problem::invalid(message));
            }
            Test::Slice { start, end } => {
                let bounds = (bound(start)?, bound(end)?);
                let is_indexed = self.is_found_by_attached(first, restriction);
                if is_indexed {
                    filter.add(first, Check::Indexed);
                }
                let is_address = is_indexed && first.column_type == ColumnType::Inet;
                let between = if is_address { Check::BetweenAddresses } else { Check::Between };
                filter.add(first, between(bounds));
            }
            Test::Contains { values, keys, entries } => {
                let evaluate = |term: &Term, what: &str| {
                    present(term.evaluate(bindings)?, &format!("{what} for column {}", first.name))
                };
                for term in values {
                    filter.add(first, Check::Value(evaluate(term, "value")?));
                }
                for term in keys {
                    filter.add(first, Check::Key(evaluate(term, "value")?));
                }
                for (key, value) in entries {
                    let entry = Check::Entry(evaluate(key, "map key")?, evaluate(value, "map value")?);
                    filter.add(first, entry);
                }
                if !first.is_multi_cell && self.asks_attached_indexes() {
                    filter.add(first, Check::Never);
                }
            }
        }
        Ok(())
    }
}

/// The values of IN that count: a server leaves out what is not set, and looks no further than to the first null.
fn in_values(values: &Values, column: &Column, bindings: Bindings<'_>) -> Result<Vec<Bytes>> {
    match values {
        Values::Several(several) => {
            let all = several.iter().map(|value| values_of(value, bindings)).collect::<Result<Vec<_>>>()?;
            let set = all.into_iter().flatten().filter(|value| !matches!(value, Bound::Unset));
            Ok(set
                .map_while(|value| if let Bound::Value(value) = value { Some(value) } else { None })
                .collect())
        }
        Values::List(list) => {
            let list = match list.evaluate(bindings)? {
                Bound::Value(list) => list,
                Bound::Null => {
                    return Err(problem::invalid(format!("Invalid null value for column {}", column.name)));
                }
                Bound::Unset => {
                    return Err(problem::invalid(format!("Invalid unset value for column {}", column.name)));
                }
            };
            let elements = parts::split(&list);
            let elements = elements.ok_or_else(|| problem::invalid("Not enough bytes to read a list"))?;
            Ok(elements.into_iter().map_while(|element| element).collect())
        }
    }
}

fn is_between((start, end): &Bounds, compare: impl Fn(&Bytes) -> Ordering) -> bool {
    let is = |(bound, includes): &(Bytes, bool), side: Ordering| {
        let found = compare(bound);
        found == side || *includes && found.is_eq()
    };
    start.as_ref().is_none_or(|start| is(start, Ordering::Greater))
        && end.as_ref().is_none_or(|end| is(end, Ordering::Less))
}

/// An address as an attached index has it.
fn long_address(bytes: &[u8]) -> Option<Ipv6Addr> {
    match *bytes {
        [a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d).to_ipv6_mapped()),
        _ => <[u8; 16]>::try_from(bytes).ok().map(Ipv6Addr::from),
    }
}

fn present(value: Bound, of: &str) -> Result<Bytes> {
    match value {
        Bound::Value(value) => Ok(value),
        Bound::Null => Err(problem::invalid(format!("Unsupported null {of}"))),
        Bound::Unset => Err(problem::invalid(format!("Unsupported unset {of}"))),
    }
}

impl<'a> Filter<'a> {
    fn add(&mut self, column: &'a Column, check: Check) {
        let checks = if column.is_partition_key() || column.is_static() {
            &mut self.of_partitions
        } else {
            &mut self.of_rows
        };
        checks.push((column, check));
    }

    /// Whether partitions without rows are left out.
    pub(crate) fn needs_rows(&self) -> bool {
        !self.of_rows.is_empty()
    }

    pub(crate) fn accepts_partition(&self, key: &[Bytes], statics: &Row, now: Now) -> bool {
        self.of_partitions.iter().all(|(column, check)| {
            if column.is_static() && column.is_multi_cell && self.has_dead_parts {
                check.accepts_parts(column, statics.all_parts(column.id), now)
            } else {
                check.accepts(column, key, statics, now)
            }
        })
    }

    pub(crate) fn accepts_row(&self, clustering: &[Bytes], row: &Row, now: Now) -> bool {
        self.of_rows.iter().all(|(column, check)| check.accepts(column, clustering, row, now))
    }
}

impl Check {
    /// `key` is what columns of a key have, `row` what others have.
    fn accepts(&self, column: &Column, key: &[Bytes], row: &Row, now: Now) -> bool {
        match column.kind {
            Kind::PartitionKey(position) | Kind::Clustering { position, .. } => {
                key.get(position).is_some_and(|value| self.accepts_value(column, value))
            }
            _ if column.is_multi_cell => self.accepts_parts(column, row.parts(column.id, now), now),
            _ => {
                let value = row.cell(column.id, now).and_then(|cell| cell.live(now));
                value.is_some_and(|value| self.accepts_value(column, value))
            }
        }
    }

    fn accepts_value(&self, column: &Column, value: &Bytes) -> bool {
        let column_type = &column.column_type;
        let compare = |other: &Bytes| values::compare(column_type, value, other);
        match self {
            Check::Equal(other) => compare(other).is_eq(),
            Check::In(others) => others.iter().any(|other| compare(other).is_eq()),
            Check::Between(bounds) => is_between(bounds, compare),
            Check::BetweenAddresses(bounds) => {
                let of_sixteen = |other: &Bytes| long_address(value).cmp(&long_address(other));
                is_between(bounds, compare) && is_between(bounds, of_sixteen)
            }
            // It leaves out what has no bytes but for some types, and for these when they descend.
            Check::Indexed => {
                let keeps_empty =
                    matches!(column_type, ColumnType::Text | ColumnType::Ascii | ColumnType::Boolean);
                !value.is_empty() || keeps_empty && !column.descends()
            }
            Check::Value(_) | Check::Key(_) | Check::Entry(..) => self.accepts_frozen(column_type, value),
            Check::Never => false,
        }
    }

    fn accepts_frozen(&self, column_type: &ColumnType, value: &Bytes) -> bool {
        match column_type {
            ColumnType::List(of) | ColumnType::Set(of) => {
                let elements = parts::split(value).unwrap_or_default();
                elements.iter().flatten().any(|element| self.accepts_part(None, Some((of, element))))
            }
            ColumnType::Map(types) => {
                let pairs = parts::split_pairs(value).unwrap_or_default();
                pairs.iter().any(|(key, value)| {
                    let key = key.as_ref().map(|key| (&types.0, key));
                    self.accepts_part(key, value.as_ref().map(|value| (&types.1, value)))
                })
            }
            _ => false,
        }
    }

    fn accepts_parts<'r>(
        &self,
        column: &Column,
        mut parts: impl Iterator<Item = (&'r Bytes, &'r Cell)>,
        now: Now,
    ) -> bool {
        let nothing = Bytes::new();
        parts.any(|(path, cell)| {
            let value = cell.live(now).unwrap_or(&nothing);
            match &column.column_type {
                ColumnType::Set(of) => self.accepts_part(None, Some((of, path))),
                ColumnType::List(of) => self.accepts_part(None, Some((&**of, value))),
                ColumnType::Map(types) => self.accepts_part(Some((&types.0, path)), Some((&types.1, value))),
                _ => false,
            }
        })
    }

    /// A part of a collection: its key, if it has one, and its value.
    fn accepts_part(&self, key: Option<(&ColumnType, &Bytes)>, value: Option<(&ColumnType, &Bytes)>) -> bool {
        let is = |part: Option<(&ColumnType, &Bytes)>, other: &Bytes| {
            part.is_some_and(|(of, part)| values::compare(of, part, other).is_eq())
        };
        match self {
            Check::Value(other) => is(value, other),
            Check::Key(other) => is(key, other),
            Check::Entry(other_key, other_value) => is(key, other_key) && is(value, other_value),
            _ => false,
        }
    }
}
