//! What is answered to which statements.

use super::registry::{Known, Registry};
use super::{ErrorCode, ErrorDetails, Operation};
use crate::model::{Model, Nulls, RowWriter, WriteRow};
use crate::value::{Cell, split};
use cql_driver::ProtocolVersion;
use cql_driver::types::{ColumnSpec, ColumnType};
use cql_driver::value::{Encoded, ToCql, ValueError, ValuesWriter};
use cql_testkit::{Reply, Rows};
use std::sync::Arc;

/// Which statements.
#[derive(Debug, Clone)]
pub(super) enum Matches {
    Text(String),
    Any(&'static str, Operation),
}

/// What they are answered.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// Pages of rows; a statement that returns none is done.
    Pages(Vec<Vec<Row>>),
    Applied,
    NotApplied(Option<Row>),
    Code(ErrorCode, String),
    Details(ErrorDetails),
    Nothing,
}

/// The stored columns of a row by their names, encoded.
pub(super) type Row = Arc<[(&'static str, ColumnType, Option<Vec<u8>>)]>;

/// What is answered to a statement: from [`MockDb::on`](super::MockDb::on).
#[derive(Debug)]
#[must_use = "it says nothing before `returns`, `succeeds`, `applied` or another answer"]
pub struct On<'m> {
    registry: &'m Registry,
    matches: Matches,
    once: bool,
}

impl<'m> On<'m> {
    pub(super) fn new(registry: &'m Registry, matches: Matches) -> Self {
        On { registry, matches, once: false }
    }

    /// The answer holds for one call; after it, that which was said before.
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Those rows. Of each, the columns that the statement asks for; a statement that counts gets their number.
    ///
    /// # Panics
    /// When a value is outside of what its column can hold.
    pub fn returns<M: WriteRow>(self, rows: impl IntoIterator<Item = M>) {
        self.returns_pages([rows]);
    }

    /// Those pages of rows.
    ///
    /// # Panics
    /// As [`On::returns`].
    pub fn returns_pages<M: WriteRow, P: IntoIterator<Item = M>>(self, pages: impl IntoIterator<Item = P>) {
        let pages = pages.into_iter().map(|page| page.into_iter().map(|row| encoded(&row)).collect());
        self.answer(Answer::Pages(pages.collect()));
    }

    /// No row is there; what writes is done.
    pub fn succeeds(self) {
        self.answer(Answer::Pages(vec![Vec::new()]));
    }

    /// The conditions held.
    pub fn applied(self) {
        self.answer(Answer::Applied);
    }

    /// The conditions did not hold, as the row that is there shows.
    ///
    /// # Panics
    /// As [`On::returns`].
    #[allow(clippy::needless_pass_by_value, reason = "as rows are given everywhere here")]
    pub fn not_applied<M: WriteRow>(self, existing: M) {
        let row = encoded(&existing);
        self.answer(Answer::NotApplied(Some(row)));
    }

    /// The conditions did not hold, as there is no row.
    pub fn not_applied_without_row(self) {
        self.answer(Answer::NotApplied(None));
    }

    /// An error of the server's.
    pub fn fails(self, code: ErrorCode, message: impl Into<String>) {
        self.answer(Answer::Code(code, message.into()));
    }

    /// An error of the server's that has more to tell than its code: a timeout of the write, nodes that are not there.
    pub fn fails_with(self, details: ErrorDetails) {
        self.answer(Answer::Details(details));
    }

    /// No answer comes, so that the call's timeout ends it.
    pub fn is_silent(self) {
        self.answer(Answer::Nothing);
    }

    fn answer(self, answer: Answer) {
        self.registry.expect(self.matches, answer, self.once);
    }
}

impl Answer {
    /// Whether it answers a condition.
    pub(super) fn is_conditional(&self) -> bool {
        matches!(self, Answer::Applied | Answer::NotApplied(_))
    }

    /// As the node sends it to that statement.
    pub(super) fn reply(&self, statement: &Known) -> Reply {
        let Known { keyspace, table, columns, is_count, .. } = statement;
        let rows = |rows: &[Row]| {
            let specs = columns.iter().map(|(name, of)| (name.clone(), of.clone()));
            rows.iter().fold(Rows::of_table(keyspace, table, specs), |all, row| push(all, columns, row))
        };
        match self {
            Answer::Pages(_) if columns.is_empty() => Reply::void(),
            Answer::Pages(pages) if *is_count => {
                let count: usize = pages.iter().map(Vec::len).sum();
                let one = Rows::of_table(keyspace, table, [("count", ColumnType::BigInt)]);
                Reply::rows(one.row((i64::try_from(count).unwrap_or(i64::MAX),)))
            }
            Answer::Pages(pages) if pages.len() == 1 => Reply::rows(rows(&pages[0])),
            Answer::Pages(pages) => Reply::pages(pages.iter().map(|page| rows(page)).collect::<Vec<_>>()),
            Answer::Applied => Reply::applied(),
            Answer::NotApplied(row) => Reply::conditional(not_applied(keyspace, table, row.as_ref())),
            Answer::Code(code, message) => Reply::error_code(*code, message),
            Answer::Details(details) => Reply::error_details(details.clone()),
            Answer::Nothing => Reply::nothing(),
        }
    }
}

fn not_applied(keyspace: &str, table: &str, row: Option<&Row>) -> Rows {
    let mut columns: Vec<(Box<str>, ColumnType)> = vec![("[applied]".into(), ColumnType::Boolean)];
    columns
        .extend(row.into_iter().flat_map(|row| row.iter().map(|(name, of, _)| ((*name).into(), of.clone()))));
    let rows = Rows::of_table(keyspace, table, columns.clone());
    let none: Row = Arc::from([]);
    push(rows, &columns, row.unwrap_or(&none)).with(0, "[applied]", false)
}

/// Adds a row; columns that it has not are null.
fn push(rows: Rows, columns: &[(Box<str>, ColumnType)], row: &Row) -> Rows {
    let cells: Vec<AsIs> = columns
        .iter()
        .map(|(name, _)| {
            let found = row.iter().find(|(known, ..)| *known == &**name);
            AsIs(found.and_then(|(.., bytes)| bytes.clone()))
        })
        .collect();
    rows.row(cells.as_slice())
}

/// Bytes that are a value already.
struct AsIs(Option<Vec<u8>>);

impl ToCql for AsIs {
    fn to_cql(&self, _: &ColumnType, out: &mut Vec<u8>) -> Result<Encoded, ValueError> {
        match &self.0 {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                Ok(Encoded::Value)
            }
            None => Ok(Encoded::Null),
        }
    }

    fn natural_type(&self) -> Option<ColumnType> {
        None
    }
}

/// The columns of a row, as they are stored.
#[allow(clippy::panic, reason = "a test that says what cannot be is told so where it says it")]
fn encoded<M: WriteRow>(row: &M) -> Row {
    let meta = <M as Model>::META;
    let table = Arc::new(cql_driver::types::TableSpec::new("", meta.table));
    let markers: Vec<ColumnSpec> = meta
        .stored()
        .map(|(_, column)| ColumnSpec::new(Arc::clone(&table), column.name, column.type_def.column_type("")))
        .collect();
    let mut bytes = Vec::new();
    let mut values = ValuesWriter::new(&mut bytes, ProtocolVersion::V5);
    if let Err(error) = row.write_row(&mut RowWriter::new(&mut values, &markers, Nulls::Write, false)) {
        panic!("the row of {} cannot be stored: {error}", meta.table);
    }
    let _ = values.finish();
    let cells = split(bytes.get(2..).unwrap_or_default());
    meta.stored()
        .zip(markers.iter().zip(cells))
        .map(|((_, column), (marker, cell))| {
            let bytes = if let Cell::Value(bytes) = cell { Some(bytes.to_vec()) } else { None };
            (column.name, marker.column_type().clone(), bytes)
        })
        .collect()
}
