//! Conditions with their columns looked up and their terms typed.

use super::{Restrictions, Use, words};
use crate::engine::problem::{self, Result};
use crate::engine::schema::{Column, Kind, Table};
use crate::engine::syntax::ast::{self, Condition, InValues, Operator};
use crate::engine::terms::{self, Receiver, Scope, Term};
use crate::engine::values::{has_durations, type_name};
use cql_protocol::types::ColumnType;

/// A condition on a column or on several clustering columns in a row; or several conditions made one.
#[derive(Debug, Clone)]
pub(super) struct Restriction {
    /// The place of its first column in the table.
    pub(super) first: usize,
    pub(super) len: usize,
    /// Whether it was written for columns in parentheses.
    pub(super) is_multi: bool,
    pub(super) test: Test,
}

/// What must hold.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Equal(Value),
    In(Values),
    /// Between bounds, of which one is there at least.
    Slice {
        start: Limit,
        end: Limit,
    },
    Contains {
        values: Vec<Term>,
        keys: Vec<Term>,
        entries: Vec<(Term, Term)>,
    },
}

/// A bound, and whether it belongs to what is within.
pub(super) type Limit = Option<(Value, bool)>;

/// A value for each column of a restriction, or for its first ones.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Each(Vec<Term>),
    /// All of them in one tuple: a marker for columns in parentheses.
    Whole(Term, usize),
}

/// What stands behind IN.
#[derive(Debug, Clone)]
pub(super) enum Values {
    Several(Vec<Value>),
    /// One marker for a list of values.
    List(Term),
}

impl Restriction {
    pub(super) fn is_slice(&self) -> bool {
        matches!(self.test, Test::Slice { .. })
    }

    pub(super) fn is_contains(&self) -> bool {
        matches!(self.test, Test::Contains { .. })
    }

    /// Whether it is `=` or IN.
    pub(super) fn is_equality(&self) -> bool {
        matches!(self.test, Test::Equal(_) | Test::In(_))
    }

    pub(super) fn columns(&self) -> std::ops::Range<usize> {
        self.first..self.first + self.len
    }
}

impl Restrictions {
    /// Adds a condition to those that are there.
    pub(super) fn add(&mut self, condition: &Condition, of: Use, scope: &mut Scope<'_>) -> Result<()> {
        let restriction = match condition {
            Condition::Contains { of_key, .. } if of != Use::Select => {
                let contains = if *of_key { "CONTAINS KEY" } else { "CONTAINS" };
                let message = format!("Cannot use {} with {contains}", of.statement());
                return Err(problem::invalid(message));
            }
            Condition::Column { operator: Operator::NotEqual, .. }
            | Condition::Entry { operator: Operator::NotEqual, .. }
            | Condition::Columns { operator: Operator::NotEqual, .. }
            | Condition::Token { operator: Operator::NotEqual, .. } => {
                let message = format!("Unsupported \"!=\" relation: {}", words::condition(condition));
                return Err(problem::invalid(message));
            }
            Condition::IsNotNull { .. } => {
                let message = format!("Unsupported restriction: {}", words::condition(condition));
                return Err(problem::invalid(message));
            }
            Condition::Token { columns, operator, value } => {
                let term = self.token_term(columns, value, scope)?;
                return self.add_token(comparison(*operator, Value::Each(vec![term])));
            }
            Condition::Columns { columns, .. } | Condition::ColumnsIn { columns, .. } => {
                let receivers = self.multi_receivers(columns, condition)?;
                let test = multi_test(condition, &receivers, scope)?;
                Restriction { first: receivers.first, len: receivers.each.len(), is_multi: true, test }
            }
            Condition::Column { column, .. }
            | Condition::In { column, .. }
            | Condition::Entry { column, .. }
            | Condition::Contains { column, .. }
            | Condition::Like { column, .. } => {
                let (first, column) = existing(&self.table, column)?;
                let test = single_test(condition, column, scope)?;
                Restriction { first, len: 1, is_multi: false, test }
            }
        };
        self.add_restriction(restriction)
    }

    /// What a token is compared with.
    fn token_term(&self, columns: &[String], value: &ast::Term, scope: &mut Scope<'_>) -> Result<Term> {
        let found = columns.iter().map(|name| existing(&self.table, name).map(|(at, _)| at));
        let found = found.collect::<Result<Vec<_>>>()?;
        let key = self.table.partition_key().len();
        if !found.iter().copied().eq(0..key) {
            let has_duplicates = found.iter().enumerate().any(|(at, one)| found[..at].contains(one));
            let names = self.table.partition_key().iter().map(|column| &*column.name);
            return Err(problem::invalid(if !(0..key).all(|at| found.contains(&at)) {
                "The token() function must be applied to all partition key components or none of them"
                    .to_owned()
            } else if has_duplicates {
                "The token() function contains duplicate partition key components".to_owned()
            } else if found.iter().any(|at| *at >= key) {
                "The token() function must contains only partition key components".to_owned()
            } else {
                let names = names.collect::<Vec<_>>().join(", ");
                format!("The token function arguments must be in the partition key order: {names}")
            }));
        }
        terms::prepare(value, &Receiver::new("partition key token", ColumnType::BigInt), scope)
    }

    fn multi_receivers(&self, columns: &[String], condition: &Condition) -> Result<Receivers> {
        let mut found = Vec::<usize>::with_capacity(columns.len());
        let mut each = Vec::with_capacity(columns.len());
        for name in columns {
            let (at, column) = existing(&self.table, name)?;
            if !column.is_clustering() {
                let message =
                    "Multi-column relations can only be applied to clustering columns but was applied to:";
                return Err(problem::invalid(format!("{message} {name}")));
            }
            if found.contains(&at) {
                let condition = words::condition(condition);
                let message = format!("Column \"{name}\" appeared twice in a relation: {condition}");
                return Err(problem::invalid(message));
            }
            if found.last().is_some_and(|last| last + 1 != at) {
                let condition = words::condition(condition);
                let message =
                    "Clustering columns must appear in the PRIMARY KEY order in multi-column relations:";
                return Err(problem::invalid(format!("{message} {condition}")));
            }
            found.push(at);
            each.push(Receiver::of(column));
        }
        let first = found.first().copied().unwrap_or_default();
        Ok(Receivers { first, each })
    }
}

/// What the values of a condition on several columns are for.
struct Receivers {
    first: usize,
    each: Vec<Receiver>,
}

impl Receivers {
    fn name(&self, prefix: &str) -> String {
        let names = self.each.iter().map(|receiver| receiver.name.as_str()).collect::<Vec<_>>();
        format!("{prefix}({})", names.join(","))
    }

    fn tuple(&self) -> ColumnType {
        ColumnType::Tuple(self.each.iter().map(|receiver| receiver.column_type.clone()).collect())
    }

    /// One value for each column.
    fn value(&self, value: &ast::Term, scope: &mut Scope<'_>) -> Result<Value> {
        // What stands in parentheses alone is read as if there were none.
        let elements = match value {
            ast::Term::Tuple(elements) => elements.as_slice(),
            ast::Term::Marker(..) => {
                let receiver = Receiver::new(self.name(""), self.tuple());
                return Ok(Value::Whole(terms::prepare(value, &receiver, scope)?, self.each.len()));
            }
            other => std::slice::from_ref(other),
        };
        if elements.len() != self.each.len() {
            let (expected, found) = (self.each.len(), elements.len());
            let text = words::term(&ast::Term::Tuple(elements.to_vec()));
            let message = format!("Expected {expected} elements in value tuple, but got {found}: {text}");
            return Err(problem::invalid(message));
        }
        let each = elements.iter().zip(&self.each);
        each.map(|(element, receiver)| terms::prepare(element, receiver, scope))
            .collect::<Result<Vec<_>>>()
            .map(Value::Each)
    }
}

fn multi_test(condition: &Condition, receivers: &Receivers, scope: &mut Scope<'_>) -> Result<Test> {
    match condition {
        Condition::Columns { operator, value, .. } => {
            receivers.value(value, scope).map(|value| comparison(*operator, value))
        }
        Condition::ColumnsIn { values: InValues::Terms(values), .. } => {
            let values = values.iter().map(|value| receivers.value(value, scope));
            values.collect::<Result<Vec<_>>>().map(several)
        }
        Condition::ColumnsIn { values: InValues::Marker(index, name), .. } => {
            let list = ColumnType::List(Box::new(receivers.tuple()));
            let receiver = Receiver::new(receivers.name("in"), list);
            let marker = ast::Term::Marker(*index, name.clone());
            Ok(Test::In(Values::List(terms::prepare(&marker, &receiver, scope)?)))
        }
        _ => Err(problem::unsupported("this condition")),
    }
}

/// One value behind IN is `=`.
fn several(mut values: Vec<Value>) -> Test {
    match values.pop() {
        Some(only) if values.is_empty() => Test::Equal(only),
        Some(last) => {
            values.push(last);
            Test::In(Values::Several(values))
        }
        None => Test::In(Values::Several(values)),
    }
}

fn comparison(operator: Operator, value: Value) -> Test {
    match operator {
        Operator::Equal | Operator::NotEqual => Test::Equal(value),
        Operator::Less => Test::Slice { start: None, end: Some((value, false)) },
        Operator::LessOrEqual => Test::Slice { start: None, end: Some((value, true)) },
        Operator::Greater => Test::Slice { start: Some((value, false)), end: None },
        Operator::GreaterOrEqual => Test::Slice { start: Some((value, true)), end: None },
    }
}

/// A column and its place in the table.
pub(crate) fn existing<'a>(table: &'a Table, name: &str) -> Result<(usize, &'a Column)> {
    let found = table.columns.iter().enumerate().find(|(_, column)| &*column.name == name);
    found.ok_or_else(|| {
        let (keyspace, table) = (table.keyspace(), table.name());
        problem::invalid(format!("Undefined column name {} in table {keyspace}.{table}", words::name(name)))
    })
}

fn single_test(condition: &Condition, column: &Column, scope: &mut Scope<'_>) -> Result<Test> {
    check_column(condition, column)?;
    let receiver = Receiver::of(column);
    match condition {
        Condition::Column { operator, value, .. } => {
            if *operator != Operator::Equal {
                check_slice(&column.column_type)?;
            }
            let term = terms::prepare(value, &receiver, scope)?;
            Ok(comparison(*operator, Value::Each(vec![term])))
        }
        Condition::In { values: InValues::Terms(values), .. } => {
            let values = values
                .iter()
                .map(|value| terms::prepare(value, &receiver, scope).map(|term| Value::Each(vec![term])));
            values.collect::<Result<Vec<_>>>().map(several)
        }
        Condition::In { values: InValues::Marker(index, name), .. } => {
            let list = ColumnType::List(Box::new(column.column_type.clone()));
            let receiver = Receiver::new(format!("in({})", column.name), list);
            let marker = ast::Term::Marker(*index, name.clone());
            Ok(Test::In(Values::List(terms::prepare(&marker, &receiver, scope)?)))
        }
        Condition::Entry { key, value, .. } => {
            let key = terms::prepare(key, &part_receiver(column, true), scope)?;
            let value = terms::prepare(value, &part_receiver(column, false), scope)?;
            Ok(Test::Contains { values: Vec::new(), keys: Vec::new(), entries: vec![(key, value)] })
        }
        Condition::Contains { of_key, value, .. } => {
            let term = vec![terms::prepare(value, &part_receiver(column, *of_key), scope)?];
            let (values, keys) = if *of_key { (Vec::new(), term) } else { (term, Vec::new()) };
            Ok(Test::Contains { values, keys, entries: Vec::new() })
        }
        Condition::Like { pattern, .. } => {
            terms::prepare(pattern, &receiver, scope)?;
            let message = "LIKE restriction is only supported on properly indexed columns.";
            Err(problem::invalid(format!("{message} {} is not valid.", words::condition(condition))))
        }
        _ => Err(problem::unsupported("this condition")),
    }
}

/// What a key or value of a collection is for.
fn part_receiver(column: &Column, of_key: bool) -> Receiver {
    let part = match (&column.column_type, of_key) {
        (ColumnType::Map(entry), true) => &entry.0,
        (ColumnType::Map(entry), false) => &entry.1,
        (ColumnType::List(element) | ColumnType::Set(element), _) => element,
        (other, _) => other,
    };
    let of = if of_key { "key" } else { "value" };
    Receiver::new(format!("{of}({})", column.name), part.clone())
}

/// Whether a column can have such a condition.
fn check_column(condition: &Condition, column: &Column) -> Result<()> {
    use ColumnType::{List, Map, Set, Udt};
    let (name, column_type) = (&column.name, &column.column_type);
    // A server takes what descends for no collection.
    let is_map = matches!(column_type, Map(_)) && !column.descends();
    let is_collection = matches!(column_type, List(_) | Set(_) | Map(_)) && !column.descends();
    let refuse = |message: String| Err(problem::invalid(message));
    match condition {
        Condition::Contains { of_key: true, .. } if !is_map => {
            return refuse(format!("Cannot use CONTAINS KEY on non-map column {name}"));
        }
        Condition::Contains { .. } if !is_collection => {
            return refuse(format!("Cannot use CONTAINS on non-collection column {name}"));
        }
        Condition::Entry { .. } if matches!(column_type, List(_)) => {
            let message =
                format!("Indexes on list entries ({name}[index] = value) are not currently supported.");
            return refuse(message);
        }
        Condition::Entry { .. } if !is_map => {
            return refuse(format!("Column {name} cannot be used as a map"));
        }
        Condition::Entry { .. } if !column.is_multi_cell => {
            let message = "Map-entry equality predicates on frozen map column";
            return refuse(format!("{message} {name} are not supported"));
        }
        Condition::Entry { operator, .. } if *operator != Operator::Equal => {
            return refuse("Only EQ relations are supported on map entries".to_owned());
        }
        Condition::Contains { .. } | Condition::Entry { .. } => return Ok(()),
        _ => {}
    }
    let of = type_name(column_type, column.is_multi_cell);
    if column.is_multi_cell && matches!(column_type, Udt(_)) {
        let message = format!("Non-frozen UDT column '{name}' ({of}) cannot be restricted by any relation");
        return refuse(message);
    }
    if column.is_multi_cell && is_collection {
        let operator = match condition {
            Condition::Column { operator, .. } => words::operator(*operator),
            Condition::Like { .. } => "LIKE",
            _ => "IN",
        };
        let message =
            format!("Collection column '{name}' ({of}) cannot be restricted by a '{operator}' relation");
        return refuse(message);
    }
    Ok(())
}

/// Durations have no order, nor has what contains them.
fn check_slice(column_type: &ColumnType) -> Result<()> {
    use ColumnType::{Duration, List, Map, Set, Tuple, Udt};
    let what = match column_type {
        _ if !has_durations(column_type) => return Ok(()),
        List(_) | Set(_) | Map(_) => "collections containing durations",
        Tuple(_) => "tuples containing durations",
        Udt(_) => "UDTs containing durations",
        Duration => "duration columns",
        _ => return Ok(()),
    };
    Err(problem::invalid(format!("Slice restrictions are not supported on {what}")))
}

/// The position of a column within the clustering key.
pub(super) fn position(column: &Column) -> usize {
    match column.kind {
        Kind::Clustering { position, .. } | Kind::PartitionKey(position) => position,
        _ => 0,
    }
}
