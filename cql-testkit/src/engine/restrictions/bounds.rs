//! The partitions and ranges of rows that conditions leave, for the values that are bound.

use super::relation::{Limit, Restriction, Test, Value, Values, position};
use super::{Restrictions, Slice};
use crate::engine::problem::{self, Result};
use crate::engine::schema::Column;
use crate::engine::storage::{Clustering, Edge, Key};
use crate::engine::terms::{Bindings, Term};
use crate::engine::values::{self, parts};
use crate::request::Bound;
use bytes::Bytes;
use std::cmp::Ordering;

/// How many keys or ranges the values behind IN may make together.
const MOST_COMBINATIONS: usize = 100_000;

impl Restrictions {
    /// The partitions that are named, each once and in the order of their values; `None` when not all columns of the
    /// partition key are restricted to values.
    pub(crate) fn keys(&self, bindings: Bindings<'_>) -> Result<Option<Vec<Key>>> {
        let columns = self.table.partition_key();
        if self.partition.len() != columns.len() || !self.partition.iter().all(Restriction::is_equality) {
            return Ok(None);
        }
        if let ([restriction], [column]) = (self.partition.as_slice(), columns)
            && let Test::Equal(Value::Each(terms)) = &restriction.test
            && let [term] = terms.as_slice()
        {
            let value = condition_value(term, column, bindings)?;
            let keys = vec![key(&[value])?];
            return self.in_ring(keys, bindings).map(Some);
        }
        let mut combinations = vec![Vec::new()];
        for (restriction, column) in self.partition.iter().zip(columns) {
            // Behind an IN that names nothing, nothing is looked at.
            if combinations.is_empty() {
                break;
            }
            let values = self.equal_values(restriction, bindings)?;
            combinations = product(&combinations, in_order(values, std::slice::from_ref(column)))?;
        }
        let keys = combinations.iter().map(|values| key(values)).collect::<Result<Vec<_>>>()?;
        self.in_ring(keys, bindings).map(Some)
    }

    /// The rows within each partition, in their order and without overlaps; all without conditions on clustering columns.
    /// Conditions behind a column that is not restricted are left out.
    pub(crate) fn slices(&self, bindings: Bindings<'_>) -> Result<Vec<Slice>> {
        let (order, columns) = (&self.table.order, self.table.clustering());
        let mut prefixes = vec![Vec::new()];
        let mut next = self.clustering_columns().start;
        for restriction in &self.clustering {
            if prefixes.is_empty() || restriction.first != next || restriction.is_contains() {
                break;
            }
            if let Test::Slice { start, end } = &restriction.test {
                return self.ranges(&prefixes, restriction, (start, end), bindings);
            }
            let from = restriction.first - self.clustering_columns().start;
            let columns = columns.get(from..from + restriction.len).unwrap_or_default();
            let values = self.equal_values(restriction, bindings)?;
            prefixes = product(&prefixes, in_order(values, columns))?;
            next += restriction.len;
        }
        let slice = |values: Vec<Bytes>| {
            if values.len() == order.len() {
                return Slice::Row(Clustering::row(values, order));
            }
            let from = Clustering::edge(values.clone(), Edge::Before, order);
            Slice::Range(from, Clustering::edge(values, Edge::Behind, order))
        };
        Ok(prefixes.into_iter().map(slice).collect())
    }

    /// The values that `=` or IN leave.
    pub(super) fn equal_values(
        &self,
        restriction: &Restriction,
        bindings: Bindings<'_>,
    ) -> Result<Vec<Vec<Bytes>>> {
        let columns = self.table.columns.get(restriction.columns()).unwrap_or_default();
        match &restriction.test {
            Test::Equal(value) => {
                let values = values_of(value, bindings)?;
                let message = match value {
                    Value::Each(_) if !restriction.is_multi => "in condition for",
                    _ => "for",
                };
                let zipped = values.into_iter().zip(columns);
                let values = zipped.map(|(value, column)| not_null(value, column, message));
                Ok(vec![values.collect::<Result<_>>()?])
            }
            Test::In(Values::Several(several)) => {
                let values = several.iter().map(|value| in_value(values_of(value, bindings)?, columns));
                values.collect()
            }
            Test::In(Values::List(list)) => listed(list, restriction, columns, bindings),
            Test::Slice { .. } | Test::Contains { .. } => Ok(Vec::new()),
        }
    }

    fn ranges(
        &self,
        prefixes: &[Vec<Bytes>],
        restriction: &Restriction,
        (start, end): (&Limit, &Limit),
        bindings: Bindings<'_>,
    ) -> Result<Vec<Slice>> {
        let columns = self.table.columns.get(restriction.columns()).unwrap_or_default();
        let bound = |bound: &Limit| {
            let Some((value, is_inclusive)) = bound else { return Ok(None) };
            let values = values_of(value, bindings)?;
            // The server takes null for a value before all others.
            if self.reads && !restriction.is_multi && matches!(values.as_slice(), [Bound::Null]) {
                return Ok(Some((Vec::new(), *is_inclusive)));
            }
            let values = values.into_iter().zip(columns);
            let values = values.map(|(value, column)| not_null(value, column, "in condition for"));
            Ok(Some((values.collect::<Result<Vec<_>>>()?, *is_inclusive)))
        };
        let (start, end) = (bound(start)?, bound(end)?);
        // Each column of a bound makes a range with the values of all before it.
        check_combinations(columns.len(), prefixes.len().max(columns.len()))?;
        let mut slices = Vec::new();
        for prefix in prefixes {
            let mut ranges = self.half(prefix, columns, start.as_ref(), true);
            let ends = self.half(prefix, columns, end.as_ref(), false);
            ranges = ranges.iter().flat_map(|one| ends.iter().filter_map(|two| common(one, two))).collect();
            ranges.sort();
            slices.extend(ranges.into_iter().map(|(from, to)| Slice::Range(from, to)));
        }
        Ok(slices)
    }

    /// What is above a bound, or below it: one range for each column of the bound, since columns may descend.
    /// `(a, b) > (1, 2)` is `a = 1 AND b > 2`, or `a > 1`.
    fn half(
        &self,
        prefix: &[Bytes],
        columns: &[Column],
        bound: Option<&(Vec<Bytes>, bool)>,
        is_above: bool,
    ) -> Vec<(Clustering, Clustering)> {
        let order = &self.table.order;
        let edge = |values: &[Bytes], edge: Edge| Clustering::edge(values.to_vec(), edge, order);
        let Some((values, is_inclusive)) = bound else {
            return vec![(edge(prefix, Edge::Before), edge(prefix, Edge::Behind))];
        };
        let descends_at =
            |column: &Column| order.get(position(column)).is_some_and(|(_, descends)| *descends);
        if values.is_empty() {
            let is_start = columns.first().is_some_and(|column| is_above != descends_at(column));
            let whole = (edge(prefix, Edge::Before), edge(prefix, Edge::Behind));
            return if is_start { vec![whole] } else { Vec::new() };
        }
        let mut ranges = Vec::with_capacity(values.len());
        for (at, column) in columns.iter().enumerate().take(values.len()) {
            let shared = [prefix, values.get(..at).unwrap_or_default()].concat();
            let whole = [prefix, values.get(..=at).unwrap_or_default()].concat();
            let includes = *is_inclusive && at + 1 == values.len();
            ranges.push(if is_above != descends_at(column) {
                let from = edge(&whole, if includes { Edge::Before } else { Edge::Behind });
                (from, edge(&shared, Edge::Behind))
            } else {
                let to = edge(&whole, if includes { Edge::Behind } else { Edge::Before });
                (edge(&shared, Edge::Before), to)
            });
        }
        ranges
    }
}

/// What two ranges have in common.
fn common(
    one: &(Clustering, Clustering),
    two: &(Clustering, Clustering),
) -> Option<(Clustering, Clustering)> {
    let from = if one.0 >= two.0 { &one.0 } else { &two.0 };
    let to = if one.1 <= two.1 { &one.1 } else { &two.1 };
    (from < to).then(|| (from.clone(), to.clone()))
}

/// Refuses keys of no bytes.
pub(crate) fn check_keys(keys: &[Key]) -> Result<()> {
    match keys.iter().any(|key| key.bytes.is_empty()) {
        true => Err(problem::invalid("Key may not be empty")),
        false => Ok(()),
    }
}

/// The key of these values.
fn key(values: &[Bytes]) -> Result<Key> {
    let key = Key::of_values(values).filter(|key| u16::try_from(key.bytes.len()).is_ok());
    let Some(key) = key else {
        let longest = values.iter().map(Bytes::len).sum::<usize>();
        let length = if values.len() == 1 { longest } else { longest + 3 * values.len() };
        let message = format!("Key length of {length} is longer than maximum of 65535");
        return Err(problem::invalid(message));
    };
    Ok(key)
}

/// Values in the order of rows, or of partition keys, each once.
fn in_order(mut values: Vec<Vec<Bytes>>, columns: &[Column]) -> Vec<Vec<Bytes>> {
    let compare = |one: &Vec<Bytes>, two: &Vec<Bytes>| {
        for ((one, two), column) in one.iter().zip(two).zip(columns) {
            let ordering = values::compare(&column.column_type, one, two);
            if ordering.is_ne() {
                return if column.descends() { ordering.reverse() } else { ordering };
            }
        }
        Ordering::Equal
    };
    if values.len() > 1 {
        values.sort_by(compare);
        values.dedup_by(|one, two| compare(one, two).is_eq());
    }
    values
}

/// Every prefix with every one of the values behind it.
fn product(prefixes: &[Vec<Bytes>], values: Vec<Vec<Bytes>>) -> Result<Vec<Vec<Bytes>>> {
    if let [prefix] = prefixes
        && prefix.is_empty()
    {
        return Ok(values);
    }
    check_combinations(prefixes.len(), values.len())?;
    let joined = |prefix: &Vec<Bytes>, value: &Vec<Bytes>| [prefix.as_slice(), value.as_slice()].concat();
    Ok(prefixes.iter().flat_map(|prefix| values.iter().map(move |value| joined(prefix, value))).collect())
}

/// Refuses so many of one thing with each of so many of another that memory or time may not be enough.
pub(crate) fn check_combinations(one: usize, other: usize) -> Result<()> {
    if one > 1 && other > 1 && one.saturating_mul(other) > MOST_COMBINATIONS {
        return Err(problem::unsupported("so many combinations of the values of IN"));
    }
    Ok(())
}

/// The value of a condition, which cannot be null.
pub(super) fn condition_value(term: &Term, column: &Column, bindings: Bindings<'_>) -> Result<Bytes> {
    not_null(term.evaluate(bindings)?, column, "in condition for")
}

fn not_null(value: Bound, column: &Column, of: &str) -> Result<Bytes> {
    match value {
        Bound::Value(value) => Ok(value),
        Bound::Null => Err(problem::invalid(format!("Invalid null value {of} column {}", column.name))),
        Bound::Unset => Err(problem::invalid(format!("Invalid unset value for column {}", column.name))),
    }
}

/// A value of IN.
fn in_value(values: Vec<Bound>, columns: &[Column]) -> Result<Vec<Bytes>> {
    if let ([_], [column]) = (values.as_slice(), columns) {
        return values.into_iter().map(|value| not_null(value, column, "in condition for")).collect();
    }
    let of_columns = || {
        let names = columns.iter().map(|column| &*column.name).collect::<Vec<_>>();
        format!("columns: [{}]", names.join(", "))
    };
    values
        .into_iter()
        .map(|value| match value {
            Bound::Value(value) => Ok(value),
            Bound::Null => {
                Err(problem::invalid(format!("Invalid null value in condition for {}", of_columns())))
            }
            Bound::Unset => Err(problem::invalid(format!("Invalid unset value for {}", of_columns()))),
        })
        .collect()
}

/// The values of one marker behind IN.
fn listed(
    list: &Term,
    restriction: &Restriction,
    columns: &[Column],
    bindings: Bindings<'_>,
) -> Result<Vec<Vec<Bytes>>> {
    let name = columns.first().map_or("", |column| &column.name);
    let list = match list.evaluate(bindings)? {
        Bound::Value(list) => list,
        Bound::Null if restriction.is_multi => {
            return Err(problem::invalid("Invalid null value for IN restriction"));
        }
        Bound::Null => return Err(problem::invalid(format!("Invalid null value for column {name}"))),
        Bound::Unset => return Err(problem::invalid(format!("Invalid unset value for column {name}"))),
    };
    let elements = parts::split(&list).ok_or_else(|| problem::invalid("Not enough bytes to read a list"))?;
    let bound = |element: Option<Bytes>| element.map_or(Bound::Null, Bound::Value);
    let values = elements.into_iter().map(|element| {
        if !restriction.is_multi {
            return in_value(vec![bound(element)], columns);
        }
        let element = element.unwrap_or_default();
        in_value(tuple_parts(&element, columns.len())?, columns)
    });
    values.collect()
}

/// As many values as a tuple has columns.
fn tuple_parts(tuple: &Bytes, len: usize) -> Result<Vec<Bound>> {
    let fields =
        parts::split_fields(tuple).ok_or_else(|| problem::invalid("Not enough bytes to read a tuple"))?;
    let mut fields = fields.into_iter().map(|field| field.map_or(Bound::Null, Bound::Value));
    Ok((0..len).map(|_| fields.next().unwrap_or(Bound::Null)).collect())
}

/// The values of a condition, one for each column.
pub(super) fn values_of(value: &Value, bindings: Bindings<'_>) -> Result<Vec<Bound>> {
    match value {
        Value::Each(terms) => terms.iter().map(|term| term.evaluate(bindings)).collect(),
        Value::Whole(term, len) => match term.evaluate(bindings)? {
            Bound::Value(tuple) => tuple_parts(&tuple, *len),
            other => Ok(vec![other; *len]),
        },
    }
}
