//! Prepared statements: what they bind and return, and which of them a node knows.

use crate::cql::{self, Token};
#[cfg(feature = "engine")]
use crate::engine::Prepared;
use crate::topology::{Column, Table};
use bytes::Bytes;
use cql_protocol::types::{ColumnSpec, ColumnType, TableSpec};
use std::collections::HashMap;
use std::sync::Arc;

/// The declaration of a statement: its bind markers and result columns, where they cannot be seen from declared tables.
///
/// ```
/// use cql_testkit::{ColumnType, Declared};
///
/// let statement = Declared::new("SELECT v FROM ks.t WHERE id = ?")
///     .marker("id", ColumnType::Int)
///     .partition_key([0])
///     .column("v", ColumnType::Text);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Declared {
    pub(crate) text: String,
    table: Arc<TableSpec>,
    markers: Vec<ColumnSpec>,
    key: Vec<u16>,
    columns: Vec<ColumnSpec>,
}

impl Declared {
    /// A statement without markers that returns nothing, of the table `ks.t`.
    pub fn new(text: &str) -> Self {
        Declared {
            text: text.to_owned(),
            table: Arc::new(TableSpec::new("ks", "t")),
            markers: Vec::new(),
            key: Vec::new(),
            columns: Vec::new(),
        }
    }

    /// Of that table; to be said before markers and columns.
    pub fn of_table(mut self, keyspace: &str, table: &str) -> Self {
        self.table = Arc::new(TableSpec::new(keyspace, table));
        self
    }

    /// With another bind marker.
    pub fn marker(mut self, name: &str, column_type: ColumnType) -> Self {
        self.markers.push(ColumnSpec::new(Arc::clone(&self.table), name, column_type));
        self
    }

    /// With the markers of these numbers as the partition key.
    pub fn partition_key(mut self, markers: impl IntoIterator<Item = u16>) -> Self {
        self.key = markers.into_iter().collect();
        self
    }

    /// With another column in its result.
    pub fn column(mut self, name: &str, column_type: ColumnType) -> Self {
        self.columns.push(ColumnSpec::new(Arc::clone(&self.table), name, column_type));
        self
    }

    pub(crate) fn description(&self) -> Description {
        let has_columns = !self.columns.is_empty();
        Description {
            markers: self.markers.clone().into(),
            key: self.key.clone().into(),
            columns: has_columns.then(|| self.columns.clone().into()),
        }
    }
}

/// What a statement binds and returns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Description {
    pub(crate) markers: Arc<[ColumnSpec]>,
    pub(crate) key: Box<[u16]>,
    /// `None` for what returns no rows.
    pub(crate) columns: Option<Arc<[ColumnSpec]>>,
}

/// A statement that a node has prepared.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) text: Arc<str>,
    pub(crate) description: Description,
    /// The id of its result's columns.
    pub(crate) result_id: Bytes,
    /// What the engine executes.
    #[cfg(feature = "engine")]
    pub(crate) plan: Option<Arc<Prepared>>,
}

impl Known {
    pub(crate) fn new(text: &str, description: Description) -> Self {
        Known {
            text: text.into(),
            result_id: metadata_id(description.columns.as_deref().unwrap_or_default()),
            description,
            #[cfg(feature = "engine")]
            plan: None,
        }
    }

    #[cfg(feature = "engine")]
    pub(crate) fn with_plan(self, plan: Prepared) -> Self {
        Known { plan: Some(Arc::new(plan)), ..self }
    }
}

/// The statements that one node has prepared.
#[derive(Debug, Default)]
pub(crate) struct Store {
    known: HashMap<Bytes, Known>,
    /// How often the id of a text was changed.
    changes: HashMap<String, u64>,
}

impl Store {
    pub(crate) fn get(&self, id: &[u8]) -> Option<&Known> {
        self.known.get(id)
    }

    /// Adds a statement, and returns its id.
    pub(crate) fn prepare(&mut self, keyspace: Option<&str>, known: Known) -> Bytes {
        let changes = self.changes.get(&*known.text).copied().unwrap_or(0);
        let id = hash(&[keyspace.unwrap_or_default(), &known.text, &changes.to_string()]);
        self.known.insert(id.clone(), known);
        id
    }

    pub(crate) fn forget(&mut self, text: &str) {
        self.known.retain(|_, known| known.text.trim() != text.trim());
    }

    /// Forgets what the engine is to execute in another way now.
    #[cfg(feature = "engine")]
    pub(crate) fn forget_plans(&mut self, is_outdated: impl Fn(&Prepared) -> bool) {
        self.known.retain(|_, known| !known.plan.as_ref().is_some_and(|plan| is_outdated(plan)));
    }

    pub(crate) fn forget_all(&mut self) {
        self.known.clear();
    }

    /// Forgets a statement and gives it another id when it is prepared again.
    pub(crate) fn change_id(&mut self, text: &str) {
        self.forget(text);
        *self.changes.entry(text.to_owned()).or_default() += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }
}

/// The id of the columns of a result.
pub(crate) fn metadata_id(columns: &[ColumnSpec]) -> Bytes {
    let parts: Vec<String> =
        columns.iter().map(|column| format!("{}:{:?}", column.name(), column.column_type())).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    hash(&parts)
}

/// Sixteen bytes that tell these texts from others (FNV-1a, twice).
fn hash(parts: &[&str]) -> Bytes {
    let half = |seed: u64| {
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xFF]));
        bytes.fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    };
    let (one, other) = (half(0xCBF2_9CE4_8422_2325), half(0x9E37_79B9_7F4A_7C15));
    Bytes::from([one.to_be_bytes(), other.to_be_bytes()].concat())
}

/// Whether a statement has `IF` in it.
pub(crate) fn is_conditional(text: &str) -> bool {
    cql::tokens(text).iter().any(|token| token.is_word("if"))
}

/// Sees from the columns of its table what a statement binds and returns. `None` when that takes more than looking at
/// words: such statements are declared.
pub(crate) fn describe(
    text: &str,
    keyspace: Option<&str>,
    table: impl Fn(&str, &str) -> Option<Table>,
) -> Option<Description> {
    let tokens = cql::tokens(text);
    let first = tokens.first()?.word()?;
    let before_table = match first {
        "insert" => cql::behind(&tokens, "into"),
        "select" | "delete" => cql::behind(&tokens, "from"),
        "update" => tokens.get(1..),
        _ => None,
    }?;
    let (of, name, rest) = cql::table_name(before_table)?;
    let table = table(of.or(keyspace)?, name)?;
    let specs = table.specs();
    let spec_of = |name: &str| specs.iter().find(|spec| spec.name() == name);
    let mut markers: Vec<ColumnSpec> = Vec::new();
    let inserted = (first == "insert").then(|| inserted_columns(rest)).flatten().unwrap_or_default();
    for at in 0..tokens.len() {
        if !matches!(tokens.get(at), Some(Token::Marker(_))) {
            continue;
        }
        let before = tokens.get(..at)?;
        let (name, column_type) = match before.last()?.word() {
            Some("ttl") => ("[ttl]", ColumnType::Int),
            Some("timestamp") => ("[timestamp]", ColumnType::BigInt),
            Some("limit") => ("[limit]", ColumnType::Int),
            _ => {
                let spec = match inserted.get(markers.len()) {
                    Some(name) => spec_of(name)?,
                    None => spec_of(compared_column(before)?)?,
                };
                (spec.name(), spec.column_type().clone())
            }
        };
        let column_type =
            if before.last()?.is_word("in") { ColumnType::list(column_type) } else { column_type };
        markers.push(ColumnSpec::new(Arc::clone(specs.first()?.table_spec()), name, column_type));
    }
    let columns = if first == "select" { Some(selected(&tokens, &specs)?) } else { None };
    Some(Description { key: key_indexes(&table.columns, &markers), markers: markers.into(), columns })
}

/// The names in `(a, b) VALUES`.
fn inserted_columns(rest: &[Token]) -> Option<Vec<&str>> {
    let end = rest.iter().position(|token| *token == Token::Symbol(')'))?;
    Some(rest.get(1..end)?.iter().filter_map(Token::word).collect())
}

/// The column that a marker behind these tokens is compared with: `a =`, `a >=`, `a IN`, `a IN (?,`, `a = a +`.
fn compared_column(before: &[Token]) -> Option<&str> {
    let name = before.iter().rev().find(|token| match token {
        Token::Word(word) => !matches!(word.as_str(), "in" | "contains" | "key" | "like"),
        _ => false,
    })?;
    name.word()
}

fn key_indexes(columns: &[Column], markers: &[ColumnSpec]) -> Box<[u16]> {
    let key = columns.iter().filter(|column| column.kind == "partition_key");
    let index = |column: &Column| {
        let at = markers.iter().position(|marker| marker.name() == column.name)?;
        u16::try_from(at).ok()
    };
    key.map(index).collect::<Option<_>>().unwrap_or_default()
}

fn selected(tokens: &[Token], specs: &[ColumnSpec]) -> Option<Arc<[ColumnSpec]>> {
    let end = tokens.iter().position(|token| token.is_word("from"))?;
    let list = tokens.get(1..end)?;
    if list == [Token::Symbol('*')] {
        return Some(specs.into());
    }
    if list.first()?.is_word("count") {
        let table = Arc::clone(specs.first()?.table_spec());
        return Some(Arc::new([ColumnSpec::new(table, "count", ColumnType::BigInt)]));
    }
    let list = list.strip_prefix(&[Token::Word("distinct".to_owned())]).unwrap_or(list);
    list.split(|token| *token == Token::Symbol(','))
        .map(|item| match item {
            [Token::Word(name)] => specs.iter().find(|spec| spec.name() == name).cloned(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Option<(Vec<String>, Vec<u16>, usize)> {
        let table = Table::new("ks", "t")
            .partition_key("p", ColumnType::Int)
            .partition_key("q", ColumnType::Text)
            .clustering("c", ColumnType::BigInt)
            .column("v", ColumnType::Blob);
        let description = describe(text, Some("ks"), |keyspace, name| {
            (keyspace == "ks" && name == "t").then(|| table.clone())
        })?;
        let marker = |marker: &ColumnSpec| format!("{} {}", marker.name(), marker.column_type());
        Some((
            description.markers.iter().map(marker).collect(),
            description.key.to_vec(),
            description.columns.map_or(0, |columns| columns.len()),
        ))
    }

    #[test]
    fn statements_on_declared_tables_are_understood() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            described("INSERT INTO ks.t (q, p, v) VALUES (?, ?, ?) USING TTL ?"),
            Some((texts(&["q text", "p int", "v blob", "[ttl] int"]), vec![1, 0], 0))
        );
        assert_eq!(
            described("SELECT v, c FROM t WHERE p = ? AND q = ? AND c >= ? LIMIT ?"),
            Some((texts(&["p int", "q text", "c bigint", "[limit] int"]), vec![0, 1], 2))
        );
        assert_eq!(described("SELECT * FROM t WHERE c IN ?"), Some((texts(&["c list<bigint>"]), vec![], 4)));
        assert_eq!(
            described("UPDATE t SET v = ? WHERE p = ?"),
            Some((texts(&["v blob", "p int"]), vec![], 0))
        );
        assert_eq!(described("SELECT count(*) FROM t").unwrap().2, 1);
        assert_eq!(described("SELECT x FROM t"), None);
        assert_eq!(described("SELECT v FROM other"), None);
    }

    #[test]
    fn ids_are_the_texts_until_they_are_changed() {
        let mut store = Store::default();
        let known = |text: &str| {
            Known::new(text, Description { markers: Arc::new([]), key: Box::default(), columns: None })
        };
        let first = store.prepare(None, known("a"));
        assert_eq!(store.prepare(None, known("a")), first);
        assert_ne!(store.prepare(None, known("b")), first);
        assert_ne!(store.prepare(Some("ks"), known("a")), first);
        store.change_id("a");
        assert!(store.get(&first).is_none());
        assert_ne!(store.prepare(None, known("a")), first);
    }
}
