//! What a mock knows: statements and their columns, answers, calls.

use super::answer::{Answer, Matches};
use super::call::Call;
use super::{ErrorCode, Operation};
use crate::mapper::Told;
use crate::query::{Clause, Columns, Shape, Text, Verb};
use cql_driver::types::ColumnType;
use cql_testkit::{Bound, Declared, Opcode, Received, Reply, SimCluster, Table};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

#[derive(Debug, Default)]
pub(super) struct Registry {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// It holds what holds this.
    cluster: Weak<SimCluster>,
    statements: HashMap<Arc<str>, Known>,
    expected: Vec<Expected>,
    calls: Vec<Call>,
}

/// A statement that a mapper makes.
#[derive(Debug)]
pub(super) struct Known {
    /// The text as `cql()` gives it.
    shown: String,
    pub(super) keyspace: String,
    pub(super) table: &'static str,
    operation: Operation,
    markers: Vec<(Box<str>, ColumnType)>,
    pub(super) columns: Vec<(Box<str>, ColumnType)>,
    /// Whether it counts rows.
    pub(super) is_count: bool,
}

#[derive(Debug)]
struct Expected {
    matches: Matches,
    answer: Answer,
    once: bool,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn attach(&self, cluster: &Arc<SimCluster>) {
        self.lock().cluster = Arc::downgrade(cluster);
    }

    pub(super) fn expect(&self, matches: Matches, answer: Answer, once: bool) {
        self.lock().expected.push(Expected { matches, answer, once });
    }

    pub(super) fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Whether a request executes what a mapper has made.
    pub(super) fn knows(&self, request: &Received) -> bool {
        let inner = self.lock();
        let executes = matches!(request.opcode(), Opcode::EXECUTE | Opcode::BATCH | Opcode::QUERY);
        executes && request.texts().any(|text| inner.statements.contains_key(text))
    }

    /// Answers it, and notes what was asked.
    pub(super) fn answer(&self, request: &Received) -> Reply {
        let mut inner = self.lock();
        // Further pages are part of the same call.
        if request.paging_state().is_none() {
            let calls = inner.calls_of(request);
            inner.calls.extend(calls);
        }
        let mut chosen: Option<Reply> = None;
        for text in request.texts() {
            let Some((answer, known)) = inner.take_answer(text) else {
                return Reply::error_code(ErrorCode::INVALID, &format!("the mock has no answer for: {text}"));
            };
            let reply = answer.reply(known);
            let is_of_batch = request.opcode() == Opcode::BATCH && !answer.is_conditional();
            if chosen.is_none() || (answer.is_conditional() && !is_of_batch) {
                chosen = Some(reply);
            }
        }
        chosen.unwrap_or_else(Reply::void)
    }
}

impl Inner {
    fn take_answer(&mut self, text: &str) -> Option<(Answer, &Known)> {
        let known = self.statements.get(text)?;
        let is_for = |expected: &Expected| match &expected.matches {
            Matches::Text(wanted) => wanted == text || *wanted == known.shown,
            Matches::Any(table, operation) => *table == known.table && *operation == known.operation,
        };
        let at = self.expected.iter().rposition(is_for)?;
        let expected = self.expected.get(at)?;
        let answer = if expected.once { self.expected.remove(at).answer } else { expected.answer.clone() };
        Some((answer, known))
    }

    fn calls_of(&self, request: &Received) -> Vec<Call> {
        let call = |(text, values): (&str, Vec<Bound>)| {
            let markers = self.statements.get(text).map_or(&[][..], |known| &known.markers);
            let named = markers.iter().zip(values);
            Call {
                cql: text.into(),
                values: named.map(|((name, of), value)| (name.clone(), of.clone(), value)).collect(),
                consistency: request.consistency(),
                timestamp: request.timestamp(),
                is_in_batch: request.opcode() == Opcode::BATCH,
            }
        };
        request.texts().zip(request.statement_values()).map(call).collect()
    }
}

impl Told for Registry {
    /// Tells the node what the statement binds and returns, as it has no schema to know it from.
    fn statement(&self, shape: &Shape, text: &Text, keyspace: &str) {
        let (meta, of_column) =
            (shape.meta, |name: &str, of: &crate::value::TypeDef| (name.into(), of.column_type(keyspace)));
        let markers: Vec<(Box<str>, ColumnType)> = text
            .markers
            .iter()
            .map(|marker| {
                let of = marker.type_def.map_or(ColumnType::BigInt, |of| of.column_type(keyspace));
                (marker.name.into(), of)
            })
            .collect();
        let columns: Vec<(Box<str>, ColumnType)> = match (shape.verb, &shape.columns) {
            (Verb::Select, Columns::Count) => vec![("count".into(), ColumnType::BigInt)],
            (Verb::Select, _) => {
                shape.selected().into_iter().map(|column| of_column(column.name, &column.type_def)).collect()
            }
            _ => Vec::new(),
        };
        let mut inner = self.lock();
        if let Some(cluster) = inner.cluster.upgrade() {
            if shape.raw.is_some() {
                // Its markers are found by the node, from the table.
                let table = meta.stored().fold(Table::new(keyspace, meta.table), |table, (_, column)| {
                    let of = column.type_def.column_type(keyspace);
                    match column.role {
                        crate::model::ColumnRole::PartitionKey => table.partition_key(column.name, of),
                        crate::model::ColumnRole::ClusteringKey => table.clustering(column.name, of),
                        crate::model::ColumnRole::Static => table.static_column(column.name, of),
                        _ => table.column(column.name, of),
                    }
                });
                cluster.declare_table(table);
            } else {
                let mut declared = Declared::new(&text.cql).of_table(keyspace, meta.table);
                for (name, of) in &markers {
                    declared = declared.marker(name, of.clone());
                }
                for (name, of) in &columns {
                    declared = declared.column(name, of.clone());
                }
                cluster.declare(declared.partition_key(partition_key(shape, &markers)));
            }
        }
        let operation = match shape.verb {
            Verb::Select => Operation::Select,
            Verb::Insert(_) => Operation::Insert,
            Verb::Update => Operation::Update,
            Verb::Delete => Operation::Delete,
        };
        let (shown, keyspace) = (shape.cql(), keyspace.to_owned());
        let is_count = shape.columns == Columns::Count;
        let known = Known { shown, keyspace, table: meta.table, operation, markers, columns, is_count };
        inner.statements.insert(text.cql.as_str().into(), known);
    }
}

/// The markers of the partition key, if each of its columns has one value.
fn partition_key(shape: &Shape, markers: &[(Box<str>, ColumnType)]) -> Vec<u16> {
    let is_one = |at: &u16| {
        let mut terms = shape.terms_of(Clause::Where).filter(|(_, term)| term.column == *at);
        matches!(shape.verb, Verb::Insert(_)) || terms.all(|(_, term)| term.op == crate::query::Op::Eq)
    };
    let number = |at: &u16| {
        let name = shape.meta.column(*at)?.name;
        u16::try_from(markers.iter().position(|(known, _)| &**known == name)?).ok()
    };
    let columns = shape.meta.partition_key;
    let key: Option<Vec<u16>> = columns.iter().map(|at| number(at).filter(|_| is_one(at))).collect();
    key.unwrap_or_default()
}
