//! Which conditions an index allows.

use super::relation::{Restriction, Test};
use crate::engine::schema::{Column, Index, Table};
use crate::engine::syntax::ast::TargetOf;
use cql_protocol::types::ColumnType;

/// What is asked of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Equal,
    In,
    Slice,
    Contains,
    ContainsKey,
    Entry,
}

/// Whether an index is of the kind that is attached to the data files.
pub(crate) fn is_attached(index: &Index) -> bool {
    index.class.as_deref().is_some_and(|class| {
        let class = class.rsplit('.').next().unwrap_or(class);
        class.eq_ignore_ascii_case("sai") || class.eq_ignore_ascii_case("StorageAttachedIndex")
    })
}

/// The indexes that answer a restriction, or a part of it, with the columns they are on.
pub(super) fn answering<'t>(
    restriction: &Restriction,
    table: &'t Table,
) -> impl Iterator<Item = (&'t Column, &'t Index)> {
    let columns = table.columns.get(restriction.columns()).unwrap_or_default();
    let asked = asked(&restriction.test);
    // A condition on several columns is answered by an index on one of them.
    let pairs = columns.iter().flat_map(|column| table.indexes.iter().map(move |index| (column, index)));
    pairs.filter(move |(column, index)| {
        index.target.column == *column.name && asked.iter().any(|asked| supports(index, column, *asked))
    })
}

/// Whether an index answers a restriction, or a part of it.
pub(super) fn is_indexed(restriction: &Restriction, table: &Table) -> bool {
    answering(restriction, table).next().is_some()
}

/// Whether one of these indexes answers a restriction, so that nothing is filtered for it.
pub(super) fn is_answered(restriction: &Restriction, table: &Table, indexes: &[&Index]) -> bool {
    let columns = table.columns.get(restriction.columns()).unwrap_or_default();
    let asked = asked(&restriction.test);
    // Attached indexes find all parts of a collection at once; others filter for all but one.
    let parts = match &restriction.test {
        Test::Contains { values, keys, entries } => values.len() + keys.len() + entries.len(),
        _ => 1,
    };
    columns.iter().all(|column| {
        indexes.iter().any(|index| {
            index.target.column == *column.name
                && (parts == 1 || is_attached(index))
                && asked.iter().any(|asked| supports(index, column, *asked))
        })
    })
}

fn asked(test: &Test) -> Vec<Asked> {
    match test {
        Test::Equal(_) => vec![Asked::Equal],
        Test::In(_) => vec![Asked::In],
        Test::Slice { .. } => vec![Asked::Slice],
        Test::Contains { values, keys, entries } => {
            let of = |has: bool, asked: Asked| has.then_some(asked);
            [
                of(!values.is_empty(), Asked::Contains),
                of(!keys.is_empty(), Asked::ContainsKey),
                of(!entries.is_empty(), Asked::Entry),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
    }
}

fn supports(index: &Index, column: &Column, asked: Asked) -> bool {
    use ColumnType::{List, Map, Set};
    let is_collection = column.is_multi_cell && matches!(column.column_type, List(_) | Set(_) | Map(_));
    let of = match index.target.of {
        // Of a collection that is not frozen, the values are indexed when nothing is said.
        TargetOf::Plain if is_collection => TargetOf::Values,
        of => of,
    };
    match of {
        TargetOf::Values => asked == Asked::Contains,
        TargetOf::Keys => asked == Asked::ContainsKey,
        TargetOf::Entries => asked == Asked::Entry,
        TargetOf::Full => asked == Asked::Equal,
        TargetOf::Plain => match asked {
            Asked::Equal => !is_attached(index) || !matches!(column.column_type, ColumnType::Vector(..)),
            Asked::Slice => is_attached(index) && has_ranges(column),
            _ => false,
        },
    }
}

/// Whether an attached index answers ranges of a column. Those of UUIDs have no ranges, which a server does not see when they
/// descend.
fn has_ranges(column: &Column) -> bool {
    use ColumnType as Is;
    matches!(
        column.column_type,
        Is::BigInt
            | Is::Int
            | Is::SmallInt
            | Is::TinyInt
            | Is::Varint
            | Is::Decimal
            | Is::Double
            | Is::Float
            | Is::Timestamp
            | Is::Date
            | Is::Time
            | Is::TimeUuid
            | Is::Inet
    ) || column.descends() && column.column_type == Is::Uuid
}
