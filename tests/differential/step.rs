//! One statement of a sequence and how it is sent; as text, so that what was found can be kept in the corpus.

use cql_driver::types::ColumnSpec;
use cql_driver::value::{BindError, BindRow, ValuesWriter};
use std::fmt::{self, Display, Formatter};

/// A value for a marker, in bytes: also such as are no value of the marker's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
    Null,
    Unset,
}

/// A statement with the values of its markers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Bound {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

/// By which message a step goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Way {
    #[default]
    Query,
    Prepared,
    /// BATCH, of a kind.
    Logged,
    Unlogged,
    Counter,
}

/// A statement, or those of a BATCH message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Step {
    pub(crate) way: Way,
    pub(crate) statements: Vec<Bound>,
    /// Of the message, in microseconds.
    pub(crate) timestamp: i64,
    /// Seconds after the run began.
    pub(crate) now: i32,
    /// Rows of a page, where it is to be read by pages.
    pub(crate) page: Option<u32>,
}

/// Timestamps that texts do not say begin here: above those they say, and far below the clock's.
pub(crate) const FIRST_TIMESTAMP: i64 = 1_000;

impl Step {
    pub(crate) fn query(text: impl Into<String>) -> Self {
        let statements = vec![Bound { text: text.into(), values: Vec::new() }];
        Step { statements, timestamp: FIRST_TIMESTAMP, ..Step::default() }
    }

    /// Whether nothing can be different afterwards.
    pub(crate) fn reads(&self) -> bool {
        self.statements.iter().all(|bound| bound.text.starts_with("SELECT"))
    }

    /// Whether the text has the word.
    pub(crate) fn names(&self, word: &str) -> bool {
        let is_part = |char: char| char.is_alphanumeric() || char == '_';
        self.statements.iter().any(|bound| bound.text.split(|char| !is_part(char)).any(|part| part == word))
    }

    /// From the lines that [`Step`] is shown as, one for each statement; `None` at their end.
    pub(crate) fn read<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut step = Step { timestamp: FIRST_TIMESTAMP, ..Step::default() };
        let mut missing = 1;
        let mut values = Vec::new();
        for line in lines {
            if let Some(words) = line.strip_prefix("-- @") {
                for word in words.split_whitespace() {
                    let (name, value) = word.split_once('=').unwrap_or((word, ""));
                    match name {
                        "query" => step.way = Way::Query,
                        "prepared" => step.way = Way::Prepared,
                        "logged" => (step.way, missing) = (Way::Logged, number(value)),
                        "unlogged" => (step.way, missing) = (Way::Unlogged, number(value)),
                        "counter" => (step.way, missing) = (Way::Counter, number(value)),
                        "ts" => step.timestamp = number(value),
                        "now" => step.now = number(value),
                        "page" => step.page = Some(number(value)),
                        "bind" => values = value.split(',').map(Value::read).collect(),
                        other => panic!("`{other}` is nothing that a step has: {line}"),
                    }
                }
            } else if !line.trim().is_empty() && !line.starts_with("--") {
                let text = line.strip_suffix(';').unwrap_or(line).to_owned();
                step.statements.push(Bound { text, values: std::mem::take(&mut values) });
                if step.statements.len() == missing {
                    return Some(step);
                }
            }
        }
        None
    }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap_or_else(|| panic!("`{text}` is no number"))
}

impl Value {
    fn read(text: &str) -> Self {
        match text {
            "null" => Value::Null,
            "unset" => Value::Unset,
            hex => {
                let digits = hex.strip_prefix("0x").unwrap_or_else(|| panic!("`{hex}` is no value"));
                let byte =
                    |at: usize| digits.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
                Value::Bytes((0..digits.len()).step_by(2).map(|at| byte(at).expect("two digits")).collect())
            }
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Unset => f.write_str("unset"),
            Value::Bytes(bytes) => {
                f.write_str("0x")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "-- @")?;
        match self.way {
            Way::Query => f.write_str("query")?,
            Way::Prepared => f.write_str("prepared")?,
            Way::Logged => write!(f, "logged={}", self.statements.len())?,
            Way::Unlogged => write!(f, "unlogged={}", self.statements.len())?,
            Way::Counter => write!(f, "counter={}", self.statements.len())?,
        }
        write!(f, " ts={} now={}", self.timestamp, self.now)?;
        if let Some(page) = self.page {
            write!(f, " page={page}")?;
        }
        for bound in &self.statements {
            if !bound.values.is_empty() {
                let values: Vec<String> = bound.values.iter().map(Value::to_string).collect();
                write!(f, "\n-- @bind={}", values.join(","))?;
            }
            write!(f, "\n{};", bound.text)?;
        }
        Ok(())
    }
}

/// The values as they are: what a server says of them is what is compared.
impl BindRow for Bound {
    fn bind(&self, _: &[ColumnSpec], values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        self.bind_untyped(values)
    }

    fn bind_untyped(&self, values: &mut ValuesWriter<'_>) -> Result<(), BindError> {
        let mut encoded = Vec::new();
        for value in &self.values {
            let length = match value {
                Value::Bytes(bytes) => i32::try_from(bytes.len()).expect("values are short"),
                Value::Null => -1,
                Value::Unset => -2,
            };
            encoded.extend_from_slice(&length.to_be_bytes());
            if let Value::Bytes(bytes) = value {
                encoded.extend_from_slice(bytes);
            }
        }
        values.encoded(u16::try_from(self.values.len()).expect("values are few"), &encoded)
    }
}
