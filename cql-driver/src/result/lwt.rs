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
