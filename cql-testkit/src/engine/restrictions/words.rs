//! Conditions and terms in the words of messages.

use crate::engine::syntax::ast::{Condition, InValues, Operator, Term};
pub(crate) use crate::engine::terms::text as term;

pub(crate) fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Equal => "=",
        Operator::NotEqual => "!=",
        Operator::Less => "<",
        Operator::LessOrEqual => "<=",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => ">=",
    }
}

pub(super) fn condition(condition: &Condition) -> String {
    match condition {
        Condition::Column { column, operator: op, value } => {
            format!("{} {} {}", name(column), operator(*op), term(value))
        }
        Condition::In { column, values } => format!("{} IN {}", name(column), in_values(values)),
        Condition::Entry { column, key, operator: op, value } => {
            format!("{}[{}] {} {}", name(column), term(key), operator(*op), term(value))
        }
        Condition::Contains { column, of_key, value } => {
            let contains = if *of_key { "CONTAINS KEY" } else { "CONTAINS" };
            format!("{} {contains} {}", name(column), term(value))
        }
        Condition::Like { column, pattern } => format!("{} LIKE {}", name(column), term(pattern)),
        Condition::IsNotNull { column } => format!("{} IS NOT NULL", name(column)),
        Condition::Token { columns, operator: op, value } => {
            format!("token{} {} {}", names(columns), operator(*op), term(value))
        }
        Condition::Columns { columns, operator: op, value } => {
            format!("{} {} {}", names(columns), operator(*op), term(value))
        }
        Condition::ColumnsIn { columns, values } => format!("{} IN {}", names(columns), in_values(values)),
    }
}

/// A name as it would have to be written.
pub(super) fn name(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn names(columns: &[String]) -> String {
    let columns = columns.iter().map(|column| name(column)).collect::<Vec<_>>();
    format!("({})", columns.join(", "))
}

fn in_values(values: &InValues) -> String {
    match values {
        InValues::Terms(values) => format!("({})", terms(values)),
        InValues::Marker(..) => "?".to_owned(),
    }
}

fn terms(values: &[Term]) -> String {
    values.iter().map(term).collect::<Vec<_>>().join(", ")
}
