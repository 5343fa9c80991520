//! What a server answers, in a form that can be compared and shown.

use cql_driver::response::{SchemaChange, SchemaTarget};
use cql_driver::types::{ColumnSpec, ColumnType};
use cql_driver::value::{CqlValue, FromCql as _, RawRow};
use cql_driver::{Error, PreparedStatement, QueryResult};
use std::fmt::{self, Display, Formatter};

/// The answer to a step: to each PREPARE, and to the execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) prepared: Vec<Prepared>,
    pub(crate) outcome: Outcome,
}

/// What is told of a statement that is prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prepared {
    markers: Vec<String>,
    key: Vec<u16>,
    columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Void,
    SchemaChange(String),
    Rows(Rows),
    Error(ServerSaid),
    /// There was no answer.
    Failed(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// With their types.
    pub(crate) columns: Vec<String>,
    types: Vec<ColumnType>,
    pub(crate) rows: Vec<Vec<Option<Vec<u8>>>>,
    /// How many rows each page had.
    pub(crate) pages: Vec<usize>,
}

/// The types, by which rows are shown, are in the columns as well, there without the keyspace's name.
impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        (&self.columns, &self.rows, &self.pages) == (&other.columns, &other.rows, &other.pages)
    }
}

impl Eq for Rows {}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerSaid {
    pub(crate) code: i32,
    pub(crate) message: String,
}

/// Timestamps from the clock are between these.
const CLOCK: std::ops::Range<i64> = 1_500_000_000_000_000..3_000_000_000_000_000;

/// How names of this run's keyspaces are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) keyspace: &'a str,
}

impl Names<'_> {
    fn plain(self, text: &str) -> String {
        // Which of its two names a server says for the function is decided by who asked first.
        text.replace(self.keyspace, "ks").replace("system.tojson(", "system.to_json(")
    }

    /// A cell, without what is of this run alone.
    fn cell(self, column: &ColumnSpec, bytes: &[u8]) -> Vec<u8> {
        if of_clock(column, bytes) {
            return b"clock".to_vec();
        }
        if let Some(same) = no_number(column.column_type(), bytes) {
            return same;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if column.name() == "[json]" && text.contains("writetime") => {
                without_clock(&self.plain(text)).into_bytes()
            }
            Ok(text) if text.contains(self.keyspace) || text.contains("system.tojson(") => {
                self.plain(text).into_bytes()
            }
            _ => bytes.to_vec(),
        }
    }

    fn column(self, column: &ColumnSpec) -> String {
        let name = format!("{}.{}", column.table(), column.name());
        self.plain(&format!("{}.{name} {}", column.keyspace(), spelled(column.column_type())))
    }
}

/// Which of the many NaN is the sum of two is the processor's choice, and the compiler's, who may exchange them.
fn no_number(of: &ColumnType, bytes: &[u8]) -> Option<Vec<u8>> {
    let is_none = match of {
        ColumnType::Float => f32::from_be_bytes(bytes.try_into().ok()?).is_nan(),
        ColumnType::Double => f64::from_be_bytes(bytes.try_into().ok()?).is_nan(),
        _ => false,
    };
    let same =
        if bytes.len() == 4 { f32::NAN.to_be_bytes().to_vec() } else { f64::NAN.to_be_bytes().to_vec() };
    is_none.then_some(same)
}

/// With the fields of user-defined types.
fn spelled(column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::List(element) => format!("list<{}>", spelled(element)),
        ColumnType::Set(element) => format!("set<{}>", spelled(element)),
        ColumnType::Map(pair) => format!("map<{}, {}>", spelled(&pair.0), spelled(&pair.1)),
        ColumnType::Vector(of) => format!("vector<{}, {}>", spelled(of.element()), of.dimensions()),
        ColumnType::Tuple(parts) => {
            format!("tuple<{}>", parts.iter().map(spelled).collect::<Vec<_>>().join(", "))
        }
        ColumnType::Udt(udt) => {
            let fields = udt.fields().iter().map(|(name, of)| format!("{name} {}", spelled(of)));
            format!("{}.{}({})", udt.keyspace(), udt.name(), fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

impl Prepared {
    pub(crate) fn of(statement: &PreparedStatement, names: Names<'_>) -> Self {
        Prepared {
            markers: statement.bind_columns().iter().map(|column| names.column(column)).collect(),
            key: statement.partition_key_indexes().to_vec(),
            columns: statement.result_columns().iter().map(|column| names.column(column)).collect(),
        }
    }
}

impl Outcome {
    pub(crate) fn of_pages(pages: &[QueryResult], names: Names<'_>) -> Self {
        let [first, ..] = pages else { return Outcome::Failed("no page".to_owned()) };
        if let Some(change) = first.schema_change() {
            return Outcome::SchemaChange(names.plain(&told(change)));
        }
        if !first.has_rows() {
            return Outcome::Void;
        }
        let specs = first.columns();
        let mut rows = Rows {
            columns: specs.iter().map(|column| names.column(column)).collect(),
            types: specs.iter().map(|column| column.column_type().clone()).collect(),
            rows: Vec::new(),
            pages: pages.iter().map(QueryResult::rows_count).collect(),
        };
        for page in pages {
            let Ok(raw) = page.rows::<RawRow<'_>>() else { return Outcome::Failed("no rows".to_owned()) };
            for row in raw {
                let Ok(row) = row else { return Outcome::Failed("rows that cannot be read".to_owned()) };
                let cells = row.iter().map(|(column, bytes)| bytes.map(|bytes| names.cell(column, bytes)));
                rows.rows.push(cells.collect());
            }
        }
        Outcome::Rows(rows)
    }

    pub(crate) fn of_error(error: &Error, names: Names<'_>) -> Self {
        match error.server_error() {
            Some(said) => {
                Outcome::Error(ServerSaid { code: said.code.code(), message: names.plain(&said.message) })
            }
            None => Outcome::Failed(names.plain(&format!("{:?}", error.kind()))),
        }
    }

    /// Whether the server was too busy to say what it thinks of the statement.
    pub(crate) fn is_overload(&self) -> bool {
        match self {
            Outcome::Error(said) => matches!(said.code, 0x1000..=0x12FF | 0x1500 | 0x1700),
            Outcome::Failed(text) => text.contains("Timeout"),
            _ => false,
        }
    }

    /// Whether the server stumbled over something of its own: nothing is to be learned from that.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            Outcome::Error(said) => said.code == 0 || said.code == 0x1300 && said.message.contains("UNKNOWN"),
            _ => false,
        }
    }

    /// Whether an index is not there yet: they are built after the statement that creates them has returned.
    pub(crate) fn waits_for_index(&self) -> bool {
        matches!(self, Outcome::Error(said) if said.code == 0x1300 && said.message.contains("INDEX_NOT_AVAILABLE"))
    }

    /// What the engine says it does not do.
    pub(crate) fn unsupported(&self) -> Option<&str> {
        match self {
            Outcome::Error(said) => said.message.strip_prefix("cql-testkit does not support "),
            _ => None,
        }
    }
}

/// Whether a cell is a timestamp that the server has made, for a conditional write: no two are the same.
fn of_clock(column: &ColumnSpec, bytes: &[u8]) -> bool {
    column.name().contains("writetime")
        && bytes.windows(8).any(|eight| {
            let number = <[u8; 8]>::try_from(eight).map_or(0, i64::from_be_bytes);
            CLOCK.contains(&number)
        })
}

/// A text without the numbers that are timestamps of the clock.
fn without_clock(text: &str) -> String {
    let words = text.split_inclusive(|char: char| !char.is_ascii_digit());
    let words = words.map(|word| {
        let digits = word.trim_end_matches(|char: char| !char.is_ascii_digit());
        match digits.parse::<i64>() {
            Ok(number) if CLOCK.contains(&number) => word.replace(digits, "clock"),
            _ => word.to_owned(),
        }
    });
    words.collect()
}

fn told(change: &SchemaChange) -> String {
    let target = match &change.target {
        SchemaTarget::Keyspace { keyspace } => format!("keyspace {keyspace}"),
        SchemaTarget::Table { keyspace, name } => format!("table {keyspace}.{name}"),
        SchemaTarget::Type { keyspace, name } => format!("type {keyspace}.{name}"),
        other => format!("{other:?}"),
    };
    format!("{:?} {target}", change.kind)
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Void => f.write_str("void"),
            Outcome::SchemaChange(change) => write!(f, "schema change {change}"),
            Outcome::Error(said) => write!(f, "error {:#06x} {}", said.code, said.message),
            Outcome::Failed(why) => write!(f, "failed {why}"),
            Outcome::Rows(rows) => rows.fmt(f),
        }
    }
}

impl Display for Rows {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "rows [{}]", self.columns.join("; "))?;
        if self.pages.len() > 1 {
            write!(f, " in pages of {:?}", self.pages)?;
        }
        self.rows.iter().take(SHOWN).try_for_each(|row| self.line(f, row))?;
        if self.rows.len() > SHOWN {
            write!(f, "\n        and {} more", self.rows.len() - SHOWN)?;
        }
        Ok(())
    }
}

/// Rows that are shown of an answer.
const SHOWN: usize = 12;

impl Rows {
    fn line(&self, f: &mut Formatter<'_>, row: &[Option<Vec<u8>>]) -> fmt::Result {
        let cells = row.iter().zip(&self.types).map(|(cell, of)| shown(cell.as_deref(), of));
        write!(f, "\n        {}", cells.collect::<Vec<_>>().join(" | "))
    }

    /// Without the rows before the first that is another one in `other`.
    fn behind_the_same(&self, other: &Rows) -> Rows {
        let same = self.rows.iter().zip(&other.rows).take_while(|(one, two)| one == two).count();
        Rows { rows: self.rows[same..].to_vec(), ..self.clone() }
    }
}

/// Two answers without the rows that are the same at their beginning.
pub(crate) fn without_same_rows(one: &Answer, two: &Answer) -> (Answer, Answer) {
    let (mut first, mut second) = (one.clone(), two.clone());
    if let (Outcome::Rows(one), Outcome::Rows(two)) = (&one.outcome, &two.outcome) {
        first.outcome = Outcome::Rows(one.behind_the_same(two));
        second.outcome = Outcome::Rows(two.behind_the_same(one));
    }
    (first, second)
}

/// A cell as a literal, in bytes where it is no value of its type.
fn shown(cell: Option<&[u8]>, of: &ColumnType) -> String {
    let Some(bytes) = cell else { return "null".to_owned() };
    match CqlValue::from_cql(of, Some(bytes)) {
        _ if bytes == b"clock" => "(clock)".to_owned(),
        Ok(value) => value.to_string(),
        Err(_) => CqlValue::Blob(bytes.to_vec()).to_string(),
    }
}

impl Display for Prepared {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Prepared { markers, key, columns } = self;
        write!(f, "markers [{}] key {key:?} result [{}]", markers.join("; "), columns.join("; "))
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for prepared in &self.prepared {
            write!(f, "{prepared}; ")?;
        }
        self.outcome.fmt(f)
    }
}
