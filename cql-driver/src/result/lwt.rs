//! What became of a conditional statement.

use crate::error::{Error, ErrorKind};
use cql_protocol::types::ColumnSpec;
use cql_protocol::value::{FromRow, RowReader};

/// The outcome of a conditional statement (a "lightweight transaction").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a conditional statement may not have been applied"]
#[allow(clippy::exhaustive_enums, reason = "there is no third outcome")]
pub enum Lwt<R> {
    /// The condition held; the change is made.
    Applied,
    /// The condition did not hold; nothing was changed. The values it was compared with, where the server tells them:
    /// it does not for a row that is not there.
    NotApplied(Option<R>),
}

impl<R> Lwt<R> {
    /// Whether the change was made.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        matches!(self, Lwt::Applied)
    }

    /// The values that stood in the way, if it was not applied and the server told them.
    #[must_use]
    pub fn existing(self) -> Option<R> {
        match self {
            Lwt::Applied => None,
            Lwt::NotApplied(existing) => existing,
        }
    }
}

/// Reads the `[applied]` column and, if there are more, the rest of the first row.
pub(super) fn decode<'r, R: FromRow<'r>>(
    columns: &'r [ColumnSpec],
    data: &'r [u8],
    rows_count: usize,
) -> Result<Lwt<R>, Error> {
    let rest = match columns.split_first() {
        Some((first, rest)) if first.name() == "[applied]" && rows_count > 0 => rest,
        _ => return Err(Error::new(ErrorKind::UnexpectedResponse("the statement is not conditional"))),
    };
    let mut row = RowReader::new(columns, data);
    let applied: bool = row.value()?;
    if applied {
        return Ok(Lwt::Applied);
    }
    if rest.is_empty() {
        return Ok(Lwt::NotApplied(None));
    }
    let plan = R::plan(rest)?;
    Ok(Lwt::NotApplied(Some(R::from_row(&plan, &mut row)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cql_protocol::types::{ColumnType, TableSpec};
    use cql_protocol::value::RawRow;
    use std::sync::Arc;

    /// The columns of the row that is there are those behind `[applied]`.
    #[test]
    fn a_raw_row_has_its_own_columns() {
        let table = Arc::new(TableSpec::new("ks", "t"));
        let column = |name: &str, of| ColumnSpec::new(Arc::clone(&table), name, of);
        let columns = [column("[applied]", ColumnType::Boolean), column("id", ColumnType::Int)];
        let data = [0, 0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 0, 7];
        let Lwt::NotApplied(Some(row)) = decode::<RawRow<'_>>(&columns, &data, 1).unwrap() else {
            panic!("it was not applied");
        };
        assert_eq!(row.columns().len(), 1);
        assert_eq!(row.value::<i32>("id").unwrap(), 7);
    }
}
