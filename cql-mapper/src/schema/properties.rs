//! Any two versions of a model: what is planned adds, is complete, and stops at conflicts.

use super::definition::compare;
use super::plan::{ChangeKind, Plan};
use super::state::{ColumnState, KeyspaceState, OptionState, TableState};
use crate::model::{ColumnMeta, ColumnRole, IndexDef, ModelMeta, OptionDef};
use crate::value::{Native, TypeDef};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NAMES: &[&str] = &["id", "day", "name", "batteryPct", "x\"; DROP TABLE y; --", "select"];

const fn native(native: Native) -> TypeDef {
    TypeDef::Native(native)
}

static TYPES: &[TypeDef] = &[
    native(Native::Int),
    native(Native::Text),
    native(Native::Uuid),
    TypeDef::List(&native(Native::Int)),
    TypeDef::Map(&native(Native::Text), &TypeDef::Set(&native(Native::Int))),
    TypeDef::Tuple(&[native(Native::Int), native(Native::Text)]),
    TypeDef::Vector(&native(Native::Float), 3),
];

/// A table by which columns it has: their type, whether they are static, whether they are indexed.
type Sketch = (Vec<Option<(usize, bool, bool)>>, Option<i64>);

fn sketches() -> impl Strategy<Value = Sketch> {
    let column = (0..TYPES.len(), prop::bool::ANY, prop::bool::ANY);
    let columns = prop::collection::vec(prop::option::of(column), NAMES.len() - 2);
    (columns, prop::option::of(0_i64..1000))
}

/// A model from a sketch; the first two names are its key. Models live as long as programs, those of tests too.
fn model((columns, ttl): &Sketch, key_type: usize) -> &'static ModelMeta {
    let column = |name: &'static str, at: usize, role, index| ColumnMeta {
        name,
        field: name,
        type_def: TYPES[at],
        role,
        index,
    };
    let mut all = vec![
        column(NAMES[0], key_type, ColumnRole::PartitionKey, None),
        column(NAMES[1], 0, ColumnRole::ClusteringKey, None),
    ];
    for (name, sketch) in NAMES.iter().skip(2).zip(columns) {
        let Some((at, is_static, is_indexed)) = *sketch else { continue };
        let role = if is_static { ColumnRole::Static } else { ColumnRole::Regular };
        let index = IndexDef { name: None, of: "", class: Some("sai"), options: &[], is_external: false };
        all.push(column(name, at, role, is_indexed.then_some(index)));
    }
    let options: Vec<(&str, OptionDef)> =
        ttl.iter().map(|ttl| ("default_time_to_live", OptionDef::Integer(*ttl))).collect();
    Box::leak(Box::new(ModelMeta {
        rust_name: "Model",
        keyspace: Some("ks"),
        table: "t\"; DROP KEYSPACE ks; --",
        columns: Vec::leak(all),
        partition_key: &[0],
        clustering_key: &[(1, false)],
        options: Vec::leak(options),
        base: None,
        discriminator: None,
        version: None,
    }))
}

/// The table as it is after its model was applied.
fn state(meta: &'static ModelMeta) -> TableState {
    let column = |column: &ColumnMeta| ColumnState {
        name: column.name.to_owned(),
        column_type: column.type_def.cql(&super::create::name),
        is_static: column.role == ColumnRole::Static,
    };
    let indexes = meta.columns.iter().filter(|column| column.index.is_some());
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let option = |(name, value): &(&str, OptionDef)| match value {
        OptionDef::Integer(number) => Some(((*name).to_owned(), OptionState::Number(*number as f64))),
        _ => None,
    };
    TableState {
        columns: meta.columns.iter().map(column).collect(),
        partition_key: vec![NAMES[0].to_owned()],
        clustering_key: vec![(NAMES[1].to_owned(), false)],
        options: meta.options.iter().filter_map(option).collect(),
        indexes: indexes.map(|column| (column.name.to_owned(), "sai".to_owned())).collect(),
    }
}

fn plan(meta: &'static ModelMeta, table: Option<&TableState>) -> Plan {
    let tables = table.map(|table| (meta.table.to_owned(), table.clone())).into_iter().collect();
    let keyspace = KeyspaceState { tables, ..KeyspaceState::default() };
    let mut plan = Plan::default();
    compare(&mut plan, &[("ks".to_owned(), meta)], &BTreeMap::from([("ks".to_owned(), keyspace)]));
    plan
}

/// What a table is after a plan was applied to it: it has what both have.
fn merged(before: &TableState, after: &TableState) -> TableState {
    let mut merged = before.clone();
    for column in &after.columns {
        if !merged.columns.iter().any(|known| known.name == column.name) {
            merged.columns.push(column.clone());
        }
    }
    merged.options.extend(after.options.clone());
    for index in &after.indexes {
        if !merged.indexes.contains(index) {
            merged.indexes.push(index.clone());
        }
    }
    merged
}

proptest! {
    /// Scenarios M13 and M14.
    #[test]
    fn plans_add_and_are_complete_and_stop_at_conflicts(one in sketches(), two in sketches(), key in 0_usize..2) {
        let (before, after) = (model(&one, 0), model(&two, key));
        let first = plan(before, None);
        prop_assert!(first.to_cql().iter().all(|cql| cql.starts_with("CREATE ")), "{first}");
        prop_assert!(plan(before, Some(&state(before))).is_empty());

        let change = plan(after, Some(&state(before)));
        for cql in change.to_cql() {
            // Names that look like statements stay within their quotes: outside of them there is no DROP.
            let outside: String = cql.split('"').step_by(2).collect();
            prop_assert!(!outside.contains("DROP") && !outside.contains(" TYPE ") && !outside.contains("RENAME"));
        }
        let differs = |name: &str| {
            let of = |meta: &'static ModelMeta| meta.columns.iter().find(|column| column.name == name);
            match (of(before), of(after)) {
                (Some(old), Some(new)) => old.type_def != new.type_def || old.role != new.role,
                _ => false,
            }
        };
        let conflicts = NAMES.iter().any(|name| differs(name));
        let found = change.changes().iter().any(|change| change.kind == ChangeKind::Conflict);
        prop_assert_eq!(conflicts, found);
        prop_assert_eq!(change.clone().ensure_safe().is_err(), conflicts);
        if !conflicts {
            let applied = merged(&state(before), &state(after));
            let second = plan(after, Some(&applied));
            prop_assert!(second.is_empty(), "{}", second);
        }
    }
}
