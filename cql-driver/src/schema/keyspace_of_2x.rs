//! Rows of the tables `system.schema_*` of Cassandra 2.1 and 2.2 to objects.

use super::keyspace::{Aggregate, Function, Keyspace, UserType};
use super::parse::{Key, Objects, Parts, Skipped, aggregate, function, may, must, pairs};
use super::reader::{Results, Source};
use super::table::{Column, ColumnKind, Index, OptionValue, Table, Trigger};
use super::type_of_2x::of_class;
use cql_protocol::types::Identifier;
use cql_protocol::value::RawRow;
use std::collections::BTreeMap;

/// Everything that the rows tell.
pub(super) fn objects(results: &Results) -> Objects {
    let mut objects = Objects::default();
    let mut skipped = Skipped::default();
    for row in results.rows(Source::Keyspaces) {
        objects.keyspaces.extend(skipped.unless(keyspace(&row)));
    }
    let mut parts = Parts::default();
    for row in results.rows(Source::Columns) {
        let Some((key, column, index)) = skipped.unless(column(&row)) else { continue };
        if let Some(index) = index {
            parts.indexes.entry(key.clone()).or_default().insert(index.name.clone(), index);
        }
        parts.columns.entry(key).or_default().push(column);
    }
    for row in results.rows(Source::Triggers) {
        if let Some((key, trigger)) = skipped.unless(trigger(&row)) {
            parts.triggers.entry(key).or_default().insert(trigger.name.clone(), trigger);
        }
    }
    for row in results.rows(Source::Tables) {
        let table = table(&row).and_then(|table| parts.complete(table, None));
        objects.tables.extend(skipped.unless(table));
    }
    for row in results.rows(Source::Types) {
        objects.user_types.extend(skipped.unless(user_type(&row)));
    }
    for row in results.rows(Source::Functions) {
        objects.functions.extend(skipped.unless(function(&row).map(in_cql)));
    }
    for row in results.rows(Source::Aggregates) {
        objects.aggregates.extend(skipped.unless(aggregate(&row).map(aggregate_in_cql)));
    }
    objects.skipped = skipped;
    objects
}

fn keyspace(row: &RawRow<'_>) -> Result<Keyspace, String> {
    let mut replication = flat_map(must(row, "strategy_options")?);
    replication.insert("class".into(), must(row, "strategy_class")?);
    Ok(Keyspace {
        name: must(row, "keyspace_name")?,
        replication,
        durable_writes: may(row, "durable_writes").unwrap_or(true),
        ..Keyspace::default()
    })
}

fn table(row: &RawRow<'_>) -> Result<Table, String> {
    const TEXTS: [&str; 2] = ["comment", "speculative_retry"];
    const FLOATS: [&str; 3] = ["bloom_filter_fp_chance", "local_read_repair_chance", "read_repair_chance"];
    const INTEGERS: [&str; 5] = [
        "default_time_to_live",
        "gc_grace_seconds",
        "max_index_interval",
        "memtable_flush_period_in_ms",
        "min_index_interval",
    ];
    let mut options = BTreeMap::new();
    let texts = TEXTS.iter().map(|name| (name, may(row, name).map(OptionValue::Text)));
    let floats = FLOATS.iter().map(|name| (name, may(row, name).map(OptionValue::Float)));
    let integers = INTEGERS.iter().map(|name| {
        let value: Option<i32> = may(row, name);
        (name, value.map(|value| OptionValue::Integer(value.into())))
    });
    for (name, value) in texts.chain(floats).chain(integers) {
        let name = if *name == "local_read_repair_chance" { "dclocal_read_repair_chance" } else { name };
        options.extend(value.map(|value| (name.to_owned(), value)));
    }
    let mut compaction = flat_map(may(row, "compaction_strategy_options").unwrap_or_default());
    if let Some(class) = may(row, "compaction_strategy_class") {
        compaction.insert("class".into(), class);
        options.insert("compaction".into(), OptionValue::Map(compaction));
    }
    let mut compression = flat_map(may(row, "compression_parameters").unwrap_or_default());
    if compression.is_empty() {
        compression.insert("sstable_compression".into(), String::new());
    }
    options.insert("compression".into(), OptionValue::Map(compression));
    let caching = flat_map(may(row, "caching").unwrap_or_default());
    if !caching.is_empty() {
        options.insert("caching".into(), OptionValue::Map(caching));
    }
    let comparator: &str = must(row, "comparator")?;
    let is_dense = may(row, "is_dense").unwrap_or_default();
    Ok(Table {
        keyspace: must(row, "keyspace_name")?,
        name: must(row, "columnfamily_name")?,
        is_compact: is_dense || !comparator.contains("CompositeType("),
        options,
        ..Table::default()
    })
}

fn column(row: &RawRow<'_>) -> Result<(Key, Column, Option<Index>), String> {
    let key = (must(row, "keyspace_name")?, must(row, "columnfamily_name")?);
    let name: String = must(row, "column_name")?;
    let kind = match must(row, "type")? {
        "partition_key" => ColumnKind::PartitionKey,
        "clustering_key" => ColumnKind::Clustering,
        "static" => ColumnKind::Static,
        "regular" | "compact_value" => ColumnKind::Regular,
        other => return Err(format!("column `{name}` is of type `{other}`")),
    };
    let is_key = matches!(kind, ColumnKind::PartitionKey | ColumnKind::Clustering);
    // Null where the key has one part.
    let position = may(row, "component_index").filter(|_| is_key).unwrap_or(0);
    let position = usize::try_from(position).map_err(|_| format!("column `{name}` is at {position}"))?;
    let (column_type, is_descending) = of_class(must(row, "validator")?);
    let index = may(row, "index_name").map(|index| {
        let mut options = flat_map(may(row, "index_options").unwrap_or_default());
        let has = |options: &mut BTreeMap<String, String>, what| options.remove(what).is_some();
        let quoted = Identifier(&name).to_string();
        let target = if has(&mut options, "index_keys") {
            format!("keys({quoted})")
        } else if has(&mut options, "index_keys_and_values") {
            format!("entries({quoted})")
        } else if has(&mut options, "index_values") {
            // 2.x has no word for it in CQL.
            quoted
        } else if column_type.starts_with("frozen<") && !has(&mut options, "class_name") {
            format!("full({quoted})")
        } else {
            quoted
        };
        Index { name: index, target, class: options.remove("class_name"), options }
    });
    let column = Column { name, column_type, kind, position, is_descending, mask: None };
    Ok((key, column, index))
}

fn trigger(row: &RawRow<'_>) -> Result<(Key, Trigger), String> {
    let key = (must(row, "keyspace_name")?, must(row, "columnfamily_name")?);
    let mut options: BTreeMap<String, String> = must(row, "trigger_options")?;
    let class = options.remove("class").ok_or("a trigger has no class")?;
    Ok((key, Trigger { name: must(row, "trigger_name")?, class }))
}

fn user_type(row: &RawRow<'_>) -> Result<UserType, String> {
    let types: Vec<&str> = must(row, "field_types")?;
    Ok(UserType {
        keyspace: must(row, "keyspace_name")?,
        name: must(row, "type_name")?,
        fields: pairs(must(row, "field_names")?, types.into_iter().map(|class| of_class(class).0).collect())?,
    })
}

fn in_cql(mut function: Function) -> Function {
    for (_, of) in &mut function.arguments {
        *of = of_class(of).0;
    }
    function.return_type = of_class(&function.return_type).0;
    function
}

fn aggregate_in_cql(mut aggregate: Aggregate) -> Aggregate {
    for of in &mut aggregate.argument_types {
        *of = of_class(of).0;
    }
    aggregate.state_type = of_class(&aggregate.state_type).0;
    aggregate.return_type = of_class(&aggregate.return_type).0;
    aggregate
}

/// A flat JSON object of texts.
fn flat_map(json: &str) -> BTreeMap<String, String> {
    let mut texts = texts(json).into_iter();
    let mut map = BTreeMap::new();
    while let (Some(key), Some(value)) = (texts.next(), texts.next()) {
        map.insert(key, value);
    }
    map
}

/// The string literals of a JSON text, in order; in a flat object of texts these are its keys and values by turns.
pub(crate) fn texts(json: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut current: Option<String> = None;
    let mut letters = json.chars();
    while let Some(letter) = letters.next() {
        match (&mut current, letter) {
            (None, '"') => current = Some(String::new()),
            (None, _) => {}
            (Some(_), '"') => texts.extend(current.take()),
            (Some(text), '\\') => text.extend(letters.next()),
            (Some(text), letter) => text.push(letter),
        }
    }
    texts
}
