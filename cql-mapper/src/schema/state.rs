//! The schema as it is, as far as models are compared with it.

use cql_driver::schema::{self, ColumnKind, OptionValue};
use std::collections::BTreeMap;

/// A keyspace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct KeyspaceState {
    pub(super) replication: BTreeMap<String, String>,
    pub(super) types: BTreeMap<String, Vec<(String, String)>>,
    pub(super) tables: BTreeMap<String, TableState>,
    /// Views, with the names of their tables.
    pub(super) views: BTreeMap<String, (String, TableState)>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TableState {
    /// In no order that matters.
    pub(super) columns: Vec<ColumnState>,
    pub(super) partition_key: Vec<String>,
    /// And whether they descend.
    pub(super) clustering_key: Vec<(String, bool)>,
    pub(super) options: BTreeMap<String, OptionState>,
    /// What is indexed, and the class without its package; `""` for the built-in index.
    pub(super) indexes: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ColumnState {
    pub(super) name: String,
    pub(super) column_type: String,
    pub(super) is_static: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum OptionState {
    Number(f64),
    Text(String),
    Boolean(bool),
    Map(BTreeMap<String, String>),
}

impl KeyspaceState {
    pub(super) fn of(keyspace: &schema::Keyspace) -> Self {
        KeyspaceState {
            replication: keyspace.replication.clone(),
            types: keyspace.user_types().map(|of| (of.name.clone(), of.fields.clone())).collect(),
            tables: keyspace.tables().map(|table| (table.name.clone(), TableState::of(table))).collect(),
            views: keyspace
                .views()
                .map(|view| (view.table.name.clone(), (view.base_table.clone(), TableState::of(&view.table))))
                .collect(),
        }
    }
}

impl TableState {
    fn of(table: &schema::Table) -> Self {
        let column = |column: &schema::Column| ColumnState {
            name: column.name.clone(),
            column_type: column.column_type.clone(),
            is_static: column.kind == ColumnKind::Static,
        };
        let mut partition: Vec<_> = table.partition_key().collect();
        partition.sort_by_key(|column| column.position);
        let mut clustering: Vec<_> = table.clustering_key().collect();
        clustering.sort_by_key(|column| column.position);
        TableState {
            columns: table.columns().iter().map(column).collect(),
            partition_key: partition.iter().map(|column| column.name.clone()).collect(),
            clustering_key: clustering
                .iter()
                .map(|column| (column.name.clone(), column.is_descending))
                .collect(),
            options: table
                .options
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), option(value)?)))
                .collect(),
            indexes: table
                .indexes
                .values()
                .map(|index| (index.target.clone(), class(index.class.as_deref())))
                .collect(),
        }
    }
}

/// A class without its package, in lower case; `sai` for what has more names than one.
pub(super) fn class(class: Option<&str>) -> String {
    let short = class.and_then(|class| class.rsplit('.').next()).unwrap_or_default().to_lowercase();
    if short == "storageattachedindex" { "sai".to_owned() } else { short }
}

fn option(value: &OptionValue) -> Option<OptionState> {
    Some(match value {
        OptionValue::Text(text) => OptionState::Text(text.clone()),
        #[allow(clippy::cast_precision_loss, reason = "options are small numbers")]
        OptionValue::Integer(number) => OptionState::Number(*number as f64),
        OptionValue::Float(number) => OptionState::Number(*number),
        OptionValue::Boolean(truth) => OptionState::Boolean(*truth),
        OptionValue::Map(map) => OptionState::Map(map.clone()),
        _ => return None,
    })
}

/// A type's text without what is said in more ways than one: spaces, `varchar`, and that tuples are frozen.
pub(super) fn canonical(text: &str) -> String {
    let mut plain = String::new();
    let mut is_quoted = false;
    for char in text.chars() {
        is_quoted ^= char == '"';
        if is_quoted || !char.is_whitespace() {
            plain.push(char);
        }
    }
    let mut plain = plain.replace("varchar", "text");
    while let Some(start) = plain.find("frozen<tuple<") {
        let inner = start + "frozen<".len();
        let Some(end) = closing(&plain, inner) else { break };
        plain.remove(end);
        plain.replace_range(start..inner, "");
    }
    plain
}

/// Where the bracket that is open at `from` is closed.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut depth = 1;
    for (at, char) in text.char_indices().filter(|(at, _)| *at >= from) {
        match char {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_are_the_same_have_the_same_text() {
        for (one, other) in [
            ("map<text, int>", "map<varchar,int>"),
            ("frozen<tuple<int, text>>", "tuple<int, text>"),
            ("list<frozen<tuple<int, frozen<tuple<text>>>>>", "list<tuple<int, tuple<text>>>"),
            ("frozen<\"My Type\">", "frozen<\"My Type\">"),
        ] {
            assert_eq!(canonical(one), canonical(other));
        }
        assert_ne!(canonical("frozen<list<int>>"), canonical("list<int>"));
        assert_ne!(canonical("\"a b\""), canonical("\"ab\""));
    }
}
